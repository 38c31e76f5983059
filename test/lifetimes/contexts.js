// The store of AsyncLocalStorage that each callback of the package sees, by operation. Prints a line for each wrong one, and
// how many were looked at: `node contexts.js`. The rule is in docs/lifetimes.md.
import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import * as C from 'bsd-sockets'
import { fetchHandler, serve } from 'bsd-sockets/http'
import * as P from 'bsd-sockets/promises'
import { bind, connect, listen } from 'bsd-sockets/reactor'
import { BaseRequestHandler, TCPServer } from 'bsd-sockets/socketserver'
import { connector, toDuplex, toWeb } from 'bsd-sockets/streams'

const storage = new AsyncLocalStorage()
const here = (...made) => storage.run('here', ...made)
const there = (...made) => storage.run('there', ...made)
const folder = mkdtempSync(join(tmpdir(), 'contexts-'))
let seen // [what, store] of the operation under way

/** Looks at the id of a handler that the loop calls. Node gives code behind an `await` none, from Node 24 on; Bun gives none to any. */
function checkId() {
  if (process.versions.bun === undefined && !(executionAsyncId() > 0))
    seen.push(['executionAsyncId', executionAsyncId()])
}

function note(what) {
  seen.push([what, storage.getStore()])
}

async function until(...names) {
  for (let i = 0; i < 5000 && !names.every(name => seen.some(([what]) => what === name)); i++) await turn()
}

const port = ({ address }) => address.port
const ask = (client, path = '/') => client.sendall(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)

/** A handler of requests that enters a store, as tracers do. */
const entering = answer => request => {
  checkId()
  note(request.path ?? new URL(request.url).pathname)
  storage.enterWith('entered')
  return answer()
}

async function requests(handler, together) {
  const server = here(() => serve(handler))
  const client = await there(() => P.createConnection(['127.0.0.1', server.port]))
  const paths = ['/1', '/2', '/3']
  if (together) await client.sendall(paths.map(path => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''))
  for (const path of paths) {
    if (!together) await ask(client, path)
    if (!together) await client.recv(1000)
  }
  await until(...paths)
  client.close()
  server.close()
}

const answers = {
  'at once': () => ({ status: 204 }),
  later: async () => (await turn(), { status: 204 }),
  'by a stream': () => ({
    body: (async function* () {
      await turn()
      yield 'x'
    })(),
  }),
}

