// The system calls that a server makes for a message. Each has a maximum, and there must be no others. Clients send one
// message after the other, or all at once.
import { createSocket } from 'node:dgram'
import type { Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import { Counted } from '../support/counts.js'
import type { Counts } from '../support/counts.js'
import { root } from '../support/root.js'
import { traced } from '../traces/trace.js'

const message = Buffer.alloc(64, 1)
const inSequence = 200
const atOnce = 50

// The threads of Node sometimes wake its event loop by an eventfd, and wait again after a stop. Other calls are allowed a few
// times: newer versions read the parameters of the scheduler, or a file. A busy machine adds one per `messagesForOne` messages.
const ofNode: Counts = { epoll_pwait: 3, epoll_wait: 3 }
const messagesForOne = 12
const fewOfNode = 4

// A message wakes the event loop once. Polls in vain are those before a slow client sends the next.
const eachWaits = { epoll_pwait: 1, 'epoll_pwait in vain': 2, epoll_wait: 1 }

// A datagram may wake it again, when there is room to send the next.
const eachDatagramWaits = { ...eachWaits, epoll_pwait: 2, epoll_wait: 2 }

// The waits of 50 messages at once, with those of SIGSTOP and SIGCONT, and one more poll of libuv.
const waits = { epoll_pwait: 8, 'epoll_pwait in vain': 8, epoll_wait: 3 }

interface Row {
  readonly program: string
  readonly args?: readonly string[]
  /** For each message, when one is sent after the other. */
  readonly each: Counts
  /** For all messages, when they are sent at once. */
  readonly all?: Counts
}

const command = 'bin/bsd-sockets.js'

const tcp: Row[] = [
  {
    program: command,
    args: ['echo', '--port=0', '--mode=reactor'],
    each: { recvfrom: 1, sendto: 1, ...eachWaits },
    all: { recvfrom: atOnce, sendto: atOnce, ...waits },
  },
  {
    program: command,
    args: ['echo', '--port=0', '--mode=promises'],
    each: { recvfrom: 1, sendto: 1, ...eachWaits },
    all: { recvfrom: atOnce, sendto: atOnce, ...waits },
  },
  {
    program: 'build/programs/benchmarks/servers/echo-streams.js',
    each: { recvfrom: 1, sendto: 1, ...eachWaits },
    all: { recvfrom: atOnce, sendto: atOnce, ...waits },
  },
  { program: 'build/programs/examples/echo-server.js', args: ['0'], each: { recvfrom: 2, sendto: 1, poll: 1 } },
]

const udp: Row[] = [
  {
    program: 'build/programs/benchmarks/servers/udp-reactor.js',
    each: { recvmmsg: 1, sendmmsg: 1, ...eachDatagramWaits },
    all: { recvmmsg: 2, sendmmsg: 1, ...waits },
  },
  {
    program: 'build/programs/benchmarks/servers/udp-messages.js',
    each: { recvmmsg: 1, sendto: 1, ...eachDatagramWaits },
    all: { recvmmsg: 3, sendto: atOnce, ...waits },
  },
  {
    program: 'build/programs/benchmarks/servers/udp-promises.js',
    each: { recvfrom: 2, sendto: 1, ...eachDatagramWaits },
    all: { recvfrom: atOnce + 4, sendto: atOnce, ...waits, epoll_pwait: 12, epoll_wait: 8 },
  },
  {
    program: 'build/programs/benchmarks/servers/udp-blocking.js',
    each: { recvfrom: 2, sendto: 1, poll: 1 },
    all: { recvfrom: atOnce + 2, sendto: atOnce, poll: 3 },
  },
  {
    program: 'build/programs/benchmarks/servers/udp-syscalls.js',
    each: { recvfrom: 1, sendto: 1 },
    all: { recvfrom: atOnce + 2, sendto: atOnce },
  },
]

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function exchange(socket: Socket, sent: Uint8Array = message, length = sent.length): Promise<void> {
  socket.write(sent)
  for (let count = 0; count < length;) count += ((await once(socket, 'data')) as [Buffer])[0].length
}

function bind(): DatagramSocket {
  const socket = createSocket('udp4')
  onTestFinished(() => void socket.close())
  return socket
}

const answered = (socket: DatagramSocket, count: number): Promise<void> =>
  new Promise(resolve => {
    let got = 0
    const listener = (): void => {
      if (++got < count) return
      socket.off('message', listener)
      resolve()
    }
    socket.on('message', listener)
  })

function expectAtMost(counts: Counts, limits: Counts, messages: number): void {
  const most = (name: string): number => {
    const limit = limits[name]
    if (limit === undefined) return fewOfNode
    const own = ofNode[name] === undefined ? 0 : ofNode[name] + Math.floor(messages / messagesForOne)
    return own + limit * messages
  }
  const beyond = Object.entries(counts).filter(([name, count]) => count > most(name))
  expect(beyond, `beyond ${JSON.stringify(limits)} × ${messages}`).toEqual([])
}

describe('the system calls of a message', () => {
  traced.each(tcp)('$program $args, TCP', async ({ program, args = [], each, all }) => {
    const server = new Counted(join(root, program), ...args)
    const port = await server.child.port()
    const first = await open(port)
    await exchange(first)
    const oneByOne = await server.during(async () => {
      for (let i = 0; i < inSequence; i++) await exchange(first)
    })
    expectAtMost(oneByOne, each, inSequence)
    if (all === undefined) return
    const clients: Socket[] = []
    for (let i = 0; i < atOnce; i++) clients.push(await open(port))
    for (const client of clients) await exchange(client)
    const together = await server.during(async () => {
      const answers = clients.map(client => once(client, 'data'))
      await server.meanwhile(() => clients.forEach(client => client.write(message)))
      await Promise.all(answers)
    })
    expectAtMost(together, all, 1)
  })

  traced.each(udp)('$program, UDP', async ({ program, each, all = {} }) => {
    const server = new Counted(join(root, program))
    const port = await server.child.port()
    const client = bind()
    const send = (): Promise<void> => new Promise(resolve => client.send(message, port, '127.0.0.1', () => resolve()))
    const oneByOne = await server.during(async () => {
      for (let i = 0; i < inSequence; i++) await Promise.all([answered(client, 1), send()])
    })
    expectAtMost(oneByOne, each, inSequence)
    let answers: Promise<void> | undefined
    const together = await server.during(async () => {
      await server.meanwhile(async () => {
        for (let i = 0; i < atOnce; i++) await send()
        answers = answered(client, atOnce)
      })
      await answers
    })
    expectAtMost(together, all, 1)
  })
})

const content = Buffer.alloc(1024, 1)
const post = Buffer.concat([
  Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${content.length}\r\n\r\n`),
  content,
])

/** Sends a request over a connection of its own, and returns the length of the answer, whose connection is kept. */
async function answerLength(port: number, request: Uint8Array): Promise<number> {
  const socket = await open(port)
  socket.write(request)
  let answer = Buffer.alloc(0)
  for (;;) {
    const head = answer.indexOf('\r\n\r\n') + 4
    const length = Number(/\r\nContent-Length: (\d+)/i.exec(answer.toString('latin1', 0, head))?.[1])
    if (head > 3 && answer.length >= head + length) return head + length
    answer = Buffer.concat([answer, ((await once(socket, 'data')) as [Buffer])[0]])
  }
}

describe('the system calls of a request of HTTP', () => {
  const get = Buffer.from('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
  const each = { recvfrom: 1, sendto: 1, ...eachWaits }

  traced.each([
    {
      answered: 'with 64 KiB by a plain handler',
      program: command,
      args: ['http', '--port=0', '--mode=reactor'],
      request: get,
    },
    {
      answered: 'with 64 KiB by a fetch handler',
      program: 'build/programs/benchmarks/servers/http-large-fetch.js',
      request: get,
    },
    {
      answered: 'with its body by a plain handler',
      program: command,
      args: ['http', '--port=0', '--mode=reactor', '--app=echo'],
      request: post,
    },
    {
      answered: 'with its body by a fetch handler',
      program: 'build/programs/benchmarks/servers/http-echo-fetch.js',
      request: post,
    },
  ])('that is answered $answered', async ({ program, args = [], request }) => {
    const server = new Counted(join(root, program), ...args)
    const port = await server.child.port()
    const length = await answerLength(port, request)
    const socket = await open(port)
    await exchange(socket, request, length)
    const counts = await server.during(async () => {
      for (let i = 0; i < inSequence; i++) await exchange(socket, request, length)
    })
    expectAtMost(counts, each, inSequence)
  })
})
