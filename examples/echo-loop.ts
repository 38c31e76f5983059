// An echo server on the event loop: one thread, and a task for each client. Try it with `telnet 127.0.0.1 9999`.
import { parseArgs } from 'node:util'
import { ConnectionError, getnameinfo, NI_NUMERICHOST, NI_NUMERICSERV, SO_REUSEADDR, SOL_SOCKET } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

const { values } = parseArgs({ options: { port: { type: 'string', default: '9999' } } })

const text = (address: SocketAddress): string => getnameinfo(address, NI_NUMERICHOST | NI_NUMERICSERV).join(':')

async function echo(client: Socket): Promise<void> {
  try {
    for (let data = await client.recv(1024); data.length > 0; data = await client.recv(1024)) await client.sendall(data)
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error // one that breaks off is that client's affair alone
  } finally {
    client.close()
  }
}

const server = new Socket()
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
server.bind({ address: '127.0.0.1', port: Number(values.port) })
server.listen()
console.log(`listening on ${text(server.getsockname())}`)

for (;;) {
  const [client, address] = await server.accept()
  console.log(`Connection from ${text(address)}`)
  void echo(client) // nobody waits for it: all clients are served at the same time
}
