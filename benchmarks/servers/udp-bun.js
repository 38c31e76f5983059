// Bun's own datagrams: a call for each datagram, and memory for each.
/* global Bun */
const socket = await Bun.udpSocket({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    data: (socket, bytes, port, address) => void socket.send(bytes, port, address),
    error: () => undefined, // the client is gone: without a handler Bun would end
  },
})
console.log(`listening on 127.0.0.1:${socket.port}`)
