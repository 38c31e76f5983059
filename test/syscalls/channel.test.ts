// The channel bsd-sockets:call of node:diagnostics_channel.
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Worker } from 'node:worker_threads'
import { AF_INET, AF_UNIX, F_GETFD, MSG_DONTWAIT, MSG_PEEK, SOCK_CLOEXEC, SOCK_STREAM, Socket } from 'bsd-sockets'
import type { CallMessage } from 'bsd-sockets'
import { Socket as PromisesSocket } from 'bsd-sockets/promises'
import { listen } from 'bsd-sockets/reactor'
import { fetchHandler, serve } from 'bsd-sockets/http'
import { toDuplex } from 'bsd-sockets/streams'
import * as sys from 'bsd-sockets/syscalls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Child, inline } from '../support/child.js'
import { root } from '../support/root.js'

const name = 'bsd-sockets:call'

/** A call as text: `close(5) = 0`. */
const textOf = (call: CallMessage): string => `${call.name}(${call.args().join(', ')}) = ${call.errno ?? call.result}`

/** Notes what `each` makes of the calls from now on; `end` stops it before the end of the test. */
function observe<T>(each: (call: CallMessage) => T): { seen: T[]; end: () => void } {
  const seen: T[] = []
  const subscriber = (message: unknown): void => void seen.push(each(message as CallMessage))
  const end = (): void => void unsubscribe(name, subscriber)
  subscribe(name, subscriber)
  onTestFinished(end)
  return { seen, end }
}

function pair(): [number, number] {
  const fds = new Int32Array(2)
  expect(sys.socketpair(AF_UNIX, SOCK_STREAM, 0, fds)).toBe(0)
  return [fds[0]!, fds[1]!]
}

describe('a message', () => {
  test('has the call, its arguments, its result or errno, its times, and who made it', () => {
    const { seen, end } = observe(call => ({ ...call, args: call.args(), text: textOf(call) }))
    const before = process.hrtime.bigint()
    const [left, right] = pair()
    const view = Buffer.from('hello\0')
    sys.send(left, view, 0)
    sys.recv(right, Buffer.alloc(16), MSG_PEEK | MSG_DONTWAIT)
    sys.fcntl(left, F_GETFD)
    sys.close(left)
    sys.close(right)
    sys.close(-1)
    const after = process.hrtime.bigint()
    end()
    expect(seen.map(({ text }) => text)).toEqual([
      `socketpair(AF_UNIX, SOCK_STREAM, 0, [${left}, ${right}]) = 0`,
      `send(${left}, "hello\\0", 6, 0) = 6`,
      `recv(${right}, "hello\\0", 16, MSG_PEEK|MSG_DONTWAIT) = 6`,
      `fcntl(${left}, F_GETFD) = 0`,
      `close(${left}) = 0`,
      `close(${right}) = 0`,
      'close(-1) = EBADF',
    ])
    expect(seen[1]).toMatchObject({ name: 'send', result: 6, errno: undefined, pid: process.pid, threadId: 0 })
    expect(seen[1]!.values[1]).toBe(view)
    expect(seen[6]).toMatchObject({ name: 'close', values: [-1], result: -1, errno: 'EBADF' })
    const times = [before, ...seen.flatMap(({ began, ended }) => [began, ended]), after]
    expect(times.every((time, i) => i === 0 || time >= times[i - 1]!)).toBe(true)
  })

  test('has at most as many bytes of a buffer as the subscriber asks for', () => {
    const { seen } = observe(call => [call.args()[1], call.args(2)[1], call.args(100)[1]])
    sys.write(-1, Buffer.alloc(40, 'x'))
    expect(seen).toEqual([[`"${'x'.repeat(32)}"...`, '"xx"...', `"${'x'.repeat(40)}"`]])
  })

  test('has the line of the program that made it', () => {
    const { seen } = observe(call => call.source())
    sys.close(-1)
    const [left, right] = Socket.pair()
    left.close()
    right.close()
    const file = import.meta.filename
    expect(seen).toHaveLength(4)
    for (const source of seen) {
      expect(source).toMatch(/:\d+:\d+$/)
      expect(source!.replace(/:\d+:\d+$/, '')).toBe(file)
    }
  })

  test('is published for no function of the C library, and for no wrong argument', () => {
    const { seen } = observe(textOf)
    sys.htons(1)
    sys.inet_pton(AF_INET, '127.0.0.1')
    sys.CMSG_LEN(4)
    expect(() => sys.close(NaN)).toThrow(RangeError)
    expect(() => sys.recv(0, 'text' as never, 0)).toThrow(TypeError)
    expect(seen).toEqual([])
  })

  test('decodes addresses, options and waits', async () => {
    const { seen, end } = observe(textOf)
    const server = new Socket()
    server.bind(['127.0.0.1', 0])
    server.listen(5)
    const { port } = server.getsockname() as { port: number }
    const client = new Socket()
    client.connect(['127.0.0.1', port])
    const [accepted] = server.accept()
    accepted.settimeout(10_000)
    client.sendmsg([Buffer.from('ab'), Buffer.from('c')])
    accepted.recv(8)
    const fds = [server, client, accepted].map(socket => socket.fileno())
    for (const socket of [server, client, accepted]) socket.close()
    end()
    await Promise.resolve()
    const text = seen.join('\n')
    const [s, c, a] = fds
    expect(text).toContain(`bind(${s}, 127.0.0.1:0, 16) = 0`)
    expect(text).toContain(`getsockname(${s}, 127.0.0.1:${port}, [128 => 16]) = 0`)
    expect(text).toMatch(new RegExp(`connect\\(${c}, 127\\.0\\.0\\.1:${port}, 16\\) = (0|EINPROGRESS)`))
    expect(text).toMatch(new RegExp(`accept4?\\(${s}, 127\\.0\\.0\\.1:\\d+, \\[128 => 16\\].*\\) = ${a}`))
    expect(text).toContain('msg_iov=[{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=1}], msg_iovlen=2')
    expect(text).toContain(`recv(${a}, "abc", 8, 0) = 3`)
  })
})

