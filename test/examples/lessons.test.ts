// What textbooks on sockets say of the kernel.
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AF_UNIX,
  BrokenPipeError,
  ConnectionRefusedError,
  ConnectionResetError,
  IPPROTO_TCP,
  select,
  SHUT_WR,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SocketError,
  Socket,
  SOL_SOCKET,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TimeoutError,
} from 'bsd-sockets'
import { getsockopt, setsockopt } from 'bsd-sockets/syscalls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { example, python } from '../support/child.js'
import { closing, connected, listening, portOf, thrown } from '../support/tcp.js'

// Linux alone shows the sockets of a process in /proc, proc(5), and has all of 127.0.0.0/8 as its own addresses.
const linux = process.platform === 'linux'
if (!linux) console.warn('skipped: only Linux has /proc')

/** The local ports of a process's TCP sockets over IPv4. proc(5) */
function tcpPorts(pid: number): number[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map(fd => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch {
      return '' // closed since readdir
    }
  })
  const inodes = new Set(sockets.map(link => /^socket:\[(\d+)\]$/.exec(link)?.[1]))
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1, -1)
  const columns = rows.map(row => row.trim().split(/\s+/)).filter(row => inodes.has(row[9]))
  const ports = new Map(columns.map(row => [row[9], parseInt(row[1]!.split(':')[1]!, 16)])) // the kernel may list a row twice
  return [...ports.values()]
}

describe.skipIf(!linux).each(['echo-loop', 'event-loop', 'howto-select', 'howto-threads'])('%s', name => {
  test('N clients make N + 1 sockets in the server, all with its port', async () => {
    const server = example(name, ...(name.startsWith('howto') ? ['--host', 'localhost'] : []))
    const port = await server.port()
    expect(tcpPorts(server.pid)).toEqual([port])
    const clients = Array.from({ length: 5 }, () => closing(new Socket()))
    for (const [i, client] of clients.entries()) {
      client.connect(['127.0.0.1', port])
      client.sendall('here')
      expect(client.recv(4).toString()).toBe('here')
      expect(tcpPorts(server.pid)).toEqual(Array(i + 2).fill(port))
    }
    for (const client of clients) client.close()
    const last = closing(new Socket())
    last.connect(['127.0.0.1', port])
    last.sendall('last')
    expect(last.recv(4).toString()).toBe('last')
    last.shutdown(SHUT_WR)
    expect(last.recv(1)).toHaveLength(0)
    while (tcpPorts(server.pid).length > 1) await new Promise(resolve => setTimeout(resolve, 10))
    expect(tcpPorts(server.pid)).toEqual([port])
  })
})

describe('a port in TIME_WAIT', () => {
  // The end that closes first goes to TIME_WAIT: here the server's.
  function portInTimeWait(reuse: boolean): number {
    const server = closing(new Socket())
    server.setsockopt(SOL_SOCKET, SO_REUSEADDR, reuse)
    server.bind(['127.0.0.1', 0])
    server.listen()
    const port = portOf(server)
    const [client, accepted] = connected(server)
    accepted.close()
    expect(client.recv(1)).toHaveLength(0)
    client.close()
    server.close()
    return port
  }

  test('can be bound with SO_REUSEADDR', () => {
    const port = portInTimeWait(true)
    const next = closing(new Socket())
    next.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
    next.bind(['127.0.0.1', port])
    next.listen()
    connected(next)
  })

  test('cannot be bound without it', () => {
    for (const reuse of [true, false]) {
      const port = portInTimeWait(reuse)
      expect(() => closing(new Socket()).bind(['127.0.0.1', port])).toThrow(`bind EADDRINUSE 127.0.0.1:${port}`)
    }
  })

  test('does not keep http-from-nothing from starting again', async () => {
    const first = example('http-from-nothing')
    const port = await first.port()
    await python('http_client', port, 'GET /').finished()
    first.process.kill('SIGKILL')
    await first.ended
    const second = example('http-from-nothing', '--port', String(port))
    expect(await second.port()).toBe(port)
    expect(await python('http_client', port, 'GET /').finished()).toContain('"status": 200')
  })
})

describe('an address to bind to', () => {
  const others = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const external = others.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
  const other = external ?? (linux ? '127.0.0.2' : undefined)
  if (other === undefined) console.warn('skipped: this machine has no address but 127.0.0.1')

  test.skipIf(other === undefined)('127.0.0.1 accepts connections to that address only', () => {
    const server = listening()
    closing(new Socket()).connect(['127.0.0.1', portOf(server)])
    const error = thrown(() => closing(new Socket()).connect([other!, portOf(server)]))
    expect(error).toBeInstanceOf(ConnectionRefusedError)
  })

  test.skipIf(other === undefined).each(['', '0.0.0.0'])(
    '%j accepts connections to every address of the machine',
    async host => {
      const server = example('echo-message', '--host', host)
      const port = await server.port()
      await server.printed(/^listening on 0\.0\.0\.0:/)
      for (const address of ['127.0.0.1', other!]) {
        const client = example('echo-message-client', '--names', '--host', address, '--port', String(port))
        expect(await client.finished()).toContain(` with ${address}:${port}\n`)
      }
    },
  )
})

