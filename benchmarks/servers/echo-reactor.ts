import { listen } from 'bsd-sockets/reactor'
import { listening, place } from './listening.js'

const server = listen({
  ...place,
  data(connection, bytes) {
    if (!connection.write(bytes)) connection.pause()
  },
  drain: connection => connection.resume(),
})
listening(server.address)
