import * as sync from 'bsd-sockets'
import {
  AF_INET,
  AF_UNIX,
  FIONREAD,
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  SHUT_WR,
  SO_LINGER,
  SO_SNDBUF,
  SOL_SOCKET,
} from 'bsd-sockets'
import { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from 'bsd-sockets'
import { AbortError, createServer, Socket } from 'bsd-sockets/promises'
import { ioctl } from 'bsd-sockets/syscalls'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import ts from 'typescript'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Child, inline } from '../support/child.js'
import { root } from '../support/root.js'

// What its poller watches is told in /proc. proc(5)
const linux = process.platform === 'linux'
setFlagsFromString('--expose-gc')
const collect = runInNewContext('typeof gc === "function" ? gc : undefined') as () => void // not on Bun
const directory = mkdtempSync(join(tmpdir(), 'promises-'))
afterAll(() => rmSync(directory, { recursive: true }))

const descriptors = linux ? '/proc/self/fd' : '/dev/fd'
const openCount = (): number => readdirSync(descriptors).length

/** Closed with the test. */
function kept<T extends { close(): void }>(socket: T): T {
  onTestFinished(() => socket.close())
  return socket
}

function pair(type: number = SOCK_STREAM): [Socket, Socket] {
  const [one, other] = Socket.pair(AF_UNIX, type)
  return [kept(one), kept(other)]
}

async function listening(backlog?: number): Promise<Socket> {
  return kept(await createServer(['127.0.0.1', 0], backlog === undefined ? {} : { backlog }))
}

async function connected(): Promise<[Socket, Socket]> {
  const server = await listening()
  const client = kept(new Socket())
  const [[peer]] = await Promise.all([server.accept(), client.connect(server.getsockname() as sync.IPv4Address)])
  return [client, kept(peer)]
}

/** Everything that comes until the peer stops sending. */
async function all(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The error of a promise that rejects. */
const failure = (promise: Promise<unknown>): Promise<sync.SocketError> =>
  promise.then(
    value => Promise.reject(new Error(`it gave ${String(value)}`)),
    (error: unknown) => error as sync.SocketError,
  )

/** Resolves to true when the promise is still pending after the event loop has turned a few times. */
async function pending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  for (let i = 0; i < 5; i++) await turn()
  return !settled
}

describe('order', () => {
  test('readers are served in the order of their calls', async () => {
    const [a, b] = pair()
    const order: string[] = []
    const readers = Array.from({ length: 20 }, async () => order.push(String(await a.recv(1))))
    expect(await pending(Promise.race(readers))).toBe(true)
    await b.sendall('abcdefghijklmnopqrst')
    await Promise.all(readers)
    expect(order.join('')).toBe('abcdefghijklmnopqrst')
  })

  test('who waits comes before who comes later, though there is something by then', async () => {
    const [a, b] = pair()
    const first = a.recv(1)
    b.trySend('xy') // the poller has not told of it yet
    const second = a.recv(1)
    expect([String(await first), String(await second)]).toEqual(['x', 'y'])
  })

  test('two sendalls do not mix', async () => {
    const [a, b] = pair()
    const size = 1 << 20
    const sent = Promise.all([a.sendall(Buffer.alloc(size, 'a')), a.sendall(Buffer.alloc(size, 'b')), a.sendall('end')])
    const received: Buffer[] = []
    for (let count = 0; count < 2 * size + 3; count += received.at(-1)!.length) received.push(await b.recv(65536))
    await sent
    const text = Buffer.concat(received)
    expect(text.subarray(0, size).equals(Buffer.alloc(size, 'a'))).toBe(true)
    expect(text.subarray(size, 2 * size).equals(Buffer.alloc(size, 'b'))).toBe(true)
    expect(text.toString('latin1', 2 * size)).toBe('end')
  })

  test('200 readers and 200 writers on one socket: every message once, in order', async () => {
    const [a, b] = pair(SOCK_SEQPACKET)
    const readers = Array.from({ length: 200 }, async () => Number(await a.recv(100)))
    const writers = Array.from({ length: 200 }, (_, i) => b.send(String(i).padEnd(100)))
    await Promise.all(writers)
    expect(await Promise.all(readers)).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })

  test('both directions wait at once', async () => {
    const [a, b] = pair()
    const read = a.recv(10)
    const written = a.sendall(Buffer.alloc(4 << 20))
    expect(await pending(Promise.race([read, written]))).toBe(true)
    await b.sendall('answer')
    expect(String(await read)).toBe('answer')
    let count = 0
    while (count < 4 << 20) count += (await b.recv(1 << 20)).length
    await written
  })

  test('a look ahead leaves what it saw to the next', async () => {
    const [a, b] = pair()
    const seen = a.recv(10, MSG_PEEK)
    const received = a.recv(10)
    await b.sendall('once')
    expect([String(await seen), String(await received)]).toEqual(['once', 'once'])
  })
})

