// What the texts of the calls refer to, and what is checked after each call. A text is the body of a function, such as
// `return sockets[0].recvInto(view('Uint8Array', 8))`; `play` runs one.
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import * as net from 'node:net'
import { ReadableStream, WritableStream } from 'node:stream/web'
import { clearTimeout, setImmediate } from 'node:timers'
import { inspect } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import * as C from 'bsd-sockets'
import * as http from 'bsd-sockets/http'
import * as promises from 'bsd-sockets/promises'
import * as reactor from 'bsd-sockets/reactor'
import * as socketserver from 'bsd-sockets/socketserver'
import * as streams from 'bsd-sockets/streams'
import * as syscalls from 'bsd-sockets/syscalls'

export const floors = { syscalls, C, promises, streams, reactor, http, socketserver }

const realm = createContext({})
const purpose = new Error('on purpose')

// What exists during one call.
let open = []
let owned = []
let guards = []
let frozen = []
const sockets = []
const others = []
const views = []

const keep = (...made) => {
  open.push(...made)
  return made
}
/** The number of a descriptor that the call leaves open. */
const own = fd => {
  if (typeof fd === 'number' && fd >= 0) owned.push(fd)
  return fd
}

// Bytes that no call may change lie before and behind each view.
const margin = 64
const fill = 0xa5
function guarded(size, make) {
  const buffer = make(size + 2 * margin)
  new Uint8Array(buffer).fill(fill)
  guards.push({ buffer, from: margin, to: margin + size, end: Infinity })
  return buffer
}

const from = Type => (buffer, size) => new Type(buffer, margin, Math.floor(size / (Type.BYTES_PER_ELEMENT ?? 1)))
const plain = length => new ArrayBuffer(length)
const resizable = length => new ArrayBuffer(length, { maxByteLength: 2 * length })
const growable = length => new SharedArrayBuffer(length, { maxByteLength: 2 * length })
export const kinds = {
  Uint8Array: [from(Uint8Array), plain],
  Buffer: [(buffer, size) => Buffer.from(buffer, margin, size), plain],
  DataView: [from(DataView), plain],
  Uint16Array: [from(Uint16Array), plain],
  Float64Array: [from(Float64Array), plain],
  BigInt64Array: [from(BigInt64Array), plain],
  shared: [from(Uint8Array), length => new SharedArrayBuffer(length)],
  resizable: [from(Uint8Array), resizable],
  growable: [from(Uint8Array), growable],
  // Its length is that of the memory: the bytes behind it are its own.
  tracking: [buffer => new Uint8Array(buffer, margin), resizable],
  trackingShared: [buffer => new DataView(buffer, margin), growable],
  realm: [from(runInContext('Uint8Array', realm)), length => runInContext(`new ArrayBuffer(${length})`, realm)],
  realmBuffer: [from(runInContext('DataView', realm)), plain],
}

/** A view of `size` bytes among others. */
function view(kind, size) {
  const [make, memory] = kinds[kind]
  const made = make(guarded(size, memory), size)
  if (kind.startsWith('tracking')) guards.at(-1).to = Infinity
  return made
}

/** Takes the memory of a view away. Nothing may be written into it from then on. */
function detach(view) {
  const { buffer } = view
  if (buffer.byteLength === 0 || Object.prototype.toString.call(buffer) !== '[object ArrayBuffer]') return view
  const moved = globalThis.structuredClone(buffer, { transfer: [buffer] })
  frozen.push({ moved, before: new Uint8Array(moved).slice() })
  return view
}

/** Makes the memory of a view smaller, if that is possible: the view is then outside it, or shorter. */
function shrink(view, size = margin - 8) {
  const { buffer } = view
  if (!buffer.resizable) return view
  buffer.resize(size)
  const guard = guards.find(guard => guard.buffer === buffer)
  if (guard !== undefined) guard.end = Math.min(guard.end, size) // what is taken away comes back as zeros
  return view
}

/** Makes the memory of a view larger, if that is possible. */
function grow(view) {
  const { buffer } = view
  if (buffer.resizable) buffer.resize(buffer.maxByteLength)
  if (buffer.growable) buffer.grow(buffer.maxByteLength)
  return view
}

/** An object whose properties do something when they are read. */
const getters = (keys, get) =>
  Object.defineProperties({}, Object.fromEntries(keys.map(key => [key, { get, enumerable: true, configurable: true }])))
/** A list of which one element does. */
const listOf = (elements, index, get) => Object.defineProperty(elements, index, { get, enumerable: true })
/** An object that is converted to a number or a text by doing something. */
const primitive = get => ({ [Symbol.toPrimitive]: get, valueOf: get, toString: get })
/** A proxy that does something at each access. */
const proxy = (target, step) =>
  new Proxy(
    target,
    Object.fromEntries(
      ['get', 'has', 'getOwnPropertyDescriptor', 'ownKeys', 'getPrototypeOf'].map(trap => [
        trap,
        (...given) => {
          step()
          return Reflect[trap](...given)
        },
      ]),
    ),
  )
