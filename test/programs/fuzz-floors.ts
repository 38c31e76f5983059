// Calls every function and method of every floor with values that nobody should give: `node fuzz-floors.js SEED CALLS [FIRST]`.
// Prints what went wrong, as JSON. Each call draws its numbers from the seed and its own count, and has its own sockets: so a
// finding is played again, alone, by `node fuzz-floors.js SEED 1 COUNT`. The file that FUZZ_AT names has the count of the call under way.
import { once } from 'node:events'
import { openSync, readdirSync, writeSync } from 'node:fs'
import * as net from 'node:net'
import { Duplex } from 'node:stream'
import { inspect } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import * as C from 'bsd-sockets'
import * as http from 'bsd-sockets/http'
import * as promises from 'bsd-sockets/promises'
import * as reactor from 'bsd-sockets/reactor'
import * as streams from 'bsd-sockets/streams'
import * as syscalls from 'bsd-sockets/syscalls'
import { detachedViews, values as all } from '../support/arguments/values.js'

const [seed = '1', calls = '10000', first = '0'] = process.argv.slice(2)

// A generator of Lehmer's, begun anew for each call.
let state = 1
const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below
function begin(i: number): void {
  state = ((Number(seed) * 1_000_003 + i * 7919) % 2_147_483_646) + 1
  for (let turn = 0; turn < 8; turn++) random(2)
}
const oneOf = <T>(list: readonly T[]): T => list[random(list.length)]!

type Method = (...given: unknown[]) => unknown
type Closable = { close(): unknown }

const values = all.filter(one => !ArrayBuffer.isView(one) || detachedViews.has(one) || one.byteLength < 2 ** 20)
const purpose = new Error('on purpose')
const realm = createContext({})
const descriptors = (): number => readdirSync('/dev/fd').length
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Bytes that lie among others, which no call may change. */
const guard = 64
const memory = new Uint8Array(4096).fill(0xa5)
const within = (): Uint8Array => memory.subarray(guard, guard + random(256))
const isWhole = (): boolean => memory.every((byte, i) => byte === 0xa5 || (i >= guard && i < guard + 256))

/** What is open during one call. */
let open: Closable[] = []
let sockets: C.Socket[] = []
let others: promises.Socket[] = []
const keep = <T extends Closable>(...made: T[]): T[] => (open.push(...made), made)

function prepare(): void {
  open = []
  sockets = keep(...C.Socket.pair(), ...C.Socket.pair(C.AF_UNIX, C.SOCK_DGRAM), new C.Socket())
  others = keep(...promises.Socket.pair(), new promises.Socket(C.AF_INET, C.SOCK_DGRAM))
  for (const socket of sockets) socket.settimeout(0)
  for (const socket of others) socket.settimeout(3)
  if (random(2) === 0) sockets[0]!.send('something')
  if (random(2) === 0) others[0]!.trySend('something')
}

const detached = (): Uint8Array => {
  const view = new Uint8Array(8)
  structuredClone(view, { transfer: [view.buffer] })
  return view
}

const cycle: Record<string, unknown> = { address: '127.0.0.1' }
cycle.self = cycle

const keys = [
  'address',
  'port',
  'family',
  'path',
  'host',
  'level',
  'type',
  'data',
  'fds',
  'length',
  '0',
  '1',
  'iov',
  'name',
]
keys.push(
  'control',
  'timeout',
  'signal',
  'batch',
  'messageSize',
  'highWaterMark',
  'size',
  'nameSize',
  'controlSize',
  'backlog',
)

/** Objects whose properties do something when they are read. */
const hostile = (): unknown => {
  const view = new Uint8Array(16)
  const step = oneOf<() => unknown>([
    () => {
      throw purpose
    },
    () => oneOf<Closable>([...sockets, ...others]).close(),
    () => view.byteLength > 0 && structuredClone(view, { transfer: [view.buffer] }),
    () => oneOf(values),
  ])
  const get = (): unknown => {
    step()
    return oneOf([view, 1, '127.0.0.1', oneOf(values)])
  }
  const properties = Object.fromEntries(keys.map(key => [key, { get, enumerable: true, configurable: true }]))
  if (random(3) > 0) return Object.defineProperties({}, properties)
  const list: unknown[] = [view, view]
  Object.defineProperty(list, random(2), { get })
  return list
}

const elsewhere = ['new Uint8Array(8)', 'new ArrayBuffer(8)', '({ address: "::1", port: 1 })', '[new Uint8Array(4)]']
const aborted = AbortSignal.abort(purpose)

