// Other programs and packages over the streams of this package.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import type net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import { AF_UNIX, SOCK_DGRAM, SO_PASSCRED, SOL_SOCKET } from 'bsd-sockets'
import type { IPv4Address } from 'bsd-sockets'
import { createConnection, createServer, Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'
import type { SocketDuplex } from 'bsd-sockets/streams'
import { Agent, fetch } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { selfSigned } from '../support/certificate.js'
import { Child, script } from '../support/child.js'
import { closing } from '../support/tcp.js'
import { tool } from '../support/tools.js'

const big = 'every byte is to arrive. '.repeat(40_000)

/** Listens, gives each connection to `serve` as a stream, and returns the port. */
async function accepting(serve: (stream: SocketDuplex) => void): Promise<number> {
  const server = closing(await createServer(['127.0.0.1', 0]))
  void (async () => {
    for await (const [client] of server.connections()) {
      const stream = toDuplex(client, { allowHalfOpen: true })
      onTestFinished(() => void stream.destroy())
      serve(stream)
    }
  })()
  return (server.getsockname() as IPv4Address).port
}

async function connecting(port: number): Promise<SocketDuplex> {
  const stream = toDuplex(await createConnection(['127.0.0.1', port]))
  onTestFinished(() => void stream.destroy())
  return stream
}

/** An Agent of undici that connects with a socket of this package, and counts its connections. */
function socketAgent(): Agent & { connections: number } {
  const agent = Object.assign(
    new Agent({
      connections: 1,
      connect: ({ port }, callback) => {
        agent.connections++
        connecting(Number(port)).then(
          stream => callback(null, stream as unknown as net.Socket),
          (error: unknown) => callback(error as Error, null),
        )
      },
    }),
    { connections: 0 },
  )
  onTestFinished(() => agent.destroy())
  return agent
}

describe('http', () => {
  async function echo(): Promise<number> {
    const server = http.createServer((request, response) => {
      response.setHeader('x-from', request.socket.remoteAddress ?? '')
      request.pipe(response)
    })
    return accepting(stream => server.emit('connection', stream))
  }

  test('fetch and an http server, both over these streams, on one connection', async () => {
    const url = `http://127.0.0.1:${await echo()}/`
    const dispatcher = socketAgent()
    for (const body of ['hello', big, '']) {
      const response = await fetch(url, { method: 'POST', body, dispatcher })
      expect(response.headers.get('x-from')).toBe('127.0.0.1')
      expect((await response.text()) === body).toBe(true)
    }
    expect(dispatcher.connections).toBe(1)
  })

  test('many requests at once, by the fetch of the runtime', async () => {
    const url = `http://127.0.0.1:${await echo()}/`
    const bodies = Array.from({ length: 50 }, (_, i) => `${i}: ${big.slice(0, 1000 * i)}`)
    const answers = bodies.map(async body => (await globalThis.fetch(url, { method: 'POST', body })).text())
    expect(await Promise.all(answers)).toEqual(bodies)
  })

  test('a client of http, with a keep-alive agent', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const port = await echo()
    const stream = await connecting(port)
    agent.createConnection = () => stream
    onTestFinished(() => agent.destroy())
    for (const body of ['one', big]) {
      const request = http.request({ agent, method: 'POST' })
      request.end(body)
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      expect(response.socket).toBe(stream)
      expect((await text(response)) === body).toBe(true)
      await new Promise(resolve => setImmediate(resolve))
    }
  })

  test('an aborted request closes the connection', async () => {
    const server = http.createServer(() => undefined)
    const port = await accepting(stream => server.emit('connection', stream))
    const stop = new AbortController()
    const response = fetch(`http://127.0.0.1:${port}`, { signal: stop.signal, dispatcher: socketAgent() })
    const [request] = (await once(server, 'request')) as [http.IncomingMessage]
    stop.abort()
    await expect(response).rejects.toMatchObject({ name: 'AbortError' })
    if (!request.socket.closed) await once(request.socket, 'close')
    expect(request.socket.destroyed).toBe(true)
  })

  test('http2', async () => {
    const server = http2.createServer((request, response) => void request.pipe(response))
    const port = await accepting(stream => server.emit('connection', stream))
    const stream = await connecting(port)
    const session = http2.connect('http://here', { createConnection: () => stream })
    onTestFinished(() => session.destroy())
    const requests = [big, 'hello', 'and more'].map(async body => {
      const request = session.request({ ':method': 'POST' })
      request.end(body)
      return (await text(request)) === body
    })
    expect(await Promise.all(requests)).toEqual([true, true, true])
    session.close()
    await once(session, 'close')
  })
})

