// Node's net as its documentation shows it.
import { createServer } from 'node:net'
import { listening, place } from './listening.js'

const server = createServer({ noDelay: true }, socket => {
  socket.on('data', bytes => socket.write(bytes))
  socket.on('error', () => socket.destroy())
})
server.listen(place, () => listening(server.address()))
