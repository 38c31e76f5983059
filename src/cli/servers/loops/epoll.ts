// The kernel remembers whom to watch and tells who has become ready, once: so each client is served until it would
// block. epoll(7), or kqueue(2) on macOS.
import type { Client, Clients } from '../clients.js'
import { newPoller } from './poller.js'
import { patiently, release } from '../server.js'
import type { Server } from '../server.js'

// How often a client may go on before the others have their turn.
const turns = 4

export function serve({ listener, stop }: Server, clients: Clients<Client>): void {
  const poller = newPoller()
  const serveClient = (client: Client): void => {
    if (!clients.serve(client, turns)) return
    // It may be ready still. Removed and added it is reported again, after the others that are.
    clients.watched(client, fd => {
      poller.remove(fd)
      poller.add(fd)
    })
  }
  poller.add(listener.fd)
  poller.add(stop.fd)
  while (clients.remain()) {
    for (const { fd, readable } of patiently(() => poller.wait(clients.timeout)) ?? []) {
      const client = clients.get(fd)
      if (client !== undefined) {
        if (readable || client.sends) serveClient(client)
      } else if (readable) {
        if (fd === stop.fd) stop.asked = true
        else clients.waiting = true
      }
    }
    clients.accept(client => clients.watched(client, fd => poller.add(fd)))
  }
  clients.end()
  release(poller)
}
