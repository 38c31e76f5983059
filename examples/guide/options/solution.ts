// The exercise of the chapter on options: each client gets the number of one of the processes that share the port.
import { createServer } from 'bsd-sockets/promises'

const listener = await createServer(['127.0.0.1', Number(process.argv[2] ?? 0)], { reusePort: true })
console.log('listening on', listener.getsockname())
for await (const [client] of listener.connections()) {
  await client.sendall(`${process.pid}\n`).catch(() => undefined) // this client has gone
  client.close()
}
