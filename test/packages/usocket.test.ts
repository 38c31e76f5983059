// The drop-in for usocket, installed beside the package as npm's overrides would: its calls, events, errors and descriptors.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { closeSync, fstatSync, openSync, readlinkSync, readSync } from 'node:fs'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, expect, test } from 'vitest'
import { AF_UNIX, Socket, SOL_SOCKET, SO_SNDBUF } from '../../src/index.js'
import type * as usocket from '../../packages/usocket/index.js'
import { root } from '../support/root.js'

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-usocket-'))
mkdirSync(join(folder, 'node_modules'))
cpSync(join(root, 'packages/usocket'), join(folder, 'node_modules/usocket'), { recursive: true })
symlinkSync(root, join(folder, 'node_modules/bsd-sockets'))
const { USocket, UServer } = createRequire(join(folder, 'program.js'))('usocket') as typeof usocket
type USocket = usocket.USocket
afterAll(() => rmSync(folder, { recursive: true }))

const { EADDRINUSE, ECONNREFUSED, EMFILE, ENOENT, EPIPE } = constants.errno
const open: { destroy(): unknown }[] = []
const fds: number[] = []
let names = 0
afterEach(() => {
  for (const each of open.splice(0)) each.destroy()
  for (const fd of fds.splice(0)) closeSync(fd)
})

const newPath = () => join(folder, `s${names++}`)

/** A socket that is destroyed after the test. */
function kept<T extends { destroy(): unknown }>(socket: T): T {
  open.push(socket)
  return socket
}

function made(...given: ConstructorParameters<typeof USocket>): USocket {
  return kept(new USocket(...given))
}

async function listening(path = newPath()) {
  const server = new UServer()
  open.push({ destroy: () => server.close() })
  server.on('connection', connection => kept(connection as USocket))
  server.listen(path)
  await once(server, 'listening')
  return { server, path }
}

async function connectedPair(): Promise<{ client: USocket; peer: USocket }> {
  const { server, path } = await listening()
  const accepted = once(server, 'connection') as Promise<[USocket]>
  const client = made(path)
  await once(client, 'connected')
  const [peer] = await accepted
  return { client, peer }
}

/** A new descriptor of a file with this text. */
function fileOf(text: string): number {
  const path = newPath()
  writeFileSync(path, text)
  const fd = openSync(path, 'r')
  fds.push(fd)
  return fd
}

function contentOf(fd: number): string {
  const bytes = Buffer.alloc(64)
  fds.push(fd)
  return bytes.toString('utf8', 0, readSync(fd, bytes, 0, 64, 0))
}

/** The names of the events in their order. */
function eventsOf(socket: USocket, ...more: string[]): string[] {
  const events: string[] = []
  for (const name of ['connected', 'error', 'finish', 'end', 'close', ...more]) socket.on(name, () => events.push(name))
  return events
}

/** Repeats `read` at each `readable`, until it returns something. */
async function reading<T>(socket: USocket, read: () => T | null): Promise<T> {
  for (;;) {
    const got = read()
    if (got !== null) return got
    await once(socket, 'readable')
    await immediate() // a new listener is called again for bytes that are too few
  }
}

const immediate = () => new Promise<void>(done => setImmediate(done))

test('it has the classes of usocket, and nothing else', async () => {
  const module = createRequire(join(folder, 'program.js'))('usocket') as object
  expect(Object.keys(module).sort()).toEqual(['UServer', 'USocket'])
  const { client } = await connectedPair()
  expect(client).toBeInstanceOf(Duplex)
  expect(client.writableObjectMode).toBe(true)
  expect(client.fd).toBeGreaterThan(2)
})

test('loading it loads nothing of bsd-sockets', async () => {
  const program = `require('usocket'); console.log(Object.keys(require.cache).filter(file => !file.includes('usocket')).length)`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { cwd: folder })
  expect(stdout).toBe('0\n')
})

