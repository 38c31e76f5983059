// The programs of docs/recipes.
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AF_INET, AF_UNIX, getOption, IPPROTO_MPTCP, options, setOption, SOCK_DGRAM, SOCK_STREAM } from 'bsd-sockets'
import { Socket, whyNot } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { example, program } from '../support/child.js'
import { allowed } from '../support/sockets.js'
import { closedPort, closing, portOf } from '../support/tcp.js'

const linux = process.platform === 'linux'

/** A path for a socket, in a folder that is removed when the test ends. */
function pathForTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'recipes-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'socket')
}

/** All that a stream socket receives until its end. */
function textOf(socket: Socket): string {
  let text = ''
  for (let data = socket.recv(4096); data.length > 0; data = socket.recv(4096)) text += data.toString()
  return text
}

function connectedTo(path: string): Socket {
  const client = closing(new Socket(AF_UNIX))
  client.connect(path)
  return client
}

const names = ['fetch', 'keepalive', 'peer', 'unix-datagrams']
test.each(names)('%s --help', async name => {
  expect(await program(`recipes/${name}`, '--help').finished()).toMatch(new RegExp(`^usage: ${name} `))
})

describe('peer', () => {
  test('serves its own user, and reports the process', async () => {
    const path = pathForTest()
    const server = program('recipes/peer', '--path', path)
    await server.printed(/^listening on/)
    const user = process.getuid!()
    expect(textOf(connectedTo(path))).toBe(`hello, user ${user}\n`)
    await server.printed(
      new RegExp(`^process ${process.pid} of user ${user}, group ${process.getgid!()}: served$`, 'm'),
    )
    server.process.kill('SIGINT')
    await server.finished()
    expect(existsSync(path)).toBe(false)
  })

  test('refuses other users', async () => {
    const path = pathForTest()
    const server = program('recipes/peer', '--path', path, '--user', '4242', '--user', '4243')
    await server.printed(/^listening on/)
    expect(textOf(connectedTo(path))).toBe('not allowed\n')
    await server.printed(/: refused$/m)
  })
})

describe('unix-datagrams', () => {
  function daemon(path: string): AsyncSocket {
    const socket = closing(new AsyncSocket(AF_UNIX, SOCK_DGRAM))
    socket.bind(path)
    return socket
  }
  const next = async (socket: AsyncSocket): Promise<string> => (await socket.recv(1024, { timeout: 10_000 })).toString()

  test('sends lines to syslog, and metrics to statsd', async () => {
    const path = pathForTest()
    const socket = daemon(path)
    const syslog = program('recipes/unix-datagrams', '--path', path, '--tag', 'shop')
    syslog.process.stdin.end('one line\nanother\n')
    expect(await next(socket)).toBe(`<14>shop[${syslog.pid}]: one line`)
    expect(await next(socket)).toBe(`<14>shop[${syslog.pid}]: another`)
    expect(await syslog.finished()).toBe('2 sent, 0 dropped\n')
    const statsd = program('recipes/unix-datagrams', '--path', path, '--statsd')
    statsd.process.stdin.end('requests:1|c\n')
    expect(await next(socket)).toBe('requests:1|c')
    expect(await statsd.finished()).toBe('1 sent, 0 dropped\n')
  })

  test('drops what a missing daemon cannot get, and finds a new one', async () => {
    const path = pathForTest()
    const sender = program('recipes/unix-datagrams', '--path', path, '--statsd')
    const first = daemon(path)
    sender.process.stdin.write('a:1|c\n')
    expect(await next(first)).toBe('a:1|c')
    first.close() // its file stays
    sender.process.stdin.write('b:1|c\n')
    while (!sender.stderr.includes(`sendto ECONNREFUSED ${path}\n`)) await once(sender.process.stderr, 'data')
    rmSync(path)
    const second = daemon(path)
    sender.process.stdin.end('c:1|c\n')
    expect(await next(second)).toBe('c:1|c')
    expect(await sender.ended).toMatchObject({ code: 1 })
    expect(sender.stdout).toMatch(/^2 sent, 1 dropped$/m)
  })

  test('does not wait for a daemon that does not read', async () => {
    const path = pathForTest()
    daemon(path)
    const sender = program('recipes/unix-datagrams', '--path', path, '--statsd')
    sender.process.stdin.end('requests:1|c\n'.repeat(2000))
    expect(await sender.ended).toMatchObject({ code: 1 })
    const [, sent, dropped] = /^(\d+) sent, (\d+) dropped\n$/.exec(sender.stdout)!
    expect(Number(sent) + Number(dropped)).toBe(2000)
    expect(Number(dropped)).toBeGreaterThan(0)
  })
})

