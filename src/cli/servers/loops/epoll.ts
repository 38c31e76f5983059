// The kernel keeps the list of descriptors, and reports each once when it becomes ready. So a client is served until it would
// block. epoll(7), or kqueue(2) on macOS.
import type { Client, Clients } from '../clients.js'
import { newPoller } from './poller.js'
import { patiently, release } from '../server.js'
import type { Server } from '../server.js'

// How many times a client is served before the others are.
const turns = 4

export function serve({ listener, stop }: Server, clients: Clients<Client>): void {
  const poller = newPoller()
  const serveClient = (client: Client): void => {
    if (!clients.serve(client, turns)) return
    // It may still be ready. Removed and added, it is reported again, after the others.
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
