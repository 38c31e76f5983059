// What console.log shows of the package's objects: one line for each.
import { inspect } from 'node:util'
import {
  AF_INET6,
  AF_UNIX,
  constantsOf,
  MessageBatch,
  MySocket,
  OwnedFd,
  Selector,
  SOCK_DGRAM,
  SOCK_RAW,
  Socket,
  ZerocopySender,
} from 'bsd-sockets'
import * as sockets from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { bind, connect, listen } from 'bsd-sockets/reactor'
import { BaseRequestHandler, TCPServer } from 'bsd-sockets/socketserver'
import { FdDuplex, SocketDuplex, toDuplex } from 'bsd-sockets/streams'
import { expect, onTestFinished, test } from 'vitest'
import { linux } from './support/floor.js'

/** What console.log prints, with N for descriptors and ports. */
const shown = (value: unknown): string =>
  inspect(value)
    .replace(/(?<=fd: )\d+/g, 'N')
    .replace(/(?<=(?:127\.0\.0\.1|\[::1\]):)\d+/g, 'N')

function closed<T extends Disposable>(one: T): T {
  onTestFinished(() => one[Symbol.dispose]())
  return one
}

test('a Socket in each of its states', () => {
  const server = closed(new Socket())
  expect(shown(server)).toBe(
    'Socket { fd: N, family: AF_INET, type: SOCK_STREAM, local: 0.0.0.0:0, timeout: none, state: unbound }',
  )
  server.bind(['127.0.0.1', 0])
  server.settimeout(250)
  expect(shown(server)).toBe(
    'Socket { fd: N, family: AF_INET, type: SOCK_STREAM, local: 127.0.0.1:N, timeout: 250 ms, state: bound }',
  )
  server.listen()
  expect(shown(server)).toMatch(linux ? /, state: listening }$/ : /, state: /)
  const client = closed(new Socket())
  client.connect(server.getsockname())
  expect(shown(client)).toBe(
    'Socket { fd: N, family: AF_INET, type: SOCK_STREAM, local: 127.0.0.1:N, peer: 127.0.0.1:N, timeout: none, state: connected }',
  )
  client.close()
  expect(shown(client)).toBe('Socket { fd: -1, family: AF_INET, type: SOCK_STREAM, timeout: none, state: closed }')
})

test('a Socket of promises, over Unix and IPv6', () => {
  const [one] = AsyncSocket.pair().map(closed)
  expect(shown(one)).toBe('Socket { fd: N, family: AF_UNIX, type: SOCK_STREAM, timeout: none, state: connected }')
  const other = closed(new AsyncSocket(AF_INET6, SOCK_DGRAM))
  other.bind(['::1', 0])
  expect(shown(other)).toBe(
    'Socket { fd: N, family: AF_INET6, type: SOCK_DGRAM, local: [::1]:N, timeout: none, state: bound }',
  )
})

test.runIf(linux)('a raw socket, whose type has the number of another constant too', () => {
  const { AF_NETLINK } = constantsOf('linux')
  expect(shown(closed(new Socket(AF_NETLINK, SOCK_RAW)))).toContain('family: AF_NETLINK, type: SOCK_RAW,')
})

test.runIf(linux)('an abstract name, and a line break in it', () => {
  const socket = closed(new Socket(AF_UNIX))
  const abstract = `shown ${process.pid}`
  socket.bind({ family: 'unix', abstract })
  expect(shown(socket)).toContain(`local: @${abstract}, `)
  const other = closed(new Socket(AF_UNIX))
  other.bind({ family: 'unix', abstract: `${abstract}\n` })
  expect(shown(other)).toContain(`local: '@${abstract}\\n', `)
})

test('descriptors, selectors, batches and MySocket', () => {
  const [one, two] = Socket.pair().map(closed)
  const owned = closed(new OwnedFd(one!.dup().detach()))
  expect(shown(owned)).toBe('OwnedFd { fd: N, state: open }')
  owned.close()
  expect(shown(owned)).toBe('OwnedFd { fd: -1, state: closed }')
  const Kernel = sockets.Epoll ?? sockets.Kqueue!
  expect(shown(closed(new Kernel()))).toBe(`${linux ? 'Epoll' : 'Kqueue'} { fd: N, state: open }`)
  const selector = closed(new Selector())
  selector.register(two!, sockets.EVENT_READ)
  expect(shown(selector)).toBe(`Selector { call: ${linux ? 'epoll_wait' : 'kevent'}, registered: 1, state: open }`)
  expect(shown(new MessageBatch(4, 100, { nameSize: 0, family: AF_UNIX }))).toBe(
    'MessageBatch { count: 4, size: 100, nameSize: 0, controlSize: 0, family: AF_UNIX, received: 0 }',
  )
  expect(shown(new MySocket(5))).toBe('MySocket { messageLength: 5 }')
  expect(shown(new MySocket(5, one))).toBe(`MySocket { messageLength: 5, socket: ${shown(one)} }`)
})

