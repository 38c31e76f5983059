// The ownership of a descriptor: closed once, handed over, duplicated, inherited, leaked.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync } from 'node:fs'
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  F_DUPFD,
  F_GETFD,
  F_GETFL,
  F_SETFL,
  hasDualstackIpv6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  O_NONBLOCK,
  SHUT_WR,
  SO_PROTOCOL,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket,
  SocketError,
  SOL_SOCKET,
  SO_TYPE,
} from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { script } from '../support/child.js'
import { closing, connected, listening, thrown } from '../support/tcp.js'

const isOpen = (fd: number): boolean => sys.fcntl(fd, F_GETFD) >= 0

describe('close', () => {
  test('closes the descriptor, and does nothing when called again', () => {
    const socket = new Socket()
    const { fd } = socket
    expect(isOpen(fd)).toBe(true)
    socket.close()
    expect(isOpen(fd)).toBe(false)
    const next = closing(new Socket())
    expect(next.fd).toBe(fd) // the kernel assigns the lowest free number
    socket.close()
    socket[Symbol.dispose]()
    expect(isOpen(next.fd)).toBe(true)
  })

  test('using closes at the end of the block', () => {
    let fd: number
    {
      using socket = new Socket()
      fd = socket.fd
      expect(isOpen(fd)).toBe(true)
    }
    expect(isOpen(fd)).toBe(false)
  })

  test('makes every later call fail', () => {
    const socket = new Socket()
    socket.close()
    expect(socket).toMatchObject({ fd: -1, closed: true, family: AF_INET, type: SOCK_STREAM })
    expect(socket.fileno()).toBe(-1)
    expect(socket.detach()).toBe(-1)
    const calls: [string, () => unknown][] = [
      ['accept', () => socket.accept()],
      ['bind', () => socket.bind(['127.0.0.1', 0])],
      ['connect', () => socket.connect(['127.0.0.1', 1])],
      ['fcntl', () => socket.dup()],
      ['fcntl', () => socket.getInheritable()],
      ['fcntl', () => socket.setInheritable(true)],
      ['getpeername', () => socket.getpeername()],
      ['getsockname', () => socket.getsockname()],
      ['getsockopt', () => socket.getsockopt(SOL_SOCKET, SO_TYPE)],
      ['listen', () => socket.listen()],
      ['recv', () => socket.recv(1)],
      ['recv', () => socket.tryRecv(1)],
      ['recvfrom', () => socket.recvfrom(1)],
      ['recvmsg', () => socket.recvmsg(1)],
      ['send', () => socket.send('x')],
      ['send', () => socket.sendall('x')],
      ['sendmsg', () => socket.sendmsg(['x'])],
      ['sendto', () => socket.sendto('x', ['127.0.0.1', 1])],
      ['setsockopt', () => socket.setsockopt(SOL_SOCKET, SO_TYPE, 1)],
      ['shutdown', () => socket.shutdown(SHUT_WR)],
    ]
    for (const [syscall, call] of calls) {
      const error = thrown(call)
      expect(error).toBeInstanceOf(SocketError)
      expect(error).toMatchObject({ code: 'EBADF', syscall })
    }
  })

  test('at one end ends the stream at the other', () => {
    const [client, accepted] = connected()
    client.close()
    expect(accepted.recv(1)).toHaveLength(0)
  })

  test('of a listening socket leaves accepted sockets open', () => {
    const server = listening()
    const [client, accepted] = connected(server)
    server.close()
    client.sendall('still here')
    expect(accepted.recv(64).toString()).toBe('still here')
  })
})

describe('detach', () => {
  test('releases the descriptor without closing it', () => {
    const socket = new Socket()
    const { fd } = socket
    expect(socket.detach()).toBe(fd)
    expect(socket.closed).toBe(true)
    expect(socket.detach()).toBe(-1)
    socket.close()
    expect(isOpen(fd)).toBe(true)
    expect(sys.close(fd)).toBe(0)
  })

  test('and fromFd hand it over', () => {
    const [client, accepted] = connected()
    const heir = closing(Socket.fromFd(client.detach()))
    heir.sendall('from the heir')
    expect(accepted.recv(64).toString()).toBe('from the heir')
  })
})

describe('dup', () => {
  test('is another descriptor of the same socket', () => {
    const [client, accepted] = connected()
    const twin = closing(client.dup())
    expect(twin).toBeInstanceOf(Socket)
    expect(twin.fd).not.toBe(client.fd)
    expect(twin).toMatchObject({ family: client.family, type: client.type, protocol: client.protocol })
    expect(twin.getsockname()).toEqual(client.getsockname())
    expect(twin.getInheritable()).toBe(false)
    client.close()
    twin.sendall('one of two')
    expect(accepted.recv(64).toString()).toBe('one of two')
    twin.close()
    expect(accepted.recv(64)).toHaveLength(0) // the stream ends with the last descriptor
  })

  test('of a subclass is of that class', () => {
    class Own extends Socket {}
    const own = closing(new Own())
    expect(closing(own.dup())).toBeInstanceOf(Own)
    const pair = Own.pair().map(closing)
    for (const socket of pair) expect(socket).toBeInstanceOf(Own)
    expect(closing(Own.fromFd(own.detach()))).toBeInstanceOf(Own)
  })
})

