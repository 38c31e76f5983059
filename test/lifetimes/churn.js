// Signals, timers and sockets that come and go, on each floor: `node --expose-gc churn.js [COUNT]`. The heap does not
// grow with them, and no descriptor is left. Both are counted after garbage collection, nothing is timed.
import { readdirSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import * as C from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'
import * as P from 'bsd-sockets/promises'
import { bind, connect, listen } from 'bsd-sockets/reactor'
import { toDuplex, toWeb } from 'bsd-sockets/streams'
import * as sys from 'bsd-sockets/syscalls'

const [a, b] = P.Socket.pair()
const lasting = new AbortController()

const wait = async options => {
  const waiting = a.recv(1, 0, options)
  b.trySend('x')
  await waiting
}

// By name: how many of COUNT rounds there are, one of so many, and a round.
const rounds = {
  'a signal for each wait': [1, () => wait({ signal: new AbortController().signal })],
  'a signal that aborts each wait': [
    2,
    async () => {
      const controller = new AbortController()
      const waiting = a.recv(1, 0, { signal: controller.signal }).catch(() => undefined)
      controller.abort()
      await waiting
    },
  ],
  'the same signal for all waits': [1, () => wait({ signal: lasting.signal })],
  'a timeout for each wait': [1, () => wait({ timeout: 60_000 })],
  'a timeout and a signal, on a socket for each': [
    4,
    async () => {
      const [one, other] = P.Socket.pair()
      const waiting = one.recv(1, 0, { timeout: 60_000, signal: lasting.signal }).catch(() => undefined)
      one.close()
      other.close()
      await waiting
    },
  ],
  'descriptors of syscalls': [
    1,
    () => {
      const fds = new Int32Array(2)
      sys.socketpair(C.AF_UNIX, C.SOCK_STREAM, 0, fds)
      fds.forEach(fd => sys.close(fd))
    },
  ],
  'blocking sockets': [1, () => C.Socket.pair().forEach(socket => socket.close())],
  interrupters: [
    4,
    () => {
      const [one, other] = C.Socket.pair()
      one.settimeout(0.001)
      try {
        one.recv(1)
      } catch (error) {
        if (!(error instanceof C.TimeoutError)) throw error
      }
      one.close()
      other.close()
    },
  ],
  'connections of the reactor': [
    10,
    () => new Promise(resolve => connect({ port: server.address.port, idleTimeout: 60_000, close: resolve })),
  ],
  'datagram sockets': [10, () => bind({ port: 0, batch: 1, messageSize: 64 }).close()],
  'clients of http': [
    20,
    async () => {
      const client = await P.createConnection(['127.0.0.1', http.port])
      await client.sendall('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      while ((await client.recv(1000)).length > 0) continue
      client.close()
    },
  ],
  duplexes: [
    10,
    async () => {
      const [one, other] = P.Socket.pair()
      const duplex = toDuplex(one).setTimeout(60_000).resume()
      const closed = new Promise(resolve => duplex.once('close', resolve))
      other.close()
      await closed
    },
  ],
  'web streams': [
    10,
    async () => {
      const [one, other] = P.Socket.pair()
      const { readable, writable } = toWeb(one)
      other.close()
      await readable.cancel()
      await writable.close().catch(() => undefined)
    },
  ],
}
const server = listen({ open: one => one.end() })
const http = serve(request => (request.signal, { body: 'x' }))

const descriptors = () => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length

async function weigh() {
  for (let i = 0; i < 3; i++) {
    await turn()
    gc()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

// The heap may grow by so many bytes. What is compiled meanwhile and tables that grow weigh more than that at times, but not each time,
// as a leak does: so it is weighed up to five times.
const most = 50_000
const weighings = 5
const count = Number(process.argv[2] ?? 20_000)
let wrong = 0
for (const [name, [part, round]] of Object.entries(rounds)) {
  const all = Math.ceil(count / part)
  const run = async some => {
    for (let i = 0; i < some; i++) {
      await round()
      if (i % 100 === 99) await turn()
    }
  }
  await run(Math.ceil(all / 10))
  await turn()
  const open = descriptors()
  const grown = []
  for (let before = await weigh(); grown.length < weighings && !grown.some(bytes => bytes < most);) {
    await run(Math.ceil(all / weighings))
    const now = await weigh()
    grown.push(now - before)
    before = now
  }
  for (let i = 0; i < 1000 && descriptors() > open; i++) await turn()
  const left = descriptors() - open
  const flat = grown.some(bytes => bytes < most) && left <= 0
  if (!flat) wrong++
  const grew = grown.map(bytes => Math.round(bytes / 1000)).join(', ')
  const each = Math.ceil(all / weighings)
  console.log(`${name}: ${grew} kB more after ${each} each, ${left} descriptors left${flat ? '' : ' WRONG'}`)
}
console.log(`${wrong} wrong`)
process.exit(wrong > 0 ? 1 : 0)
