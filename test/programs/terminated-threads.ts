// Workers that are terminated, each at another moment, and what that leaves open: `node terminated-threads.js pairs 20`
// does so with 20 workers, one after the other. They open and close without end, or have a thousand waits under way.
import { readdirSync } from 'node:fs'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import * as C from 'bsd-sockets'
import * as P from 'bsd-sockets/promises'
import { listen } from 'bsd-sockets/reactor'

const ready = (): void => parentPort!.postMessage('ready')

const works: Record<string, () => unknown> = {
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

async function terminate(): Promise<void> {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: name })
  await once(worker, 'message')
  await new Promise(resolve => setTimeout(resolve, Math.random() * 20))
  await worker.terminate()
}

const openCount = (): number => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length

const [name = '', rounds = '1'] = isMainThread ? process.argv.slice(2) : [workerData as string]
if (isMainThread) {
  await terminate() // what Node opens for its first worker stays
  const before = openCount()
  for (let i = 0; i < Number(rounds); i++) await terminate()
  console.log(`${rounds} workers were terminated, ${openCount() - before} descriptors are left`)
} else {
  await works[name]!()
}