const cycle = { address: '127.0.0.1' }
cycle.self = cycle

/** Descriptors of others: a file, a pipe, a selector of the kernel, and none. Each is an object with a number. */
const foreign = {
  file: () => keep(new C.OwnedFd(syscalls.open(Buffer.from('/dev/null\0'), 2)))[0],
  pipe: () => keep(...C.pipe())[1],
  epoll: () => keep(new C.OwnedFd(syscalls.epoll_create1(0)))[0],
  memfd: () => keep(C.memfd(''))[0],
  none: () => ({ fd: 1_000_000 }),
}
/** A number that nobody else uses, of a duplicate, which the call may take over and close. */
const spare = () => own(syscalls.fcntl(sockets[0].fd, C.F_DUPFD_CLOEXEC ?? C.F_DUPFD, 100))

// An object of each class, for methods.
const errors = { error: () => undefined }
const server = () => keep(reactor.listen({ port: 0, ...errors }))[0]
const connection = () => {
  const made = reactor.connect({ port: server().address.port, ...errors })
  keep({ close: () => made.destroy() })
  return made
}
const datagrams = () => keep(reactor.bind({ port: 0, ...errors }))[0]
const duplex = fds => {
  const made = streams.toDuplex(others[0], { fds }).on('error', () => undefined)
  keep({ close: () => made.destroy() })
  return made
}
const httpServer = () => keep(http.serve(() => ({ status: 200 }), { port: 0, ...errors }))[0]
function selector(name, filled) {
  const [made] = keep(new C[name]())
  if (filled) made.register(sockets[0], C.EVENT_READ)
  return made
}
const epoll = () => keep(new C.Epoll())[0]
const batch = (count = 2, size = 16) => new C.MessageBatch(count, size)
const reader = () => new socketserver.BufferedReader(() => Buffer.alloc(0))
const writer = size => new socketserver.BufferedWriter(() => undefined, size)
class Silent extends socketserver.BaseRequestHandler {}
let servers = 0
function requestServer(name) {
  const address = name.startsWith('Unix') ? `\0fuzz-${process.pid}-${servers++}` : ['127.0.0.1', 0]
  const family = /^(Stream|Datagram)Server$/.test(name) ? [C.AF_INET] : []
  const [made] = keep(new socketserver[name](...family, address, Silent))
  made.handleError = () => undefined
  made.timeout = 1
  return closing(made, () => made.serverClose())
}
/** An object that is closed by its own method. */
function closing(made, close) {
  open.splice(open.indexOf(made), 1)
  keep({ close })
  return made
}
const handler = name => {
  const made = new socketserver[name](
    name.startsWith('Datagram') ? [Buffer.from('x'), sockets[2]] : sockets[0],
    ['127.0.0.1', 9],
    {},
  )
  made.rfile = reader()
  made.wfile = writer(0)
  return made
}
const netlink = () => C.parseNetlink(Buffer.from('14000000100000000000000000000000aabbccdd', 'hex'))[0].payload

// An HttpRequest and a RequestBody, which only a server makes.
const received = {}
const request = () => received.request
const requestBody = () => received.body
const gaiError = () => new C.GaiError(C.EAI_NONAME, 'getaddrinfo')

const bindings = {
  ...floors,
  ...{
    sockets,
    others,
    views,
    own,
    keep,
    view,
    detach,
    shrink,
    grow,
    getters,
    listOf,
    primitive,
    proxy,
    cycle,
    purpose,
  },
  ...{ foreign, spare, server, connection, datagrams, duplex, httpServer, selector, epoll, batch, reader, writer },
  ...{ requestServer, handler, netlink, request, requestBody, gaiError, Silent },
  inRealm: text => runInContext(text, realm),
  aborted: globalThis.AbortSignal.abort(purpose),
}

/** Makes what a process makes once, before descriptors are counted, and the objects that only a server makes. */
export async function begin() {
  prepare()
  const node = net.createServer().listen(0, '127.0.0.1')
  await once(node, 'listening')
  await once(node.close(), 'close')
  connection()
  datagrams()
  sockets[0].interrupter() // the first one opens what wakes its thread, for ever
  await others[0].recv(1, 0, { timeout: 1 }).catch(() => undefined)
  for (const streamBody of [false, true]) {
    const server = http.serve(
      request => {
        received.request ??= request
        if (streamBody) received.body = request.body
        return {}
      },
      { port: 0, streamBody },
    )
    const client = await promises.createConnection(['127.0.0.1', server.port])
    await client.sendall('POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi')
    await client.recv(1000)
    client.close()
    server.close()
  }
  closeAll()
}

/** Classes that are exported as types only: programs get objects of them. */
export function* given() {
  prepare()
  const objects = [connection(), server(), datagrams()].map(one => ['reactor', one])
  objects.push(['C', netlink()], ['http', received.request], ['http', received.body])
  for (const [floor, { constructor }] of objects) yield [floor, constructor.name, constructor]
  closeAll()
}

export const descriptors = () => readdirSync('/dev/fd').length
export const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
const turn = () => new Promise(resolve => setImmediate(resolve))