describe('a subscriber', () => {
  test('gets calls from its subscription on until it ends', () => {
    sys.close(-1)
    const { seen, end } = observe(textOf)
    sys.close(-2)
    end()
    sys.close(-3)
    expect(channel(name).hasSubscribers).toBe(false)
    const again = observe(textOf)
    sys.close(-4)
    expect([...seen, ...again.seen]).toEqual(['close(-2) = EBADF', 'close(-4) = EBADF'])
  })

  test('may use the package: its own calls are not published', () => {
    const { seen } = observe(call => {
      const [left, right] = Socket.pair()
      left.close()
      right.close()
      return call.name
    })
    sys.close(-1)
    sys.close(-1)
    expect(seen).toEqual(['close', 'close'])
  })

  test.skipIf(process.versions.bun !== undefined)('that throws breaks no call', async () => {
    const child = new Child(
      process.execPath,
      inline(`
        import { subscribe } from 'node:diagnostics_channel'
        import { close } from 'bsd-sockets/syscalls'
        let errors = 0
        process.on('uncaughtException', () => errors++)
        subscribe('bsd-sockets:call', () => { throw new Error('of the subscriber') })
        subscribe('bsd-sockets:call', ({ name }) => console.log(name))
        console.log(close(-1) < 0, close(-1) < 0)
        setTimeout(() => console.log(errors), 1)
      `),
    )
    expect((await child.ended).code).toBe(0)
    expect(child.stdout).toBe('close\nclose\ntrue true\n2\n')
  })

  test('gets the calls of its own thread only', async () => {
    const { seen } = observe(({ threadId }) => threadId)
    const worker = new Worker(
      `
      const { subscribe } = require('node:diagnostics_channel')
      const { threadId, parentPort } = require('node:worker_threads')
      const { close } = require('bsd-sockets/syscalls')
      close(-1)
      const seen = []
      subscribe('bsd-sockets:call', call => seen.push([call.name, call.threadId === threadId, call.tid !== call.pid]))
      close(-1)
      parentPort.postMessage(seen)
      `,
      { eval: true, execArgv: [] },
    )
    const message = await new Promise(resolve => worker.once('message', resolve))
    await worker.terminate()
    expect(message).toEqual([['close', true, true]])
    sys.close(-1)
    expect(seen.filter(threadId => threadId !== 0)).toEqual([])
    expect(seen.length).toBeGreaterThan(0)
  })

  test('gets each call once, if there are two copies of the package', async () => {
    const child = new Child(
      process.execPath,
      inline(`
        import { subscribe } from 'node:diagnostics_channel'
        import { createRequire } from 'node:module'
        const require = createRequire(process.cwd() + '/program.js')
        const one = require('bsd-sockets/syscalls')
        for (const file of Object.keys(require.cache)) delete require.cache[file]
        subscribe('bsd-sockets:call', ({ values }) => {
          console.log(values[0])
          one.close(-9)
        })
        const two = require('bsd-sockets/syscalls')
        one.close(-1)
        two.close(-2)
        console.log(one !== two)
      `),
      {},
      root,
    )
    expect((await child.ended).code).toBe(0)
    expect(child.stdout).toBe('-1\n-2\ntrue\n')
  })
})

