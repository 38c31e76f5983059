// Sends each datagram back to its sender.
import { bind } from 'bsd-sockets/reactor'

const socket = bind({
  receiveBuffer: 4 * 1024 * 1024,
  messages: (socket, batch, count) => void socket.send(batch, count),
})
console.log(`listening on ${socket.address.address}:${socket.address.port}`)
