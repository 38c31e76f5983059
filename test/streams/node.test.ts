// Sockets of this package in Node's modules, and Node's sockets in this package.
import { spawn, spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { createReadStream, rmSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import tls from 'node:tls'
import { AF_INET, AF_INET6, AF_UNIX, createServer, hasDualstackIpv6, IPPROTO_MPTCP, options } from 'bsd-sockets'
import { getOption, SO_KEEPALIVE, SO_REUSEPORT, Socket, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from 'bsd-sockets'
import { IPPROTO_IP, IPPROTO_TCP, IP_TTL, SOL_SOCKET, supports, TCP_MAXSEG, whyNot } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { fromDuplex, fromNet, listenNet, toDgram, toDuplex, toNet } from 'bsd-sockets/streams'
import { describe, expect, onTestFinished, test } from 'vitest'
import { selfSigned } from '../support/certificate.js'
import { inline } from '../support/child.js'
import { allowed } from '../support/sockets.js'
import { closing, connected, listening, portOf, thrown } from '../support/tcp.js'

// Only Linux has abstract names. unix(7)
const linux = process.platform === 'linux'

/** Lets a server listen on a socket until the test ends. */
async function serving<Server extends net.Server>(server: Server, socket: Socket = listening()): Promise<Server> {
  onTestFinished(() => void server.close())
  return listenNet(server, socket)
}

const portThere = (server: net.Server): number => (server.address() as net.AddressInfo).port

/** The answer of an echo server of `net` on a socket of this package, to a client of this package. */
async function echoed(socket: Socket): Promise<string> {
  const address = socket.getsockname()
  await serving(
    net.createServer({ allowHalfOpen: true }).on('connection', c => c.pipe(c)),
    socket,
  )
  return conversation(address)
}

async function conversation(address: SocketAddress): Promise<string> {
  const client = closing(
    new AsyncSocket(address.family === 'unix' ? AF_UNIX : address.family === 'IPv6' ? AF_INET6 : AF_INET),
  )
  await client.connect(address)
  await client.sendall('to and fro')
  return (await client.recv(64)).toString()
}

function bound(socket: Socket, address: Parameters<Socket['bind']>[0]): Socket {
  closing(socket).bind(address)
  return socket
}

describe('toNet', () => {
  test('a TCP and a Unix socket become net.Sockets', async () => {
    for (const [ours, peer] of [connected(), Socket.pair()]) {
      const adopted = toNet(ours)
      onTestFinished(() => void adopted.destroy())
      expect(ours.closed).toBe(true)
      closing(peer).sendall('hello')
      expect(String(await once(adopted, 'data'))).toBe('hello')
      const there = AsyncSocket.fromFd(peer.detach())
      adopted.end('goodbye')
      expect((await closing(there).recv(64)).toString()).toBe('goodbye')
      expect(await there.recv(64)).toHaveLength(0)
    }
  })

  test('allowHalfOpen', async () => {
    const [ours, peer] = Socket.pair()
    const adopted = toNet(ours, { allowHalfOpen: true }).resume()
    peer.shutdown(1)
    await once(adopted, 'end')
    adopted.end('answer')
    const there = closing(AsyncSocket.fromFd(peer.detach()))
    expect((await there.recv(64)).toString()).toBe('answer')
  })

  test('options that throw leave the socket its descriptor', () => {
    const [socket] = Socket.pair().map(closing)
    const purpose = new Error('on purpose')
    const throwing = {
      get allowHalfOpen(): boolean {
        throw purpose
      },
    }
    expect(thrown(() => toNet(socket!, throwing))).toBe(purpose)
    expect(thrown(() => toNet(socket!, { highWaterMark: 'much' } as object))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
    })
    expect(socket!.getpeername()).toMatchObject({ family: 'unix' })
    const closes = {
      get allowHalfOpen(): boolean {
        socket!.close()
        return true
      },
    }
    expect(thrown(() => toNet(socket!, closes))).toMatchObject({ code: 'EBADF' })
  })

  test('toDuplex too leaves no descriptor when its options are wrong', () => {
    for (const [options, code] of [
      [null, 'ERR_INVALID_ARG_TYPE'],
      [{ highWaterMark: 'much' }, 'ERR_INVALID_ARG_VALUE'],
      [{ highWatermark: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ] as const) {
      const [socket, peer] = Socket.pair().map(closing)
      expect(thrown(() => toDuplex(socket!, options as never))).toMatchObject({ code })
      socket!.close()
      expect(peer!.recv(1)).toHaveLength(0)
    }
  })

  test('a client of http uses a socket that has options', async () => {
    const server = await serving(http.createServer((_, response) => response.end('hello')))
    const client = closing(new Socket())
    client.setsockopt(IPPROTO_IP, IP_TTL, 7)
    client.connect({ address: '127.0.0.1', port: portThere(server) })
    const agent = new http.Agent()
    agent.createConnection = () => toNet(client)
    const [response] = (await once(http.get({ agent }), 'response')) as [http.IncomingMessage]
    expect(fromNetOption(response.socket)).toBe(7)
    expect(await text(response)).toBe('hello')
  })

  test('sockets that Node cannot use are rejected, and not changed', () => {
    for (const type of [SOCK_DGRAM, SOCK_SEQPACKET].filter(each => supports.socket(AF_UNIX, each))) {
      const [socket] = Socket.pair(AF_UNIX, type).map(closing)
      expect(thrown(() => toNet(socket!))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
      expect(socket!.closed).toBe(false)
    }
    const idle = closing(new Socket())
    expect(thrown(() => toNet(idle))).toMatchObject({ code: 'ENOTCONN' })
    expect(idle.closed).toBe(false)
  })
})

function fromNetOption(socket: net.Socket): number {
  const ours = closing(fromNet(socket))
  return ours.getsockopt(IPPROTO_IP, IP_TTL)
}

describe('listenNet', () => {
  const { key, cert } = selfSigned()

  test('net', async () => expect(await echoed(listening())).toBe('to and fro'))

  test('a socket that does not listen yet', async () => {
    expect(await echoed(bound(new Socket(), ['127.0.0.1', 0]))).toBe('to and fro')
  })

  test('http', async () => {
    const server = await serving(http.createServer((_, response) => response.end('over http')))
    expect(await (await fetch(`http://127.0.0.1:${portThere(server)}`)).text()).toBe('over http')
  })

  test('https', async () => {
    const server = await serving(https.createServer({ key, cert }, (_, response) => response.end('over https')))
    const request = https.get({ host: '127.0.0.1', port: portThere(server), servername: 'localhost', ca: cert })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    expect(await text(response)).toBe('over https')
    request.destroy()
  })

  test('http2', async () => {
    const server = http2.createSecureServer({ key, cert }, (_, response) => void response.end('over http2'))
    await serving(server)
    const session = http2.connect(`https://localhost:${portThere(server)}`, {
      ca: cert,
      createConnection: () =>
        tls.connect({
          host: '127.0.0.1',
          port: portThere(server),
          servername: 'localhost',
          ca: cert,
          ALPNProtocols: ['h2'],
        }),
    })
    expect(await text(session.request({ ':path': '/' }))).toBe('over http2')
    session.close()
    await once(session, 'close')
  })

  test('tls', async () => {
    const server = await serving(tls.createServer({ key, cert }, socket => socket.end('over tls')))
    const client = tls.connect({ host: '127.0.0.1', port: portThere(server), servername: 'localhost', ca: cert })
    expect(await text(client)).toBe('over tls')
  })

  test('SO_REUSEPORT: two servers of one port', async () => {
    const [first, second] = [new Socket(), new Socket()].map(closing) as [Socket, Socket]
    for (const socket of [first, second]) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true)
    first.bind(['127.0.0.1', 0])
    second.bind(first.getsockname())
    const address = first.getsockname()
    const served = new Set<string>()
    const servers = await Promise.all(
      [first, second].map((socket, i) =>
        serving(
          net.createServer(connection => connection.end(String(i))),
          socket,
        ),
      ),
    )
    expect(portThere(servers[0]!)).toBe(portThere(servers[1]!))
    // The kernel chooses by a hash of the addresses: of 64 connections both servers should get some.
    for (let i = 0; i < 64; i++) {
      const client = closing(new AsyncSocket())
      await client.connect(address)
      served.add((await client.recv(8)).toString())
      client.close()
    }
    // Linux distributes the connections, other kernels give all to one server. socket(7)
    if (linux) expect([...served].sort()).toEqual(['0', '1'])
  })

  test('a Unix socket with a path or, on Linux, with an abstract name of its exact length', async () => {
    const path = join(tmpdir(), `bsd-sockets-${process.pid}.sock`)
    onTestFinished(() => rmSync(path))
    const named = bound(new Socket(AF_UNIX), { family: 'unix', path })
    expect(await echoed(named)).toBe('to and fro')
    if (!linux) return
    const abstract = bound(new Socket(AF_UNIX), { family: 'unix', abstract: `bsd-sockets\0${process.pid}` })
    expect(await echoed(abstract)).toBe('to and fro')
  })

  allowed('MPTCP', whyNot.socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), async () => {
    const socket = new Socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)
    expect(await echoed(bound(socket, ['127.0.0.1', 0]))).toBe('to and fro')
  })

  test('one IPv6 socket for both versions', async () => {
    if (!hasDualstackIpv6()) return console.warn('skipped: this machine has no IPv6 for both versions')
    const socket = createServer(['::', 0], { family: AF_INET6, dualstackIpv6: true })
    const { port } = socket.getsockname() as { port: number }
    await serving(
      net.createServer({ allowHalfOpen: true }).on('connection', c => c.pipe(c)),
      socket,
    )
    expect(await conversation({ family: 'IPv4', address: '127.0.0.1', port })).toBe('to and fro')
    expect(await conversation({ family: 'IPv6', address: '::1', port })).toBe('to and fro')
  })

  test('a socket that Node cannot use, and a server that already listens, do not change the socket', async () => {
    const udp = bound(new Socket(AF_INET, SOCK_DGRAM), ['127.0.0.1', 0])
    await expect(listenNet(net.createServer(), udp)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    const busy = await serving(net.createServer())
    const socket = listening()
    await expect(listenNet(busy, socket)).rejects.toMatchObject({ code: 'ERR_SERVER_ALREADY_LISTEN' })
    expect([udp.closed, socket.closed, busy.listenerCount('error')]).toEqual([false, false, 0])
  })

  test('a server that is closed before it listens', async () => {
    const server = net.createServer()
    const taken = listenNet(server, listening())
    server.close()
    await expect(taken).rejects.toMatchObject({ code: 'ECANCELED', syscall: 'listen' })
    expect(server.eventNames()).toEqual([])
  })

  test('a socket that cannot listen rejects', async () => {
    const [client] = connected()
    await expect(listenNet(net.createServer(), client)).rejects.toMatchObject({ code: 'EINVAL', syscall: 'listen' })
  })
})

describe('toDgram', () => {
  test.each([
    [AF_INET, '127.0.0.1'],
    [AF_INET6, '::1'],
  ])('family %i', async (family, address) => {
    const adopted = await toDgram(bound(new Socket(family, SOCK_DGRAM), { address, port: 0 }))
    onTestFinished(() => void adopted.close())
    const peer = closing(new AsyncSocket(family, SOCK_DGRAM))
    await peer.sendto('hello', { address, port: adopted.address().port })
    const [message, from] = (await once(adopted, 'message')) as [Buffer, dgram.RemoteInfo]
    expect(message.toString()).toBe('hello')
    adopted.send('and back', from.port, from.address)
    expect((await peer.recv(64)).toString()).toBe('and back')
  })

  test('an unbound socket sends, and then receives too', async () => {
    const adopted = await toDgram(new Socket(AF_INET, SOCK_DGRAM))
    onTestFinished(() => void adopted.close())
    const peer = closing(new AsyncSocket(AF_INET, SOCK_DGRAM))
    peer.bind(['127.0.0.1', 0])
    adopted.send('hello', (peer.getsockname() as { port: number }).port, '127.0.0.1')
    const [, from] = await peer.recvfrom(64)
    await peer.sendto('and back', from)
    expect(String((await once(adopted, 'message'))[0])).toBe('and back')
  })

  test('a connected socket is rejected, and not changed: dgram could neither send nor connect', async () => {
    const peer = bound(new Socket(AF_INET, SOCK_DGRAM), ['127.0.0.1', 0])
    const socket = closing(new Socket(AF_INET, SOCK_DGRAM))
    socket.connect(peer.getsockname())
    await expect(toDgram(socket)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining('must not be connected'),
    })
    expect(socket.closed).toBe(false)
  })

  test('a socket other than UDP is rejected, and not changed', async () => {
    const [unix] = Socket.pair(AF_UNIX, SOCK_DGRAM).map(closing)
    await expect(toDgram(unix!)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    expect(unix!.closed).toBe(false)
  })
})

describe('fromNet', () => {
  async function netPair(): Promise<[net.Socket, net.Socket]> {
    const server = await serving(net.createServer())
    const client = net.connect(portThere(server), '127.0.0.1')
    const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
      [net.Socket],
      [],
    ]
    for (const socket of [client, accepted]) onTestFinished(() => void socket.destroy())
    return [client, accepted]
  }

  test('options and addresses of a socket that Node continues to use', async () => {
    const [client, accepted] = await netPair()
    const ours = closing(fromNet(client))
    expect(ours.getsockname()).toEqual({ family: 'IPv4', address: '127.0.0.1', port: client.localPort })
    expect(ours.getsockopt(IPPROTO_TCP, TCP_MAXSEG)).toBeGreaterThan(0)
    client.setKeepAlive(true)
    expect(ours.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).not.toBe(0)
    expect(getOption(ours, options.linger)).toEqual({ on: false, seconds: 0 })
    ours.close()
    client.write('still here')
    expect(String(await once(accepted, 'data'))).toBe('still here')
  })

  test('servers and dgram too; an object without a descriptor is an error', async () => {
    const server = await serving(net.createServer())
    expect(portOf(closing(fromNet(server) as unknown as Socket))).toBe(portThere(server))
    const udp = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    onTestFinished(() => void udp.close())
    await once(udp, 'listening')
    expect(closing(fromNet(udp)).type).toBe(SOCK_DGRAM)
    expect(thrown(() => fromNet(new net.Socket()))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
  })

  test('fromDuplex takes the connection, and the bytes that had arrived', async () => {
    const [client, accepted] = await netPair()
    client.write('came before')
    await once(accepted, 'readable')
    const { socket, head } = fromDuplex(accepted)
    closing(socket)
    expect(head.toString()).toBe('came before')
    expect(accepted.destroyed).toBe(true)
    client.write('comes after')
    expect((await socket.recv(64)).toString()).toBe('comes after')
    const there = buffer(client)
    await socket.sendall('and back')
    socket.close()
    expect((await there).toString()).toBe('and back')
  })

  test('fromDuplex takes the pipes of a child process', async () => {
    const child = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] })
    const [input, output] = [child.stdin, child.stdout].map(pipe => closing(fromDuplex(pipe as net.Socket).socket))
    await input!.sendall('through a cat')
    expect((await output!.recv(64)).toString()).toBe('through a cat')
    input!.close()
    expect((await output!.recv(64)).length).toBe(0)
    await once(child, 'close')
  })

  test('fromDuplex rejects other streams', () => {
    const [one, other] = Socket.pair().map(closing)
    const streams = [toDuplex(one!), new PassThrough(), createReadStream('/dev/null'), {}, null]
    for (const stream of streams) {
      expect(thrown(() => fromDuplex(stream as net.Socket))).toMatchObject({
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringContaining('"duplex" argument must be a net.Socket'),
      })
    }
    expect(thrown(() => fromDuplex(new net.Socket()))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    other!.close()
    const { status, stdout } = spawnSync(
      'sh',
      [
        '-c',
        `echo | "$0" "$@"`,
        process.execPath,
        ...inline(`
        import { fromDuplex } from 'bsd-sockets/streams'
        try { fromDuplex(process.stdin) } catch (error) { console.log(error.code) }
        process.exit()`),
      ],
      { encoding: 'utf8' },
    )
    expect([stdout, status]).toEqual(['ENOTSOCK\n', 0])
  })

  test('fromDuplex rejects a stream that would lose bytes', async () => {
    const [client] = await netPair()
    client.cork()
    client.write('not sent yet')
    expect(thrown(() => fromDuplex(client))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    const [other] = await netPair()
    other.setEncoding('utf8')
    expect(thrown(() => fromDuplex(other))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    const [plain] = await netPair()
    const encrypted = new tls.TLSSocket(plain)
    expect(thrown(() => fromDuplex(encrypted))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    expect([client, other, plain].map(({ destroyed }) => destroyed)).toEqual([false, false, false])
  })
})
