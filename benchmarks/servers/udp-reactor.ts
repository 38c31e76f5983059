import { bind } from 'bsd-sockets/reactor'
import { listening } from './listening.js'

const socket = bind({
  receiveBuffer: 4 * 1024 * 1024,
  messages: (socket, batch, count) => void socket.send(batch, count), // each to its sender
})
listening(socket.address)
