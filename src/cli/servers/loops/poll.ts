// Every call gives the kernel all descriptors, with the events to wait for: poll(2). The kernel reports a client as long as it
// is ready, so serving it once each time is enough.
import { POLLIN, POLLOUT } from '../../../constants.js'
import { poll } from '../../../waiting/select.js'
import type { Socket } from '../../../sockets/socket.js'
import type { Client, Clients } from '../clients.js'
import { patiently } from '../server.js'
import type { Server } from '../server.js'
import type { Stop } from '../stop.js'

export function serve({ listener, stop }: Server, clients: Clients<Client>): void {
  while (clients.remain()) {
    const watched: [Client | Socket | Stop, events: number][] = []
    if (!stop.asked) watched.push([stop, POLLIN])
    if (!stop.asked && !clients.waiting) watched.push([listener, POLLIN])
    for (const client of clients) watched.push([client, client.sends ? POLLOUT : POLLIN])
    for (const [ready] of patiently(() => poll(watched, clients.timeout)) ?? []) {
      if (ready === listener) clients.waiting = true
      else if (ready === stop) stop.asked = true
      else clients.serve(ready as Client, 1)
    }
    clients.accept()
  }
  clients.end()
}