test('servers and connections of the reactor, of http and of socketserver', async () => {
  const server = closed(listen({}))
  expect(shown(server)).toBe('Server { fd: N, address: 127.0.0.1:N, connections: 0, state: listening }')
  const connection = await new Promise<ReturnType<typeof connect>>(open => {
    connect({ port: (server.address as { port: number }).port, open })
  })
  onTestFinished(() => connection.destroy())
  connection.context = { user: 1 }
  expect(shown(connection)).toBe(
    'Connection { fd: N, local: 127.0.0.1:N, peer: 127.0.0.1:N, state: connected, context: { user: 1 } }',
  )
  connection.destroy()
  expect(shown(connection)).toBe('Connection { fd: -1, state: closed, context: { user: 1 } }')
  const datagrams = closed(bind({ batch: 2 }))
  expect(shown(datagrams)).toBe(
    `DatagramSocket { fd: N, address: 127.0.0.1:N, batch: ${shown(new MessageBatch(2, 2048, { family: sockets.AF_INET }))}, state: open }`,
  )
  const http = closed(serve(() => new Response('hello')))
  expect(shown(http)).toBe(`HttpServer { server: ${shown(http.server)} }`)
  http.close()
  expect(shown(http)).toBe('HttpServer { server: Server { fd: -1, connections: 0, state: closed } }')
  const tcp = new TCPServer(['127.0.0.1', 0], class Handler extends BaseRequestHandler {})
  onTestFinished(() => tcp.serverClose())
  expect(shown(tcp)).toMatch(/^TCPServer { address: 127\.0\.0\.1:N, socket: AwaitableSocket { fd: N, .* } }$/)
})

test('streams over sockets, without the state of Duplex', async () => {
  const server = closed(new Socket())
  server.bind(['127.0.0.1', 0])
  server.listen()
  const client = new AsyncSocket()
  await client.connect(server.getsockname())
  const stream = toDuplex(client)
  onTestFinished(() => void stream.destroy())
  stream.setTimeout(60_000)
  await new Promise<void>(sent => void stream.write('hello', () => sent()))
  expect(shown(stream)).toBe(
    'SocketDuplex { fd: N, local: 127.0.0.1:N, peer: 127.0.0.1:N, bytesRead: 0, bytesWritten: 5, timeout: 60000 ms, state: open }',
  )
  stream.destroy()
  expect(shown(stream)).toBe('SocketDuplex { fd: -1, bytesRead: 0, bytesWritten: 5, timeout: 60000 ms, state: closed }')
  const [one, two] = AsyncSocket.pair()
  closed(two)
  const carrier = Object.assign(toDuplex(one, { fds: true }), { user: 'me' })
  onTestFinished(() => void carrier.destroy())
  expect(shown(carrier)).toBe('FdDuplex { fd: N, bytesRead: 0, bytesWritten: 0, timeout: none, state: open, user: me }')
  expect(shown(Object.create(SocketDuplex.prototype))).toBe('SocketDuplex {}')
  expect(shown(Object.create(FdDuplex.prototype))).not.toContain('\n')
})

test('a request of http, also after others: without its headers', async () => {
  const requests: unknown[] = []
  const http = closed(
    serve(request => {
      requests.push(request)
      return { body: shown(request) }
    }),
  )
  const { port } = http.server.address as { port: number }
  const posted = await fetch(`http://127.0.0.1:${port}/a?b`, { method: 'POST', body: 'hello' })
  const line = "HttpRequest { method: POST, target: '/a?b', authority: 127.0.0.1:N, version: 1.1, body: 5 bytes }"
  expect(await posted.text()).toBe(line)
  await (await fetch(`http://127.0.0.1:${port}/other`)).text()
  expect(shown(requests[0])).toBe(line)
})

test.runIf(linux)('a sender without copying', () => {
  const client = closed(new Socket())
  const sender = new ZerocopySender(client)
  expect(shown(sender)).toBe(`ZerocopySender { pending: 0, socket: ${shown(client)} }`)
})

test('a subclass has its name and its own properties; deep in an object there is only the name', () => {
  class Mine extends Socket {
    user = 'me'
    #secret = 1
    get secret(): number {
      return this.#secret
    }
  }
  const socket = closed(new Mine())
  expect(shown(socket)).toMatch(/^Mine { fd: N, .*, state: unbound, user: me }$/)
  expect(inspect({ a: { b: { c: socket } } })).toContain('c: [Mine]')
  expect(inspect([socket], { depth: 0 })).toBe('[ [Mine] ]')
})

test('what it shows has no lasting effect: a pending error is still there', async () => {
  const [one, two] = Socket.pair().map(closed)
  one!.sendall('x')
  const before = two!.tryRecv(1, sockets.MSG_PEEK)
  shown(two)
  expect(two!.tryRecv(1)).toEqual(before)
  const socket = closed(new AsyncSocket())
  const server = closed(new Socket())
  server.bind(['127.0.0.1', 0])
  const connecting = socket.connect(server.getsockname())
  expect(shown(socket)).toMatch(/, state: (connecting|unbound|bound) }$/)
  await expect(connecting).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test.each([sockets, { AsyncSocket }])('prototypes and classes are shown as any other', classes => {
  for (const one of Object.values(classes)) {
    if (typeof one !== 'function' || one.prototype === undefined) continue
    expect(typeof inspect(one.prototype)).toBe('string')
    expect(inspect(Object.create(one.prototype as object))).not.toContain('\n')
  }
})