describe('fromFd', () => {
  const ipv6: [string, number, number, number][] = [['TCP over IPv6', AF_INET6, SOCK_STREAM, IPPROTO_TCP]]
  test.each<[string, number, number, number]>([
    ['TCP', AF_INET, SOCK_STREAM, IPPROTO_TCP],
    ['UDP', AF_INET, SOCK_DGRAM, IPPROTO_UDP],
    ['a Unix stream', AF_UNIX, SOCK_STREAM, 0],
    ['a Unix datagram socket', AF_UNIX, SOCK_DGRAM, 0],
    ...(hasDualstackIpv6() ? ipv6 : []),
  ])('finds out the family and type of %s', (_, family, type, protocol) => {
    const socket = closing(Socket.fromFd(sys.socket(family, type, 0)))
    expect(socket).toMatchObject({ family, type, ...(SO_PROTOCOL === undefined ? {} : { protocol }) })
  })

  test('makes the descriptor non-blocking', () => {
    const fd = sys.socket(AF_INET, SOCK_STREAM, 0)
    expect(sys.fcntl(fd, F_GETFL) & O_NONBLOCK).toBe(0)
    closing(Socket.fromFd(fd))
    expect(sys.fcntl(fd, F_GETFL) & O_NONBLOCK).toBe(O_NONBLOCK)
    expect(sys.fcntl(fd, F_SETFL, 0)).toBe(0)
  })

  test('of a closed descriptor, or one that is not a socket, fails and does not close it', () => {
    const file = openSync(import.meta.filename, 'r')
    onTestFinished(() => closeSync(file))
    expect(() => Socket.fromFd(file)).toThrow('getsockopt ENOTSOCK')
    expect(isOpen(file)).toBe(true)
    expect(() => Socket.fromFd(2 ** 31 - 1)).toThrow('getsockopt EBADF')
  })

  test.each([-1, 1.5, NaN, 2 ** 31, '3', null])('%j is not a descriptor', fd => {
    for (const call of [() => Socket.fromFd(fd as never), () => new Socket(AF_INET, SOCK_STREAM, 0, fd as never)])
      expect(thrown(call)).toMatchObject({
        code: expect.stringMatching(/^ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)$/),
        message: expect.stringContaining('fd'),
      })
  })

  test('takes a duplicate of what net listens on', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    onTestFinished(() => void server.close())
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle
    const socket = closing(Socket.fromFd(sys.fcntl(fd, F_DUPFD, 0)))
    expect(socket.getsockname()).toMatchObject(server.address() as object)
  })
})

describe('borrow', () => {
  test('is a view of the socket of an owner, and its end closes nothing', () => {
    const [owner, peer] = Socket.pair().map(closing) as [Socket, Socket]
    const { fd } = owner
    const view = Socket.borrow(fd)
    expect(view).toMatchObject({ fd, family: AF_UNIX, type: SOCK_STREAM, closed: false })
    expect(view).toBeInstanceOf(Socket)
    expect(inspect(view)).toMatch(/state: connected, borrowed: true/)
    peer.sendall('hello')
    expect(String(view.recv(9))).toBe('hello')
    for (const end of [() => view.close(), () => view.close()]) end()
    expect([view.fd, view.closed, isOpen(fd)]).toEqual([-1, true, true])
    expect(thrown(() => view.recv(1))).toMatchObject({ code: 'EBADF' })
    {
      using other = Socket.borrow(fd)
      other.sendall('again')
    }
    expect(Socket.borrow(fd).detach()).toBe(fd)
    expect([isOpen(fd), owner.fd]).toEqual([true, fd])
    expect(String(peer.recv(9))).toBe('again')
  })

  test('a socket that it makes belongs to itself', () => {
    const server = listening()
    const view = Socket.borrow(server.fd)
    const client = closing(new Socket())
    client.connect(server.getsockname())
    const [accepted] = view.accept()
    const copy = view.dup()
    view.close()
    const fds = [accepted.fd, copy.fd]
    for (const socket of [accepted, copy]) socket.close()
    expect(fds.map(isOpen)).toEqual([false, false])
    expect(isOpen(server.fd)).toBe(true)
  })

  test('of a socket of net', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    onTestFinished(() => void server.close())
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle
    using view = Socket.borrow(fd)
    expect(view.getsockname()).toMatchObject(server.address() as object)
  })

  test('a subclass may be the view; a constructor that throws closes nothing', () => {
    class Own extends Socket {
      readonly made = true
    }
    class Failing extends Socket {
      constructor(...given: [family?: number, type?: number, protocol?: number, fd?: number]) {
        super(...given)
        throw new Error('no more')
      }
    }
    const { fd } = closing(new Socket())
    expect(Own.borrow(fd).made).toBe(true)
    expect(() => Failing.borrow(fd)).toThrow('no more')
    expect(isOpen(fd)).toBe(true)
  })

  test('of a closed descriptor, or of none', () => {
    expect(() => Socket.borrow(2 ** 31 - 1)).toThrow('getsockopt EBADF')
    for (const fd of [-1, 1.5, '3', null])
      expect(thrown(() => Socket.borrow(fd as never))).toMatchObject({ argument: 'fd' })
  })

  test('a worker that ends with a view of the descriptor leaves it open', async () => {
    const [owner, peer] = Socket.pair().map(closing) as [Socket, Socket]
    const code = `import('bsd-sockets').then(({ Socket }) => {
      Socket.borrow(require('worker_threads').workerData).sendall('from the worker')
    })`
    const worker = new Worker(code, { eval: true, workerData: owner.fd })
    await once(worker, 'exit')
    expect(isOpen(owner.fd)).toBe(true)
    expect(String(peer.recv(64))).toBe('from the worker')
  })
})

