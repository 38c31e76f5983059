// Terminates workers, each at a random moment, and counts the descriptors that stay open: `node terminated-threads.js pairs
// 20` does so with 20 workers, one after the other. They open and close sockets without end, or have a thousand waits. Where
// the event loop of the worker runs, a third of them exit by themselves and a third throw, also at random moments.
import { readdirSync, readlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import * as C from 'bsd-sockets'
import * as P from 'bsd-sockets/promises'
import { listen } from 'bsd-sockets/reactor'
import { moreWorks } from './terminated-works.js'

const ready = (): void => parentPort!.postMessage('ready')

const endings = ['terminate', 'exit', 'throw'] as const
type Ending = (typeof endings)[number]

/** Works that never return to the event loop. */
const busy = new Set(['pairs', 'connections', 'descriptors'])

/** Runs eight calls at once, again and again. */
async function crowd(call: () => Promise<unknown>): Promise<void> {
  for (ready(); ;) await Promise.all(Array.from({ length: 8 }, call))
}

const works: Record<string, (ready: () => void) => unknown> = {
  pairs() {
    for (ready(); ;) for (const socket of C.Socket.pair()) socket.close()
  },

  connections() {
    const server = C.createServer(['127.0.0.1', 0])
    const address = server.getsockname()
    for (ready(); ;) {
      using client = new C.Socket()
      client.setsockopt(C.SOL_SOCKET, C.SO_LINGER, new Int32Array([1, 0])) // no TIME_WAIT
      client.connect(address)
      using accepted = server.accept()[0]
      using twin = accepted.dup()
      using selector = new C.Selector()
      selector.register(twin, C.EVENT_WRITE)
      selector.select()
    }
  },

  descriptors() {
    const [from, to] = C.Socket.pair()
    for (ready(); ;) {
      from.sendFds('x', [0, 1, 2])
      for (const owned of to.recvFds(1, 3).fds) owned.close()
    }
  },

  async promises() {
    const server = await P.createServer(['127.0.0.1', 0])
    const address = server.getsockname()
    for (ready(); ;) {
      const client = new P.Socket()
      client.setsockopt(C.SOL_SOCKET, C.SO_LINGER, new Int32Array([1, 0]))
      const [[accepted]] = await Promise.all([server.accept(), client.connect(address)])
      client.close()
      accepted.close()
    }
  },

  async reactor() {
    const server = listen({ address: '127.0.0.1', port: 0, data: (connection, bytes) => void connection.write(bytes) })
    const { address } = server
    for (ready(); ;) {
      const client = new P.Socket()
      client.setsockopt(C.SOL_SOCKET, C.SO_LINGER, new Int32Array([1, 0]))
      await client.connect(address)
      await client.sendall('x')
      await client.recv(1)
      client.close()
    }
  },

  async lookups() {
    await crowd(() =>
      Promise.all([
        P.getaddrinfo('localhost', 80),
        P.getaddrinfo('127.0.0.1', 80),
        P.getnameinfo(['127.0.0.1', 80]),
        P.gethostbyname('localhost'),
        P.gethostbyaddr('127.0.0.1'),
      ]),
    )
  },

  async names() {
    await crowd(async () => {
      const server = await P.createServer(['localhost', 0])
      const { port } = server.getsockname() as C.IPv4Address
      const [client, [accepted]] = await Promise.all([P.createConnection(['127.0.0.1', port]), server.accept()])
      client.setsockopt(C.SOL_SOCKET, C.SO_LINGER, new Int32Array([1, 0]))
      for (const socket of [client, accepted, server]) socket.close()
    })
  },

  async closing() {
    await crowd(async () => {
      const [one, other] = P.Socket.pair()
      const waiting = one.recv(1).catch(() => undefined)
      await new Promise(resolve => setImmediate(resolve))
      one.close()
      other.close()
      await waiting
    })
  },

  async waits() {
    const server = await P.createServer(['127.0.0.1', 0])
    for (let i = 0; i < 20; i++) void server.accept()
    for (let i = 0; i < 490; i++) {
      const [one, other] = P.Socket.pair()
      void one.recv(1, i % 2 === 0 ? { timeout: 60_000 } : { signal: AbortSignal.timeout(60_000) })
      if (i % 10 === 0) void other.sendall(Buffer.alloc(1 << 20))
      else void other.recv(1)
    }
    ready()
  },
}

// Posts `ready` before it loads the package. It uses require, because Node leaves files open that `import` is reading.
const loading = `
  const { parentPort, workerData } = require('node:worker_threads')
  parentPort.postMessage('ready')
  for (const file of workerData) require(file).Socket.pair().forEach(socket => socket.close())`

async function end(ending: Ending): Promise<void> {
  const files = ['bsd-sockets', 'bsd-sockets/promises'].map(name => createRequire(import.meta.url).resolve(name))
  const worker =
    name === 'loading'
      ? new Worker(loading, { eval: true, workerData: files })
      : new Worker(fileURLToPath(import.meta.url), { workerData: { name, ending } })
  const failed: unknown[] = []
  worker.on('error', error => failed.push(error))
  const exited = new Promise(resolve => worker.once('exit', resolve))
  await Promise.race([new Promise(resolve => worker.once('message', resolve)), exited])
  if (ending === 'terminate') {
    await new Promise(resolve => setTimeout(resolve, Math.random() * 20))
    await worker.terminate()
  }
  await exited
  const other = failed.filter(error => (error as Error).message !== 'on purpose')
  if (other.length > 0) throw other[0]
}

// In the worker: ends at a random moment.
function endSoon(ending: Ending): void {
  setTimeout(() => {
    if (ending === 'exit') process.exit()
    throw new Error('on purpose')
  }, Math.random() * 20)
}

// A module that Node was reading for `import` when its thread ended: Node leaves the file open.
function isModule(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).endsWith('.js')
  } catch {
    return false
  }
}

const openCount = (): number =>
  process.platform === 'linux'
    ? readdirSync('/proc/self/fd').filter(fd => !isModule(fd)).length
    : readdirSync('/dev/fd').length

interface Given {
  name: string
  ending: Ending
}

const [name = '', rounds = '1'] = isMainThread ? process.argv.slice(2) : [(workerData as Given).name]
if (isMainThread) {
  const possible = busy.has(name) || name === 'loading' ? endings.slice(0, 1) : endings
  await end('terminate') // Node keeps what it opens for its first worker
  const before = openCount()
  for (let i = 0; i < Number(rounds); i++) await end(possible[i % possible.length]!)
  console.log(`${rounds} workers were terminated, ${openCount() - before} descriptors are left`)
} else {
  const { ending } = workerData as Given
  if (ending !== 'terminate') endSoon(ending)
  await (works[name] ?? moreWorks[name]!)(ready)
}