test('bytes go in both directions, and the socket closes when both have ended', async () => {
  const { client, peer } = await connectedPair()
  const [events, peerEvents] = [eventsOf(client), eventsOf(peer)]
  const received: Buffer[] = []
  peer.on('data', (bytes: Buffer) => received.push(bytes))
  peer.on('end', () => peer.end('bye'))
  client.write('hello')
  client.write(Buffer.from(' there'))
  client.end()
  const [answer] = (await once(client, 'data')) as [Buffer]
  await once(client, 'close')
  expect(String(Buffer.concat(received))).toBe('hello there')
  expect(String(answer)).toBe('bye')
  expect(events).toEqual(['finish', 'end', 'close'])
  expect(peerEvents).toContain('close')
  expect([client.fd, client.destroyed]).toEqual([-1, true])
})

test('a large write is sent whole, though end() follows at once', async () => {
  const { client, peer } = await connectedPair()
  let size = 0
  peer.on('data', (bytes: Buffer) => (size += bytes.length))
  const message = { data: Buffer.alloc(3_000_000), callback: (given: unknown) => sent.push(given) }
  const sent: unknown[] = []
  client.end(message)
  await once(peer, 'end')
  expect(size).toBe(3_000_000)
  expect(sent).toEqual([message])
})

test('end() without a reader is enough to close; unread bytes are kept', async () => {
  const one = await connectedPair()
  one.client.end()
  one.peer.end()
  await Promise.all([once(one.client, 'close'), once(one.peer, 'close')])

  const { client, peer } = await connectedPair()
  client.end()
  peer.end('rest')
  await once(peer, 'close')
  while (client.fd !== -1) await immediate()
  const events = eventsOf(client)
  expect(String(client.read())).toBe('rest')
  await once(client, 'close')
  expect(events).toEqual(['end', 'close'])
})

test('read(length, count) returns bytes and descriptors when there are as many', async () => {
  const { client, peer } = await connectedPair()
  const fd = fileOf('one')
  const sent: unknown[] = []
  const message = { data: Buffer.from('message'), fds: [fd, fd], callback: (given: unknown) => sent.push(given) }
  peer.write(message)
  await once(client, 'readable')
  expect(sent).toEqual([message])
  expect(client.read(7, 3)).toBe(null)
  expect(client.read(8, 1)).toBe(null)
  const first = client.read(7, 1)!
  expect(String(first.data)).toBe('message')
  expect(first.fds.map(contentOf)).toEqual(['one'])
  expect(first.fds).not.toContain(fd)
  const rest = client.read(null, null)!
  expect([rest.data, rest.fds.map(contentOf)]).toEqual([null, ['one']])
  expect(client.read(0, 0)).toEqual({ data: null, fds: [] })
})

test('fds is emitted with the numbers when they arrive', async () => {
  const { client, peer } = await connectedPair()
  client.resume()
  peer.write({ data: Buffer.from('x'), fds: [fileOf('one'), fileOf('two')] })
  const [received] = (await once(client, 'fds')) as [number[]]
  expect(received.map(contentOf)).toEqual(['one', 'two'])
})

test('descriptors without a byte go with the next one', async () => {
  const { client, peer } = await connectedPair()
  const [one, two] = [fileOf('one'), fileOf('two')]
  await new Promise(done => peer.write([one], done))
  await new Promise(callback => peer.write({ fds: [two], callback }))
  peer.write('x')
  const { data, fds: received } = await reading(client, () => client.read(1, 2))
  expect(String(data)).toBe('x')
  expect(received.map(contentOf)).toEqual(['one', 'two'])

  peer.on('error', () => undefined)
  peer.write([one])
  peer.end()
  expect(String((await once(peer, 'error'))[0])).toContain('without a byte')
})

test('descriptors come with their own message, though others have arrived', async () => {
  const { client, peer } = await connectedPair()
  const texts: string[] = []
  let pending = 0
  for (let i = 0; i < 60; i++) {
    // Every third message has no descriptor, and its bytes arrive together with those of the next one.
    const message = {
      data: Buffer.from(`message ${String(i).padStart(2)}`),
      fds: i % 3 === 0 ? [] : [fileOf(`file ${i}`)],
    }
    pending++
    peer.write({ ...message, callback: () => pending-- })
  }
  while (pending > 0) await immediate()
  while (texts.length < 60) {
    const { data } = await reading(client, () => client.read(4, 0))
    const { fds: received } = await reading(client, () => client.read(6, null))
    // The descriptor arrives with the first byte: `read(4, 0)` leaves it.
    texts.push([data, ...received.map(contentOf)].join())
  }
  const expected = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 'mess' : `mess,file ${i}`))
  expect(texts).toEqual(expected)
})

