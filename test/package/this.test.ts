// Methods and accessors that get another `this`: each of every class that the package exports says so with a code.
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import * as http from '../../src/http/index.js'
import { RequestBody } from '../../src/http/request-body.js'
import { HttpRequest } from '../../src/http/request.js'
import * as main from '../../src/index.js'
import * as promises from '../../src/promises/index.js'
import * as reactor from '../../src/reactor/index.js'
import * as socketserver from '../../src/socketserver/index.js'
import * as streams from '../../src/streams/index.js'
import * as syscalls from '../../src/syscalls/index.js'

const entries: Record<string, object> = { main, syscalls, promises, reactor, streams, http, socketserver }

type Class = (abstract new (...given: never[]) => object) & { prototype: object }

const isClass = (value: unknown): value is Class => typeof value === 'function' && /^class\b/.test(String(value))

/** The classes of an entry, by name. */
const classesOf = (entry: object): [string, Class][] =>
  Object.entries(entry).flatMap(([name, value]): [string, Class][] => (isClass(value) ? [[name, value]] : []))

// Those that are exported as types only: programs get objects of them.
const server = reactor.listen({ port: 0, address: '127.0.0.1' })
const connection = reactor.connect({ port: (server.address as { port: number }).port, address: '127.0.0.1' })
const datagrams = reactor.bind({ port: 0, address: '127.0.0.1' })
const given = [server, connection, datagrams].map((one): [string, Class] => [
  one.constructor.name,
  one.constructor as Class,
])
connection.destroy()
datagrams.close()
server.close()
const requests: [string, Class][] = [
  ['HttpRequest', HttpRequest],
  ['RequestBody', RequestBody],
]

const ofHandlers = 'has no private state: it works on whatever has the properties, as in Python'
/** What needs no check, and why. */
const exempt: Record<string, string> = {
  BaseRequestHandler: ofHandlers,
  StreamRequestHandler: ofHandlers,
  DatagramRequestHandler: ofHandlers,
}

// What is marked protected or @internal is nobody's to call: it is not checked.
const hidden = new Set(
  'released connecting connected sending last isShut sendingFds sendingFile abandon joined full refuse receivePart sendPart portable'.split(
    ' ',
  ),
)
const internal = new Set('begin peerOf closed ready opened isOf received startClock stopClock threw'.split(' '))

/** Each function of a class and of those that it extends: `recv`, `get fd`. Those of Node's classes are Node's affair. */
function functionsOf({ prototype }: Class, left: ReadonlySet<string>): Map<string, () => unknown> {
  const found = new Map<string, () => unknown>()
  for (let at = prototype; isClass(at.constructor); at = Object.getPrototypeOf(at) as object) {
    for (const key of Reflect.ownKeys(at)) {
      if (key === 'constructor' || key === inspect.custom || left.has(String(key))) continue
      // oxlint-disable-next-line typescript/unbound-method -- it is to be called on another `this`
      const { value, get, set } = Object.getOwnPropertyDescriptor(at, key)!
      for (const [kind, call] of Object.entries({ '': value as unknown, 'get ': get, 'set ': set })) {
        const name = kind + String(key)
        if (typeof call === 'function' && !found.has(name)) found.set(name, call as () => unknown)
      }
    }
  }
  return found
}

/**
 * What comes of a call: the code that it throws or rejects with, or else what it did. Methods of the promises' Socket that are
 * not async throw for a wrong `this`; they reject for wrong arguments.
 */
async function outcome(call: () => unknown, self: unknown): Promise<string> {
  try {
    const result = call.call(self)
    await (typeof (result as Iterator<unknown> | undefined)?.next === 'function'
      ? (result as Iterator<unknown>).next()
      : result)
    return 'nothing thrown'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return typeof code === 'string' ? code : String(error)
  }
}

async function wrong(type: Class, left: ReadonlySet<string>): Promise<string[]> {
  const selves = {
    '{}': {},
    undefined,
    'Object.create(prototype)': Object.create(type.prototype) as unknown,
    'a Map': new Map(),
  }
  const found: string[] = []
  for (const [name, call] of functionsOf(type, left)) {
    for (const [kind, self] of Object.entries(selves)) {
      const code = await outcome(call, self)
      if (code !== 'ERR_INVALID_THIS') found.push(`${name} of ${kind}: ${code}`)
    }
  }
  return found
}

const all = Object.entries(entries).flatMap(([entry, exported]) =>
  classesOf(exported).map(([name, type]): [string, string, Class] => [entry, name, type]),
)

test.each(all.filter(([, name]) => !(name in exempt)))('%s: %s', async (_, __, type) => {
  expect(await wrong(type, hidden)).toEqual([])
})

test.each([...given, ...requests])('%s, of which programs get objects', async (_, type) => {
  expect(await wrong(type, internal)).toEqual([])
})

test.each([...all.map(([, ...one]) => one), ...given])(
  'console.log of a %s, or of what looks like one, never throws',
  (_, type) => {
    for (const one of [
      Object.create(type.prototype) as unknown,
      type.prototype,
      type,
      { __proto__: type.prototype, a: 1 },
    ])
      expect(typeof inspect(one)).toBe('string')
    const show = (type.prototype as { [inspect.custom]?: (depth: number, options: object) => unknown })[inspect.custom]
    for (const self of [undefined, null, 5, {}, new Map(), Object.create(null)])
      expect(typeof (show?.call(self as never, 2, {}) ?? '')).toBe('string')
  },
)

test.each(Object.entries(exempt))('%s is not checked: it %s', name => {
  expect(all.map(([, name]) => name)).toContain(name)
})

test('the error names the class, and a subclass is none of another', () => {
  class Mine extends main.Socket {}
  const socket = new Mine()
  expect(socket.getblocking()).toBe(true)
  socket.close()
  // oxlint-disable-next-line typescript/unbound-method -- as above
  const { recv } = main.Socket.prototype
  const error = { name: 'TypeError', code: 'ERR_INVALID_THIS', message: 'Value of "this" must be of type Socket' }
  expect(() => recv.call(undefined as never, 1)).toThrow(expect.objectContaining(error))
})