describe('fetch', () => {
  const get = (...args: string[]) => program('recipes/fetch', 'get', ...args)

  test.runIf(linux)('a server on an abstract name', async () => {
    const name = `recipes-${process.pid}`
    const server = program('recipes/fetch', 'serve', '--name', name)
    await server.printed(new RegExp(`^listening on @${name}$`, 'm'))
    expect(await get('http://anything/', '--name', name).finished()).toBe('hello\n')
    server.process.kill('SIGINT')
    await server.finished()
    const late = get('http://anything/', '--name', name)
    expect(await late.ended).toMatchObject({ code: 1 })
    expect(late.stderr).toMatch(/^connect ECONNREFUSED /)
  })

  test('a socket with TCP_USER_TIMEOUT, and a port on which nobody listens', async () => {
    const port = await example('recipes/fetch', 'serve').port()
    const url = `http://127.0.0.1:${port}/`
    expect(await get(url, '--user-timeout', '5000').finished()).toBe('hello\n')
    const refused = get(`http://127.0.0.1:${closedPort()}/`)
    expect(await refused.ended).toMatchObject({ code: 1 })
    expect(refused.stderr).toMatch(/^connect ECONNREFUSED 127.0.0.1:\d+\n$/)
  })

  allowed('MPTCP at both ends', whyNot.socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), async () => {
    const port = await example('recipes/fetch', 'serve', '--mptcp').port()
    const client = closing(new AsyncSocket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP))
    await client.connect(['127.0.0.1', port])
    expect(getOption(client, options.tcpIsMptcp)).toBe(true)
    expect(await get(`http://127.0.0.1:${port}/`, '--mptcp').finished()).toBe('hello\n')

    const server = closing(new AsyncSocket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP))
    server.bind(['127.0.0.1', 0])
    server.listen()
    const asked = get(`http://127.0.0.1:${portOf(server)}/`, '--mptcp')
    const [accepted] = await server.accept({ timeout: 10_000 })
    expect(getOption(accepted, options.tcpIsMptcp)).toBe(true)
    accepted.close() // without an answer
    expect(await asked.ended).toMatchObject({ code: 1 })
  })
})

describe('keepalive', () => {
  const had = 'keepalive true, after 30 s, user timeout 7000 ms'

  test('both ends have the options, also for the second request of a connection', async () => {
    const server = example('recipes/keepalive', '--user-timeout', '7000')
    const url = `http://127.0.0.1:${await server.port()}/`
    const client = await program('recipes/keepalive', '--get', url, '--user-timeout', '7000').finished()
    const [, port] = /at port (\d+)/.exec(client)!
    expect(client).toBe(`request 1: 6 bytes at port ${port}, ${had}\nrequest 2: 6 bytes at port ${port}, ${had}\n`)
    await server.printed(new RegExp(`^accepted: ${had}$`, 'm'))
    server.process.kill('SIGINT')
    await server.finished()
    const refused = program('recipes/keepalive', '--get', url)
    expect(await refused.ended).toMatchObject({ code: 1 })
    expect(refused.stderr).toMatch(/^connect ECONNREFUSED /)
  })

  test.runIf(linux)('a client that takes nothing more is given up after the user timeout', async () => {
    const server = example('recipes/keepalive', '--size', '50000000', '--user-timeout', '300')
    const client = closing(new AsyncSocket())
    setOption(client, options.receiveBuffer, 4096)
    await client.connect(['127.0.0.1', await server.port()])
    await client.sendall('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
    while (!server.stderr.includes('lost a client: ETIMEDOUT\n')) await once(server.process.stderr, 'data')
  })
})
