// An echo server that receives one message up to its end, and then sends it back. The client is echo-message-client.
import { parseArgs } from 'node:util'
import { ConnectionError, getnameinfo, NI_NUMERICHOST, NI_NUMERICSERV, Socket } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' }, // '' or 0.0.0.0: whichever address of this machine a client uses
    port: { type: 'string', default: '6543' },
    names: { type: 'boolean', default: false }, // shows what each socket is called
  },
})

const text = (address: SocketAddress): string => getnameinfo(address, NI_NUMERICHOST | NI_NUMERICSERV).join(':')

function answer(client: Socket): void {
  const message: Buffer[] = []
  for (let data = client.recv(2048); data.length > 0; data = client.recv(2048)) message.push(data)
  client.sendall(Buffer.concat(message))
}

const server = new Socket()
server.bind([values.host, Number(values.port)])
server.listen(10)
console.log(`listening on ${text(server.getsockname())}`)

for (;;) {
  const [client, address] = server.accept()
  console.log(`New connection from ${text(address)}`)
  if (values.names) {
    // Both sockets have the server's port. The peer's address distinguishes the connections. getpeername would fail after a reset.
    console.log(`fd ${server.fileno()}: ${text(server.getsockname())}`)
    console.log(`fd ${client.fileno()}: ${text(client.getsockname())} with ${text(address)}`)
  }
  try {
    answer(client)
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    console.log(error.message) // this client has gone: on to the next
  } finally {
    client.close()
  }
}
