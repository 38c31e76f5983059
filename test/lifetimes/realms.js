// Objects of one copy of the package that are given to another one, and values of another realm (vm.createContext) that are
// given to each floor: `node realms.js [PATTERN]`. Each cell works, or is refused with a code; none leaves a descriptor open.
//
// There are three packages: the one that this module imports, a second copy of its code, and a third one that is evaluated in
// another realm, as jest does: there `Uint8Array`, `Error` and `Promise` are others than those of Buffer and of Node's errors.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import vm from 'node:vm'

const { resolve } = createRequire(import.meta.url)
const floors = ['', '/syscalls', '/promises', '/reactor', '/http', '/streams', '/socketserver']

// What a realm has of Node: all that is no part of the language.
function newRealm() {
  const context = vm.createContext()
  const own = new Set(vm.runInContext('Object.getOwnPropertyNames(globalThis)', context))
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (own.has(name)) continue
    Object.defineProperty(context, name, { configurable: true, writable: true, value: globalThis[name] })
  }
  return context
}

/** Evaluates the package's code once more, in a realm or in this one. */
function load(parsingContext) {
  const modules = new Map()
  const load = file => {
    const known = modules.get(file)
    if (known !== undefined) return known.exports
    const module = { exports: {} }
    modules.set(file, module)
    const parameters = ['module', 'exports', 'require', '__dirname', '__filename']
    const run = vm.compileFunction(readFileSync(file, 'utf8'), parameters, { filename: file, parsingContext })
    const folder = dirname(file)
    run(module, module.exports, name => load(join(folder, name)), folder, file)
    return module.exports
  }
  const entry = floor => load(join(dirname(resolve('bsd-sockets')), `${floor.slice(1) || 'index'}.cjs`))
  return named(floors.map(entry))
}

const named = ([C, sys, P, reactor, http, streams, socketserver]) => ({
  C,
  sys,
  P,
  reactor,
  http,
  streams,
  socketserver,
})
const realm = newRealm()
const packages = {
  own: named(await Promise.all(floors.map(floor => import(`bsd-sockets${floor}`)))),
  copy: load(undefined),
  realm: load(realm),
}

const opened = [] // closed at the end of a cell
const keep = one => (opened.push(one), one)
const pair = ({ Socket }, ...given) => Socket.pair(...given).map(keep)
const tcp = async P => {
  const server = keep(await P.createServer(['127.0.0.1', 0]))
  const [client, [accepted]] = await Promise.all([P.createConnection(server.getsockname()), server.accept()])
  return [keep(client), keep(accepted)]
}
const equal = (one, other) => {
  if (`${one}` !== `${other}`) throw new Error(`${one} is not ${other}`)
}
const dup = ({ sys, C }) => sys.fcntl(0, C.F_DUPFD_CLOEXEC, 0)
const receive = (one, text) => equal(one.recv(text.length), text)
const receiveLater = async (one, text) => equal(await one.recv(text.length), text)
const until = async condition => {
  for (let i = 0; i < 20_000 && !condition(); i++) await turn()
  if (!condition()) throw new Error(`it did not happen: ${condition}`)
}

/** What a server answers to a GET. */
async function answerOf({ http, P }, handler, options = {}) {
  const errors = []
  const server = keep(http.serve(handler, { error: error => errors.push(error), ...options }))
  const client = keep(await P.createConnection(['127.0.0.1', server.port]))
  await client.sendall('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody')
  let answer = ''
  for (let bytes; (bytes = await client.recv(65536)).length > 0;) answer += bytes.toString('latin1')
  if (errors.length > 0) throw errors[0]
  const end = answer.indexOf('\r\n\r\n')
  const [head, content] = [answer.slice(0, end), answer.slice(end + 4)]
  if (!/^transfer-encoding: chunked/im.test(head)) return content
  return content.replaceAll(/[\da-f]+\r\n([^]*?)\r\n/g, '$1').replace(/\r\n$/, '')
}

const type = 'ERR_INVALID_ARG_TYPE'
const self = 'ERR_INVALID_THIS'

