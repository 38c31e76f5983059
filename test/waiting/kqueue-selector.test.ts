// Kqueue and its selector on systems without kqueue: over a replacement of the two calls, with the constants of macOS.
import { openSync } from 'node:fs'
import { beforeEach, describe, expect, test, vi } from 'vitest'

const macos = { EV_ADD: 1, EV_DELETE: 2, EVFILT_READ: -1, EVFILT_WRITE: -2 }
const { EV_ADD, EV_DELETE, EVFILT_READ, EVFILT_WRITE } = macos

// struct kevent of <sys/event.h>: each field's offset, size, and whether it is signed.
const kevent: Record<string, [offset: number, size: number, signed: boolean]> = {
  ident: [0, 8, false],
  filter: [8, 2, true],
  flags: [10, 2, false],
  fflags: [12, 4, false],
  data: [16, 8, true],
  udata: [24, 8, false],
}

const kernel = vi.hoisted(() => ({
  /** The arguments of the calls of kevent: the changes, and the maximum number of events. */
  calls: [] as [changes: Buffer, room: number][],
  /** The results of the next calls. */
  results: [] as (number | Buffer)[],
}))

vi.mock('../../src/constants.js', async original => ({ ...(await original<object>()), ...macos }))
vi.mock('../../src/syscalls/layout.js', async original => {
  const layout = await original<typeof import('../../src/syscalls/layout.js')>()
  return {
    ...layout,
    sizeOf: (name: string) => (name === 'kevent_t' ? 32 : layout.sizeOf(name)),
    field: (name: string) => {
      if (!name.startsWith('kevent_t.')) return layout.field(name)
      const [offset, size, signed] = kevent[name.slice(9)]!
      return { offset, size, signed }
    },
  }
})
vi.mock('../../src/syscalls/index.js', async original => ({
  ...(await original<object>()),
  kqueue: () => 0,
  kevent: (_: number, changes: Buffer | null, events: Buffer | null) => {
    kernel.calls.push([changes ?? Buffer.alloc(0), (events?.length ?? 0) / 32])
    const result = kernel.results.shift() ?? 0
    if (typeof result === 'number') return result
    result.copy(events!)
    return result.length / 32
  },
}))
vi.mock('../../src/syscalls/native.js', async original => {
  const native = await original<typeof import('../../src/syscalls/native.js')>()
  const open = (): number => openSync('/dev/null', 'r')
  return { ...native, callOwning: (name: string) => (name === 'kqueue' ? open : native.callOwning(name)) }
})

const { Kqueue } = await import('../../src/waiting/kqueue.js')
const { KqueueKernel } = await import('../../src/waiting/selectors/kqueue.js')
const { KqueueSelector } = await import('../../src/waiting/selector.js')

function bytes(...events: [ident: number, filter: number, flags: number, data?: number][]): Buffer {
  const all = Buffer.alloc(events.length * 32)
  events.forEach(([ident, filter, flags, data = 0], i) => {
    all.writeBigUInt64LE(BigInt(ident), i * 32)
    all.writeInt16LE(filter, i * 32 + 8)
    all.writeUInt16LE(flags, i * 32 + 10)
    all.writeBigInt64LE(BigInt(data), i * 32 + 16)
  })
  return all
}

beforeEach(() => {
  kernel.calls = []
  kernel.results = []
})

test('a Kqueue makes changes and returns events', () => {
  using kqueue = new Kqueue!()
  kernel.results = [bytes([7, EVFILT_READ, 0x8000, 5], [8, EVFILT_WRITE, 0])]
  const events = kqueue.control([{ ident: 7, filter: EVFILT_READ, flags: EV_ADD, udata: 3 }], 4, 0)
  expect(events).toEqual([
    { ident: 7, filter: EVFILT_READ, flags: 0x8000, fflags: 0, data: 5, udata: 0 },
    { ident: 8, filter: EVFILT_WRITE, flags: 0, fflags: 0, data: 0, udata: 0 },
  ])
  const changes = bytes([7, EVFILT_READ, EV_ADD])
  changes.writeBigUInt64LE(3n, 24)
  expect(kernel.calls).toEqual([[changes, 4]])
  kernel.results = [-2]
  expect(() => kqueue.control([], 0)).toThrow('kevent ENOENT')
  expect(kqueue.control([], 1, 0)).toEqual([])
})

describe('its selector', () => {
  const changes = (): Buffer[] => kernel.calls.map(([changed]) => changed)

  test('has a filter for each direction', () => {
    const selector = new KqueueKernel()
    selector.add(5, 3)
    selector.change(5, 2, 3)
    selector.change(5, 3, 2)
    selector.remove(5, 3)
    expect(changes()).toEqual([
      bytes([5, EVFILT_READ, EV_ADD]),
      bytes([5, EVFILT_WRITE, EV_ADD]),
      bytes([5, EVFILT_READ, EV_DELETE]),
      bytes([5, EVFILT_READ, EV_ADD]),
      bytes([5, EVFILT_READ, EV_DELETE]),
      bytes([5, EVFILT_WRITE, EV_DELETE]),
    ])
    selector.close()
  })

  test('leaves no filter if the second fails, and ignores closed descriptors', () => {
    const selector = new KqueueKernel()
    kernel.results = [0, -9, 0, -2]
    expect(() => selector.add(5, 3)).toThrow('kevent EBADF')
    expect(changes().at(-2)).toEqual(bytes([5, EVFILT_READ, EV_DELETE]))
    kernel.results = [-2, -2]
    expect(() => selector.remove(5, 3)).not.toThrow()
    selector.close()
  })

  test('reports both directions of one descriptor together', () => {
    using selector = new KqueueSelector!<string>()
    selector.register(5, 3, 'five')
    selector.register(6, 1, 'six')
    kernel.results = [bytes([5, EVFILT_READ, 0], [6, EVFILT_READ, 0x8000], [5, EVFILT_WRITE, 0])]
    const told = selector.select(0).map(([{ data }, events]) => [data, events])
    expect(told).toEqual([
      ['five', 3],
      ['six', 1],
    ])
    expect(kernel.calls.at(-1)![1]).toBe(4)
  })
})
