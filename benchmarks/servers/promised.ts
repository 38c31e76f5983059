// The listening socket of those on bsd-sockets/promises.
import { AF_UNIX, SOCK_STREAM } from 'bsd-sockets'
import { createServer, Socket } from 'bsd-sockets/promises'
import { place } from './listening.js'

/** Listens at `place`. */
export async function openServer(): Promise<Socket> {
  if (!('path' in place)) return createServer([place.host, place.port], { backlog: place.backlog })
  const server = new Socket(AF_UNIX, SOCK_STREAM)
  server.bind(place.path)
  server.listen(place.backlog)
  return server
}
