// Servers and their handlers. A handler blocks this thread, so its client sends everything before it is served.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  hasDualstackIpv6,
  IPPROTO_TCP,
  MSG_PEEK,
  options,
  setOption,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket as BlockingSocket,
  TCP_NODELAY,
} from 'bsd-sockets'
import type { AddressLike, SocketAddress } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import {
  BaseRequestHandler,
  DatagramRequestHandler,
  StreamRequestHandler,
  StreamServer,
  TCPServer,
  UDPServer,
  UnixDatagramServer,
  UnixStreamServer,
} from 'bsd-sockets/socketserver'
import type { ServerOptions } from 'bsd-sockets/socketserver'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Child, script } from '../support/child.js'
import { thrown } from '../support/tcp.js'
import { root } from '../support/root.js'

const anyPort: AddressLike = ['127.0.0.1', 0]
const programs = join(root, 'build/programs/test/programs')
const streamHandler = pathToFileURL(join(programs, 'stream-handler.js'))
const datagramHandler = pathToFileURL(join(programs, 'datagram-handler.js'))
const threading = true

class Echo extends StreamRequestHandler {
  override timeout = 10_000
  override handle(): void {
    this.wfile.write(this.rfile.readline())
  }
}

class EchoDatagram extends DatagramRequestHandler {
  override handle(): void {
    this.wfile.write(this.rfile.readline())
  }
}

/** A path for a Unix socket, removed with the test. */
function path(): string {
  const name = join(tmpdir(), `bsd-sockets-${randomUUID()}`)
  onTestFinished(() => rmSync(name, { force: true }))
  return name
}

interface Closable {
  serverClose(): Promise<void>
}

/** Closes the server with the test, and returns it. */
function closing<T extends Closable>(server: T): T {
  onTestFinished(() => server.serverClose())
  return server
}

/** Serves until the test ends. */
function serving<T extends Closable & { serveForever(): Promise<void> }>(server: T): T {
  const served = server.serveForever()
  onTestFinished(async () => {
    await server.serverClose()
    await served
  })
  return server
}

/**
 * A client that has connected and sent these bytes: it must do so first, since a handler blocks this thread. It is closed
 * with the test.
 */
function client(family: number, type: number, address: SocketAddress, line: string | null = 'hello world\n'): Socket {
  const blocking = new BlockingSocket(family, type)
  onTestFinished(() => socket.close())
  if (family === AF_UNIX && type === SOCK_DGRAM) blocking.bind(path())
  blocking.connect(address)
  if (line !== null) blocking.sendall(line)
  const socket = new Socket(family, type, 0, blocking.detach())
  socket.settimeout(10_000)
  return socket
}

interface Server {
  readonly socket: BlockingSocket
  readonly serverAddress: SocketAddress
}

/** A client of this server. */
const clientOf = ({ socket: { family, type }, serverAddress }: Server, line?: string | null): Socket =>
  client(family, type, serverAddress, line)

