// What a worker does while it is terminated, besides the works of terminated-threads.ts: something is always under way.
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import * as C from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'
import * as P from 'bsd-sockets/promises'
import { bind, listenInWorkers } from 'bsd-sockets/reactor'
import { TCPServer } from 'bsd-sockets/socketserver'
import { toDuplex, toWeb } from 'bsd-sockets/streams'

async function connected(port: number): Promise<P.Socket> {
  const client = await P.createConnection(['127.0.0.1', port])
  client.setsockopt(C.SOL_SOCKET, C.SO_LINGER, new Int32Array([1, 0])) // no TIME_WAIT
  return client
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function* pieces(): AsyncGenerator<Buffer> {
  for (;;) {
    await turn()
    yield Buffer.alloc(65536)
  }
}

/** Each calls `ready` once something is under way, and goes on until its thread ends. */
export const moreWorks: Record<string, (ready: () => void) => unknown> = {
  // Requests and answers under way: a whole body, one that is being received, one that is being sent, one that waits.
  async http(ready) {
    const answers: Record<string, () => unknown> = {
      '/stream': () => ({ body: pieces() }),
      '/wait': () => new Promise(() => undefined),
      '/whole': () => ({ body: Buffer.alloc(1 << 20) }),
    }
    const server = serve(request => answers[request.path]!() as { body: Buffer }, { streamBody: true } as object)
    ready()
    for (;;) {
      const clients = await Promise.all(Object.keys(answers).map(() => connected(server.port)))
      for (const [i, path] of Object.keys(answers).entries())
        await clients[i]!.sendall(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nfour`)
      for (const client of clients.slice(0, 1)) await client.recv(65536)
      for (const client of clients) client.close()
    }
  },

  async datagrams(ready) {
    const socket = bind({ batch: 16, messages: (one, batch, count) => void one.send(batch, count) })
    const client = new P.Socket(C.AF_INET, C.SOCK_DGRAM)
    await client.connect(socket.address)
    const batch = new C.MessageBatch(16, 2048)
    for (let i = 0; i < 16; i++) batch.set(i, Buffer.alloc(1000))
    for (ready(); ;) {
      await client.sendmmsg(batch)
      await Promise.race([client.recvmmsg(new C.MessageBatch(16, 2048)), turn()])
    }
  },

  async zerocopy(ready) {
    const server = await P.createServer(['127.0.0.1', 0])
    const { port } = server.getsockname() as C.IPv4Address
    for (ready(); ;) {
      const [client, [accepted]] = await Promise.all([connected(port), server.accept()])
      if (C.SO_ZEROCOPY !== undefined) {
        const sender = new C.ZerocopySender(client)
        for (let i = 0; i < 8; i++) sender.trySend(Buffer.alloc(65536))
        await accepted.recv(65536)
        sender.completions()
      }
      client.close()
      accepted.close()
    }
  },

  // Descriptors in flight: in the queue of a socket, some of them sockets that are closed already, and a socket in its own queue.
  async passing(ready) {
    for (ready(); ;) {
      const [one, other] = P.Socket.pair()
      const [a, b] = P.Socket.pair()
      await one.sendFds('x', [a, b, other])
      a.close()
      await other.sendFds('y', [one])
      const received = await other.recvFds(1, 2) // one of the three is lost
      await turn()
      for (const socket of [one, other, b]) socket.close()
      for (const fd of received.fds) fd.close()
    }
  },

  async streams(ready) {
    for (ready(); ;) {
      const [one, other] = P.Socket.pair()
      const [a, b] = P.Socket.pair()
      toDuplex(one).pipe(toDuplex(a))
      const { readable, writable } = toWeb(b)
      void readable.pipeTo(writable).catch(() => undefined)
      await other.sendall(Buffer.alloc(65536))
      await turn()
      other.close()
      await turn()
    }
  },

  // A thread that ends threads, in every state of these: they start, wait and end.
  async threads(ready) {
    const program = `
      const P = require(${JSON.stringify(createRequire(import.meta.url).resolve('bsd-sockets/promises'))})
      for (let i = 0; i < 20; i++) P.Socket.pair().forEach(socket => void socket.recv(1))
      require('node:worker_threads').parentPort.postMessage('ready')`
    for (ready(); ;) {
      const worker = new Worker(program, { eval: true })
      if (Math.random() < 0.5) await new Promise(resolve => worker.once('message', resolve))
      await worker.terminate()
    }
  },

  // Servers whose threads have a connection each.
  async servers(ready) {
    const handler = 'data:text/javascript,export class Handler { constructor(one) { this.run = () => one.recv(1) } }'
    const server = new TCPServer(['127.0.0.1', 0], handler, { threading: true })
    void server.serveForever()
    const echo = 'data:text/javascript,export const data = (one, bytes) => void one.write(bytes)'
    const pool = listenInWorkers(echo, { workers: 2 })
    const { port } = server.serverAddress as C.IPv4Address
    await connected(port)
    const { address } = await pool
    ready()
    for (;;) {
      const client = await connected((address as C.IPv4Address).port)
      await client.sendall('x')
      await client.recv(1)
      client.close()
      await turn()
    }
  },
}
