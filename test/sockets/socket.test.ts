// The synchronous Socket over TCP: the behaviour and the errors of each method.
import { once } from 'node:events'
import { constants } from 'node:os'
import { Worker } from 'node:worker_threads'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  BlockingIOError,
  BrokenPipeError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  F_GETFD,
  F_GETFL,
  FD_CLOEXEC,
  getdefaulttimeout,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_WAITALL,
  O_NONBLOCK,
  select,
  setdefaulttimeout,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  Socket,
  SocketError,
  SOL_SOCKET,
  TCP_NODELAY,
  TimeoutError,
} from 'bsd-sockets'
import type { Data } from 'bsd-sockets'
import { fcntl } from 'bsd-sockets/syscalls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { closedPort, closing, connected, fullPair, listening, portOf, thrown } from '../support/tcp.js'

describe('new Socket', () => {
  test('is TCP over IPv4 by default', () => {
    const socket = closing(new Socket())
    expect(socket).toMatchObject({ family: AF_INET, type: SOCK_STREAM, protocol: 0, closed: false })
    expect(socket.getsockopt(SOL_SOCKET, SO_TYPE)).toBe(SOCK_STREAM)
    expect(socket.fileno()).toBe(socket.fd)
  })

  test('is created close-on-exec and non-blocking, and so are accepted sockets', () => {
    const server = listening()
    for (const socket of [server, ...connected(server), ...Socket.pair().map(closing)]) {
      expect(fcntl(socket.fd, F_GETFD) & FD_CLOEXEC).toBe(FD_CLOEXEC)
      expect(fcntl(socket.fd, F_GETFL) & O_NONBLOCK).toBe(O_NONBLOCK)
    }
  })

  test.skipIf(SOCK_CLOEXEC === undefined)('has a type without the flags that Linux adds', () => {
    const socket = closing(new Socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC! | SOCK_NONBLOCK!))
    expect(socket.type).toBe(SOCK_STREAM)
  })

  test('fails for families and types that the kernel does not know', () => {
    const error = thrown(() => new Socket(AF_INET, SOCK_STREAM, 255))
    expect(error).toBeInstanceOf(SocketError)
    expect(error).toMatchObject({ code: 'EPROTONOSUPPORT', syscall: 'socket', errno: -constants.errno.EPROTONOSUPPORT })
  })

  test.each([
    ['family', () => new Socket(NaN)],
    ['type', () => new Socket(AF_INET, 1.5)],
    ['protocol', () => new Socket(AF_INET, SOCK_STREAM, 2 ** 32)],
    ['family', () => new Socket('AF_INET' as never)],
  ])('rejects a %s that is not a valid number', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ code: expect.stringMatching(/^ERR_/) }))
  })
})

describe('bind, listen, getsockname', () => {
  test('port 0 is any free port', () => {
    expect(listening().getsockname()).toEqual({ family: 'IPv4', address: '127.0.0.1', port: expect.any(Number) })
  })

  test("'' is the any-address, of either family", () => {
    const v4 = closing(new Socket(AF_INET))
    v4.bind(['', 0])
    expect(v4.getsockname()).toMatchObject({ family: 'IPv4', address: '0.0.0.0' })
    const v6 = closing(new Socket(AF_INET6))
    v6.bind(['', 0])
    expect(v6.getsockname()).toMatchObject({ family: 'IPv6', address: '::' })
  })

  test('a port in use is EADDRINUSE, as an error of Node', () => {
    const port = portOf(listening())
    const error = thrown(() => closing(new Socket()).bind(['127.0.0.1', port]))
    expect(error).toBeInstanceOf(SocketError)
    expect(error).toMatchObject({
      name: 'SocketError',
      message: `bind EADDRINUSE 127.0.0.1:${port}`,
      code: 'EADDRINUSE',
      errno: -constants.errno.EADDRINUSE,
      syscall: 'bind',
      address: '127.0.0.1',
      port,
    })
  })

  test('a name is a TypeError that tells which functions resolve names', () => {
    const error = thrown(() => closing(new Socket()).bind(['localhost', 0]))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining('getaddrinfo') })
  })

  test.each([-1, 65536, 1.5, NaN])('port %d is a RangeError', port => {
    const error = thrown(() => closing(new Socket()).bind(['127.0.0.1', port]))
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ code: 'ERR_OUT_OF_RANGE', message: expect.stringContaining('port') })
  })
})

