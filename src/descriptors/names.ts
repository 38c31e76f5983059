// The two addresses that the kernel knows of a socket: its own and its peer's.
import { addressRoom, decodeAddress } from '../structs/address.js'
import type { SocketAddress } from '../structs/address.js'
import { socketError } from '../errors.js'
import * as sys from '../syscalls/index.js'

const calls = { getsockname: sys.getsockname, getpeername: sys.getpeername }
const room = Buffer.alloc(addressRoom)
const length = new Uint32Array(1)

/** A socket's own address, or its peer's; −errno if the call fails. getsockname(2), getpeername(2) */
export function tryAddressOf(fd: number, call: keyof typeof calls): SocketAddress | number {
  length[0] = room.length
  const result = calls[call](fd, room, length)
  return result < 0 ? result : decodeAddress(room, length[0])
}

/** As `tryAddressOf`, but throws a SocketError if the call fails. */
export function addressOf(fd: number, call: keyof typeof calls): SocketAddress {
  const address = tryAddressOf(fd, call)
  if (typeof address === 'number') throw socketError(address, call, { fd })
  return address
}