describe('a full backlog', () => {
  test('neither connects nor refuses a client', () => {
    const server = listening(1)
    const clients = Array.from({ length: 8 }, () => closing(new Socket()))
    for (const client of clients) client.tryConnect(server.getsockname())
    const inside = select([], clients, [], 100)[1]
    expect(inside.length).toBeGreaterThan(0)
    expect(inside.length).toBeLessThan(clients.length)
    const late = clients.find(client => !inside.includes(client))!
    expect(late.tryConnect(server.getsockname())).toBeNull() // still in progress
    expect(thrown(() => late.getpeername())).toMatchObject({ code: 'ENOTCONN' })
  })

  test('of a Unix socket makes connect wait for room', () => {
    const directory = mkdtempSync(join(tmpdir(), 'backlog-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const server = closing(new Socket(AF_UNIX))
    server.bind(join(directory, 'socket'))
    server.listen(0)
    const address = server.getsockname()
    const waiting: Socket[] = []
    for (;;) {
      const client = closing(new Socket(AF_UNIX))
      client.settimeout(20)
      try {
        client.connect(address)
        waiting.push(client)
      } catch (error) {
        expect(error).toBeInstanceOf(linux ? TimeoutError : ConnectionRefusedError) // BSD refuses the client
        break
      }
    }
    expect(waiting.length).toBeGreaterThan(0)
    closing(server.accept()[0])
    closing(new Socket(AF_UNIX)).connect(address)
  })
})

describe('a killed peer', () => {
  test('is an end of the stream: its kernel closes the socket', async () => {
    const server = listening()
    const peer = python('silent', portOf(server))
    await peer.printed(/connected/)
    const accepted = closing(server.accept()[0])
    peer.process.kill('SIGKILL')
    await peer.ended
    expect(accepted.recv(1024)).toHaveLength(0)
    expect(
      thrown(() => {
        for (;;) accepted.send('anybody there?')
      }),
    ).toBeInstanceOf(BrokenPipeError)
  })

  test('with unread data is a reset', async () => {
    const server = listening()
    const peer = python('silent', portOf(server))
    await peer.printed(/connected/)
    const accepted = closing(server.accept()[0])
    accepted.sendall('unread')
    peer.process.kill('SIGKILL')
    await peer.ended
    expect(thrown(() => accepted.recv(1024))).toBeInstanceOf(ConnectionResetError)
  })

  test('makes the socket readable in select', async () => {
    const server = listening()
    const peer = python('silent', portOf(server), 'READ')
    const accepted = closing(server.accept()[0])
    accepted.sendall('are you there?')
    await peer.printed(/received/)
    expect(select([accepted], [], [], 0)[0]).toEqual([])
    peer.process.kill('SIGKILL')
    expect(select([accepted], [], [], 5000)[0]).toEqual([accepted])
    expect(accepted.recv(1)).toHaveLength(0)
  })
})

test('options of a socket that net owns', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle
  const get = (level: number, name: number): number => {
    const value = new Int32Array(1)
    expect(getsockopt(fd, level, name, value, new Uint32Array([4]))).toBe(0)
    return value[0]!
  }
  expect(get(IPPROTO_TCP, TCP_NODELAY)).toBe(0)
  socket.setNoDelay(true)
  expect(get(IPPROTO_TCP, TCP_NODELAY)).not.toBe(0)
  expect(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, new Int32Array([0]))).toBe(0)
  expect(get(IPPROTO_TCP, TCP_NODELAY)).toBe(0)
  expect(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, new Int32Array([1]))).toBe(0)
  expect(setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, new Int32Array([17]))).toBe(0) // net has no method for it
  expect([get(SOL_SOCKET, SO_KEEPALIVE) !== 0, get(IPPROTO_TCP, TCP_KEEPINTVL)]).toEqual([true, 17])
})

test('a killed server: its clients read the end of the stream, and its port is free', async () => {
  const server = example('echo-loop')
  const port = await server.port()
  const client = closing(new Socket())
  client.connect(['127.0.0.1', port])
  client.sendall('hello')
  expect(client.recv(5).toString()).toBe('hello')
  server.process.kill('SIGKILL')
  await server.ended
  expect(client.recv(1)).toHaveLength(0)
  expect(thrown(() => closing(new Socket()).connect(['127.0.0.1', port]))).toBeInstanceOf(SocketError)
  expect(await example('echo-loop', '--port', String(port)).port()).toBe(port)
})
