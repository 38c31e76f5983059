// What a callback may do that is not its work, for each callback that the package calls: `node callbacks.js [SEED [COUNT]]`
// runs COUNT cells of the table (callback × act), chosen by the seed, or all. Each wrong cell is printed with the
// way to run it alone: `node --expose-gc callbacks.js cell CALLBACK ACT`.
//
// throw, reject: the error arrives once, where it is documented, and is the same object; the next event is served.
// close, gc: the object is closed within its callback, or garbage is collected: nothing arrives, and the rest goes on.
// exit: process.exit(42) ends the process with that status. terminate: the thread is terminated within the callback.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import * as C from 'bsd-sockets'
import { fetchHandler, serve } from 'bsd-sockets/http'
import * as P from 'bsd-sockets/promises'
import { attach, bind, connect, listen } from 'bsd-sockets/reactor'
import { BaseRequestHandler, TCPServer } from 'bsd-sockets/socketserver'
import { connector, toDuplex } from 'bsd-sockets/streams'

const file = fileURLToPath(import.meta.url)
const acts = ['throw', 'reject', 'close', 'gc', 'exit', 'terminate']

async function until(condition) {
  for (let i = 0; i < 20_000 && !condition(); i++) await turn()
  if (!condition()) throw new Error(`it did not happen: ${condition}`)
}

const dial = ({ address, port }) => P.createConnection(['127.0.0.1', port ?? address.port])
const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

/** Receives until the text has come, or the connection ends; returns what has come. */
async function receive(socket, text) {
  let all = ''
  while (!all.includes(text)) {
    const bytes = await socket.recv(65536).catch(() => Buffer.alloc(0))
    if (bytes.length === 0) break
    all += bytes.toString('latin1')
  }
  return all
}

/** A connection to a server that has this handler: `play` makes the peer do what calls it. Then a second one is served. */
function ofServer(name, play = () => undefined, more = {}) {
  return async (act, errors) => {
    let calls = 0
    const opened = []
    const server = listen({
      ...more,
      open: one => void opened.push(one),
      ...(name === 'error' && {
        data: () => {
          throw new Error('of data')
        },
      }),
      [name]: (...given) => {
        const one = given.find(each => typeof each?.destroy === 'function')
        if (name === 'open') opened.push(one)
        if (calls++ === 0) return act(() => one?.destroy())
      },
      ...(errors.documented && name !== 'error' && { error: errors.documented }),
    })
    for (let i = 0; i < 2; i++) {
      const peer = await dial(server)
      await until(() => opened.length > i)
      await play(peer, opened[i])
      await until(() => calls > i)
      peer.close()
    }
    server.close()
  }
}

function ofClient(name, play = () => undefined) {
  return async (act, errors) => {
    let calls = 0
    const server = await P.createServer(['127.0.0.1', 0])
    for (let i = 0; i < 2; i++) {
      const { port } = server.getsockname()
      const one = connect({
        port,
        [name]: one => (calls++ === 0 ? act(() => one.destroy()) : 0),
        error: errors.documented,
      })
      const [peer] = await server.accept()
      await play(peer, one)
      await until(() => calls > i)
      one.destroy()
      peer.close()
    }
    server.close()
  }
}

const reset = peer => {
  peer.setsockopt(C.SOL_SOCKET, C.SO_LINGER, new Int32Array([1, 0]))
  peer.close()
}
const drain = async (peer, one) => {
  one.write(Buffer.alloc(8 << 20))
  for (let got = 0; got < 8 << 20;) {
    const bytes = await peer.recv(1 << 20).catch(() => Buffer.alloc(0))
    if (bytes.length === 0) break
    got += bytes.length
  }
}

