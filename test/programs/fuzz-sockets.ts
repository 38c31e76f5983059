// Calls the methods of Socket and related functions many times with wrong values: `node fuzz-sockets.js SEED CALLS`. Prints
// what went wrong, as JSON. It is a process of its own because it opens and closes descriptors.
import { readdirSync } from 'node:fs'
import { inspect } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import * as C from 'bsd-sockets'
import { detachedViews, values as all } from '../support/arguments/values.js'

const [seed = '1', calls = '10000'] = process.argv.slice(2)

// Lehmer's generator: the same numbers each time.
let state = Number(seed) || 1
const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below
const oneOf = <T>(list: readonly T[]): T => list[random(list.length)]!

type Method = (...given: unknown[]) => unknown

const values = all.filter(one => !ArrayBuffer.isView(one) || detachedViews.has(one) || one.byteLength < 2 ** 20)
const purpose = new Error('on purpose')
const context = createContext({})
const descriptors = (): number => readdirSync('/dev/fd').length

/** Views within a larger buffer. No call may change the bytes around them. */
const guard = 64
const memory = new Uint8Array(4096).fill(0xa5)
const within = (): Uint8Array => memory.subarray(guard, guard + random(256))
const isWhole = (): boolean => memory.every((byte, i) => byte === 0xa5 || (i >= guard && i < guard + 256))

let sockets: C.Socket[] = []
function open(): void {
  sockets = [
    ...C.Socket.pair(),
    ...C.Socket.pair(C.AF_UNIX, C.SOCK_DGRAM),
    new C.Socket(),
    new C.Socket(C.AF_INET6, C.SOCK_DGRAM),
  ]
}
function close(): void {
  for (const socket of sockets) socket.close()
}

const detached = (): Uint8Array => {
  const view = new Uint8Array(8)
  structuredClone(view, { transfer: [view.buffer] })
  return view
}

/** Objects whose getters have side effects. */
const hostile = (): unknown => {
  const view = new Uint8Array(16)
  const step = oneOf<() => unknown>([
    () => {
      throw purpose
    },
    () => oneOf(sockets).close(),
    () => view.byteLength > 0 && structuredClone(view, { transfer: [view.buffer] }),
    () => oneOf(values),
  ])
  const get = (): unknown => {
    step()
    return oneOf([view, 1, '127.0.0.1', oneOf(values)])
  }
  const keys = ['address', 'port', 'family', 'path', 'host', 'fd', 'level', 'type', 'data', 'fds', 'length', '0', '1']
  const properties = Object.fromEntries(keys.map(key => [key, { get, enumerable: true, configurable: true }]))
  if (random(3) > 0) return Object.defineProperties({}, properties)
  const list: unknown[] = [view, view]
  Object.defineProperty(list, random(2), { get })
  return list
}

const elsewhere = ['new Uint8Array(8)', 'new ArrayBuffer(8)', '({ address: "::1", port: 1 })', '[new Uint8Array(4)]']

const value = (): unknown => {
  const makers: (() => unknown)[] = [
    () => oneOf(values),
    () => oneOf(values),
    () => random(4),
    () => within(),
    () => detached(),
    hostile,
    () => runInContext(oneOf(elsewhere), context) as unknown,
    () => oneOf(sockets),
    () => ['127.0.0.1', 9],
    () => ({ family: 'unix', path: oneOf(values) }),
    () => [{ level: C.SOL_SOCKET, type: random(4), data: within() }],
    () => [{ fds: [oneOf(sockets)] }],
    () => new C.MessageBatch(1 + random(3), random(64)),
  ]
  return oneOf(makers)()
}

// Methods that are not called: they wait without end, query a name server, change the machine, or take a descriptor's number.
const excluded = new Set([
  ...['connected', 'connecting', 'isShut', 'last', 'sending', 'sendingFds', 'sendingFile'], // protected
  ...['constructor', 'settimeout', 'setblocking', 'interrupter', 'accept', 'detach'],
  ...['setdefaulttimeout', 'sethostname', 'select', 'poll', 'supports', 'sendfile', 'splice', 'trySendfile'],
])

function methodsOf(prototype: object): [name: string, method: Method][] {
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => typeof value === 'function' && !excluded.has(name))
    .map(([name, { value }]) => [name, value as Method] as [string, Method])
  const parent = Object.getPrototypeOf(prototype) as object
  return parent === Object.prototype ? own : [...own, ...methodsOf(parent)]
}

const methods = methodsOf(C.Socket.prototype)
const functions = ['encodeAddress', 'decodeAddress', 'getOption', 'setOption', 'interrupt', 'recvExactly'] as const
const optionsOf = Object.values(C.options).filter(option => option !== undefined)

/** Closes the descriptors in the result of a call. */
function release(result: unknown): void {
  if (Array.isArray(result)) return result.forEach(release)
  if (typeof result !== 'object' || result === null) return
  if (result instanceof C.Socket || result instanceof C.OwnedFd) result.close()
  if ('control' in result) release(result.control)
  if ('fds' in result) for (const owned of result.fds as { close(): void }[]) owned.close()
}

const wrong: string[] = []
let thrown = 0
open()
close()
const before = descriptors()
for (let i = 0; i < Number(calls) && wrong.length < 20; i++) {
  open()
  for (const socket of sockets) socket.settimeout(0)
  if (random(2) === 0) sockets[0]!.send('something')
  const given = Array.from({ length: random(5) }, value)
  let name = ''
  try {
    if (random(5) > 0) {
      const [method, call] = oneOf(methods)
      name = method
      release(call.apply(oneOf(sockets), given))
    } else {
      name = oneOf(functions)
      const call = C[name as (typeof functions)[number]] as Method
      if (name.endsWith('Option')) given.splice(0, 2, oneOf(sockets), oneOf(optionsOf))
      if (name === 'recvExactly') given[0] = oneOf(sockets)
      release(call(...given))
    }
  } catch (error) {
    thrown++
    const coded = error instanceof Error && 'code' in error && typeof error.code === 'string'
    if (!coded && error !== purpose)
      wrong.push(`${i}: ${name}(${given.map(one => typeof one).join()}) threw ${inspect(error).slice(0, 400)}`)
  }
  close()
  if (!isWhole()) wrong.push(`${i}: ${name} wrote outside its view`)
  if (!isWhole()) memory.fill(0xa5)
  if (i % 100 === 99 && descriptors() !== before) wrong.push(`${i}: ${descriptors() - before} descriptors are left`)
}
console.log(JSON.stringify({ calls: Number(calls), thrown, wrong }))
