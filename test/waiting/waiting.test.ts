// Waiting for many descriptors by a Selector, with each mechanism of the kernel; and the end of a wait.
import * as C from 'bsd-sockets'
import {
  AF_UNIX,
  EVENT_READ,
  EVENT_WRITE,
  SHUT_RDWR,
  SHUT_WR,
  SO_ERROR,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
} from 'bsd-sockets'
import { EpollSelector, KqueueSelector, PollSelector, Selector, SelectSelector } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { openSync, closeSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Child, inline } from '../support/child.js'
import { closing, closedPort, connected, listening, thrown } from '../support/tcp.js'
import { tool } from '../support/tools.js'

const linux = process.platform === 'linux'
const darwin = process.platform === 'darwin'
const openCount = (): number => readdirSync(linux ? '/proc/self/fd' : '/dev/fd').length

function pair(): [Socket, Socket] {
  const [one, other] = Socket.pair()
  return [closing(one), closing(other)]
}

const full = (socket: Socket): void => {
  while (socket.trySend(Buffer.alloc(65536)) !== null) continue
}

test('the kernel has the expected mechanism', () => {
  expect(EpollSelector !== undefined).toBe(linux)
  expect(C.Epoll !== undefined).toBe(linux)
  expect(KqueueSelector !== undefined).toBe(darwin)
  expect(C.Kqueue !== undefined).toBe(darwin)
})

const kinds = Object.entries({ Selector, EpollSelector, KqueueSelector, PollSelector, SelectSelector }).filter(
  (entry): entry is [string, typeof Selector] => entry[1] !== undefined,
)

