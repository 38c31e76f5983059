// Garbage collection of each class of the public API while something is under way that only the package refers to:
// `node --expose-gc collected.js [PATTERN]`. What waits is done all the same; after that the object is collected, and no
// descriptor is left but those of blocking sockets, which are never closed behind the program's back, with the warning of a leak.
import { readdirSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import * as C from 'bsd-sockets'
import { FileBody, fetchHandler, fileHandler, serve } from 'bsd-sockets/http'
import * as P from 'bsd-sockets/promises'
import { attach, bind, connect, listen } from 'bsd-sockets/reactor'
import { BaseRequestHandler, TCPServer } from 'bsd-sockets/socketserver'
import { connector, fromDuplex, listenNet, toDgram, toDuplex, toNet, toWeb } from 'bsd-sockets/streams'

const rounds = 200 // of garbage collection, until what is dropped must be gone
const collected = new Set()
const registry = new FinalizationRegistry(name => collected.add(name))
let names = 0
/** Notes an object; what is returned says whether it was collected. */
function watched(object) {
  const name = names++
  registry.register(object, name)
  return () => collected.has(name)
}

async function collect(rounds = 3) {
  for (let i = 0; i < rounds; i++) {
    await turn()
    gc()
    await turn()
  }
}

async function until(condition) {
  for (let i = 0; i < rounds; i++) {
    if (condition()) return
    await collect(1)
    if (i > 20) await sleep(1)
  }
  throw new Error(`it did not happen: ${condition}`)
}

const port = server => (server.address ?? server.getsockname()).port ?? server.port
const dial = number => P.createConnection(['127.0.0.1', number])
const drain = async (peer, count) => {
  for (let got = 0; got < count;) got += (await peer.recv(1 << 20)).length
}

/** Both ends of a connection; the first has no name that outlives the cell. */
async function tcp() {
  const server = await P.createServer(['127.0.0.1', 0])
  const [client, [accepted]] = await Promise.all([dial(port(server)), server.accept()])
  server.close()
  return [client, accepted]
}

// By class and operation: what is started, the object, what finishes it, and the promise of that with what it gives. Nothing else refers to
// the object; `peers` are closed when it is done.
const cells = {
  async 'promises Socket: recv'() {
    const [one, other] = P.Socket.pair()
    const got = one.recv(1).then(bytes => (one.close(), bytes.length))
    return { object: one, finish: () => other.sendall('x'), done: got, expected: 1, peers: [other] }
  },
  async 'promises Socket: recv with a timeout'() {
    const [one, other] = P.Socket.pair()
    const got = one.recv(1, 0, { timeout: 50 }).catch(error => (one.close(), error.code))
    return { object: one, finish: () => undefined, done: got, expected: 'ETIMEDOUT', peers: [other] }
  },
  async 'promises Socket: recv with a signal that only its timer has'() {
    const [one, other] = P.Socket.pair()
    const got = one.recv(1, 0, { signal: AbortSignal.timeout(50) }).catch(error => (one.close(), error.code))
    return { object: one, finish: () => undefined, done: got, expected: 'ABORT_ERR', peers: [other] }
  },
  async 'promises Socket: recv with any of two signals'() {
    const [one, other] = P.Socket.pair()
    const controller = new AbortController()
    const signal = AbortSignal.any([controller.signal, new AbortController().signal])
    const got = one.recv(1, 0, { signal }).catch(error => (one.close(), error.code))
    return { object: one, finish: () => controller.abort(), done: got, expected: 'ABORT_ERR', peers: [other] }
  },
  async 'promises Socket: sendall'() {
    const [one, other] = P.Socket.pair()
    const sent = one.sendall(Buffer.alloc(4 << 20, 1)).then(() => (one.close(), 'sent'))
    return { object: one, finish: () => drain(other, 4 << 20), done: sent, expected: 'sent', peers: [other] }
  },
  async 'promises Socket: sendfile'() {
    const [one, other] = P.Socket.pair()
    const file = C.memfd(Buffer.alloc(1 << 20, 1))
    const sent = one.sendfile(file).then(count => (one.close(), file.close(), count))
    return { object: one, finish: () => drain(other, 1 << 20), done: sent, expected: 1 << 20, peers: [other] }
  },
  async 'promises Socket: accept'() {
    const server = await P.createServer(['127.0.0.1', 0])
    const number = port(server)
    const accepted = server.accept().then(([one]) => (one.close(), server.close(), 'accepted'))
    return { object: server, finish: async () => (await dial(number)).close(), done: accepted, expected: 'accepted' }
  },
  async 'promises Socket: for await'() {
    const [one, other] = P.Socket.pair()
    const reading = (async () => {
      for await (const bytes of one) if (bytes.length > 0) break
      one.close()
      return 'read'
    })()
    return { object: one, finish: () => other.sendall('x'), done: reading, expected: 'read', peers: [other] }
  },
  async 'promises Socket: messages'() {
    const [one, other] = P.Socket.pair(C.AF_UNIX, C.SOCK_DGRAM)
    const reading = (async () => {
      for await (const message of one.messages()) if (message) break
      one.close()
      return 'read'
    })()
    return { object: one, finish: () => other.send('x'), done: reading, expected: 'read', peers: [other] }
  },
  async 'MessageBatch: recvmmsg'() {
    const [one, other] = P.Socket.pair(C.AF_UNIX, C.SOCK_DGRAM)
    const batch = new C.MessageBatch(2, 16)
    const got = one.recvmmsg(batch).then(count => (one.close(), count))
    return { object: batch, finish: () => other.send('x'), done: got, expected: 1, peers: [other] }
  },
  async 'a view: recvInto'() {
    const [one, other] = P.Socket.pair()
    const view = new Uint8Array(1 << 16)
    const got = one.recvInto(view).then(count => (one.close(), count))
    return { object: view, finish: () => other.sendall('x'), done: got, expected: 1, peers: [other] }
  },
  async 'an ArrayBuffer: a zero-copy send'() {
    const [one, other] = await tcp()
    if (C.SO_ZEROCOPY === undefined) return undefined
    const sender = new C.ZerocopySender(one)
    const object = Buffer.alloc(1 << 16, 1)
    const count = sender.trySend(object)
    const done = (async () => {
      while (sender.pending > 0) {
        sender.completions()
        await turn()
      }
      one.close()
      return 'complete'
    })()
    return { object, finish: () => drain(other, count), done, expected: 'complete', peers: [other] }
  },
  async 'promises MySocket: myreceive'() {
    const [one, other] = P.Socket.pair()
    const got = new P.MySocket(4, one).myreceive().then(bytes => (one.close(), String(bytes)))
    return { object: one, finish: () => other.sendall('text'), done: got, expected: 'text', peers: [other] }
  },
  async 'pipe: spliceAll'() {
    if (process.platform !== 'linux') return undefined
    const [[one, other], [a, b]] = [P.Socket.pair(), P.Socket.pair()]
    const all = P.spliceAll(one, a).then(count => (one.close(), a.close(), Number(count)))
    const finish = async () => (await other.sendall('x'), other.shutdown(C.SHUT_WR))
    return { object: one, finish, done: all, expected: 1, peers: [other, b] }
  },
  async 'a lookup'() {
    const controller = new AbortController()
    const found = P.getaddrinfo('localhost', 80, {}, { signal: controller.signal }).then(all => all.length > 0)
    return { object: controller, finish: () => undefined, done: found, expected: true }
  },
  async 'reactor Server and Connection'() {
    const server = listen({ data: one => void one.end('y'), close: () => server.close() })
    const number = port(server)
    const done = async () => {
      const peer = await dial(number)
      await collect()
      await peer.sendall('x')
      const got = await peer.recv(1)
      peer.close()
      return String(got)
    }
    return { object: server, finish: () => undefined, done: done(), expected: 'y' }
  },
  async 'reactor Connection: connect'() {
    const server = await P.createServer(['127.0.0.1', 0])
    let resolve
    const done = new Promise(given => (resolve = given))
    const one = connect({ port: port(server), data: (one, bytes) => (resolve(String(bytes)), one.destroy()) })
    const [peer] = await server.accept()
    server.close()
    return { object: one, finish: () => peer.sendall('x'), done, expected: 'x', peers: [peer] }
  },
  async 'reactor Connection: a queue of bytes'() {
    const server = await P.createServer(['127.0.0.1', 0])
    let resolve
    const done = new Promise(given => (resolve = given))
    const one = connect({
      port: port(server),
      open: one => one.end(Buffer.alloc(4 << 20)),
      close: () => resolve('closed'),
    })
    const [peer] = await server.accept()
    server.close()
    return { object: one, finish: async () => (await drain(peer, 4 << 20), peer.close()), done, expected: 'closed' }
  },
  async 'DatagramSocket: bind'() {
    let resolve
    const done = new Promise(given => (resolve = given))
    const one = bind({ message: (socket, bytes) => (resolve(String(bytes)), socket.close()) })
    const { address } = one
    const peer = new C.Socket(C.AF_INET, C.SOCK_DGRAM)
    return { object: one, finish: () => void peer.sendto('x', address), done, expected: 'x', peers: [peer] }
  },
  async 'DatagramSocket: attach'() {
    const [given, other] = P.Socket.pair(C.AF_UNIX, C.SOCK_DGRAM)
    let resolve
    const done = new Promise(given => (resolve = given))
    const one = attach(given, { message: (socket, bytes) => (resolve(String(bytes)), socket.close()) })
    return { object: one, finish: () => other.send('x'), done, expected: 'x', peers: [other] }
  },
  async 'HttpServer: a request'() {
    const server = serve(request => (void server.stop(), { headers: { connection: 'close' }, body: request.body }))
    const number = server.port
    const peer = await dial(number)
    const done = peer.recv(1000).then(bytes => /\d{3}/.exec(String(bytes))[0])
    const finish = () => peer.sendall('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    return { object: server, finish, done, expected: '200', peers: [peer] }
  },
  async 'HttpRequest: its signal'() {
    let resolve
    const done = new Promise(given => (resolve = given))
    let object
    const server = serve(request => {
      object = new WeakRef(request)
      request.signal.addEventListener('abort', () => (server.close(), resolve('aborted')))
      return new Promise(() => undefined)
    })
    const peer = await dial(server.port)
    await peer.sendall('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => object !== undefined)
    return { object: object.deref(), finish: () => peer.close(), done, expected: 'aborted' }
  },
  async 'RequestBody and a streamed answer'() {
    const server = serve(request => ({ body: request.body }), { streamBody: true })
    const peer = await dial(server.port)
    await peer.sendall('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\na')
    const done = (async () => {
      let all = ''
      for (let bytes; (bytes = await peer.recv(1000)).length > 0;) all += bytes
      server.close()
      return /a[^]*b/.test(all)
    })()
    return { object: server, finish: () => peer.sendall('b'), done, expected: true, peers: [peer] }
  },
  async 'Request and Response of fetchHandler'() {
    let object
    const server = serve(
      fetchHandler(async request => {
        object = new WeakRef(request)
        const stream = new ReadableStream({
          async pull(controller) {
            const { value, done } = await reader.read()
            if (done) controller.close()
            else controller.enqueue(value)
          },
        })
        const reader = request.body.getReader()
        return new Response(stream)
      }),
    )
    const peer = await dial(server.port)
    await peer.sendall('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\na')
    await until(() => object !== undefined)
    const done = (async () => {
      let all = ''
      for (let bytes; (bytes = await peer.recv(1000)).length > 0;) all += bytes
      server.close()
      return /a[^]*b/.test(all)
    })()
    return { object: object.deref() ?? {}, finish: () => peer.sendall('b'), done, expected: true, peers: [peer] }
  },
  async 'FileBody: a large file'() {
    let object
    const size = 4 << 20
    const server = serve(() => {
      const file = C.memfd(Buffer.alloc(size))
      const body = new FileBody(new C.OwnedFd(file.detach()))
      object = new WeakRef(body)
      return { body }
    })
    const peer = await dial(server.port)
    await peer.sendall('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => object !== undefined)
    const whole = body => body.deref() ?? {}
    const drained = async () => (await drain(peer, size), server.close(), peer.close())
    let finished
    const done = new Promise(resolve => (finished = resolve))
    return { object: whole(object), finish: () => drained().then(() => finished('sent')), done, expected: 'sent' }
  },
  async fileHandler() {
    const server = serve(fileHandler(import.meta.dirname))
    const peer = await dial(server.port)
    const done = peer.recv(1000).then(bytes => (server.close(), /\d{3}/.exec(String(bytes))[0]))
    const finish = () => peer.sendall('GET /collected.js HTTP/1.1\r\nHost: x\r\n\r\n')
    return { object: server, finish, done, expected: '200', peers: [peer] }
  },
  async 'SocketDuplex: data'() {
    const [one, other] = P.Socket.pair()
    let resolve
    const done = new Promise(given => (resolve = given))
    const duplex = toDuplex(one)
    duplex.on('data', function (bytes) {
      resolve(String(bytes))
      this.destroy()
    })
    return { object: duplex, finish: () => other.sendall('x'), done, expected: 'x', peers: [other] }
  },
  async 'SocketDuplex: a timeout'() {
    const [one, other] = P.Socket.pair()
    let resolve
    const done = new Promise(given => (resolve = given))
    const duplex = toDuplex(one).resume()
    duplex.setTimeout(50, function () {
      resolve('timeout')
      this.destroy()
    })
    return { object: duplex, finish: () => undefined, done, expected: 'timeout', peers: [other] }
  },
  async 'SocketDuplex: a pipe to another one'() {
    const [[one, other], [a, b]] = [P.Socket.pair(), P.Socket.pair()]
    const duplex = toDuplex(one)
    duplex
      .pipe(toDuplex(a))
      .on('close', () => undefined)
      .resume()
    const done = b.recv(1).then(bytes => (other.close(), b.close(), String(bytes)))
    return { object: duplex, finish: () => other.sendall('x'), done, expected: 'x' }
  },
  async 'Web Streams: a read'() {
    const [one, other] = P.Socket.pair()
    const { readable, writable } = toWeb(one)
    const done = readable
      .getReader()
      .read()
      .then(async ({ value }) => (await writable.abort().catch(() => undefined), String(Buffer.from(value))))
    return { object: readable, finish: () => other.sendall('x'), done, expected: 'x', peers: [other] }
  },
  async 'Web Streams: a pipe'() {
    const [[one, other], [a, b]] = [P.Socket.pair(), P.Socket.pair()]
    const [from, to] = [toWeb(one), toWeb(a)]
    const piped = from.readable.pipeTo(to.writable)
    const done = b.recv(1).then(async bytes => {
      other.close()
      await piped
      await Promise.all([from.writable.abort(), to.readable.cancel()])
      b.close()
      return String(bytes)
    })
    return { object: from.readable, finish: () => other.sendall('x'), done, expected: 'x' }
  },
  async 'connector: a request of http'() {
    const server = http.createServer((_, response) => setTimeout(() => response.end('x'), 20)).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const connection = connector()
    const done = new Promise(resolve =>
      http.get(
        { port: server.address().port, host: '127.0.0.1', createConnection: connection, agent: false },
        response => response.resume().on('end', () => server.close(() => resolve('end'))),
      ),
    )
    return { object: connection, finish: () => undefined, done, expected: 'end' }
  },
  async 'toNet, fromDuplex'() {
    const [one, other] = P.Socket.pair()
    const { socket } = fromDuplex(toNet(one))
    let resolve
    const done = new Promise(given => (resolve = given))
    const stream = toNet(socket).on('data', function (bytes) {
      resolve(String(bytes))
      this.destroy()
    })
    return { object: stream, finish: () => other.sendall('x'), done, expected: 'x', peers: [other] }
  },
  async listenNet() {
    const socket = await P.createServer(['127.0.0.1', 0])
    const number = port(socket)
    const server = await listenNet(
      net.createServer(one => {
        one.end('y')
        server.close()
      }),
      socket,
    )
    const peer = await dial(number)
    const done = peer.recv(1).then(String)
    return { object: socket, finish: () => undefined, done, expected: 'y', peers: [peer] }
  },
  async toDgram() {
    const socket = new P.Socket(C.AF_INET, C.SOCK_DGRAM)
    socket.bind(['127.0.0.1', 0])
    const address = socket.getsockname()
    let resolve
    const done = new Promise(given => (resolve = given))
    const stream = (await toDgram(socket)).on('message', function (bytes) {
      resolve(String(bytes))
      this.close()
    })
    const peer = new C.Socket(C.AF_INET, C.SOCK_DGRAM)
    return { object: stream, finish: () => void peer.sendto('x', address), done, expected: 'x', peers: [peer] }
  },
  async 'SocketServer: a handler that waits'() {
    let resolve
    const waiting = new Promise(given => (resolve = given))
    let object
    class Handler extends BaseRequestHandler {
      handle() {
        object = new WeakRef(this)
        return waiting
      }
    }
    const server = new TCPServer(['127.0.0.1', 0], Handler)
    const address = server.serverAddress
    const serving = server.serveForever()
    const peer = await P.createConnection(address)
    await until(() => object !== undefined)
    const done = peer.recv(1).then(async bytes => {
      await server.shutdown()
      await serving
      await server.serverClose()
      return bytes.length
    })
    return { object: object.deref(), finish: () => resolve(), done, expected: 0, peers: [peer] }
  },
  // What waits for nothing is collected; descriptors that have arrived are closed then.
  async 'OwnedFd: dropped'() {
    const [one, other] = C.Socket.pair()
    one.sendFds('x', [0, 1, 2])
    const object = other.recvFds(1, 3).fds[0]
    return { object, finish: () => undefined, done: undefined, expected: undefined, peers: [one, other] }
  },
  async 'MessageBatch with descriptors: dropped'() {
    const [one, other] = C.Socket.pair(C.AF_UNIX, C.SOCK_DGRAM)
    one.sendFds('x', [0, 1, 2])
    const batch = new C.MessageBatch(2, 16, { controlSize: C.CMSG_SPACE(12), family: C.AF_UNIX })
    const count = other.recvmmsg(batch)
    return { object: batch, finish: () => undefined, done: count, expected: 1, peers: [one, other] }
  },
  async 'Selector and Epoll: dropped'() {
    const [one, other] = C.Socket.pair()
    const selector = new C.PollSelector()
    selector.register(one, C.EVENT_READ)
    return {
      object: selector,
      finish: () => undefined,
      done: selector.select(0).length,
      expected: 0,
      peers: [one, other],
    }
  },
  async 'Socket: dropped with a waiter that was aborted'() {
    const [one, other] = P.Socket.pair()
    const lasting = new AbortController()
    const got = one.recv(1, 0, { signal: lasting.signal }).catch(error => error.code)
    lasting.abort()
    const close = one.close.bind(one)
    const done = got.then(code => (close(), code))
    return { object: one, finish: () => undefined, done, expected: 'ABORT_ERR', peers: [other] }
  },
}

const descriptors = () => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length
const only = process.argv[2] ?? ''
let wrong = 0

/** Begins a cell, in a function of its own: no local variable keeps the object. */
async function begin(run) {
  const begun = await run()
  if (begun === undefined) return undefined
  const { object, ...others } = begun
  return { ...others, gone: watched(object) } // true if it was collected
}

/** Returns what says whether the object was collected. */
async function cell(run) {
  const begun = await begin(run)
  if (begun === undefined) return
  const { finish, done, expected, gone, peers = [] } = begun
  await collect()
  await finish()
  const limit = sleep(10_000, 'it is not done', { ref: false })
  const outcome = await Promise.race([done, limit])
  if (outcome !== expected) throw new Error(`${outcome}, not ${expected}`)
  for (const peer of peers) peer.close()
  begun.finish = begun.done = undefined
  return gone
}

net.createServer().listen(0).close() // Node keeps a descriptor that it opens with its first stream
await cell(cells['promises Socket: recv with a timeout']) // opens the loop, which stays open
let count = 0
for (const [name, run] of Object.entries(cells)) {
  if (!name.includes(only)) continue
  count++
  const open = descriptors()
  try {
    const gone = await cell(run)
    if (gone !== undefined) await until(gone)
    await until(() => descriptors() <= open)
  } catch (error) {
    console.log(`${name}: ${error.message}; ${descriptors() - open} descriptors are left`)
    wrong++
  }
}
console.log(`${count} cells, ${wrong} wrong`)
process.exit(wrong > 0 ? 1 : 0)
