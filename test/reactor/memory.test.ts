// The memory of many connections: the heap of V8, and ArrayBuffers.
import { Socket } from 'bsd-sockets'
import { listen } from 'bsd-sockets/reactor'
import type { Connection } from 'bsd-sockets/reactor'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const count = 1000
const chunk = Buffer.alloc(16 * 1024)

test('paused connections keep neither received bytes nor a slab', async () => {
  const connections: Connection[] = []
  const received = new Map<Connection, number>()
  const server = listen({
    open: connection => connections.push(connection),
    data(connection, bytes) {
      received.set(connection, (received.get(connection) ?? 0) + bytes.length)
      connection.pause()
    },
  })
  onTestFinished(() => server.close())
  const { port } = server.address as { port: number }
  const clients = Array.from({ length: count }, () => {
    const client = new Socket()
    client.connect(['127.0.0.1', port])
    return client
  })
  onTestFinished(() => clients.forEach(client => client.close()))
  while (connections.length < count) await pause(1)
  collect()
  const before = process.memoryUsage().arrayBuffers
  for (const client of clients) client.sendall('x')
  while (received.size < count) await pause(1)
  for (const client of clients) client.sendall(chunk)
  await pause(10)
  collect()
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 * 1024)
  for (const connection of connections) connection.resume()
  const all = (): number => [...received.values()].reduce((sum, length) => sum + length, 0)
  for (const whole = count * (chunk.length + 1); all() < whole; await pause(1))
    for (const one of connections) one.resume()
})

const counts = process.versions.node.startsWith('20.')
if (!counts) console.warn('skipped: the weight of an idle connection is that on Node 20')

test.skipIf(!counts)('an idle connection takes at most 215 bytes of the heap', async () => {
  let opened = 0
  const server = listen({
    open: () => {
      opened++
    },
  })
  onTestFinished(() => server.close())
  const { port } = server.address as { port: number }
  const open = async (): Promise<Socket[]> => {
    const wanted = opened + count
    const clients = Array.from({ length: count }, () => {
      const client = new Socket()
      client.connect(['127.0.0.1', port])
      return client
    })
    while (opened < wanted) await pause(1)
    return clients
  }
  const heap = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  for (const client of await open()) client.close()
  while (server.connections > 0) await pause(1)
  const clients: Socket[] = await open()
  onTestFinished(() => clients.forEach(client => client.close()))
  const weigh = async (): Promise<number> => {
    const before = heap()
    clients.push(...(await open()))
    const withClients = (heap() - before) / count
    const own = Array.from({ length: count }, () => new Socket())
    const withoutServer = (heap() - before) / count - withClients
    own.forEach(socket => socket.close())
    return withClients - withoutServer
  }
  // The median of five, since what is compiled meanwhile and tables that grow weigh too: 175 to 197. With an AsyncResource for
  // each connection it was 227 to 262.
  const weights: number[] = []
  for (let i = 0; i < 5; i++) weights.push(await weigh())
  expect(weights.sort((one, other) => one - other)[2]).toBeLessThan(215)
})
