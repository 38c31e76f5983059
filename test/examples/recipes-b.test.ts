// The programs of docs/recipes: TCP_INFO, port scan, capture, vsock, TLS and `using`; and the chat that stops.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { endianness, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { AF_PACKET, AF_UNIX, AF_VSOCK, SOCK_RAW, SOCK_STREAM, Socket, supports, whyNot } from 'bsd-sockets'
import type { IPv4Address } from 'bsd-sockets'
import { connector } from 'bsd-sockets/streams'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { selfSigned } from '../support/certificate.js'
import { Child, example, inline, program } from '../support/child.js'
import { noNamespace } from '../support/namespace.js'
import { root } from '../support/root.js'
import { allowed } from '../support/sockets.js'
import { closedPort, closing, listening, portOf } from '../support/tcp.js'

const linux = process.platform === 'linux'
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'recipes-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** An abstract name that nobody has. */
const uniqueName = (): string => `recipes-${randomUUID()}`

function dialled(port: number): net.Socket {
  const socket = net.connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  return socket
}

test.each([
  'tcp-info',
  'port-scan',
  'capture',
  'vsock',
  'tls',
  'using',
  'websocket',
  'frameworks',
  'postgres',
  'redis',
  'mysql',
])('%s --help', async name => {
  expect(await program(`recipes/${name}`, '--help').finished()).toMatch(new RegExp(`^usage: ${name}`))
})

describe('tcp-info', () => {
  test.runIf(linux)('says that the client is slow, and what was sent to it', async () => {
    const server = example('recipes/tcp-info', '--every', '50')
    const slow = dialled(await server.port())
    slow.pause()
    slow.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await server.printed(
      /ESTABLISHED: waits for the client (9\d|100) % of the time, [1-9]\d* bytes sent, \d+ segments again/,
    )
  })

  test('says that there is nothing to send, and that the connection is closed', async () => {
    const server = example('recipes/tcp-info', '--every', '20', '--size', '5')
    const client = dialled(await server.port())
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const [answer] = (await once(client, 'data')) as [Buffer]
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 5\r\n/)
    await server.printed(/ESTABLISHED: idle, \d+ bytes sent, \d+ segments again, rtt [\d.]+ ms/)
    client.destroy()
    await server.printed(/^127\.0\.0\.1:\d+ closed$/m)
    server.process.kill('SIGINT')
    await server.finished()
  })
})

describe('port-scan', () => {
  test('finds the open port, and counts the closed one', async () => {
    const open = portOf(listening())
    const output = await program('recipes/port-scan', '--port', `${open},${closedPort()}`, '127.0.0.1').finished()
    expect(output).toBe(`${open} open\n1 open, 1 closed, 0 without an answer\n`)
  })

  /** A port that does not answer: its backlog is full. listen(2) */
  function silent(): number {
    const server = listening(0)
    const waiting = new Socket()
    onTestFinished(() => waiting.close())
    waiting.connect(server.getsockname())
    return portOf(server)
  }

  test.runIf(linux)('goes on when a port does not answer', async () => {
    const [open, never] = [portOf(listening()), silent()]
    const output = await program(
      'recipes/port-scan',
      '--timeout',
      '200',
      '--port',
      `${open},${never}`,
      '127.0.0.1',
    ).finished()
    expect(output).toContain(`${open} open\n`)
    expect(output).toContain(`${never} no answer\n`)
    expect(output).toContain('\n1 open, 0 closed, 1 without an answer\n')
  })

  test.runIf(linux)('ends at the deadline with what it has found', async () => {
    const [open, never] = [portOf(listening()), silent()]
    const args = ['--timeout', '20000', '--deadline', '1000', '--port', `${open},${never}`, '127.0.0.1']
    const scan = program('recipes/port-scan', ...args)
    expect(await scan.ended).toEqual({ code: 1, signal: null })
    expect(scan.stdout).toBe(
      `the deadline ended it: 1 of 2 ports\n${open} open\n1 open, 0 closed, 0 without an answer\n`,
    )
  })
})