test('one read for each readable is enough', async () => {
  const { client, peer } = await connectedPair()
  const texts: string[] = []
  const done = new Promise<void>(done =>
    client.on('readable', () => {
      texts.push(String(client.read(3)))
      if (texts.length < 20) peer.write('abc')
      else done()
    }),
  )
  peer.write('abc')
  await done
  expect(texts).toEqual(Array(20).fill('abc'))
})

test('unshift puts bytes and descriptors back', async () => {
  const { client, peer } = await connectedPair()
  peer.write({ data: Buffer.from('ab'), fds: [fileOf('one'), fileOf('two')] })
  const { data, fds: received } = await reading(client, () => client.read(2, 2))
  const given = [...received]
  client.unshift(data, given)
  expect(given).toEqual(received)
  expect(client.read(1, 1)).toEqual({ data: Buffer.from('a'), fds: [received[0]] })
  expect(client.read(1, 1)).toEqual({ data: Buffer.from('b'), fds: [received[1]] })
  expect(received.map(contentOf)).toEqual(['one', 'two'])
})

test('errors have the name of the errno, its positive number and the call, and close follows', async () => {
  const { path } = await listening()
  const file = newPath()
  writeFileSync(file, '')
  const gone = newPath()
  const results: unknown[] = []
  for (const target of [gone, file]) {
    const client = made({ path: target })
    const events = eventsOf(client)
    const closed = new Promise(done => client.once('close', done))
    const [error] = (await once(client, 'error')) as [usocket.SystemError]
    await closed
    results.push([error.code, error.errno, error.syscall, error.path === target])
    expect(events).toEqual(['error', 'close'])
    // A failed socket can be connected again.
    client.connect(path)
    await once(client, 'connected')
  }
  expect(results).toEqual([
    ['ENOENT', ENOENT, 'connect', true],
    ['ECONNREFUSED', ECONNREFUSED, 'connect', true],
  ])
  const long = made('/'.padEnd(200, 'x'))
  expect(String((await once(long, 'error'))[0])).toContain('107 bytes')
})

test('a write that fails is an error, for its callback too', async () => {
  const { client, peer } = await connectedPair()
  peer.destroy()
  const events = eventsOf(client)
  const error = await new Promise<usocket.SystemError>(done => client.once('error', done) && client.write('x'))
  expect([error.code, error.errno]).toEqual(['EPIPE', EPIPE])
  await immediate()
  expect(events).toEqual(['error', 'close'])

  const other = made()
  other.on('error', () => undefined)
  const failed = await new Promise(done => other.write('x', done))
  expect(String(failed)).toContain('not connected')
  for (const chunk of [{}, { data: 'text' }, { fds: 7 }, { data: Buffer.from('x'), fds: [99_999] }]) {
    const { client } = await connectedPair()
    client.on('error', () => undefined)
    const callback = new Promise(done => client.write(chunk as never, done))
    expect(await callback).toBeInstanceOf(Error)
  }
})

test('a write before the connection is there waits for it', async () => {
  const { server, path } = await listening()
  const accepted = once(server, 'connection') as Promise<[USocket]>
  const client = made(path)
  const order: string[] = []
  client.on('connected', () => order.push('connected'))
  client.write('early', () => order.push('written'))
  const [peer] = await accepted
  expect(String((await once(peer, 'data'))[0])).toBe('early')
  expect(order).toEqual(['connected', 'written'])
})

