import { createServer, interrupt, select, Socket } from 'bsd-sockets'
import type { Interrupter } from 'bsd-sockets'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Child, inline } from '../support/child.js'
import { root } from '../support/root.js'

const calls = ['accept', 'connect', 'connect unix', 'poll', 'recv', 'recvmsg', 'select', 'selector', 'send', 'sendall']
const program = (name: string): string => join(root, `build/programs/test/programs/${name}.js`)
const openCount = (): number => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length

// A blocked thread checks for its end every 100 ms; the rest of the limit is for slow machines.
const soon = 1000

/** A worker, and a function that returns its next message. */
function start(
  file: string | URL,
  options: ConstructorParameters<typeof Worker>[1],
): {
  worker: Worker
  next: () => Promise<unknown>
} {
  const worker = new Worker(file, options)
  onTestFinished(async () => {
    await worker.terminate()
  })
  const messages: unknown[] = []
  worker.on('message', message => messages.push(message))
  const failed = once(worker, 'error').then(([error]) => Promise.reject(error as Error))
  failed.catch(() => undefined)
  const next = async (): Promise<unknown> => {
    while (messages.length === 0) await Promise.race([once(worker, 'message'), failed])
    return messages.shift()
  }
  return { worker, next }
}

/** A worker in a blocking call: its interrupter, and the outcome of the call. */
async function block(
  call: string,
): Promise<{ worker: Worker; next: () => Promise<unknown>; interrupter: Interrupter }> {
  const { worker, next } = start(program('blocked'), { workerData: [call] })
  return { worker, next, interrupter: (await next()) as Interrupter }
}

/** A worker that runs a program with the library as C. */
const script = (body: string, workerData?: unknown): ReturnType<typeof start> =>
  start(
    `import('bsd-sockets').then(C => {
      const { parentPort, workerData } = require('node:worker_threads')
      const say = what => parentPort.postMessage(what)
      const outcome = call => { try { return call() } catch (error) { return error.name } }
      ${body}
    })`,
    { eval: true, workerData },
  )

// Node unloads an addon with the last worker that has loaded it. A function that it had registered with the process would stay.
test('a worker that alone loads the addon can end', async () => {
  const code = `
    import { Worker } from 'node:worker_threads'
    const load = "import('bsd-sockets').then(({ Socket }) => Socket.pair().forEach(socket => socket.close()))"
    new Worker(load, { eval: true }).on('exit', code => console.log('left', code))`
  const child = new Child(process.execPath, inline(code))
  expect(await child.ended).toEqual({ code: 0, signal: null })
  expect(child.stdout).toBe('left 0\n')
})

describe('a worker that is blocked', () => {
  test.each(calls)('in %s is terminated, and its descriptors are closed', async call => {
    const before = openCount()
    const { worker } = await block(call)
    await sleep(150)
    expect(openCount()).toBeGreaterThan(before)
    const began = performance.now()
    await worker.terminate()
    expect(performance.now() - began).toBeLessThan(soon)
    expect(openCount()).toBe(before)
  })

  test.each([
    ['exit', 7],
    ['throw', 1],
    ['end', 0],
  ])('does not delay the end of its process: %s', async (how, code) => {
    const child = new Child(process.execPath, [program('blocked-threads'), how, ...calls])
    const [, began] = await child.printed(/^began (\d+)$/m)
    expect(await child.ended).toEqual({ code, signal: null })
    expect(Date.now() - Number(began)).toBeLessThan(soon)
  })
})

describe('a worker that is terminated at any moment', () => {
  // test/all/terminate.js terminates hundreds.
  test.each([
    ...['waits', 'pairs', 'connections', 'descriptors', 'promises', 'reactor'],
    ...['lookups', 'names', 'closing', 'loading'],
  ])('during its %s leaves no descriptor open, and the process alive', async work => {
    const child = new Child(process.execPath, [program('terminated-threads'), work, '6'])
    expect(await child.finished()).toBe('6 workers were terminated, 0 descriptors are left\n')
  })
})