const value = (): unknown => {
  const makers: (() => unknown)[] = [
    () => oneOf(values),
    () => oneOf(values),
    () => random(4),
    within,
    detached,
    hostile,
    () => runInContext(oneOf(elsewhere), realm) as unknown,
    () => oneOf(sockets),
    () => oneOf(others),
    () => ['127.0.0.1', 9],
    () => ({ address: '127.0.0.1', port: oneOf([0, 9, oneOf(values)]) }),
    () => ({ family: 'unix', path: oneOf(values) }),
    () => [{ level: C.SOL_SOCKET, type: random(4), data: within() }],
    () => [{ fds: [oneOf(sockets)] }],
    () => new C.MessageBatch(1 + random(3), random(64)),
    () => ({ signal: oneOf<unknown>([aborted, oneOf(values)]), timeout: oneOf<unknown>([0, 2, oneOf(values)]) }),
    () => ({ [oneOf(keys)]: oneOf(values), [oneOf(keys)]: oneOf(values) }),
    () => cycle,
  ]
  return oneOf(makers)()
}
const list = (): unknown[] => Array.from({ length: random(5) }, value)

// What waits as long as it is told and blocks the thread, asks a name server, changes the machine, or would use a descriptor's
// number that is another's.
const left = new Set([
  ...[
    'connected',
    'connecting',
    'isShut',
    'last',
    'sending',
    'sendingFds',
    'joined',
    'receivePart',
    'sendPart',
    'sendingFile',
    'constructor',
    'interrupter',
    'detach',
    'released',
  ],
  ...['setdefaulttimeout', 'sethostname', 'supports', 'whyNot', 'select', 'poll', 'splice', 'trySplice', 'fromFd'],
  ...['getfqdn', 'gethostbyaddr', 'gethostbyname', 'gethostbynameEx', 'getaddrinfo', 'getnameinfo', 'createConnection'],
  ...['ready', 'received', 'Selector', 'read'], // internal: the loop calls them, a selector of a kind gives its kernel's
  ...['createServer', 'sendfile', 'trySendfile', 'listenFds', 'emit', 'listenInWorkers', 'serveInWorkers', 'accept'],
])
const blocks = new Set(['settimeout', 'setblocking'])
// What the types mark as internal: the reactor's modules alone call it, on objects of its own.
const internal = new Set(['peerOf', 'closed', 'opened', 'isOf', 'startClock', 'stopClock', 'threw'])

interface Target {
  name: string
  call(): unknown
}

function methodsOf(prototype: object): [name: string, method: Method][] {
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, property]) => {
    const calls = (Object.values(property) as unknown[]).find(one => typeof one === 'function')
    return typeof calls === 'function' && !left.has(name) && !name.startsWith('_')
      ? [[name, calls as Method] as [string, Method]]
      : []
  })
  const parent = Object.getPrototypeOf(prototype) as object | null
  return parent === null || parent === Object.prototype || parent === Duplex.prototype
    ? own
    : [...own, ...methodsOf(parent)]
}

const of = (floor: string, prototype: object, object: () => unknown, without?: ReadonlySet<string>): Target[] =>
  methodsOf(prototype)
    .filter(([name]) => !without?.has(name))
    .map(([name, method]) => ({
      name: `${floor}.${name}`,
      call() {
        const wrongThis = random(20) === 0 && !floor.endsWith('Duplex')
        return method.apply(wrongThis ? value() : object(), list())
      },
    }))

const isClass = (value: unknown): value is new (...given: unknown[]) => object =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))

function functionsOf(floor: string, module: object, without = left): Target[] {
  return Object.entries(module).flatMap(([name, value]) =>
    typeof value !== 'function' || without.has(name) || /(Error|^(Async)?Socket|^OwnedFd|^MySocket)$/.test(name)
      ? []
      : [
          {
            name: `${floor}.${name}`,
            call: () => (isClass(value) ? new value(...list()) : (value as Method)(...list())),
          },
        ],
  )
}

// The kernel's calls of which one number is a descriptor get only those that are open for this call, and nothing that blocks.
const makes = /^(accept|dup|epoll_create|eventfd|fcntl|kqueue|memfd_create|pipe|socket|recvm|close|ioctl|sendm)|^open/
const waits =
  /^(select|pselect|poll|ppoll|epoll_p?wait|kevent|splice|sendfile|getaddrinfo|getnameinfo|sethostname|interrupt|signal)/
const kernel: Target[] = Object.entries(syscalls).flatMap(([name, value]) =>
  typeof value !== 'function' || isClass(value) || makes.test(name) || waits.test(name)
    ? []
    : [
        {
          name: `syscalls.${name}`,
          call: () =>
            (value as Method)(
              ...list().map(one =>
                typeof one === 'number' && one >= 0 && one < 4096
                  ? oneOf<{ fd: number }>([...sockets, ...others]).fd
                  : one,
              ),
            ),
        },
      ],
)

