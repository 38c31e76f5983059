// Sockets of either kind as streams, which take them over.
import { SOCK_STREAM } from '../constants.js'
import { invalidValue } from '../checks.js'
import { Socket } from '../promises/index.js'
import { checkSocket } from '../sockets/base.js'
import type { SocketBase } from '../sockets/base.js'
import { peerOf, SocketDuplex } from './duplex.js'
import type { DuplexOptions } from './duplex.js'
import { FdDuplex } from './fd-duplex.js'

/** An asynchronous Socket that takes over a connected stream socket: the given one if it is asynchronous already. */
export function taken(socket: SocketBase): Socket {
  checkSocket(socket)
  if (socket.type !== SOCK_STREAM) throw invalidValue('socket', `type ${socket.type}`, 'must be a stream socket')
  peerOf(socket) // throws without a peer, before the socket is taken over
  if (socket instanceof Socket) return socket as Socket
  return new Socket(socket.family, socket.type, socket.protocol, socket.detach())
}

/**
 * A connected stream socket, of either kind, as a Duplex: back-pressure in both directions, half-close, errors. The stream
 * owns the socket from now on. It ignores the socket's timeout and has its own, `setTimeout`. With the option `fds` it carries
 * descriptors too, over a Unix socket. recv(2), send(2), shutdown(2)
 *
 * @throws SocketError ENOTCONN if it is not connected; TypeError if it is not a stream socket, or for wrong options, which close
 *   a synchronous socket
 */
export function toDuplex(socket: SocketBase, options: DuplexOptions & { fds: true }): FdDuplex
export function toDuplex(socket: SocketBase, options?: DuplexOptions): SocketDuplex
export function toDuplex(socket: SocketBase, options?: DuplexOptions): SocketDuplex {
  const own = taken(socket)
  try {
    return new (options?.fds === true ? FdDuplex : SocketDuplex)(own, options)
  } catch (error) {
    if (own !== socket) own.close() // nobody else has the descriptor
    throw error
  }
}
