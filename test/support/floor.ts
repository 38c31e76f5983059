// Descriptors for tests of the floor. Each is closed when its test ends.
import { getSystemErrorName } from 'node:util'
import { AF_INET, AF_UNIX, encodeAddress, SOCK_DGRAM, SOCK_STREAM } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { onTestFinished } from 'vitest'

export const linux = process.platform === 'linux'

/** Expects a result that is not −errno, and returns it. */
export function ok(result: number): number {
  if (result < 0) throw new Error(`a call gave ${getSystemErrorName(result)}`)
  return result
}

/** Closes the descriptor when the test ends. Returns the descriptor. */
export function opened(result: number): number {
  const fd = ok(result)
  onTestFinished(() => void sys.close(fd))
  return fd
}

export function pair(type = SOCK_STREAM, family = AF_UNIX): [number, number] {
  const fds = new Int32Array(2)
  ok(sys.socketpair(family, type, 0, fds))
  return [opened(fds[0]!), opened(fds[1]!)]
}

const loopback = encodeAddress(['127.0.0.1', 0])

export function listener(): number {
  const fd = opened(sys.socket(AF_INET, SOCK_STREAM, 0))
  ok(sys.bind(fd, loopback))
  ok(sys.listen(fd, 5))
  return fd
}

export function udp(): number {
  const fd = opened(sys.socket(AF_INET, SOCK_DGRAM, 0))
  ok(sys.bind(fd, loopback))
  return fd
}

/** The sockaddr of a socket's own address. */
export function addressOf(fd: number): Buffer {
  const address = Buffer.alloc(128)
  const length = new Uint32Array([address.length])
  ok(sys.getsockname(fd, address, length))
  return address.subarray(0, length[0])
}

/** A TCP connection: the socket that connected and the one that was accepted. */
export function tcp(): [client: number, server: number] {
  const fd = listener()
  const client = opened(sys.socket(AF_INET, SOCK_STREAM, 0))
  ok(sys.connect(client, addressOf(fd)))
  return [client, opened(sys.accept(fd, null, null))]
}

/** Receives at most 64 bytes, as text. */
export function receive(fd: number, flags = 0): string {
  const buffer = Buffer.alloc(64)
  return buffer.toString('latin1', 0, ok(sys.recv(fd, buffer, flags)))
}
