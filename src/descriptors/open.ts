// How descriptors are born: close-on-exec, non-blocking and deaf to SIGPIPE, in one system call where the kernel has it.
import { F_DUPFD_CLOEXEC, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, MSG_NOSIGNAL, O_NONBLOCK } from '../constants.js'
import { SO_NOSIGPIPE, SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET } from '../constants.js'
import { checkInteger } from '../checks.js'
import { check } from '../syscalls/result.js'
import type { Length, View } from '../syscalls/native.js'
import { callOwning } from '../syscalls/native.js'
import * as sys from '../syscalls/index.js'

const accept = callOwning<typeof sys.accept>('accept')
const accept4 = callOwning<typeof sys.accept4>('accept4')
const fcntl = callOwning<typeof sys.fcntl>('fcntl')
const socket = callOwning<typeof sys.socket>('socket')
const socketpair = callOwning<typeof sys.socketpair>('socketpair')

const atomic = SOCK_CLOEXEC !== undefined && SOCK_NONBLOCK !== undefined ? SOCK_CLOEXEC | SOCK_NONBLOCK : undefined

/** What every send adds to its flags: where the kernel has no such flag, SO_NOSIGPIPE was set when the socket was born. */
export const NOSIGNAL = (process.platform === 'linux' ? MSG_NOSIGNAL : undefined) ?? 0

// `|` makes an integer of anything: what is none must not come through it.
const integer = (name: string, value: number): number => checkInteger(name, value, -(2 ** 31), 2 ** 31 - 1)

/** The flags of a send that raises no SIGPIPE. */
export const sendFlags = (flags: number): number => integer('flags', flags) | NOSIGNAL

const on = new Int32Array([1])

/** Makes a descriptor that others made what ours are; closes it and throws where that fails. */
function prepare(fd: number, syscall: string): number {
  const flags = sys.fcntl(fd, F_GETFL)
  let result = sys.fcntl(fd, F_SETFL, flags | O_NONBLOCK)
  if (result >= 0) result = sys.fcntl(fd, F_SETFD, FD_CLOEXEC)
  if (result >= 0 && SO_NOSIGPIPE !== undefined) result = sys.setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, on)
  if (result < 0) sys.close(fd)
  return check(result < 0 ? result : fd, syscall)
}

/** socket(2) */
export function openSocket(family: number, type: number, protocol: number): number {
  if (atomic !== undefined) return check(socket(family, integer('type', type) | atomic, protocol), 'socket')
  return prepare(check(socket(family, type, protocol), 'socket'), 'socket')
}

/** socketpair(2) */
export function openPair(family: number, type: number, protocol: number): [number, number] {
  const fds = new Int32Array(2)
  check(socketpair(family, integer('type', type) | (atomic ?? 0), protocol, fds), 'socketpair')
  const [first, second] = fds as unknown as [number, number]
  if (atomic !== undefined) return [first, second]
  try {
    prepare(first, 'socketpair')
  } catch (error) {
    sys.close(second)
    throw error
  }
  try {
    prepare(second, 'socketpair')
  } catch (error) {
    sys.close(first)
    throw error
  }
  return [first, second]
}

/** accept4(2), or accept(2) where there is none; −errno where it fails. */
export function acceptSocket(fd: number, address: View | null, length: Length | null): number {
  if (accept4 !== undefined && atomic !== undefined) return accept4(fd, address, length, atomic)
  const client = accept(fd, address, length)
  return client < 0 ? client : prepare(client, 'accept')
}

/** A duplicate of a descriptor, close-on-exec. fcntl(2), F_DUPFD_CLOEXEC */
export const duplicate = (fd: number): number => check(fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl')

/** Sets O_NONBLOCK on a descriptor that somebody else opened. fcntl(2) */
export function setNonblocking(fd: number): void {
  const flags = check(sys.fcntl(fd, F_GETFL), 'fcntl')
  if ((flags & O_NONBLOCK) === 0) check(sys.fcntl(fd, F_SETFL, flags | O_NONBLOCK), 'fcntl')
}