describe.each(kinds)('%s', (_, Kind) => {
  const selecting = <T>(): Selector<T> => closing(new (Kind as new () => Selector<T>)())

  /** The ready sockets, by the data that they were registered with. */
  const ready = (selector: Selector<string>, timeout: number | null = 0): Record<string, number> =>
    Object.fromEntries(selector.select(timeout).map(([key, events]) => [key.data, events]))

  test('returns the ready sockets with their events and data', () => {
    const selector = selecting<string>()
    const [a, b] = pair()
    const key = selector.register(a, EVENT_READ, 'a')
    expect(key).toEqual({ fileobj: a, fd: a.fd, events: EVENT_READ, data: 'a' })
    selector.register(b.fd, EVENT_READ | EVENT_WRITE, 'b')
    expect(ready(selector)).toEqual({ b: EVENT_WRITE })
    b.send('x')
    a.send('y')
    expect(ready(selector)).toEqual({ a: EVENT_READ, b: EVENT_READ | EVENT_WRITE })
    expect(selector.select(0).every(([key]) => key === selector.getKey(key.fileobj))).toBe(true)
  })

  test('is level-triggered: it reports readiness again until that ends', () => {
    const selector = selecting<string>()
    const [a, b] = pair()
    selector.register(a, EVENT_READ, 'a')
    b.send('xy')
    for (let i = 0; i < 3; i++) expect(ready(selector)).toEqual({ a: EVENT_READ })
    a.recv(1)
    expect(ready(selector)).toEqual({ a: EVENT_READ })
    a.recv(1)
    expect(ready(selector)).toEqual({})
  })

  test('waits for connections, for connecting, and for room', () => {
    const selector = selecting<string>()
    const server = listening()
    selector.register(server, EVENT_READ, 'server')
    const client = closing(new Socket())
    expect(client.tryConnect(server.getsockname())).toBeNull()
    selector.register(client, EVENT_WRITE, 'client')
    const seen: string[] = []
    while (seen.length < 2) {
      for (const [key] of selector.select(5000)) {
        selector.unregister(key.fileobj)
        seen.push(key.data)
      }
    }
    expect(seen.sort()).toEqual(['client', 'server'])
    const [a] = pair()
    full(a)
    selector.register(a, EVENT_WRITE, 'full')
    expect(ready(selector)).toEqual({})
  })

  test('an end, an error and a refused connection are readiness', () => {
    const selector = selecting<string>()
    const [a, b] = pair()
    selector.register(a, EVENT_READ, 'end')
    b.shutdown(SHUT_WR)
    expect(ready(selector)).toEqual({ end: EVENT_READ })
    selector.modify(a, EVENT_READ | EVENT_WRITE, 'gone')
    b.close()
    expect(ready(selector)).toEqual({ gone: EVENT_READ | EVENT_WRITE })
    selector.unregister(a)
    const refused = closing(new Socket())
    expect(refused.tryConnect(['127.0.0.1', closedPort()])).toBeNull()
    selector.register(refused, EVENT_WRITE, 'refused')
    expect(ready(selector, 5000)).toEqual({ refused: EVENT_WRITE })
    expect(refused.getsockopt(SOL_SOCKET, SO_ERROR)).not.toBe(0)
  })

  test('modify changes the events and the data; unregister ends it', () => {
    const selector = selecting<string>()
    const [a, b] = pair()
    b.send('x')
    const key = selector.register(a, EVENT_WRITE, 'before')
    expect(selector.modify(a, EVENT_READ, 'after')).toEqual({ ...key, events: EVENT_READ, data: 'after' })
    expect(ready(selector)).toEqual({ after: EVENT_READ })
    expect(selector.modify(a, EVENT_READ, 'data alone').data).toBe('data alone')
    expect([...selector.getMap()]).toEqual([[a, { fileobj: a, fd: a.fd, events: EVENT_READ, data: 'data alone' }]])
    expect(selector.unregister(a.fd).data).toBe('data alone')
    expect(ready(selector)).toEqual({})
    expect(selector.getMap().size).toBe(0)
    selector.register(a, EVENT_READ, 'anew')
    expect(ready(selector)).toEqual({ anew: EVENT_READ })
  })

  test('waits until its timeout, or until the first is ready', () => {
    const selector = selecting<string>()
    const [a, b] = pair()
    selector.register(a, EVENT_READ, 'a')
    const began = performance.now()
    expect(ready(selector, 130)).toEqual({})
    expect(performance.now() - began).toBeGreaterThanOrEqual(130)
    expect(ready(selector, 0.5)).toEqual({})
    b.send('x')
    expect(ready(selector, null)).toEqual({ a: EVENT_READ })
    expect(selecting<string>().select(20)).toEqual([])
  })

  test('100 of them', () => {
    const selector = selecting<number>()
    const pairs = Array.from({ length: 100 }, () => pair())
    pairs.forEach(([a], i) => selector.register(a, EVENT_READ, i))
    expect(selector.getMap().size).toBe(100)
    const some = pairs.filter((_, i) => i % 3 === 0)
    for (const [, b] of some) b.send('x')
    const told = selector.select(0).map(([key]) => key.data)
    expect(told.sort((x, y) => x - y)).toEqual(Array.from({ length: 34 }, (_, i) => 3 * i))
  })

  test('wrong arguments are rejected, and change nothing', () => {
    const selector = selecting<string>()
    const [a, b] = pair()
    selector.register(a, EVENT_READ, 'a')
    const wrong: [unknown, unknown, string][] = [
      [a, EVENT_READ, 'ERR_INVALID_ARG_VALUE'], // it is already registered
      [a.fd, EVENT_WRITE, 'ERR_INVALID_ARG_VALUE'],
      [b, 0, 'ERR_OUT_OF_RANGE'],
      [b, 4, 'ERR_OUT_OF_RANGE'],
      [b, 'r', 'ERR_INVALID_ARG_TYPE'],
      [-1, EVENT_READ, 'ERR_OUT_OF_RANGE'],
      ['a', EVENT_READ, 'ERR_INVALID_ARG_TYPE'],
      [{}, EVENT_READ, 'ERR_INVALID_ARG_TYPE'],
    ]
    for (const [fileobj, events, code] of wrong) {
      expect(thrown(() => selector.register(fileobj as Socket, events as number, ''))).toMatchObject({ code })
    }
    expect(() => selector.modify(a, 7, '')).toThrow(RangeError)
    for (const call of ['getKey', 'unregister'] as const) expect(() => selector[call](b)).toThrow('is not registered')
    expect(() => selector.modify(b, EVENT_READ, '')).toThrow('is not registered')
    expect(() => selector.select(-1)).toThrow(RangeError)
    expect([...selector.getMap().keys()]).toEqual([a])
    expect(selector.getKey(a)).toMatchObject({ events: EVENT_READ, data: 'a' })
  })

  test('a closed socket can still be unregistered', () => {
    const selector = selecting<string>()
    const [a] = pair()
    selector.register(a, EVENT_READ, 'a')
    a.close()
    expect(() => selector.register(a, EVENT_READ, 'again')).toThrow('EBADF')
    expect(selector.unregister(a).data).toBe('a')
    expect(selector.getMap().size).toBe(0)
  })

  test('reports no closed socket, even if its number is reused', () => {
    const selector = selecting<string>()
    const [a, b] = pair()
    const twin = closing(a.dup()) // so that the kernel's list still has it
    selector.register(a, EVENT_READ, 'a')
    const { fd } = a
    b.send('x')
    expect(ready(selector)).toEqual({ a: EVENT_READ })
    a.close()
    const [next, end] = pair()
    expect([next.fd, end.fd]).toContain(fd)
    const [heir, other] = next.fd === fd ? [next, end] : [end, next]
    other.send('y')
    expect(ready(selector)).toEqual({})
    expect(ready(selector, 20)).toEqual({})
    expect(() => selector.modify(a, EVENT_WRITE, 'a')).toThrow('EBADF')
    selector.register(heir, EVENT_READ, 'heir')
    expect(ready(selector)).toEqual({ heir: EVENT_READ })
    expect(selector.getMap().size).toBe(1)
    expect(twin.recv(1)).toHaveLength(1)
  })

  test('close closes no socket, and leaves no descriptor open', () => {
    const before = openCount()
    const [a, b] = Socket.pair()
    const selector = new Kind()
    selector.register(a, EVENT_READ)
    selector.close()
    selector.close()
    for (const call of [() => selector.select(0), () => selector.register(b, EVENT_READ), () => selector.getKey(a)]) {
      expect(call).toThrow('EBADF')
    }
    expect(selector.getMap().size).toBe(0)
    b.send('x')
    expect(String(a.recv(1))).toBe('x')
    a.close()
    b.close()
    {
      using disposed = new Kind()
      expect(disposed.select(0)).toEqual([])
    }
    expect(openCount()).toBe(before)
  })
})

