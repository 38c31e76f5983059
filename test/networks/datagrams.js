// Servers that send each datagram back to its sender, on each floor: `node test/networks/datagrams.js FLOOR ADDRESS PORT`.
import { AF_INET, SOCK_DGRAM, Socket } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { bind } from 'bsd-sockets/reactor'
import { BaseRequestHandler, UDPServer } from 'bsd-sockets/socketserver'

class Echo extends BaseRequestHandler {
  handle() {
    const [bytes, socket] = this.request
    socket.sendto(bytes, this.clientAddress)
  }
}

const servers = {
  async sockets(address, port) {
    const socket = new Socket(AF_INET, SOCK_DGRAM)
    socket.bind([address, port])
    console.log('listening')
    for (;;) {
      const [bytes, from] = socket.recvfrom(2048)
      socket.sendto(bytes, from)
    }
  },

  async promises(address, port) {
    const socket = new AsyncSocket(AF_INET, SOCK_DGRAM)
    socket.bind([address, port])
    console.log('listening')
    for await (const { data, address: from } of socket.messages()) await socket.sendto(data, from)
  },

  reactor(address, port) {
    bind({ address, port, messages: (socket, batch, count) => void socket.send(batch, count) })
    console.log('listening')
  },

  async socketserver(address, port) {
    const server = new UDPServer([address, port], Echo)
    console.log('listening')
    await server.serveForever()
  },
}

const [floor, address, port] = process.argv.slice(2)
await servers[floor](address, Number(port))
