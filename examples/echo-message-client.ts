// The client of echo-message: sends one message, stops sending, and prints the answer.
import { parseArgs } from 'node:util'
import { getnameinfo, NI_NUMERICHOST, NI_NUMERICSERV, SHUT_WR, Socket } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '6543' },
    names: { type: 'boolean', default: false }, // shows what the socket is called
  },
})

const text = (address: SocketAddress): string => getnameinfo(address, NI_NUMERICHOST | NI_NUMERICSERV).join(':')

const socket = new Socket()
socket.connect([values.host, Number(values.port)])
if (values.names) {
  // This socket was not bound, so connect has given it a free port: an ephemeral port.
  console.log(`fd ${socket.fileno()}: ${text(socket.getsockname())} with ${text(socket.getpeername())}`)
}
socket.sendall('Hello, world')
socket.shutdown(SHUT_WR) // done sending, still listening: the server's recv returns nothing
const message: Buffer[] = []
for (let data = socket.recv(2048); data.length > 0; data = socket.recv(2048)) message.push(data)
console.log(`Received '${Buffer.concat(message).toString()}'`)
socket.close()