test('a Selector by select rejects descriptors of FD_SETSIZE or more', () => {
  const selector = closing(new SelectSelector())
  const fd = sys.fcntl(0, C.F_DUPFD_CLOEXEC, C.FD_SETSIZE)
  expect(fd).toBeGreaterThanOrEqual(C.FD_SETSIZE)
  onTestFinished(() => void sys.close(fd))
  selector.register(fd, EVENT_READ)
  expect(() => selector.select(0)).toThrow(RangeError)
  const other = closing(new PollSelector())
  other.register(fd, EVENT_WRITE)
  expect(other.select(0).length).toBeLessThanOrEqual(1)
})

describe.runIf(C.supports.call('epoll_wait'))('an Epoll', () => {
  const { Epoll, EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLRDHUP } = C as Required<typeof C>

  test('returns descriptors and their events', () => {
    const epoll = closing(new Epoll!())
    const [a, b] = pair()
    epoll.register(a)
    expect(epoll.poll(0)).toEqual([[a.fd, EPOLLOUT]])
    b.send('x')
    epoll.modify(a, EPOLLIN! | EPOLLRDHUP!)
    expect(epoll.poll()).toEqual([[a.fd, EPOLLIN]])
    b.close()
    expect(epoll.poll()).toEqual([[a.fd, EPOLLIN! | EPOLLRDHUP! | EPOLLHUP!]])
    epoll.unregister(a.fd)
    expect(epoll.poll(10)).toEqual([])
    expect(EPOLLERR).toBe(8)
  })

  test('edge-triggered and once', () => {
    const epoll = closing(new Epoll!())
    const [a, b] = pair()
    epoll.register(a, EPOLLIN! | EPOLLET!)
    b.send('x')
    expect(epoll.poll(1000)).toEqual([[a.fd, EPOLLIN]])
    expect(epoll.poll(20)).toEqual([])
    b.send('y')
    expect(epoll.poll(1000)).toEqual([[a.fd, EPOLLIN]])
    epoll.modify(a, EPOLLIN! | EPOLLONESHOT!)
    expect(epoll.poll(1000)).toEqual([[a.fd, EPOLLIN]])
    b.send('z')
    expect(epoll.poll(20)).toEqual([])
  })

  test('returns at most the given number, the rest the next time', () => {
    const epoll = closing(new Epoll!())
    const all = Array.from({ length: 5 }, () => pair()[0])
    for (const socket of all) epoll.register(socket, EPOLLOUT)
    const first = epoll.poll(0, 3)
    expect(first).toHaveLength(3)
    const seen = new Set([...first, ...epoll.poll(0, 3)].map(([fd]) => fd))
    expect([...seen].sort()).toEqual(all.map(({ fd }) => fd).sort())
  })

  test('an error of the kernel is a SocketError', () => {
    const epoll = closing(new Epoll!())
    const [a] = pair()
    epoll.register(a)
    expect(() => epoll.register(a)).toThrow('epoll_ctl EEXIST')
    expect(() => epoll.modify(pair()[0], EPOLLIN!)).toThrow('epoll_ctl ENOENT')
    const file = openSync('/dev/null', 'r')
    onTestFinished(() => closeSync(file))
    expect(() => epoll.register(file)).toThrow(C.PermissionError)
    expect(() => epoll.poll(0, 0)).toThrow(RangeError)
    expect(() => epoll.poll(-1)).toThrow(RangeError)
    epoll.close()
    expect(() => epoll.poll(0)).toThrow('epoll_wait EBADF')
  })
})

