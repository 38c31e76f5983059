// Sockets of ours among Node's own, and Node's among ours.
import dgram from 'node:dgram'
import net from 'node:net'
import { AF_INET, AF_INET6, AF_UNIX, F_DUPFD_CLOEXEC, SOCK_DGRAM, SOCK_STREAM } from '../constants.js'
import { check, invalidValue } from '../errors.js'
import { socketFd } from '../node-descriptor.js'
import type { SocketOrFd } from '../node-descriptor.js'
import { Socket } from '../promises/index.js'
import type { SocketBase } from '../socket-base.js'
import { fcntl } from '../syscalls.js'

function refuseUnless(adopts: boolean, socket: SocketBase, what: string): void {
  if (adopts) return
  throw invalidValue('socket', `family ${socket.family}, type ${socket.type}`, `must be ${what}: Node takes no other`)
}

const streams = (socket: SocketBase): boolean =>
  socket.type === SOCK_STREAM && [AF_INET, AF_INET6, AF_UNIX].includes(socket.family)

/** A connected TCP or Unix stream socket as a net.Socket, which owns the descriptor from now on. */
export function toNet(socket: SocketBase, options: { allowHalfOpen?: boolean } = {}): net.Socket {
  refuseUnless(streams(socket), socket, 'a TCP or Unix stream socket')
  return new net.Socket({ ...options, fd: socket.detach(), readable: true, writable: true })
}

/**
 * Lets a server of `net`, `tls`, `http`, `https` or `http2` accept from a listening TCP or Unix stream socket, whatever
 * was set on it; resolves once it does. The server owns the descriptor from now on.
 */
export async function listenNet<Server extends net.Server>(server: Server, socket: SocketBase): Promise<Server> {
  refuseUnless(streams(socket), socket, 'a TCP or Unix stream socket')
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ fd: socket.detach() }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return server
}

/** A bound UDP socket as one of `dgram`, which owns the descriptor from now on; resolves once it receives. */
export async function toDgram(socket: SocketBase): Promise<dgram.Socket> {
  const inet = socket.family === AF_INET || socket.family === AF_INET6
  refuseUnless(inet && socket.type === SOCK_DGRAM, socket, 'a UDP socket')
  const adopted = dgram.createSocket(socket.family === AF_INET6 ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    adopted.once('error', reject)
    adopted.bind({ fd: socket.detach() }, () => {
      adopted.off('error', reject)
      resolve()
    })
  })
  return adopted
}

/**
 * A second descriptor of a socket that Node owns, as a Socket: to read and set its options, addresses and the like. The
 * connection ends only when both are closed. fcntl(2), F_DUPFD_CLOEXEC
 */
export function fromNet(socket: SocketOrFd): Socket {
  const fd = check(fcntl(socketFd(socket, 'fcntl'), F_DUPFD_CLOEXEC, 0), 'fcntl')
  return Socket.fromFd(fd)
}

/**
 * Takes the connection out of a net.Socket, and what that had received already. The net.Socket is destroyed.
 *
 * @throws TypeError where it has no descriptor, or has something left to send
 */
export function fromDuplex(duplex: net.Socket): { socket: Socket; head: Buffer } {
  if (duplex.writableLength > 0) throw invalidValue('duplex', duplex.writableLength, 'must have nothing left to send')
  const socket = fromNet(duplex)
  const chunks: Buffer[] = []
  for (let chunk: unknown; (chunk = duplex.read()) !== null;) chunks.push(Buffer.from(chunk as Buffer))
  duplex.destroy()
  return { socket, head: Buffer.concat(chunks) }
}