describe('MSG_WAITALL', () => {
  test('waits for all of it, with others behind', async () => {
    const [a, b] = pair()
    const view = Buffer.alloc(3)
    const views = [Buffer.alloc(1), Buffer.alloc(2)]
    const all = Promise.all([
      b.recv(4, MSG_WAITALL),
      b.recvInto(view, MSG_WAITALL),
      b.recvfrom(2, MSG_WAITALL),
      b.recvmsg(5, 0, MSG_WAITALL),
      b.recvmsgInto(views, 0, MSG_WAITALL),
      b.recv(9, MSG_WAITALL),
      b.recv(9, MSG_WAITALL),
    ])
    for (const byte of 'recvvi_frmsg--12_end') {
      await a.send(byte)
      await turn()
    }
    a.close()
    const [data, size, [from], message, info, ...end] = await all
    const received = [data, view, from, message.data, ...views, ...end].map(String)
    expect(received).toEqual(['recv', 'vi_', 'fr', 'msg--', '1', '2_', 'end', ''])
    expect([size, message.size, info.size]).toEqual([3, 5, 3])
  })

  test('gives what came when the wait ends before', async () => {
    const [a, b] = pair()
    const abort = new AbortController()
    const taken = async (): Promise<void> => {
      while (ioctl(b.fd, FIONREAD) > 0) await turn()
    }
    const ended = [
      b.recv(9, MSG_WAITALL, { signal: abort.signal }),
      b.recvmsg(9, 0, MSG_WAITALL, { timeout: 1000 }),
      b.recv(9, MSG_WAITALL),
      b.recv(9, MSG_WAITALL),
    ] as const
    await a.send('one')
    await taken()
    abort.abort()
    expect(String(await ended[0])).toBe('one')
    await a.send('two')
    expect((await ended[1]).data.toString()).toBe('two')
    await a.send('three')
    await taken()
    b.close()
    expect(String(await ended[2])).toBe('three')
    expect(await failure(ended[3])).toMatchObject({ code: 'ECANCELED' })
  })

  test.each(['a reset', 'an end'])('%s behind what came is left to the next receive', async how => {
    for (const type of [Socket, sync.Socket]) {
      for (const receive of ['recv', 'recvInto', 'recvfrom', 'recvmsg'] as const) {
        const [client, peer] = await connected()
        const socket = new type(client.family, client.type, client.protocol, client.detach())
        onTestFinished(() => socket.close())
        await peer.send('last words')
        if (how === 'a reset') peer.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
        peer.close()
        const view = Buffer.alloc(20)
        const calls = {
          recv: async () => (await socket.recv(20, MSG_WAITALL)).length,
          recvInto: async () => socket.recvInto(view, MSG_WAITALL),
          recvfrom: async () => (await socket.recvfrom(20, MSG_WAITALL))[0].length,
          recvmsg: async () => (await socket.recvmsg(20, 0, MSG_WAITALL)).data.length,
        }
        expect(await calls[receive]()).toBe(10)
        if (how === 'an end') expect(await calls[receive]()).toBe(0)
        else expect(await failure(calls[receive]())).toMatchObject({ code: 'ECONNRESET' })
      }
    }
  })

  test('urgent data behind what came is left to who asks for it', async () => {
    for (const [a, b] of [await connected(), ...(linux ? [pair()] : [])] as [Socket, Socket][]) {
      await a.send('before')
      try {
        await a.send('!', MSG_OOB)
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/ENOTSUP|EOPNOTSUPP/) })
        console.warn('skipped: a Unix socket of this kernel has no urgent data')
        continue
      }
      await a.send('behind')
      while (ioctl(b.fd, FIONREAD) < 6) await turn()
      expect(String(await b.recv(20, MSG_WAITALL))).toBe('before')
      expect(String(await b.recv(1, MSG_OOB))).toBe('!')
      expect(String(await b.recv(6, MSG_WAITALL))).toBe('behind')
    }
  })

  test('ends where the memory goes away under it', async () => {
    const [a, b] = pair()
    const view = new Uint8Array(9)
    const received = b.recvInto(view, MSG_WAITALL)
    await a.send('one')
    await sleep(10)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    await a.send('two')
    expect(await received).toBe(3)
    expect(String(await b.recv(9))).toBe('two')
  })

  test('fails where nothing came, and for what is wrong', async () => {
    const [, b] = pair()
    const nothing = { timeout: 1 }
    expect(await failure(b.recv(9, MSG_WAITALL, nothing))).toMatchObject({ code: 'ETIMEDOUT', syscall: 'recv' })
    expect(await failure(b.recvmsg(9, 0, MSG_WAITALL, nothing))).toMatchObject({ syscall: 'recvmsg' })
    expect(await failure(b.recv(9, MSG_WAITALL, { signal: AbortSignal.abort() }))).toBeInstanceOf(AbortError)
    expect(await failure(b.recv(-1, MSG_WAITALL))).toBeInstanceOf(RangeError)
    expect(await failure(b.recvInto(null as never, MSG_WAITALL))).toBeInstanceOf(TypeError)
    expect(await b.recv(0, MSG_WAITALL | MSG_DONTWAIT).catch(String)).toMatch(/EAGAIN/)
  })

  test('takes all of much, and lets others have their turn', async () => {
    const [a, b] = await connected()
    const size = 32 << 20
    const sent = a.sendall(Buffer.alloc(size, 7))
    const data = await b.recv(size, MSG_WAITALL)
    await sent
    expect(data.equals(Buffer.alloc(size, 7))).toBe(true)
  })
})

