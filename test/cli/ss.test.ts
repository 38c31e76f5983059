// ss: the sockets of this test as it lists them, and as the system's own ss(8) does.
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  getservbyport,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  options,
  setOption,
  SO_KEEPALIVE,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  Socket,
  SOL_SOCKET,
  tcpInfo,
} from 'bsd-sockets'
import type { InetAddress } from 'bsd-sockets'
import { describe, expect, onTestFinished, test } from 'vitest'
import { run } from '../support/echo-server.js'
import { root } from '../support/root.js'
import { bound, opened } from '../support/sockets.js'
import { tool } from '../support/tools.js'

const ss = [process.execPath, join(root, 'bin/bsd-sockets.js'), 'ss']
const linux = process.platform === 'linux'

/** What it prints, in lines. */
async function lines(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run([...ss, ...args]).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.trimEnd().split('\n')
}

interface Shown {
  readonly netid: string
  readonly state: string
  readonly recvQ: number
  readonly sendQ: number
  readonly local: Record<string, unknown>
  readonly peer: Record<string, unknown>
  readonly inode: number
  readonly uid: number
  readonly v6Only?: boolean
  readonly processes?: readonly object[]
  readonly timer?: { readonly name: string; readonly expires: number }
  readonly tcpInfo?: Record<string, unknown>
}

const inodeOf = (socket: Socket): number => Number(/\d+/.exec(readlinkSync(`/proc/self/fd/${socket.fd}`))![0])

/** What --json has of these sockets. */
async function listed(sockets: readonly Socket[], ...args: string[]): Promise<(Shown | undefined)[]> {
  const all = JSON.parse((await lines('--json', ...args)).join('\n')) as Shown[]
  return sockets.map(socket => all.find(({ inode }) => inode === inodeOf(socket)))
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ss-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

const portOf = (socket: Socket): number => (socket.getsockname() as InetAddress).port

function listener(family: number, host: string, backlog = 5): Socket {
  const socket = bound(family, SOCK_STREAM, [host, 0])
  socket.listen(backlog)
  return socket
}

function connection(to: Socket, family: number = AF_INET): Socket {
  const client = opened(family, SOCK_STREAM)
  client.connect(to.getsockname())
  return client
}

function accepted(from: Socket): Socket {
  const [socket] = from.accept()
  onTestFinished(() => socket.close())
  return socket
}

/** A TCP listener, and both ends of a connection: one has 5 bytes to receive. */
function tcp(): { server: Socket; client: Socket; peer: Socket } {
  const server = listener(AF_INET, '127.0.0.1')
  const client = connection(server)
  const peer = accepted(server)
  client.sendall('bytes')
  return { server, client, peer }
}

function unixPair(type: number): [Socket, Socket] {
  const pair = Socket.pair(AF_UNIX, type)
  onTestFinished(() => pair.forEach(socket => socket.close()))
  return pair
}

/** Sockets of every kind and state that the listing has. */
function everyKind(): Socket[] {
  const { server, client, peer } = tcp()
  const waiting = connection(server) // not accepted
  const six = listener(AF_INET6, '::1')
  const dual = opened(AF_INET6, SOCK_STREAM)
  dual.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, false)
  dual.bind(['::', 0])
  dual.listen(7)
  const only = opened(AF_INET6, SOCK_STREAM)
  only.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, true)
  only.bind(['::', 0])
  only.listen(7)
  const mapped = opened(AF_INET6, SOCK_STREAM)
  mapped.connect(['::ffff:127.0.0.1', portOf(server)])
  const half = connection(six, AF_INET6)
  half.close() // the other end is in CLOSE-WAIT
  const closed = accepted(six)
  const udp = bound(AF_INET, SOCK_DGRAM, ['127.0.0.1', 0])
  const sender = opened(AF_INET, SOCK_DGRAM)
  sender.connect(udp.getsockname())
  sender.send('datagram')
  const udp6 = bound(AF_INET6, SOCK_DGRAM, ['::', 0])
  const path = bound(AF_UNIX, SOCK_STREAM, join(temporary(), 'stream'))
  path.listen(3)
  const abstract = bound(AF_UNIX, SOCK_SEQPACKET, { family: 'unix', abstract: `ss ${process.pid}\0name` })
  abstract.listen(4)
  const pair = unixPair(SOCK_STREAM)
  pair[0].sendall('to be received')
  const letters = bound(AF_UNIX, SOCK_DGRAM, join(temporary(), 'dgram'))
  const writer = opened(AF_UNIX, SOCK_DGRAM)
  writer.connect(letters.getsockname())
  writer.send('datagram')
  return [server, client, peer, waiting, six, dual, only, mapped, closed, udp, sender, udp6, path, abstract].concat(
    ...[...pair, letters, writer],
  )
}

