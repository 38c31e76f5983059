// Clients of HTTP over sockets that the connector prepares.
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import { text } from 'node:stream/consumers'
import {
  AF_INET,
  AF_UNIX,
  AF_VSOCK,
  getOption,
  IPPROTO_MPTCP,
  MSG_PEEK,
  options,
  SO_BINDTODEVICE,
  Socket,
  SOCK_STREAM,
  SOL_SOCKET,
  whyNot,
} from 'bsd-sockets'
import { connector, listenNet } from 'bsd-sockets/streams'
import type { ConnectorOptions } from 'bsd-sockets/streams'
import { Agent, fetch } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import type { TestContext } from 'vitest'
import { selfSigned } from '../support/certificate.js'
import { linux } from '../support/floor.js'
import { closedPort, closing, listening, portOf } from '../support/tcp.js'

async function serving(server: http.Server | https.Server, socket: Socket = listening()): Promise<void> {
  onTestFinished(() => server.closeAllConnections())
  onTestFinished(() => void server.close())
  await listenNet(server, socket)
}

/** A server of http on a listening socket, which it takes over. */
async function hello(socket: Socket): Promise<{ port: number; accepted: () => number }> {
  let accepted = 0
  const { port = 0 } = socket.getsockname() as { port?: number }
  const server = http.createServer((_, response) => response.end('hello'))
  server.on('connection', () => accepted++)
  await serving(server, socket)
  return { port, accepted: () => accepted }
}

// One connection at most: undici itself opens a second one while the end of a response is still being handled.
function agentOf(options?: ConnectorOptions): Agent {
  const agent = new Agent({ connect: connector(options), connections: 1 })
  onTestFinished(() => agent.destroy())
  return agent
}

function skipFor(context: TestContext, reason: string | null): void {
  if (reason === null) return
  console.warn(`skipped: ${context.task.name}: ${reason}`)
  context.skip(reason)
}

/** The sockets of this process, by their inodes, without Unix sockets: Deno opens a pair of its own at some time. */
function openSockets(): string[] {
  const unix = readFileSync('/proc/self/net/unix', 'latin1') // proc(5): the seventh field is the inode
  const inodes = new Set(unix.split('\n').map(line => `socket:[${line.split(/ +/)[6]}]`))
  const targets = readdirSync('/proc/self/fd').map(targetOf)
  return targets.filter(target => target.startsWith('socket:') && !inodes.has(target))
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return '' // the descriptor of the folder itself
  }
}

/** Expects that no socket is open that was not open before; the closes of Node take a turn of its loop. */
async function noneLeft(before: readonly string[]): Promise<void> {
  await expect.poll(() => openSockets().filter(one => !before.includes(one)), { timeout: 10_000 }).toEqual([])
}

test.runIf(linux)('fetch over an abstract Unix name', async () => {
  const socket = closing(new Socket(AF_UNIX))
  socket.bind({ family: 'unix', abstract: `connector-${process.pid}` })
  socket.listen()
  await hello(socket)
  const agent = new Agent({ connect: connector({ address: `\0connector-${process.pid}` }) })
  onTestFinished(() => agent.destroy())
  expect(await (await fetch('http://anything/', { dispatcher: agent })).text()).toBe('hello')
})

test('a request of http gets a socket whose options were set', async () => {
  const { port } = await hello(listening())
  const createConnection = connector({ sockopts: { tcpUserTimeout: 5000 } })
  const request = http.get({ host: '127.0.0.1', port, createConnection })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  expect(getOption(request.socket as net.Socket, options.tcpUserTimeout)).toBe(5000)
  expect(await text(response)).toBe('hello')
})

test('an Agent of http gets all its connections by it, and uses them again', async () => {
  const { port, accepted } = await hello(listening())
  const url = `http://127.0.0.1:${port}/`
  const agent = new http.Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  agent.createConnection = connector({ sockopts: { tcpUserTimeout: 5000 } })
  for (let i = 0; i < 2; i++) {
    const [response] = (await once(http.get(url, { agent }), 'response')) as [http.IncomingMessage]
    expect(getOption(response.socket, options.tcpUserTimeout)).toBe(5000)
    expect(await text(response)).toBe('hello')
  }
  expect(accepted()).toBe(1)
})

