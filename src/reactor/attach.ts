// Receives the messages of a socket that exists already.
import { SO_ACCEPTCONN, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET } from '../constants.js'
import { checkProperties, invalidType, invalidValue } from '../checks.js'
import type { Properties } from '../checks.js'
import { fdOf } from '../descriptors/descriptor.js'
import { setNonblocking } from '../descriptors/open.js'
import { closeWithThread } from '../descriptors/ownership.js'
import { getInteger, kindOf } from '../sockets/base.js'
import * as sys from '../syscalls/index.js'
import { batchProperties, datagramHandlers, DatagramSocket, roomOf } from './datagrams.js'
import type { BatchRoom, DatagramHandlers } from './datagrams.js'

/** A socket to attach: one of either kind, an OwnedFd, or the number of a descriptor. */
export type Attachable =
  | number
  | {
      /** The descriptor; −1 after it is closed. */
      readonly fd: number
      /** Gives the descriptor away: it is the caller's now. */
      detach(): number
    }

const attachProperties: Properties<BatchRoom & DatagramHandlers> = { ...batchProperties, ...datagramHandlers }

function checkAttachable(socket: Attachable): void {
  if (typeof socket === 'number') return
  if (typeof socket !== 'object' || socket === null || typeof socket.detach !== 'function')
    throw invalidType('socket', socket, 'a Socket, an OwnedFd or a descriptor')
}

/**
 * Receives the messages of a socket: UDP, Unix datagrams, SOCK_SEQPACKET, raw, netlink, packet and others, bound or
 * connected or neither. The event loop calls the handlers, first in a later turn. The reactor owns the descriptor from now on
 * and closes it: a given object is detached, a number is no longer the caller's. The file of a bound Unix socket is not
 * removed. If this throws for a wrong argument, the socket remains the caller's. recvmmsg(2)
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE for a stream or a socket that listens; SocketError EBADF for a closed one, EEXIST for
 * the number of a descriptor that another object waits for
 */
export function attach(socket: Attachable, options: BatchRoom & DatagramHandlers): DatagramSocket {
  checkAttachable(socket)
  checkProperties('options', options, attachProperties)
  const fd = fdOf(socket, 'getsockopt')
  const { family, type } = kindOf(fd)
  if (type === SOCK_STREAM) {
    const instead = 'listen({ fd }) takes one that listens, toDuplex a connection'
    throw invalidValue('socket', socket, `must be a socket of messages, not a stream (${instead})`)
  }
  if (type === SOCK_SEQPACKET && SO_ACCEPTCONN !== undefined && getInteger(fd, SOL_SOCKET, SO_ACCEPTCONN) !== 0)
    throw invalidValue('socket', socket, 'must not listen (accept its connections, and attach each of them)')
  const batch = roomOf(options, family, 65536, 0, type === SOCK_SEQPACKET ? 8 : 64)
  setNonblocking(fd)
  const detached = typeof socket !== 'number'
  if (detached) socket.detach()
  try {
    const attached = new DatagramSocket({ fd, family, type }, options, batch)
    closeWithThread(fd, true)
    return attached
  } catch (error) {
    if (detached) sys.close(fd)
    throw error
  }
}
