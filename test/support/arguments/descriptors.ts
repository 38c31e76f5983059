// Non-blocking descriptors for the tests of arguments. Each is opened at its first use.
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AF_INET, AF_UNIX, encodeAddress, EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLIN } from 'bsd-sockets'
import { F_SETFL, O_NONBLOCK, SOCK_DGRAM, SOCK_STREAM } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'

export const loopback = encodeAddress(['127.0.0.1', 9])

const anyPort = encodeAddress(['127.0.0.1', 0])

function checked(result: number): number {
  if (result < 0) throw new Error(`a call of the test's own gave ${result}`)
  return result
}

function nonblocking(fd: number): number {
  checked(sys.fcntl(checked(fd), F_SETFL, O_NONBLOCK))
  return fd
}

function once(open: () => number): () => number {
  let fd = -1
  return () => (fd >= 0 ? fd : (fd = open()))
}

function pair(): [number, number] {
  const fds = new Int32Array(2)
  checked(sys.socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
  return [nonblocking(fds[0]!), nonblocking(fds[1]!)]
}

/** A connected socket whose peer does nothing. */
export const stream = once(() => pair()[0])

/** A connected socket with one byte to receive, which nobody reads. */
export const readable = once(() => {
  const [here, there] = pair()
  checked(sys.send(there, new Uint8Array(1), 0))
  return here
})

export const datagrams = once(() => {
  const fd = nonblocking(sys.socket(AF_INET, SOCK_DGRAM, 0))
  checked(sys.bind(fd, anyPort))
  return fd
})

export const unconnected = once(() => nonblocking(sys.socket(AF_INET, SOCK_STREAM, 0)))

export const listener = once(() => {
  const fd = nonblocking(sys.socket(AF_INET, SOCK_STREAM, 0))
  checked(sys.bind(fd, anyPort))
  checked(sys.listen(fd, 1))
  return fd
})

export const file = once(() => {
  const directory = mkdtempSync(join(tmpdir(), 'arguments-'))
  writeFileSync(join(directory, 'file'), 'text')
  const fd = openSync(join(directory, 'file'), 'r')
  rmSync(directory, { recursive: true })
  return fd
})

/** The reading end of an empty pipe. */
export const pipe = once(() => {
  const fds = new Int32Array(2)
  checked(sys.pipe2!(fds, O_NONBLOCK))
  return fds[0]!
})

/** A descriptor of this process. */
export const thisProcess = once(() => checked(sys.pidfd_open!(process.pid, 0)))

export const emptyEpoll = once(() => checked(sys.epoll_create1!(EPOLL_CLOEXEC!)))

/** With an event that stays pending. */
export const epoll = once(() => {
  const fd = checked(sys.epoll_create1!(EPOLL_CLOEXEC!))
  const event = Buffer.alloc(16)
  event.writeUInt32LE(EPOLLIN!)
  checked(sys.epoll_ctl!(fd, EPOLL_CTL_ADD!, readable(), event))
  return fd
})

export const kqueue = once(() => checked(sys.kqueue!()))