// Each operation notes what its callbacks see. All see `here`, unless a row says otherwise.
const operations = {
  async 'promises: waits'() {
    const [a, b] = P.Socket.pair()
    await Promise.all([
      here(async () => {
        await a.recv(1)
        note('recv')
        await a.recv(1, 0, { timeout: 1 }).catch(() => note('timeout'))
        await a.recv(1, 0, { signal: AbortSignal.timeout(1) }).catch(() => note('signal'))
        await b.sendall(Buffer.alloc(1 << 20))
        note('sendall')
        await a.recv(1).catch(() => note('closed'))
      }),
      there(async () => {
        await turn()
        await b.sendall('x')
        await until('signal')
        for (let got = 0; got < 1 << 20;) got += (await a.recv(1 << 20)).length
        await until('sendall')
        await turn()
        a.close()
      }),
    ])
    b.close()
  },

  async 'promises: a thenable, and several waiters in one batch'() {
    const pairs = Array.from({ length: 20 }, () => P.Socket.pair())
    const all = pairs.map(([a], i) => storage.run(i, () => a.recv(1).then(() => seen.push([i, storage.getStore()]))))
    there(() => pairs.forEach(([, b]) => b.trySend('x')))
    await Promise.all(all)
    for (const one of seen) one[1] = one[1] === one[0] ? 'here' : one[1]
    for (const socket of pairs.flat()) socket.close()
  },

  async 'promises: connect, accept and lookups'() {
    const server = await P.createServer(['127.0.0.1', 0])
    await Promise.all([
      here(async () => {
        const [one] = await server.accept()
        note('accept')
        one.close()
        await P.getaddrinfo('localhost', 80)
        note('getaddrinfo')
        await P.getnameinfo(['127.0.0.1', 80])
        note('getnameinfo')
      }),
      there(async () => {
        const client = await P.createConnection(server.getsockname())
        seen.push(['connect', storage.getStore() === 'there' ? 'here' : 'lost'])
        client.close()
      }),
    ])
    server.close()
  },

  async 'promises: iteration'() {
    const [a, b] = P.Socket.pair(C.AF_UNIX, C.SOCK_DGRAM)
    const reading = here(async () => {
      for await (const message of a.messages()) {
        note(String(message.data ?? message[0] ?? 'x'))
        if (seen.length === 3) break
      }
    })
    for (let i = 0; i < 3; i++) {
      await there(() => b.send(`${i}`))
      await turn()
    }
    await reading
    a.close()
    b.close()
  },

  async 'reactor: connections'() {
    const handlers = name => ({
      open: one => (checkId(), note(`${name} open`), name === 'listen' && one.write(Buffer.alloc(8 << 20))),
      data: () => (checkId(), note(`${name} data`)),
      drain: one => (note(`${name} drain`), one.end()),
      end: one => (note(`${name} end`), setImmediate(() => there(() => one.destroy()))),
      close: () => {
        note(`${name} close`)
        throw new Error('on purpose')
      },
      error: () => note(`${name} error`),
    })
    const server = here(() => listen(handlers('listen')))
    here(() => connect({ port: port(server), ...handlers('connect') }))
    await until('listen close', 'connect close', 'listen error', 'connect error')
    server.close()
  },

  async 'reactor: idle, stop and finish'() {
    const server = here(() =>
      listen({ idleTimeout: 8, open: () => note('open'), close: () => note('close'), data: () => note('data') }),
    )
    const [first] = [await there(() => P.createConnection(['127.0.0.1', port(server)]))]
    await until('close')
    const second = await there(() => P.createConnection(['127.0.0.1', port(server)]))
    for (let i = 0; i < 5; i++) await turn()
    await there(() => second.sendall('x'))
    await here(() => server.stop({ finish: one => (note('finish'), one.destroy()) }))
    note('stopped')
    first.close()
    second.close()
    for (const one of seen) if (one[0] === 'stopped') one[1] = one[1] ?? 'here'
  },

  async 'reactor: an upgrade'() {
    const upgrade = { open: () => note('open'), data: one => (note('data'), one.end()), close: () => note('close') }
    let server
    const given = one => storage.run('here', () => one.handOver(upgrade))
    there(() => {
      server = listen({ data: given })
    })
    const client = await P.createConnection(['127.0.0.1', port(server)])
    await client.sendall('x')
    await until('open')
    await client.sendall('y')
    await client.recv(1)
    client.close()
    await until('close')
    server.close()
  },

  async 'reactor: datagrams'() {
    const path = join(folder, 'full')
    const full = new C.Socket(C.AF_UNIX, C.SOCK_DGRAM)
    full.bind(path)
    const socket = here(() =>
      bind({
        path: join(folder, 'mine'),
        message: () => {
          checkId()
          note('message')
          throw new Error('on purpose')
        },
        drain: () => note('drain'),
        error: () => note('error'),
        close: () => note('close'),
      }),
    )
    there(() => {
      while (socket.sendto('x', path)) continue
    })
    full.sendto('x', join(folder, 'mine'))
    while (full.tryRecv(1) !== null) continue
    await until('message', 'error', 'drain')
    there(() => socket.close())
    full.close()
  },

  async 'http: errors, streams and signals'() {
    const server = here(() =>
      serve(
        async request => {
          note('handler')
          request.signal.addEventListener('abort', () => note('abort'))
          if (request.path === '/throw') throw new Error('on purpose')
          for await (const piece of request.body) note(`body ${piece.length > 0}`)
          const body = new ReadableStream({
            pull(controller) {
              note('pull')
              controller.enqueue(Buffer.alloc(65536))
            },
            cancel: () => note('cancel'),
          })
          return { body }
        },
        { streamBody: true, error: () => note('error') },
      ),
    )
    const client = await there(() => P.createConnection(['127.0.0.1', server.port]))
    await ask(client, '/throw')
    await client.recv(1000)
    await client.sendall('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na')
    await until('handler')
    await turn()
    await client.sendall('b')
    await client.recv(1000)
    client.setsockopt(C.SOL_SOCKET, C.SO_LINGER, new Int32Array([1, 0]))
    client.close()
    await until('cancel', 'abort', 'error')
    server.close()
  },

  async 'streams: a Duplex'() {
    const [one, other] = P.Socket.pair()
    const a = toDuplex(one)
    here(() => {
      a.on('data', () => note('data'))
        .on('end', () => note('end'))
        .on('finish', () => note('finish'))
      a.on('close', () => note('close'))
      a.setTimeout(5, () => note('timeout'))
      a.write('x', () => note('written'))
      a.end('y', () => note('ended'))
    })
    await until('timeout', 'ended')
    await there(() => other.sendall('text'))
    await until('data')
    await turn()
    await there(() => other.sendall('more'))
    await turn()
    for (let got = 0; got < 2;) got += (await other.recv(2)).length
    there(() => other.close())
    await until('end', 'close')
  },

  async 'streams: writes of different places'() {
    const [one, other] = P.Socket.pair()
    const a = toDuplex(one)
    const all = []
    for (let i = 0; i < 4; i++)
      all.push(
        new Promise(resolve =>
          storage.run(i, () => a.write(Buffer.alloc(1 << 18), () => (seen.push([i, storage.getStore()]), resolve()))),
        ),
      )
    const b = toDuplex(other)
    there(() => b.resume())
    await Promise.all(all)
    // As with net.Socket, a write that waits for another one is continued by that.
    for (const one of seen) one[1] = one[1] === one[0] || one[1] === 0 ? 'here' : one[1]
    a.destroy()
    b.destroy()
  },

  async 'streams: web'() {
    const [one, other] = P.Socket.pair()
    const { readable, writable } = toWeb(one)
    await Promise.all([
      here(async () => {
        const reader = readable.getReader()
        await reader.read()
        note('read')
        await writable.getWriter().write(Buffer.alloc(1 << 20))
        note('write')
        await reader.read().catch(() => undefined)
        note('done')
      }),
      there(async () => {
        await turn()
        await other.sendall('x')
        for (let got = 0; got < 1 << 20;) got += (await other.recv(1 << 20)).length
        other.close()
      }),
    ])
    one.close()
  },

  async 'streams: a connector'() {
    const server = http.createServer((_, response) => response.end('x')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address()
    const connection = connector()
    await new Promise(resolve =>
      here(() =>
        connection({ host: '127.0.0.1', port }, (error, socket) => {
          note('callback')
          socket.destroy()
          resolve()
        }),
      ),
    )
    await new Promise(resolve =>
      here(() =>
        connection({ host: '127.0.0.1', port: 1 }, () => {
          note('failed')
          resolve()
        }),
      ),
    )
    await new Promise(resolve =>
      here(() =>
        http.get({ port, host: '127.0.0.1', createConnection: connection }, response => {
          note('response')
          response.resume().on('end', () => (note('end'), resolve()))
        }),
      ),
    )
    server.close()
  },

  async 'socketserver: requests'() {
    let count = 0
    class Handler extends BaseRequestHandler {
      handle() {
        note('handle')
        storage.enterWith('entered')
        if (count++ % 2 === 0) return turn()
        throw new Error('on purpose')
      }
    }
    class Server extends TCPServer {
      handleError() {
        note('handleError')
      }
      serviceActions() {
        note('serviceActions')
      }
    }
    const server = new Server(['127.0.0.1', 0], Handler)
    here(() => void server.serveForever())
    for (let i = 0; i < 3; i++) {
      const client = await there(() => P.createConnection(server.serverAddress))
      await client.recv(1).catch(() => undefined)
      client.close()
    }
    await until('handle', 'handleError')
    await server.shutdown()
    await server.serverClose()
  },
}
for (const [name, answer] of Object.entries(answers)) {
  for (const together of [false, true]) {
    const how = together ? 'together' : 'one by one'
    operations[`http: requests ${how}, answered ${name}`] = () => requests(entering(answer), together)
    if (name === 'by a stream') continue
    const fetching = entering(
      name === 'later' ? async () => (await turn(), new Response('x')) : () => new Response('x'),
    )
    operations[`http: fetch handlers, ${how}, answered ${name}`] = () => requests(fetchHandler(fetching), together)
  }
}

// The loop of this thread begins in another context, in which nothing may run.
const [first, second] = P.Socket.pair()
await storage.run('of the first waiter', async () => {
  const waiting = first.recv(1)
  second.trySend('x')
  await waiting
})

let looked = 0
const wrong = []
const only = process.argv[2]
for (const [name, run] of Object.entries(operations)) {
  if (only !== undefined && !name.includes(only)) continue
  seen = []
  await run()
  looked += seen.length
  if (seen.length === 0) wrong.push(`${name}: nothing was called`)
  for (const [what, store] of seen) if (store !== 'here') wrong.push(`${name}, ${what}: ${String(store)}`)
}
rmSync(folder, { recursive: true })
for (const line of new Set(wrong)) console.log(line)
console.log(`${looked} callbacks in ${Object.keys(operations).length} operations, ${wrong.length} wrong`)
process.exit(wrong.length > 0 ? 1 : 0)
