// The drop-in for unix-dgram, installed beside the package as npm's overrides would: its events, callbacks and errors.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, expect, test } from 'vitest'
import type * as UnixDgram from '../../packages/unix-dgram/index.js'
import { root } from '../support/root.js'

type Callback = (error?: Error & { code: number; errno?: number; syscall?: string }) => void
interface Socket extends EventEmitter {
  fd: number
  bind(path: string): void
  connect(path: string): void
  send(bytes: unknown, callback?: Callback): void
  sendto(bytes: unknown, offset: number, length: number, path: string, callback?: Callback): void
  close(): void
}

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-unix-dgram-'))
mkdirSync(join(folder, 'node_modules'))
cpSync(join(root, 'packages/unix-dgram'), join(folder, 'node_modules/unix-dgram'), { recursive: true })
symlinkSync(root, join(folder, 'node_modules/bsd-sockets'))
const { createSocket } = createRequire(join(folder, 'program.js'))('unix-dgram') as {
  createSocket: (type: string, listener?: (bytes: Buffer, info: unknown) => void) => Socket
}
afterAll(() => rmSync(folder, { recursive: true }))

const { EADDRINUSE, EBADF, ECONNREFUSED, EINVAL, ENAMETOOLONG, ENOENT, ENOTCONN } = constants.errno
const open: Socket[] = []
let names = 0
afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

function made(): Socket {
  const socket = createSocket('unix_dgram')
  open.push(socket)
  return socket
}

function server(): { socket: Socket; path: string } {
  const path = join(folder, `s${names++}`)
  const socket = made()
  socket.bind(path)
  return { socket, path }
}

test('listening, connect and the callback of send come within the call', async () => {
  const { socket, path } = server()
  const client = made()
  const events: unknown[] = []
  client.on('listening', () => events.push('listening')).on('connect', () => events.push('connect'))
  const own = join(folder, `s${names++}`)
  client.bind(own)
  client.connect(path)
  client.send(Buffer.from('ping'), error => events.push(error))
  expect(events).toEqual(['listening', 'connect', undefined])
  const [bytes, info] = await once(socket, 'message')
  expect(String(bytes)).toBe('ping')
  expect(info).toEqual({ size: 4, address: {}, path: own })
})

test('sendto sends a part of the buffer to a path', async () => {
  const { socket, path } = server()
  made().sendto(Buffer.from('foobarbaz'), 3, 4, path)
  const [bytes] = await once(socket, 'message')
  expect(String(bytes)).toBe('barb')
})

test('errors have −errno as their code, in the callback or as an event', () => {
  const { socket, path } = server()
  const client = made()
  const codes: unknown[] = []
  const note = (error?: { code: number; syscall?: string }) => codes.push([error?.syscall, error?.code])
  client.on('error', note)
  client.sendto(Buffer.from('x'), 0, 1, '/nonexistent', note)
  client.connect('/nonexistent')
  client.bind(path)
  client.send(Buffer.from('x'), note)
  client.connect(path)
  socket.close()
  client.send(Buffer.from('x'), note)
  client.close()
  client.send(Buffer.from('x'), note)
  expect(codes).toEqual([
    ['send', -ENOENT],
    ['connect', -ENOENT],
    ['bind', -EADDRINUSE],
    ['send', -ENOTCONN],
    ['send', -ECONNREFUSED],
    ['send', -EBADF],
  ])
})

test('a full queue is congestion, and writable comes when there is room again', async () => {
  const { socket, path } = server()
  const client = made()
  client.connect(path)
  let error: { code: number; message: string } | undefined
  const writable = once(client, 'writable')
  let sent = 0
  while (error === undefined && sent < 100_000) {
    client.send(Buffer.from('x'), failed => (failed === undefined ? sent++ : (error = failed)))
  }
  expect(error).toMatchObject({ code: 1, message: 'congestion' })
  const congested = once(client, 'congestion')
  client.send(Buffer.from('dropped'))
  expect(String((await congested)[0])).toBe('dropped')
  let received = 0
  socket.on('message', () => received++)
  await writable
  while (received < sent) await once(socket, 'message')
  expect(received).toBe(sent)
})

test('a closed socket can be closed again, and gives no more messages', async () => {
  const { socket, path } = server()
  const client = made()
  for (const text of ['one', 'two']) client.sendto(Buffer.from(text), 0, 3, path)
  const texts: string[] = []
  const first = new Promise<void>(done =>
    socket.on('message', bytes => {
      texts.push(String(bytes))
      socket.close()
      socket.close()
      done()
    }),
  )
  await first
  await new Promise(done => setImmediate(done))
  expect(texts).toEqual(['one'])
  expect(socket.fd).toBe(-1)
})

