import { bind } from 'bsd-sockets/reactor'
import { listening } from './listening.js'

const socket = bind({
  receiveBuffer: 4 * 1024 * 1024,
  messages(_socket, batch, count) {
    for (let i = 0; i < count; i++) batch.reply(i, batch.bytes(i))
    socket.send(batch, count)
  },
})
listening(socket.address)