test('https with the certificate verified, by undici and by https', async () => {
  const { key, cert } = selfSigned()
  const socket = listening()
  const address = ['127.0.0.1', portOf(socket)] as const
  await serving(
    https.createServer({ key, cert }, (_, response) => response.end('secret')),
    socket,
  )
  const connect = connector({ address, tls: { ca: cert } })
  const agent = new Agent({ connect })
  onTestFinished(() => agent.destroy())
  expect(await (await fetch('https://localhost/', { dispatcher: agent })).text()).toBe('secret')
  const [response] = (await once(https.get('https://localhost/', { createConnection: connect }), 'response')) as [
    http.IncomingMessage,
  ]
  expect(await text(response)).toBe('secret')
})

test('a refused connection keeps its code', async () => {
  const request = http.get({ host: '127.0.0.1', port: closedPort(), createConnection: connector() })
  const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException]
  expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1' })
})

test('a TLS handshake that gets no answer ends with the timeout, and the connection is closed', async () => {
  const server = listening()
  const createConnection = connector({ timeout: 200 })
  const request = https.get({ host: '127.0.0.1', port: portOf(server), createConnection })
  const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException]
  expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect', timeout: 200 })
  const accepted = closing(server.accept()[0])
  while (accepted.recv(4096).length > 0) continue // the client's first message, then the end
})

test('fetch over MPTCP', async context => {
  skipFor(context, whyNot.socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP))
  const socket = closing(new Socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP))
  socket.bind(['127.0.0.1', 0])
  socket.listen()
  const connect = connector({ protocol: IPPROTO_MPTCP! })
  const protocols: unknown[] = []
  const agent = new Agent({
    connect: (target, callback) =>
      connect(target, (error: Error | null, stream: net.Socket | null) => {
        if (stream !== null) protocols.push(getOption(stream, options.protocol))
        callback(...([error, stream] as [null, net.Socket]))
      }),
  })
  onTestFinished(() => agent.destroy())
  const { port } = await hello(socket)
  expect(await (await fetch(`http://127.0.0.1:${port}/`, { dispatcher: agent })).text()).toBe('hello')
  expect(protocols).toEqual([IPPROTO_MPTCP])
})

test.runIf(linux)('without MPTCP in the kernel, the error has its code', async context => {
  if (whyNot.socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) === null) skipFor(context, 'this kernel has MPTCP')
  const request = fetch(`http://127.0.0.1:${closedPort()}/`, { dispatcher: agentOf({ protocol: IPPROTO_MPTCP! }) })
  const { cause } = (await request.catch((error: unknown) => error)) as Error
  expect(cause).toMatchObject({
    syscall: 'socket',
    code: expect.stringMatching(/^E(PROTONOSUPPORT|NOPROTOOPT|INVAL)$/),
  })
})

test('a device is bound to before the connection', async context => {
  skipFor(context, linux ? whyNot.option(SOL_SOCKET, SO_BINDTODEVICE) : 'the interface has another name')
  const { port } = await hello(listening())
  const createConnection = connector({ sockopts: { bindToDevice: 'lo' } })
  const request = http.get({ host: '127.0.0.1', port, createConnection })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  expect(getOption(response.socket, options.bindToDevice)).toBe('lo')
  expect(await text(response)).toBe('hello')
  const missing = connector({ sockopts: { bindToDevice: 'none0' } })
  const failing = http.get({ host: '127.0.0.1', port, createConnection: missing })
  const [error] = (await once(failing, 'error')) as [NodeJS.ErrnoException]
  expect(error).toMatchObject({ code: 'ENODEV', syscall: 'setsockopt' })
})

test.runIf(linux)('fetch over vsock, or the error of the kernel', async context => {
  skipFor(context, whyNot.socket(AF_VSOCK, SOCK_STREAM))
  const before = openSockets()
  // VMADDR_CID_LOCAL, where nobody listens. vsock(7)
  const dispatcher = agentOf({ address: { family: 'vsock', cid: 1, port: 0x7fff_fff0 }, timeout: 5000 })
  const { cause } = (await fetch('http://anything/', { dispatcher }).catch((error: unknown) => error)) as Error
  expect(cause).toMatchObject({
    syscall: 'connect',
    code: expect.stringMatching(/^E(CONNRESET|CONNREFUSED|NODEV|ADDRNOTAVAIL|NETUNREACH|HOSTUNREACH|TIMEDOUT)$/),
  })
  await noneLeft(before)
})