describe('connect', () => {
  test('both ends have the same addresses', () => {
    const server = listening()
    const client = closing(new Socket())
    client.connect(server.getsockname())
    const [accepted, address] = server.accept()
    closing(accepted)
    expect(accepted).toMatchObject({ family: AF_INET, type: SOCK_STREAM })
    expect(address).toEqual(client.getsockname())
    expect(accepted.getpeername()).toEqual(client.getsockname())
    expect(accepted.getsockname()).toEqual(server.getsockname())
    expect(client.getpeername()).toEqual(server.getsockname())
  })

  test('accepts { address, port }, [host, port] and the result of getsockname', () => {
    const server = listening()
    const port = portOf(server)
    for (const address of [{ address: '127.0.0.1', port }, ['127.0.0.1', port] as const, server.getsockname()]) {
      const client = closing(new Socket())
      client.connect(address)
      closing(server.accept()[0])
    }
  })

  test('without a listener it is a ConnectionRefusedError with the address', () => {
    const port = closedPort()
    const error = thrown(() => closing(new Socket()).connect(['127.0.0.1', port]))
    expect(error).toBeInstanceOf(ConnectionRefusedError)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({
      name: 'ConnectionRefusedError',
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
      address: '127.0.0.1',
      port,
    })
  })

  test('is EISCONN for a socket that is connected, or listens', () => {
    const server = listening()
    const other = listening()
    const client = closing(new Socket())
    client.connect(server.getsockname())
    for (const socket of [client, other]) {
      for (const connect of ['connect', 'tryConnect'] as const) {
        const error = thrown(() => socket[connect](server.getsockname()))
        expect(error).toMatchObject({ code: 'EISCONN', syscall: 'connect', port: portOf(server) })
      }
    }
    expect(client.getpeername()).toEqual(server.getsockname())
  })

  // On BSD the socket cannot be used afterwards. connect(2)
  test.skipIf(process.platform === 'darwin')('can be tried again after it was refused', () => {
    const listener = closing(new Socket())
    listener.bind(['127.0.0.1', 0])
    const client = closing(new Socket())
    for (let i = 0; i < 2; i++)
      expect(thrown(() => client.connect(listener.getsockname()))).toBeInstanceOf(ConnectionRefusedError)
    listener.listen()
    client.connect(listener.getsockname())
    expect(client.getpeername()).toEqual(listener.getsockname())
  })

  test('tryConnect is null while connecting, true afterwards', () => {
    const server = listening()
    const client = closing(new Socket())
    expect(client.tryConnect(server.getsockname())).toBeNull()
    expect(select([], [client], [], 1000)[1]).toEqual([client])
    expect(client.tryConnect(server.getsockname())).toBe(true)
  })

  test('tryConnect throws the error of the connection', () => {
    const address = ['127.0.0.1', closedPort()] as const
    const client = closing(new Socket())
    expect(client.tryConnect(address)).toBeNull()
    expect(select([], [client], [], 1000)[1]).toEqual([client])
    expect(() => client.tryConnect(address)).toThrow(ConnectionRefusedError)
  })

  test('with a timeout of 0 it is a BlockingIOError, and connecting continues', () => {
    const server = listening()
    const client = closing(new Socket())
    client.settimeout(0)
    const error = thrown(() => client.connect(server.getsockname()))
    expect(error).toBeInstanceOf(BlockingIOError)
    expect(error).toMatchObject({ code: 'EINPROGRESS', port: portOf(server) })
    select([], [client], [], 1000)
    expect(client.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0)
    expect(client.getpeername()).toEqual(server.getsockname())
  })

  test('without an answer in time it is a TimeoutError with the address', () => {
    const server = listening(0)
    const waiting = Array.from({ length: 3 }, () => closing(new Socket()))
    for (const client of waiting) client.tryConnect(server.getsockname())
    const client = closing(new Socket())
    client.settimeout(20)
    const error = thrown(() => client.connect(server.getsockname()))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ message: `connect ETIMEDOUT 127.0.0.1:${portOf(server)}`, port: portOf(server) })
  })

  test('an IPv6 socket rejects an IPv4 address', () => {
    const client = closing(new Socket(AF_INET6))
    expect(() => client.connect(['127.0.0.1', 1])).toThrow(/^connect (EAFNOSUPPORT|EINVAL|ENETUNREACH|EHOSTUNREACH)/)
  })
})

