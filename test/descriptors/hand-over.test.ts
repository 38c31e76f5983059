// Sockets from a service manager, and sockets that move from one thread to another.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM } from 'bsd-sockets'
import { NETLINK_ROUTE, Socket, supports, whyNot } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { listenFds, toDuplex } from 'bsd-sockets/streams'
import { describe, expect, onTestFinished, test } from 'vitest'
import { inline } from '../support/child.js'
import { allowed } from '../support/sockets.js'
import { closing, connected, listening } from '../support/tcp.js'
import { root } from '../support/root.js'

/** Starts a program as a service manager does: the sockets are descriptors 3 and up, and LISTEN_PID is its process. */
function activated(program: string, sockets: Socket[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const command = 'LISTEN_PID=$$ exec "$@"'
  const child = spawn('sh', ['-c', command, '-', process.execPath, ...inline(program)], {
    cwd: root,
    env: { ...process.env, LISTEN_FDS: String(sockets.length), ...env },
    stdio: ['ignore', 'pipe', 'inherit', ...sockets.map(({ fd }) => fd)],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const httpProgram = `
  import http from 'node:http'
  import { listenFds, listenNet } from 'bsd-sockets/streams'
  for (const { name, socket } of listenFds()) {
    await listenNet(http.createServer((_, response) => response.end('from ' + name)), socket)
  }
  console.log('ready')`

const listProgram = `
  import { listenFds } from 'bsd-sockets/streams'
  const sockets = listenFds()
  const row = ({ name, socket }) => [name, socket.fd, socket.family, socket.type, socket.getInheritable()]
  const left = Object.keys(process.env).filter(name => name.startsWith('LISTEN_'))
  console.log(JSON.stringify({ sockets: sockets.map(row), again: listenFds().length, left }))`

async function printed({ stdout }: ChildProcess): Promise<unknown> {
  return JSON.parse(await text(stdout as Readable)) as unknown
}

describe('listenFds', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hand-over-'))
  const path = join(directory, 'socket')

  test('returns sockets of several kinds with their names; no child inherits them', async () => {
    const unix = closing(new Socket(AF_UNIX))
    unix.bind(path)
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const udp = closing(new Socket(AF_INET, SOCK_DGRAM))
    const child = activated(listProgram, [listening(), unix, udp], { LISTEN_FDNAMES: 'web:control:' })
    expect(await printed(child)).toEqual({
      sockets: [
        ['web', 3, AF_INET, SOCK_STREAM, false],
        ['control', 4, AF_UNIX, SOCK_STREAM, false],
        ['', 5, AF_INET, SOCK_DGRAM, false],
      ],
      again: 0,
      left: [],
    })
  })

  test('uses the name "unknown" by default, and ignores the sockets of another process', async () => {
    const sockets = [['unknown', 3, AF_INET, SOCK_STREAM, false]]
    expect(await printed(activated(listProgram, [listening()]))).toEqual({ sockets, again: 0, left: [] })
    const environment = { LISTEN_PID: '1', LISTEN_FDS: '1' }
    expect(listenFds(environment)).toEqual([])
    expect(environment).toEqual({ LISTEN_PID: '1', LISTEN_FDS: '1' })
    expect(listenFds({ LISTEN_PID: String(process.pid), LISTEN_FDS: 'three' })).toEqual([])
    expect(listenFds({})).toEqual([])
  })

  // https://github.com/nodejs/node/issues/44035
  test('http is served on its TCP and Unix sockets', async () => {
    const name = join(tmpdir(), `hand-over-${process.pid}`)
    onTestFinished(() => rmSync(name))
    const [tcp, unix] = [listening(), closing(new Socket(AF_UNIX))]
    unix.bind(name)
    unix.listen()
    const child = activated(httpProgram, [tcp, unix], { LISTEN_FDNAMES: 'tcp:unix' })
    await once(child.stdout!, 'data')
    for (const [socket, expected] of [
      [tcp, 'tcp'],
      [unix, 'unix'],
    ] as const) {
      const client = closing(new AsyncSocket(socket.family))
      await client.connect(socket.getsockname())
      const stream = toDuplex(client) // before the request: after the whole answer, the socket may have no peer
      stream.end('GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n')
      expect(await text(stream)).toMatch(new RegExp(`^HTTP/1.1 200 OK\r\n[^]*from ${expected}`))
    }
  })
})

/** Starts a worker that receives a socket, `moved`, and runs `body`. */
function worker(body: string): Worker {
  const program = `import('bsd-sockets/promises').then(({ Socket }) => {
    const { parentPort } = require('node:worker_threads')
    parentPort.once('message', async fd => {
      const moved = Socket.fromFd(fd)
      parentPort.postMessage([moved.family, moved.type])
      ${body}
      moved.close()
    })
  })`
  const thread = new Worker(program, { eval: true })
  exits.set(thread, once(thread, 'exit'))
  messages.set(thread, on(thread, 'message'))
  onTestFinished(() => void thread.terminate())
  return thread
}

/** The next message of a worker. The iterator keeps messages that arrive together, or with the exit. */
const messages = new WeakMap<Worker, AsyncIterator<unknown[]>>()
const nextMessage = async (thread: Worker): Promise<unknown> => (await messages.get(thread)!.next()).value as unknown

/** Waits for a worker's exit, or returns at once after it. */
const exits = new WeakMap<Worker, Promise<unknown>>()
const ended = (thread: Worker): Promise<unknown> => exits.get(thread)!

/** Moves a socket to a worker, which reports its family and type. */
async function move(socket: Socket | AsyncSocket, body: string): Promise<Worker> {
  const { family, type } = socket
  const thread = worker(body)
  thread.postMessage(socket.detach())
  expect(await nextMessage(thread)).toEqual([[family, type]])
  expect(socket.closed).toBe(true)
  return thread
}

describe('a socket moves to a worker', () => {
  test.each([
    ['TCP', () => connected()],
    ['a Unix stream', () => Socket.pair(AF_UNIX, SOCK_STREAM)],
    ['Unix datagrams', () => Socket.pair(AF_UNIX, SOCK_DGRAM)],
    ...(supports.socket(AF_UNIX, SOCK_SEQPACKET)
      ? ([['a Unix seqpacket', () => Socket.pair(AF_UNIX, SOCK_SEQPACKET)]] as const)
      : []),
  ] as [string, () => [Socket, Socket]][])('%s', async (_, make) => {
    const [moved, kept] = make()
    const thread = await move(moved, `await moved.send('worker: ' + await moved.recv(64))`)
    const here = closing(AsyncSocket.fromFd(kept.detach()))
    await here.send('hello')
    expect((await here.recv(64)).toString()).toBe('worker: hello')
    await ended(thread)
  })

  test('a listener, with the connections in its backlog', async () => {
    const server = listening()
    const client = closing(new AsyncSocket())
    await client.connect(server.getsockname())
    const thread = await move(
      server,
      `const [connection] = await moved.accept(); await connection.sendall('from a worker'); connection.close()`,
    )
    expect((await client.recv(64)).toString()).toBe('from a worker')
    await ended(thread)
  })

  test('a socket with a pending receive, which rejects; unread data moves too', async () => {
    const [moved, kept] = AsyncSocket.pair()
    closing(kept)
    await kept.send('received here, ')
    expect((await moved.recv(64)).toString()).toBe('received here, ')
    const waiting = moved.recv(64)
    const refused = expect(waiting).rejects.toMatchObject({ code: 'ECANCELED' })
    const thread = await move(moved, `await moved.send(await moved.recv(64))`)
    await refused
    await kept.send('received there')
    expect((await kept.recv(64)).toString()).toBe('received there')
    await ended(thread)
  })

  test.each([
    [AF_INET, '127.0.0.1'],
    [AF_INET6, '::1'],
  ])('UDP of family %i', async (family, address) => {
    const moved = new Socket(family, SOCK_DGRAM)
    moved.bind({ address, port: 0 })
    const name = moved.getsockname()
    const thread = await move(moved, `const [data, from] = await moved.recvfrom(64); await moved.sendto(data, from)`)
    const client = closing(new AsyncSocket(family, SOCK_DGRAM))
    await client.sendto('datagram', name)
    const [data, from] = await client.recvfrom(64)
    expect([data.toString(), from]).toEqual(['datagram', name])
    await ended(thread)
  })

  allowed('netlink', whyNot.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), async () => {
    const moved = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
    moved.bind({ family: 'netlink', pid: 0, groups: 0 })
    // RTM_GETLINK with NLM_F_REQUEST and NLM_F_DUMP: the first answer is an RTM_NEWLINK. rtnetlink(7)
    const thread = await move(
      moved,
      `const request = Buffer.alloc(32)
       request.writeUInt32LE(32, 0); request.writeUInt16LE(18, 4); request.writeUInt16LE(0x301, 6)
       await moved.send(request)
       parentPort.postMessage((await moved.recv(65536)).readUInt16LE(4))`,
    )
    expect(await nextMessage(thread)).toEqual([16])
    await ended(thread)
  })
})
