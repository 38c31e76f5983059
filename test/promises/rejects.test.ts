// A method that gives a promise throws nothing itself: what is wrong with its arguments rejects the promise, with a code.
import { inspect } from 'node:util'
import { MSG_WAITALL } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { expect, onTestFinished, test } from 'vitest'
import { detachedViews, values as all } from '../support/arguments/values.js'

type Method = (this: Socket, ...given: unknown[]) => unknown

const purpose = Object.assign(new Error('on purpose'), { code: 'ON_PURPOSE' })
const hostile = (...names: string[]): object =>
  Object.defineProperties(
    {},
    Object.fromEntries(
      names.map(name => [
        name,
        {
          get: () => {
            throw purpose
          },
          enumerable: true,
        },
      ]),
    ),
  )

const values = [
  ...all.filter(one => !ArrayBuffer.isView(one) || detachedViews.has(one) || one.byteLength < 2 ** 20),
  ...[hostile('signal'), hostile('timeout'), hostile('byteLength'), hostile('address', 'port', 'path', 'family')],
  ...[{ timeout: -1 }, { timeout: NaN }, { timeout: '1' }, { signal: {} }, { signal: AbortSignal.abort() }],
  new Proxy([], { get: () => ((): never => { throw purpose })() }), // prettier-ignore
]

const view = new Uint8Array(8)

// Methods, and arguments that are right; each is given what is wrong in turn.
const methods: [name: keyof Socket & string, right: unknown[]][] = [
  ['readable', [{}]],
  ['writable', [{}]],
  ['accept', [{}]],
  ['connect', [{ path: '/nowhere/of/ours' }, {}]],
  ['recv', [8, 0, {}]],
  ['recv', [8, MSG_WAITALL, {}]],
  ['recvInto', [view, 0, {}]],
  ['recvInto', [view, MSG_WAITALL, {}]],
  ['recvfrom', [8, 0, {}]],
  ['recvfrom', [8, MSG_WAITALL, {}]],
  ['recvfromInto', [view, 0, {}]],
  ['recvfromInto', [view, MSG_WAITALL, {}]],
  ['send', [view, 0, {}]],
  ['sendall', [view, 0, {}]],
  ['sendto', [view, { path: '/nowhere/of/ours' }, 0, {}]],
  ['recvmsg', [8, 0, 0, {}]],
  ['recvmsg', [8, 0, MSG_WAITALL, {}]],
  ['recvmsgInto', [[view], 0, 0, {}]],
  ['recvmsgInto', [[view], 0, MSG_WAITALL, {}]],
  ['sendmsg', [[view], [], 0, undefined, {}]],
  ['recvFds', [8, 1, 0, {}]],
  ['recvFds', [8, 1, MSG_WAITALL, {}]],
  ['sendFds', [view, [], 0, undefined, {}]],
  ['sendallFds', [view, [], 0, {}]],
  ['recvmmsg', [undefined, 0, {}]],
  ['sendmmsg', [undefined, 1, 0, 0, {}]],
  ['sendfile', [-1, 0, 1, {}]],
]

// What is not a promise: it waits for nothing, or is a loop, which is rejected at its first turn; messages() throws for wrong options.
const synchronous = new Set<string | symbol>([
  ...['constructor', 'ref', 'unref', 'released', 'close'],
  ...['connections', 'chunks', 'messages'],
])

test('each method that gives a promise is in the table', () => {
  const own = Reflect.ownKeys(Socket.prototype).filter(key => typeof key === 'string' && !synchronous.has(key))
  expect(own.toSorted()).toEqual([...new Set(methods.map(([name]) => name))].sort())
})

test.each(methods)('%s(%o): what is wrong rejects', async (name, right) => {
  const [a, b] = Socket.pair()
  onTestFinished(() => (a.close(), b.close()))
  a.settimeout(0)
  const wrong: string[] = []
  for (let place = 0; place < right.length; place++) {
    for (const value of values) {
      const given = right.with(place, value)
      const said = (what: string, error?: unknown): void =>
        void wrong.push(
          `${name}, value ${values.indexOf(value)} as argument ${place}, ${what} ${inspect(error).slice(0, 300)}`,
        )
      let result: unknown
      try {
        result = (a[name] as Method).apply(a, given) // oxlint-disable-line prefer-spread -- it keeps its type
      } catch (error) {
        said('threw', error)
        continue
      }
      if (!(result instanceof Promise)) said('gave no promise')
      await Promise.resolve(result).catch((error: unknown) => {
        if (typeof (error as { code?: unknown }).code !== 'string') said('rejected with', error)
      })
    }
  }
  expect(wrong).toEqual([])
})