describe('an interrupter', () => {
  test.each(calls)('ends %s with an InterruptedError', async call => {
    const { next, interrupter } = await block(call)
    await sleep(50)
    expect(interrupt(interrupter)).toBe(true)
    expect(await next()).toMatch(/^InterruptedError /)
  })

  test('is a plain object: it can be cloned repeatedly', () => {
    const [a, b] = Socket.pair()
    const handle = structuredClone(structuredClone(a.interrupter()))
    expect(interrupt(handle)).toBe(true)
    a.settimeout(10)
    expect(() => a.recv(1)).toThrow('recv EINTR')
    expect(() => a.recv(1)).toThrow('recv ETIMEDOUT')
    expect(a.interrupter()).toEqual(handle)
    a.close()
    b.close()
  })

  test('fired before the call ends the first that has to wait, and fired again counts once', () => {
    const [a, b] = Socket.pair()
    a.settimeout(10)
    for (let i = 0; i < 1000; i++) interrupt(a.interrupter())
    b.send('x')
    expect(String(a.recv(1))).toBe('x') // a call that need not wait is done nevertheless
    expect(b.send('y')).toBe(1)
    expect(String(a.recv(1))).toBe('y')
    expect(() => a.recv(1)).toThrow('recv EINTR')
    expect(() => a.recv(1)).toThrow('recv ETIMEDOUT')
    b.send('z')
    expect(String(a.recv(1))).toBe('z')
    a.close()
    b.close()
  })

  test('is for its own socket: a wait for another one in the same thread continues', () => {
    const [a, b] = Socket.pair()
    a.settimeout(30)
    b.settimeout(30)
    interrupt(a.interrupter())
    expect(() => b.recv(1)).toThrow('recv ETIMEDOUT')
    expect(() => select([b, a], [], [], 30)).toThrow('select EINTR')
    expect(select([b, a], [], [], 30)).toEqual([[], [], []])
    a.close()
    b.close()
  })

  test('of a closed socket does nothing, nor that of a thread that has ended', async () => {
    const [a, b] = Socket.pair()
    const handle = a.interrupter()
    a.close()
    expect(interrupt(handle)).toBe(true)
    b.settimeout(10)
    expect(String(b.recv(1))).toBe('')
    b.close()
    const { worker, interrupter } = await block('recv')
    await worker.terminate()
    const before = openCount()
    const pairs = Array.from({ length: 20 }, () => Socket.pair()) // these reuse the numbers of its descriptors
    expect(interrupt(interrupter)).toBe(false)
    for (const socket of pairs.flat()) expect(socket.tryRecv(1)).toBe(null)
    for (const socket of pairs.flat()) socket.close()
    expect(openCount()).toBe(before)
  })

  test('ends a wait within milliseconds, not at the end of a slice', async () => {
    const { next } = script(`
      const [a] = C.Socket.pair()
      say(a.interrupter())
      for (let i = 0; i < 40; i++) say(outcome(() => a.recv(1)))`)
    const handle = (await next()) as Interrupter
    const began = performance.now()
    for (let i = 0; i < 40; i++) {
      interrupt(handle)
      expect(await next()).toBe('InterruptedError')
    }
    expect(performance.now() - began).toBeLessThan(40 * 40)
  })

  test('can be sent from a worker to the main thread, and from one worker to another', async () => {
    const server = createServer(['127.0.0.1', 0])
    onTestFinished(() => server.close())
    script(`setTimeout(() => C.interrupt(workerData), 50)`, server.interrupter())
    expect(() => server.accept()).toThrow('accept EINTR')
    const { next, interrupter } = await block('selector')
    script(`say(C.interrupt(workerData))`, interrupter)
    expect(await next()).toMatch(/^InterruptedError epoll_wait|kevent/)
  })

  test('loses no byte, however often it is fired', { timeout: 60_000 }, async () => {
    const size = 32 << 20
    const body = (work: string): string => `
      const socket = C.Socket.fromFd(workerData)
      say(socket.interrupter())
      let interrupted = 0
      const again = call => { for (;;) try { return call() } catch (error) {
        if (!(error instanceof C.InterruptedError)) throw error
        interrupted++
        if (error.sent !== undefined) return error.sent
      } }
      let sum = 0, count = 0
      ${work}
      socket.close()
      say([interrupted, count, sum])`
    const [a, b] = Socket.pair()
    const sender = script(
      body(`
        const bytes = Buffer.alloc(${size}, 'abcdefghijklm')
        while (count < ${size}) count += again(() => { socket.sendall(bytes.subarray(count)); return ${size} - count })
        for (const byte of bytes) sum = (sum * 31 + byte) >>> 0`),
      a.detach(),
    )
    const receiver = script(
      body(`
        for (let data; (data = again(() => socket.recv(65536))).length > 0; count += data.length) {
          for (const byte of data) sum = (sum * 31 + byte) >>> 0
        }`),
      b.detach(),
    )
    const handles = [(await sender.next()) as Interrupter, (await receiver.next()) as Interrupter]
    const interval = setInterval(() => handles.forEach(interrupt), 1)
    onTestFinished(() => clearInterval(interval))
    const sent = (await sender.next()) as number[]
    const received = (await receiver.next()) as number[]
    expect(received.slice(1)).toEqual(sent.slice(1))
    expect(received[1]).toBe(size)
    expect(sent[0]! + received[0]!).toBeGreaterThan(3)
  })

  test('of a wrong type is rejected', () => {
    for (const wrong of [undefined, null, 5, {}, { waker: 1 }]) {
      expect(() => interrupt(wrong as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
    }
  })

  test('costs one pair of descriptors per thread, and none once the thread has ended', async () => {
    const before = openCount()
    const { worker, next } = script(`
      const sockets = Array.from({ length: 50 }, () => C.Socket.pair()).flat()
      say(sockets.map(socket => socket.interrupter()).length)
      setInterval(() => {}, 1000)`)
    expect(await next()).toBe(100)
    const during = openCount()
    await worker.terminate()
    expect(openCount()).toBe(before)
    expect(during - before).toBeGreaterThanOrEqual(102)
    expect(during - before).toBeLessThan(130) // a worker needs some itself
  })
})