/** Everything that a server sends until it closes. */
async function all(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** The server's answer to a line. */
const answer = (server: Server, line?: string): Promise<string> => all(clientOf(server, line))

/** An event that a test waits for. */
function event(): { wait: Promise<void>; tell: () => void } {
  let tell = (): void => {}
  const wait = new Promise<void>(resolve => (tell = resolve))
  return { wait, tell }
}

const descriptors = (): number => readdirSync('/dev/fd').length

describe.each([
  ['one at a time', {}, Echo, EchoDatagram],
  ['a thread for each', { threading }, streamHandler, datagramHandler],
])('%s', (_, options, stream, datagram) => {
  test.each([
    ['TCPServer', () => new TCPServer(anyPort, stream, options)],
    ['UnixStreamServer', () => new UnixStreamServer(path(), stream, options)],
    ...(hasDualstackIpv6()
      ? [
          [
            'TCPServer over IPv6',
            () => new TCPServer(['::1', 0], stream, { ...options, addressFamily: AF_INET6 }),
          ] as const,
        ]
      : []),
  ] as const)('%s serves connections until it is shut down', async (_, make) => {
    const server = closing(make())
    expect(server.serverAddress).toEqual(server.socket.getsockname())
    expect(server.fileno()).toBe(server.socket.fd)
    const served = server.serveForever()
    for (let i = 0; i < 3; i++) {
      expect(await answer(server)).toBe('hello world\n')
    }
    await server.shutdown()
    await served
    await server.serverClose()
    expect(server.fileno()).toBe(-1)
  })

  test.each([
    ['UDPServer', () => new UDPServer(anyPort, datagram, options)],
    ['UnixDatagramServer', () => new UnixDatagramServer(path(), datagram, options)],
  ] as const)('%s serves datagrams until it is shut down', async (_, make) => {
    const server = closing(make())
    const served = server.serveForever()
    const socket = clientOf(server, null)
    for (const line of ['hello world\n', 'and again\n']) {
      expect(socket.trySend(`${line}of which one line comes back`)).not.toBe(null)
      expect((await socket.recv(100)).toString()).toBe(line)
    }
    await server.shutdown()
    await served
  })

  test('leaves no descriptor behind', async () => {
    const life = async (): Promise<void> => {
      const server = new TCPServer(anyPort, stream, options)
      const served = server.serveForever()
      for (let i = 0; i < 5; i++) {
        const socket = clientOf(server)
        expect(await all(socket)).toBe('hello world\n')
        socket.close()
      }
      await server.serverClose()
      await served
    }
    await life()
    const before = descriptors()
    await life()
    expect(descriptors()).toBeLessThanOrEqual(before)
  })
})

describe('shutdown', () => {
  test('ends a serveForever that has just begun', async () => {
    const servers = Array.from({ length: 20 }, () => closing(new TCPServer(anyPort, Echo)))
    const served = servers.map(server => server.serveForever(10))
    await Promise.all(servers.map(server => server.shutdown()))
    await Promise.all(served)
  })

  test('before serveForever ends it at once, and no later one', async () => {
    const server = closing(new TCPServer(anyPort, Echo))
    await server.shutdown()
    await server.serveForever()
    const served = server.serveForever()
    expect(await answer(server)).toBe('hello world\n')
    await server.shutdown()
    await served
  })

  test('waits only for the request that is being handled', async () => {
    const [begun, end] = [event(), event()]
    const steps: string[] = []
    class Slow extends BaseRequestHandler {
      override async handle(): Promise<void> {
        begun.tell()
        await end.wait
        steps.push('handled')
      }
    }
    const server = closing(new TCPServer(anyPort, Slow))
    const served = server.serveForever()
    clientOf(server)
    await begun.wait
    clientOf(server) // waits to be accepted, but never is
    const shut = server.shutdown().then(() => steps.push('shut down'))
    await sleep(20)
    expect(steps).toEqual([])
    end.tell()
    await Promise.all([served, shut])
    expect(steps).toEqual(['handled', 'shut down'])
  })

  test.each(['TCP', 'Unix'])('with backlog serves those that have connected, and no others: %s', async kind => {
    const [begun, end] = [event(), event()]
    const served: string[] = []
    class Slow extends BaseRequestHandler {
      override async handle(): Promise<void> {
        begun.tell()
        await end.wait
        served.push(this.request.recv(10).toString())
        this.request.sendall('answer')
      }
    }
    const server = kind === 'TCP' ? new TCPServer(anyPort, Slow) : new UnixStreamServer(path(), Slow)
    const running = closing(server).serveForever()
    const clients = ['first', 'second', 'third'].map(request => clientOf(server, request))
    await begun.wait
    const shut = server.shutdown({ backlog: true })
    end.tell()
    await Promise.all([running, shut])
    expect(served).toEqual(['first', 'second', 'third'])
    for (const client of clients) expect(await all(client)).toBe('answer')
    await server.serverClose()
    using late = new BlockingSocket(server.socket.family)
    expect(() => late.connect(server.serverAddress)).toThrow('ECONNREFUSED')
    await expect(server.shutdown({ backlog: 'yes' } as never)).rejects.toThrow('options.backlog')
    await expect(server.shutdown({ drain: true } as never)).rejects.toThrow('drain')
  })

  test('with backlog serves a client that connects while it waits for one', async () => {
    const server = closing(new TCPServer(anyPort, Echo))
    const running = server.serveForever()
    await turn() // it waits
    const shut = server.shutdown({ backlog: true })
    const client = clientOf(server)
    await Promise.all([running, shut])
    expect(await all(client)).toBe('hello world\n')
  })

  test('can be called by a handler', async () => {
    class Last extends BaseRequestHandler<Socket, TCPServer> {
      override handle(): void {
        void this.server.shutdown()
      }
    }
    const server = closing(new TCPServer(anyPort, Last as never))
    const served = server.serveForever()
    clientOf(server)
    await served
  })

  test('serving twice at a time is an error', async () => {
    const server = serving(new TCPServer(anyPort, Echo))
    await expect(server.serveForever()).rejects.toThrow('serving already')
  })
})

describe('serverClose', () => {
  test('ends serveForever, and does nothing when called again', async () => {
    const server = new TCPServer(anyPort, Echo)
    const served = server.serveForever()
    await server.serverClose()
    await served
    await server.serverClose()
    await server.handleRequest()
    expect(server.fileno()).toBe(-1)
  })

  test('of a server that never served', async () => {
    const server = new TCPServer(anyPort, streamHandler, { threading })
    await server.serverClose()
    expect(server.fileno()).toBe(-1)
  })

  test('await using closes at the end of the block', async () => {
    let socket
    {
      await using server = new TCPServer(anyPort, Echo)
      ;({ socket } = server)
      expect(socket.closed).toBe(false)
    }
    expect(socket.closed).toBe(true)
  })
})

describe('the socket', () => {
  test('is bound and listens by default', async () => {
    const server = closing(new TCPServer(anyPort, Echo, { bindAndActivate: false }))
    expect(server.serverAddress).toMatchObject({ address: '0.0.0.0', port: 0 })
    server.serverBind(anyPort)
    server.serverActivate()
    expect(server.serverAddress).toEqual(server.socket.getsockname())
    const socket = clientOf(server, 'late\n')
    await server.handleRequest()
    expect(await all(socket)).toBe('late\n')
  })

  test('a socket that does not listen is an error', async () => {
    const server = closing(new TCPServer(anyPort, Echo, { bindAndActivate: false }))
    await expect(server.serveForever()).rejects.toThrow('accept EINVAL')
  })

  test('is closed if it cannot be bound', () => {
    const { serverAddress } = closing(new TCPServer(anyPort, Echo))
    const before = descriptors()
    for (let i = 0; i < 200; i++) expect(() => new TCPServer(serverAddress, Echo)).toThrow('bind EADDRINUSE')
    expect(() => new TCPServer(['127.0.0.1', -1], Echo)).toThrow(RangeError)
    expect(() => new TCPServer(['localhost', 0], Echo)).toThrow(TypeError)
    expect(descriptors()).toBe(before)
  })

  test('can be bound again at once, or shared, with the options for that', async () => {
    const options = { allowReuseAddress: true }
    const server = new TCPServer(anyPort, Echo, options)
    const served = server.serveForever()
    expect(await answer(server)).toBe('hello world\n')
    await server.serverClose() // its end of the connection stays in TIME_WAIT for a while
    await served
    expect(() => new TCPServer(server.serverAddress, Echo)).toThrow('bind EADDRINUSE')
    closing(new TCPServer(server.serverAddress, Echo, options))
    const shared = closing(new TCPServer(anyPort, Echo, { allowReusePort: true }))
    closing(new TCPServer(shared.serverAddress, Echo, { allowReusePort: true }))
  })

  test('a server of any family can be created', async () => {
    const server = closing(new StreamServer(AF_UNIX, path(), Echo))
    const socket = clientOf(server, 'any\n')
    await server.handleRequest()
    expect(await all(socket)).toBe('any\n')
  })
})

describe('handleRequest', () => {
  test('handles one request', async () => {
    const server = closing(new TCPServer(anyPort, Echo))
    const [first, second] = [clientOf(server, 'one\n'), clientOf(server, 'two\n')]
    await server.handleRequest()
    expect(await all(first)).toBe('one\n')
    expect(second.tryRecv(1)).toBe(null)
    await server.handleRequest()
    expect(await all(second)).toBe('two\n')
  })

  test('handleTimeout is called if none has come in time', async () => {
    class Impatient extends TCPServer {
      override timeout = 20
      timeouts = 0
      override handleTimeout(): void {
        this.timeouts++
      }
    }
    const server = closing(new Impatient(anyPort, Echo))
    await server.handleRequest()
    await server.handleRequest()
    expect(server.timeouts).toBe(2)
    const socket = clientOf(server, 'in time\n')
    await server.handleRequest()
    expect(await all(socket)).toBe('in time\n')
    expect(server.timeouts).toBe(2)
  })

  test('serveForever calls serviceActions regularly', async () => {
    const done = event()
    class Busy extends TCPServer {
      actions = 0
      override serviceActions(): void {
        if (++this.actions === 3) done.tell()
      }
    }
    const server = closing(new Busy(anyPort, Echo))
    const served = server.serveForever(10)
    await done.wait
    await server.shutdown()
    await served
  })
})

describe('handlers', () => {
  test('set up, handle and finish, a new handler for each request', async () => {
    const steps: string[] = []
    let handlers = 0
    class Steps extends BaseRequestHandler {
      readonly number = ++handlers
      override setup(): void {
        steps.push(`setup ${this.number}`)
      }
      override async handle(): Promise<void> {
        await sleep(5)
        steps.push(`handle ${this.number}`)
      }
      override finish(): void {
        steps.push(`finish ${this.number}`)
      }
    }
    const server = serving(new TCPServer(anyPort, Steps))
    const clients = [clientOf(server), clientOf(server)]
    await Promise.all(clients.map(all))
    expect(steps).toEqual(['setup 1', 'handle 1', 'finish 1', 'setup 2', 'handle 2', 'finish 2'])
  })

  test('know the request, the client, the server and its data', async () => {
    const handlers: Echo[] = []
    class Known extends Echo {
      override handle(): void {
        handlers.push(this)
      }
    }
    const server = closing(new TCPServer(anyPort, Known, { data: { some: 'data' } }))
    const socket = clientOf(server, null)
    await server.handleRequest()
    expect(await all(socket)).toBe('')
    const [known] = handlers
    expect(known).toMatchObject({ clientAddress: socket.getsockname(), server })
    expect(known!.connection).toBe(known!.request)
    expect(known!.request.closed).toBe(true)
    expect(known!.server.data).toEqual({ some: 'data' })
    expect([known!.rfile.closed, known!.wfile.closed]).toEqual([true, true])
  })

  test('finish even if they fail, but not if setup failed', async () => {
    const steps: string[] = []
    let fails = 'setup'
    class Failing extends BaseRequestHandler {
      #step(name: string): void {
        steps.push(name)
        if (name === fails) throw new Error(name)
      }
      override setup(): void {
        this.#step('setup')
      }
      override handle(): void {
        this.#step('handle')
      }
      override finish(): void {
        this.#step('finish')
      }
    }
    class Server extends TCPServer {
      override handleError(error: unknown, request: { closed: boolean }): void {
        steps.push(`${(error as Error).message} failed, ${request.closed ? 'closed' : 'open'}`)
      }
    }
    const server = closing(new Server(anyPort, Failing))
    const expected = {
      setup: ['setup', 'setup failed, open'],
      handle: ['setup', 'handle', 'finish', 'handle failed, open'],
      finish: ['setup', 'handle', 'finish', 'finish failed, open'],
    }
    for (const [name, happens] of Object.entries(expected)) {
      fails = name
      const socket = clientOf(server, null)
      await server.handleRequest()
      expect(await all(socket)).toBe('') // closed nevertheless
      expect(steps.splice(0)).toEqual(happens)
    }
  })

  test('what they throw is printed, and the next client is served', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => print.mockRestore())
    let fail = true
    class Failing extends Echo {
      override handle(): void {
        if (fail) throw new Error('no')
        super.handle()
      }
    }
    const server = serving(new TCPServer(anyPort, Failing))
    const socket = clientOf(server)
    expect(await all(socket)).toBe('')
    expect(print).toHaveBeenCalledExactlyOnceWith('The request of', socket.getsockname(), 'failed:', new Error('no'))
    fail = false
    expect(await answer(server)).toBe('hello world\n')
  })

  test('an error that handleError throws ends serveForever, with the request closed', async () => {
    class Strict extends TCPServer {
      override handleError(error: unknown): void {
        throw error as Error
      }
    }
    class Failing extends BaseRequestHandler {
      override handle(): void {
        throw new Error('strictly no')
      }
    }
    const server = closing(new Strict(anyPort, Failing))
    const served = expect(server.serveForever()).rejects.toThrow('strictly no')
    expect(await answer(server)).toBe('')
    await served
    await server.shutdown() // does not fail with it
  })

  test('a client that is gone is not reported', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => print.mockRestore())
    class Buffered extends Echo {
      override wbufsize = 100
    }
    const server = closing(new TCPServer(anyPort, Buffered))
    const socket = clientOf(server, 'bye\n')
    setOption(socket, options.linger, { on: true, seconds: 0 }) // closing resets the connection
    socket.close()
    await server.handleRequest()
    expect(print).not.toHaveBeenCalled()
  })

  test('a request that verifyRequest rejects is closed without a handler', async () => {
    const steps: string[] = []
    class Choosy extends TCPServer {
      override verifyRequest(_request: unknown, clientAddress: SocketAddress): boolean {
        steps.push('verify')
        return !('port' in clientAddress)
      }
      override shutdownRequest(request: never): void {
        steps.push('shutdown')
        super.shutdownRequest(request)
      }
      override processRequest(): Promise<void> {
        steps.push('process')
        return Promise.resolve()
      }
    }
    const server = closing(new Choosy(anyPort, Echo))
    const socket = clientOf(server, null)
    await server.handleRequest()
    expect(await all(socket)).toBe('')
    expect(steps).toEqual(['verify', 'shutdown'])
  })

  test('connections have the timeout and TCP_NODELAY that the handler class sets', async () => {
    let asked: unknown[] = []
    class Quick extends StreamRequestHandler {
      override timeout = 50
      override disableNagleAlgorithm = true
      override wbufsize = 4096
      override handle(): void {
        asked = [this.request.gettimeout(), this.request.getsockopt(IPPROTO_TCP, TCP_NODELAY)]
        this.wfile.write('buffered')
        expect(() => this.rfile.readline()).toThrow('recv ETIMEDOUT')
      }
    }
    const server = serving(new TCPServer(anyPort, Quick))
    expect(await answer(server, 'no line')).toBe('buffered')
    expect(asked[0]).toBe(50)
    expect(asked[1]).not.toBe(0)
  })

  test('writes are sent at once, so that a handler can wait for an answer', async () => {
    let received = ''
    class Asking extends StreamRequestHandler {
      override timeout = 10_000
      override async handle(): Promise<void> {
        expect(this.wfile.write('write data\n')).toBe(11)
        await sleep(50) // the client is in this thread too
        received = this.rfile.readline().toString()
      }
    }
    const server = serving(new TCPServer(anyPort, Asking))
    const socket = clientOf(server, null)
    expect((await socket.recv(100)).toString()).toBe('write data\n')
    await socket.sendall('client response\n')
    expect(await all(socket)).toBe('')
    expect(received).toBe('client response\n')
  })

  test('of datagrams answer even if they write nothing', async () => {
    const server = serving(new UDPServer(anyPort, DatagramRequestHandler))
    expect(await clientOf(server).recv(100)).toHaveLength(0)
  })

  test('of datagrams receive at most maxPacketSize bytes', async () => {
    const server = serving(new UDPServer(anyPort, EchoDatagram, { maxPacketSize: 5 }))
    expect((await clientOf(server).recv(100)).toString()).toBe('hello')
  })
})

