// The programs of docs/recipes.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { AF_INET, AF_UNIX, getOption, IPPROTO_MPTCP, options, setOption, SOCK_DGRAM, SOCK_STREAM } from 'bsd-sockets'
import { Socket, whyNot } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { example, program } from '../support/child.js'
import type { Child } from '../support/child.js'
import { root } from '../support/root.js'
import { allowed } from '../support/sockets.js'
import { closedPort, closing, listening, portOf } from '../support/tcp.js'

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

const names = [
  ...['ask', 'dns', 'fetch', 'interrupt', 'keepalive', 'peer', 'processes', 'systemd', 'udp-addresses'],
  'unix-datagrams',
]
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

/** A listening socket on a free port of 127.0.0.1, and the arguments that lead a program there. */
function feed(): [AsyncSocket, string[]] {
  const server = closing(new AsyncSocket())
  server.bind(['127.0.0.1', 0])
  server.listen()
  return [server, ['--port', String(portOf(server))]]
}

const soon = { timeout: 10_000 }

describe('ask', () => {
  const ask = (...args: string[]) => program('recipes/ask', ...args)

  test('prints the answer, which may come in pieces', async () => {
    const [server, there] = feed()
    const asked = ask('GET', 'key', ...there)
    const [client] = await server.accept(soon)
    expect((await client.recv(64, soon)).toString()).toBe('GET key\r\n')
    await client.sendall('+an')
    await client.sendall('swer\r\nand more')
    expect(await asked.finished()).toBe('+answer\n')
    expect(await client.recv(64, soon)).toHaveLength(0)
    client.close()
  })

  test.each([
    ['says nothing', '', false, 'recv ETIMEDOUT\n'],
    ['says half of it', '+ans', false, 'recv ETIMEDOUT\n'],
    ['ends too early', '+ans', true, 'the server closed the connection before the end of its answer\n'],
    ['does not stop', 'x'.repeat(100_000), false, 'the answer is too long\n'],
  ])('ends when the server %s', async (_, said, closes, message) => {
    const [server, there] = feed()
    const asked = ask('PING', ...there, '--timeout', closes || said.length > 9 ? '10000' : '300')
    const [client] = await server.accept(soon)
    expect((await client.recv(64, soon)).toString()).toBe('PING\r\n') // unread, it would make close a reset
    await client.sendall(said)
    if (closes) client.close()
    expect(await asked.ended).toMatchObject({ code: 1 })
    expect(asked.stderr.startsWith(message)).toBe(true)
    client.close()
  })

  test('tells what to do when nobody listens', async () => {
    const asked = ask('PING', '--port', String(closedPort()))
    expect(await asked.ended).toMatchObject({ code: 1 })
    expect(asked.stderr).toMatch(/^connect ECONNREFUSED 127.0.0.1:\d+\nNobody listens on port/)
  })
})

describe('dns', () => {
  const dns = (name: string, port: number, ...args: string[]) =>
    program('recipes/dns', name, '--server', '127.0.0.1', '--port', String(port), ...args)

  test('finds the addresses of a name', async () => {
    const port = await example('dns-server').port()
    expect(await dns('two.example.test', port).finished()).toBe('192.0.2.2\n')
    expect(await dns('none.example.test', port).finished()).toBe('none.example.test has no IPv4 address\n')
  })

  test('asks twice, ignores what is no answer to it, and gives up after the timeout', async () => {
    const server = closing(new AsyncSocket(AF_INET, SOCK_DGRAM))
    server.bind(['127.0.0.1', 0])
    const asked = dns('one.example.test', portOf(server), '--timeout', '600')
    const [first, from] = await server.recvfrom(512, soon)
    await server.sendto('?', from)
    await server.sendto(Buffer.concat([Buffer.of(first[0]! ^ 1), first.subarray(1)]), from)
    const [second] = await server.recvfrom(512, soon)
    expect(second).toEqual(first)
    expect(await asked.ended).toMatchObject({ code: 1 })
    expect(asked.stderr).toBe('recv ETIMEDOUT\n')
  })

  test('reports a malformed answer, and a server that is not there', async () => {
    const server = closing(new AsyncSocket(AF_INET, SOCK_DGRAM))
    server.bind(['127.0.0.1', 0])
    const asked = dns('one.example.test', portOf(server), '--timeout', '20000')
    const [query, from] = await server.recvfrom(512, soon)
    query.writeUInt16BE(3, 6) // three records, none of which is there
    await server.sendto(query, from)
    expect(await asked.ended).toMatchObject({ code: 1 })
    expect(asked.stderr).not.toBe('')
    const port = portOf(server)
    server.close()
    const refused = dns('one.example.test', port, '--timeout', '20000')
    expect(await refused.ended).toMatchObject({ code: 1 })
    expect(refused.stderr).toBe('recv ECONNREFUSED\n')
  })
})

