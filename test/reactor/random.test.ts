// Handlers do random things to their own connection and to others. Each connection must still get all of its bytes in order.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { AF_INET, AF_UNIX, options, setOption, SHUT_WR, Socket } from 'bsd-sockets'
import { connect, listen } from 'bsd-sockets/reactor'
import type { Connection, Handlers, Server } from 'bsd-sockets/reactor'

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-random-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A pseudo-random generator of numbers from 0 to 1: Mulberry32. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const total = 300_000 // bytes of each client
const pattern = Buffer.alloc(total + 256)
for (let i = 0; i < pattern.length; i++) pattern[i] = (i * 31 + (i >> 8) * 7) & 255

/** The bytes of client `i` from `offset`. They differ between clients. */
const bytesOf = (i: number, offset: number, count: number): Buffer => pattern.subarray(i + offset, i + offset + count)

const portOf = ({ address }: Server): number => ('port' in address ? address.port : 0)

interface Peer {
  i: number
  got: number
}

const first = Number(process.env.SEED ?? 1)

it.each([0, 1, 2, 3].map(i => first + i))('any mix of pauses, ends and sizes, seed %i', async seed => {
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
      const from = peer.i < 0 ? 1 : 0 // the first byte is the number of the client
      if (peer.i < 0) peer.i = bytes[0]!
      const other = open[Math.floor(next() * open.length)]!
      const dice = next()
      if (dice < 0.15) later(connection)
      else if (dice < 0.3) later(other)
      else if (++calls % 100 === 0 && other !== connection) {
        destroyed++
        other.destroy()
      }
      const received = bytes.subarray(from) // the actions above must not have changed it
      if (!received.equals(bytesOf(peer.i, peer.got, received.length))) wrong.push(`client ${peer.i} at ${peer.got}`)
      peer.got += received.length
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

const ticks = (ms = 0): Promise<void> =>
  new Promise(resolve => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)))

/** Does random things at both ends of a connection until the peer closes or resets. Returns what went wrong. */
async function lifetime(next: () => number, place: 'TCP' | 'Unix'): Promise<string[]> {
  const dice = (sides: number): number => Math.floor(next() * sides)
  const did: string[] = [place]
  const log: string[] = []
  let connection: Connection | undefined
  let got = 0
  const handlers: Handlers = {
    open: one => void (connection = one),
    data(one, bytes) {
      log.push('data')
      got += bytes.length
      const side = dice(6)
      if (side === 0) one.pause()
      // A write after end() throws, which would end the connection.
      else if (side === 1 && !did.includes('end')) one.write('echo')
    },
    drain: () => void log.push('drain'),
    reset: () => void log.push('reset'),
    close: () => void log.push('close'),
  }
  if (dice(2) === 0) handlers.end = () => void log.push('end')
  const server = listen({ ...(place === 'TCP' ? {} : { path: join(folder, 'lifetime') }), ...handlers })
  const peer = new Socket(place === 'TCP' ? AF_INET : AF_UNIX)
  peer.connect(server.address)
  if (place === 'TCP') setOption(peer, options.tcpNoDelay, true) // a reset would discard delayed data
  while (connection === undefined) await ticks()
  const here = connection
  let sent = 0
  let ended = false
  const finish = (): void => {
    if (place === 'TCP' && dice(2) === 0) setOption(peer, options.linger, { on: true, seconds: 0 })
    peer.close()
  }
  const steps: Record<string, () => unknown> = {
    send: () => (ended ? 0 : (sent += peer.trySend(Buffer.alloc(1 + dice(3000))) ?? 0)),
    sendMore: () => steps.send!(),
    pause: () => here.pause(),
    resume: () => here.resume(),
    write: () => did.includes('end') || here.write(Buffer.alloc(dice(4) === 0 ? 4 << 20 : 100)),
    wait: () => ticks(),
    waitLonger: () => ticks(2),
    shutdown: () => dice(4) > 0 || ended || ((ended = true), peer.shutdown(SHUT_WR)),
    end: () => here.end(),
    finish: () => dice(3) > 0 || finish(),
  }
  const names = Object.keys(steps)
  for (let i = 0; i < 12 && !peer.closed; i++) {
    const name = names[dice(names.length)]!
    if (name === 'end' && dice(4) > 0) continue
    did.push(name)
    try {
      await steps[name]!()
    } catch (error) {
      did.push(String(error)) // an error of the peer, whose other end is closed
    }
  }
  if (!peer.closed) finish()
  for (let i = 0; i < 500 && here.fd >= 0; i++) {
    here.resume()
    await ticks(i < 50 ? 0 : 2)
    if (i === 100 && log.includes('end')) here.end()
  }
  const open = here.fd >= 0
  here.destroy()
  server.close()
  await ticks()
  const once = ['close', 'end', 'reset'].every(name => log.filter(event => event === name).length <= 1)
  if (got === sent && !open && once && log.at(-1) === 'close') return []
  return [`${did.join(' ')}: got ${got} of ${sent}${open ? ', never closed' : ''}, ${log.join(' ')}`]
}

it.each([first, first + 1])('any end of a peer, seed %i', async seed => {
  const next = random(seed)
  const wrong: string[] = []
  for (let i = 0; i < 120; i++) wrong.push(...(await lifetime(next, i % 2 === 0 ? 'TCP' : 'Unix')))
  expect(wrong).toEqual([])
})