describe('each floor', () => {
  const names = (seen: readonly string[]): string[] => [...new Set(seen.map(text => /^\w+/.exec(text)![0]))]

  test('promises', async () => {
    const { seen, end } = observe(textOf)
    const [left, right] = PromisesSocket.pair()
    const received = right.recv(16) // it waits for the event loop
    await left.sendall(Buffer.from('promised'))
    expect((await received).toString()).toBe('promised')
    left.close()
    right.close()
    end()
    expect(names(seen)).toEqual(expect.arrayContaining(['socketpair', 'recv', 'send', 'close']))
    expect(seen.filter(text => text.startsWith('recv(') && text.includes('promised'))).toHaveLength(1)
    expect(names(seen)).toContain(process.platform === 'darwin' ? 'kevent' : 'epoll_wait')
  })

  test('streams', async () => {
    const { seen, end } = observe(textOf)
    const [left, right] = PromisesSocket.pair()
    const stream = toDuplex(right)
    await left.sendall(Buffer.from('streamed'))
    left.close()
    let text = ''
    for await (const chunk of stream) text += String(chunk)
    end()
    expect(text).toBe('streamed')
    expect(seen.filter(each => each.startsWith('recv(') && each.includes('streamed'))).toHaveLength(1)
  })

  test('the reactor: what its loop receives, too', async () => {
    const { seen, end } = observe(call => ({ text: textOf(call), source: call.source() }))
    const server = listen(0, { data: (connection, data) => void connection.write(data) })
    const client = new PromisesSocket()
    await client.connect(['127.0.0.1', server.address.port])
    for (let i = 0; i < 3; i++) {
      await client.sendall(Buffer.from(`ping ${i}`))
      expect((await client.recv(64)).toString()).toBe(`ping ${i}`)
    }
    client.close()
    server.close()
    end()
    const texts = seen.map(({ text }) => text)
    for (let i = 0; i < 3; i++) {
      // Each message is sent twice and received twice.
      expect(texts.filter(text => /^recv\(/.test(text) && text.includes(`"ping ${i}"`))).toHaveLength(2)
      expect(texts.filter(text => /^send\(/.test(text) && text.includes(`"ping ${i}"`))).toHaveLength(2)
    }
    const loops = seen.filter(({ text }) => /^recv\(.*MSG_DONTWAIT\) = \d/.test(text))
    expect(loops.length).toBeGreaterThan(0)
    expect(loops.every(({ source }) => source === undefined)).toBe(true)
  })

  test('http', async () => {
    const { seen, end } = observe(textOf)
    const server = serve(
      fetchHandler(() => new Response('answered')),
      { port: 0 },
    )
    const { port } = server.address as { port: number }
    const response = await fetch(`http://127.0.0.1:${port}/`)
    expect(await response.text()).toBe('answered')
    server.close()
    end()
    expect(seen.filter(text => text.includes('"GET / HTTP/1.1'))).toHaveLength(1)
    expect(seen.filter(text => text.includes('"HTTP/1.1 200 OK'))).toHaveLength(1)
  })
})

test.skipIf(SOCK_CLOEXEC === undefined)('SOCK_CLOEXEC and other flags are names', () => {
  const { seen } = observe(textOf)
  sys.close(sys.socket(AF_UNIX, SOCK_STREAM | (SOCK_CLOEXEC ?? 0), 0))
  expect(seen[0]).toMatch(/^socket\(AF_UNIX, SOCK_STREAM\|SOCK_CLOEXEC, 0\) = \d+$/)
})
