// A task for each client: what would block is awaited.
import { SHUT_WR } from '../../../constants.js'
import { isSocketError } from '../../../errors.js'
import type { Socket } from '../../../promises/index.js'
import { Deadline } from '../../../waiting/wait.js'
import { inTasks } from '../promises.js'
import { linger, release } from '../server.js'

async function echo(client: Socket, stop: AbortSignal): Promise<void> {
  const options = { signal: stop }
  for (;;) {
    const bytes = await client.recv(256 * 1024, options)
    if (bytes.length === 0) return
    await client.sendall(bytes)
  }
}

// Sends back the bytes received so far, tells the client that no more follows, and waits a short time for its end.
async function finish(client: Socket): Promise<void> {
  const arrived = []
  for (let data = client.tryRecv(65536); data !== null && data.length > 0; data = client.tryRecv(65536)) {
    arrived.push(data)
  }
  await client.sendall(Buffer.concat(arrived))
  client.shutdown(SHUT_WR)
  const deadline = new Deadline(linger)
  while ((await client.recv(65536, { timeout: deadline.left })).length > 0) continue
}

async function serveClient(client: Socket, stop: AbortSignal): Promise<void> {
  try {
    await echo(client, stop).catch(async (error: unknown) => {
      if (!stop.aborted) throw error
      await finish(client)
    })
  } catch (error) {
    if (!isSocketError(error)) throw error // a lost client is no failure of the server
  } finally {
    release(client)
  }
}

export const serve = inTasks(serveClient)