describe('an abort', () => {
  test('before the call: no call is made', async () => {
    const [a, b] = pair()
    await b.sendall('here')
    const error = await failure(a.recv(10, { signal: AbortSignal.abort('reason') }))
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: 'reason' })
    expect(String(await a.recv(10))).toBe('here')
    const [c] = pair()
    const signal = AbortSignal.abort()
    for (const call of [c.accept({ signal }), c.connect('/', { signal }), c.sendall('x', { signal })]) {
      expect(await failure(call)).toBeInstanceOf(AbortError)
    }
  })

  test('takes away the wait, and no byte', async () => {
    const [a, b] = pair()
    const abort = new AbortController()
    const wait = a.recv(10, { signal: abort.signal })
    expect(await pending(wait)).toBe(true)
    b.trySend('kept') // here, and not yet told of
    abort.abort()
    expect(await failure(wait)).toBeInstanceOf(AbortError)
    expect(String(await a.recv(10))).toBe('kept')
  })

  test('at any moment: what was sent is what was received', async () => {
    const [a, b] = pair()
    let received = ''
    let aborted = 0
    let next = 0
    const send = (): number | null => b.trySend(String(next++ % 10))
    for (let i = 0; i < 300; i++) {
      const abort = new AbortController()
      const wait = a.recv(1000, { signal: abort.signal }).then(
        data => (received += String(data)),
        () => aborted++,
      )
      if (i % 3 === 0) queueMicrotask(send)
      else if (i % 3 === 1) setImmediate(send)
      else send()
      if (i % 2 === 0) await turn()
      abort.abort()
      await wait
    }
    await turn()
    received += String(a.tryRecv(1000) ?? '')
    expect(received).toBe(Array.from({ length: 300 }, (_, i) => i % 10).join(''))
    expect(aborted).toBeGreaterThan(0)
  })

  test('of the first lets the second go on', async () => {
    const [a, b] = pair()
    const abort = new AbortController()
    const first = a.recv(10, { signal: abort.signal })
    const second = a.recv(100)
    b.trySend('for the second')
    abort.abort()
    expect(await failure(first)).toBeInstanceOf(AbortError)
    expect(String(await second)).toBe('for the second')
  })

  test('of one in the middle leaves the others in their order', async () => {
    const [a, b] = pair()
    const abort = new AbortController()
    const waits = [a.recv(1), a.recv(1, { signal: abort.signal }), a.recv(1)]
    abort.abort()
    expect(await failure(waits[1]!)).toBeInstanceOf(AbortError)
    await b.sendall('12')
    expect(String(await waits[0])).toBe('1')
    expect(String(await waits[2])).toBe('2')
  })

  test('in the middle of sendall: `sent` is what went', async () => {
    const [a, b] = pair()
    const abort = new AbortController()
    const wait = a.sendall(Buffer.alloc(8 << 20), { signal: abort.signal })
    expect(await pending(wait)).toBe(true)
    abort.abort()
    const { sent } = await failure(wait)
    a.shutdown(SHUT_WR)
    expect(sent).toBeGreaterThan(0)
    expect((await all(b)).length).toBe(sent)
  })

  test('1,000 waits with one signal: one listener, no warning', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warn)
    onTestFinished(() => void process.off('warning', warn))
    const [a] = pair()
    const abort = new AbortController()
    const waits = Array.from({ length: 1000 }, () => failure(a.recv(1, { signal: abort.signal })))
    abort.abort()
    expect((await Promise.all(waits)).every(error => error instanceof AbortError)).toBe(true)
    await turn()
    expect(warnings).toEqual([])
  })

  /** A signal, and how often a listener was added to it and taken away. */
  function watchedSignal(signal = new AbortController().signal): { signal: AbortSignal; counts: [number, number] } {
    const counts: [added: number, removed: number] = [0, 0]
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => (counts[0]++, add(...args))
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (counts[1]++, remove(...args))
    return { signal, counts }
  }

  async function received(a: Socket, b: Socket, signal: AbortSignal): Promise<void> {
    const wait = a.recv(1, { signal })
    b.trySend('x')
    await wait
  }

  test('1,000 waits of 10 sockets: one listener, as long as a socket is open that used it', async () => {
    const { signal, counts } = watchedSignal()
    const pairs = Array.from({ length: 10 }, () => pair())
    for (let i = 0; i < 1000; i++) await received(...pairs[i % 10]!, signal)
    expect(counts).toEqual([1, 0])
    for (const [a] of pairs.slice(1)) a.close()
    expect(counts).toEqual([1, 0])
    pairs[0]![0].close()
    expect(counts).toEqual([1, 1])
  })

  test('a socket that waits with another signal forgets the one before, unless a wait still has it', async () => {
    const [a, b] = pair()
    const signals = Array.from({ length: 3 }, () => watchedSignal())
    const waits = signals.map(({ signal }) => a.recv(1, { signal }))
    expect(signals.map(({ counts }) => counts)).toEqual(Array(3).fill([1, 0]))
    b.trySend('xxx')
    await Promise.all(waits)
    expect(signals.map(({ counts }) => counts)).toEqual([
      [1, 1],
      [1, 1],
      [1, 0],
    ])
    await received(a, b, signals[0]!.signal)
    expect(signals[2]!.counts).toEqual([1, 1])
  })

  test('thousands of signals come and go, also those that live as long as their source or their timer has a listener', async () => {
    const [a, b] = pair()
    const source = new AbortController()
    const make = [
      () => new AbortController().signal,
      () => AbortSignal.any([source.signal]),
      () => AbortSignal.timeout(600_000),
    ]
    const count = 3000
    const left: WeakRef<AbortSignal>[] = []
    for (let i = 0; i < count; i++) {
      const signal = make[i % 3]!()
      left.push(new WeakRef(signal))
      await received(a, b, signal)
    }
    await vi.waitFor(async () => {
      await turn()
      collect()
      expect(left.filter(reference => reference.deref() !== undefined).length).toBeLessThan(count / 10)
    }, 20_000)
  })
})

test('wrong options are refused before anything is received', async () => {
  const [a, b] = pair()
  await b.sendall('still here')
  const wrong = [{ signal: 5 }, { signal: null }, { timeout: -1 }, { timeout: 'soon' }, { timeout: NaN }]
  for (const options of wrong as unknown as { timeout: number }[]) {
    expect(await failure(a.recv(100, options))).toMatchObject({ code: expect.stringMatching(/^ERR_/) })
  }
  expect(String(await a.recv(100))).toBe('still here')
})