describe.runIf(linux)('ss', () => {
  test.skipIf(!tool('ss'))('agrees with ss(8) about states, queues, addresses and processes', async () => {
    const sockets = everyKind()
    const ports = new Set(sockets.flatMap(socket => (socket.family === AF_UNIX ? [] : [`:${portOf(socket)}`])))
    const inodes = new Set(sockets.map(socket => `${inodeOf(socket)}`))
    const ofTest = (text: string): string[] =>
      text
        .split('\n')
        .map(line => line.trim().replace(/ +/g, ' '))
        .filter(line => line.split(' ').some(word => inodes.has(word) || ports.has(/:\d+$/.exec(word)?.[0] ?? '')))
        .sort()
    const { stdout } = await run(['ss', '-Hntuxap']).ended
    const expected = ofTest(stdout)
    const own = ofTest((await lines('-Hntuxap')).join('\n'))
    expect(own).toEqual(expected)
    expect(own.length).toBeGreaterThanOrEqual(sockets.length)
  })

  test('lists TCP sockets with their states and queues', async () => {
    const { server, client, peer } = tcp()
    connection(server)
    const [listening, one, other] = await listed([server, client, peer], '-ta')
    const [here, there] = [server, client].map(socket => ({ address: '127.0.0.1', port: portOf(socket) }))
    expect(listening).toMatchObject({ netid: 'tcp', state: 'LISTEN', recvQ: 1, sendQ: 5, local: here })
    expect(listening!.peer).toEqual({ address: '0.0.0.0', port: 0 })
    expect(one).toMatchObject({ netid: 'tcp', state: 'ESTAB', recvQ: 0, sendQ: 0, local: there, peer: here })
    expect(other).toMatchObject({ state: 'ESTAB', recvQ: 5, local: here, peer: there, uid: process.geteuid!() })
  })

  test('lists UDP and Unix sockets', async () => {
    const udp = bound(AF_INET, SOCK_DGRAM, ['127.0.0.1', 0])
    const name = join(temporary(), 'name')
    const path = bound(AF_UNIX, SOCK_STREAM, name)
    path.listen(3)
    const abstract = bound(AF_UNIX, SOCK_DGRAM, { family: 'unix', abstract: `ss ${process.pid}` })
    const [left, right] = unixPair(SOCK_SEQPACKET)
    const rows = await listed([udp, path, abstract, left], '-uxa')
    expect(rows[0]).toMatchObject({ netid: 'udp', state: 'UNCONN', local: { address: '127.0.0.1' } })
    expect(rows[1]).toMatchObject({
      netid: 'u_str',
      state: 'LISTEN',
      sendQ: 3,
      local: { path: name },
    })
    expect(rows[2]).toMatchObject({ netid: 'u_dgr', state: 'UNCONN', local: { abstract: `ss ${process.pid}` } })
    expect(rows[3]).toMatchObject({ netid: 'u_seq', state: 'ESTAB', peer: { inode: inodeOf(right) } })
  })

  test('without options lists those that are connected, with -l those that are not, with -a all', async () => {
    const { server, client } = tcp()
    const udp = bound(AF_INET, SOCK_DGRAM, ['127.0.0.1', 0])
    const states = async (...args: string[]) => (await listed([server, client, udp], ...args)).map(row => row?.state)
    expect(await states()).toEqual([undefined, 'ESTAB', undefined])
    expect(await states('-l')).toEqual(['LISTEN', undefined, 'UNCONN'])
    expect(await states('-a')).toEqual(['LISTEN', 'ESTAB', 'UNCONN'])
    expect(await states('-ta')).toEqual(['LISTEN', 'ESTAB', undefined])
    expect(await states('-6a')).toEqual([undefined, undefined, undefined])
    expect(await states('-4a')).toEqual(['LISTEN', 'ESTAB', 'UNCONN'])
    expect(await states('-xa')).toEqual([undefined, undefined, undefined])
    expect(await states('state', 'listening')).toEqual(['LISTEN', undefined, undefined])
    expect(await states('state', 'listening', 'state', 'established')).toEqual(['LISTEN', 'ESTAB', undefined])
    expect(await states('exclude', 'listening')).toEqual([undefined, 'ESTAB', 'UNCONN'])
    expect(await states('-a', '--port', `${portOf(client)}`)).toEqual([undefined, 'ESTAB', undefined])
    expect(await states('-a', '--port', `${portOf(server)}`)).toEqual(['LISTEN', 'ESTAB', undefined])
  })

  test('has columns with their names, and without them by -H', async () => {
    const { server } = tcp()
    const port = `${portOf(server)}`
    const [head, row, ...rest] = await lines('-tlnp', '--port', port)
    expect(head!.split(/ +(?!Address)/)).toEqual([
      'Netid',
      'State',
      'Recv-Q',
      'Send-Q',
      'Local Address:Port',
      'Peer Address:Port',
      'Process',
    ])
    expect(row).toMatch(
      new RegExp(
        `^tcp +LISTEN +0 +5 +127\\.0\\.0\\.1:${port} +0\\.0\\.0\\.0:\\* +users:\\(\\(".*",pid=${process.pid},fd=${server.fd}\\)\\)$`,
      ),
    )
    expect(rest).toEqual([])
    expect(await lines('-tlnpH', '--port', port)).toEqual([row])
  })

  test('-p tells the descriptors of the processes', async () => {
    const [left] = unixPair(SOCK_STREAM)
    const [row] = await listed([left], '-xp')
    expect(row!.processes).toEqual([{ name: expect.any(String), pid: process.pid, fd: left.fd }])
  })

  test("-i has TCP's own figures, -o its timer", async () => {
    const { server, client } = tcp()
    client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, true)
    setOption(client, options.tcpKeepIdle, 1000)
    const { maxSegment, bytesSent } = tcpInfo(client)
    const [row] = await listed([client], '-ti')
    expect(row!.tcpInfo).toMatchObject({ state: 'ESTABLISHED', maxSegment, bytesSent })
    expect(row!.timer).toMatchObject({ name: 'keepalive' })
    expect(row!.timer!.expires).toBeGreaterThan(900_000)
    const text = await lines('-tnioH', '--port', `${portOf(client)}`)
    const at = text.findIndex(
      line => line.includes(` 127.0.0.1:${portOf(client)} `) && line.includes('timer:(keepalive,16min,0)'),
    )
    expect(text[at + 1]).toMatch(new RegExp(`^\t .*\\bmss:${maxSegment} .*\\bbytes_sent:${bytesSent} `))
    expect((await listed([server], '-tl'))[0]!.tcpInfo).toBeUndefined()
  })

  test('ports have the names of their services, numbers with -n', async () => {
    const port = 5353
    const socket = bound(AF_INET, SOCK_DGRAM, ['127.0.0.53', port])
    expect(inodeOf(socket)).toBeGreaterThan(0)
    let name = `${port}`
    try {
      name = getservbyport(port, 'udp')
    } catch {
      // this machine has no services(5)
    }
    expect((await lines('-uaH', '--port', `${port}`)).join('\n')).toContain(` 127.0.0.53:${name} `)
    expect((await lines('-uanH', '--port', `${port}`)).join('\n')).toContain(` 127.0.0.53:${port} `)
  })

  test('shows control characters in names as text', async () => {
    const socket = bound(AF_UNIX, SOCK_STREAM, join(temporary(), 'a\x1b[2J\nb'))
    socket.listen()
    const row = (await lines('-xlH')).find(line => line.includes(` ${inodeOf(socket)} `))
    expect(row).toContain('/a\\x1b[2J\\x0ab ')
  })
})

test.runIf(!linux)('ss says what to use instead where there is no netlink', async () => {
  const { code, stdout, stderr } = await run([...ss, '-t']).ended
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('netstat')
})