let folder
let names = 0
function ofDatagrams(name, play) {
  return async (act, errors) => {
    const path = join(folder, `${names++}`)
    let calls = 0
    const [closable] = [{ close: undefined }]
    const socket = bind({
      path,
      ...(name === 'error' && {
        message: () => {
          throw new Error('of message')
        },
      }),
      [name]: () => (calls++ === 0 ? act(() => closable.close()) : undefined),
      ...(errors.documented && name !== 'error' && { error: errors.documented }),
    })
    closable.close = () => socket.close()
    const peer = new C.Socket(C.AF_UNIX, C.SOCK_DGRAM)
    peer.bind(`${path}p`)
    await play(peer, path, socket)
    await until(() => calls > 0)
    if (name !== 'close' && socket.fd >= 0) {
      await play(peer, path, socket)
      await until(() => calls > 1)
    }
    socket.close()
    peer.close()
  }
}
const deliver = (peer, path) => void peer.sendto('x', path)

function ofAttached(name, type, play) {
  return async (act, errors) => {
    let calls = 0
    for (let i = 0; i < 2; i++) {
      const [one, other] = P.Socket.pair(C.AF_UNIX, type)
      const socket = attach(one, {
        [name]: socket => (calls++ === 0 ? act(() => socket.close()) : undefined),
        error: errors.documented,
      })
      await play(other)
      await until(() => calls > i)
      socket.close()
      other.close()
    }
  }
}

/** A connection that is handed over to handlers with this one. */
function ofHandOver(name, play) {
  return async (act, errors) => {
    let calls = 0
    let handed = 0
    const next = {
      [name]: one => (calls++ === 0 ? act(() => one.destroy()) : undefined),
      error: errors.documented,
    }
    const server = listen({ data: one => (handed++, one.handOver(next)) })
    for (let i = 0; i < 2; i++) {
      const peer = await dial(server)
      await peer.sendall('x')
      await until(() => handed > i)
      await play(peer)
      await until(() => calls > i)
      peer.close()
    }
    server.close()
  }
}

/** A handler of HTTP. After the first request another client is served. */
function ofHttp(make, expected = '200') {
  return async (act, errors) => {
    const at = { server: undefined, calls: 0 }
    const once = close => (at.calls++ === 0 ? act(close ?? (() => undefined)) : undefined)
    const { handler, options, play } = make(once, at)
    at.server = serve(handler, { error: errors.documented, ...options })
    for (let i = 0; i < 2; i++) {
      const peer = await dial(at.server)
      if (play !== undefined) await play(peer)
      else {
        await peer.sendall(get)
        const answer = await receive(peer, '\r\n\r\n')
        if (i === 1 && !answer.includes(expected)) throw new Error(`the next request got ${JSON.stringify(answer)}`)
      }
      await until(() => at.calls > i)
      peer.close()
    }
    at.server.close()
  }
}

function ofSocketserver(name, failing = false) {
  return async (act, errors) => {
    let calls = 0
    const call = self => (calls++ === 0 ? act(() => self.serverClose?.()) : undefined)
    class Handler extends BaseRequestHandler {
      setup() {
        if (name === 'setup') return call(this)
      }
      handle() {
        if (name === 'handle') return call(this)
        if (failing) throw new Error('of handle')
      }
      finish() {
        if (name === 'finish') return call(this)
      }
    }
    class Server extends TCPServer {
      verifyRequest() {
        if (name !== 'verifyRequest') return true
        return calls++ === 0 ? (act(() => undefined) ?? true) : true
      }
      processRequest(request, from) {
        return (name === 'processRequest' ? call(this) : undefined) ?? super.processRequest(request, from)
      }
      finishRequest(request, from) {
        return (name === 'finishRequest' ? call(this) : undefined) ?? super.finishRequest(request, from)
      }
      serviceActions() {
        if (name === 'serviceActions') return call(this)
      }
      handleError(error) {
        if (name === 'handleError') return call(this)
        errors.documented(error)
      }
    }
    const server = new Server(['127.0.0.1', 0], Handler)
    let serving = false
    const forever = () => {
      serving = true
      const again = () => {
        serving = false
        if (calls === 1 && server.fileno() >= 0) forever() // as a program does that goes on after a rejection
      }
      server.serveForever(1).catch(errors.documented).then(again)
    }
    const from = server.serverAddress
    for (let i = 0; i < 2 && server.fileno() >= 0; i++) {
      if (!serving) forever()
      const peer = await P.createConnection(from).catch(() => undefined) // it may be closed already
      if (peer !== undefined) await receive(peer, 'nothing')
      peer?.close()
      await until(() => calls > i || server.fileno() < 0)
      for (let j = 0; j < 5; j++) await turn() // serveForever may reject
    }
    await server.shutdown()
    await server.serverClose()
  }
}