describe('closing', () => {
  test('rejects all who wait, once, with ECANCELED, and who comes later with EBADF', async () => {
    const [a] = pair()
    const writers = [a.sendall(Buffer.alloc(8 << 20)), a.send('x')]
    const readers = [a.recv(1), a.recvfrom(1), a.recvInto(Buffer.alloc(1))]
    const errors = Promise.all([...writers, ...readers].map(failure))
    expect(await pending(errors)).toBe(true)
    a.close()
    a.close()
    expect((await errors).map(({ code, syscall }) => `${syscall} ${code}`)).toEqual([
      'send ECANCELED',
      'send ECANCELED',
      'recv ECANCELED',
      'recvfrom ECANCELED',
      'recv ECANCELED',
    ])
    expect(await failure(a.recv(1))).toMatchObject({ code: 'EBADF' })
    // However many calls in a row there were.
    for (let i = 0; i < 40; i++) expect(await failure(a.send('x'))).toMatchObject({ code: 'EBADF', syscall: 'send' })
  })

  test('detach rejects who waits; another socket can wait for the descriptor', async () => {
    const [a, b] = pair()
    const wait = failure(a.recv(1))
    expect(await pending(wait)).toBe(true)
    const again = kept(Socket.fromFd(a.detach()))
    expect(await wait).toMatchObject({ code: 'ECANCELED' })
    const next = again.recv(1)
    expect(await pending(next)).toBe(true)
    await b.sendall('y')
    expect(String(await next)).toBe('y')
  })

  test.skipIf(!linux)('of one that was duplicated: the poller forgets it', async () => {
    const [a, b] = pair()
    const twin = kept(a.dup())
    const wait = failure(a.recv(1))
    expect(await pending(wait)).toBe(true)
    const fd = a.fd
    a.close()
    await wait
    const watched = readdirSync(descriptors)
      .filter(number => readlink(number) === 'anon_inode:[eventpoll]')
      .map(number => readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'))
    expect(watched.length).toBeGreaterThan(0)
    expect(watched.join('')).not.toMatch(new RegExp(`^tfd:\\s+${fd} `, 'm'))
    await b.sendall('z')
    expect(String(await twin.recv(1))).toBe('z')
  })

  test('the number of one that was closed is used again by another that waits', async () => {
    for (let i = 0; i < 50; i++) {
      const [a, b] = Socket.pair()
      const wait = a.recv(4)
      await b.sendall(String(i))
      expect(String(await wait)).toBe(String(i))
      a.close()
      b.close()
    }
  })
})

function readlink(number: string): string {
  try {
    return readlinkSync(`${descriptors}/${number}`)
  } catch {
    return '' // the one of the listing itself
  }
}

describe('a timeout', () => {
  test("is a TimeoutError, the socket's own or the call's", async () => {
    const [a] = pair()
    const shape = { name: 'TimeoutError', code: 'ETIMEDOUT', errno: -constants.errno.ETIMEDOUT, syscall: 'recv' }
    const before = performance.now()
    const error = await failure(a.recv(1, { timeout: 50 }))
    expect(error).toBeInstanceOf(sync.TimeoutError)
    expect(error).toMatchObject(shape)
    expect(performance.now() - before).toBeGreaterThan(45)
    a.settimeout(20)
    expect(await failure(a.recv(1))).toMatchObject(shape)
    const patient = a.recv(1, { timeout: null })
    await sleep(60)
    expect(await pending(patient)).toBe(true)
    a.close()
    expect(await failure(patient)).toMatchObject({ code: 'ECANCELED' })
  })

  test('of 0 never waits', async () => {
    const [a, b] = pair()
    a.settimeout(0)
    expect(await failure(a.recv(1))).toMatchObject({ name: 'BlockingIOError', code: 'EAGAIN', syscall: 'recv' })
    await b.sendall('x'.repeat(100))
    for (let i = 0; i < 100; i++) expect((await a.recv(1)).length).toBe(1)
    expect(await failure(a.recv(1))).toBeInstanceOf(sync.BlockingIOError)
    expect(await failure(b.recv(1, MSG_DONTWAIT))).toBeInstanceOf(sync.BlockingIOError)
  })

  test('takes what came while the loop was busy', async () => {
    const [a, b] = pair()
    const wait = a.recv(10, { timeout: 200 })
    await turn()
    b.trySend('in time')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    expect(String(await wait)).toBe('in time')
  })

  test('of 1,000 waits that do not need it: one timer', async () => {
    const [a, b] = pair()
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timers.mockRestore())
    for (let i = 0; i < 1000; i++) {
      const wait = a.recv(1, { timeout: 600_000 })
      b.trySend('x')
      await wait
    }
    expect(timers).toHaveBeenCalledTimes(1)
    a.close()
    expect(timers.mock.results[0]!.value).toMatchObject({ _destroyed: true })
  })

  test('is over in its time, and not before, whatever others wait there', async () => {
    const [a] = pair()
    const times = [30, 7.5, 20, 2, 24.25, 5, 0.5]
    const order: number[] = []
    const waits = times.map((timeout, i) => {
      const from = performance.now()
      const wait = failure(a.recv(1, { timeout }))
      const to = performance.now()
      const over = wait.then(() => (order.push(i), performance.now()))
      return { earliest: from + timeout, latest: to + timeout, over }
    })
    for (const { earliest, over } of waits) expect(await over).toBeGreaterThanOrEqual(earliest)
    for (const [i, one] of waits.entries())
      for (const [j, other] of waits.entries())
        // a machine that is busy between two calls changes which is over first
        if (one.latest < other.earliest) expect(order.indexOf(i)).toBeLessThan(order.indexOf(j))
    for (let i = 0; i < 50; i++) {
      const before = performance.now()
      await failure(a.recv(1, { timeout: 2 }))
      expect(performance.now() - before).toBeGreaterThanOrEqual(2)
    }
  })

  test('of the next wait counts from that on, though a timer runs', async () => {
    const [a, b] = pair()
    const wait = a.recv(1, { timeout: 40 })
    b.trySend('x')
    await wait
    await sleep(25)
    const before = performance.now()
    await failure(a.recv(1, { timeout: 40 }))
    expect(performance.now() - before).toBeGreaterThanOrEqual(40)
    const shorter = performance.now()
    const long = a.recv(1, { timeout: 600_000 })
    await failure(a.recv(1, { timeout: 10 }))
    expect(performance.now() - shorter).toBeLessThan(60_000)
    b.trySend('y')
    expect(String(await long)).toBe('y')
  })

  test("longer than a timer of Node's is no shorter", async () => {
    const [a, b] = pair()
    const wait = a.recv(10, { timeout: 2 ** 40 })
    await sleep(30)
    expect(await pending(wait)).toBe(true)
    await b.sendall('patience')
    expect(String(await wait)).toBe('patience')
  })

  test('of sendall is for the whole of it', async () => {
    const [a, b] = pair()
    const dribble = setInterval(() => b.tryRecv(1000), 5)
    onTestFinished(() => clearInterval(dribble))
    const error = await failure(a.sendall(Buffer.alloc(64 << 20), { timeout: 100 }))
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'send' })
    expect(error.sent).toBeGreaterThan(0)
  })
})