test('destroy() emits nothing, a second one neither, and closes what nobody has read', async () => {
  const { client, peer } = await connectedPair()
  const [one] = [fileOf('one')]
  peer.write({ data: Buffer.from('x'), fds: [one] })
  await once(client, 'readable')
  const before = readlinkSync(`/proc/self/fd/${one}`)
  const events = eventsOf(client)
  const { fd } = client
  client.destroy()
  client.destroy()
  expect(() => fstatSync(fd!)).toThrow('EBADF')
  const written = await new Promise<Error | null | undefined>(done => client.write('x', done))
  expect((written as usocket.SystemError).code).toBe('ERR_STREAM_DESTROYED')
  expect(client.read()).toBe(null)
  await once(peer.resume(), 'end')
  expect(events).toEqual([])
  expect(readlinkSync(`/proc/self/fd/${one}`)).toBe(before)
})

test('connecting can be given up, and a server closed before it listens', async () => {
  const client = made(newPath())
  const events = eventsOf(client)
  client.destroy()
  const server = new UServer()
  server.on('listening', () => events.push('listening'))
  server.listen(newPath())
  server.close()
  server.close()
  for (let i = 0; i < 3; i++) await immediate()
  expect(events).toEqual([])
})

test('a server accepts unless it is paused; it replaces the file of an earlier one', async () => {
  const { server, path } = await listening()
  const accepted: unknown[] = []
  server.on('connection', connection => accepted.push(connection))
  server.pause()
  const client = made(path)
  await once(client, 'connected')
  for (let i = 0; i < 5; i++) await immediate()
  expect([accepted.length, server.paused]).toEqual([0, true])
  const connection = once(server, 'connection')
  server.resume()
  await connection
  expect([accepted.length, server.paused, server.listening]).toEqual([1, false, true])
  server.close()
  expect([server.listening, server.fd, existsSync(path)]).toEqual([false, -1, true])

  const calls: string[] = []
  const again = new UServer()
  open.push({ destroy: () => again.close() })
  await new Promise<void>(done => again.listen({ path, backlog: 3 }, done))
  made(path, () => calls.push('connected'))
  await once(again, 'connection')
  again.close()
  await new Promise<void>(done => again.listen(path, 5, done))
})

test('a server fails with an error; it deletes no file that is not a socket', async () => {
  const file = newPath()
  writeFileSync(file, 'text')
  for (const [path, code, errno] of [
    [join(folder, 'no/such'), 'ENOENT', ENOENT],
    [file, 'EADDRINUSE', EADDRINUSE],
  ] as const) {
    const server = new UServer()
    server.listen(path)
    const [error] = (await once(server, 'error')) as [usocket.SystemError]
    expect([error.code, error.errno, error.syscall]).toEqual([code, errno, 'bind'])
  }
  expect(fstatSync(openedAgain(file)).size).toBe(4)
})

function openedAgain(path: string): number {
  const fd = openSync(path, 'r')
  fds.push(fd)
  return fd
}

test('wrong arguments and a second connect or listen are thrown', async () => {
  const { server, path } = await listening()
  const client = made(path)
  await once(client, 'connected')
  expect(() => client.connect(path)).toThrow('connected already')
  expect(() => server.listen(path)).toThrow('listening already')
  expect(() => new USocket(7 as never)).toThrow(TypeError)
  expect(() => new USocket().connect({} as never)).toThrow(TypeError)
  expect(() => new UServer().listen(7 as never)).toThrow(TypeError)
  expect(() => new UServer().listen(path, 'x' as never)).toThrow(TypeError)
})

test('a descriptor is adopted; one that is no socket is an error, where the peer aborts', async () => {
  const [one, other] = Socket.pair()
  const socket = made({ fd: one.detach() })
  other.sendall('hello')
  expect(String((await once(socket, 'data'))[0])).toBe('hello')
  other.close()
  const wrong = made({ fd: fileOf('text') })
  expect(((await once(wrong, 'error'))[0] as usocket.SystemError).code).toBe('ENOTSOCK')
})

test.runIf(process.platform === 'linux')('a path that begins with NUL is an abstract name', async () => {
  const name = `\0bsd-sockets-usocket-${process.pid}`
  const { server } = await listening(name)
  const accepted = once(server, 'connection')
  const client = made({ path: name })
  await Promise.all([once(client, 'connected'), accepted])
  using other = new Socket(AF_UNIX)
  other.connect({ family: 'unix', abstract: name.slice(1) })
})