describe('capture', () => {
  const compiled = join(root, 'build/programs/examples/recipes/capture.js')
  const why = whyNot.socket(AF_PACKET, SOCK_RAW) ?? noNamespace()

  /** The program in a network of its own, where nobody else sends anything. */
  async function capturing(...args: string[]): Promise<Child> {
    const setUp = 'ip link set lo up && exec "$@"'
    const capture = new Child('unshare', ['-n', 'sh', '-c', setUp, '-', process.execPath, compiled, ...args])
    await capture.printed(/^capturing lo$/m)
    return capture
  }

  /** A text over a TCP connection in that network; the client's port. */
  async function talk(capture: Child): Promise<number> {
    const code = `
      import { Socket } from 'bsd-sockets'
      const server = new Socket()
      server.bind(['127.0.0.1', 0])
      server.listen()
      const client = new Socket()
      client.connect(server.getsockname())
      client.sendall('a text of the test')
      server.accept()[0].recv(64)
      console.log(client.getsockname().port)`
    return Number(await new Child('nsenter', [`-t${capture.pid}`, '-n', process.execPath, ...inline(code)]).finished())
  }

  allowed('writes the packets of a connection over lo as a pcap file', why, async () => {
    const file = join(folder(), 'packets.pcap')
    const capture = await capturing('--to', file)
    const port = await talk(capture)
    while (!readFileSync(file).includes('a text of the test')) await setTimeout(10)
    capture.process.kill('SIGINT')
    const [, count] = /^(\d+) packets, 0 dropped$/m.exec(await capture.finished())!
    const bytes = readFileSync(file)
    const u32 = (at: number): number => (endianness() === 'LE' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
    expect([u32(0), u32(20)]).toEqual([0xa1b23c4d, 1])
    let packets = 0
    let ours = 0
    for (let at = 24; at < bytes.length; packets++) {
      const [seconds, kept, length] = [u32(at), u32(at + 8), u32(at + 12)]
      expect(Math.abs(Date.now() / 1000 - seconds)).toBeLessThan(300)
      expect(length).toBe(kept)
      const packet = bytes.subarray(at + 16, at + 16 + kept)
      if (packet.readUInt16BE(12) === 0x0800 && packet[23] === 6 && packet.readUInt16BE(34) === port) ours++
      at += 16 + kept
    }
    expect(packets).toBe(Number(count))
    expect(ours).toBeGreaterThanOrEqual(3) // SYN, ACK and the bytes
    expect(bytes.toString('latin1').split('a text of the test')).toHaveLength(2) // once
  })

  allowed('ends after so many packets', why, async () => {
    const capture = await capturing('--count', '3', '--to', join(folder(), 'packets.pcap'))
    await talk(capture)
    expect(await capture.finished()).toMatch(/^3 packets, 0 dropped$/m)
  })

  allowed('fails for an interface that does not exist', why, async () => {
    const capture = program('recipes/capture', '--interface', 'none7', '--to', join(folder(), 'packets.pcap'))
    expect(await capture.ended).toEqual({ code: 1, signal: null })
    expect(capture.stderr).toContain('ENODEV')
  })

  test.runIf(linux && process.getuid?.() === 0)('gives the reason without CAP_NET_RAW', () => {
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--']
    const { status, stderr } = spawnSync('setpriv', [...nobody, process.execPath, compiled, '--to', '/dev/null'], {
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([1, 'packets cannot be captured: EPERM: operation not permitted\n'])
  })
})

describe('vsock', () => {
  const why = whyNot.socket(AF_VSOCK, SOCK_STREAM)

  /** Why this machine cannot talk to itself: the module vsock_loopback. */
  function noLoopback(): string | null {
    if (why !== null) return why
    try {
      using server = new Socket(AF_VSOCK)
      server.bind({ family: 'vsock', cid: 1, port: 0xffffffff })
      server.listen()
      using client = new Socket(AF_VSOCK)
      client.settimeout(1000)
      client.connect(server.getsockname())
      return null
    } catch (error) {
      return (error as Error).message
    }
  }

  const reason = noLoopback()
  if (reason !== null) console.warn(`skipped: vsock needs loopback (${reason})`)

  allowed('a client gets its text back', reason, async () => {
    const server = example('recipes/vsock', 'server')
    const [, port] = await server.printed(/^listening on port (\d+)$/m)
    expect(await program('recipes/vsock', 'client', '--cid', '1', '--port', port!, 'hello').finished()).toBe('hello\n')
  })

  test.runIf(reason !== null)('says why it cannot connect', async () => {
    const client = program('recipes/vsock', 'client', '--cid', '1', '--timeout', '1000', 'hello')
    expect(await client.ended).toEqual({ code: 1, signal: null })
    expect(client.stderr).toMatch(why === null ? /connect E[A-Z]+/ : /^there is no vsock here: E/)
  })
})

describe.runIf(linux)('tls', () => {
  function certificate(): { key: string; cert: string } {
    const path = folder()
    const files = { key: join(path, 'key.pem'), cert: join(path, 'cert.pem') }
    const { key, cert } = selfSigned()
    writeFileSync(files.key, key)
    writeFileSync(files.cert, cert)
    return files
  }

  async function serving(at: string, ...args: string[]): Promise<[Child, string]> {
    const { key, cert } = certificate()
    const server = program('recipes/tls', 'server', '--name', at, '--key', key, '--cert', cert, ...args)
    await server.printed(/^listening on/)
    return [server, cert]
  }

  test('both ends, with the certificate verified', async () => {
    const at = uniqueName()
    const [server, cert] = await serving(at)
    expect(await program('recipes/tls', 'client', '--name', at, '--ca', cert, 'over', 'TLS').finished()).toBe(
      'over TLS\n',
    )
    server.process.kill('SIGINT')
    expect(await server.finished()).toBe(`listening on ${at}\n`)
  })

  test('a client that does not know the certificate refuses it, and the server goes on', async () => {
    const at = uniqueName()
    const [server, cert] = await serving(at)
    const client = program('recipes/tls', 'client', '--name', at, 'secret')
    expect(await client.ended).toEqual({ code: 1, signal: null })
    expect(client.stderr).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(await program('recipes/tls', 'client', '--name', at, '--ca', cert, 'again').finished()).toBe('again\n')
    server.process.kill('SIGINT')
    await server.finished() // which no connection holds up
  })

  test('a client that says nothing is disconnected', async () => {
    const at = uniqueName()
    const [server] = await serving(at, '--timeout', '100')
    using silent = new Socket(AF_UNIX)
    silent.settimeout(20_000)
    silent.connect({ family: 'unix', abstract: at })
    expect(silent.recv(1)).toHaveLength(0)
    await server.printed(/^silent for too long$/m)
  })
})

describe.runIf(linux)('websocket', () => {
  async function serving(...args: string[]): Promise<[Child, string]> {
    const at = uniqueName()
    const server = program('recipes/websocket', 'server', '--name', at, ...args)
    await server.printed(/^listening on/)
    return [server, at]
  }

  test('messages come back, and the server says goodbye when it ends', async () => {
    const [server, at] = await serving()
    const client = program('recipes/websocket', 'client', '--name', at, 'one', 'two')
    expect(await client.finished()).toBe('one\ntwo\nclosed: 1000\n')
    const staying = new WebSocket('ws://localhost/', { createConnection: connecting(at) })
    await once(staying, 'open')
    const closed = once(staying, 'close')
    server.process.kill('SIGINT')
    expect((await closed)[0]).toBe(1001)
    await server.finished()
  })

  /** The connections of `ws` to an abstract name. */
  const connecting = (at: string): typeof net.createConnection =>
    connector({ address: `\0${at}` }) as unknown as typeof net.createConnection

  test('a client that asks for nothing, or answers no ping, is disconnected', async () => {
    const [, at] = await serving('--timeout', '300')
    using silent = new Socket(AF_UNIX)
    silent.settimeout(20_000)
    silent.connect({ family: 'unix', abstract: at })
    expect(silent.recv(1)).toHaveLength(0)
    const deaf = new WebSocket('ws://localhost/', { createConnection: connecting(at), autoPong: false })
    expect((await once(deaf, 'close'))[0]).toBe(1006)
  })

  test('reports that nobody listens', async () => {
    const client = program('recipes/websocket', 'client', '--name', uniqueName(), 'one')
    expect(await client.ended).toEqual({ code: 1, signal: null })
    expect(client.stderr).toMatch(/^connect ECONNREFUSED/)
  })
})

describe('frameworks', () => {
  test.each(['express', 'fastify', 'hono'])('%s on the prepared socket', async name => {
    const server = example('recipes/frameworks', '--with', name)
    const url = `http://127.0.0.1:${await server.port()}`
    const response = await fetch(`${url}/`)
    expect([response.status, await response.json()]).toEqual([200, { userTimeout: 5000 }])
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
    server.process.kill('SIGINT')
    await server.finished()
  })

  test('an unknown one', async () => {
    expect(await example('recipes/frameworks', '--with', 'other').ended).toEqual({ code: 2, signal: null })
  })
})

// test/all/peers.js runs them with real servers.
describe('postgres, redis and mysql without a server', () => {
  const refused = async (client: Child): Promise<void> => {
    expect(await client.ended).toEqual({ code: 1, signal: null })
    expect(client.stderr).toMatch(/connect ECONNREFUSED 127\.0\.0\.1:\d+/)
  }
  const nowhere = (): string[] => ['--host', '127.0.0.1', '--port', String(closedPort())]

  test('postgres', () => refused(program('recipes/postgres', ...nowhere(), 'SELECT 1')))
  test('redis', () => refused(program('recipes/redis', ...nowhere(), 'PING')))
  test('mysql', () => refused(program('recipes/mysql', ...nowhere(), 'SELECT 1')))
})

describe('using', () => {
  test('nothing is left open, whether the block ends well or not', async () => {
    expect(await program('recipes/using').finished()).toBe(
      'passing package.json\n"{\\n  \\"name\\": \\"bsd-soc"\n0 descriptors are left open\n',
    )
    const output = await program('recipes/using', '--file', '/nowhere').finished()
    expect(output).toMatch(/^passing \/nowhere\nENOENT: no such file or directory.*\n0 descriptors are left open\n$/)
  })
})

test('framing: a client that says nothing does not hold up the next one', async () => {
  const server = example('framing', 'server', '--timeout', '200')
  const port = await server.port()
  dialled(port)
  await server.printed(/^recv ETIMEDOUT$/m)
  const client = program('framing', 'client', '--port', String(port))
  expect(await client.finished()).toMatch(/Received 'HELLO'\nReceived 'AND GOODBYE'\nReceived 'END'\n$/)
})

/** The timers of the connections of a local port, as proc_net_tcp in the kernel's documentation numbers them; 2: keep-alive. */
const timersOf = (port: number): string[] =>
  readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, local, , state]) => Number(`0x${local?.split(':')[1]}`) === port && state === '01')
    .map(([, , , , , timer]) => timer!.slice(0, 2))