// What `taker` does with objects of `giver`. The first element is the code of the refusal, or `works`.
const objects = {
  poll: ['works', (giver, taker) => equal(taker.C.poll([[pair(giver.C)[0], taker.C.POLLOUT]], 0).length, 1)],
  select: ['works', (giver, taker) => equal(taker.C.select([], [pair(giver.C)[0]], [], 0)[1].length, 1)],
  'a selector': [
    'works',
    (giver, taker) => {
      const [one] = pair(giver.P)
      const selector = keep(new taker.C.Selector())
      selector.register(one, taker.C.EVENT_WRITE)
      equal(selector.select(0).length, 1)
    },
  ],
  Epoll: [
    'works',
    (giver, taker) => {
      const epoll = keep(new taker.C.Epoll())
      epoll.register(pair(giver.C)[0], taker.C.EPOLLOUT)
      equal(epoll.poll(0).length, 1)
    },
  ],
  'options of a socket': ['works', (giver, taker) => void taker.C.getOption(pair(giver.P)[0], taker.C.options.linger)],
  peerCredentials: ['works', (giver, taker) => equal(taker.C.peerCredentials(pair(giver.C)[0]).pid, process.pid)],
  'descriptors to send': [
    'works',
    (giver, taker) => {
      const [one, other] = pair(taker.C)
      one.sendFds('x', [pair(giver.C)[0], pair(giver.P)[0], ...giver.C.pipe().map(keep)])
      const { fds } = other.recvFds(1, 4)
      equal(fds.map(keep).length, 4)
    },
  ],
  'a file to send': [
    'ERR_INVALID_ARG_TYPE',
    (giver, taker) => void new taker.http.FileBody(keep(new giver.C.OwnedFd(dup(giver)))),
  ],
  trySplice: [
    'works',
    (giver, taker) => {
      const [[a, b], [output, input]] = [pair(giver.C), giver.C.pipe().map(keep)]
      b.send('x')
      equal(taker.C.trySplice(a, input, 1), 1)
      equal(taker.C.trySplice(output, a, 1), 1)
    },
  ],
  spliceAll: [type, (giver, taker) => taker.P.spliceAll(pair(giver.P)[0], pair(giver.P)[0])],
  recvExactly: [type, (giver, taker) => taker.C.recvExactly(pair(giver.C)[0], 1)],
  'recvExactly of promises': [type, (giver, taker) => taker.P.recvExactly(pair(giver.P)[0], 1)],
  ZerocopySender: [type, async (giver, taker) => void new taker.C.ZerocopySender((await tcp(giver.P))[0])],
  'a batch': [type, (giver, taker) => pair(taker.C)[0].recvmmsg(new giver.C.MessageBatch(1, 1))],
  'a batch of syscalls': [
    type,
    (giver, taker) => taker.sys.recvmmsg(pair(taker.C)[0].fd, new giver.C.MessageBatch(1, 1), 0),
  ],
  'a method of a socket': [self, (giver, taker) => taker.C.Socket.prototype.recv.call(pair(giver.C)[0], 1)],
  'a method of promises': [self, (giver, taker) => taker.P.Socket.prototype.recv.call(pair(giver.P)[0], 1)],
  'a getter of a socket': [self, (giver, taker) => Reflect.get(taker.C.Socket.prototype, 'fd', pair(giver.C)[0])],
  'an interrupter': [
    'works',
    (giver, taker) => {
      const [one] = pair(giver.C)
      taker.C.interrupt(one.interrupter())
      try {
        one.recv(1)
      } catch (error) {
        if (error instanceof giver.C.InterruptedError) return
        throw error
      }
    },
  ],
  fromFd: [
    'works',
    (giver, taker) => {
      const [one, other] = pair(giver.P)
      keep(taker.C.Socket.fromFd(one.detach())).send('x')
      return receiveLater(other, 'x')
    },
  ],
  'attach, while a call of it waits': [
    'works',
    async (giver, taker) => {
      const [one, other] = pair(giver.P, giver.C.AF_UNIX, giver.C.SOCK_DGRAM)
      const waiting = one.recv(1).catch(error => error.code)
      let got
      keep(taker.reactor.attach(one, { message: (_, bytes) => (got = String(bytes)) }))
      equal(await waiting, 'ECANCELED')
      await other.send('x')
      await until(() => got === 'x')
    },
  ],
  'a listening descriptor': [
    'works',
    async (giver, taker) => {
      const server = await giver.P.createServer(['127.0.0.1', 0])
      const address = server.getsockname()
      keep(taker.reactor.listen({ fd: server.detach(), data: (one, bytes) => void one.write(bytes) }))
      const client = keep(await giver.P.createConnection(address))
      await client.sendall('x')
      await receiveLater(client, 'x')
    },
  ],
  toDuplex: [type, (giver, taker) => taker.streams.toDuplex(pair(giver.P)[0])],
  toWeb: [type, (giver, taker) => taker.streams.toWeb(pair(giver.P)[0])],
  toNet: [type, (giver, taker) => taker.streams.toNet(pair(giver.P)[0])],
  toDgram: [type, (giver, taker) => taker.streams.toDgram(pair(giver.P)[0])],
  listenNet: [
    type,
    async (giver, taker) => taker.streams.listenNet(new (await import('node:net')).Server(), pair(giver.P)[0]),
  ],
  fromNet: [
    'works',
    (giver, taker) => {
      const [one, other] = pair(giver.C)
      const twin = keep(taker.streams.fromNet(one))
      return twin.send('x').then(() => receive(other, 'x'))
    },
  ],
  'the readable of toWeb to the writable': [
    'works',
    async (giver, taker) => {
      const [[a, b], [c, d]] = [pair(giver.P), pair(taker.P)]
      await a.sendall('x')
      a.close()
      await giver.streams.toWeb(b).readable.pipeTo(taker.streams.toWeb(c).writable)
      await receiveLater(d, 'x')
    },
  ],
  // Another copy's OwnedFd stays the caller's, as a number does.
  'a descriptor in a chunk of toWeb': [
    'works',
    async (giver, taker) => {
      const [a, b] = pair(taker.P)
      const writer = taker.streams.toWeb(a, { fds: true }).writable.getWriter()
      const given = keep(new giver.C.OwnedFd(dup(giver)))
      await writer.write({ data: 'x', fds: [given] })
      const { fds } = await b.recvFds(1, 1)
      equal([fds.map(keep).length, given.fd >= 0], [1, true])
    },
  ],
  'a Duplex to a Duplex': [
    'works',
    async (giver, taker) => {
      const [[a, b], [c, d]] = [pair(giver.P), pair(taker.P)]
      const [from, to] = [giver.streams.toDuplex(b), taker.streams.toDuplex(c)]
      for (const duplex of [from, to]) keep({ close: () => duplex.destroy() })
      from.pipe(to)
      await a.sendall('x')
      await receiveLater(d, 'x')
      a.close()
      equal((await d.recv(1)).length, 0)
    },
  ],
  'a FileBody': [
    type,
    (giver, taker) => answerOf(taker, () => ({ body: keep(giver.http.FileBody.open(import.meta.filename)) })),
  ],
  'the body of a request': [
    'works',
    async (giver, taker) => {
      const back = keep(taker.http.serve(() => ({ body: 'unused' })))
      equal(back.port > 0, true)
      let inner
      const streaming = { streamBody: true }
      const first = answerOf(
        giver,
        async request => {
          inner = await answerOf(taker, () => ({ body: request.body }))
          return { body: 'outer' }
        },
        streaming,
      )
      equal(await first, 'outer')
      equal(inner.includes('body'), true)
    },
  ],
  'a Response of another fetchHandler': [
    'works',
    async (giver, taker) => {
      const inner = giver.http.fetchHandler(() => new Response('x'))
      equal(await answerOf(taker, inner), 'x')
    },
  ],
  'a Request and a Response, where both have a fetchHandler': [
    'works',
    async (giver, taker) => {
      taker.http.fetchHandler(() => new Response('unused'))
      const handler = giver.http.fetchHandler(
        async request => {
          const { body, method } = new globalThis.Request(request, { headers: { a: 'b' }, duplex: 'half' })
          return new Response(`${method} ${await new Response(body).text()} ${Response.json(1).status}`)
        },
        // The package of another realm replaces the globals of that one, which this handler does not use.
        { overrideGlobalObjects: giver !== packages.realm },
      )
      for (const one of [giver, taker, giver]) equal(await answerOf(one, handler), 'POST body 200')
    },
  ],
  'a handler class of socketserver': [
    'works',
    async (giver, taker) => {
      class Handler extends giver.socketserver.StreamRequestHandler {
        handle() {
          this.wfile.write('x')
        }
      }
      const server = new taker.socketserver.TCPServer(['127.0.0.1', 0], Handler)
      const serving = server.serveForever(1)
      const client = keep(await giver.P.createConnection(server.serverAddress))
      await receiveLater(client, 'x')
      await server.shutdown()
      await serving
      await server.serverClose()
    },
  ],
  'an error': [
    'works',
    (giver, taker) => {
      const error = caught(() => keep(new giver.C.Socket()).connect(['127.0.0.1', 1]))
      equal([error.code, giver.C.isSocketError(error), taker.C.isSocketError(error)], ['ECONNREFUSED', true, false])
    },
  ],
}

