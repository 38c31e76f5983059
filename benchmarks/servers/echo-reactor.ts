import { listen } from 'bsd-sockets/reactor'
import { listening } from './listening.js'

const server = listen({
  data(connection, bytes) {
    if (!connection.write(bytes)) connection.pause()
  },
  drain: connection => connection.resume(),
})
listening(server.address)
