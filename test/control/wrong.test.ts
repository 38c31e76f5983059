// Wrong arguments, also views of detached memory: each error has a code.
import { decodeControl, encodeControl, getOption, meaningOf, MessageBatch, parseNetlink, options, PollSelector, setOption, Socket } from 'bsd-sockets' // prettier-ignore
import { expect, test } from 'vitest'
import { detachedViews, values as all } from '../support/arguments/values.js'

const values = all.filter(one => !ArrayBuffer.isView(one) || detachedViews.has(one) || one.byteLength < 2 ** 20)
const view = new Uint8Array(64)
const netlink = new Uint32Array([16, 0, 0, 0])

/** The errors without a code that `call` throws for the values. */
function uncoded(call: (value: never) => unknown): unknown[] {
  return values.flatMap(value => {
    try {
      call(value as never)
    } catch (error) {
      if (typeof (error as { code?: unknown }).code !== 'string') return [error]
    }
    return []
  })
}

test.each<[string, (value: never) => unknown]>([
  ['decodeControl, view', value => decodeControl(value)],
  ['decodeControl, length', value => decodeControl(view, value)],
  ['encodeControl, control', value => encodeControl(value)],
  ['meaningOf', value => meaningOf(value)],
  ['parseNetlink, view', value => parseNetlink(value)],
  ['parseNetlink, length', value => parseNetlink(view, value)],
  ['parseNetlink, offset', value => parseNetlink(netlink)[0]!.payload.u32(value)],
  ['parseNetlink, offset of attributes', value => parseNetlink(netlink)[0]!.payload.attributes(value)],
  ['encodeControl, an entry', value => encodeControl([value])],
  ...['level', 'type', 'data'].map<[string, (value: never) => unknown]>(name => [
    `encodeControl, ${name}`,
    value => encodeControl([{ level: 1, type: 1, data: view, [name]: value }]),
  ]),
  ...['fds', 'credentials', 'packetInfo', 'ttl', 'tos'].map<[string, (value: never) => unknown]>(name => [
    `encodeControl, ${name}`,
    value => encodeControl([{ [name]: value }]),
  ]),
  ['new MessageBatch, count', value => new MessageBatch(value, 1)],
  ['new MessageBatch, size', value => new MessageBatch(1, value)],
  ['new MessageBatch, options', value => new MessageBatch(1, 1, value)],
  ['MessageBatch.set, i', value => { new MessageBatch(1, 64).set(value, 'x') }], // prettier-ignore
  ['MessageBatch.set, data', value => { new MessageBatch(1, 64).set(0, value) }], // prettier-ignore
  ['MessageBatch.set, address', value => { new MessageBatch(1, 64).set(0, 'x', value) }], // prettier-ignore
  ['MessageBatch.set, control', value => { new MessageBatch(1, 64).set(0, 'x', null, value) }], // prettier-ignore
  ['Selector.getKey', value => new PollSelector().getKey(value)],
  ['Selector.modify', value => new PollSelector().modify(value, 1)],
  ['Selector.unregister', value => new PollSelector().unregister(value)],
])('%s', (_, call) => {
  expect(uncoded(call)).toEqual([])
})

test('the options of a socket', () => {
  const [a, b] = Socket.pair()
  for (const option of Object.values(options).filter(option => option !== undefined))
    expect(uncoded(value => { setOption(a, option as never, value) })).toEqual([]) // prettier-ignore
  expect(uncoded(value => getOption(a, value))).toEqual([])
  a.close()
  b.close()
})