const selectors = [C.PollSelector, C.SelectSelector, C.EpollSelector, C.KqueueSelector].filter(one => one !== undefined)
const selector = (): C.Selector => {
  const [made] = keep(new (oneOf(selectors))())
  if (random(2) === 0) made!.register(oneOf(sockets), C.EVENT_READ)
  return made!
}
const owned = (): C.OwnedFd => keep(...C.pipe())[0] as C.OwnedFd
const batch = (): C.MessageBatch => new C.MessageBatch(1 + random(3), random(64))

/** A value that is not a socket: a server would take over its descriptor. */
function withoutFd(): unknown {
  const given = value()
  return typeof given === 'object' && given !== null && 'fd' in given ? {} : given
}

/** The options of a reactor's object: those that are right, and one that is not. */
const options = (): object => {
  const names = [
    'host',
    'port',
    'backlog',
    'reusePort',
    'noDelay',
    'highWaterMark',
    'idleTimeout',
    'batch',
    'messageSize',
    'data',
  ]
  return { port: 0, error: () => undefined, ...(random(2) === 0 && { [oneOf(names)]: value() }) }
}
const server = (): reactor.Server => keep(reactor.listen({ port: 0, error: () => undefined }))[0]!
const connection = (): reactor.Connection => {
  const made = reactor.connect({ port: (server().address as C.IPv4Address).port, error: () => undefined })
  keep({ close: () => made.destroy() })
  return made
}
const datagrams = (): reactor.DatagramSocket => keep(reactor.bind({ port: 0, error: () => undefined }))[0]!
const duplex = (fds: boolean): streams.SocketDuplex => {
  const made = streams.toDuplex(others[0]!, { fds }).on('error', () => undefined)
  keep({ close: () => made.destroy() })
  return made
}

function prototypeOf(make: () => object): object {
  prepare()
  const prototype = Object.getPrototypeOf(make()) as object
  for (const one of open) one.close()
  return prototype
}

const { Epoll } = C
const optionsOf = Object.values(C.options).filter(option => option !== undefined)
const noWait = new Set(['select']) // which takes a timeout for ever
const floors: Record<string, Target[]> = {
  syscalls: kernel,
  sockets: [
    { name: 'sockets.Socket', call: () => new C.Socket(...(list().slice(0, 3) as [])) },
    { name: 'sockets.MySocket', call: () => new C.MySocket(...(list().slice(0, 2) as [number])) },
    ...functionsOf('sockets', C),
    ...of('Socket', C.Socket.prototype, () => oneOf(sockets), blocks),
    { name: 'sockets.getOption', call: () => C.getOption(oneOf(sockets), oneOf(optionsOf) as never) },
    { name: 'sockets.setOption', call: () => C.setOption(oneOf(sockets), oneOf(optionsOf) as never, value()) },
  ],
  beside: [
    ...of('MessageBatch', C.MessageBatch.prototype, batch),
    ...of('OwnedFd', C.OwnedFd.prototype, owned),
    ...selectors.flatMap(one => of(one.name, one.prototype, selector, noWait)),
    ...(Epoll === undefined ? [] : of('Epoll', Epoll.prototype, () => keep(new Epoll())[0], new Set(['wait', 'poll']))),
  ],
  promises: [
    { name: 'promises.Socket', call: () => new promises.Socket(...(list().slice(0, 3) as [])) },
    { name: 'promises.MySocket', call: () => new promises.MySocket(...(list().slice(0, 2) as [number])) },
    ...functionsOf('promises', promises),
    ...of('promises.MySocket', promises.MySocket.prototype, () => new promises.MySocket(1, others[0])),
    ...of('promises.Socket', promises.Socket.prototype, () => oneOf(others), blocks),
    { name: 'promises.accept', call: () => others[0]!.accept(value() as never) },
  ],
  reactor: [
    { name: 'reactor.listen', call: () => reactor.listen(oneOf([options(), withoutFd()]) as never) },
    { name: 'reactor.connect', call: () => reactor.connect(oneOf([options(), withoutFd()]) as never) },
    { name: 'reactor.bind', call: () => reactor.bind(oneOf([options(), withoutFd()]) as never) },
    ...of('Connection', prototypeOf(connection), connection, internal),
    ...of('Server', prototypeOf(server), server, internal),
    ...of('DatagramSocket', prototypeOf(datagrams), datagrams, internal),
  ],
  streams: [
    ...functionsOf('streams', streams),
    ...of('SocketDuplex', streams.SocketDuplex.prototype, () => duplex(false)),
    ...of('FdDuplex', streams.FdDuplex.prototype, () => duplex(true)),
  ],
  http: [
    {
      name: 'http.serve',
      call: () => http.serve(() => ({ status: 200 }), oneOf([options(), withoutFd()]) as never),
    },
    { name: 'http.serve', call: () => http.serve(withoutFd() as never, options() as never) },
  ],
}

