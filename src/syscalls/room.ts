// Memory to receive into. The kernel copies what came by `rep movsb`. On some processors that is several times slower
// where the destination does not begin with a cache line, or lies in the first bytes of a page. An allocation of
// 128 KiB or more has both faults: malloc(3) maps pages for it and keeps 16 bytes at their beginning.
// docs/placement.md has figures.
import { allocated, checkInteger } from '../checks.js'
import { native } from './native.js'

const page = 4096 // larger ones begin at multiples of it too
const cacheLine = 64
const lead = 128 // the bytes of a page to leave out
/** The bytes of a room's memory that it does not show. */
export const margin = lead + cacheLine

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple

/** `size` bytes of the memory that are well placed; it has more by `margin`. */
function placed<Memory extends ArrayBuffer>(memory: Buffer<Memory>, size: number): Buffer<Memory> {
  const offset = native.environment.offsetInPage(memory)
  const line = roundUp(offset, cacheLine)
  const start = line + Math.max(0, lead - (line % page)) - offset
  return memory.subarray(start, start + size)
}

/** As `roomFor`; an error names the argument. */
export const makeRoom = (name: string, size: number, how: 'alloc' | 'allocUnsafeSlow'): Buffer<ArrayBuffer> =>
  placed(allocated(name, size, how, margin), size)

/**
 * Memory of `size` bytes to receive into. It begins with a cache line (64 bytes), and not in the first 128 bytes of a
 * page: on some processors recv(2) copies several times faster to there than into the memory of `Buffer.alloc`. It is not
 * zeroed, as that of `Buffer.allocUnsafeSlow`; its `buffer` has 192 bytes more. Each call allocates: make it once and use
 * it again.
 *
 * ```ts
 * const room = roomFor(256 * 1024)
 * for (let count; (count = socket.recvInto(room)) > 0; ) consume(room.subarray(0, count))
 * ```
 *
 * @throws RangeError ERR_OUT_OF_RANGE where the size is negative or more than 2 ** 31 − 1;
 * ERR_MEMORY_ALLOCATION_FAILED where there is no memory for it
 */
export const roomFor = (size: number): Buffer<ArrayBuffer> =>
  makeRoom('size', checkInteger('size', size, 0, 2 ** 31 - 1), 'allocUnsafeSlow')

// A global of every runtime that the compiler's library has not.
interface WithWebAssembly {
  WebAssembly: { Memory: new (descriptor: { initial: number; maximum: number }) => { buffer: ArrayBuffer } }
}

/**
 * As `roomFor`, for what handlers are lent during a call. A handler that transfers it away would take it from all of the
 * thread: so it is a WebAssembly memory's, the only kind that nothing detaches, neither a message nor `transfer()`. Where
 * the address space is limited (RLIMIT_AS) there is none, and handlers can. ECMA-262, [[ArrayBufferDetachKey]]
 */
export function lentRoom(size: number): Buffer {
  try {
    const { WebAssembly } = globalThis as unknown as WithWebAssembly
    const pages = Math.ceil((size + margin) / 2 ** 16)
    return placed(Buffer.from(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer), size)
  } catch {
    return roomFor(size)
  }
}
