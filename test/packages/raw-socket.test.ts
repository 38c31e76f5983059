// The drop-in for raw-socket, installed beside the package as npm's overrides would: its events, callbacks and errors.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import * as sockets from 'bsd-sockets'
import { afterAll, afterEach, expect, test } from 'vitest'
import type * as RawSocket from '../../packages/raw-socket/index.js'
import { inNamespace, noNamespace } from '../support/namespace.js'
import { root } from '../support/root.js'

type Callback = (error: (Error & { errno?: number }) | null, bytes?: number) => void
interface Socket extends EventEmitter {
  recvPaused: boolean
  sendPaused: boolean
  send(buffer: unknown, offset: number, length: number, address: string, ...callbacks: (Callback | null)[]): this
  getOption(level: unknown, option: unknown, buffer: unknown, length: unknown): number
  setOption(level: unknown, option: unknown, ...value: unknown[]): void
  generateChecksums(generate: boolean, offset?: number): this
  pauseRecv(): this
  resumeRecv(): this
  pauseSend(): this
  resumeSend(): this
  close(): this
}
type Part = Buffer | { buffer: unknown; offset: unknown; length: unknown }

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-raw-socket-'))
chmodSync(folder, 0o755) // for nobody
mkdirSync(join(folder, 'node_modules'))
cpSync(join(root, 'packages/raw-socket'), join(folder, 'node_modules/raw-socket'), { recursive: true })
symlinkSync(root, join(folder, 'node_modules/bsd-sockets'))
const raw = createRequire(join(folder, 'program.js'))('raw-socket') as {
  createSocket: (options?: object) => Socket
  createChecksum: (...parts: Part[]) => number
  writeChecksum: (buffer: Buffer, offset: number, checksum: number) => Buffer
  AddressFamily: Record<string, unknown>
  Protocol: Record<string, unknown>
  SocketLevel: Record<string, number>
  SocketOption: Record<string, number>
} & Record<'htonl' | 'htons' | 'ntohl' | 'ntohs', (number?: unknown) => number>
afterAll(() => rmSync(folder, { recursive: true }))

const open: Socket[] = []
afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

const icmp = { protocol: 1 }
const icmpv6 = { protocol: 58, addressFamily: 2 }

function made(options: object = icmp): Socket {
  const socket = raw.createSocket(options)
  open.push(socket)
  return socket
}