test.runIf(supports.call('splice'))(
  'splice-proxy: both of its connections find out that the other end is gone',
  async () => {
    const upstream = listening()
    const proxy = await example('splice-proxy', '--to', `127.0.0.1:${portOf(upstream)}`).port()
    const client = closing(new Socket())
    client.connect(['127.0.0.1', proxy])
    client.sendall('hello')
    const [connection, { port }] = upstream.accept() as [Socket, IPv4Address]
    connection.settimeout(10_000)
    expect(connection.recv(5).toString()).toBe('hello')
    while (timersOf(proxy)[0] === '01') await setTimeout(10) // bytes are not acknowledged yet
    expect(timersOf(proxy)).toEqual(['02'])
    expect(timersOf(port)).toEqual(['02'])
    connection.close()
  },
)

describe('chat', () => {
  /** A client that has said its name and heard who is there. */
  async function joined(port: number, name: string): Promise<net.Socket> {
    const socket = dialled(port)
    socket.on('error', () => undefined).write(`${name}\n`)
    for (let text = ''; !text.includes('Here: ');) text += String((await once(socket, 'data'))[0])
    return socket
  }

  test('a listener that reads nothing slows down the talker, until it is disconnected', async () => {
    const server = example('chat', '--patience', '2000')
    const port = await server.port()
    const slow = await joined(port, 'slow')
    slow.pause()
    const talker = await joined(port, 'talker')
    const line = `${'x'.repeat(1000)}\n`
    talker.write(line.repeat(32_768)) // more than all buffers of the kernel hold
    const gone = '* slow has gone\n'
    let at: number
    do {
      const from = Math.max(0, server.stdout.length - gone.length)
      await once(server.process.stdout, 'data')
      at = server.stdout.indexOf(gone, from)
    } while (at < 0)
    expect(at).toBeGreaterThan(line.length)
    expect(at).toBeLessThan(24 << 20) // it has not read the rest: the talker has to wait
    while (server.stdout.length < line.length * 32_768) await once(server.process.stdout, 'data') // and now it goes on
  })

  test('stops when it is told to: everybody hears of it, and those who stay silent hold nothing up', async () => {
    const server = example('chat', '--patience', '500')
    const port = await server.port()
    const [one, other] = [await joined(port, 'one'), await joined(port, 'other')]
    const unnamed = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    onTestFinished(() => void unnamed.destroy())
    const heard = [text(one), text(other), text(unnamed)]
    await once(unnamed, 'connect')
    one.write('last words\n')
    await server.printed(/one: last words/)
    server.process.kill('SIGTERM')
    expect(await Promise.all(heard)).toEqual([
      expect.stringMatching(/\* the chat ends\n$/),
      expect.stringMatching(/one: last words\n\* the chat ends\n$/),
      'Who are you?\n',
    ])
    expect(await server.finished()).toMatch(/\* the chat ends\n$/)
  })
})

