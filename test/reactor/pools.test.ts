// Pools of worker threads: start, ownership, failure and stop.
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { F_GETFD, SHUT_RDWR, Socket as BlockingSocket } from 'bsd-sockets'
import { serveInWorkers } from 'bsd-sockets/http'
import { Socket } from 'bsd-sockets/promises'
import { listenInWorkers } from 'bsd-sockets/reactor'
import type { Pool } from 'bsd-sockets/reactor'
import * as sys from 'bsd-sockets/syscalls'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

// In the folder of the package, so that its modules can import 'bsd-sockets'.
const folder = mkdtempSync(join(root, 'build/pools-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0

/** Writes a module. It is a file because Bun lists no exports of a `data:` URL. */
function file(code: string): string {
  const path = join(folder, `${files++}.mjs`)
  writeFileSync(path, code)
  return path
}
const module = (code: string): string => pathToFileURL(file(code)).href
const echo = 'export const data = (connection, bytes) => void connection.write(bytes)\n'

/** Sends `text` to a pool and returns the answer. */
async function ask({ address }: Pool, text = 'hello'): Promise<string> {
  const socket = new Socket(address.family === 'unix' ? 1 : 2)
  await socket.connect(address)
  await socket.sendall(text)
  const answer = await socket.recv(100, 0, { timeout: 10_000 })
  socket.close()
  return answer.toString()
}

/** Runs a program that starts pools. */
const program = (code: string): Child =>
  new Child(process.execPath, [
    file(`import { Socket } from 'bsd-sockets'\nimport { listenInWorkers } from 'bsd-sockets/reactor'\n${code}`),
  ])

const listening = (): BlockingSocket => {
  const socket = new BlockingSocket()
  socket.bind(['127.0.0.1', 0])
  socket.listen()
  return socket
}

const isOpen = (fd: number): boolean => sys.fcntl(fd, F_GETFD, 0) >= 0

describe('a pool with a descriptor', () => {
  test('listens on a duplicate in each thread, and closes the original', async () => {
    const listener = listening()
    const address = listener.getsockname()
    const fd = listener.detach()
    const pool = await listenInWorkers(module(echo), { fd, workers: 2 })
    expect(pool.address).toEqual(address)
    expect(isOpen(fd)).toBe(false)
    expect(await ask(pool)).toBe('hello')
    await pool.workers[0]!.terminate()
    const pairs = Array.from({ length: 20 }, () => BlockingSocket.pair()).flat() // these may reuse the numbers
    expect(await ask(pool)).toBe('hello') // from the other worker
    await pool.stop()
    for (const socket of pairs) {
      socket.getsockname()
      socket.close()
    }
  })

  test('leaves it open where the pool does not start', async () => {
    const listener = listening()
    const fd = listener.detach()
    await expect(listenInWorkers('file:///no/such/module.mjs', { fd, workers: 2 })).rejects.toThrow(/module\.mjs/)
    expect(isOpen(fd)).toBe(true)
    sys.close(fd)
    const file = openSync('/dev/null', 'r')
    await expect(listenInWorkers(module(echo), { fd: file, workers: 1 })).rejects.toThrow('ENOTSOCK')
    expect(isOpen(file)).toBe(true)
    closeSync(file)
  })

  test('or with a path, removes the path when it stops', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pool-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'socket')
    const pool = await listenInWorkers(module(echo), { path, workers: 2 })
    expect(pool.address).toMatchObject({ family: 'unix', path })
    expect(await ask(pool)).toBe('hello')
    await pool.stop()
    expect(existsSync(path)).toBe(false)
    await expect(listenInWorkers('file:///no/such/module.mjs', { path, workers: 1 })).rejects.toThrow(/module\.mjs/)
    expect(existsSync(path)).toBe(false)
  })
})

describe("a pool's module", () => {
  test('exports handlers; its other exports are not options', async () => {
    const pool = await listenInWorkers(
      module(`${echo}export const maxConnections = 'no number'\nexport const fd = 1`),
      {
        workers: 1,
      },
    )
    expect(await ask(pool)).toBe('hello')
    await pool.stop()
    await expect(listenInWorkers(module('export const datum = 1'), { workers: 1 })).rejects.toThrow(/handler.*data/)
  })

  test('may send messages while it is loaded', async () => {
    const code = `import { parentPort } from 'node:worker_threads'
      parentPort.postMessage('listening')
      parentPort.postMessage(null)
      await new Promise(resolve => setTimeout(resolve, 50))
      throw new Error('not listening')`
    await expect(listenInWorkers(module(code), { workers: 1 })).rejects.toThrow('not listening')
  })

  test('rejects the start where it exits before it listens', async () => {
    await expect(listenInWorkers(module('process.exit(3)'), { workers: 2 })).rejects.toThrow('status 3')
    await expect(serveInWorkers(module('process.exit(3)'), { workers: 2 })).rejects.toThrow('status 3')
  })
})

