// The exercise of the chapter on one request: a proxy that passes on bytes, the end of each direction, and resets.
import { options, setOption, SHUT_WR } from 'bsd-sockets'
import { createConnection, createServer } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'

const target = Number(process.argv[2])

/** Passes on all bytes of one direction, and then its end. */
async function carry(from: Socket, to: Socket): Promise<void> {
  for await (const bytes of from.chunks()) await to.sendall(bytes)
  to.shutdown(SHUT_WR)
}

async function serve(client: Socket): Promise<void> {
  const both = [client]
  try {
    const server = await createConnection(['127.0.0.1', target])
    both.push(server)
    await Promise.all([carry(client, server), carry(server, client)])
  } catch {
    // Both ends learn of it by a reset: an end would say that all went well.
    for (const socket of both) setOption(socket, options.linger, { on: true, seconds: 0 })
  }
  for (const socket of both) socket.close()
}

const listener = await createServer(['127.0.0.1', 0])
console.log('listening on', listener.getsockname())
for await (const [client] of listener.connections()) void serve(client)
