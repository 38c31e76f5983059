// A stack trace begins at the line of the program that made the call.
import { Socket } from 'bsd-sockets'
import { getaddrinfo, isSocketError, options, setOption } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { listen } from 'bsd-sockets/reactor'
import * as sys from 'bsd-sockets/syscalls'
import { expect, onTestFinished, test } from 'vitest'
import { script } from './support/child.js'

const firstFrame = (error: unknown): string =>
  (error as Error).stack!.split('\n').find(line => /^\s+at /.test(line)) ?? 'no frame'

function thrown(body: () => unknown): Error {
  try {
    body()
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not throw')
}

function pair(): AsyncSocket[] {
  const made = AsyncSocket.pair()
  onTestFinished(() => made.forEach(socket => socket.close()))
  return made
}

test('a handler of an event emitter, whose name V8 gives as <anonymous>', async () => {
  const output = await script(`
    import { Socket } from 'bsd-sockets'
    import { EventEmitter } from 'node:events'
    const emitter = new EventEmitter()
    emitter.on('event', function () {
      try {
        new Socket().recv(1)
      } catch ({ stack }) {
        console.log(stack.split('\\n').find(line => /^ +at /.test(line)))
      }
    })
    emitter.emit('event')`).finished()
  expect(output).toMatch(/eval.*:[78]\b/)
})

const calls: Record<string, (socket: Socket) => unknown> = {
  'a failed call': socket => socket.recv(1),
  'a call in many steps': socket => socket.sendall('x'),
  'an option': socket => socket.setsockopt(-1, -1, 1),
  'a typed option': socket => setOption(socket, options.tcpKeepCount, 200),
  'a wrong argument': socket => socket.recv('x' as never),
  'an argument that the addon refuses': socket => socket.listen('x' as never),
  'an argument of a call of the lowest floor': () => sys.recv(-1.5, Buffer.alloc(1), 0),
  'a wrong address': socket => socket.connect(['localhost', 1]),
  'a wrong this': () => Socket.prototype.recv.call({} as never, 1),
  'a misspelt property': () => listen({ prot: 1 } as never),
  'a lookup': () => getaddrinfo('no such name.invalid', 1),
  'a closed socket': socket => {
    const other = socket.dup()
    other.close()
    other.getsockname()
  },
}

test.each(Object.entries(calls))('%s', (_, call) => {
  const socket = new Socket()
  onTestFinished(() => socket.close())
  const error = thrown(() => call(socket))
  expect(firstFrame(error)).toContain('caller.test.ts')
  expect(error.stack).toContain(`${error.name}: ${error.message}\n`)
  expect(Object.keys(error)).not.toContain('stack')
})

test.each<[string, (socket: AsyncSocket) => Promise<unknown>]>([
  ['a timeout', socket => socket.recv(1, { timeout: 5 })],
  ['an abort', socket => socket.recv(1, { signal: AbortSignal.timeout(5) })],
  ['a close', socket => (setImmediate(() => socket.close()), socket.recv(1))],
  ['a call in many steps', socket => (setImmediate(() => socket.close()), socket.sendall(Buffer.alloc(1 << 24)))],
  ['an async method', socket => socket.readable({ timeout: 5 })],
])('a wait that ends by %s has the line of its await', async (_, call) => {
  const [socket] = pair()
  async function awaiting(): Promise<void> {
    await call(socket!)
  }
  const error = await awaiting().catch((error: unknown) => error)
  expect(firstFrame(error)).toMatch(/at (async )?awaiting \(.*caller\.test\.ts/)
})

test('without an await there are the frames of the package, and the promise is rejected as well', async () => {
  const [socket] = pair()
  const error = await new Promise(resolve => void socket!.recv(1, { timeout: 5 }).then(resolve, resolve))
  expect(isSocketError(error)).toBe(true)
  expect((error as Error).stack).toMatch(/^TimeoutError: recv ETIMEDOUT/)
})

test('the stack can be set, has at most Error.stackTraceLimit frames, and needs none', () => {
  const socket = new Socket()
  onTestFinished(() => socket.close())
  const deep = (n: number): Error => (n === 0 ? thrown(() => socket.recv(1)) : deep(n - 1))
  const error = deep(30)
  expect(error.stack!.split('\n').filter(line => /^\s+at /.test(line))).toHaveLength(Error.stackTraceLimit)
  error.stack = 'mine'
  expect(error.stack).toBe('mine')
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  onTestFinished(() => void (Error.stackTraceLimit = stackTraceLimit))
  expect(thrown(() => socket.recv(1)).stack).not.toContain('    at ')
  expect(Error.stackTraceLimit).toBe(0)
})