describe('the process', () => {
  const script = (body: string): Child =>
    new Child(process.execPath, inline(`import { createServer, Socket } from 'bsd-sockets/promises'\n${body}`))

  test('ends by itself when nobody waits', async () => {
    const child = script(`
      const server = await createServer(['127.0.0.1', 0])
      const client = new Socket()
      const [[peer]] = await Promise.all([server.accept(), client.connect(server.getsockname())])
      const wait = client.recv(10)
      await peer.sendall('x')
      await wait
      const abort = new AbortController()
      const aborted = client.recv(1, { signal: abort.signal }).catch(() => {})
      abort.abort()
      await aborted
      await client.recv(1, { timeout: 5 }).catch(() => {})
      const closed = client.recv(1).catch(() => {})
      client.close()
      await closed
      console.log('idle')`)
    expect(await child.finished()).toBe('idle\n')
  })

  test('does not stay for an unref’ed socket, nor for its timers', async () => {
    const child = script(`
      const [one, other] = Socket.pair()
      const server = await createServer(['127.0.0.1', 0])
      for (const socket of [one, server]) socket.unref()
      for (const timeout of [60_000, 2 ** 40]) one.recv(1, { timeout })
      server.accept({ timeout: 60_000 })
      other.recv(1, { timeout: 60_000 })
      other.unref() // who waits already is meant too
      console.log('idle')`)
    expect(await child.finished()).toBe('idle\n')
  })

  test('stays while somebody waits, and no longer', async () => {
    const child = script(`
      const server = await createServer(['127.0.0.1', 0])
      console.log('listening on 127.0.0.1:' + server.getsockname().port)
      const [client] = await server.accept()
      console.log(String(await client.recv(100)))`)
    const port = await child.port()
    await sleep(300)
    expect(child.process.exitCode).toBe(null)
    const client = kept(new Socket())
    await client.connect(['127.0.0.1', port])
    await sleep(100)
    expect(child.process.exitCode).toBe(null)
    await client.sendall('the end')
    expect(await child.finished()).toMatch(/the end\n$/)
  })
})

describe('nobody starves', () => {
  test('beside one whose data never ends', async () => {
    const [a, b] = pair()
    const [c, d] = pair()
    let over = false
    let rounds = 0
    const greedy = (async (): Promise<void> => {
      for (; !over; rounds++) {
        await b.send('x')
        await a.recv(1)
      }
    })()
    let ticks = 0
    const interval = setInterval(() => ticks++, 1)
    const answer = c.recv(10)
    await sleep(20)
    await d.sendall('modest')
    expect(String(await answer)).toBe('modest')
    over = true
    await greedy
    clearInterval(interval)
    expect(ticks).toBeGreaterThan(0)
    expect(rounds).toBeGreaterThan(20)
  })

  test('beside a sendall that is never out of room', async () => {
    class Endless extends Socket {
      sends = 0
      override trySend(): number {
        this.sends++
        return 1
      }
    }
    const [a, b] = Endless.pair()
    kept(b)
    const length = 10_000
    let turns = 0
    const count = (): void => {
      turns++
      if (a.sends < length) setImmediate(count)
    }
    setImmediate(count)
    await kept(a).sendall(Buffer.alloc(length))
    expect(a.sends).toBe(length)
    expect(turns).toBeGreaterThan(100)
  })

  test('however many wait: none is looked for among all, and all are not moved when one leaves', async () => {
    const count = 10_000
    let longest = 0
    const methods = Array.prototype as unknown as Record<string, (...given: unknown[]) => unknown>
    for (const name of ['shift', 'splice', 'indexOf']) {
      const own = methods[name]!
      onTestFinished(() => void (methods[name] = own))
      methods[name] = function (this: unknown[], ...given) {
        longest = Math.max(longest, this.length)
        return own.apply(this, given)
      }
    }
    const [a, b] = pair(SOCK_SEQPACKET)
    const served: number[] = []
    const waits = Array.from({ length: count }, (_, i) => a.recv(1).then(() => served.push(i)))
    for (let i = 0; i < count; i++) await b.send('x')
    await Promise.all(waits)
    expect(served.every((one, i) => one === i)).toBe(true)
    const aborts = Array.from({ length: 3 }, () => new AbortController())
    const aborted = Promise.all(
      Array.from({ length: count }, (_, i) => failure(a.recv(1, { signal: aborts[i % 3]!.signal }))),
    )
    for (const abort of [aborts[1]!, aborts[2]!, aborts[0]!]) abort.abort()
    expect((await aborted).every(error => error instanceof AbortError)).toBe(true)
    expect(longest).toBeLessThan(count / 10)
  })

  test('in the order of their calls even so', async () => {
    const [a, b] = pair()
    await b.sendall(Buffer.from(Array.from({ length: 200 }, (_, i) => i)))
    const order: number[] = []
    await Promise.all(Array.from({ length: 200 }, async () => order.push((await a.recv(1))[0]!)))
    expect(order).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })
})

