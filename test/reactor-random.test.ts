// Whatever handlers do to their own connection and to others, each gets its own bytes, all of them, in their order.
import { expect, it } from 'vitest'
import { connect, listen } from 'bsd-sockets/reactor'
import type { Connection, Server } from 'bsd-sockets/reactor'

/** Numbers from 0 to 1 that are the same for the same seed. Mulberry32 */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const total = 300_000 // of each
const pattern = Buffer.alloc(total + 256)
for (let i = 0; i < pattern.length; i++) pattern[i] = (i * 31 + (i >> 8) * 7) & 255

/** The bytes of client `i` from `offset`: no two clients have the same ones there. */
const bytesOf = (i: number, offset: number, count: number): Buffer => pattern.subarray(i + offset, i + offset + count)

const portOf = ({ address }: Server): number => ('port' in address ? address.port : 0)

interface Peer {
  i: number
  got: number
}

it.each([1, 2, 3, 4])('any mix of pauses, ends and sizes, seed %i', async seed => {
  const next = random(seed)
  const count = 60
  const open: Connection[] = []
  const wrong: string[] = []
  let whole = 0
  let destroyed = 0
  let calls = 0
  const later = (connection: Connection): void => {
    connection.pause()
    setTimeout(() => connection.resume(), next() < 0.5 ? 0 : next() * 5)
  }
  const server = listen({
    open(connection) {
      connection.context = { i: -1, got: 0 } satisfies Peer
      open.push(connection)
    },
    data(connection, bytes) {
      const peer = connection.context as Peer
      const from = peer.i < 0 ? 1 : 0 // the first byte tells who it is
      if (peer.i < 0) peer.i = bytes[0]!
      const other = open[Math.floor(next() * open.length)]!
      const dice = next()
      if (dice < 0.15) later(connection)
      else if (dice < 0.3) later(other)
      else if (++calls % 100 === 0 && other !== connection) {
        destroyed++
        other.destroy()
      }
      const came = bytes.subarray(from) // after all that
      if (!came.equals(bytesOf(peer.i, peer.got, came.length))) wrong.push(`client ${peer.i} at ${peer.got}`)
      peer.got += came.length
    },
    end(connection) {
      const { got } = connection.context as Peer
      if (got === total) whole++
      else wrong.push(`${got} of ${total} bytes`)
      connection.end()
    },
    close: connection => void open.splice(open.indexOf(connection), 1),
  })
  let left = count
  let finish = (): void => undefined
  const finished = new Promise<void>(resolve => (finish = resolve))
  const start = (i: number): void => {
    let sent = 0
    const send = (client: Connection): void => {
      while (sent < total) {
        const size = Math.min(total - sent, 1 + Math.floor(next() ** 12 * 40_000))
        const room = client.write(bytesOf(i, sent, size))
        sent += size
        if (!room) return
        if (next() < 0.8) return void setImmediate(() => client.fd >= 0 && send(client))
      }
      client.end()
    }
    connect({
      port: portOf(server),
      open(client) {
        client.write(Buffer.of(i))
        send(client)
      },
      drain: send,
      close: () => {
        if (--left === 0) finish()
      },
    })
  }
  for (let i = 0; i < count; i++) start(i)
  await finished
  await server.stop({ timeout: 1000 })
  expect(wrong).toEqual([])
  expect(whole).toBe(count - destroyed)
  expect(calls).toBeGreaterThan(300)
  expect(destroyed).toBeGreaterThan(0)
})
