// Makes each kind of call many times. test/all/instructions.js counts the instructions between two marks. The first mark
// comes when all code is compiled.
import { AF_UNIX, MSG_DONTWAIT, SO_RCVBUF, Socket, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { serve } from 'bsd-sockets/http'
import type { FetchHandler, Handler } from 'bsd-sockets/http'
import type { WaitOptions } from 'bsd-sockets/promises'
import { listen } from 'bsd-sockets/reactor'
import * as sys from 'bsd-sockets/syscalls'

const bytes = new Uint8Array(64)
const answer = new Uint8Array(4096)
const value = new Int32Array(1)
const length = new Uint32Array([4])

// Sends `count` messages over one connection, each after the answer to the last.
async function exchange(count: number, address: unknown, message: Uint8Array, answerLength: number): Promise<void> {
  using client = new Socket()
  client.connect(address as { address: string; port: number })
  for (let i = 0; i < count; i++) {
    client.send(message)
    for (let back = 0; back < answerLength; back += client.tryRecvInto(answer) ?? 0) {
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}

async function echoed(count: number): Promise<void> {
  const server = listen({ data: (connection, received) => void connection.write(received) })
  await exchange(count, server.address, bytes, bytes.length)
  server.close()
}

// The same by promises: each receive waits.
async function echoedByPromises(count: number): Promise<void> {
  const listener = new AsyncSocket()
  listener.bind(['127.0.0.1', 0])
  listener.listen()
  const serving = (async () => {
    const [socket] = await listener.accept()
    for (let received; (received = await socket.recv(4096)).length > 0;) await socket.sendall(received)
    socket.close()
  })()
  await exchange(count, listener.getsockname(), bytes, bytes.length)
  await serving
  listener.close()
}

const request = Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n')

async function served(count: number, handler: Handler | { fetch: FetchHandler }): Promise<void> {
  const server = serve(handler as Handler, { port: 0 })
  let length = 0
  await fetchOnce(server.port).then(bytes => (length = bytes))
  await exchange(count, server.address, request, length)
  server.close()
}

/** The length of an answer in bytes, with its head. */
async function fetchOnce(port: number): Promise<number> {
  using client = new Socket()
  client.connect(['127.0.0.1', port])
  client.send(request)
  for (;;) {
    const count = client.tryRecvInto(answer)
    if (count !== null) return count
    await new Promise(resolve => setImmediate(resolve))
  }
}

// Receives `count` messages over TCP. Each receive waits, with these options.
async function waited(count: number, options?: WaitOptions): Promise<void> {
  const listener = new Socket()
  listener.bind(['127.0.0.1', 0])
  listener.listen()
  const from = new AsyncSocket()
  await from.connect(listener.getsockname())
  const to = AsyncSocket.fromFd(listener.accept()[0].detach())
  listener.close()
  for (let i = 0; i < count; i++) {
    const waiting = to.recvInto(bytes, options)
    from.trySend(bytes)
    await waiting
  }
  from.close()
  to.close()
}

// Receives `count` datagrams by a loop, ten of them in one system call: a Unix socket has room for so many. unix(7)
async function looped(count: number): Promise<void> {
  const [from, to] = AsyncSocket.pair(AF_UNIX, SOCK_DGRAM)
  let received = 0
  for (let i = 0; i < 10; i++) from.trySend(bytes)
  for await (const { data } of to.messages({ size: 2048 })) {
    from.trySend(data)
    if (++received === count) break
  }
  from.close()
  to.close()
}

const { signal } = new AbortController()
const timeout = 600_000

const waits: Readonly<Record<string, (count: number) => unknown>> = {
  'promises: a wait, { signal }': count => waited(count, { signal }),
  'promises: a wait, { timeout }': count => waited(count, { timeout }),
  'promises: a wait, { signal, timeout }': count => waited(count, { signal, timeout }),
  'promises: a wait': waited,
}

const kinds: Readonly<Record<string, (count: number) => unknown>> = {
  'syscalls: getsockopt'(count) {
    for (let i = 0; i < count; i++) sys.getsockopt(left.fd, SOL_SOCKET, SO_RCVBUF, value, length)
  },
  'syscalls: recv, EAGAIN'(count) {
    for (let i = 0; i < count; i++) sys.recv(left.fd, bytes, MSG_DONTWAIT)
  },
  'syscalls: send + recv'(count) {
    for (let i = 0; i < count; i++) {
      sys.send(left.fd, bytes, 0)
      sys.recv(right.fd, bytes, 0)
    }
  },
  'Socket: send + recvInto'(count) {
    for (let i = 0; i < count; i++) {
      left.send(bytes)
      right.recvInto(bytes)
    }
  },
  async 'promises: send + recvInto'(count) {
    const [from, to] = AsyncSocket.pair(AF_UNIX, SOCK_STREAM)
    for (let i = 0; i < count; i++) {
      await from.send(bytes)
      await to.recvInto(bytes)
    }
    from.close()
    to.close()
  },
  'reactor: a message there and back': echoed,
  'promises: a message there and back': echoedByPromises,
  'http: a request': count => served(count, () => ({ body: 'hello world\n' })),
  'http: a request, by fetch': count => served(count, { fetch: () => new Response('hello world\n') }),
  ...waits,
  'promises: send + messages()': looped,
}

const [left, right] = Socket.pair(AF_UNIX, SOCK_STREAM)
const counted = 20_000

// A call that nothing else makes. umask(2)
const mark = (): void => void process.umask(0o022)

// Many short calls, because the compiler optimizes functions that are called often.
async function run(kind: (count: number) => unknown): Promise<void> {
  for (let done = 0; done < counted; done += 500) await kind(500)
}

// Waits are counted three times: code that was compiled for those with other options is compiled again meanwhile.
const all = [...Object.entries(kinds), ...Object.entries(waits), ...Object.entries(waits)]
for (const [, kind] of all) {
  for (let i = 0; i < 2; i++) await run(kind)
  mark()
  await run(kind)
  mark()
}
console.log(JSON.stringify({ counted, kinds: all.map(([name]) => name) }))
left.close()
right.close()
