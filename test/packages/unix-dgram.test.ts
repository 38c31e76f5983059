// The drop-in for unix-dgram, installed beside the package as npm's overrides would: its events, callbacks and errors.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { EventEmitter, once } from 'node:events'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
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

const { EADDRINUSE, EBADF, ECONNREFUSED, ENOENT, ENOTCONN } = constants.errno
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
  expect(() => createSocket('udp4')).toThrow('Unsupported socket type: udp4')
  expect(() => client.sendto(Buffer.from('x'), 0, 2, path)).toThrow(RangeError)
  expect(() => client.sendto('x', 0, 1, path)).toThrow(TypeError)
})