describe('pair', () => {
  test('is two Unix streams by default', () => {
    const [first, second] = Socket.pair().map(closing) as [Socket, Socket]
    expect(first).toMatchObject({ family: AF_UNIX, type: SOCK_STREAM })
    first.sendall('there')
    expect(second.recv(64).toString()).toBe('there')
    second.sendall('back')
    expect(first.recv(64).toString()).toBe('back')
  })

  test('of datagrams keeps their boundaries', () => {
    const [first, second] = Socket.pair(AF_UNIX, SOCK_DGRAM).map(closing) as [Socket, Socket]
    first.send('one')
    first.send('')
    first.send('three')
    expect([second.recv(64), second.recv(64), second.recv(64)].map(String)).toEqual(['one', '', 'three'])
  })

  test('fails for a family that has no pairs', () => {
    expect(() => Socket.pair(AF_INET)).toThrow(/^socketpair E(OP)?NOTSUPP?$/)
  })
})

describe('inheritance', () => {
  const inherited = (fd: number): boolean =>
    spawnSync('python3', ['-c', `import os; os.fstat(${fd})`], { stdio: 'ignore' }).status === 0

  test('a new program inherits no socket', () => {
    const socket = closing(new Socket())
    expect(socket.getInheritable()).toBe(false)
    expect(inherited(socket.fd)).toBe(false)
  })

  test('unless it is inheritable', () => {
    const socket = closing(new Socket())
    socket.setInheritable(true)
    expect(socket.getInheritable()).toBe(true)
    expect(inherited(socket.fd)).toBe(true)
    socket.setInheritable(false)
    expect(inherited(socket.fd)).toBe(false)
  })
})

describe('a socket that is dropped', () => {
  const head = `
    import { Socket } from 'bsd-sockets'
    import { setTimeout } from 'node:timers/promises'
    import { fcntl } from 'bsd-sockets/syscalls'
    import { F_GETFD } from 'bsd-sockets'
    const warnings = []
    process.on('warning', warning => warnings.push(warning))
    async function collect() {
      for (let i = 0; i < 3; i++) { gc(); await setTimeout(10) }
    }`

  test('without close is reported once, and stays open', async () => {
    const output = await script(`${head}
      const fd = (() => new Socket().fd)()
      await collect()
      console.log(warnings.map(({ name, code, message }) => [name, code, message.includes(String(fd))]))
      console.log(fcntl(fd, F_GETFD) >= 0)`).finished()
    expect(output).toBe("[ [ 'ResourceWarning', 'BSD_SOCKETS_LEAK', true ] ]\ntrue\n")
  })

  test('after close, detach or using is not reported', async () => {
    const output = await script(`${head}
      ;(() => new Socket().close())()
      ;(() => new Socket().detach())()
      ;(() => Socket.pair().forEach(socket => socket[Symbol.dispose]()))()
      await collect()
      console.log(warnings)`).finished()
    expect(output).toBe('[]\n')
  })

  test('10,000 of them, closed or not, leave only the reported descriptors open, each reported once', async () => {
    const output = await script(`${head}
      import { readdirSync } from 'node:fs'
      import { close } from 'bsd-sockets/syscalls'
      process.removeAllListeners('warning') // Node's own, which prints them
      const told = []
      process.on('warning', ({ code, message }) => told.push(code === 'BSD_SOCKETS_LEAK' && Number(/descriptor (\\d+)/.exec(message)[1])))
      const open = () => readdirSync('/dev/fd').length
      const before = open()
      const dropped = []
      function some() {
        for (let i = 0; i < 100; i++) {
          Socket.pair().forEach(socket => socket.close())
          const [left, handed] = Socket.pair()
          dropped.push(left.fd)
          close(handed.detach())
        }
      }
      let [closed, unlike] = [0, 0]
      for (let i = 0; i < 25; i++) {
        some()
        for (let turns = 0; told.length < dropped.length && turns < 100; turns++) await collect()
        if (open() - before !== dropped.length) unlike++
        if (String(told.sort((a, b) => a - b)) !== String(dropped.sort((a, b) => a - b))) unlike++
        for (const fd of dropped.splice(0)) if (close(fd) === 0) closed++
        told.length = 0
      }
      await collect()
      console.log(closed, unlike, told.length, open() - before)`).finished()
    expect(output).toBe('2500 0 0 0\n')
  })
})