function caught(call) {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('it did not throw')
}

// Values by the constructors of a realm, for what a package of another one does.
const inRealm = text => vm.runInContext(`(${text})`, realm)
const makers = {
  bytes: text => `Uint8Array.from(${JSON.stringify([...Buffer.from(text)])})`,
}
function valuesOf(evaluate) {
  const bytes = text => evaluate(makers.bytes(text))
  return {
    evaluate,
    bytes,
    views: {
      Uint8Array: bytes('abcd'),
      DataView: evaluate(`new DataView(${makers.bytes('abcd')}.buffer)`),
      Uint32Array: evaluate(`new Uint32Array(${makers.bytes('abcd')}.buffer)`),
      ArrayBuffer: evaluate(`${makers.bytes('abcd')}.buffer`),
      SharedArrayBuffer: evaluate(
        `(bytes => (bytes.set(${makers.bytes('abcd')}), bytes.buffer))(new Uint8Array(new SharedArrayBuffer(4)))`,
      ),
    },
    iterables: {
      array: evaluate(`[${makers.bytes('ab')}, 'cd']`),
      generator: evaluate(`(function* () { yield ${makers.bytes('ab')}; yield 'cd' })()`),
      'async generator': evaluate(`(async function* () { yield ${makers.bytes('ab')}; yield 'cd' })()`),
      Set: evaluate(`new Set(['ab', 'cd'])`),
    },
  }
}

