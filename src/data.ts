// The bytes that are sent and received: where they come from, and the buffers that receives use.
import { types } from 'node:util'
import { MSG_TRUNC } from './constants.js'
import { checkFlags, checkInteger, invalidType, invalidValue } from './checks.js'
import { makeRoom, margin, roomFor } from './syscalls/room.js'
import type { View } from './syscalls/native.js'

/** Data to send: bytes, also in shared memory, which are not copied; or a string, encoded as UTF-8. */
export type Data = View | ArrayBuffer | SharedArrayBuffer | string

/** The bytes of `data`. Throws a TypeError for any other type. */
export function bytesOf(data: Data): View {
  if (ArrayBuffer.isView(data)) return data
  if (typeof data === 'string') return Buffer.from(data)
  if (types.isAnyArrayBuffer(data)) {
    try {
      return new Uint8Array(data)
    } catch {
      throw invalidValue('data', data, 'must not be detached')
    }
  }
  throw invalidType('data', data, 'an ArrayBufferView, an ArrayBuffer or a string')
}

/**
 * The bytes of a view, without a copy.
 *
 * @throws TypeError with a code (V8's own has none) if it is not a view, or its memory is detached
 */
export function viewed(name: string, view: View): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(view)) throw invalidType(name, view, 'an ArrayBufferView')
  try {
    return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength)
  } catch {
    throw invalidValue(name, view, 'must not be detached')
  }
}

/** The number of bytes that a view or an ArrayBuffer has now; 0 if its memory is detached, or it is neither. */
export function lengthOf(memory: unknown): number {
  try {
    const { byteLength } = memory as { byteLength?: unknown }
    return typeof byteLength === 'number' ? byteLength : 0
  } catch {
    return 0 // a DataView whose memory is detached
  }
}

/**
 * Checks, when a call continues after a wait, that its memory still has `length` bytes. With fewer bytes the call would send
 * less, or receive nothing, which means end-of-file.
 *
 * @throws TypeError if it has fewer
 */
export function checkLent(name: string, memory: unknown, length: number): void {
  if (lengthOf(memory) < length)
    throw invalidValue(name, memory, 'must not be detached or shrunk before the call is done')
}

const { Buffer } = globalThis // there it is a getter, and calling that for each message costs as much as copying a short one

// Receives use these shared buffers: so a waiter holds no memory, and a received Buffer holds at most twice its length.
const slab = roomFor(16 * 1024)
let part = slab // the latest part that was requested: the next one often has the same size
const largestKept = 256 * 1024 // bytes; larger buffers are not reused
const rooms: (Buffer | undefined)[] = [] // buffers larger than the slab: number i has 2 ** i bytes
let last: { from: Buffer; bytes: Buffer } = { from: part, bytes: part } // the latest received bytes: often the same length

const log2 = (size: number): number => 32 - Math.clz32(size - 1)

/**
 * A shared buffer of `size` bytes, valid until the next call; `received` must take the bytes out before that. With MSG_TRUNC
 * it is a new buffer of zeros: the kernel then counts bytes of a stream that it does not write. tcp(7)
 */
export function sharedRoom(size: number, flags = 0): Buffer {
  checkInteger('size', size, 0, 2 ** 31 - 1)
  if ((checkFlags(flags) & MSG_TRUNC) !== 0) return makeRoom('size', size, 'alloc')
  if (size <= slab.length) return part.length === size ? part : (part = slab.subarray(0, size))
  if (size > largestKept) return roomFor(size)
  const room = (rooms[log2(size)] ??= roomFor(2 ** log2(size)))
  return size === room.length ? room : room.subarray(0, size)
}

/** A new buffer of `size` bytes, for data that arrive in pieces. */
export function allRoomFor(size: number, flags: number): Buffer {
  checkInteger('size', size, 0, 2 ** 31 - 1)
  return makeRoom('size', size, (checkFlags(flags) & MSG_TRUNC) === 0 ? 'allocUnsafeSlow' : 'alloc')
}

/** Takes the first `count` bytes out of the buffer of `sharedRoom`; for a truncated message (MSG_TRUNC) `count` may be larger. */
export function received(from: Buffer, count: number): Buffer {
  const length = Math.min(count, from.length)
  // Asking for the memory of a view costs as much as a short call: most receives fill less than half of the view.
  if (from.length > slab.length && 2 * length >= from.length && 2 * length >= from.buffer.byteLength) {
    const { buffer } = from
    const kept = log2(buffer.byteLength - margin)
    if (rooms[kept]?.buffer === buffer) rooms[kept] = undefined // it belongs to the receiver now
    last = { from: part, bytes: part }
    return length < from.length ? from.subarray(0, length) : from
  }
  const bytes = Buffer.allocUnsafe(length)
  if (from.length > largestKept) from.copy(bytes)
  else {
    if (last.from !== from || last.bytes.length !== length) last = { from, bytes: from.subarray(0, length) }
    bytes.set(last.bytes) // copy() would create that view each time
  }
  return bytes
}

/** A copy of bytes that are valid during this call only. */
export function copied(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length)
  copy.set(bytes)
  return copy
}

/**
 * A call in steps. `step` sends or receives until all is done (true), the kernel would block (null), or it has made as many
 * calls as a burst allows (false).
 */
export interface Steps {
  /** The number of bytes sent or received. */
  done: number
  readonly step: () => boolean | null
}

/**
 * Sends or receives `total` bytes, of which `done` are done already. `tryNext` tries to send or receive the bytes after the
 * first `done`, and returns how many; it is called at least once, and 0 ends the steps early. A step makes at most `burst`
 * calls.
 */
export function inSteps(total: number, tryNext: (done: number) => number | null, burst = Infinity, done = 0): Steps {
  const steps: Steps = {
    done,
    step: () => {
      for (let calls = 0; calls < burst; calls++) {
        const count = tryNext(steps.done)
        if (count === null) return null
        steps.done += count
        if (count === 0 || steps.done >= total) return true
      }
      return false
    },
  }
  return steps
}
