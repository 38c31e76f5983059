// Sockets of this package as those of Node, and those of Node as sockets of this package.
import { createSocket } from 'node:dgram'
import type * as dgram from 'node:dgram'
import type { EventEmitter } from 'node:events'
import { Server as NetServer, Socket as NetSocket } from 'node:net'
import type * as net from 'node:net'
import { constants } from 'node:os'
import type { SocketAddress } from '../structs/address.js'
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from '../constants.js'
import { checkProperties, invalidType, invalidValue } from '../checks.js'
import type { Properties } from '../checks.js'
import { isSocketError, socketError } from '../errors.js'
import { socketFd } from '../descriptors/node.js'
import type { SocketOrFd } from '../descriptors/node.js'
import { Socket } from '../promises/index.js'
import { checkSocket } from '../sockets/base.js'
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

// Node would listen anyway, on a port that the kernel picks, or fail halfway.
const unbound = (address: SocketAddress): boolean =>
  address.family === 'unix' ? !('path' in address || 'abstract' in address) : 'port' in address && address.port === 0

/** Whether toNet accepts the socket. Bun's net.Socket takes no descriptor. */
export const nodeTakes = (socket: SocketBase): boolean => streams(socket) && process.versions.bun === undefined

const netProperties: Properties<{ allowHalfOpen?: boolean }> = { allowHalfOpen: 'option' }

/**
 * A connected TCP or Unix stream socket as a net.Socket, which owns the descriptor from now on. getpeername(2)
 *
 * @throws SocketError ENOTCONN if it is not connected; TypeError if Node does not support such a socket, or for an unknown
 *   option. The socket keeps its descriptor then.
 */
export function toNet(socket: SocketBase, options: { allowHalfOpen?: boolean } = {}): net.Socket {
  checkSocket(socket)
  refuseUnless(streams(socket), socket, 'a TCP or Unix stream socket')
  checkProperties('options', options, netProperties)
  const { allowHalfOpen } = options
  socket.getpeername() // the last to throw before the descriptor is the net.Socket's
  const adopter = new NetSocket({ allowHalfOpen, fd: socket.fd, readable: true, writable: true })
  socket.detach()
  return adopter
}

/** Lets an object of Node take over a socket's descriptor. If that throws, the socket keeps it. */
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
 * Lets a server of `net`, `tls`, `http`, `https` or `http2` accept from a bound TCP or Unix stream socket, which keeps its
 * options. Resolves once the server listens. The server owns the
 * descriptor from now on. The backlog is Node's. listen(2)
 *
 * @throws TypeError for a server or a socket that Node does not take, or for a socket that is not bound; SocketError
 *   ECANCELED if the server is closed before; the error of listen(2)
 */
export async function listenNet<Server extends net.Server>(server: Server, socket: SocketBase): Promise<Server> {
  if (!(server instanceof NetServer)) throw invalidType('server', server, 'a Server of net, tls, http, https or http2')
  checkSocket(socket)
  refuseUnless(streams(socket), socket, 'a TCP or Unix stream socket')
  if (unbound(socket.getsockname()))
    throw invalidValue('socket', socket.getsockname(), 'must be bound: it has no address yet')
  // Exclusive: in a worker of `cluster` the primary would be asked for its own descriptor of that number otherwise.
  await adopt(server, socket, fd => void server.listen({ fd, exclusive: true }))
  return server
}

/**
 * A UDP socket, normally a bound one, as a socket of `dgram`, which owns the descriptor from now on. Resolves once it receives.
 * `dgram` cannot send on a socket that is connected before: call `connect` on the result instead. udp(7),
 * getpeername(2)
 *
 * @throws TypeError if it is not a UDP socket, or is connected
 */
export async function toDgram(socket: SocketBase): Promise<dgram.Socket> {
  checkSocket(socket)
  const inet = socket.family === AF_INET || socket.family === AF_INET6
  refuseUnless(inet && socket.type === SOCK_DGRAM, socket, 'a UDP socket')
  const peer = peerOf(socket)
  if (peer !== undefined) throw invalidValue('socket', peer, 'must not be connected: connect the socket of dgram')
  const adopter = createSocket(socket.family === AF_INET6 ? 'udp6' : 'udp4')
  await adopt(adopter, socket, fd => void adopter.bind({ fd, exclusive: true }))
  return adopter
}

/**
 * A second descriptor of a socket that Node owns, as a Socket: for its options and addresses. The connection ends when both are
 * closed. fcntl(2), F_DUPFD_CLOEXEC
 *
 * @throws TypeError if it has no descriptor: a socket has one while it is connected, bound or listening, and not destroyed
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
 * Takes the connection out of a net.Socket, with the bytes that it has received already. The net.Socket is destroyed. TCP and
 * Unix sockets have a descriptor, and so have the pipes of a child process, which are Unix sockets. No other Duplex works: use
 * `socket` of one that `toDuplex` made; a stream of http2 or zlib has no descriptor; and `fs` may have a read under way.
 *
 * @throws TypeError if it is not a net.Socket, has no descriptor, has bytes left to send, encrypts, or decodes what it
 *   receives; SocketError ENOTSOCK for a terminal and for a pipe(7)
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
