// Node's net as its documentation shows it.
import { createServer } from 'node:net'
import { listening } from './listening.js'

const server = createServer({ noDelay: true }, socket => {
  socket.on('data', bytes => socket.write(bytes))
  socket.on('error', () => socket.destroy())
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => listening(server.address()))