/** Why there are no raw sockets here; undefined if there are. */
function whyNone(): string | undefined {
  try {
    raw.createSocket(icmp).close()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
const none = whyNone()
if (none !== undefined) console.warn(`skipped: no raw sockets here: ${none}`)
const testRaw = test.skipIf(none !== undefined)

/** An echo request with this identifier, with its checksum unless `sum` is false; the kernel makes that of ICMPv6. */
function request(id: number, { type = 8, sum = true } = {}): Buffer {
  const bytes = Buffer.from([type, 0, 0, 0, id >> 8, id & 255, 0, 1, ...Buffer.from('payload')])
  return sum ? raw.writeChecksum(bytes, 2, raw.createChecksum(bytes)) : bytes
}

let ids = process.pid & 0x7fff
const nextId = (): number => ids++ & 0xffff

/** The echo reply with this identifier, and its sender. An IPv4 header is before it. */
async function reply(socket: Socket, id: number, { type = 0, header = 20 } = {}): Promise<[Buffer, string]> {
  for (;;) {
    const [bytes, source] = (await once(socket, 'message')) as [Buffer, string]
    if (bytes[header] === type && bytes.readUInt16BE(header + 4) === id) return [bytes, source]
  }
}

const sent = (socket: Socket, bytes: unknown, address: string): Promise<unknown[]> =>
  new Promise(done => socket.send(bytes, 0, (bytes as Buffer).length, address, (...result) => done(result)))

test('the constants are those of the system, and names and numbers of each other', () => {
  const { SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, SO_RCVBUF, IP_TTL, IPV6_UNICAST_HOPS, SO_BINDTODEVICE } = sockets
  expect(raw.SocketLevel).toEqual({ SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6 })
  expect(raw.SocketOption).toMatchObject({ SO_RCVBUF, IP_TTL, IPV6_TTL: IPV6_UNICAST_HOPS, IPV6_UNICAST_HOPS })
  expect('SO_BINDTODEVICE' in raw.SocketOption).toBe(SO_BINDTODEVICE !== undefined)
  expect(Object.values(raw.SocketOption)).not.toContain(undefined)
  expect(raw.AddressFamily).toEqual({ 1: 'IPv4', 2: 'IPv6', IPv4: 1, IPv6: 2 })
  expect(raw.Protocol).toMatchObject({ 1: 'ICMP', 58: 'ICMPv6', None: 0, ICMP: 1, TCP: 6, UDP: 17, ICMPv6: 58 })
})

test('createChecksum takes parts as one, and writeChecksum writes in network byte order', () => {
  const bytes = Buffer.from('0001f203f4f5f6f7', 'hex') // RFC 1071, section 3
  expect(raw.createChecksum(bytes).toString(16)).toBe('220d')
  expect(raw.createChecksum(bytes.subarray(0, 4), { buffer: bytes, offset: 4, length: 4 }).toString(16)).toBe('220d')
  expect(raw.createChecksum(Buffer.from([1]))).toBe(0xfeff)
  expect(raw.createChecksum()).toBe(0)
  const buffer = Buffer.alloc(4)
  expect(raw.writeChecksum(buffer, 1, 0x1234)).toBe(buffer)
  expect(buffer.toString('hex')).toBe('00123400')
  const part = (offset: unknown, length: unknown): Part => ({ buffer: bytes, offset, length })
  for (const [wrong, message] of [
    [part(8, 0), 'Offset argument must be smaller than length of the buffer'],
    [part(0, 9), 'Length argument must be smaller than length of the buffer'],
    [part(4, 8), 'Length argument must be smaller than length of the buffer'],
    [part(-1, 1), 'Offset argument must be an unsigned integer'],
    [part(0, undefined), 'Length argument must be an unsigned integer'],
    [{ buffer: 'x', offset: 0, length: 1 }, 'Buffer argument must be a node Buffer object'],
  ] as const)
    expect(() => raw.createChecksum(wrong)).toThrow(message)
})

test('htonl and its like convert, and name what they take', () => {
  for (const name of ['htonl', 'ntohl', 'htons', 'ntohs'] as const) {
    const bits = name.endsWith('l') ? 32 : 16
    const bytes = Buffer.alloc(bits / 8)
    if (bits === 32) bytes.writeUInt32BE(0x1234)
    else bytes.writeUInt16BE(0x1234)
    const host = bits === 32 ? new Uint32Array([raw[name](0x1234)]) : new Uint16Array([raw[name](0x1234)])
    expect(Buffer.from(host.buffer)).toEqual(bytes)
    expect(() => raw[name]()).toThrow('One arguments is required')
    expect(() => raw[name](-1)).toThrow(`Number must be a ${bits} unsigned integer`)
  }
  expect(() => raw.htons(65536)).toThrow(new RangeError('Number cannot be larger than 65535'))
})

test('wrong options are named before a socket is made', () => {
  expect(() => raw.createSocket({ protocol: -1 })).toThrow('Protocol argument must be an unsigned integer')
  expect(() => raw.createSocket({ protocol: 'icmp' })).toThrow('Protocol argument must be an unsigned integer')
  expect(() => raw.createSocket({ addressFamily: 'IPv6' })).toThrow(
    'Address family argument must be an unsigned integer',
  )
})

// Each file takes about half a millisecond. Bun also loads the entry for bundlers.
test('loads three files', () => {
  const program = `
    require('raw-socket')
    console.log(JSON.stringify(Object.keys(require.cache).filter(file => file.endsWith('js') && !file.endsWith('.bundler.js'))))
  `
  const { stdout } = spawnSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' })
  const files = (JSON.parse(stdout) as string[]).map(file => basename(file))
  expect(files.sort()).toEqual(['index.js', 'syscalls.bundle.cjs', 'syscalls.cjs'])
})

const namespace = noNamespace()
if (namespace !== null) console.warn(`skipped: without the right to raw sockets: ${namespace}`)

test.skipIf(namespace !== null)('without the right to raw sockets the error is that of strerror', () => {
  const program = `
    const { createSocket } = require('raw-socket')
    try {
      createSocket({ protocol: 1 })
    } catch ({ message, code, errno, syscall }) {
      console.log(JSON.stringify([message, code, errno, syscall]))
    }
  `
  const { stdout } = spawnSync(...inNamespace('1 0', process.execPath, '-e', program), {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(JSON.parse(stdout)).toEqual(['Operation not permitted', 'EPERM', -constants.errno.EPERM, 'socket'])
})

testRaw('a ping: the callbacks come after the call, the reply with its IP header', async () => {
  const socket = made()
  const id = nextId()
  const events: unknown[] = []
  const bytes = request(id)
  const arrived = reply(socket, id)
  expect(socket.sendPaused).toBe(true)
  const done = new Promise<void>(resolve => {
    const before: Callback = () => events.push('before')
    const after: Callback = (...result) => (events.push(...result), resolve())
    expect(socket.send(bytes, 0, bytes.length, '127.0.0.1', before, after)).toBe(socket)
  })
  expect(events).toEqual([])
  expect(socket.sendPaused).toBe(false)
  await done
  expect(events).toEqual(['before', null, bytes.length])
  const [message, source] = await arrived
  expect(source).toBe('127.0.0.1')
  expect(message[0]! >> 4).toBe(4)
  expect(String(message.subarray(28))).toBe('payload')
  expect(socket.sendPaused).toBe(true)
})

testRaw('a ping over IPv6: the reply without a header', async () => {
  const socket = made(icmpv6)
  const id = nextId()
  const arrived = reply(socket, id, { type: 129, header: 0 })
  expect(await sent(socket, request(id, { type: 128, sum: false }), '::1')).toEqual([null, 15])
  expect((await arrived)[1]).toBe('::1')
})

testRaw('messages have memory of their own, and bufferSize cuts them', async () => {
  const socket = made({ ...icmp, bufferSize: 30 })
  const [first, second] = [nextId(), nextId()]
  const one = reply(socket, first)
  await sent(socket, request(first), '127.0.0.1')
  const [bytes] = await one
  expect(bytes.length).toBe(30)
  const other = reply(socket, second)
  await sent(socket, request(second), '127.0.0.1')
  await other
  expect(bytes.readUInt16BE(24)).toBe(first)
})

testRaw('generateChecksums writes the checksum at the offset', async () => {
  const socket = made({ ...icmp, generateChecksums: true, checksumOffset: 2 })
  const [first, second] = [nextId(), nextId()]
  const one = reply(socket, first)
  const bytes = request(first, { sum: false })
  await sent(socket, bytes, '127.0.0.1')
  await one
  expect(bytes).toEqual(request(first))
  expect(socket.generateChecksums(false)).toBe(socket)
  const wrong = request(second, { sum: false })
  await sent(socket, wrong, '127.0.0.1')
  expect(wrong).toEqual(request(second, { sum: false }))
})

testRaw('options are ints or bytes', () => {
  const socket = made()
  const { IPPROTO_IP, SOL_SOCKET } = raw.SocketLevel
  const { IP_TTL, SO_RCVTIMEO } = raw.SocketOption
  const value = Buffer.alloc(16)
  socket.setOption(IPPROTO_IP, IP_TTL, 7)
  expect(socket.getOption(IPPROTO_IP, IP_TTL, value, value.length)).toBe(4)
  expect(new Int32Array(value.buffer, value.byteOffset, 1)[0]).toBe(7)
  socket.setOption(IPPROTO_IP, IP_TTL, Buffer.from(new Int32Array([9]).buffer), 4)
  socket.getOption(IPPROTO_IP, IP_TTL, value, value.length)
  expect(new Int32Array(value.buffer, value.byteOffset, 1)[0]).toBe(9)
  expect(socket.getOption(SOL_SOCKET, SO_RCVTIMEO, value, value.length)).toBe(16)
  for (const [wrong, message] of [
    [['0', 0, 1], 'Level argument must be a number'],
    [[0, '0', 1], 'Option argument must be a number'],
    [[0, IP_TTL, -1], 'Value argument must be a unsigned integer'],
    [[0, IP_TTL, 'x', 1], 'Value argument must be a node Buffer object if length is provided'],
    [[0, IP_TTL, value, 17], 'Length argument is larger than buffer length'],
    [[0, IP_TTL, value, 'x'], 'Length argument must be an unsigned integer'],
    [[0, 9999, 1], 'Protocol not available'],
    [[0, IP_TTL, 1000], 'Invalid argument'],
  ] as [[unknown, unknown, ...unknown[]], string][])
    expect(() => socket.setOption(...wrong), message).toThrow(message)
  expect(() => socket.getOption(0, 9999, value, 16)).toThrow('Protocol not available')
  expect(() => socket.getOption(0, IP_TTL, 'x', 16)).toThrow('Value argument must be a node Buffer object')
  expect(() => socket.getOption(0, IP_TTL, value, 1.5)).toThrow('Length argument must be an unsigned integer')
})

testRaw('what cannot be sent is an error of the callback', async () => {
  const socket = made()
  const bytes = request(1)
  const errors: unknown[] = []
  const note: Callback = error => errors.push(error?.message)
  socket.send(bytes, 10, bytes.length, '127.0.0.1', note)
  for (const address of ['localhost', '::1', '', '<broadcast>']) socket.send(bytes, 0, 1, address, note)
  const length = bytes.length
  expect(errors).toEqual([
    `Buffer length '${length}' is not large enough for the specified offset '10' plus length '${length}'`,
    ...['localhost', '::1', '', '<broadcast>'].map(address => `Invalid IP address '${address}'`),
  ])
  const failed = async (bytes: unknown, address: string): Promise<unknown[]> =>
    (await sent(socket, bytes, address)).map(each => (each as Error).message ?? each)
  expect(await failed('text', '127.0.0.1')).toEqual(['Buffer argument must be a node Buffer object', 0])
  expect(await failed(bytes, '255.255.255.255')).toEqual(['Permission denied', 0]) // without SO_BROADCAST
  const before = new Promise(done =>
    socket.send(
      bytes,
      0,
      1,
      '127.0.0.1',
      () => {
        throw new Error('not yet')
      },
      (...result) => done(result),
    ),
  )
  expect(await before).toEqual([new Error('not yet'), 0])
})

testRaw('the types allow what the page of raw-socket shows', () => {
  const typed = raw as unknown as typeof RawSocket
  const { AddressFamily, Protocol, SocketLevel, SocketOption } = typed
  const socket = typed.createSocket({ addressFamily: AddressFamily.IPv4, protocol: Protocol.ICMP })
  const ttl = Buffer.alloc(4)
  socket.setOption(SocketLevel.IPPROTO_IP, SocketOption.IP_TTL, 1)
  expect(socket.getOption(SocketLevel.IPPROTO_IP, SocketOption.IP_TTL, ttl, ttl.length)).toBe(4)
  expect(typed.createChecksum(ttl, { buffer: ttl, offset: 0, length: 4 })).toBeLessThan(0x10000)
  socket.send(ttl, 0, 9, '127.0.0.1', error => expect(error?.message).toContain('not large enough'))
  socket.pauseSend().pauseRecv().close()
})

testRaw('close is an event, once; later sends have an error', async () => {
  const socket = made()
  let closed = 0
  socket.on('close', () => closed++)
  expect(socket.close()).toBe(socket)
  socket.close()
  expect(closed).toBe(1)
  const [error] = (await sent(socket, request(1), '127.0.0.1')) as [Error & { errno: number }]
  expect([error.message, error.errno]).toEqual(['Bad file descriptor', -constants.errno.EBADF])
  expect(() => socket.setOption(0, raw.SocketOption.IP_TTL, 1)).toThrow('Bad file descriptor')
  expect(socket.pauseRecv().resumeRecv().pauseSend().resumeSend()).toBe(socket)
})

testRaw('a paused direction keeps what there is until it is resumed', async () => {
  const socket = made()
  const id = nextId()
  let replies = 0
  const count = (bytes: Buffer): number => (bytes[20] === 0 && bytes.readUInt16BE(24) === id ? replies++ : 0)
  socket.on('message', count)
  expect(socket.pauseRecv().recvPaused).toBe(true)
  await sent(socket, request(id), '127.0.0.1')
  await new Promise(done => setTimeout(done, 20))
  expect(replies).toBe(0)
  const arrived = reply(socket, id)
  expect(socket.resumeRecv().recvPaused).toBe(false)
  await arrived
  let later: unknown
  const done = new Promise(resolve =>
    socket.send(request(id), 0, 15, '127.0.0.1', (...result) => resolve((later = result))),
  )
  socket.pauseSend()
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(later).toBe(undefined)
  socket.resumeSend()
  expect(await done).toEqual([null, 15])
})

testRaw('a socket keeps the process unless both directions are paused', () => {
  const program = (pause: string): string => `
    const socket = require('raw-socket').createSocket({ protocol: 1 })
    ${pause}
    let waited = false
    setTimeout(() => (waited = true, socket.close()), 50).unref()
    process.on('exit', () => console.log(waited))
  `
  const output = (pause: string): string =>
    spawnSync(process.execPath, ['-e', program(pause)], { cwd: folder, encoding: 'utf8' }).stdout
  expect(output('')).toBe('true\n')
  expect(output('socket.pauseRecv()')).toBe('false\n')
  expect(output('socket.pauseRecv().resumeRecv()')).toBe('true\n')
})

test.skipIf(none !== undefined || namespace !== null)(
  'what a listener throws is an uncaughtException, and the next message comes',
  () => {
    const program = `
    const raw = require('raw-socket')
    const socket = raw.createSocket({ protocol: 1, generateChecksums: true, checksumOffset: 2 })
    const caught = []
    process.on('uncaughtException', ({ message }) => caught.push(message))
    process.on('exit', () => console.log(caught.join()))
    let thrown = 0
    socket.on('message', () => {
      thrown++
      if (thrown === 4) socket.close()
      throw new Error('of a listener')
    })
    const callback = () => {
      throw new Error('of a callback')
    }
    for (let i = 0; i < 2; i++) socket.send(Buffer.from([8, 0, 0, 0, 0, i, 0, 0]), 0, 8, '127.0.0.1', callback)
  `
    // In a namespace, no other ping is received.
    const args = ['-n', 'sh', '-c', 'ip link set lo up && exec "$@"', '-', process.execPath, '-e', program]
    const { stdout } = spawnSync('unshare', args, { cwd: folder, encoding: 'utf8' })
    const messages = ['of a callback', 'of a callback', ...Array.from({ length: 4 }, () => 'of a listener')]
    expect(stdout.trim().split(',').sort()).toEqual(messages)
  },
)

test.skipIf(none !== undefined || process.platform !== 'linux')(
  'workers use it, and leave no descriptor open',
  async () => {
    const program = `
    const { parentPort } = require('node:worker_threads')
    const raw = require('raw-socket')
    const socket = raw.createSocket({ protocol: 1 })
    const bytes = Buffer.from([8, 0, 0, 0, 0, 0, 0, 0])
    raw.writeChecksum(bytes, 2, raw.createChecksum(bytes))
    socket.once('message', (_, source) => parentPort.postMessage(source))
    socket.send(bytes, 0, bytes.length, '127.0.0.1', () => undefined)
  `
    const entry = join(folder, 'worker.cjs')
    writeFileSync(entry, program)
    const count = (): number => readdirSync('/proc/self/fd').length
    let before = 0
    for (let round = 0; round < 4; round++) {
      const worker = new Worker(entry)
      expect(await once(worker, 'message')).toEqual(['127.0.0.1'])
      await worker.terminate()
      if (round === 1) before = count() // Bun keeps one of an earlier worker
    }
    expect(count()).toBe(before)
  },
)
