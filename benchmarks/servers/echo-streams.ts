import { toDuplex } from 'bsd-sockets/streams'
import { listening } from './listening.js'
import { openServer } from './promised.js'

const server = await openServer()
listening(server.getsockname())
for await (const [client] of server.connections()) {
  const stream = toDuplex(client)
  stream.on('data', bytes => stream.write(bytes))
  stream.on('end', () => stream.end())
  stream.on('error', () => stream.destroy())
}
