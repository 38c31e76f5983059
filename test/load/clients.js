// A process of clients for soak.js, which may kill it at any moment. Each client is one connection of some kind; it
// compares each byte that comes back, and counts. The counts are sent to the parent once a second.
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { setInterval } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { AF_INET, MSG_PEEK, SHUT_WR, SO_LINGER, SOCK_DGRAM, SOL_SOCKET } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { working } from './rest.js'

const { ports, period, pause, width } = JSON.parse(process.argv[2])

const counts = { connections: 0, complete: 0, cut: 0, sent: 0, returned: 0, abandoned: 0, requests: 0, datagrams: 0 }
const kinds = {}

const pool = randomBytes(1 << 20)
/** Bytes that are different each time. */
function message(largest) {
  const length = randomInt(1, largest + 1)
  const offset = randomInt(0, pool.length - length)
  return pool.subarray(offset, offset + length)
}

const waiting = { timeout: 60_000 } // another program may have the processor meanwhile

async function connect(port) {
  const socket = new Socket()
  try {
    await socket.connect(['127.0.0.1', port], waiting)
    counts.connections++
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

async function send(socket, bytes) {
  await socket.sendall(bytes, 0, waiting)
  counts.sent += bytes.length
}

/** Receives as many bytes as `expected` has, at most `step` at a time with a pause after each, and compares them. */
async function expectBytes(socket, expected, step = expected.length, pause = 0) {
  for (let at = 0; at < expected.length;) {
    const bytes = await socket.recv(Math.min(step, expected.length - at), 0, waiting)
    assert.ok(bytes.length > 0, `the connection has ended ${expected.length - at} bytes early`)
    assert.ok(bytes.equals(expected.subarray(at, at + bytes.length)), 'other bytes than expected')
    at += bytes.length
    counts.returned += bytes.length
    if (pause > 0) await sleep(pause)
  }
}

async function expectEnd(socket) {
  assert.equal((await socket.recv(1, 0, waiting)).length, 0, 'more bytes than expected')
}

const reset = socket => socket.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))

// Each takes a connected socket, and returns the number of bytes that it has sent and not waited for.
const echoes = {
  async converses(socket) {
    for (let rounds = randomInt(1, 6); rounds > 0; rounds--) {
      const bytes = message(16 * 1024)
      await send(socket, bytes)
      await expectBytes(socket, bytes)
    }
    return 0
  },
  async halfCloses(socket) {
    const bytes = message(128 * 1024)
    const sending = send(socket, bytes).then(() => socket.shutdown(SHUT_WR))
    await Promise.all([sending, expectBytes(socket, bytes)])
    await expectEnd(socket)
    return 0
  },
  async saysNothing() {
    await sleep(randomInt(0, 1000))
    return 0
  },
  async closes(socket) {
    const bytes = message(32 * 1024)
    await send(socket, bytes)
    return bytes.length
  },
  async resets(socket) {
    const bytes = message(32 * 1024)
    await send(socket, bytes)
    reset(socket)
    return bytes.length
  },
  async sendsSlowly(socket) {
    const bytes = message(20)
    for (let i = 0; i < bytes.length; i++) {
      await send(socket, bytes.subarray(i, i + 1))
      await sleep(50)
    }
    await expectBytes(socket, bytes)
    return 0
  },
  async readsSlowly(socket) {
    const bytes = message(512 * 1024) // more than the buffers of both sockets may have
    await Promise.all([send(socket, bytes), expectBytes(socket, bytes, 32 * 1024, 20)])
    return 0
  },
}

const ok = (length, type) =>
  new RegExp(`^HTTP/1\\.1 200 OK\\r\\n[^]*Content-Length: ${length}\\r\\n`, 'i').test(type) && type.endsWith('\r\n\r\n')

/** Expects an answer 200 with this content. */
async function expectAnswer(socket, body, step, pause) {
  let head = ''
  while (!head.endsWith('\r\n\r\n')) {
    const bytes = await socket.recv(1024, MSG_PEEK, waiting)
    assert.ok(bytes.length > 0, 'the connection has ended before an answer')
    const text = head + bytes.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const length = (end < 0 ? text.length : end + 4) - head.length
    head += (await socket.recv(length, 0, waiting)).toString('latin1')
  }
  assert.ok(ok(body.length, head), `an answer of another kind: ${head}`)
  await expectBytes(socket, body, step, pause)
  counts.requests++
}

