import type { Socket } from 'bsd-sockets/promises'
import { IPPROTO_TCP, TCP_NODELAY } from 'bsd-sockets'
import { listening, place } from './listening.js'
import { openServer } from './promised.js'

async function serve(client: Socket): Promise<void> {
  try {
    for (;;) {
      const bytes = await client.recv(256 * 1024)
      if (bytes.length === 0) return
      await client.sendall(bytes)
    }
  } catch {
    // The client is gone.
  } finally {
    client.close()
  }
}

const server = await openServer()
if ('port' in place) server.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
listening(server.getsockname())
for await (const [client] of server.connections()) void serve(client)
