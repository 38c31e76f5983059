// Bun's own sockets. A write may be partial, as in the kernel; the program keeps the rest.
/* global Bun */
const path = process.argv[2]

function send(socket, bytes) {
  const sent = socket.write(bytes)
  return sent === bytes.length ? null : bytes.subarray(sent)
}

const server = Bun.listen({
  ...(path === undefined ? { hostname: '127.0.0.1', port: 0 } : { unix: path }),
  socket: {
    open(socket) {
      socket.data = null
    },
    data(socket, bytes) {
      socket.data = socket.data === null ? send(socket, bytes) : Buffer.concat([socket.data, bytes])
    },
    drain(socket) {
      if (socket.data !== null) socket.data = send(socket, socket.data)
    },
  },
})
console.log(`listening on ${path ?? `127.0.0.1:${server.port}`}`)