describe('send and recv', () => {
  const bytes = Buffer.from('bytes')
  const shared = new SharedArrayBuffer(5)
  Buffer.from(shared).set(bytes)
  const inside = new Uint8Array(Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(3)]))

  test.each<[string, Data]>([
    ['a string', 'bytes'],
    ['a Buffer', bytes],
    ['a part of an array', inside.subarray(3, 8)],
    ['a DataView', new DataView(inside.buffer, 3, 5)],
    ['an ArrayBuffer', Uint8Array.from(bytes).buffer],
    ['a SharedArrayBuffer', shared],
    ['a view of shared memory', new Uint8Array(shared)],
  ])('%s is sent as its bytes', (_, data) => {
    const [client, accepted] = connected()
    expect(client.send(data)).toBe(5)
    expect(accepted.recv(1024)).toEqual(bytes)
  })

  test('an array of wider elements is sent as its bytes, not as its elements', () => {
    const [client, accepted] = connected()
    expect(client.send(new Uint32Array([1, 2]))).toBe(8)
    expect(accepted.recv(1024)).toEqual(Buffer.from(new Uint32Array([1, 2]).buffer))
  })

  test.each([1, null, undefined, {}, [1, 2]])('%j cannot be sent', data => {
    const [client] = connected()
    const error = thrown(() => client.send(data as never))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE', message: expect.stringContaining('data') })
  })

  test('a string is sent as UTF-8', () => {
    const [client, accepted] = connected()
    expect(client.send('grüß €')).toBe(Buffer.byteLength('grüß €'))
    expect(accepted.recv(1024).toString()).toBe('grüß €')
  })

  test('a stream keeps the order, but no message boundaries', () => {
    const [client, accepted] = connected()
    client.send('one')
    client.send('two')
    expect(accepted.recv(4).toString()).toBe('onet')
    expect(accepted.recv(4).toString()).toBe('wo')
  })

  test('recv returns no bytes when the peer has stopped sending', () => {
    const [client, accepted] = connected()
    client.shutdown(SHUT_WR)
    expect(accepted.recv(1024)).toHaveLength(0)
    expect(accepted.recvInto(Buffer.alloc(8))).toBe(0)
    expect(accepted.tryRecv(1024)).toHaveLength(0)
    accepted.sendall('still listening')
    expect(client.recv(1024).toString()).toBe('still listening')
  })

  test('a later receive does not overwrite received bytes', () => {
    const [client, accepted] = connected()
    client.send('first')
    const first = accepted.recv(1024)
    client.send('other')
    accepted.recv(1024)
    expect(first.toString()).toBe('first')
    expect(first.buffer.byteLength).toBeLessThan(2 * Buffer.poolSize)
  })

  test('recvInto writes into the view', () => {
    const [client, accepted] = connected()
    client.send('abc')
    const buffer = Buffer.alloc(8, '.')
    expect(accepted.recvInto(buffer.subarray(2, 7))).toBe(3)
    expect(buffer.toString()).toBe('..abc...')
  })

  test('over TCP recvfrom has no address', () => {
    const [client, accepted] = connected()
    client.send('onetwo')
    expect(accepted.recvfrom(3)).toEqual([Buffer.from('one'), { family: 'raw', af: 0, data: Buffer.alloc(0) }])
    expect(accepted.recvmsg(3)).toMatchObject({ data: Buffer.from('two'), address: null })
  })

  test('MSG_PEEK leaves the bytes in the buffer', () => {
    const [client, accepted] = connected()
    client.send('peek')
    expect(accepted.recv(2, MSG_PEEK).toString()).toBe('pe')
    expect(accepted.recv(1024).toString()).toBe('peek')
  })

  test('MSG_WAITALL waits for all bytes', async () => {
    const [client, accepted] = connected()
    const code = `import('bsd-sockets').then(async ({ Socket }) => {
      const socket = Socket.fromFd(require('worker_threads').workerData)
      for (const piece of ['all', ' of ', 'it', 'and more']) {
        socket.sendall(piece)
        await new Promise(resolve => setTimeout(resolve, 5))
      }
      socket.close()
    })`
    const worker = new Worker(code, { eval: true, workerData: client.detach() })
    const ended = once(worker, 'exit')
    await once(worker, 'online')
    expect(accepted.recv(9, MSG_WAITALL).toString()).toBe('all of it')
    const buffer = Buffer.alloc(4)
    expect(accepted.recvInto(buffer, MSG_WAITALL)).toBe(4)
    expect(buffer.toString()).toBe('and ')
    expect(accepted.recv(100, MSG_WAITALL).toString()).toBe('more') // the stream ends earlier
    expect(accepted.recv(100, MSG_WAITALL)).toHaveLength(0)
    await ended
  })

  test('MSG_WAITALL loses no bytes if the wait ends earlier', () => {
    const [client, accepted] = connected()
    client.sendall('part')
    expect(accepted.recv(100, MSG_WAITALL | MSG_PEEK).toString()).toBe('part')
    accepted.settimeout(1)
    expect(accepted.recv(100, MSG_WAITALL).toString()).toBe('part')
    expect(() => accepted.recv(100, MSG_WAITALL)).toThrow(TimeoutError)
  })

  const inPieces = (client: Socket, ...pieces: string[]): void => {
    const code = `import('bsd-sockets').then(async ({ Socket }) => {
      const { fd, pieces } = require('worker_threads').workerData
      const socket = Socket.fromFd(fd)
      for (const piece of pieces) {
        socket.sendall(piece)
        await new Promise(resolve => setTimeout(resolve, 5))
      }
      socket.close()
    })`
    const worker = new Worker(code, { eval: true, workerData: { fd: client.detach(), pieces } })
    onTestFinished(() => worker.terminate().then(() => undefined))
  }

  test('MSG_WAITALL waits in recvfrom and recvmsg too', () => {
    const [client, accepted] = connected()
    inPieces(client, 'fr', 'om', 'mes', 'sa', 'ge', 'in', 'to', 'end')
    expect(String(accepted.recvfrom(4, MSG_WAITALL)[0])).toBe('from')
    expect(String(accepted.recvmsg(7, 0, MSG_WAITALL).data)).toBe('message')
    const views = [Buffer.alloc(1), new DataView(new ArrayBuffer(1)), Buffer.alloc(1), Buffer.alloc(0), Buffer.alloc(1)]
    expect(accepted.recvmsgInto(views, 0, MSG_WAITALL)).toMatchObject({ size: 4, address: null, truncated: false })
    expect(
      String(
        Buffer.concat(
          views.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
        ),
      ),
    ).toBe('into')
    expect(accepted.recvmsg(9, 0, MSG_WAITALL)).toMatchObject({ size: 3, data: Buffer.from('end') })
    expect(accepted.recvmsg(9, 0, MSG_WAITALL)).toMatchObject({ size: 0, data: Buffer.alloc(0) })
    expect(accepted.recvfrom(9, MSG_WAITALL)[0]).toHaveLength(0)
  })

  test('MSG_WAITALL ends when descriptors arrive', () => {
    const [client, accepted] = Socket.pair().map(closing) as [Socket, Socket]
    client.sendall('before ')
    client.sendFds('with', [client])
    client.sendFds('after', [client])
    const first = accepted.recvFds(100, 1, MSG_WAITALL)
    const second = accepted.recvFds(5, 1, MSG_WAITALL)
    for (const { fds } of [first, second]) fds.forEach(fd => fd.close())
    expect([String(first.data), first.fds.length, first.controlTruncated]).toEqual(['before with', 1, false])
    expect([String(second.data), second.fds.length]).toEqual(['after', 1])
  })

  test('MSG_WAITALL changes nothing for a size of 0, for wrong arguments and for datagrams', () => {
    const [client, accepted] = connected()
    client.send('x')
    expect(accepted.recv(0, MSG_WAITALL)).toHaveLength(0)
    expect(() => accepted.recv(-1, MSG_WAITALL)).toThrow(RangeError)
    expect(() => accepted.recvInto(null as never, MSG_WAITALL)).toThrow(/The "view" argument/)
    expect(() => accepted.recvmsgInto(['x'] as never, 0, MSG_WAITALL)).toThrow(TypeError)
    client.close()
    accepted.close()
    expect(() => accepted.recv(0, MSG_WAITALL)).toThrow('recv EBADF')
    const [one, other] = Socket.pair(AF_UNIX, SOCK_DGRAM).map(closing) as [Socket, Socket]
    one.send('short')
    expect(String(other.recv(100, MSG_WAITALL))).toBe('short')
  })

  test('MSG_DONTWAIT does not wait', () => {
    const [client, accepted] = connected()
    expect(() => accepted.recv(1, MSG_DONTWAIT)).toThrow(BlockingIOError)
    expect(() => accepted.recvInto(Buffer.alloc(1), MSG_DONTWAIT)).toThrow(BlockingIOError)
    expect(() => accepted.recvfrom(1, MSG_DONTWAIT)).toThrow(BlockingIOError)
    expect(() => accepted.recvfromInto(Buffer.alloc(1), MSG_DONTWAIT)).toThrow(BlockingIOError)
    expect(() => {
      for (;;) client.send(Buffer.alloc(65536), MSG_DONTWAIT)
    }).toThrow(BlockingIOError)
  })

  test.each([-1, 1.5, NaN, 2 ** 32])('a size of %d is a RangeError', size => {
    const [, accepted] = connected()
    for (const call of [() => accepted.recv(size), () => accepted.tryRecv(size), () => accepted.recvfrom(size)]) {
      expect(thrown(call)).toMatchObject({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
    }
  })

  test('a size of 0 receives nothing and leaves the bytes', () => {
    const [client, accepted] = connected()
    client.send('x')
    expect(accepted.recv(0)).toHaveLength(0)
    expect(accepted.recv(1).toString()).toBe('x')
  })

  test('sending to a peer that is gone is an exception, not a signal that ends the process', () => {
    const [client, accepted] = connected()
    accepted.close()
    const error = thrown(() => {
      for (;;) client.send('x')
    })
    expect(error).toBeInstanceOf(BrokenPipeError)
    expect(error).toMatchObject({ code: 'EPIPE', syscall: 'send' })
  })

  test('a peer that resets the connection is a ConnectionResetError', () => {
    const [client, accepted] = connected()
    accepted.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
    accepted.close()
    expect(thrown(() => client.recv(1))).toBeInstanceOf(ConnectionResetError)
  })

  test('without a connection it is ENOTCONN', () => {
    const socket = closing(new Socket())
    expect(() => socket.recv(1)).toThrow('recv ENOTCONN')
    expect(() => socket.getpeername()).toThrow('getpeername ENOTCONN')
    expect(() => socket.shutdown(SHUT_RD)).toThrow('shutdown ENOTCONN')
  })
})