describe('a wait', () => {
  test('ends when another end of the same socket is shut down, not when it is closed', async () => {
    const [a, b] = pair()
    const twin = closing(a.dup())
    const third = a.dup()
    const worker = new Worker(
      `import('bsd-sockets').then(({ Socket }) => {
        const { parentPort, workerData } = require('node:worker_threads')
        const socket = Socket.fromFd(workerData)
        parentPort.postMessage('ready')
        parentPort.postMessage(socket.recv(1).length)
        parentPort.postMessage(socket.recv(1).length)
      })`,
      { eval: true, workerData: a.detach() },
    )
    onTestFinished(async () => {
      await worker.terminate()
    })
    const messages: unknown[] = []
    worker.on('message', message => messages.push(message))
    while (messages.length < 1) await new Promise(setImmediate)
    third.close()
    b.send('x')
    while (messages.length < 2) await new Promise(setImmediate)
    twin.shutdown(SHUT_RDWR)
    while (messages.length < 3) await new Promise(setImmediate)
    expect(messages).toEqual(['ready', 1, 0])
  })

  test('for a connect whose error was read elsewhere does not wait without end', () => {
    const socket = closing(new Socket())
    const thief = closing(socket.dup())
    const address = ['127.0.0.1', closedPort()] as const
    expect(socket.tryConnect(address)).toBeNull()
    while (thief.getsockopt(SOL_SOCKET, SO_ERROR) === 0) C.select([], [thief], [], 1000)
    expect(() => (socket as unknown as { connected: (to: unknown) => unknown }).connected(address)).toThrow(
      linux ? 'connect ECONNABORTED' : 'connect ENOTCONN',
    )
  })

  test('for a full backlog of a Unix socket ends with room, or with the timeout', () => {
    const server = closing(new Socket(AF_UNIX))
    if (linux) server.bind({ family: 'unix' })
    else server.bind(join(process.env.TMPDIR ?? '/tmp', `waiting-${process.pid}`))
    server.listen(0)
    const address = server.getsockname()
    closing(new Socket(AF_UNIX)).connect(address)
    const client = closing(new Socket(AF_UNIX, SOCK_STREAM))
    client.settimeout(120)
    const began = performance.now()
    expect(thrown(() => client.connect(address))).toBeInstanceOf(C.TimeoutError)
    expect(performance.now() - began).toBeGreaterThanOrEqual(120)
    closing(server.accept()[0])
    client.connect(address)
    closing(server.accept()[0])
  })

  test('of many slices is as long as its timeout', () => {
    const [a] = pair()
    a.settimeout(350)
    const began = performance.now()
    expect(() => a.recv(1)).toThrow('recv ETIMEDOUT')
    expect(performance.now() - began).toBeGreaterThanOrEqual(350)
  })

  test('of sendall has one timeout for all bytes, even if some are sent meanwhile', async () => {
    const [client, accepted] = connected()
    const worker = new Worker(
      `import('bsd-sockets').then(({ Socket, select }) => {
        const socket = Socket.fromFd(require('node:worker_threads').workerData)
        for (;;) { socket.recv(100_000); select([], [], [], 5) }
      })`,
      { eval: true, workerData: accepted.detach() },
    )
    onTestFinished(async () => {
      await worker.terminate()
    })
    client.settimeout(300)
    const error = thrown(() => client.sendall(Buffer.alloc(1 << 30))) as C.SocketError
    expect(error).toBeInstanceOf(C.TimeoutError)
    expect(error.sent).toBeGreaterThan(0)
    await worker.terminate()
  })

  test.skipIf(!tool('strace'))('makes the call first: available bytes are received in one system call', async () => {
    const body = `
      import { Selector, Socket, EVENT_READ } from 'bsd-sockets'
      const [a, b] = Socket.pair()
      const selector = new Selector()
      selector.register(a, EVENT_READ)
      b.send('x')
      selector.select()
      a.recv(1)
      a.interrupter()
      b.send('y')
      selector.select()
      a.recv(1)`
    const trace = 'trace=epoll_wait,poll,ppoll,recvfrom,sendto'
    const child = new Child('strace', ['-qq', '-e', trace, process.execPath, ...inline(body)])
    await child.finished()
    const calls = child.stderr.split('\n').map(line => line.split('(')[0])
    const from = calls.lastIndexOf('sendto', calls.lastIndexOf('sendto') - 1)
    const once = ['sendto', 'epoll_wait', 'recvfrom']
    expect(calls.slice(from, from + 6)).toEqual([...once, ...once])
  })

  test.skipIf(!linux || !tool('strace'))('waits in its own call until another thread can wake this one', async () => {
    const body = `
      import { Epoll, Socket } from 'bsd-sockets'
      const [a, b] = Socket.pair()
      const epoll = new Epoll()
      epoll.register(a, 1)
      a.send('x')
      epoll.poll(1)
      epoll.interrupter()
      a.send('y')
      epoll.poll(1)
      a.send('z')`
    const child = new Child('strace', [
      '-qq',
      '-e',
      'trace=epoll_wait,poll,ppoll,sendto',
      process.execPath,
      ...inline(body),
    ])
    await child.finished()
    const calls = child.stderr.split('\n').map(line => line.split('(')[0])
    const from = calls.indexOf('sendto')
    const [first, second] = [calls.indexOf('sendto', from + 1), calls.lastIndexOf('sendto')]
    expect([...new Set(calls.slice(from + 1, first))]).toEqual(['epoll_wait'])
    expect([...new Set(calls.slice(first + 1, second))]).toEqual(['epoll_wait', 'poll'])
  })
})

