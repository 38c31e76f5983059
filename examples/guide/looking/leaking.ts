// For the exercise of the chapter on looking: a server that forgets to close its connections. It prints a line for each that has ended.
import { createServer } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'

const forgotten: Socket[] = []

async function serve(client: Socket): Promise<void> {
  forgotten.push(client)
  while ((await client.recv(1024)).length > 0) continue
  console.log('ended')
}

const listener = await createServer(['127.0.0.1', Number(process.argv[2] ?? 0)])
console.log('listening on', listener.getsockname())
for await (const [client] of listener.connections()) void serve(client)
