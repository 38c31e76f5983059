// Sockets of ours among Node's own, and Node's among ours.
import { createSocket } from 'node:dgram'
import type * as dgram from 'node:dgram'
import type { EventEmitter } from 'node:events'
import { Socket as NetSocket } from 'node:net'
import type * as net from 'node:net'
import { constants } from 'node:os'
import type { SocketAddress } from '../structs/address.js'
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from '../constants.js'
import { invalidType, invalidValue } from '../checks.js'
import { isSocketError, socketError } from '../errors.js'
import { socketFd } from '../descriptors/node.js'
import type { SocketOrFd } from '../descriptors/node.js'
import { Socket } from '../promises/index.js'
import type { SocketBase } from '../sockets/base.js'
import { duplicate } from '../descriptors/open.js'
import { close } from '../syscalls/index.js'

const { ECANCELED, ENOTCONN } = constants.errno

function refuseUnless(adopts: boolean, socket: SocketBase, what: string): void {
  if (adopts) return
  throw invalidValue('socket', `family ${socket.family}, type ${socket.type}`, `must be ${what}: Node takes no other`)
}

const streams = (socket: SocketBase): boolean =>
  socket.type === SOCK_STREAM && [AF_INET, AF_INET6, AF_UNIX].includes(socket.family)

function peerOf(socket: SocketBase): SocketAddress | undefined {
  try {
    return socket.getpeername()
  } catch (error) {
    if (isSocketError(error) && error.errno === -ENOTCONN) return undefined
    throw error
  }
}

// Node would listen all the same, on a port that the kernel picks, or fail in the midst.
const unbound = (address: SocketAddress): boolean =>
  address.family === 'unix' ? !('path' in address || 'abstract' in address) : 'port' in address && address.port === 0

/**
 * A connected TCP or Unix stream socket as a net.Socket, which owns the descriptor from now on.
 *
 * @throws SocketError ENOTCONN where it is not connected; TypeError where Node takes no such socket
 */
export function toNet(socket: SocketBase, options: { allowHalfOpen?: boolean } = {}): net.Socket {
  refuseUnless(streams(socket), socket, 'a TCP or Unix stream socket')
  socket.getpeername()
  return new NetSocket({ ...options, fd: socket.detach(), readable: true, writable: true })
}

/** Has one of Node's take a socket's descriptor over; what it throws at once leaves the socket as it was. */
function adopt(adopter: EventEmitter, socket: SocketBase, take: (fd: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      adopter.off('listening', settle).off('error', settle).off('close', closed)
      if (error === undefined) resolve()
      else reject(error)
    }
    const closed = (): void => settle(socketError(ECANCELED, 'listen'))
    adopter.on('listening', settle).on('error', settle).on('close', closed)
    try {
      take(socket.fd)
    } catch (error) {
      return settle(error as Error)
    }
    socket.detach()
  })
}

/**
 * Lets a server of `net`, `tls`, `http`, `https` or `http2` accept from a bound TCP or Unix stream socket, whatever was
 * set on it; resolves once it does, and rejects with ECANCELED where the server is closed before. The server owns the descriptor from now on. The backlog is Node's. listen(2)
 */
export async function listenNet<Server extends net.Server>(server: Server, socket: SocketBase): Promise<Server> {
  refuseUnless(streams(socket), socket, 'a TCP or Unix stream socket')
  if (unbound(socket.getsockname()))
    throw invalidValue('socket', socket.getsockname(), 'must be bound: it has no address yet')
  // In a worker of `cluster`, exclusive: otherwise the primary would be asked for its own descriptor of that number.
  await adopt(server, socket, fd => void server.listen({ fd, exclusive: true }))
  return server
}

/**
 * A UDP socket, bound as a rule, as one of `dgram`, which owns the descriptor from now on; resolves once it receives. `dgram`
 * could not send on one that is connected already: `connect` what this resolves with.
 *
 * @throws TypeError where it is no UDP socket, or is connected
 */
export async function toDgram(socket: SocketBase): Promise<dgram.Socket> {
  const inet = socket.family === AF_INET || socket.family === AF_INET6
  refuseUnless(inet && socket.type === SOCK_DGRAM, socket, 'a UDP socket')
  const peer = peerOf(socket)
  if (peer !== undefined) throw invalidValue('socket', peer, 'must not be connected: connect the socket of dgram')
  const adopter = createSocket(socket.family === AF_INET6 ? 'udp6' : 'udp4')
  await adopt(adopter, socket, fd => void adopter.bind({ fd, exclusive: true }))
  return adopter
}

/**
 * A second descriptor of a socket that Node owns, as a Socket: to read and set its options, addresses and the like. The
 * connection ends only when both are closed. fcntl(2), F_DUPFD_CLOEXEC
 *
 * @throws TypeError where it has no descriptor: it is connected, bound or listening, and not destroyed, while it has one
 */
export function fromNet(socket: SocketOrFd): Socket {
  const fd = duplicate(socketFd(socket, 'fcntl'))
  try {
    return Socket.fromFd(fd)
  } catch (error) {
    close(fd)
    throw error
  }
}

/**
 * Takes the connection out of a net.Socket, and what that had received already; the net.Socket is destroyed. TCP, Unix
 * sockets and the pipes of a child process, which are Unix sockets, have a descriptor behind them. Nothing else that is a
 * Duplex does: of what `toDuplex` made, `socket` is the way back; a stream of http2 or zlib has none; and `fs` may have a read
 * under way.
 *
 * @throws TypeError where it is no net.Socket or has no descriptor, has something left to send, encrypts, or decodes what
 *   it receives; SocketError ENOTSOCK for a terminal, and for a pipe(7)
 */
export function fromDuplex(duplex: net.Socket): { socket: Socket; head: Buffer } {
  if (!(duplex instanceof NetSocket)) throw invalidType('duplex', duplex, 'a net.Socket, which has a descriptor')
  if (duplex.writableLength > 0) throw invalidValue('duplex', duplex.writableLength, 'must have nothing left to send')
  if (duplex.readableEncoding) throw invalidValue('duplex', duplex.readableEncoding, 'must not decode')
  if ('encrypted' in duplex) throw invalidValue('duplex', duplex, 'must not encrypt: the keys would be lost')
  const socket = fromNet(duplex)
  const chunks: Buffer[] = []
  for (let chunk: unknown; (chunk = duplex.read()) !== null;) chunks.push(chunk as Buffer)
  duplex.destroy()
  return { socket, head: Buffer.concat(chunks) }
}
