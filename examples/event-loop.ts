// echo-loop without promises: an event loop from one thread, poll and generators.
import { parseArgs } from 'node:util'
import {
  ConnectionError,
  getnameinfo,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
  poll,
  POLLIN,
  POLLOUT,
  SO_REUSEADDR,
  Socket,
  SOL_SOCKET,
} from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'

const { values } = parseArgs({ options: { port: { type: 'string', default: '9997' } } })

const text = (address: SocketAddress): string => getnameinfo(address, NI_NUMERICHOST | NI_NUMERICSERV).join(':')

// A task runs until a call would block. Then it yields the socket and the event that it waits for. `yield*` is here what
// `await` is in an async function.
type Wait = [socket: Socket, events: number]
type Task = Generator<Wait, void>

function* accept(socket: Socket): Generator<Wait, [Socket, SocketAddress]> {
  for (;;) {
    const accepted = socket.tryAccept()
    if (accepted !== null) return accepted
    yield [socket, POLLIN]
  }
}

function* recv(socket: Socket, size: number): Generator<Wait, Buffer> {
  for (;;) {
    const data = socket.tryRecv(size)
    if (data !== null) return data
    yield [socket, POLLIN]
  }
}

function* sendall(socket: Socket, data: Buffer): Task {
  while (data.length > 0) {
    const sent = socket.trySend(data)
    if (sent === null) yield [socket, POLLOUT]
    else data = data.subarray(sent)
  }
}

function* echo(client: Socket): Task {
  try {
    for (let data = yield* recv(client, 1024); data.length > 0; data = yield* recv(client, 1024)) {
      yield* sendall(client, data)
    }
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error // one that breaks off is that client's affair alone
  } finally {
    client.close()
  }
}

function* listen(server: Socket): Task {
  for (;;) {
    const [client, address] = yield* accept(server)
    console.log(`Connection from ${text(address)}`)
    run(echo(client))
  }
}

const waiting = new Map<Socket, [events: number, task: Task]>()

function run(task: Task): void {
  const { done, value } = task.next()
  if (!done) waiting.set(value[0], [value[1], task])
}

const server = new Socket()
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
server.bind({ address: '127.0.0.1', port: Number(values.port) })
server.listen()
console.log(`listening on ${text(server.getsockname())}`)
run(listen(server))

for (;;) {
  for (const [socket] of poll(Array.from(waiting, ([socket, [events]]) => [socket, events] as const))) {
    const [, task] = waiting.get(socket)!
    waiting.delete(socket)
    run(task)
  }
}