function ofDuplex(play, options) {
  return async act => {
    let calls = 0
    for (let i = 0; i < 2; i++) {
      const [one, other] = P.Socket.pair()
      const a = toDuplex(one, options).on('error', () => undefined)
      await play(a, other, () => (calls++ === 0 ? act(() => a.destroy()) : undefined))
      await until(() => calls > i)
      a.destroy()
      other.close()
    }
  }
}

// Where what a callback throws arrives: by its documented handler, or as an uncaught exception. What it rejects: the same for those
// that are awaited, otherwise as an unhandled rejection.
const reactor = { throw: 'documented', reject: 'unhandled' }
const bare = { throw: 'uncaught', reject: 'unhandled' }
const ignored = { throw: undefined, reject: undefined } // of a source that nobody reads any more
const awaited = { throw: 'documented', reject: 'documented' }

const callbacks = {
  'listen open': [reactor, ofServer('open')],
  'listen data': [reactor, ofServer('data', peer => peer.sendall('x'))],
  'listen drain': [reactor, ofServer('drain', drain)],
  'listen end': [reactor, ofServer('end', peer => peer.shutdown(C.SHUT_WR))],
  'listen close': [reactor, ofServer('close', reset)],
  'listen reset': [
    reactor,
    ofServer('reset', async (peer, one) => {
      one.pause()
      await peer.sendall('x')
      reset(peer)
    }),
  ],
  'listen error': [bare, ofServer('error', peer => peer.sendall('x'))],
  'listen data, without error': [
    bare,
    (act, errors) => ofServer('data', peer => peer.sendall('x'))(act, { ...errors, documented: undefined }),
  ],
  'connect open': [reactor, ofClient('open')],
  'connect data': [reactor, ofClient('data', peer => peer.sendall('x'))],
  'connect drain': [reactor, ofClient('drain', drain)],
  'connect end': [reactor, ofClient('end', peer => peer.shutdown(C.SHUT_WR))],
  'connect reset': [
    reactor,
    ofClient('reset', async (peer, one) => {
      one.pause()
      await peer.sendall('x')
      reset(peer)
    }),
  ],
  'connect error': [
    bare,
    async act => {
      let calls = 0
      const server = await P.createServer(['127.0.0.1', 0])
      const { port } = server.getsockname()
      for (let i = 0; i < 2; i++) {
        const open = () => {
          throw new Error('of open')
        }
        connect({ port, open, error: () => (calls++ === 0 ? act(() => undefined) : undefined) })
        const [peer] = await server.accept()
        await until(() => calls > i)
        peer.close()
      }
      server.close()
    },
  ],
  'connect close': [reactor, ofClient('close', reset)],
  'stop finish': [
    bare,
    async act => {
      let calls = 0
      const server = listen({})
      const peers = await Promise.all([dial(server), dial(server), dial(server)])
      await until(() => server.connections === 3)
      const stopped = server.stop({
        finish: one => {
          one.end()
          if (calls++ === 1) return act(() => one.destroy())
        },
      })
      for (const peer of peers) {
        await receive(peer, 'nothing')
        peer.close()
      }
      await stopped
      if (calls !== 3) throw new Error(`finish was called for ${calls} of 3`)
    },
  ],
  'stop finish, timeout 0': [
    bare,
    async act => {
      let calls = 0
      const server = listen({})
      const peers = await Promise.all([dial(server), dial(server)])
      await until(() => server.connections === 2)
      await server.stop({ timeout: 0, finish: one => (calls++ === 0 ? act(() => one.destroy()) : undefined) })
      for (const peer of peers) peer.close()
    },
  ],
  'bind message': [reactor, ofDatagrams('message', deliver)],
  'bind messages': [reactor, ofDatagrams('messages', deliver)],
  'bind close': [reactor, ofDatagrams('close', (_, __, socket) => socket.close())],
  'bind error': [bare, ofDatagrams('error', deliver)],
  'handOver open': [reactor, ofHandOver('open', () => undefined)],
  'handOver data': [reactor, ofHandOver('data', peer => peer.sendall('y'))],
  'handOver end': [reactor, ofHandOver('end', peer => peer.shutdown(C.SHUT_WR))],
  'handOver close': [reactor, ofHandOver('close', reset)],
  'attach message': [reactor, ofAttached('message', C.SOCK_DGRAM, other => other.sendall('x'))],
  'attach messages': [reactor, ofAttached('messages', C.SOCK_SEQPACKET, other => other.sendall('x'))],
  'attach end': [reactor, ofAttached('end', C.SOCK_SEQPACKET, other => other.shutdown(C.SHUT_WR))],
  'attach close': [reactor, ofAttached('close', C.SOCK_SEQPACKET, other => other.close())],
  'bind drain': [
    reactor,
    ofDatagrams('drain', (peer, path, socket) => {
      while (socket.sendto('x', `${path}p`)) continue
      while (peer.tryRecv(1) !== null) continue
    }),
  ],
  'http handler': [
    { throw: 'documented', reject: 'documented' },
    ofHttp(once => ({ handler: () => once() ?? { status: 200 } })),
  ],
  'http handler, later': [
    awaited,
    ofHttp(once => ({ handler: async () => (await turn(), (await once()) ?? { status: 200 }) })),
  ],
  'http fetch handler': [awaited, ofHttp(once => ({ handler: fetchHandler(() => once() ?? new Response('x')) }))],
  'http error': [
    bare,
    ofHttp(
      once => ({
        handler: () => {
          throw new Error('of handler')
        },
        options: { error: () => once() },
      }),
      '500',
    ),
  ],
  'http pieces': [
    awaited,
    ofHttp(once => ({
      handler: () => ({
        body: (async function* () {
          yield 'x'
          await once()
          yield 'y'
        })(),
      }),
      play: async peer => {
        await peer.sendall(get)
        await receive(peer, '0\r\n\r\n')
      },
    })),
  ],
  'http pull': [
    awaited,
    ofHttp(once => ({
      handler: () => ({
        body: new ReadableStream({
          pull(controller) {
            const acted = once()
            controller.enqueue(Buffer.from('x'))
            if (acted === undefined) controller.close()
            return acted
          },
        }),
      }),
      play: async peer => {
        await peer.sendall(get)
        await receive(peer, '0\r\n\r\n')
      },
    })),
  ],
  'http abort': [
    { throw: 'uncaught', reject: 'uncaught' }, // as with any EventTarget
    ofHttp(once => ({
      handler: request => {
        request.signal.addEventListener('abort', () => once())
        return new Promise(() => undefined)
      },
      play: async peer => {
        await peer.sendall(get)
        await turn()
        await turn()
        reset(peer)
      },
    })),
  ],
  'http cancel': [
    ignored,
    ofHttp(once => ({
      handler: () => ({
        body: new ReadableStream({
          pull: controller => controller.enqueue(Buffer.alloc(65536)),
          cancel: () => once(),
        }),
      }),
      play: async peer => {
        await peer.sendall(get)
        await peer.recv(1000)
        reset(peer)
      },
    })),
  ],
  'http return': [
    ignored,
    ofHttp(once => ({
      handler: () => ({
        body: (async function* () {
          try {
            for (;;) yield Buffer.alloc(65536)
          } finally {
            await once()
          }
        })(),
      }),
      play: async peer => {
        await peer.sendall(get)
        await peer.recv(1000)
        reset(peer)
      },
    })),
  ],
  'http headers': [
    { throw: 'documented', reject: undefined },
    ofHttp(once => ({
      handler: () => ({
        headers: {
          *[Symbol.iterator]() {
            void once()?.catch(() => undefined)
            yield ['a', 'b']
          },
        },
      }),
    })),
  ],
  'http then': [
    { throw: 'documented', reject: undefined },
    ofHttp(once => ({
      handler: () => ({
        then(resolve) {
          void once()?.catch(() => undefined)
          resolve({ status: 200 })
        },
      }),
    })),
  ],
  'http upgrade open': [
    reactor,
    (act, errors) =>
      ofHttp(once => ({
        handler: () => ({
          status: 101,
          headers: { upgrade: 'y' },
          upgrade: { open: one => once(() => one.destroy()), error: errors.documented },
        }),
        play: async peer => {
          await peer.sendall('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: y\r\n\r\n')
          await receive(peer, '\r\n\r\n')
        },
      }))(act, errors),
  ],
  'http upgrade data': [
    { throw: 'documented', reject: 'unhandled' },
    (act, errors) =>
      ofHttp(once => ({
        handler: () => ({
          status: 101,
          headers: { upgrade: 'y' },
          upgrade: { data: one => once(() => one.destroy()), error: errors.documented },
        }),
        play: async peer => {
          await peer.sendall('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: y\r\n\r\n')
          await receive(peer, '\r\n\r\n')
          await peer.sendall('z')
        },
      }))(act, errors),
  ],
  'socketserver setup': [awaited, ofSocketserver('setup')],
  'socketserver handle': [awaited, ofSocketserver('handle')],
  'socketserver finish': [awaited, ofSocketserver('finish')],
  'socketserver verifyRequest': [awaited, ofSocketserver('verifyRequest')],
  'socketserver processRequest': [awaited, ofSocketserver('processRequest')],
  'socketserver finishRequest': [awaited, ofSocketserver('finishRequest')],
  'socketserver serviceActions': [awaited, ofSocketserver('serviceActions')],
  'socketserver handleError': [awaited, ofSocketserver('handleError', true)],
  'duplex data': [
    bare,
    ofDuplex(async (a, other, call) => {
      a.on('data', call)
      await other.sendall('x')
    }),
  ],
  'duplex end': [
    bare,
    ofDuplex((a, other, call) => {
      a.on('end', call).resume()
      other.shutdown(C.SHUT_WR)
    }),
  ],
  'duplex close': [
    bare,
    ofDuplex((a, _, call) => {
      a.on('close', call).destroy()
    }),
  ],
  'duplex timeout': [bare, ofDuplex((a, _, call) => void a.setTimeout(1, call))],
  'duplex write': [bare, ofDuplex((a, _, call) => void a.write('x', call))],
  'duplex drain': [
    bare,
    ofDuplex(async (a, other, call) => {
      a.on('drain', call).write(Buffer.alloc(1 << 20))
      for (let got = 0; got < 1 << 20;) {
        const bytes = await other.recv(1 << 20).catch(() => Buffer.alloc(0))
        if (bytes.length === 0) break
        got += bytes.length
      }
    }),
  ],
  'duplex error': [
    bare,
    ofDuplex((a, _, call) => {
      a.on('error', call).destroy(new Error('of destroy'))
    }),
  ],
  'duplex fds': [
    bare,
    ofDuplex(
      async (a, other, call) => {
        a.on('fds', fds => {
          for (const fd of fds) fd.close()
          return call()
        }).resume()
        await other.sendFds('x', [0])
      },
      { fds: true },
    ),
  ],
  'duplex finish': [bare, ofDuplex((a, _, call) => void a.end('x', call))],
  connector: [
    bare,
    async act => {
      const server = await P.createServer(['127.0.0.1', 0])
      const { port } = server.getsockname()
      let calls = 0
      for (let i = 0; i < 2; i++) {
        connector()({ host: '127.0.0.1', port }, (_, socket) => {
          const end = () => socket.destroy()
          setImmediate(end)
          if (calls++ === 0) return act(end)
        })
        await until(() => calls > i)
      }
      server.close()
    },
  ],
}