describe('datagrams', () => {
  test('sendall of nothing is one without bytes', async () => {
    const [a, b] = pair(SOCK_DGRAM)
    await a.sendall('')
    await a.sendall('x')
    expect([await b.recv(1), await b.recv(1)].map(String)).toEqual(['', 'x'])
    a.close()
    expect(await failure(a.sendall(''))).toMatchObject({ code: 'EBADF', sent: 0 })
  })

  function datagramSocket(): Socket {
    const socket = kept(new Socket(AF_INET, SOCK_DGRAM))
    socket.bind(['127.0.0.1', 0])
    return socket
  }

  test('go to and come from addresses', async () => {
    const [a, b] = [datagramSocket(), datagramSocket()]
    const wait = a.recvfrom(100)
    const into = Buffer.alloc(100)
    const second = a.recvfromInto(into)
    expect(await pending(wait)).toBe(true)
    await b.sendto('one', a.getsockname())
    await b.sendto('', a.getsockname())
    expect(await wait).toEqual([Buffer.from('one'), b.getsockname()])
    expect(await second).toEqual([0, b.getsockname()])
  })

  test('that nobody wants: the error ends a wait', async () => {
    const [a, b] = [datagramSocket(), datagramSocket()]
    await a.connect(b.getsockname())
    b.close()
    const wait = failure(a.recv(10))
    await a.send('to nobody')
    expect(await wait).toBeInstanceOf(sync.ConnectionRefusedError)
  })

  test('wait for room on a Unix socket', async () => {
    const [a, b] = pair(SOCK_DGRAM)
    const messages = Array.from({ length: 1000 }, (_, i) => String(i))
    const sent = Promise.all(messages.map(message => a.send(message)))
    expect(await pending(sent)).toBe(true)
    for (const message of messages) expect(String(await b.recv(10))).toBe(message)
    await sent
  })
})

describe('connecting', () => {
  test('refused: the error and the address, 50 at a time', async () => {
    const server = await listening()
    const { port } = server.getsockname() as sync.IPv4Address
    server.close()
    const errors = await Promise.all(
      Array.from({ length: 50 }, () => failure(kept(new Socket()).connect(['127.0.0.1', port]))),
    )
    for (const error of errors) {
      expect(error).toBeInstanceOf(sync.ConnectionRefusedError)
      expect(error.message).toBe(`connect ECONNREFUSED 127.0.0.1:${port}`)
    }
  })

  /** A TCP address where a connect gets no answer: its backlog is full. */
  async function silent(): Promise<sync.IPv4Address> {
    const server = await listening(0)
    const address = server.getsockname() as sync.IPv4Address
    for (let i = 0; i < 4; i++) {
      const socket = kept(new Socket())
      if ((await socket.connect(address, { timeout: 50 }).catch((error: unknown) => error)) !== undefined) break
    }
    return address
  }

  test('no answer: a timeout, an abort, a close; 0 is EINPROGRESS', async () => {
    const address = await silent()
    const socket = (): Socket => kept(new Socket())
    const timedOut = await failure(socket().connect(address, { timeout: 50 }))
    expect(timedOut).toBeInstanceOf(sync.TimeoutError)
    expect(timedOut.message).toBe(`connect ETIMEDOUT 127.0.0.1:${address.port}`)
    expect(await failure(socket().connect(address, { timeout: 0 }))).toMatchObject({ code: 'EINPROGRESS' })
    const abort = new AbortController()
    const aborted = failure(socket().connect(address, { signal: abort.signal }))
    expect(await pending(aborted)).toBe(true)
    abort.abort()
    expect(await aborted).toBeInstanceOf(AbortError)
    const closing = socket()
    const closed = failure(closing.connect(address))
    expect(await pending(closed)).toBe(true)
    closing.close()
    expect(await closed).toMatchObject({ code: 'ECANCELED', syscall: 'connect' })
  })

  test('after an abort, a second call goes on with the same attempt', async () => {
    const server = await listening()
    const socket = kept(new Socket())
    const address = server.getsockname() as sync.IPv4Address
    const first = socket.connect(address, { signal: AbortSignal.timeout(0) }).catch((error: unknown) => error)
    await Promise.all([first, socket.connect(address)])
    expect(socket.getpeername()).toEqual(address)
  })

  test('what is sent meanwhile goes once it is connected', async () => {
    const server = await listening()
    const socket = kept(new Socket())
    const connecting = socket.connect(server.getsockname())
    const [[peer]] = await Promise.all([server.accept(), socket.sendall('early')])
    kept(peer)
    await connecting
    socket.shutdown(SHUT_WR)
    expect(String(await all(peer))).toBe('early')
  })

  test('a reset is told of to those who wait', async () => {
    const [client, peer] = await connected()
    const waits = [failure(client.recv(1)), failure(client.sendall(Buffer.alloc(32 << 20)))]
    await turn()
    peer.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
    peer.close()
    expect(await waits[0]).toBeInstanceOf(sync.ConnectionError)
    expect(await waits[1]).toBeInstanceOf(sync.ConnectionError)
  })
})

describe('Unix sockets', () => {
  test('without a name have an address without one', async () => {
    const path = join(directory, 'unnamed')
    const server = kept(new Socket(AF_UNIX, SOCK_DGRAM))
    server.bind(path)
    const client = kept(new Socket(AF_UNIX, SOCK_DGRAM))
    await client.sendto('one', path)
    await client.sendto('two', path)
    expect(await server.recvfrom(3)).toEqual([Buffer.from('one'), { family: 'unix' }])
    expect(await server.recvmsg(3)).toMatchObject({ data: Buffer.from('two'), address: { family: 'unix' } })
  })

  test('listen, connect and talk by a path', async () => {
    const server = kept(new Socket(AF_UNIX))
    const path = join(directory, 'listen')
    server.bind(path)
    server.listen()
    const client = kept(new Socket(AF_UNIX))
    const [[peer]] = await Promise.all([server.accept(), client.connect(path)])
    kept(peer)
    await client.sendall('by path')
    expect(String(await peer.recv(100))).toBe('by path')
    expect(await failure(kept(new Socket(AF_UNIX)).connect(join(directory, 'nobody')))).toBeInstanceOf(
      sync.FileNotFoundError,
    )
  })

  test('a full backlog: connect waits until there is room, a timeout, an abort or a close', async () => {
    const server = kept(new Socket(AF_UNIX))
    const path = join(directory, 'backlog')
    server.bind(path)
    server.listen(0)
    const socket = (): Socket => kept(new Socket(AF_UNIX))
    await socket().connect(path) // the only one that has room
    expect(await failure(socket().connect(path, { timeout: 30 }))).toMatchObject({ code: 'ETIMEDOUT', path })
    expect(await failure(socket().connect(path, { timeout: 0 }))).toBeInstanceOf(sync.BlockingIOError)
    const abort = new AbortController()
    const aborted = failure(socket().connect(path, { signal: abort.signal }))
    const closing = socket()
    const closed = failure(closing.connect(path))
    const waiting = socket().connect(path)
    expect(await pending(Promise.race([aborted, closed, waiting]))).toBe(true)
    abort.abort()
    closing.close()
    expect(await aborted).toBeInstanceOf(AbortError)
    expect(await closed).toMatchObject({ code: 'ECANCELED' })
    kept((await server.accept())[0])
    await waiting
  })
})