const hello = Buffer.from('hello world\n')
const large = Buffer.alloc(64 * 1024)
const get = path => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: soak\r\n\r\n`)
const post = length => Buffer.from(`POST /echo HTTP/1.1\r\nHost: soak\r\nContent-Length: ${length}\r\n\r\n`)
const chunked = Buffer.from('POST /echo HTTP/1.1\r\nHost: soak\r\nTransfer-Encoding: chunked\r\n\r\n')

function chunks(bytes) {
  const parts = []
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at, (at += randomInt(1, 8192)))
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

const requests = [
  async socket => {
    await send(socket, get('/'))
    await expectAnswer(socket, hello)
  },
  async socket => {
    await send(socket, get('/large'))
    await expectAnswer(socket, large)
  },
  async socket => {
    const body = message(64 * 1024)
    await Promise.all([send(socket, Buffer.concat([post(body.length), body])), expectAnswer(socket, body)])
  },
  async socket => {
    const body = message(64 * 1024)
    await Promise.all([send(socket, Buffer.concat([chunked, chunks(body)])), expectAnswer(socket, body)])
  },
  async socket => {
    await send(socket, Buffer.concat([get('/'), get('/'), get('/')]))
    for (let i = 0; i < 3; i++) await expectAnswer(socket, hello)
  },
]

const exchanges = {
  async keepsAlive(socket) {
    for (let count = randomInt(1, 6); count > 0; count--) await requests[randomInt(requests.length)](socket)
    return 0
  },
  async halfCloses(socket) {
    await send(socket, get('/large'))
    socket.shutdown(SHUT_WR)
    await expectAnswer(socket, large)
    await expectEnd(socket)
    return 0
  },
  async saysNothing() {
    await sleep(randomInt(0, 1000))
    return 0
  },
  async cutsUpload(socket) {
    const body = message(64 * 1024)
    const half = body.subarray(0, body.length >> 1)
    await send(socket, Buffer.concat([post(body.length), half]))
    return half.length
  },
  async resetsUpload(socket) {
    const body = message(64 * 1024)
    const half = body.subarray(0, body.length >> 1)
    await send(socket, Buffer.concat([chunked, chunks(body).subarray(0, half.length)]))
    reset(socket)
    return half.length
  },
  async closesEarly(socket) {
    await send(socket, Buffer.concat([get('/large'), get('/large')]))
    return 2 * large.length
  },
  async sendsSlowly(socket) {
    const request = get('/')
    for (const byte of request) {
      await send(socket, Buffer.from([byte]))
      await sleep(20)
    }
    await expectAnswer(socket, hello)
    return 0
  },
  async readsSlowly(socket) {
    await send(socket, Buffer.concat([get('/large'), get('/large'), get('/large'), get('/large')]))
    for (let i = 0; i < 4; i++) await expectAnswer(socket, large, 16 * 1024, 20)
    return 0
  },
}

async function overTcp(server, kind, action) {
  const name = `${server}: ${kind}`
  const socket = await connect(ports[server])
  try {
    const abandoned = await action(socket)
    if (abandoned > 0) counts.cut++
    else counts.complete++
    counts.abandoned += abandoned
    kinds[name] = (kinds[name] ?? 0) + 1
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error })
  } finally {
    socket.close()
  }
}

// A window of datagrams, each of which comes back once and whole.
async function overUdp() {
  const socket = new Socket(AF_INET, SOCK_DGRAM)
  try {
    await socket.connect(['127.0.0.1', ports.udp])
    for (let rounds = randomInt(1, 6); rounds > 0; rounds--) {
      const sent = Array.from({ length: 8 }, () => message(1400))
      for (const bytes of sent) {
        await socket.send(bytes)
        counts.sent += bytes.length
      }
      for (const bytes of sent) {
        assert.ok(bytes.equals(await socket.recv(2048, 0, waiting)), 'udp: another datagram than expected')
        counts.returned += bytes.length
        counts.datagrams++
      }
    }
  } finally {
    socket.close()
  }
}

const any = object => {
  const entries = Object.entries(object)
  return entries[randomInt(entries.length)]
}

const begin = {
  reactor: () => overTcp('reactor', ...any(echoes)),
  promises: () => overTcp('promises', ...any(echoes)),
  http: () => overTcp('http', ...any(exchanges)),
  udp: overUdp,
}

// Until the parent disconnects or kills it.
async function client(server) {
  for (;;) {
    await sleep(2 * pause * Math.random())
    await working(period)
    await begin[server]()
  }
}

process.on('unhandledRejection', error => {
  console.error(error)
  process.exit(1)
})
process.on('disconnect', () => process.exit())
setInterval(() => process.send({ counts, kinds }), 1000)
for (const server of Object.keys(begin)) for (let i = 0; i < width; i++) void client(server)
