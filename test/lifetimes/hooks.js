// What async_hooks see of the package: `node --expose-gc hooks.js [PATTERN]`. In each callback executionAsyncId is the id of a resource that was
// initialized and is not destroyed, has the type that docs/lifetimes.md names and descends from the code that began the operation, and
// each `before` has its `after`. What is closed is destroyed once it is collected.
import { createHook, executionAsyncId, executionAsyncResource, triggerAsyncId, AsyncResource } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import * as C from 'bsd-sockets'
import { fetchHandler, serve } from 'bsd-sockets/http'
import * as P from 'bsd-sockets/promises'
import { attach, bind, connect, listen } from 'bsd-sockets/reactor'
import { BaseRequestHandler, TCPServer } from 'bsd-sockets/socketserver'
import { connector, toDuplex } from 'bsd-sockets/streams'

const resources = new Map() // by id: type, trigger, whether it is destroyed
const entered = []
const wrong = []
let cell

createHook({
  init(id, type, trigger) {
    resources.set(id, { type, trigger, destroyed: false })
  },
  before(id) {
    entered.push(id)
  },
  after(id) {
    const last = entered.pop()
    if (last !== id) wrong.push(`${cell}: after(${id}) behind before(${last})`)
  },
  destroy(id) {
    const one = resources.get(id)
    if (one?.destroyed) wrong.push(`${cell}: ${one.type} is destroyed twice`)
    if (one !== undefined) one.destroyed = true
  },
}).enable()

let seen = []
/** Notes where this callback runs. */
function note(what) {
  const id = executionAsyncId()
  seen.push({ what, id, trigger: triggerAsyncId(), type: resources.get(id)?.type })
  if (executionAsyncResource() === undefined) wrong.push(`${cell}, ${what}: there is no resource`)
  if (resources.get(id)?.destroyed !== false)
    wrong.push(`${cell}, ${what}: ${resources.get(id)?.type ?? id} is not alive`)
  if (entered.at(-1) !== id) wrong.push(`${cell}, ${what}: within ${entered.at(-1)} and not ${id}`)
}

/** Whether a resource descends from another one, by who triggered it. */
function descends(id, from) {
  for (let at = id; at > 0; at = resources.get(at)?.trigger ?? 0) if (at === from) return true
  return false
}

async function until(...names) {
  const missing = () => names.filter(name => !seen.some(({ what }) => what === name))
  for (let i = 0; i < 5000 && missing().length > 0; i++) await turn()
  if (missing().length > 0) throw new Error(`these were not called: ${missing()}`)
}

const dial = number => P.createConnection(['127.0.0.1', number])
const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const handlers = (...names) => Object.fromEntries(names.map(name => [name, () => note(name)]))

