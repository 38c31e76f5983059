// Conversations of the floors and the drop-ins, each complete in itself. For each line of standard input one is held; a line
// of standard output has how it ended: {} if all is right, or the error. PEERS has the addresses of echo servers.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { closeSync, openSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { connect as netConnect } from 'node:net'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import * as C from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'
import * as P from 'bsd-sockets/promises'
import * as reactor from 'bsd-sockets/reactor'
import { toDuplex, toWeb } from 'bsd-sockets/streams'

const { tcp, unix, udp, folder } = JSON.parse(process.env.PEERS ?? '{"folder":"/"}')
const host = '127.0.0.1'
const data = Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * 7 + (i >> 8)) & 255))
const limit = 2000 // of each wait that can have one, in milliseconds

const same = (received, sent = data) => assert(Buffer.from(received).equals(sent), `wrong bytes: ${received.length}`)

/** Closes all, and throws the first error. */
function closeAll(sockets) {
  const errors = []
  for (const socket of sockets) {
    try {
      socket.close()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}

/** Calls `use` with sockets, and closes them. */
async function using(sockets, use) {
  try {
    return await use(...sockets)
  } finally {
    closeAll(sockets)
  }
}

/** Makes several sockets; if one cannot be made, closes the others. */
function several(...makers) {
  const made = []
  try {
    for (const make of makers) made.push(make())
    return made
  } catch (error) {
    closeAll(made)
    throw error
  }
}

const limited = socket => (socket.settimeout(limit), socket)

function echoed(socket) {
  socket.sendall(data)
  socket.shutdown(C.SHUT_WR)
  const chunks = []
  for (let chunk = socket.recv(8192); chunk.length > 0; chunk = socket.recv(8192)) chunks.push(chunk)
  same(Buffer.concat(chunks))
}

async function echoedLater(socket) {
  await socket.sendall(data)
  socket.shutdown(C.SHUT_WR)
  const chunks = []
  for await (const chunk of socket.chunks(8192)) chunks.push(Buffer.from(chunk))
  same(Buffer.concat(chunks))
}

/** Sends through one of a connected pair and receives at the other, both when a selector says so. */
function selected(selector) {
  const [one, other] = C.Socket.pair()
  let sent = 0
  const chunks = []
  try {
    selector.register(one, C.EVENT_WRITE)
    selector.register(other, C.EVENT_READ)
    for (let received = 0; received < data.length;) {
      const ready = selector.select(limit)
      assert(ready.length > 0, 'nothing is ready')
      for (const [{ fileobj }] of ready) {
        if (fileobj === one) {
          sent += one.trySend(data.subarray(sent, sent + 4096)) ?? 0
          if (sent === data.length) selector.unregister(one)
        } else {
          const chunk = other.tryRecv(8192)
          if (chunk === null) continue
          chunks.push(chunk)
          received += chunk.length
        }
      }
    }
    same(Buffer.concat(chunks))
  } finally {
    closeAll([one, other])
  }
}

function bySelector(make) {
  return async () => {
    const selector = make()
    try {
      selected(selector)
    } finally {
      selector.close()
    }
  }
}

/** Resolves at the end of a connection of the reactor; rejects with its error. */
function talk(connect) {
  return new Promise((resolve, reject) => {
    const chunks = []
    connect({
      open: connection => connection.end(data),
      data: (_, bytes) => void chunks.push(Buffer.from(bytes)),
      close: (_, error) => (error === undefined ? resolve(Buffer.concat(chunks)) : reject(error)),
    })
  })
}

/** What a client of Node receives until the end. */
async function clientOf(port, text) {
  const client = netConnect({ port, host, allowHalfOpen: true })
  client.end(text)
  return buffer(client)
}

const require = createRequire(`${folder}/program.js`)

const raced = (promise, what) =>
  Promise.race([promise, sleep(limit * 1.5, undefined, { ref: false }).then(() => assert.fail(`hangs: ${what}`))])

// Errors of an emitter, or of one of its events.
const failed = emitter => once(emitter, 'error').then(([error]) => Promise.reject(error))

let names = 0

async function connected() {
  const socket = new P.Socket()
  try {
    await socket.connect([host, tcp])
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

const conversations = {
  'sockets, TCP': () =>
    using([limited(new C.Socket())], socket => {
      socket.connect([host, tcp])
      socket.getsockname()
      socket.getpeername()
      echoed(socket)
    }),
  'sockets, createConnection': () => using([limited(C.createConnection([host, tcp]))], echoed),
  'sockets, Unix': () =>
    using([limited(new C.Socket(C.AF_UNIX))], socket => {
      socket.connect({ family: 'unix', path: unix })
      echoed(socket)
    }),
  'sockets, UDP': () =>
    using([limited(new C.Socket(C.AF_INET, C.SOCK_DGRAM))], socket => {
      socket.bind([host, 0])
      socket.sendto('hello', [host, udp])
      assert.equal(String(socket.recvfrom(100)[0]), 'hello')
      socket.connect([host, udp])
      socket.send('again')
      assert.equal(String(socket.recv(100)), 'again')
    }),
  'sockets, a server': () =>
    using([limited(C.createServer([host, 0]))], server =>
      using([limited(new C.Socket())], peer => {
        server.getsockopt(C.SOL_SOCKET, C.SO_TYPE)
        peer.connect(server.getsockname())
        const [client] = server.accept()
        return using([limited(client)], () => {
          peer.sendall('hello')
          client.sendall(C.recvExactly(client, 5))
          assert.equal(String(C.recvExactly(peer, 5)), 'hello')
        })
      }),
    ),
  'sockets, messages': () =>
    using(C.Socket.pair().map(limited), async (one, other) => {
      one.sendmsg(['hello ', 'world'])
      assert.equal(String(other.recvmsg(100).data), 'hello world')
      one.sendallFds('hello', [one])
      const { data, fds } = other.recvFds(100, 1)
      for (const fd of fds) fd.close()
      assert.equal(String(data), 'hello')
      assert.equal(fds.length, 1)
      await using([one.dup()], dup => dup.sendall('x'))
      assert.equal(String(other.recv(1)), 'x')
    }),
  'sockets, batches': () =>
    using(C.Socket.pair(C.AF_UNIX, C.SOCK_DGRAM).map(limited), (one, other) => {
      const batch = new C.MessageBatch(4, 16, { family: C.AF_UNIX, nameSize: 0 })
      for (let i = 0; i < 4; i++) batch.set(i, `message ${i}`)
      one.sendmmsg(batch)
      const got = new C.MessageBatch(4, 16, { family: C.AF_UNIX, nameSize: 0 })
      for (let count = 0; count < 4;) {
        const more = other.recvmmsg(got)
        for (let i = 0; i < more; i++) assert.equal(String(got.bytes(i)), `message ${count + i}`)
        count += more
      }
    }),
  'sockets, sendfile': () =>
    using(C.Socket.pair().map(limited), (one, other) => {
      const file = openSync(import.meta.filename)
      try {
        one.sendfile(file, 0, 1000)
      } finally {
        closeSync(file)
      }
      for (let left = 1000; left > 0;) left -= other.recv(left).length
    }),
  select: async () => bySelector(() => new C.SelectSelector())(),
  poll: async () => bySelector(() => new C.PollSelector())(),
  epoll: async () => bySelector(() => new C.EpollSelector())(),
  'promises, TCP': () =>
    using([new P.Socket()], async socket => {
      await socket.connect([host, tcp])
      await echoedLater(socket)
    }),
  'promises, createConnection': async () => using([await P.createConnection([host, tcp])], echoedLater),
  'promises, Unix': () =>
    using([new P.Socket(C.AF_UNIX)], async socket => {
      await socket.connect({ family: 'unix', path: unix })
      await echoedLater(socket)
    }),
  'promises, UDP': () =>
    using([new P.Socket(C.AF_INET, C.SOCK_DGRAM)], async socket => {
      socket.bind([host, 0])
      await socket.sendto('hello', [host, udp])
      assert.equal(String((await socket.recvfrom(100, 0, { timeout: limit }))[0]), 'hello')
    }),
  'promises, a server': async () => {
    const server = await P.createServer([host, 0])
    try {
      const answer = clientOf(server.getsockname().port, 'hello')
      answer.catch(() => undefined)
      const [client] = await server.accept({ timeout: limit })
      try {
        for await (const bytes of client.chunks(100)) await client.sendall(bytes)
      } finally {
        client.close()
      }
      same(await answer, Buffer.from('hello'))
    } finally {
      server.close()
    }
  },
  'promises, messages': () =>
    using(P.Socket.pair(), async (one, other) => {
      await one.sendmsg(['hello ', 'world'])
      assert.equal(String((await other.recvmsg(100, 0, 0, { timeout: limit })).data), 'hello world')
      await one.sendallFds('hello', [one])
      const { data, fds } = await other.recvFds(100, 1, 0, { timeout: limit })
      for (const fd of fds) fd.close()
      assert.equal(String(data), 'hello')
      assert.equal(fds.length, 1)
      const file = openSync(import.meta.filename)
      try {
        await one.sendfile(file, 0, 1000)
      } finally {
        closeSync(file)
      }
      for (let left = 1000; left > 0;) left -= (await other.recv(left, 0, { timeout: limit })).length
    }),
  'reactor, TCP': async () =>
    same(
      await raced(
        talk(handlers => reactor.connect({ port: tcp, ...handlers })),
        'the connection',
      ),
    ),
  'reactor, Unix': async () =>
    same(
      await raced(
        talk(handlers => reactor.connect({ path: unix, ...handlers })),
        'the connection',
      ),
    ),
  'reactor, a server': async () => {
    const { promise: failure, reject } = withResolvers()
    failure.catch(() => undefined)
    const server = reactor.listen({
      address: host,
      port: 0,
      data: (connection, bytes) => void connection.write(bytes),
      close: (_, error) => void (error && reject(error)),
      error: reject,
    })
    try {
      const received = clientOf(server.address.port, data).catch(() => failure)
      same(await raced(Promise.race([received, failure]), 'the client'))
    } finally {
      server.close()
    }
  },
  'reactor, UDP': async () => {
    const { promise, resolve, reject } = withResolvers()
    const socket = reactor.bind({
      address: host,
      port: 0,
      message: (_, bytes) => resolve(String(bytes)),
      error: reject,
    })
    try {
      socket.sendto('hello', [host, udp])
      assert.equal(await raced(promise, 'the message'), 'hello')
    } finally {
      socket.close()
    }
  },
  'streams, Duplex': async () => {
    const socket = await connected()
    const duplex = ended(socket, () => toDuplex(socket))
    try {
      duplex.end(data)
      same(await raced(buffer(duplex), 'the stream'))
    } finally {
      duplex.destroy()
      if (!duplex.closed) await once(duplex, 'close').catch(() => undefined)
    }
  },
  'streams, Web': async () => {
    const socket = await connected()
    const { readable, writable } = ended(socket, () => toWeb(socket))
    const writer = writable.getWriter()
    const written = writer.write(data).then(() => writer.close())
    const read = buffer(readable)
    const both = await raced(Promise.allSettled([written, read]), 'the streams')
    // Also if the other direction is left open by a failure of one.
    await Promise.allSettled([writer.abort(), both[1].status === 'rejected' ? readable.cancel() : undefined])
    for (const { status, reason } of both.toReversed()) if (status === 'rejected') throw reason // the reader has the error
    same(both[1].value)
  },
  http: async () => {
    const { promise: failure, reject } = withResolvers()
    failure.catch(() => undefined)
    const server = serve(({ body }) => ({ body }), { address: host, port: 0, error: reject })
    try {
      const received = new Promise(resolve => {
        const asked = request({ port: server.address.port, host, method: 'POST', agent: false }, answer => {
          buffer(answer).then(resolve, () => resolve(undefined))
        })
        asked.on('error', () => resolve(undefined))
        asked.end(data)
      })
      const bytes = await raced(Promise.race([received, failure]), 'the request')
      if (bytes !== undefined) same(bytes)
      return { lost: bytes === undefined } // a lost client is no error of the server
    } finally {
      server.close()
    }
  },
  'unix-dgram': async () => {
    const { createSocket } = require('unix-dgram')
    const path = `${folder}/d${process.pid}-${names++}`
    const { promise, resolve, reject } = withResolvers()
    const sockets = several(
      () => createSocket('unix_dgram', bytes => resolve(String(bytes))),
      () => createSocket('unix_dgram'),
    )
    const [server, client] = sockets
    for (const socket of sockets) socket.on('error', reject)
    promise.catch(() => undefined)
    try {
      server.bind(path)
      client.connect(path)
      client.send(Buffer.from('hello'), error => error && reject(error))
      assert.equal(await raced(promise, 'the message'), 'hello')
    } finally {
      closeAll(sockets)
      rmSync(path, { force: true })
    }
  },
  usocket: async () => {
    const { USocket } = require('usocket')
    const socket = new USocket(unix)
    const closed = new Promise(resolve => socket.once('close', resolve))
    const error = failed(socket)
    error.catch(() => undefined)
    socket.on('error', () => undefined)
    try {
      await raced(Promise.race([once(socket, 'connected'), error]), 'connected')
      socket.end(data)
      same(await raced(Promise.race([buffer(socket), error]), 'the stream'))
    } finally {
      socket.destroy()
      await Promise.race([closed, sleep(500)])
    }
  },
  'raw-socket': async () => {
    const raw = require('raw-socket')
    const socket = raw.createSocket({ protocol: raw.Protocol.ICMP })
    const { promise, resolve, reject } = withResolvers()
    promise.catch(() => undefined)
    // Echo request, checksum zero to be generated. RFC 792
    const id = names++ & 0xffff
    const echo = Buffer.from([8, 0, 0, 0, id >> 8, id & 255, 0, 1, ...Buffer.from('hello')])
    raw.writeChecksum(echo, 2, raw.createChecksum(echo))
    socket.on('message', bytes => {
      const icmp = bytes.subarray((bytes[0] & 15) * 4)
      if (icmp[0] === 0 && icmp.readUInt16BE(4) === id) resolve(icmp.subarray(8).toString())
    })
    socket.on('error', reject)
    try {
      socket.send(echo, 0, echo.length, host, error => error && reject(error))
      assert.equal(await raced(promise, 'the answer'), 'hello')
    } finally {
      socket.close()
    }
  },
}

/** Promise.withResolvers of newer versions of Node. */
function withResolvers() {
  let resolve, reject
  const promise = new Promise((...both) => ([resolve, reject] = both))
  return { promise, resolve, reject }
}

/** Closes the socket if `make` throws. */
function ended(socket, make) {
  try {
    return make()
  } catch (error) {
    socket.close()
    throw error
  }
}

const told = error => ({
  name: error.name,
  message: error.message,
  code: error.code ?? null,
  errno: error.errno ?? null,
  syscall: error.syscall ?? null,
  cause: error.cause === undefined ? null : told(error.cause),
  errors: error.errors?.map(told) ?? [],
})
const say = answer => console.log(JSON.stringify(answer))

EventEmitter.captureRejections = false
process.on('uncaughtException', error => say({ ...told(error), uncaught: true }))
process.on('warning', () => undefined)

if (process.argv[2] === '--list') {
  for (const name of Object.keys(conversations)) console.log(name)
} else {
  const hold = conversations[process.argv[2]]
  console.log('ready')
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === '') continue
    try {
      say((await hold()) ?? {})
    } catch (error) {
      say(told(error))
    }
  }
}
