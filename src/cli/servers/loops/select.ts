// Every call gives the kernel two sets of descriptors, to read and to write, and gets back which are ready: select(2). A set
// has no room for a descriptor of FD_SETSIZE or more.
import { FD_SETSIZE } from '../../../constants.js'
import { select } from '../../../waiting/select.js'
import type { Socket } from '../../../sockets/socket.js'
import type { Client, Clients } from '../clients.js'
import { patiently, warn } from '../server.js'
import type { Server } from '../server.js'
import type { Stop } from '../stop.js'

const fits = ({ fd }: { fd: number }): boolean => {
  if (fd < FD_SETSIZE) return true
  warn(new Error(`select: descriptor ${fd} is not below FD_SETSIZE (${FD_SETSIZE})`))
  return false
}

export function serve({ listener, stop }: Server, clients: Clients<Client>): void {
  while (clients.remain()) {
    const readers: (Client | Socket | Stop)[] = []
    const writers: Client[] = []
    if (!stop.asked) readers.push(stop)
    if (!stop.asked && !clients.waiting) readers.push(listener)
    for (const client of clients) (client.sends ? writers : readers).push(client)
    const ready = patiently(() => select(readers, writers, [], clients.timeout)) ?? []
    for (const one of ready.flat()) {
      if (one === listener) clients.waiting = true
      else if (one === stop) stop.asked = true
      else clients.serve(one as Client, 1)
    }
    clients.accept(client => fits(client) || clients.close(client))
  }
  clients.end()
}