// By name: the type of the resource that callbacks run in, undefined for that of a promise or of Node; and what is done. `within` is the scope
// in which the operation is begun.
const cells = {
  'promises: code behind await': [
    'PROMISE',
    async within => {
      const [a, b] = P.Socket.pair()
      const waiting = within(async () => {
        await a.recv(1)
        note('recv')
        await b.sendall(Buffer.alloc(1 << 20))
        note('sendall')
        await a.recv(1, 0, { timeout: 1 }).catch(() => undefined)
        note('timeout')
      })
      await turn()
      await b.sendall('x')
      await until('recv')
      for (let got = 0; got < 1 << 20;) got += (await a.recv(1 << 20)).length
      await waiting
      a.close()
      b.close()
    },
  ],
  'promises: then': [
    'PROMISE',
    async within => {
      const [a, b] = P.Socket.pair()
      within(() => void a.recv(1).then(() => note('then')))
      await b.sendall('x')
      await until('then')
      a.close()
      b.close()
    },
  ],
  'promises: lookups and connections': [
    'PROMISE',
    within =>
      within(async () => {
        await P.getaddrinfo('localhost', 80)
        note('getaddrinfo')
        const server = await P.createServer(['127.0.0.1', 0])
        note('createServer')
        const accepting = server.accept()
        const client = await dial(server.getsockname().port)
        note('createConnection')
        const [accepted] = await accepting
        note('accept')
        for (const one of [server, client, accepted]) one.close()
      }),
  ],
  'reactor: listen': [
    'Connection',
    async within => {
      const server = within(() => listen(handlers('open', 'data', 'end', 'close')))
      const peer = await dial(server.address.port)
      await peer.sendall('x')
      await until('open', 'data')
      peer.shutdown(C.SHUT_WR)
      await until('end')
      peer.close()
      server.close()
      await until('close')
    },
  ],
  'reactor: connect': [
    'Connection',
    async within => {
      const server = await P.createServer(['127.0.0.1', 0])
      const { port } = server.getsockname()
      const one = within(() => connect({ port, ...handlers('open', 'data', 'close') }))
      const [peer] = await server.accept()
      await peer.sendall('x')
      await until('open', 'data')
      one.destroy()
      await until('close')
      peer.close()
      server.close()
    },
  ],
  'reactor: handOver': [
    'Connection',
    async within => {
      const next = { ...handlers('open', 'close'), data: one => (note('data'), one.destroy()) }
      const server = listen({ data: one => within(() => one.handOver(next)) })
      const peer = await dial(server.address.port)
      await peer.sendall('x')
      await until('open')
      await peer.sendall('y')
      await until('data', 'close')
      peer.close()
      server.close()
    },
  ],
  'reactor: bind': [
    'DatagramSocket',
    async within => {
      const socket = within(() => bind(handlers('message', 'close')))
      const peer = new C.Socket(C.AF_INET, C.SOCK_DGRAM)
      peer.sendto('x', socket.address)
      await until('message')
      socket.close()
      await until('close')
      peer.close()
    },
  ],
  'reactor: attach': [
    'DatagramSocket',
    async within => {
      const [one, other] = P.Socket.pair(C.AF_UNIX, C.SOCK_SEQPACKET)
      within(() => attach(one, handlers('messages', 'close')))
      await other.send('x')
      await until('messages')
      other.close()
      await until('close')
    },
  ],
  'http: a handler': [
    'Connection',
    async within => {
      const server = within(() => serve(() => (note('handler'), { status: 204 })))
      const peer = await dial(server.port)
      await peer.sendall(get + get)
      await until('handler')
      await peer.recv(1000)
      peer.close()
      server.close()
    },
  ],
  'http: a fetch handler': [
    'Connection',
    async within => {
      const server = within(() => serve(fetchHandler(() => (note('handler'), new Response('x')))))
      const peer = await dial(server.port)
      await peer.sendall(get)
      await until('handler')
      await peer.recv(1000)
      peer.close()
      server.close()
    },
  ],
  'http: what a handler awaits': [
    'PROMISE',
    async within => {
      const server = within(() =>
        serve(
          async request => {
            await turn()
            note('handler')
            for await (const piece of request.body) note(`body ${piece.length > 0}`)
            return { body: 'x' }
          },
          { streamBody: true },
        ),
      )
      const peer = await dial(server.port)
      await peer.sendall('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na')
      await until('handler')
      await peer.sendall('b')
      await peer.recv(1000)
      await until('body true')
      peer.close()
      server.close()
    },
  ],
  'socketserver: a handler': [
    'PROMISE',
    async within => {
      class Handler extends BaseRequestHandler {
        handle() {
          note('handle')
        }
      }
      const server = new TCPServer(['127.0.0.1', 0], Handler)
      within(() => void server.serveForever())
      const peer = await P.createConnection(server.serverAddress)
      await until('handle')
      peer.close()
      await server.shutdown()
      await server.serverClose()
    },
  ],
  'streams: a Duplex': [
    undefined,
    async within => {
      const [one, other] = P.Socket.pair()
      const a = within(() => {
        const a = toDuplex(one)
        a.on('data', () => note('data'))
          .on('end', () => note('end'))
          .on('close', () => note('close'))
        a.end('x', () => note('written'))
        return a
      })
      await other.sendall('y')
      await until('data', 'written')
      await other.recv(1)
      other.close()
      await until('end', 'close')
      a.destroy()
    },
  ],
  'streams: a connector': [
    undefined,
    async within => {
      const server = await P.createServer(['127.0.0.1', 0])
      const { port } = server.getsockname()
      const end = (_, socket) => (note('callback'), socket.destroy())
      within(() => connector()({ host: '127.0.0.1', port }, end))
      await until('callback')
      server.close()
    },
  ],
}

const own = /^(?:Connection|DatagramSocket)$/
const only = process.argv[2] ?? ''
let looked = 0
let count = 0
for (const [name, [type, run]] of Object.entries(cells)) {
  if (!name.includes(only)) continue
  cell = name
  count++
  seen = []
  const scope = new AsyncResource('the beginning')
  const begun = scope.asyncId()
  await run(operation => scope.runInAsyncScope(operation))
  for (const { what, id, trigger, type: got } of seen) {
    looked++
    if (type !== undefined && got !== type) wrong.push(`${name}, ${what}: runs in ${got}, not ${type}`)
    if (resources.get(id)?.trigger !== trigger)
      wrong.push(`${name}, ${what}: its trigger is ${trigger}, not ${resources.get(id)?.trigger}`)
    if (!descends(id, begun))
      wrong.push(`${name}, ${what}: ${got} descends from ${resources.get(resources.get(id)?.trigger)?.type}`)
  }
  scope.emitDestroy()
  const left = () => Array.from(resources.values()).filter(({ type, destroyed }) => own.test(type) && !destroyed)
  for (let i = 0; i < 100 && left().length > 0; i++) {
    await turn()
    gc()
  }
  for (const { type } of left()) wrong.push(`${name}: ${type} is closed, and not destroyed`)
}
for (const line of wrong) console.log(line)
console.log(`${looked} callbacks in ${count} operations, ${wrong.length} wrong`)
process.exit(wrong.length > 0 ? 1 : 0)