/** What a call made is closed. */
function release(result: unknown): void {
  if (Array.isArray(result)) return result.forEach(release)
  if (typeof result !== 'object' || result === null || ArrayBuffer.isView(result) || values.includes(result)) return
  if (result === cycle) return
  const { close, destroy, readable, writable } = result as Record<string, unknown>
  if (result instanceof C.Socket || result instanceof promises.Socket || result instanceof C.OwnedFd) result.close()
  else if (readable instanceof ReadableStream && writable instanceof WritableStream) {
    void readable.cancel().catch(() => undefined)
    void writable.abort().catch(() => undefined)
  } else if (typeof destroy === 'function') {
    if ('on' in result) (result as NodeJS.EventEmitter).on('error', () => undefined)
    destroy.call(result)
  } else if (typeof close === 'function') {
    const closing: unknown = close.call(result)
    if (closing instanceof Promise) closing.catch(() => undefined)
  }
  if ('control' in result) release(result.control)
  if ('fds' in result) release(result.fds)
  if ('socket' in result) release(result.socket)
  if ('server' in result) release(result.server)
}

const wrong: string[] = []
let thrown = 0
let at = ''
let count = 0
const replay = (): string => `${count}: ${at} (again: node fuzz-floors.js ${seed} 1 ${count})`
function judge(error: unknown): void {
  thrown++
  if (error === purpose) return
  const coded =
    error instanceof Error && 'code' in error && (typeof error.code === 'string' || error.name === 'AbortError')
  if (!coded) wrong.push(`${replay()} threw ${inspect(error).slice(0, 600)}`)
}
process.on('uncaughtException', judge)

const busy = async (): Promise<boolean> => {
  const before = process.cpuUsage()
  await pause(60)
  const { user, system } = process.cpuUsage(before)
  return user + system > 45_000
}

async function idle(): Promise<void> {
  for (let i = 0; i < 5; i++) if (!(await busy())) return
  wrong.push(`${replay()}: the loop turns in a circle after the calls before it`)
}

const mark = process.env.FUZZ_AT === undefined ? undefined : openSync(process.env.FUZZ_AT, 'w')
const names = Object.keys(floors)
const trace = process.env.FUZZ_TRACE !== undefined

async function one(i: number): Promise<void> {
  begin(i)
  count = i
  if (mark !== undefined) writeSync(mark, `${i}\n`.padStart(12), 0)
  prepare()
  const target = oneOf(floors[oneOf(names)]!)
  at = target.name
  if (trace) console.error(`${i} ${at}`)
  const cpu = process.cpuUsage()
  let result: unknown
  try {
    result = target.call()
  } catch (error) {
    judge(error)
  }
  if (process.cpuUsage(cpu).user > 3_000_000) wrong.push(`${replay()} took more than three seconds of the processor`)
  if (result instanceof Promise && !values.includes(result)) {
    const settled = result.then(release, judge)
    await Promise.race([settled, pause(8)])
    for (const one of open) one.close()
    const limit = new AbortController()
    const late = new Promise<string>(resolve => {
      const timer = setTimeout(() => resolve('late'), 10_000)
      limit.signal.addEventListener('abort', () => clearTimeout(timer))
    })
    if ((await Promise.race([settled, late])) === 'late') wrong.push(`${replay()} never settled`)
    limit.abort()
  } else {
    try {
      release(result)
    } catch (error) {
      judge(error)
    }
    for (const one of open) one.close()
  }
  if (!isWhole()) wrong.push(`${replay()} wrote beside its view`)
  if (!isWhole()) memory.fill(0xa5)
}

// What a process opens once: libuv's spare descriptor, with its first stream (uv__stream_init), and the poller of each thread.
async function openOnce(): Promise<void> {
  prepare()
  const node = new net.Server().listen(0, '127.0.0.1')
  await once(node, 'listening')
  await once(node.close(), 'close')
  connection()
  datagrams()
  await others[0]!.recv(1, 0, { timeout: 1 }).catch(() => undefined)
  for (const one of open) one.close()
}

async function run(): Promise<void> {
  const from = Number(first)
  await openOnce()
  for (let i = 0; i < 20; i++) await one(i)
  thrown = 0
  await pause(50)
  let before = descriptors()
  for (let i = from; i < from + Number(calls) && wrong.length < 20; i++) {
    await one(i)
    if (i % 100 === 99 || i === from + Number(calls) - 1) {
      for (let turn = 0; turn < 500 && descriptors() > before; turn++) await pause(10)
      const now = descriptors()
      if (now > before) wrong.push(`${replay()} or one of the hundred before: ${now - before} descriptors are left`)
      before = now
    }
    if (i % 1000 === 999) await idle()
  }
}

await run().catch((error: unknown) => wrong.push(`${replay()} ended all: ${inspect(error)}`))
console.log(JSON.stringify({ calls: Number(calls), thrown, wrong }))
process.exit()
