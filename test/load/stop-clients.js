// A process of clients for stop.js. They connect and request as fast as they can until the server refuses them, and tell
// what became of each request.
import { randomBytes, randomInt } from 'node:crypto'
import { AF_INET, AF_UNIX, SHUT_WR } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

const waiting = { timeout: 60_000 }
const pool = randomBytes(1 << 20)

function message() {
  const length = randomInt(1, 16_384)
  const offset = randomInt(0, pool.length - length)
  return pool.subarray(offset, offset + length)
}

/** Receives up to the end, but no more than `length` bytes. */
async function receive(socket, length) {
  const parts = []
  for (let left = length; left > 0;) {
    const bytes = await socket.recv(Math.min(left, 65_536), 0, waiting)
    if (bytes.length === 0) break
    parts.push(bytes)
    left -= bytes.length
  }
  return Buffer.concat(parts)
}

const programs = {
  echo: () => {
    const bytes = message()
    return { request: bytes, answer: bytes, isAnswer: received => received.equals(bytes) }
  },
  http: () => {
    const body = message()
    const head = `POST /echo HTTP/1.1\r\nHost: stop\r\nContent-Length: ${body.length}\r\n\r\n`
    const isAnswer = received =>
      received.subarray(0, 15).toString() === 'HTTP/1.1 200 OK' && received.subarray(-body.length).equals(body)
    return { request: Buffer.concat([Buffer.from(head), body]), isAnswer }
  },
}

// How far a request came: `refused` before the connection was there; `again` if the server closed a connection that had
// been answered before, without a byte of this answer, as it may (RFC 9112, 9.5); `lost`.
async function client(task, counts) {
  const { program, address } = task
  const socket = new Socket(typeof address === 'string' ? AF_UNIX : AF_INET)
  let step = 'connect'
  try {
    await socket.connect(address, waiting)
    const last = randomInt(3)
    for (let i = 0; i <= last; i++) {
      const { request, answer, isAnswer } = programs[program]()
      step = i === 0 ? 'request' : 'again'
      await socket.sendall(request, 0, waiting)
      const ends = i === last && randomInt(2) === 0
      if (ends) socket.shutdown(SHUT_WR)
      const received = ends ? await receive(socket, 1 << 20) : await answerOf(socket, program, answer)
      if (isAnswer(received)) {
        if (++counts.answered === task.clients) process.send('under load')
      } else if (i > 0 && received.length === 0) return void counts.again++
      else {
        counts.lost++
        return void note(counts, `${received.length} bytes of an answer to ${request.length}, request ${i + 1}`)
      }
    }
  } catch (error) {
    if (step === 'connect') {
      counts.refused++
      note(counts, `connect: ${error.code ?? error}`)
      return error.code === 'EAGAIN' ? undefined : 'refused' // of a Unix socket: the backlog is full
    }
    if (step === 'again' && ['EPIPE', 'ECONNRESET'].includes(error.code)) return void counts.again++
    counts.lost++
    note(counts, `${step}: ${error.code ?? error}`)
  } finally {
    socket.close()
  }
}

async function answerOf(socket, program, answer) {
  if (program === 'echo') return receive(socket, answer.length)
  let received = Buffer.alloc(0)
  for (;;) {
    const bytes = await socket.recv(65_536, 0, waiting)
    if (bytes.length === 0) return received
    received = Buffer.concat([received, bytes])
    const end = received.indexOf('\r\n\r\n')
    const length = /content-length: (\d+)/i.exec(received.subarray(0, Math.max(end, 0)).toString())?.[1]
    if (end >= 0 && received.length >= end + 4 + Number(length)) return received
  }
}

const note = (counts, what) => (counts.notes[what] = (counts.notes[what] ?? 0) + 1)

process.on('message', async task => {
  const counts = { answered: 0, again: 0, refused: 0, lost: 0, notes: {} }
  const loop = async () => {
    while ((await client(task, counts)) !== 'refused') continue
  }
  await Promise.all(Array.from({ length: task.clients }, loop))
  process.send(counts)
})
process.on('disconnect', () => process.exit())