describe('try…', () => {
  test('is null where the call would block', () => {
    const server = listening()
    expect(server.tryAccept()).toBeNull()
    const [, accepted] = connected(server)
    expect(accepted.tryRecv(1)).toBeNull()
    expect(accepted.tryRecvInto(Buffer.alloc(1))).toBeNull()
    expect(accepted.tryRecvfrom(1)).toBeNull()
    expect(accepted.tryRecvfromInto(Buffer.alloc(1))).toBeNull()
    const [full] = fullPair()
    expect(full.trySend('x')).toBeNull()
  })

  test('does the same as the call where that would not block', () => {
    const server = listening()
    const client = closing(new Socket())
    client.connect(server.getsockname())
    const [accepted, address] = server.tryAccept()!
    closing(accepted)
    expect(address).toEqual(client.getsockname())
    expect(client.trySend('hello')).toBe(5)
    expect(accepted.tryRecv(2)?.toString()).toBe('he')
    expect(accepted.tryRecvInto(Buffer.alloc(2))).toBe(2)
    expect(accepted.tryRecvfrom(8)?.[0].toString()).toBe('o')
  })

  test('throws errors', () => {
    const socket = closing(new Socket())
    expect(() => socket.tryRecv(1)).toThrow('recv ENOTCONN')
    expect(() => socket.tryAccept()).toThrow('accept EINVAL')
  })
})