test.runIf(linux)(
  'an abort of the connector ends a TLS handshake with a silent server; no socket is left',
  async () => {
    const server = listening()
    const before = openSockets()
    const controller = new AbortController()
    const dispatcher = agentOf({ signal: controller.signal, timeout: null })
    const request = fetch(`https://127.0.0.1:${portOf(server)}/`, { dispatcher })
    const failed = request.catch((error: unknown) => error)
    const accepted = await silent(server)
    controller.abort()
    expect(((await failed) as Error).cause).toMatchObject({ cause: { code: 'ABORT_ERR' } })
    accepted.close()
    await noneLeft(before)
  },
)

test.runIf(linux)(
  'an abort of fetch during the handshake rejects it; the end of the Agent leaves no socket',
  async () => {
    const server = listening()
    const before = openSockets()
    const controller = new AbortController()
    const dispatcher = agentOf({ timeout: 500 })
    const request = fetch(`https://127.0.0.1:${portOf(server)}/`, { dispatcher, signal: controller.signal })
    const failed = request.catch((error: unknown) => error)
    const accepted = await silent(server)
    controller.abort()
    expect(await failed).toMatchObject({ name: 'AbortError' })
    await dispatcher.destroy()
    accepted.close()
    await noneLeft(before) // the handshake itself ends with the timeout: undici does not cancel it
  },
)

/** The connection of a client whose first message of TLS has arrived. It gets no answer. */
async function silent(server: Socket): Promise<Socket> {
  let accepted: Socket | undefined
  const arrived = (): boolean => {
    accepted ??= server.tryAccept()?.[0]
    return accepted?.tryRecv(1, MSG_PEEK)?.length === 1
  }
  await expect.poll(arrived, { timeout: 10_000 }).toBe(true)
  return closing(accepted!)
}

test('Agents of undici use a connection again', async () => {
  const { port, accepted } = await hello(listening())
  const dispatcher = agentOf()
  for (let i = 0; i < 3; i++)
    expect(await (await fetch(`http://127.0.0.1:${port}/`, { dispatcher })).text()).toBe('hello')
  expect(accepted()).toBe(1)
})

test("Node's own fetch takes undici's Agent", async context => {
  const major = parseInt(process.versions['undici'] ?? '0')
  skipFor(context, major > 0 && major < 8 ? null : `fetch of undici ${major} does not take the Agent of undici 6`)
  const { port, accepted } = await hello(listening())
  const init = { dispatcher: agentOf({ address: ['127.0.0.1', port] }) } as unknown as RequestInit
  for (let i = 0; i < 2; i++) expect(await (await globalThis.fetch('http://anything/', init)).text()).toBe('hello')
  expect(accepted()).toBe(1)
})

test.runIf(linux)('a connect that gets no answer ends with the timeout; no socket is left', async () => {
  const server = listening(0)
  const before = openSockets()
  const address = ['127.0.0.1', portOf(server)] as const
  const waiting: Socket[] = [] // fill the backlog: Linux drops further SYNs. listen(2)
  for (let i = 0; i < 2; i++) {
    const client = closing(new Socket())
    client.settimeout(0)
    client.tryConnect(address)
    waiting.push(client)
  }
  const failed = fetch('http://anything/', { dispatcher: agentOf({ address, timeout: 300 }) })
  const { cause } = (await failed.catch((error: unknown) => error)) as Error
  expect(cause).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect', timeout: 300 })
  for (const client of waiting) client.close()
  await noneLeft(before)
})

test.runIf(linux)('a server that refuses: fetch has the error as its cause; no socket is left', async () => {
  const before = openSockets()
  const port = closedPort()
  const failed = fetch(`http://127.0.0.1:${port}/`, { dispatcher: agentOf() })
  const { cause } = (await failed.catch((error: unknown) => error)) as Error
  expect(cause).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port })
  await noneLeft(before)
})

test('wrong options are reported at once', () => {
  expect(() => connector({ timeout: -1 })).toThrow('"options.timeout"')
  expect(() => connector({ sockopt: {} } as object)).toThrow("did you mean 'sockopts'")
})