describe('loops', () => {
  test('connections() ends when the listener is closed', async () => {
    const server = await listening()
    const address = server.getsockname()
    const peers: Socket[] = []
    const loop = (async () => {
      for await (const [peer, from] of server.connections()) {
        expect(from).toMatchObject({ family: 'IPv4', address: '127.0.0.1' })
        peers.push(kept(peer))
      }
      return 'ended'
    })()
    for (let i = 0; i < 5; i++) await kept(new Socket()).connect(address)
    while (peers.length < 5) await turn()
    server.close()
    expect(await loop).toBe('ended')
  })

  test('a socket is iterated as what it is: connections, or chunks to the end', async () => {
    const server = await listening()
    const client = kept(new Socket())
    const served = (async () => {
      for await (const [peer] of server as AsyncIterable<[Socket]>) {
        const chunks: string[] = []
        for await (const chunk of peer as AsyncIterable<Buffer>) chunks.push(String(chunk))
        peer.close()
        return chunks.join('')
      }
      return undefined
    })()
    await client.connect(server.getsockname())
    await client.sendall('one ')
    await turn()
    await client.sendall('two')
    client.shutdown(SHUT_WR)
    expect(await served).toBe('one two')
  })

  test('a datagram without bytes ends none', async () => {
    const [a, b] = pair(SOCK_DGRAM)
    for (const message of ['', 'second', '']) await b.send(message)
    const got: string[] = []
    for await (const chunk of a.chunks()) {
      got.push(String(chunk))
      if (got.length === 3) a.close()
    }
    expect(got).toEqual(['', 'second', ''])
  })

  test('connections() goes on after what accept(2) fails with in passing, and not after its own', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warn)
    onTestFinished(() => void process.off('warning', warn))
    const failures = ['ECONNABORTED', 'EMFILE', 'ENFILE', 'ECONNABORTED'] as const
    class Failing extends Socket {
      failed = 0
      override tryAccept(): [this, sync.SocketAddress] | null {
        const failure = failures[this.failed]
        if (failure === undefined) return super.tryAccept()
        this.failed++
        throw new sync.SocketError(constants.errno[failure as 'EMFILE'], 'accept')
      }
    }
    const server = kept(Failing.fromFd((await createServer(['127.0.0.1', 0])).detach()))
    await kept(new Socket()).connect(server.getsockname())
    for await (const [peer] of server.connections({ signal: AbortSignal.timeout(10_000) })) {
      kept(peer)
      break
    }
    expect(server.failed).toBe(4)
    expect(warnings.map(({ message }) => message)).toEqual(['A server cannot accept a client: accept EMFILE'])
    const [none] = pair()
    expect(await failure(none.connections().next())).toMatchObject({ code: 'EINVAL' })
  })

  test('a pause of connections() ends with the listener, and with an abort', async () => {
    class Poor extends Socket {
      tries = 0
      override tryAccept(): null {
        this.tries++
        throw new sync.SocketError(constants.errno.EMFILE, 'accept')
      }
    }
    const poor = async (): Promise<Poor> => kept(Poor.fromFd((await createServer(['127.0.0.1', 0])).detach()))
    const first = await poor()
    const ended = first.connections().next()
    while (first.tries === 0) await turn()
    first.close()
    expect(await ended).toMatchObject({ done: true })
    const second = await poor()
    const abort = new AbortController()
    const aborted = failure(second.connections({ signal: abort.signal }).next())
    while (second.tries === 0) await turn()
    abort.abort()
    expect(await aborted).toBeInstanceOf(AbortError)
  })

  test('leaving one closes nothing, and takes no byte', async () => {
    const [a, b] = pair()
    await b.sendall('abcdef')
    for await (const chunk of a.chunks(2)) {
      expect(String(chunk)).toBe('ab')
      break
    }
    expect(a.closed).toBe(false)
    expect(String(await a.recv(10))).toBe('cdef')
  })

  test('an error ends one', async () => {
    const [client, peer] = await connected()
    const loop = failure(all(client))
    peer.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
    peer.close()
    expect(await loop).toBeInstanceOf(sync.ConnectionResetError)
    const [a] = pair()
    const signal = AbortSignal.timeout(20)
    expect(await failure(a.chunks(10, { signal }).next())).toBeInstanceOf(AbortError)
  })

  test('`await using` closes', async () => {
    const [a, b] = pair()
    {
      await using socket = a
      await socket.sendall('x')
    }
    expect(a.closed).toBe(true)
    expect(String(await all(b))).toBe('x')
  })
})

