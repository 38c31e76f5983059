// An echo server for many clients, in three ways: `clients poll|promises|reactor [PORT]`; `clients ways` lists them.
import { createServer, ConnectionError, EVENT_READ, PollSelector } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets'
import { createServer as createServerLater } from 'bsd-sockets/promises'
import type { Socket as LaterSocket } from 'bsd-sockets/promises'
import { listen } from 'bsd-sockets/reactor'

const [way = '', port = '0'] = process.argv.slice(2)

/** One thread, which waits for all sockets in one call. */
function byPoll(): void {
  const listener = createServer(['127.0.0.1', Number(port)])
  console.log('listening on', listener.getsockname())
  const selector = new PollSelector<Socket>()
  selector.register(listener, EVENT_READ, listener)
  for (;;) {
    for (const [{ data: ready }] of selector.select()) {
      if (ready === listener) {
        const [client] = listener.accept()
        selector.register(client, EVENT_READ, client)
      } else if (!answer(ready)) {
        selector.unregister(ready)
        ready.close()
      }
    }
  }
}

/** Sends back what is there; false at the end. A client that does not read holds up all others here. */
function answer(client: Socket): boolean {
  try {
    const data = client.recv(1024)
    client.sendall(data)
    return data.length > 0
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    return false
  }
}

/** A task for each client; the event loop waits. */
async function byPromises(): Promise<void> {
  const listener = await createServerLater(['127.0.0.1', Number(port)])
  console.log('listening on', listener.getsockname())
  for await (const [client] of listener.connections()) void serve(client)
}

async function serve(client: LaterSocket): Promise<void> {
  try {
    for await (const data of client.chunks(1024)) await client.sendall(data)
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
  } finally {
    client.close()
  }
}

/** A callback for all clients. */
function byReactor(): void {
  const server = listen({ port: Number(port), data: (connection, bytes) => connection.write(bytes) })
  console.log('listening on', server.address)
}

const ways: Record<string, () => unknown> = { poll: byPoll, promises: byPromises, reactor: byReactor }
if (way === 'ways') console.log(Object.keys(ways).join(' '))
else await ways[way]?.()