describe('timeouts', () => {
  test.each([null, 0, 1, 1500, 0.5])('%j is returned as it was set', timeout => {
    const socket = closing(new Socket())
    socket.settimeout(timeout)
    expect(socket.gettimeout()).toBe(timeout)
    expect(socket.getblocking()).toBe(timeout !== 0)
  })

  test('setblocking is a timeout of null or 0', () => {
    using socket = new Socket()
    expect(socket.gettimeout()).toBeNull()
    socket.setblocking(false)
    expect(socket.gettimeout()).toBe(0)
    socket.setblocking(true)
    expect(socket.gettimeout()).toBeNull()
  })

  test('Infinity waits without limit, as null does', () => {
    const socket = closing(new Socket())
    socket.settimeout(Infinity)
    expect(socket.gettimeout()).toBeNull()
  })

  test.each([-1, NaN, '5', undefined, {}])('%j is rejected', timeout => {
    const socket = closing(new Socket())
    expect(thrown(() => socket.settimeout(timeout as never))).toMatchObject({
      code: expect.stringMatching(/^ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)$/),
      message: expect.stringContaining('timeout'),
    })
  })

  test('one that expires is a TimeoutError of the call', () => {
    const server = listening()
    const [client] = connected(server)
    const [full] = fullPair()
    for (const socket of [server, client, full]) socket.settimeout(1)
    const calls: [string, () => unknown][] = [
      ['accept', () => server.accept()],
      ['recv', () => client.recv(1)],
      ['recv', () => client.recvInto(Buffer.alloc(1))],
      ['recvfrom', () => client.recvfrom(1)],
      ['send', () => full.send('x')],
      ['send', () => full.sendall('x')],
    ]
    for (const [syscall, call] of calls) {
      const error = thrown(call)
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall, message: `${syscall} ETIMEDOUT` })
    }
  })

  test('0 is a BlockingIOError instead', () => {
    const server = listening()
    server.settimeout(0)
    expect(thrown(() => server.accept())).toBeInstanceOf(BlockingIOError)
    const [client] = [closing(new Socket())]
    client.connect(server.getsockname())
    client.setblocking(false)
    expect(thrown(() => client.recv(1))).toMatchObject({ name: 'BlockingIOError', code: 'EAGAIN', syscall: 'recv' })
  })

  test('an accepted socket has no timeout, whatever its listener has', () => {
    const server = listening()
    server.settimeout(1000)
    closing(new Socket()).connect(server.getsockname())
    using accepted = server.accept()[0]
    expect(accepted.gettimeout()).toBeNull()
  })

  test('setdefaulttimeout applies to all sockets created after it', () => {
    const server = listening()
    using before = new Socket()
    setdefaulttimeout(250)
    onTestFinished(() => setdefaulttimeout(null))
    expect(getdefaulttimeout()).toBe(250)
    expect(before.gettimeout()).toBeNull()
    using client = new Socket()
    expect(client.gettimeout()).toBe(250)
    client.connect(server.getsockname())
    using accepted = server.accept()[0]
    expect(accepted.gettimeout()).toBe(250)
    expect(() => setdefaulttimeout(-1)).toThrow(RangeError)
    expect(getdefaulttimeout()).toBe(250)
  })

  test('sendall of no bytes makes one send: an empty datagram, or its error', () => {
    const [one, other] = Socket.pair(AF_UNIX, SOCK_DGRAM).map(closing) as [Socket, Socket]
    one.sendall('')
    one.sendall('x')
    expect([other.recv(1), other.recv(1)].map(String)).toEqual(['', 'x'])
    const [client] = connected()
    client.sendall('')
    client.close()
    expect(thrown(() => client.sendall(''))).toMatchObject({ code: 'EBADF', syscall: 'send', sent: 0 })
    expect(thrown(() => closing(new Socket()).sendall(''))).toBeInstanceOf(BrokenPipeError)
  })

  test('sendall keeps its timeout even if there is always room', () => {
    class Endless extends Socket {
      override trySend(): number {
        return 1
      }
    }
    const [one, other] = Endless.pair().map(closing) as [Endless, Endless]
    one.settimeout(20)
    const error = thrown(() => one.sendall(new Uint8Array(2 ** 31)))
    expect(error).toMatchObject({ code: 'ETIMEDOUT', timeout: 20 })
    expect((error as SocketError).sent).toBeGreaterThan(0)
    expect(other.tryRecv(1)).toBeNull()
  })

  test('the error of sendall has the number of bytes sent', () => {
    const [client, accepted] = connected()
    client.settimeout(1)
    const error = thrown(() => client.sendall(Buffer.alloc(64 * 1024 * 1024, 'x')))
    expect(error).toBeInstanceOf(TimeoutError)
    const { sent } = error as SocketError
    expect(sent).toBeGreaterThan(0)
    client.close()
    let received = 0
    for (let data = accepted.recv(1 << 20); data.length > 0; data = accepted.recv(1 << 20)) received += data.length
    expect(received).toBe(sent)
  })
})

