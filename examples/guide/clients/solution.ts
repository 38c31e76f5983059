// The exercise of the chapter on many clients: what one says, all others hear.
import { listen } from 'bsd-sockets/reactor'
import type { Connection } from 'bsd-sockets/reactor'

const all = new Set<Connection>()
const server = listen({
  port: Number(process.argv[2] ?? 0),
  open(connection) {
    all.add(connection)
    connection.write('welcome\n')
  },
  data(connection, bytes) {
    for (const other of all) if (other !== connection) other.write(bytes)
  },
  close: connection => void all.delete(connection),
})
console.log('listening on', server.address)
