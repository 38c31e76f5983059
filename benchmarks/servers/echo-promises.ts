import type { Socket } from 'bsd-sockets/promises'
import { listening } from './listening.js'
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
listening(server.getsockname())
for await (const [client] of server.connections()) void serve(client)