describe('threads', () => {
  test('a slow handler does not delay the next', async () => {
    const server = serving(new TCPServer(anyPort, streamHandler, { threading, data: 'slow' }))
    const [first, second] = [clientOf(server, 'first\n'), clientOf(server, 'second\n\n')]
    expect(await all(second)).toBe('second\n')
    await first.sendall('\n')
    expect(await all(first)).toBe('first\n')
  })

  test('there are at most as many as the limit', async () => {
    const server = serving(new TCPServer(anyPort, streamHandler, { threading, maxThreads: 1, data: 'slow' }))
    const [first, second] = [clientOf(server, 'first\n'), clientOf(server, 'second\n\n')]
    const order: string[] = []
    const answers = [first, second].map(async socket => order.push(await all(socket)))
    await sleep(200)
    expect(order).toEqual([])
    await first.sendall('\n')
    await Promise.all(answers)
    expect(order).toEqual(['first\n', 'second\n'])
  })

  /** A server whose handlers wait for a second line, and a promise that is fulfilled when the first handler waits. */
  function slow(options: ServerOptions = {}): { server: TCPServer; begun: Promise<void> } {
    const { wait, tell } = event()
    class Slow extends TCPServer {
      override async processRequest(...request: Parameters<TCPServer['processRequest']>): Promise<void> {
        await super.processRequest(...request)
        tell()
      }
    }
    return { server: new Slow(anyPort, streamHandler, { threading, data: 'slow', ...options }), begun: wait }
  }

  test('shutdown waits for no thread, serverClose waits for all', async () => {
    const { server, begun } = slow()
    const served = server.serveForever()
    const socket = clientOf(server, 'still there\n')
    await begun
    await server.shutdown()
    await served
    const steps: string[] = []
    const closed = server.serverClose().then(() => steps.push('closed'))
    await sleep(50)
    expect(steps).toEqual([])
    await socket.sendall('\n')
    expect(await all(socket)).toBe('still there\n')
    await closed
  })

  test('serverClose does not wait if blockOnClose is false', async () => {
    const { server, begun } = slow({ blockOnClose: false })
    const served = server.serveForever()
    const socket = clientOf(server, 'let go\n')
    await begun
    await server.serverClose()
    await served
    await socket.sendall('\n')
    expect(await all(socket)).toBe('let go\n')
  })

  /** Counts the threads that are started from now on. */
  function startedThreads(): () => number {
    let count = 0
    const started = (): number => count++
    process.on('worker', started)
    onTestFinished(() => void process.off('worker', started))
    return () => count
  }

  test('one thread serves one client after the other', async () => {
    const server = closing(new TCPServer(anyPort, streamHandler, { threading, maxThreads: 1 }))
    const served = server.serveForever()
    const count = startedThreads()
    for (let i = 0; i < 20; i++) expect(await answer(server)).toBe('hello world\n')
    expect(count()).toBe(1)
    await server.serverClose()
    await served
  })

  test('sixteen clients at once have sixteen threads, which serve the next sixteen', async () => {
    const server = serving(new TCPServer(anyPort, streamHandler, { threading, data: 'slow' }))
    const count = startedThreads()
    for (let i = 0; i < 2; i++) {
      const clients = Array.from({ length: 16 }, (_, i) => clientOf(server, `${i}\n`))
      await vi.waitFor(() => expect(count()).toBeGreaterThanOrEqual(16), 20_000)
      for (const socket of clients) await socket.sendall('\n')
      expect(await Promise.all(clients.map(all))).toEqual(clients.map((_, i) => `${i}\n`))
    }
    expect(count()).toBeLessThan(20) // a thread may be starting when another becomes free
  })

  test('a thread that nobody needs ends after ten seconds', async () => {
    const server = closing(new TCPServer(anyPort, streamHandler, { threading }))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const count = startedThreads()
    const ended = event()
    const ends = (worker: Worker): void => void worker.once('exit', ended.tell)
    process.once('worker', ends)
    const served = server.serveForever(Infinity)
    expect(await answer(server)).toBe('hello world\n')
    let isOver = false
    void ended.wait.then(() => (isOver = true))
    for (; !isOver; await turn()) vi.advanceTimersByTime(10_000)
    expect(await answer(server)).toBe('hello world\n')
    expect(count()).toBe(2)
    await server.serverClose()
    await served
  })

  test('spare threads are started with the server', async () => {
    const server = closing(new TCPServer(anyPort, streamHandler, { threading, minSpareThreads: 2 }))
    const count = startedThreads()
    const served = server.serveForever()
    await turn() // in the next, 'worker' is emitted
    expect(count()).toBe(2)
    expect(await answer(server)).toBe('hello world\n')
    expect(count()).toBe(2)
    await server.serverClose()
    await served
  })

  test('forty clients that have already left get no thread each, and do not delay the next', async () => {
    const server = closing(new TCPServer(anyPort, streamHandler, { threading }))
    const count = startedThreads()
    for (let i = 0; i < 40; i++) clientOf(server, null).close()
    const served = server.serveForever()
    expect(await answer(server)).toBe('hello world\n')
    expect(count()).toBeLessThan(20)
    await server.serverClose()
    await served
  })

  test('know their client and their server', async () => {
    const server = serving(new TCPServer(anyPort, streamHandler, { threading, data: 'known' }))
    const socket = clientOf(server)
    expect(JSON.parse(await all(socket))).toEqual([socket.getsockname(), server.serverAddress])
  })

  test('32 MiB arrive whole', async () => {
    const server = serving(new TCPServer(anyPort, streamHandler, { threading, data: 'large' }))
    expect(await answer(server, '0123456\n')).toBe('0123456\n'.repeat(4 * 2 ** 20))
  })

  test('errors are reported in the thread of the server', async () => {
    const [told, errors] = [event(), [] as unknown[]]
    class Telling extends TCPServer {
      override handleError(error: unknown, _request: unknown, clientAddress: SocketAddress): void {
        errors.push(error, clientAddress)
        told.tell()
      }
    }
    const server = serving(new Telling(anyPort, streamHandler, { threading, data: 'throw' }))
    const socket = clientOf(server, 'bad\n')
    expect(await all(socket)).toBe('')
    await told.wait
    expect(errors).toEqual([new RangeError('no good: bad\n'), socket.getsockname()])
  })

  test('an error of handleError is printed, and the next client is served', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => print.mockRestore())
    const [told, failure] = [event(), new Error('no better')]
    class Failing extends TCPServer {
      override handleError(): Promise<void> {
        told.tell()
        return Promise.reject(failure)
      }
    }
    const server = serving(new Failing(anyPort, streamHandler, { threading, data: 'throw' }))
    for (let i = 0; i < 2; i++) expect(await answer(server)).toBe('')
    await told.wait
    await vi.waitFor(() => expect(print).toHaveBeenCalledWith(failure))
  })

  test('a thread that exits closes only its own connection', async () => {
    const server = serving(new TCPServer(anyPort, streamHandler, { threading, data: 'exit' }))
    for (let i = 0; i < 2; i++) expect(await answer(server)).toBe('')
  })

  /** A module with this class and further code. It is a file within this package, so that it can import the package by name. */
  function module(handler: string, more = ''): string {
    const folder = mkdtempSync(join(root, 'build/handlers-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'handler.mjs')
    writeFileSync(
      file,
      `import { DatagramRequestHandler, StreamRequestHandler } from 'bsd-sockets/socketserver'
      export class Handler extends ${handler}
      ${more}`,
    )
    return pathToFileURL(file).href
  }

  test('end with their handlers, even if their module keeps the process alive', async () => {
    const hello = module(
      `StreamRequestHandler { handle() { this.wfile.write('hello') } }`,
      'setInterval(() => {}, 1000)',
    )
    const server = new TCPServer(anyPort, hello, { threading, maxThreads: 1 })
    const served = server.serveForever()
    for (let i = 0; i < 3; i++) expect(await answer(server)).toBe('hello')
    await server.serverClose()
    await served
  })

  test('answer a datagram from the socket that received it, even if that is closed while they start', async () => {
    const later = module(`DatagramRequestHandler { handle() { this.wfile.write('answer') } }`)
    const server = new UDPServer(anyPort, later, { threading, blockOnClose: false })
    const served = server.serveForever()
    const { serverAddress } = server
    const socket = clientOf(server, null)
    await socket.sendall('question')
    await vi.waitFor(() => expect(server.socket.tryRecv(1, MSG_PEEK)).toBe(null)) // its thread has it
    const { fd } = server.socket
    await server.serverClose()
    const others = [new BlockingSocket(AF_INET, SOCK_DGRAM), new BlockingSocket(AF_INET, SOCK_DGRAM)]
    for (const other of others) other.bind(anyPort)
    expect(others.map(other => other.fd)).toContain(fd)
    expect(await socket.recvfrom(100)).toEqual([Buffer.from('answer'), serverAddress])
    for (const other of others) other.close()
    await served
  })

  test('a module without a handler, and a missing one', async () => {
    const errors: string[] = []
    class Telling extends TCPServer {
      override handleError(error: unknown): void {
        errors.push((error as { code: string }).code)
      }
    }
    for (const module of ['data:text/javascript,', 'file:///no/such/module.js']) {
      const before = errors.length
      expect(await answer(serving(new Telling(anyPort, module, { threading })))).toBe('')
      await vi.waitFor(() => expect(errors.length).toBe(before + 1))
    }
    expect(errors).toEqual(['ERR_INVALID_ARG_VALUE', 'ERR_MODULE_NOT_FOUND'])
  })

  test('a function cannot be sent to another thread, and a module needs one', () => {
    expect(thrown(() => new TCPServer(anyPort, Echo, { threading }))).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(/"handler".*URL of a module.*a function cannot go to another thread.*Echo/),
    })
    expect(thrown(() => new TCPServer(anyPort, streamHandler))).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(/"handler".*threading/),
    })
    expect(thrown(() => new TCPServer(anyPort, './handler.js', { threading }))).toMatchObject({
      code: 'ERR_INVALID_URL',
    })
    expect(() => new TCPServer(anyPort, streamHandler, { threading, maxThreads: 0 })).toThrow(RangeError)
    expect(() => new TCPServer(anyPort, streamHandler, { threading, minSpareThreads: 41 })).toThrow(RangeError)
  })
})