// What the package does with values of another realm: it works.
const each = async (all, use) => {
  for (const [name, value] of Object.entries(all)) {
    try {
      await use(value)
    } catch (error) {
      error.message = `${name}: ${error.message}`
      throw error
    }
  }
}
const values = {
  'syscalls: views': ({ sys, C }, { views, evaluate }) => {
    const fds = evaluate('new Int32Array(2)')
    equal(sys.socketpair(C.AF_UNIX, C.SOCK_STREAM, 0, fds), 0)
    keep({ close: () => fds.forEach(fd => sys.close(fd)) })
    const { Uint8Array, DataView, Uint32Array } = views
    for (const view of [Uint8Array, DataView, Uint32Array]) {
      equal(sys.send(fds[0], view, 0), 4)
      equal(sys.recv(fds[1], view, 0), 4)
    }
    const message = evaluate(
      `({ iov: [new Uint8Array(2), new DataView(new ArrayBuffer(2))], nameLength: 0, controlLength: 0, flags: 0 })`,
    )
    equal(sys.sendmsg(fds[0], message, 0), 4)
    equal(sys.recvmsg(fds[1], message, 0), 4)
    equal(sys.writev(fds[0], message.iov), 4)
    equal(sys.readv(fds[1], message.iov), 4)
  },
  'sockets: data and views': async ({ C }, { views, evaluate }) => {
    const [a, b] = pair(C)
    await each(views, data => (a.sendall(data), receive(b, 'abcd')))
    const view = evaluate('new Uint8Array(4)')
    a.sendall('abcd')
    equal(b.recvInto(view), 4)
    equal(a.sendmsg(evaluate('["ab", new Uint8Array(2)]')), 4)
    equal(b.recvmsgInto(evaluate('[new Uint8Array(2), new Uint8Array(2)]'))[0] ?? 4, 4)
  },
  'sockets: addresses and options': ({ C }, { evaluate }) => {
    const server = keep(new C.Socket())
    server.bind(evaluate(`['127.0.0.1', 0]`))
    server.setsockopt(C.SOL_SOCKET, C.SO_LINGER, evaluate('new Int32Array([1, 0])'))
    C.setOption(server, C.options.linger, evaluate('({ on: true, seconds: 1 })'))
    equal(C.getOption(server, C.options.linger).seconds, 1)
    C.setOptions(server, evaluate('({ reuseAddress: true })'))
    equal(C.encodeAddress(evaluate(`({ family: 'unix', path: '/x' })`)).length > 0, true)
    equal(C.encodeAddress(evaluate(`({ family: 'unix', path: Uint8Array.of(47) })`)).length > 0, true)
    equal(C.poll(evaluate('sockets => [[sockets, 4]]')(server), 0).length >= 0, true)
  },
  'sockets: control messages': ({ C }, { evaluate }) => {
    const [a, b] = pair(C)
    a.sendFds(evaluate('Uint8Array.of(1)'), evaluate('[0, 1]'))
    equal(b.recvFds(1, 2).fds.map(keep).length, 2)
    const control = [{ level: C.SOL_SOCKET, type: C.SCM_RIGHTS, data: evaluate('new Int32Array([0])') }]
    a.sendmsg(evaluate('["x"]'), evaluate('control => [control[0]]')(control))
    equal(b.recvFds(1, 1).fds.map(keep).length, 1)
  },
  'sockets: wrong arguments': ({ C }, { evaluate }) => {
    const [a] = pair(C)
    for (const [call, code] of [
      [() => a.send(evaluate('({})')), type],
      [() => a.recv(evaluate('[]')), type],
      [() => C.poll(evaluate('({})'), 0), type],
      [() => C.roomFor(2 ** 60), 'ERR_OUT_OF_RANGE'],
      [() => a.recv(2 ** 40), 'ERR_OUT_OF_RANGE'],
      [() => a.connect(evaluate('new Map()')), type],
    ]) {
      const error = caught(call)
      if (error.code !== code) throw new Error(`${call}: ${error.stack}`)
    }
  },
  'sockets: memory that there is none of': ({ C }) => {
    const error = caught(() => pair(C)[0].recv(2 ** 31 - 1, C.MSG_TRUNC | C.MSG_DONTWAIT))
    equal(['EAGAIN', 'ERR_MEMORY_ALLOCATION_FAILED'].includes(error.code), true)
  },
  'promises: data, views and signals': async ({ P }, { views, evaluate }) => {
    const [a, b] = pair(P)
    await each(views, async data => (await a.sendall(data), await receiveLater(b, 'abcd')))
    await a.sendall('abcd')
    equal(await b.recvInto(evaluate('new DataView(new ArrayBuffer(4))')), 4)
    // An AbortSignal of a library, such as jsdom's.
    const signal = evaluate(`({
      aborted: false,
      listeners: new Set(),
      addEventListener(_, listener) { this.listeners.add(listener) },
      removeEventListener(_, listener) { this.listeners.delete(listener) },
      abort(reason) {
        this.aborted = true
        this.reason = reason
        for (const one of this.listeners) typeof one === 'function' ? one({}) : one.handleEvent({})
      },
    })`)
    const waiting = b.recv(1, 0, evaluate('signal => ({ signal })')(signal))
    const reason = evaluate('new Error("on purpose")')
    signal.abort(reason)
    const error = await waiting.catch(error => error)
    for (const one of [a, b]) one.close()
    equal([error.code, error.cause === reason, signal.listeners.size], ['ABORT_ERR', true, 0])
  },
  'promises: a promise of another realm awaits': async ({ P }, { evaluate }) => {
    const [a, b] = pair(P)
    const got = evaluate('async (one) => { for await (const bytes of one) return bytes.length }')(b)
    await a.sendall('abcd')
    equal(await got, 4)
  },
  'reactor: handlers and bytes': async ({ P, reactor }, { views, evaluate }) => {
    const handlers = evaluate(`({
      data(one, bytes) {
        if (bytes.toString() === 'throw') throw new Error('on purpose')
        for (const view of this.views) one.write(view)
      },
      error(error) { this.errors.push(error) },
      errors: [],
    })`)
    handlers.views = Object.values(views)
    const { errors, views: all, ...given } = handlers
    const noted = []
    const server = keep(
      reactor.listen({ ...given, data: handlers.data.bind(handlers), error: error => void noted.push(error) }),
    )
    const client = keep(await P.createConnection(['127.0.0.1', server.address.port]))
    await client.sendall('x')
    for (let i = 0; i < all.length; i++) await receiveLater(client, 'abcd')
    await client.sendall('throw')
    await until(() => noted.length > 0)
    equal([noted.length, noted[0].message, errors.length], [1, 'on purpose', 0])
  },
  'reactor: datagrams': async ({ C, reactor }, { views }) => {
    const [one, other] = pair(C, C.AF_UNIX, C.SOCK_DGRAM)
    const got = []
    const socket = keep(reactor.attach(one, { message: (_, bytes) => void got.push(String(bytes)) }))
    const batch = new C.MessageBatch(5, 8)
    Object.values(views).forEach((view, i) => batch.set(i, view))
    equal(socket.send(batch), 5)
    for (let i = 0; i < 5; i++) receive(other, 'abcd')
    other.send(views.Uint8Array)
    await until(() => got.length > 0)
  },
  'http: bodies, headers and errors': async (pack, { views, iterables, evaluate }) => {
    await each(views, async body => equal(await answerOf(pack, () => ({ body })), 'abcd'))
    for (const [name, body] of Object.entries(iterables)) {
      if ((await answerOf(pack, () => ({ body }))) !== 'abcd') throw new Error(`${name} is sent as something else`)
    }
    for (const headers of ['({ a: "b" })', 'new Map([["a", "b"]])', '[["a", "b"]]'])
      equal(await answerOf(pack, () => ({ headers: evaluate(headers), body: 'x' })), 'x')
    equal(await answerOf(pack, evaluate('async request => ({ body: request.body.length + "" })')), '4')
    const wrong = evaluate('() => { throw new TypeError("on purpose") }')
    equal((await answerOf(pack, wrong).catch(error => error)).message, 'on purpose')
    const later = evaluate('async () => { throw new TypeError("on purpose") }')
    equal((await answerOf(pack, later).catch(error => error)).message, 'on purpose')
  },
  'http: a fetch handler': async (pack, { views, evaluate }) => {
    const { SharedArrayBuffer, ...taken } = views // a Response takes no shared memory
    equal(SharedArrayBuffer.byteLength, 4)
    await each(taken, async body =>
      equal(
        await answerOf(
          pack,
          pack.http.fetchHandler(() => new Response(body)),
        ),
        'abcd',
      ),
    )
    const handler = evaluate(
      'Response => async request => new Response((await request.arrayBuffer()).byteLength + "")',
    )(Response)
    equal(await answerOf(pack, pack.http.fetchHandler(handler)), '4')
  },
  'http: files in a folder that a URL names': async (pack, { evaluate }) => {
    const { href, protocol, pathname, host, hostname, search, hash } = new URL('.', import.meta.url)
    // A URL of a library, such as jsdom's.
    const url = evaluate('given => Object.assign(Object.create({}), given)')({
      href,
      protocol,
      pathname,
      host,
      hostname,
      search,
      hash,
    })
    equal(typeof pack.http.fileHandler(url), 'function')
  },
  'streams: what is written': async ({ P, streams }, { views, evaluate }) => {
    const [a, b] = pair(P)
    const duplex = streams.toDuplex(a)
    duplex.write(views.Uint8Array)
    duplex.write('abcd')
    await receiveLater(b, 'abcd')
    await receiveLater(b, 'abcd')
    const [c, d] = pair(P)
    const { readable, writable } = streams.toWeb(c)
    const writer = writable.getWriter()
    await each(views, async view => (await writer.write(view), await receiveLater(d, 'abcd')))
    await d.sendall('abcd')
    const reader = readable.getReader({ mode: 'byob' })
    equal((await reader.read(evaluate('new Uint8Array(4)'))).value.length, 4)
    duplex.destroy()
  },
  'socketserver: a module that a URL names': async ({ socketserver }, { evaluate }) => {
    const { href } = new URL('data:text/javascript,export class Handler {}')
    const url = evaluate('href => ({ href, protocol: "data:", toString: () => href })')(href)
    const server = new socketserver.TCPServer(['127.0.0.1', 0], url, { threading: true })
    await server.serverClose()
  },
}

