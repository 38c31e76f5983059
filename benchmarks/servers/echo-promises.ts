import type { Socket } from 'bsd-sockets/promises'
import { IPPROTO_TCP, TCP_NODELAY } from 'bsd-sockets'
import { listening, place } from './listening.js'
import { openServer } from './promised.js'

async function serve(client: Socket): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(64 * 1024) // memory that is not used yet is none
  try {
    for (;;) {
      const count = await client.recvInto(buffer)
      if (count === 0) return
      await client.sendall(buffer.subarray(0, count))
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
