// The descriptors of sockets that Node owns.
import type * as dgram from 'node:dgram'
import type * as net from 'node:net'
import { fdOf } from './descriptor.js'
import type { Descriptor } from './descriptor.js'
import { invalidType } from '../checks.js'

/**
 * A descriptor, a socket of this package, or a socket or server of Node: of `net`, `tls`, `http` (`request.socket`) or
 * `dgram`. A socket of Node has a descriptor after it is connected, listening or bound, until it is destroyed.
 */
export type SocketOrFd = Descriptor | net.Socket | net.Server | dgram.Socket

interface Handle {
  readonly fd?: number
}

// dgram has its handle in a state behind a symbol; its property `_handle` is a getter that warns (DEP0112).
function handleOf(socket: object): Handle | null | undefined {
  const key = Object.getOwnPropertySymbols(socket).find(symbol => symbol.description === 'state symbol')
  if (key !== undefined) return (socket as Record<symbol, { handle: Handle | null }>)[key]?.handle
  return (socket as { _handle?: Handle | null })._handle
}

/**
 * The number of a socket's descriptor, to be passed to `syscall`. Node does not document it: it is the handle's `fd`.
 *
 * @throws SocketError EBADF for a closed socket of this package; TypeError for a socket of Node without a descriptor
 */
export function socketFd(socket: SocketOrFd, syscall: string): number {
  if (typeof socket !== 'object' || socket === null || 'fd' in socket) return fdOf(socket, syscall)
  const fd = handleOf(socket)?.fd
  if (typeof fd === 'number' && fd >= 0) return fd
  throw invalidType('socket', socket, 'connected, bound or listening, and not destroyed: it has no descriptor else')
}
