// Makes a call that blocks without end, on the main thread or in a worker: `node blocked.js accept heard`. Prints `ready`
// before the call, and then what ended it. With `heard`, SIGUSR2 has a listener.
import * as sockets from 'bsd-sockets'
import type { Interrupter } from 'bsd-sockets'
import { writeSync } from 'node:fs'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'

const { AF_UNIX, createServer, EVENT_READ, InterruptedError, Selector, Socket, TimeoutError } = sockets

interface Blocked {
  call: () => unknown
  interrupter: () => Interrupter
}

const on = (socket: sockets.Socket, call: () => unknown): Blocked => ({ call, interrupter: () => socket.interrupter() })

function idle(): sockets.Socket {
  const [one, other] = Socket.pair()
  kept.push(other)
  return one
}

function full(): sockets.Socket {
  const socket = idle()
  while (socket.trySend(Buffer.alloc(65536)) !== null) continue
  return socket
}

// A client whose connect gets no answer, because the backlog is full.
function unanswered(): Blocked {
  const server = createServer(['127.0.0.1', 0], { backlog: 0 })
  const address = server.getsockname()
  for (;;) {
    const client = new Socket()
    kept.push(server, client)
    client.settimeout(50)
    try {
      client.connect(address)
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      const last = new Socket()
      return on(last, () => last.connect(address))
    }
  }
}

function fullBacklog(): Blocked {
  const server = new Socket(AF_UNIX)
  server.bind({ family: 'unix' }) // the kernel chooses an abstract name
  server.listen(0)
  const first = new Socket(AF_UNIX)
  const last = new Socket(AF_UNIX)
  first.connect(server.getsockname())
  kept.push(server, first)
  return on(last, () => last.connect(server.getsockname()))
}

const kept: unknown[] = []

const calls: Record<string, () => Blocked> = {
  accept() {
    const server = createServer(['127.0.0.1', 0])
    return on(server, () => server.accept())
  },
  connect: unanswered,
  'connect unix': fullBacklog,
  poll() {
    const socket = idle()
    return on(socket, () => sockets.poll([socket]))
  },
  recv() {
    const socket = idle()
    return on(socket, () => socket.recv(1))
  },
  recvmsg() {
    const socket = idle()
    return on(socket, () => socket.recvmsg(1))
  },
  select() {
    const socket = idle()
    return on(socket, () => sockets.select([socket], [], []))
  },
  selector() {
    const selector = new Selector()
    selector.register(idle(), EVENT_READ)
    return { call: () => selector.select(), interrupter: () => selector.interrupter() }
  },
  send() {
    const socket = full()
    return on(socket, () => socket.send('x'))
  },
  sendall() {
    const socket = idle()
    return on(socket, () => socket.sendall(Buffer.alloc(64 << 20)))
  },
}

const say = (what: unknown): void => {
  if (isMainThread) writeSync(1, `${String(what)}\n`)
  else parentPort!.postMessage(what)
}

const [name = '', heard] = isMainThread ? process.argv.slice(2) : (workerData as string[])
if (heard === 'heard') process.on('SIGUSR2', () => say('listened'))
const { call, interrupter } = calls[name]!()
sockets.select([], [], [], 0) // a signal after this is not missed
say(isMainThread ? 'ready' : interrupter())
try {
  call()
  say('it returned')
} catch (error) {
  if (!(error instanceof InterruptedError)) throw error
  say(`${error.name} ${error.syscall} ${Date.now()}`)
}