describe('a worker that dies', () => {
  const deadly = {
    throws: 'export const data = () => { throw new Error("dead") }',
    exits: 'export const data = () => process.exit(3)',
  }

  test.each([
    ['throws', /^Error: dead$/],
    ['exits', /^Error: .*status 3$/],
  ] as const)('because it %s emits an error, and the pool still stops', async (how, message) => {
    const pool = await listenInWorkers(module(deadly[how]), { workers: 1 })
    const emitted = once(pool.workers[0]!, 'error')
    const client = new Socket()
    await client.connect(pool.address)
    await client.sendall('x')
    expect(String((await emitted)[0])).toMatch(message)
    client.close()
    await pool.stop()
    await pool.stop({ timeout: 0 })
  })

  // What shuts it down here is another process that has the socket. accept(2): EINVAL
  test.runIf(process.platform === 'linux')('because its listener fails emits an error, also of HTTP', async () => {
    const listener = listening()
    const other = listener.dup()
    onTestFinished(() => other.close())
    const code = 'export const handler = () => ({ body: "hello" })'
    const pool = await serveInWorkers(module(code), { fd: listener.detach(), workers: 1 })
    const emitted = once(pool.workers[0]!, 'error')
    other.shutdown(SHUT_RDWR)
    expect((await emitted)[0]).toMatchObject({ message: 'accept EINVAL' }) // Deno copies no other property
    await pool.stop()
  })

  // Deno emits no `error` without a listener. The message comes from the worker itself there.
  test.each([
    ['throws', /^uncaught (dead|.*status 1)\nstopped\n$/],
    ['exits', /^uncaught .*status 3\nstopped\n$/],
  ] as const)('because it %s is an uncaught exception without a listener', async (how, said) => {
    const child = program(`
      process.once('uncaughtException', async ({ message }) => {
        console.log('uncaught', message)
        await pool.stop()
        console.log('stopped')
      })
      const pool = await listenInWorkers(${JSON.stringify(module(deadly[how]))}, { workers: 1 })
      const client = new Socket()
      client.connect(pool.address)
      client.sendall('x')
      client.close()`)
    expect(await child.finished()).toMatch(said)
  })

  test('by terminate() does not affect the pool', async () => {
    const pool = await listenInWorkers(module(echo), { workers: 2 })
    await pool.workers[0]!.terminate()
    await pool.stop()
  })
})

describe('stopping a pool', () => {
  test.each([
    ['a handler that never returns', 'for (;;);', ''],
    ['a connection that stays open', '', ''],
    ['a module with a timer', 'connection.destroy()', 'setInterval(() => undefined, 1000)'],
  ])('ends at its timeout with %s', async (_, work, more) => {
    const code = `export const data = connection => {\n${work}\n}\n${more}`
    const pool = await listenInWorkers(module(code), { workers: 2 })
    const ended = Promise.all(pool.workers.map(worker => once(worker, 'exit')))
    const client = new Socket()
    await client.connect(pool.address)
    await client.sendall('x')
    await sleep(50)
    await Promise.all([pool.stop({ timeout: 200 }), pool.stop()])
    client.close()
    await ended
    await pool.stop()
  })

  test('ends without a timeout where only a timer of the module is left', async () => {
    const pool = await listenInWorkers(module(`${echo}setInterval(() => undefined, 1000)`), { workers: 2 })
    expect(await ask(pool)).toBe('hello')
    await pool.stop()
    const http = await serveInWorkers(module('export const handler = () => ({}); setInterval(() => undefined, 1000)'), {
      workers: 1,
    })
    await http.stop()
  })

  test('waits for a pending timer of a close handler', async () => {
    const code = `${echo}import { writeFileSync } from 'node:fs'
      export const close = () => setTimeout(() => console.log('finished'), 200)`
    const child = program(`
      const pool = await listenInWorkers(${JSON.stringify(module(code))}, { workers: 1 })
      const client = new Socket()
      client.connect(pool.address)
      client.sendall('x')
      client.recv(1)
      client.close()
      await pool.stop()`)
    expect(await child.finished()).toBe('finished\n')
  })

  test('refuses an invalid timeout', async () => {
    const pool = await listenInWorkers(module(echo), { workers: 1 })
    await expect(pool.stop({ timeout: -1 })).rejects.toThrow(RangeError)
    await pool.stop({ timeout: Infinity })
  })
})
