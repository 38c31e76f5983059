// The UDP socket of the servers on the floor of system calls.
import { AF_INET, decodeAddress, encodeAddress, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET } from 'bsd-sockets'
import { bind, getsockname, setsockopt, socket } from 'bsd-sockets/syscalls'
import { listening } from './listening.js'

/** Returns the result of a call; throws if the call failed. */
export function check(result: number): number {
  if (result < 0) throw new Error(`errno ${-result}`)
  return result
}

/** A bound blocking socket. */
export function openUdp(): number {
  const fd = check(socket(AF_INET, SOCK_DGRAM, 0))
  check(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, new Int32Array([4 * 1024 * 1024])))
  check(bind(fd, encodeAddress({ address: '127.0.0.1', port: 0 })))
  const name = new Uint8Array(16)
  check(getsockname(fd, name, new Uint32Array([name.length])))
  listening(decodeAddress(name))
  return fd
}