describe('options', () => {
  test('are numbers, booleans and bytes', () => {
    const socket = closing(new Socket())
    expect(socket.getsockopt(SOL_SOCKET, SO_REUSEADDR)).toBe(0)
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
    expect(socket.getsockopt(SOL_SOCKET, SO_REUSEADDR)).not.toBe(0)
    socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
    expect(socket.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).not.toBe(0)
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, new Int32Array([1]))
    expect(socket.getsockopt(IPPROTO_TCP, TCP_NODELAY)).not.toBe(0)
    socket.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 7]))
    expect([...new Int32Array(new Uint8Array(socket.getsockopt(SOL_SOCKET, SO_LINGER, 8)).buffer)]).toEqual([1, 7])
  })

  test('have the length that the kernel returns, not that of the room', () => {
    expect(closing(new Socket()).getsockopt(SOL_SOCKET, SO_TYPE, 64)).toHaveLength(4)
  })

  test('the sizes of the buffers are those that the kernel sets', () => {
    const socket = closing(new Socket())
    socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 32768)
    socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 32768)
    expect(socket.getsockopt(SOL_SOCKET, SO_RCVBUF)).toBeGreaterThanOrEqual(32768)
    expect(socket.getsockopt(SOL_SOCKET, SO_SNDBUF)).toBeGreaterThanOrEqual(32768)
  })

  test.each([1.5, -1, NaN, 2 ** 32, '4'])('a size of %s is rejected', size => {
    const socket = closing(new Socket())
    expect(thrown(() => socket.getsockopt(SOL_SOCKET, SO_TYPE, size as number))).toMatchObject({
      code: expect.stringMatching(/^ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)$/),
      message: expect.stringContaining('"size"'),
    })
  })

  test('that do not exist fail', () => {
    const socket = closing(new Socket())
    expect(() => socket.setsockopt(SOL_SOCKET, 0x7fff, 1)).toThrow('setsockopt ENOPROTOOPT')
    expect(() => socket.getsockopt(SOL_SOCKET, 0x7fff)).toThrow('getsockopt ENOPROTOOPT')
  })

  test.each([{}, undefined, []])('%j is not a value', value => {
    const socket = closing(new Socket())
    expect(thrown(() => socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, value as never))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
    })
  })

  test('a number outside of 32 bits is a RangeError', () => {
    const socket = closing(new Socket())
    for (const value of [2 ** 32, -(2 ** 31) - 1, 1.5, NaN]) {
      expect(() => socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, value)).toThrow(RangeError)
    }
  })
})

describe('shutdown', () => {
  test('SHUT_WR ends sending, but not receiving', () => {
    const [client, accepted] = connected()
    client.sendall('all')
    client.shutdown(SHUT_WR)
    expect(accepted.recv(1024).toString()).toBe('all')
    expect(accepted.recv(1024)).toHaveLength(0)
    accepted.sendall('answer')
    expect(client.recv(1024).toString()).toBe('answer')
    expect(() => client.send('more')).toThrow(BrokenPipeError)
  })

  test('SHUT_RD ends receiving', () => {
    const [client] = connected()
    client.shutdown(SHUT_RD)
    expect(client.recv(1)).toHaveLength(0)
  })

  test('SHUT_RDWR ends both', () => {
    const [client, accepted] = connected()
    client.shutdown(SHUT_RDWR)
    expect(client.recv(1)).toHaveLength(0)
    expect(accepted.recv(1)).toHaveLength(0)
    expect(client.closed).toBe(false)
  })

  test('how is one of the three constants', () => {
    expect(() => connected()[0].shutdown(9)).toThrow('shutdown EINVAL')
  })
})
