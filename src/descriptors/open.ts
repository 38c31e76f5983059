// How descriptors are created: close-on-exec, non-blocking, and without SIGPIPE; in one system call if the kernel has it.
import { constants, fstatSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { types } from 'node:util'
import { F_DUPFD_CLOEXEC, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, MSG_NOSIGNAL, O_NONBLOCK } from '../constants.js'
import { O_CLOEXEC, SO_NOSIGPIPE, SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET } from '../constants.js'
import { checkInteger, invalidType } from '../checks.js'
import { viewed } from '../data.js'
import { check, interrupted } from '../syscalls/result.js'
import type { Length, View } from '../syscalls/native.js'
import { callOwning } from '../syscalls/native.js'
import * as sys from '../syscalls/index.js'

const accept = callOwning<typeof sys.accept>('accept')
const accept4 = callOwning<typeof sys.accept4>('accept4')
const fcntl = callOwning<typeof sys.fcntl>('fcntl')
const open = callOwning<typeof sys.open>('open')
const socket = callOwning<typeof sys.socket>('socket')
const socketpair = callOwning<typeof sys.socketpair>('socketpair')

const atomic = SOCK_CLOEXEC !== undefined && SOCK_NONBLOCK !== undefined ? SOCK_CLOEXEC | SOCK_NONBLOCK : undefined

/** Added to the flags of every send, against SIGPIPE; 0 on macOS, where SO_NOSIGPIPE is set when the socket is created. */
export const NOSIGNAL = (process.platform === 'linux' ? MSG_NOSIGNAL : undefined) ?? 0

// The operator `|` converts anything to an integer, so the value is checked first.
const integer = (name: string, value: number): number => checkInteger(name, value, -(2 ** 31), 2 ** 31 - 1)

/** The flags of a send that raises no SIGPIPE. */
export const sendFlags = (flags: number): number => integer('flags', flags) | NOSIGNAL

const on = new Int32Array([1])

/** Makes a new descriptor close-on-exec and non-blocking, without SIGPIPE. If that fails, closes it and throws. */
function prepare(fd: number, syscall: string): number {
  const flags = sys.fcntl(fd, F_GETFL)
  let result = sys.fcntl(fd, F_SETFL, flags | O_NONBLOCK)
  if (result >= 0) result = sys.fcntl(fd, F_SETFD, FD_CLOEXEC)
  if (result >= 0 && SO_NOSIGPIPE !== undefined) result = sys.setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, on)
  if (result < 0) sys.close(fd)
  return check(result < 0 ? result : fd, syscall)
}

/** A new socket. Throws a SocketError. socket(2) */
export function openSocket(family: number, type: number, protocol: number): number {
  if (atomic !== undefined) return check(socket(family, integer('type', type) | atomic, protocol), 'socket')
  return prepare(check(socket(family, type, protocol), 'socket'), 'socket')
}

/** Two connected sockets. Throws a SocketError. socketpair(2) */
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

/** Accepts a connection and returns its descriptor; −errno if that fails. accept4(2), or accept(2) if there is none */
export function acceptSocket(fd: number, address: View | null, length: Length | null): number {
  if (accept4 !== undefined && atomic !== undefined) return accept4(fd, address, length, atomic)
  const client = accept(fd, address, length)
  return client < 0 ? client : prepare(client, 'accept')
}

/**
 * Opens a file for reading; `more` are flags besides O_RDONLY. Unlike a descriptor of `openSync`, this one may be closed by other
 * code than `node:fs`: a worker of Node closes those of `openSync` once more when it ends. Throws a SocketError. open(2)
 */
export function openFile(path: string | Buffer, more = 0): number {
  if (typeof path !== 'string' && !types.isUint8Array(path))
    throw invalidType('path', path, 'of type string or an instance of Uint8Array')
  const bytes = typeof path === 'string' ? Buffer.from(path) : Buffer.from(viewed('path', path))
  for (;;) {
    const fd = open(bytes, constants.O_RDONLY | O_CLOEXEC | more)
    if (!interrupted(fd)) return check(fd, 'open', { family: 'unix', path })
  }
}

/** The state of an open file. Deno's fstatSync knows only the descriptors of its own openSync. fstat(2) */
export const statOf = (fd: number): Stats =>
  process.versions.deno === undefined ? fstatSync(fd) : statSync(`/dev/fd/${fd}`)

/** A close-on-exec duplicate of a descriptor. fcntl(2), F_DUPFD_CLOEXEC */
export const duplicate = (fd: number): number => check(fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl', undefined, fd)

/** Sets O_NONBLOCK on a descriptor that other code opened. fcntl(2) */
export function setNonblocking(fd: number): void {
  const flags = check(sys.fcntl(fd, F_GETFL), 'fcntl', undefined, fd)
  if ((flags & O_NONBLOCK) === 0) check(sys.fcntl(fd, F_SETFL, flags | O_NONBLOCK), 'fcntl', undefined, fd)
}