const descriptors = () => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length
const only = process.argv[2] ?? ''
const wrong = []
let cells = 0

const limit = () => new Promise((_, reject) => setTimeout(reject, 10_000, new Error('it did not end')).unref())

async function cell(name, expected, run) {
  if (!name.includes(only)) return
  if (process.env.VERBOSE) console.log(name)
  cells++
  const open = descriptors()
  let outcome
  try {
    await Promise.race([run(), limit()])
    outcome = 'works'
  } catch (error) {
    outcome = error?.code ?? error?.stack ?? String(error)
  }
  for (const one of opened.splice(0).reverse()) one.close()
  await until(() => descriptors() <= open).catch(() =>
    wrong.push(`${name}: ${descriptors() - open} descriptors are left`),
  )
  if (outcome !== expected) wrong.push(`${name}: ${outcome}, not ${expected}`)
}

const unhandled = []
process.on('unhandledRejection', error => unhandled.push(error))
for (const pack of Object.values(packages)) await warm(pack)

/** Opens what stays open: the loop, and the alarm of interrupters. */
async function warm(pack) {
  const { P, C } = pack
  const [a, b] = P.Socket.pair()
  const waiting = a.recv(1)
  b.trySend('x')
  await waiting
  for (const one of [a, b]) one.close()
  const [c, d] = C.Socket.pair()
  equal(typeof c.interrupter(), 'object')
  c.settimeout(1)
  caught(() => c.recv(1))
  for (const one of [c, d]) one.close()
  equal(await answerOf(pack, request => ({ body: request.body })), 'body')
  await objects['a Duplex to a Duplex'][1](pack, pack)
  for (const one of opened.splice(0)) one.close()
}

for (const [giver, taker] of [
  ['own', 'copy'],
  ['copy', 'own'],
  ['own', 'realm'],
  ['realm', 'own'],
]) {
  for (const [name, [expected, run]] of Object.entries(objects))
    await cell(`${name}: of ${giver} to ${taker}`, expected, () => run(packages[giver], packages[taker]))
}
for (const [pack, which, evaluate] of [
  ['own', 'this realm', text => (0, eval)(`(${text})`)],
  ['own', 'another realm', inRealm],
  ['realm', 'this realm', text => (0, eval)(`(${text})`)],
  ['realm', 'another realm', inRealm],
]) {
  for (const [name, run] of Object.entries(values))
    await cell(`${name}: values of ${which} to ${pack}`, 'works', () => run(packages[pack], valuesOf(evaluate)))
}
for (const error of unhandled) wrong.push(`unhandled: ${error?.stack ?? error}`)
for (const line of wrong) console.log(line)
console.log(`${cells} cells, ${wrong.length} wrong`)
process.exit(wrong.length > 0 ? 1 : 0)
