// Received data: later receives never change it, and it never keeps more than twice its memory.
import { Socket } from 'bsd-sockets'
import { afterEach, describe, expect, test } from 'vitest'

const [one, other] = Socket.pair()
afterEach(() => expect(other.tryRecv(1)).toBeNull())

/** Sends `count` bytes of this value and receives them with room for `size`. */
function pass(count: number, value: number, size: number): Buffer {
  one.sendall(Buffer.alloc(count, value))
  return other.recv(size)
}

const kib = 1024
const pool = Buffer.allocUnsafe(1).buffer.byteLength
describe.each([
  ['data that fills its room', 32 * kib, 32 * kib],
  ['data that fills half of its room', 16 * kib, 32 * kib],
  ['data that fills less than half', 16 * kib - 1, 32 * kib],
  ['much data in a room that is too large to be kept', 150 * kib, 300 * kib],
  ['little data in a room that is too large to be kept', kib, 300 * kib],
  ['a message', 64, 256 * kib],
  ['a message in room of its size', 64, 64],
])('%s', (_, count, size) => {
  test('does not change, whatever is received after it', () => {
    const chunks = [1, 2, 3].map(value => pass(count, value, size))
    expect(chunks.map(chunk => [chunk.length, new Set(chunk)])).toEqual([
      [count, new Set([1])],
      [count, new Set([2])],
      [count, new Set([3])],
    ])
    expect(pass(count + 1, 4, size + 1)).toEqual(Buffer.alloc(count + 1, 4))
    expect(pass(count, 5, size)).toEqual(Buffer.alloc(count, 5))
  })

  test('keeps no more than twice its memory, or that of the pool', () => {
    const { buffer } = pass(count, 1, size)
    expect(buffer.byteLength).toBeLessThanOrEqual(Math.max(2 * count, pool))
  })
})

test('writing into received data does not change data that is received later', () => {
  const chunk = pass(20 * kib, 1, 32 * kib)
  const next = pass(20 * kib, 2, 32 * kib)
  chunk.fill(9)
  expect(next).toEqual(Buffer.alloc(20 * kib, 2))
  expect(pass(20 * kib, 3, 32 * kib)).toEqual(Buffer.alloc(20 * kib, 3))
})

test('a large room is kept for the next receive of the same size, whatever sizes are in between', () => {
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 1000; i++) for (const size of [32, 64, 256]) pass(1, 1, size * kib)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4096 * kib) // 1,000 rooms of 32 KiB would be 32 MiB
})

test('an overridden method that receives from another socket does not change the data of the first', () => {
  class Other extends Socket {
    override tryRecvInto(view: NodeJS.ArrayBufferView, flags?: number): number | null {
      kept ??= pass(20 * kib, 1, 32 * kib)
      return super.tryRecvInto(view, flags)
    }
  }
  let kept: Buffer | undefined
  const [here, there] = Other.pair()
  there.sendall(Buffer.alloc(20 * kib, 2))
  expect(here.recv(32 * kib)).toEqual(Buffer.alloc(20 * kib, 2))
  kept ??= pass(20 * kib, 1, 32 * kib)
  expect(kept).toEqual(Buffer.alloc(20 * kib, 1))
  here.close()
  there.close()
})