describe('interrupt', () => {
  test('Ctrl-C ends the blocked call, and the thread says goodbye', async () => {
    const [server, there] = feed()
    const counter = program('recipes/interrupt', ...there)
    const [client] = await server.accept(soon)
    await counter.printed(/^connected$/m)
    await client.sendall('one\ntwo\nthree\n')
    counter.process.kill('SIGINT')
    expect((await client.recv(64, soon)).toString()).toBe('enough\n')
    client.close()
    expect(await counter.finished()).toBe('connected\n3 lines\n')
  })

  test('a feed that does not end is left after the timeout', async () => {
    const [server, there] = feed()
    const counter = program('recipes/interrupt', ...there)
    const [client] = await server.accept(soon)
    await counter.printed(/^connected$/m)
    counter.process.kill('SIGINT')
    expect(await counter.ended).toMatchObject({ code: 1 })
    expect(counter.stderr).toBe('recv ETIMEDOUT\n')
    client.close()
  })

  test('without Ctrl-C it ends with the feed; without a feed with its error', async () => {
    const [server, there] = feed()
    const counter = program('recipes/interrupt', ...there)
    const [client] = await server.accept(soon)
    await counter.printed(/^connected$/m)
    await client.sendall('one\ntwo\n')
    client.close()
    expect(await counter.finished()).toBe('connected\n2 lines\n')
    const refused = program('recipes/interrupt', '--port', String(closedPort()))
    expect(await refused.ended).toMatchObject({ code: 1 })
    expect(refused.stderr).toMatch(/^connect ECONNREFUSED /)
  })
})

describe('processes', () => {
  /** The processes that serve `count` connections. */
  async function served(port: number, count: number): Promise<Set<string>> {
    const answers = Array.from({ length: count }, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
      return /^served by (\d+)\n$/.exec(await response.text())![1]!
    })
    return new Set(await Promise.all(answers))
  }
  const pids = ({ stdout }: Child): string[] =>
    Array.from(stdout.matchAll(/^process (\d+) serves$/gm), ([, pid]) => pid!)

  test.runIf(linux)('each has a listener of its own, and the kernel divides the connections', async () => {
    const server = example('recipes/processes', '--processes', '2')
    const port = await server.port()
    await server.printed(/serves\n[^]*serves\n/)
    expect([...(await served(port, 40))].sort()).toEqual(pids(server).sort())

    const other = program('recipes/processes', '--port', String(port), '--inherit')
    expect(await other.ended).toMatchObject({ code: 1 })
    expect(other.stderr).toMatch(new RegExp(`^bind EADDRINUSE 127.0.0.1:${port}\nTCP port ${port} is held by `))
    server.process.kill('SIGINT')
    expect(await server.finished()).toMatch(/(process \d+ ended: 0\n){2}$/)
  })

  test('all accept from an inherited listener; one that dies is replaced', async () => {
    const server = example('recipes/processes', '--processes', '2', '--inherit')
    const port = await server.port()
    await server.printed(/serves\n[^]*serves\n/)
    const [first, second] = pids(server)
    for (const pid of await served(port, 20)) expect([first, second]).toContain(pid)
    process.kill(Number(first), 'SIGKILL')
    await server.printed(new RegExp(`^process ${first} ended: SIGKILL$`, 'm'))
    expect(await served(port, 5)).toEqual(new Set([second]))
    await server.printed(/(serves\n[^]*){3}/)
    server.process.kill('SIGINT')
    await server.finished()
  })
})

