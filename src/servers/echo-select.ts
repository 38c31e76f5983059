// The kernel is given two sets of descriptors, to be read and to be written, and tells which of them are ready:
// select(2). A set has no room for a descriptor of FD_SETSIZE or more.
import { FD_SETSIZE } from '../constants.js'
import { select } from '../select.js'
import { Client, Clients } from './echo-clients.js'
import { warn } from './server.js'
import type { Server } from './server.js'

const fits = ({ fd }: { fd: number }): boolean => {
  if (fd < FD_SETSIZE) return true
  warn(new Error(`select: descriptor ${fd} is not below FD_SETSIZE (${FD_SETSIZE})`))
  return false
}

export function serve(server: Server): void {
  const { listener, stop } = server
  const clients = new Clients(server)
  while (clients.remain()) {
    const all = [...clients]
    const readers = [
      ...(stop.asked ? [] : [stop]),
      ...(stop.asked || clients.waiting ? [] : [listener]),
      ...all.filter(client => client.unsent === null),
    ]
    const writers = all.filter(client => client.unsent !== null)
    const [readable, writable] = select(readers, writers, [], clients.timeout)
    for (const ready of [...readable, ...writable]) {
      if (ready instanceof Client) clients.serve(ready, 1)
      else if (ready === listener) clients.waiting = true
      else stop.asked = true
    }
    clients.accept(client => fits(client) || clients.close(client))
  }
  clients.end()
}