describe('a process', () => {
  const head = `
    import { BaseRequestHandler, StreamRequestHandler, TCPServer } from 'bsd-sockets/socketserver'
    const listening = server => console.log('listening on ' + server.serverAddress.port)
    class Echo extends StreamRequestHandler {
      handle() { for (const line of this.rfile) this.wfile.write(line) }
    }`

  const addressOf = async (child: Child): Promise<SocketAddress> => ({
    family: 'IPv4',
    address: '127.0.0.1',
    port: await child.port(),
  })

  const serve = `${head}
    const server = new TCPServer(['127.0.0.1', 0], Echo)
    process.on('SIGTERM', async () => { await server.shutdown(); console.log('shut down') })
    listening(server)
    await server.serveForever(60_000)
    await server.serverClose()
    console.log('closed')`

  test('is notified of a signal while it waits for clients', async () => {
    const child = script(serve)
    await child.port()
    child.process.kill('SIGTERM')
    expect((await child.finished()).split('\n').slice(1).sort()).toEqual(['', 'closed', 'shut down'])
  })

  test('is notified of a signal while it waits for a silent client', async () => {
    const child = script(serve)
    const socket = client(AF_INET, SOCK_STREAM, await addressOf(child), 'hello\n')
    expect((await socket.recv(100)).toString()).toBe('hello\n')
    // The first signal may arrive just before the handler waits again, when no listener can run.
    const signals = setInterval(() => child.process.kill('SIGTERM'), 50)
    onTestFinished(() => clearInterval(signals))
    expect(await all(socket)).toBe('')
    clearInterval(signals) // the listener was called; a signal that arrives while the process ends would kill it
    expect(await child.finished()).toMatch(/closed\n/)
    expect(child.stderr).toContain('InterruptedError')
  })

  test('is notified by another thread', async () => {
    const child = script(`
      import { once } from 'node:events'
      import { Worker } from 'node:worker_threads'
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(\`
        import { parentPort } from 'node:worker_threads'
        import { StreamRequestHandler, TCPServer } from '${import.meta.resolve('bsd-sockets/socketserver')}'
        const server = new TCPServer(['127.0.0.1', 0], StreamRequestHandler)
        parentPort.once('message', async () => {
          await server.shutdown()
          await server.serverClose()
        })
        parentPort.postMessage('serving')
        await server.serveForever(60_000)
        console.log('served')
      \`)))
      await once(worker, 'message')
      worker.postMessage('shutdown')
      await once(worker, 'exit')
      console.log('ended')`)
    expect(await child.finished()).toBe('served\nended\n')
  })

  test('ends while a daemon thread still waits, but waits for other threads', async () => {
    const program = (...args: string[]): Promise<string> =>
      new Child(process.execPath, [join(programs, 'daemon-threads.js'), ...args]).finished()
    expect(await program('daemons')).toBe('closed\n')
    expect(await program()).toBe('waited\nclosed\n')
  })

  test('without a free descriptor serves its clients once it has one', async () => {
    const child = script(`${head}
      import { closeSync, openSync } from 'node:fs'
      const server = new TCPServer(['127.0.0.1', 0], Echo)
      const files = []
      process.on('warning', ({ message }) => {
        console.log(message)
        setTimeout(() => files.forEach(file => closeSync(file)), 250)
      })
      try { for (;;) files.push(openSync('/dev/null')) } catch {}
      listening(server)
      process.on('SIGTERM', () => server.shutdown())
      await server.serveForever()`)
    const socket = client(AF_INET, SOCK_STREAM, await addressOf(child), 'patience\n')
    socket.shutdown(SHUT_WR)
    expect(await all(socket)).toBe('patience\n')
    child.process.kill('SIGTERM')
    expect((await child.finished()).match(/cannot accept.*/g)).toEqual(['cannot accept a client: accept EMFILE'])
  })
})