function prepare() {
  open = []
  owned = []
  guards = []
  frozen = []
  const listening = new C.Socket()
  sockets.splice(0, Infinity, ...C.Socket.pair(), ...C.Socket.pair(C.AF_UNIX, C.SOCK_DGRAM), new C.Socket(), listening)
  others.splice(0, Infinity, ...promises.Socket.pair(), new promises.Socket(C.AF_INET, C.SOCK_DGRAM))
  keep(...sockets, ...others)
  listening.bind(['127.0.0.1', 0])
  listening.listen()
  for (const socket of sockets) socket.settimeout(0)
  for (const socket of others) socket.settimeout(3)
  views.splice(0, Infinity, view('Uint8Array', 16), view('resizable', 24), view('tracking', 8))
}

function closeAll() {
  for (const one of open) {
    try {
      const ending = one.close()
      if (ending instanceof Promise) ending.catch(() => undefined)
    } catch (error) {
      judge(error)
    }
  }
  for (const fd of owned) syscalls.close(fd)
}

/** Closes what a call made. */
function release(result, seen = new Set()) {
  if (typeof result !== 'object' || result === null || ArrayBuffer.isView(result) || seen.has(result)) return
  if (result === cycle || seen.size > 1000) return
  seen.add(result)
  if (Array.isArray(result)) {
    for (const one of result) release(one, seen)
    return
  }
  if (result instanceof C.Socket || result instanceof promises.Socket || result instanceof C.OwnedFd)
    return result.close()
  const { close, destroy, serverClose, stop, readable, writable } = result
  if (readable instanceof ReadableStream && writable instanceof WritableStream) {
    readable.cancel().catch(() => undefined)
    writable.abort().catch(() => undefined)
  } else {
    const end = serverClose ?? destroy ?? close ?? stop
    if (typeof end === 'function') {
      if (typeof result.on === 'function') result.on('error', () => undefined)
      const closing = end.call(result)
      if (closing instanceof Promise) closing.catch(() => undefined)
    }
  }
  if (result instanceof socketserver.BaseRequestHandler) return // works on whatever has the properties
  for (const key of ['control', 'fds', 'socket', 'server', 'file']) if (key in result) release(result[key], seen)
}

/** What an iterator gives first. */
function first(result) {
  const taken = result.next()
  const end = () => result.return?.()
  if (!(taken instanceof Promise)) return (end(), taken.value)
  return taken.then(({ value }) => (end(), value))
}

// Of the given values themselves: an iterable that is a proxy of a view, a class as a callback.
const theirs =
  /^(this is not a typed array\.|Constructor \w+ requires 'new'|Class constructor.* cannot be invoked without 'new')$/

let findings = []
let now = ''
let thrown = 0
const found = what => findings.push(what)
function judge(error) {
  thrown++
  if (error === purpose || (error instanceof TypeError && theirs.test(error.message))) return
  const coded =
    error instanceof Error && 'code' in error && (typeof error.code === 'string' || error.name === 'AbortError')
  if (!coded) found(`threw ${inspect(error).slice(0, 800)}`)
}
process.on('uncaughtException', judge)

function checkMemory() {
  for (const { buffer, from, to, end } of guards) {
    if (buffer.byteLength === 0) continue // taken away
    const bytes = new Uint8Array(buffer)
    const isWhole =
      bytes.subarray(0, Math.min(from, end)).every(byte => byte === fill) &&
      bytes.subarray(to, Math.min(to + margin, end)).every(byte => byte === fill)
    if (!isWhole) found(`wrote beside its view of ${to - from} bytes: ${Buffer.from(bytes).toString('hex')}`)
  }
  for (const { moved, before } of frozen)
    if (Buffer.compare(new Uint8Array(moved), before) !== 0) found('wrote into memory that was taken away')
}

/** Runs a call, and returns what is wrong with it. */
export async function play(text) {
  findings = []
  now = text
  prepare()
  const cpu = process.cpuUsage()
  let result
  let iterates = false
  try {
    result = new Function(...Object.keys(bindings), `'use strict'\n${text}`)(...Object.values(bindings))
    if (typeof result?.next === 'function' && typeof result.return === 'function') {
      iterates = true
      result = first(result)
    }
  } catch (error) {
    judge(error)
  }
  const { user, system } = process.cpuUsage(cpu)
  if (user + system > 3_000_000) found('took more than three seconds of the processor')
  if (result instanceof Promise) {
    const settled = result.then(value => release(value), judge)
    await Promise.race([settled, turn().then(turn).then(turn)])
    closeAll()
    let timer
    const late = new Promise(resolve => (timer = setTimeout(resolve, 10_000, 'late')))
    if ((await Promise.race([settled, late])) === 'late') found('never settled, though all is closed')
    clearTimeout(timer)
  } else {
    try {
      if (!iterates) release(result)
    } catch (error) {
      judge(error)
    }
    closeAll()
  }
  checkMemory()
  return findings
}

/** What was thrown so far, and the call under way. */
export const state = () => ({ thrown, now, findings })
