// The listening socket of the servers on bsd-sockets/promises.
import { AF_UNIX, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY } from 'bsd-sockets'
import { createServer, Socket } from 'bsd-sockets/promises'
import { place } from './listening.js'

/** Listens at `place`. Connections have TCP_NODELAY, as in all servers here. */
export async function openServer(): Promise<Socket> {
  if (!('path' in place)) {
    const server = await createServer([place.host, place.port], { backlog: place.backlog })
    server.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
    return server
  }
  const server = new Socket(AF_UNIX, SOCK_STREAM)
  server.bind(place.path)
  server.listen(place.backlog)
  return server
}