describe('systemd', () => {
  /** Runs it as a service manager does: a passed socket is descriptor 3, and LISTEN_PID is the number of its process. */
  function service(environment: NodeJS.ProcessEnv, socket?: Socket): ChildProcess {
    const compiled = join(root, 'build/programs/examples/recipes/systemd.js')
    const command = socket === undefined ? 'exec "$@"' : 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
    const child = spawn('sh', ['-c', command, '-', process.execPath, compiled, '--port', '0'], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', socket?.fd ?? 'ignore'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }

  function manager(address: string): AsyncSocket {
    const socket = closing(new AsyncSocket(AF_UNIX, SOCK_DGRAM))
    socket.bind(address)
    return socket
  }
  const told = async (socket: AsyncSocket): Promise<string> => (await socket.recv(256, soon)).toString()

  test('serves on the passed socket, and tells of its life', async () => {
    const path = pathForTest()
    const systemd = manager(path)
    const socket = listening()
    const child = service({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000' }, socket)
    expect(await told(systemd)).toBe('READY=1')
    expect(await told(systemd)).toBe('WATCHDOG=1')
    const response = await fetch(`http://127.0.0.1:${portOf(socket)}/`, { headers: { connection: 'close' } })
    expect(await response.text()).toBe('hello\n')
    child.kill('SIGTERM')
    let last = await told(systemd)
    while (last === 'WATCHDOG=1') last = await told(systemd)
    expect(last).toBe('STOPPING=1')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test.runIf(linux)('notifies an abstract name, and listens on a port of its own', async () => {
    const name = `recipes-systemd-${process.pid}`
    const systemd = manager(`\0${name}`)
    const child = service({ NOTIFY_SOCKET: `@${name}` })
    const printed = text(child.stdout!)
    expect(await told(systemd)).toBe('READY=1')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await printed).toMatch(/^listening on \d+\n$/)
  })

  test('serves on without a service manager, and if that has gone', async () => {
    const path = pathForTest()
    const child = service({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000', WATCHDOG_PID: '1' })
    const complaints = text(child.stderr!)
    const [line] = (await once(child.stdout!, 'data')) as [Buffer]
    const response = await fetch(`http://127.0.0.1:${/\d+/.exec(line.toString())![0]}/`, {
      headers: { connection: 'close' },
    })
    expect(await response.text()).toBe('hello\n')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    const failed = `cannot notify the service manager: sendto ENOENT ${path}\n`
    expect(await complaints).toBe(failed.repeat(2)) // READY and STOPPING: the watchdog is that of another process
  })
})

describe('udp-addresses', () => {
  test('answers from the address that was asked', async () => {
    const server = example('recipes/udp-addresses')
    const port = await server.port()
    for (const host of linux ? ['127.0.0.1', '127.0.0.2', '127.9.9.9'] : ['127.0.0.1']) {
      const client = closing(new AsyncSocket(AF_INET, SOCK_DGRAM))
      await client.sendto(`to ${host}`, [host, port])
      const [data, from] = await client.recvfrom(64, soon)
      expect([data.toString(), from]).toEqual([`to ${host}`, { family: 'IPv4', address: host, port }])
      await server.printed(new RegExp(`^\\d+ bytes to ${host}$`, 'm'))
    }
    server.process.kill('SIGINT')
    await server.finished()
  })

  test('serves on when an answer cannot be sent', async () => {
    const server = example('recipes/udp-addresses')
    const port = await server.port()
    const client = closing(new AsyncSocket(AF_INET, SOCK_DGRAM))
    for (const size of [0, 65507]) {
      await client.sendto(Buffer.alloc(size), ['127.0.0.1', port])
      expect(await client.recv(65536, soon)).toHaveLength(size)
    }
    client.close() // the answer finds nobody
    const late = closing(new AsyncSocket(AF_INET, SOCK_DGRAM))
    await late.sendto('late', ['127.0.0.1', port])
    expect((await late.recv(64, soon)).toString()).toBe('late')
  })
})