describe('discovery', () => {
  const program = join(root, 'build/programs/examples/discovery.js')
  const reason = linux ? noNamespace() : 'only Linux has IP_MULTICAST_ALL'

  allowed('a member on one interface does not answer what comes by another', reason, async () => {
    const setUp =
      'ip link set lo up && for i in 0 1; do ip link add net$i type bridge && ip addr add 10.77.$i.1/24 dev net$i && ip link set net$i up; done'
    const start = (...args: string[]): Child =>
      new Child('unshare', ['-n', 'sh', '-c', `${setUp} && exec "$@"`, '-', process.execPath, program, ...args])
    const one = start('announce', '--name', 'one', '--interface', '10.77.0.1', '--port', '9995')
    await one.port()
    const within = (...args: string[]): Child =>
      new Child('nsenter', [`-t${one.pid}`, '-n', process.execPath, program, ...args])
    await within('announce', '--name', 'two', '--interface', '10.77.1.1', '--port', '9995').port()
    const ask = (address: string): Promise<string> => within('--interface', address, '--port', '9995').finished()
    expect(await ask('10.77.0.1')).toMatch(/^one at \S+\n$/)
    expect(await ask('10.77.1.1')).toMatch(/^two at \S+\n$/)
    const nowhere = within('announce', '--interface', '10.77.2.1', '--port', '9995')
    expect(await nowhere.ended).toEqual({ code: 1, signal: null })
    expect(nowhere.stderr).toContain('ENODEV')
  })
})