test('TLS over these streams: both ends, with the certificate verified', async () => {
  const { key, cert } = selfSigned()
  const secureContext = tls.createSecureContext({ key, cert })
  const port = await accepting(stream => {
    const secure = new tls.TLSSocket(stream, { isServer: true, secureContext })
    secure.pipe(secure)
  })
  const secure = tls.connect({ socket: await connecting(port), servername: 'localhost', ca: cert })
  await once(secure, 'secureConnect')
  expect(secure.authorized).toBe(true)
  secure.end(big)
  expect((await text(secure)) === big).toBe(true)
  const stranger = tls.connect({ socket: await connecting(port), servername: 'localhost' })
  const [error] = (await once(stranger, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
})

test('WebSocket with ws at both ends', async () => {
  const server = http.createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', socket => socket.on('message', (data, binary) => socket.send(data as Buffer, { binary })))
  const port = await accepting(stream => server.emit('connection', stream))
  const stream = await connecting(port)
  const client = new WebSocket('ws://here/', { createConnection: () => stream as unknown as net.Socket })
  await once(client, 'open')
  for (const message of [Buffer.from('hello'), Buffer.from(big), Buffer.alloc(70_000, 7)]) {
    client.send(message)
    const [data] = (await once(client, 'message')) as [Buffer]
    expect(message.equals(data)).toBe(true)
  }
  client.ping()
  await once(client, 'pong')
  client.close(1000, 'enough')
  const [code, reason] = (await once(client, 'close')) as [number, Buffer]
  expect([code, String(reason)]).toEqual([1000, 'enough'])
})

describe('datagrams of a Unix socket', () => {
  /** A datagram socket that is bound to a path in a temporary folder. */
  function receiver(): [Socket, string] {
    const directory = mkdtempSync(join(tmpdir(), 'peers-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const socket = closing(new Socket(AF_UNIX, SOCK_DGRAM))
    const path = join(directory, 'socket')
    socket.bind(path)
    return [socket, path]
  }

  // RFC 3164, 4.1: the priority is facility times 8 plus severity; daemon.notice is 29.
  test('syslog: a message in the form of /dev/log', async () => {
    const [log, path] = receiver()
    const sender = closing(new Socket(AF_UNIX, SOCK_DGRAM))
    await sender.connect(path)
    await sender.send('<29>Nov 21 08:00:00 program[1]: hello')
    expect(String(await log.recv(1024))).toBe('<29>Nov 21 08:00:00 program[1]: hello')
  })

  test.skipIf(!tool('logger'))('syslog: a message of logger(1)', async () => {
    const [log, path] = receiver()
    const logger = new Child('logger', ['--socket', path, '-d', '-p', 'daemon.notice', '-t', 'program', 'hello'])
    expect(String(await log.recv(1024))).toMatch(/^<29>.*program.*: hello$/)
    await logger.finished()
  })

  // Linux alone has abstract names. unix(7)
  test.each(['a path', ...(process.platform === 'linux' ? ['an abstract name'] : [])])(
    'sd_notify: to %s',
    async kind => {
      const abstract = `bsd-sockets-notify-${process.pid}`
      const manager = closing(new Socket(AF_UNIX, SOCK_DGRAM))
      const [, path] = kind === 'a path' ? receiver() : []
      if (path === undefined) manager.bind({ family: 'unix', abstract })
      else rmSync(path)
      if (path !== undefined) manager.bind(path)
      if (SO_PASSCRED !== undefined) manager.setsockopt(SOL_SOCKET, SO_PASSCRED, true)
      const service = script(
        `import { AF_UNIX, SOCK_DGRAM, Socket } from 'bsd-sockets'
       const name = process.argv.at(-1)
       const socket = new Socket(AF_UNIX, SOCK_DGRAM)
       const address = name[0] === '@' ? { family: 'unix', abstract: name.slice(1) } : { family: 'unix', path: name }
       socket.sendto('READY=1\\nSTATUS=serving\\n', address)
       socket.close()`,
        path ?? `@${abstract}`,
      )
      const { data, control } = await manager.recvmsg(1024, 64)
      expect(String(data)).toBe('READY=1\nSTATUS=serving\n')
      if (SO_PASSCRED !== undefined) expect(control[0]?.credentials?.pid).toBe(service.pid)
      await service.finished()
    },
  )
})