describe.each([
  ['the event loop', {}],
  ['a thread', { BSD_SOCKETS_LOOP: 'thread' }], // as on Bun and Deno
])('where %s watches', (_, env) => {
  test('a first wait without a descriptor for the poller fails, and later ones wait', async () => {
    const code = `
      import { F_DUPFD } from 'bsd-sockets'
      import * as sys from 'bsd-sockets/syscalls'
      import { Socket } from 'bsd-sockets/promises'
      const [one, other] = Socket.pair()
      const taken = []
      for (let fd; (fd = sys.fcntl(0, F_DUPFD, 0)) >= 0; ) taken.push(fd)
      const outcome = async call => { try { return await call() } catch (error) { return error.code } }
      // First no descriptor is free, then one, then two: each time another part of the poller lacks one.
      for (let free = 0; free < 3; free++) {
        console.log(await outcome(() => one.recv(1, { timeout: 1 })))
        sys.close(taken.pop())
      }
      for (const fd of taken) sys.close(fd)
      const waiting = one.recv(1)
      setImmediate(() => other.trySend('x'))
      console.log(String(await waiting))
      one.close()
      other.close()`
    const limited = ['-c', 'ulimit -n 100 && exec "$0" "$@"', process.execPath]
    const child = new Child('sh', [...limited, ...inline(code)], env)
    const lines = (await child.finished()).trim().split('\n')
    expect(lines[0]).toBe('EMFILE')
    expect(lines.filter(line => !['EMFILE', 'ETIMEDOUT'].includes(line))).toEqual(['x'])
  })
})

