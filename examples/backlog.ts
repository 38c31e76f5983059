// Connections that are not accepted yet wait in the kernel, and the backlog limits their number. One more is not refused:
// the server's kernel drops its request, and the client's kernel repeats it after one second, then two, then four.
import { parseArgs } from 'node:util'
import { Socket, TimeoutError } from 'bsd-sockets'

const { values } = parseArgs({ options: { port: { type: 'string', default: '6544' } } })

const server = new Socket()
server.bind({ address: '127.0.0.1', port: Number(values.port) })
server.listen(2) // Linux lets one more wait than it is told, macOS half as many more

const clients: Socket[] = []

function connects(): boolean {
  const client = new Socket()
  clients.push(client)
  client.settimeout(500)
  try {
    client.connect(server.getsockname())
    return true
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    console.log(error.message)
    return false
  }
}

while (connects()) console.log(`client ${clients.length} is connected, and waits`)
clients.pop()?.close() // it gives up

const [accepted] = server.accept()
console.log('accepted one')
if (connects()) console.log(`client ${clients.length} is connected: there was room`)

for (const socket of [accepted, ...clients, server]) socket.close()
