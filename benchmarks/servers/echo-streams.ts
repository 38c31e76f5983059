import { createServer } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'
import { listening } from './listening.js'

const server = await createServer(['127.0.0.1', 0], { backlog: 4096 })
listening(server.getsockname())
for await (const [client] of server.connections()) {
  const stream = toDuplex(client)
  stream.on('data', bytes => stream.write(bytes))
  stream.on('end', () => stream.end())
  stream.on('error', () => stream.destroy())
}