test('allowHalfOpen: false ends the socket with its peer', async () => {
  const { server, path } = await listening()
  const accepted = once(server, 'connection') as Promise<[USocket]>
  const client = made({ path, allowHalfOpen: false })
  client.write('x')
  const [peer] = await accepted
  peer.resume().end()
  client.resume()
  await Promise.all([once(client, 'close'), once(peer, 'close')])
})

test('writes wait for room', async () => {
  const { client, peer } = await connectedPair()
  using view = viewOf(client)
  view.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
  let sent = false
  client.write({ data: Buffer.alloc(200_000), fds: [fileOf('large')], callback: () => (sent = true) })
  for (let i = 0; i < 5; i++) await immediate()
  expect(sent).toBe(false)
  const { data, fds: received } = await reading(peer, () => peer.read(200_000, 1))
  expect([data!.length, received.map(contentOf)]).toEqual([200_000, ['large']])
})

/** A socket with a duplicate of the descriptor. */
function viewOf({ fd }: USocket): Socket {
  const own = Socket.fromFd(fd!)
  const view = own.dup()
  own.detach()
  return view
}

test('it works in a worker, which closes what is open when it ends, whatever it is doing then', async () => {
  for (let i = 0; i < 20; i++) {
    const path = newPath()
    const program = `
      const { parentPort } = require('node:worker_threads')
      const { USocket, UServer } = require(${JSON.stringify(join(folder, 'node_modules/usocket'))})
      const server = new UServer()
      server.on('connection', peer => peer.on('data', bytes => parentPort.postMessage(String(bytes))))
      server.listen(${JSON.stringify(path)}, () => new USocket(${JSON.stringify(path)}).write('in a worker'))`
    const worker = new Worker(program, { eval: true })
    expect((await once(worker, 'message'))[0]).toBe('in a worker')
    const client = made(path)
    await once(client, 'connected')
    client.resume().on('end', () => client.end())
    client.on('error', () => undefined) // the worker may not have accepted it
    const closed = new Promise(done => client.once('close', done))
    for (let turns = i % 5; turns > 0; turns--) await new Promise(setImmediate)
    await worker.terminate()
    await closed
  }
})

test('a garbage collection closes nothing that is in use', async () => {
  const program = `
    const { USocket, UServer } = require('usocket')
    const { openSync, fstatSync } = require('node:fs')
    const path = ${JSON.stringify(newPath())}
    const server = new UServer()
    let taken
    ;(function start() {
      server.listen(path, () => new USocket(path).write({ data: Buffer.from('x'), fds: [openSync(__filename)] }))
      server.on('connection', peer =>
        peer.on('readable', () => {
          const message = peer.read(1, 1)
          if (message) taken = message.fds[0]
        }),
      )
    })()
    let rounds = 0
    setInterval(() => {
      gc()
      if (taken === undefined || rounds++ < 5) return
      console.log(fstatSync(taken).isFile())
      process.exit()
    }, 10)`
  const file = join(folder, 'collected.js')
  writeFileSync(file, program)
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', file], { cwd: folder })
  expect(stdout).toBe('true\n')
})

test('if there is no room for the descriptors, the socket fails with EMFILE', async () => {
  const program = `
    const { closeSync, openSync } = require('node:fs')
    const { USocket } = require('usocket')
    const path = process.argv[2]
    const client = new USocket(path, () => {
      client.on('error', error => {
        // None of those that did arrive stays open.
        closeSync(openSync(__filename))
        console.log(error.code, error.errno, error.syscall)
        process.exit()
      })
      client.resume()
    })`
  const file = join(folder, 'full.js')
  writeFileSync(file, program)
  const { server, path } = await listening()
  server.on(
    'connection',
    (peer: USocket) =>
      peer.on('error', () => undefined) &&
      peer.write({ data: Buffer.from('x'), fds: Array(200).fill(fileOf('x')) as number[] }),
  )
  const command = `ulimit -n 100; exec "$0" "$1" "$2"`
  const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, file, path], { cwd: folder })
  expect(stdout).toBe(`EMFILE ${EMFILE} recvmsg\n`)
})