describe('in worker threads', () => {
  const worker = (body: string, workerData?: unknown): Worker =>
    new Worker(
      `import('bsd-sockets/promises').then(async ({ createServer, Socket }) => {
        const { parentPort, workerData } = require('node:worker_threads')
        ${body}
      })`,
      { eval: true, workerData },
    )

  test('they serve, and the worker ends by itself when nobody waits', async () => {
    const thread = worker(`
      const server = await createServer(['127.0.0.1', 0])
      parentPort.postMessage(server.getsockname())
      const [client] = await server.accept()
      for await (const chunk of client.chunks()) await client.sendall(chunk)
      client.close()`)
    const ended = once(thread, 'exit') // it may end as soon as the client has all
    const [address] = (await once(thread, 'message')) as [sync.IPv4Address]
    const client = kept(new Socket())
    await client.connect(address)
    await client.sendall('to a thread')
    client.shutdown(SHUT_WR)
    expect(String(await all(client))).toBe('to a thread')
    expect(await ended).toEqual([0])
  })

  test('terminated with waits under way, they leave no descriptor open', async () => {
    const before = openCount()
    for (let i = 0; i < 5; i++) {
      const thread = worker(`
        const server = await createServer(['127.0.0.1', 0])
        for (let i = 0; i < 5; i++) server.accept()
        for (let i = 0; i < 50; i++) {
          const [one, other] = Socket.pair()
          one.recv(1)
          other.sendall(Buffer.alloc(1 << 20))
        }
        parentPort.postMessage('waiting')`)
      await once(thread, 'message')
      expect(openCount()).toBeGreaterThanOrEqual(before + 101)
      await thread.terminate()
    }
    expect(openCount()).toBeLessThanOrEqual(before)
  })
})

test('1,000 connections at once', async () => {
  const before = openCount()
  const server = await createServer(['127.0.0.1', 0], { backlog: 1000 })
  const serve = async ([client]: [Socket, unknown]): Promise<void> => {
    for await (const chunk of client.chunks(1024)) await client.sendall(chunk)
    client.close()
  }
  const serving = (async () => {
    for await (const connection of server.connections()) void serve(connection)
  })()
  const ask = async (i: number): Promise<string> => {
    const client = new Socket()
    await client.connect(server.getsockname())
    await client.sendall(`message ${i}`)
    client.shutdown(SHUT_WR)
    const answer = String(await all(client))
    client.close()
    return answer
  }
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => ask(i)))
  expect(answers).toEqual(Array.from({ length: 1000 }, (_, i) => `message ${i}`))
  server.close()
  await serving
  expect(openCount()).toBeLessThanOrEqual(before)
})

test('what is lent must stay as it is: memory that is taken away is told of', async () => {
  const [a, b] = pair()
  a.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
  const lent = new Uint8Array(1 << 20)
  const sending = failure(a.sendall(lent))
  const room = new Uint8Array(10)
  const receiving = failure(a.recvInto(room))
  expect(await pending(Promise.race([sending, receiving]))).toBe(true)
  structuredClone(lent, { transfer: [lent.buffer] })
  structuredClone(room, { transfer: [room.buffer] })
  await b.sendall('too late')
  while (b.tryRecv(65536) !== null) await turn()
  const gone = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' }
  const error = await sending
  expect(error).toMatchObject({ ...gone, message: expect.stringContaining("'data'") })
  expect(error.sent).toBeGreaterThan(0)
  expect(await receiving).toMatchObject({ ...gone, message: expect.stringContaining("'view'") })
  expect(String(await a.recv(10))).toBe('too late')
})

test('nothing is sent, and no end received, in the place of memory that is gone', async () => {
  const [a, b] = pair(SOCK_DGRAM)
  while (a.trySend('x'.repeat(1000)) !== null) continue
  const lend = (): Uint8Array => new Uint8Array(10)
  const lent: Uint8Array[] = []
  const given = <T extends Uint8Array>(bytes: T): T => (lent.push(bytes), bytes)
  const sends = [
    a.send(given(lend())),
    a.sendmsg([given(lend())]),
    a.sendFds(given(lend()), [0]),
    a.sendall(given(lend())),
  ].map(failure)
  const view = given(lend())
  const dataView = new DataView(given(lend()).buffer)
  const receives = [
    b.recvInto(view, MSG_PEEK | MSG_DONTWAIT).then(() => failure(a.recvInto(view))),
    failure(a.recvfromInto(given(lend()))),
    failure(a.recvmsgInto([given(lend()), given(lend())])),
    failure(a.recvInto(dataView)),
  ]
  const [c, d] = pair()
  receives.push(
    failure(c.recvInto(given(lend()), MSG_WAITALL)),
    failure(c.recvmsgInto([given(lend()), lend()], 0, MSG_WAITALL)),
    failure(a.sendmsg('x' as never)),
  )
  await turn()
  for (const { buffer } of lent) structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
  while (b.tryRecv(2000) !== null) await turn()
  await b.send('too late')
  const code = 'ERR_INVALID_ARG_VALUE'
  await d.send('more')
  const errors = await Promise.all([...sends, ...receives])
  expect(errors.pop()).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
  for (const error of errors) expect(error).toMatchObject({ code })
  expect(String(await a.recv(10))).toBe('too late')
  expect(b.tryRecv(10)).toBeNull()
})

test('the server that README and the reference show survives a client that breaks off', async () => {
  for (const file of ['README.md', 'src/promises/index.ts']) {
    const text = readFileSync(join(root, file), 'utf8').replace(/^ \* ?/gm, '')
    const typed = /^import \{ createServer \} from 'bsd-sockets\/promises'$.*?(?=^```)/ms.exec(text)![0]
    const target = ts.ScriptTarget.ESNext
    const program = ts.transpile(typed, { target, module: ts.ModuleKind.ESNext })
    const child = new Child(
      process.execPath,
      inline(
        program.replace('9999', '0').replace('\nfor', '\nconsole.log("listening on", server.getsockname().port)\nfor'),
      ),
    )
    const port = await child.port()
    const client = kept(new Socket())
    await client.connect(['127.0.0.1', port])
    await client.sendall('x')
    await client.recv(1)
    client.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
    client.close()
    const other = kept(new Socket())
    await other.connect(['127.0.0.1', port])
    await other.sendall('still there')
    expect(String(await other.recv(20))).toBe('still there')
  }
})