test.skipIf(!linux)(
  'SO_RCVLOWAT is the number of bytes that a waiting receive waits for; available bytes are returned at once',
  async () => {
    const code = `
    import * as C from 'bsd-sockets'
    import * as P from 'bsd-sockets/promises'
    const server = C.createServer(['127.0.0.1', 0])
    const client = new C.Socket()
    client.connect(server.getsockname())
    const [peer] = server.accept()
    client.setsockopt(C.SOL_SOCKET, C.SO_RCVLOWAT, 8)
    peer.setsockopt(C.IPPROTO_TCP, C.TCP_NODELAY, true)
    const turn = () => new Promise(resolve => setTimeout(resolve, 20))
    const outcome = call => { try { return String(call()) } catch (error) { return error.code } }
    client.settimeout(100)
    peer.sendall('1234')
    await turn()
    console.log(outcome(() => client.recv(99))) // it need not wait
    console.log(outcome(() => client.recv(99)))
    const waiting = P.Socket.fromFd(client.dup().detach())
    const received = waiting.recv(99)
    let settled = false
    received.then(() => (settled = true))
    peer.sendall('abcd')
    await turn()
    console.log(settled, C.poll([client], 0).length)
    peer.sendall('efgh')
    console.log(String(await received))
    for (const socket of [waiting, client, peer, server]) socket.close()`
    const child = new Child(process.execPath, inline(code))
    expect(await child.finished()).toBe('1234\nETIMEDOUT\nfalse 0\nabcdefgh\n')
  },
)

test.each(['SO_RCVTIMEO', 'SO_SNDTIMEO'] as const)(
  '%s changes nothing: settimeout sets how long a call waits',
  name => {
    const [one] = pair()
    one.setsockopt(C.SOL_SOCKET, C[name], new BigInt64Array([0n, 1000n]))
    one.settimeout(60)
    const before = performance.now()
    if (name === 'SO_RCVTIMEO') expect(() => one.recv(1)).toThrow('recv ETIMEDOUT')
    else expect(() => one.sendall(Buffer.alloc(2 ** 24))).toThrow('ETIMEDOUT')
    expect(performance.now() - before).toBeGreaterThanOrEqual(60)
  },
)