const descriptors = () => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length

/** Runs one cell in this thread. Returns what is wrong, or undefined. */
async function runCell(name, act) {
  const [arrivals, run] = callbacks[name]
  const error = new Error('on purpose')
  const arrived = []
  const errors = { documented: given => void arrived.push(['documented', given]) }
  const uncaught = given => void arrived.push(['uncaught', given])
  const unhandled = given => void arrived.push(['unhandled', given])
  process.on('uncaughtException', uncaught).on('unhandledRejection', unhandled)
  const acting = close => {
    if (act === 'throw') throw error
    if (act === 'reject') return Promise.reject(error)
    if (act === 'close') close()
    if (act === 'gc') gc()
    if (act === 'exit') process.exit(42)
    if (act === 'terminate') {
      parentPort.postMessage('within')
      for (;;) continue
    }
    return undefined
  }
  const limit = new Promise((_, reject) => setTimeout(reject, 15_000, new Error('it did not end')).unref())
  try {
    await Promise.race([run(acting, errors), limit])
    for (let i = 0; i < 10; i++) await turn()
  } catch (failure) {
    return failure.message
  } finally {
    process.off('uncaughtException', uncaught).off('unhandledRejection', unhandled)
  }
  const mine = arrived.filter(([, given]) => !/^of /.test(given?.message)) // what a row throws to have `error` called
  const expected = act === 'throw' || act === 'reject' ? [arrivals[act]].filter(Boolean) : []
  const where = mine.map(([where]) => where)
  if (where.join() !== expected.join())
    return `arrived at ${where.join() || 'nothing'}: ${mine.map(([, given]) => given)}`
  if (mine.some(([, given]) => given !== error)) return 'it is another error'
  return undefined
}