test('wrong arguments are errors, where the peer aborts', () => {
  const client = made()
  const { path } = server()
  expect(() => createSocket('unix_stream')).toThrow('Unsupported socket type: unix_stream')
  expect(() => client.sendto(Buffer.from('x'), 0, 2, path)).toThrow(RangeError)
  expect(() => client.sendto('x', 0, 1, path)).toThrow(TypeError)
})

test('a path that is no address is an error, where the peer cuts it', () => {
  const client = made()
  const codes: unknown[] = []
  client.on('error', (error: { code: number }) => codes.push(error.code))
  const longest = process.platform === 'linux' ? 107 : 103
  client.connect('x'.repeat(longest))
  client.connect('x'.repeat(longest + 1))
  client.bind('')
  client.sendto(Buffer.from('x'), 0, 1, 'a\0b')
  expect(codes).toEqual([-ENOENT, -ENAMETOOLONG, -EINVAL, -EINVAL])
})

test.skipIf(process.platform !== 'linux')('a path that begins with NUL is an abstract name', async () => {
  const socket = made()
  const name = `\0bsd-sockets-${process.pid}-${names++}`
  socket.bind(name)
  made().sendto(Buffer.from('x'), 0, 1, name)
  await once(socket, 'message')
  const client = made()
  client.bind(`${name}-client`)
  client.sendto(Buffer.from('y'), 0, 1, name)
  expect((await once(socket, 'message'))[1]).toEqual({ size: 1, address: {}, path: `${name}-client` })
})

test('the types allow what the page of unix-dgram shows', () => {
  const typed = { createSocket } as unknown as typeof UnixDgram
  const client = typed.createSocket('unix_dgram', (bytes, { path }) => [bytes.length, path?.length])
  client.on('error', () => undefined)
  client.send(Buffer.from('foobarbaz'), 3, 4, '/nonexistent')
  client.send(Buffer.from('x'), error => expect(error?.code).toBeLessThan(0))
  expect([client.connected, client.type]).toEqual([false, 'unix_dgram'])
  client.close()
})

test('udp4 and udp6 are sockets of dgram', async () => {
  const socket = createSocket('udp4')
  socket.bind(0 as never)
  await once(socket, 'listening')
  socket.close()
  await once(socket, 'close')
})

/** Runs a program beside the installed drop-in. */
function output(program: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout
}

// Each file takes about half a millisecond, and the one with the constants and that with the promises some more. Bun also
// loads the entry for bundlers.
test('loads three files, and no more for a socket that sends', () => {
  const files = `Object.keys(require.cache).filter(file => file.endsWith('js') && !file.endsWith('.bundler.js'))`
  const path = JSON.stringify(join(folder, `s${names++}`))
  const program = `
    const { createSocket } = require('unix-dgram')
    const loaded = ${files}
    const socket = createSocket('unix_dgram').on('error', () => undefined)
    socket.connect(${path})
    socket.sendto(Buffer.from('x'), 0, 1, ${path})
    const sent = ${files}
    socket.close()
    console.log(JSON.stringify([loaded, sent]))
  `
  const lists = JSON.parse(output(program)) as string[][]
  const expected = ['index.js', 'syscalls.bundle.cjs', 'syscalls.cjs']
  expect(lists.map(list => list.map(file => basename(file)).sort())).toEqual([expected, expected])
})

test('a socket keeps the process until it is closed', () => {
  const path = JSON.stringify(join(folder, `s${names++}`))
  const program = (bind: string): string => `
    const socket = require('unix-dgram').createSocket('unix_dgram')
    ${bind}
    let waited = false
    setTimeout(() => (waited = true, socket.close()), 50).unref()
    process.on('exit', () => console.log(waited))
  `
  for (const bind of ['', `socket.bind(${path})`]) expect(output(program(bind))).toBe('true\n')
})

test.skipIf(process.platform !== 'linux')('workers use it, and leave no descriptor open', async () => {
  const path = join(folder, `s${names++}`)
  const program = `
    const { parentPort, workerData: path } = require('node:worker_threads')
    const { createSocket } = require('unix-dgram')
    const receiver = createSocket('unix_dgram', bytes => parentPort.postMessage(String(bytes)))
    receiver.bind(path)
    const sender = createSocket('unix_dgram')
    sender.connect(path)
    sender.send(Buffer.from('from a worker'))
  `
  const entry = join(folder, 'worker.cjs')
  writeFileSync(entry, program)
  const count = (): number => readdirSync('/proc/self/fd').length
  let before = 0
  for (let round = 0; round < 4; round++) {
    const worker = new Worker(entry, { workerData: `${path}${round}` })
    expect(await once(worker, 'message')).toEqual(['from a worker'])
    await worker.terminate()
    if (round === 1) before = count() // Bun keeps one of an earlier worker
  }
  expect(count()).toBe(before)
})
