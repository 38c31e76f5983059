// Pools of threads that listen together: how they start, what they own, how they die and stop.
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { F_GETFD, Socket as BlockingSocket } from 'bsd-sockets'
import { serveInWorkers } from 'bsd-sockets/http'
import { Socket } from 'bsd-sockets/promises'
import { listenInWorkers } from 'bsd-sockets/reactor'
import type { Pool } from 'bsd-sockets/reactor'
import * as sys from 'bsd-sockets/syscalls'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

// Within this package, whose name its programs import.
const folder = mkdtempSync(join(root, 'build/pools-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0

/** A file of this code: of a module in a `data:` URL Bun lists no exports. */
function file(code: string): string {
  const path = join(folder, `${files++}.mjs`)
  writeFileSync(path, code)
  return path
}
const module = (code: string): string => pathToFileURL(file(code)).href
const echo = 'export const data = (connection, bytes) => void connection.write(bytes)\n'

/** What a pool of this module sends back. */
async function ask({ address }: Pool, text = 'hello'): Promise<string> {
  const socket = new Socket(address.family === 'unix' ? 1 : 2)
  await socket.connect(address)
  await socket.sendall(text)
  const answer = await socket.recv(100, 0, { timeout: 10_000 })
  socket.close()
  return answer.toString()
}

/** A program that starts pools. */
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

describe('a pool on a descriptor', () => {
  test('listens where that does, with a duplicate for each thread, and closes the one that it was given', async () => {
    const listener = listening()
    const address = listener.getsockname()
    const fd = listener.detach()
    const pool = await listenInWorkers(module(echo), { fd, workers: 2 })
    expect(pool.address).toEqual(address)
    expect(isOpen(fd)).toBe(false)
    expect(await ask(pool)).toBe('hello')
    await pool.workers[0]!.terminate()
    const pairs = Array.from({ length: 20 }, () => BlockingSocket.pair()).flat() // who has the numbers by now
    expect(await ask(pool)).toBe('hello') // by the other
    await pool.stop()
    for (const socket of pairs) {
      socket.getsockname()
      socket.close()
    }
  })

  test('that does not start leaves it to the caller', async () => {
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

  test('or on a path, which is removed in the end', async () => {
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
  test('exports handlers, and nothing else of it is an option', async () => {
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

  test('may send messages of its own as it is loaded', async () => {
    const code = `import { parentPort } from 'node:worker_threads'
      parentPort.postMessage('listening')
      parentPort.postMessage(null)
      await new Promise(resolve => setTimeout(resolve, 50))
      throw new Error('not listening')`
    await expect(listenInWorkers(module(code), { workers: 1 })).rejects.toThrow('not listening')
  })

  test('that exits before it listens does not keep anybody waiting', async () => {
    await expect(listenInWorkers(module('process.exit(3)'), { workers: 2 })).rejects.toThrow('status 3')
    await expect(serveInWorkers(module('process.exit(3)'), { workers: 2 })).rejects.toThrow('status 3')
  })
})

describe('a thread of a pool that dies', () => {
  const deadly = {
    throws: 'export const data = () => { throw new Error("dead") }',
    exits: 'export const data = () => process.exit(3)',
  }

  test.each([
    ['throws', /^Error: dead$/],
    ['exits', /^Error: .*status 3$/],
  ] as const)('since it %s is heard of, and the pool stops all the same', async (how, message) => {
    const pool = await listenInWorkers(module(deadly[how]), { workers: 1 })
    const heard = once(pool.workers[0]!, 'error')
    const client = new Socket()
    await client.connect(pool.address)
    await client.sendall('x')
    expect(String((await heard)[0])).toMatch(message)
    client.close()
    await pool.stop()
    await pool.stop({ timeout: 0 })
  })

  // Deno emits no `error` for an exception where nobody listens: it is the thread's own word that is heard there.
  test.each([
    ['throws', /^uncaught (dead|.*status 1)\nstopped\n$/],
    ['exits', /^uncaught .*status 3\nstopped\n$/],
  ] as const)('since it %s is an uncaught exception where nobody listens', async (how, said) => {
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

  test('of terminate() is nobody else’s business', async () => {
    const pool = await listenInWorkers(module(echo), { workers: 2 })
    await pool.workers[0]!.terminate()
    await pool.stop()
  })
})

describe('stopping a pool', () => {
  test.each([
    ['a handler that never returns', 'for (;;);', ''],
    ['a connection that stays open', '', ''],
    ['a module that keeps the loop busy', 'connection.destroy()', 'setInterval(() => undefined, 1000)'],
  ])('with %s ends at its timeout', async (_, work, more) => {
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

  test('lets a thread that has nothing to do but what its module keeps end without a timeout, too', async () => {
    const pool = await listenInWorkers(module(`${echo}setInterval(() => undefined, 1000)`), { workers: 2 })
    expect(await ask(pool)).toBe('hello')
    await pool.stop()
    const http = await serveInWorkers(module('export const handler = () => ({}); setInterval(() => undefined, 1000)'), {
      workers: 1,
    })
    await http.stop()
  })

  test('lets a module finish what it has begun', async () => {
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

  test('takes no time that is none', async () => {
    const pool = await listenInWorkers(module(echo), { workers: 1 })
    await expect(pool.stop({ timeout: -1 })).rejects.toThrow(RangeError)
    await pool.stop({ timeout: Infinity })
  })
})