/** Runs one cell where it belongs: in a process or a thread of its own if the act ends that. */
async function run(name, act) {
  if (act === 'exit') {
    const child = spawn(process.execPath, [...process.execArgv, file, 'cell', name, act], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
    const [status, signal] = await once(child, 'exit')
    clearTimeout(timer)
    return status === 42 ? undefined : `status ${status}, signal ${signal}`
  }
  if (act === 'terminate') {
    const worker = new Worker(file, { workerData: { name, act } })
    const failed = once(worker, 'error')
    await Promise.race([once(worker, 'message'), failed])
    return (await worker.terminate()) === 1 ? undefined : 'it was not terminated'
  }
  return runCell(name, act)
}

/** Random numbers below `below`, the same for a seed. */
function* random(seed, below) {
  for (let state = seed >>> 0 || 1; ;) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    yield (state >>> 0) % below
  }
}

folder = mkdtempSync(join(tmpdir(), 'callbacks-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
if (!isMainThread) await runCell(workerData.name, workerData.act)
else if (process.argv[2] === 'cell') {
  const wrong = await runCell(process.argv[3], process.argv[4])
  console.log(wrong ?? 'right')
  process.exit(wrong === undefined ? 0 : 1)
} else {
  const seed = Number(process.argv[2] ?? 1)
  let cells = Object.keys(callbacks).flatMap(name => acts.map(act => [name, act]))
  const all = cells.length
  const count = Number(process.argv[3] ?? all)
  if (count < all) {
    const numbers = random(seed, all)
    cells = Array.from({ length: count }, () => cells[numbers.next().value])
  }
  for (const act of ['gc', 'exit', 'terminate']) await run('bind message', act) // opens what stays open
  let wrongs = 0
  let before = descriptors()
  for (const [name, act] of cells) {
    let wrong = await run(name, act)
    await until(() => descriptors() <= before).catch(() => {
      wrong ??= `${descriptors() - before} descriptors are left`
      before = descriptors()
    })
    if (wrong === undefined) continue
    wrongs++
    console.log(`${name}, ${act}: ${wrong}; node --expose-gc ${file} cell '${name}' ${act}`)
  }
  console.log(`${cells.length} cells of ${all}, seed ${seed}, ${wrongs} wrong`)
  process.exit(wrongs > 0 ? 1 : 0)
}
