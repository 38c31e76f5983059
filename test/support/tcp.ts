// TCP sockets for a test, closed when it ends. Each has a timeout of ten seconds, since nothing else
// could end a test that blocks.
import { Socket } from 'bsd-sockets'
import type { IPv4Address } from 'bsd-sockets'
import { onTestFinished } from 'vitest'

/** Closes the socket when the test ends. Returns the socket. */
export function closing<T extends { close(): void }>(socket: T): T {
  if (socket instanceof Socket) socket.settimeout(10_000)
  onTestFinished(() => socket.close())
  return socket
}

/** A listening TCP socket on a free port of 127.0.0.1. */
export function listening(backlog?: number): Socket {
  const server = closing(new Socket())
  server.bind(['127.0.0.1', 0])
  server.listen(backlog)
  return server
}

/** A TCP client and the socket that was accepted for it. */
export function connected(server: Socket = listening()): [client: Socket, accepted: Socket] {
  const client = closing(new Socket())
  client.connect(server.getsockname())
  return [client, closing(server.accept()[0])]
}

/** A pair of which the first socket cannot send. Unix sockets, since the buffers of TCP grow by themselves. tcp(7) */
export function fullPair(): [full: Socket, peer: Socket] {
  const [full, peer] = Socket.pair()
  while (full.trySend(Buffer.alloc(65536)) !== null) continue
  return [closing(full), closing(peer)]
}

/** The port that a socket is bound to. */
export const portOf = (socket: Pick<Socket, 'getsockname'>): number => (socket.getsockname() as IPv4Address).port

/** A port of 127.0.0.1 on which nobody listens. */
export function closedPort(): number {
  const socket = new Socket()
  socket.bind(['127.0.0.1', 0])
  const port = portOf(socket)
  socket.close()
  return port
}

/** The error that a call throws. */
export function thrown(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
