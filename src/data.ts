// What goes over a socket: the bytes of what can be sent, and of what was received.
import { types } from 'node:util'
import { MSG_TRUNC } from './constants.js'
import { checkFlags, checkInteger, invalidType, invalidValue } from './checks.js'
import { makeRoom, margin, roomFor } from './syscalls/room.js'
import type { View } from './syscalls/native.js'

/** What can be sent: bytes, where they lie, shared memory included; or a string, as UTF-8. */
export type Data = View | ArrayBuffer | SharedArrayBuffer | string

/** The bytes of `data`. */
export function bytesOf(data: Data): View {
  if (ArrayBuffer.isView(data)) return data
  if (typeof data === 'string') return Buffer.from(data)
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data)
  throw invalidType('data', data, 'an ArrayBufferView, an ArrayBuffer or a string')
}

/**
 * The bytes of a view, where they lie.
 *
 * @throws TypeError with a code where it is none, or its memory is gone: V8's own has none
 */
export function viewed(name: string, view: View): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(view)) throw invalidType(name, view, 'an ArrayBufferView')
  try {
    return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength)
  } catch {
    throw invalidValue(name, view, 'must not be detached')
  }
}

/** How many bytes a view or an ArrayBuffer has now: none where the memory is gone, or it is neither. */
export function lengthOf(memory: unknown): number {
  try {
    const { byteLength } = memory as { byteLength?: unknown }
    return typeof byteLength === 'number' ? byteLength : 0
  } catch {
    return 0 // a DataView whose memory is gone
  }
}

/**
 * Memory that a call was given, and had so many bytes, must have them still when the call goes on after a wait: without
 * them it would send less, or receive nothing, which is an end.
 */
export function checkLent(name: string, memory: unknown, length: number): void {
  if (lengthOf(memory) < length)
    throw invalidValue(name, memory, 'must not be detached or shrunk before the call is done')
}

// What is received goes through these, so that a waiter holds no memory, and a receiver twice as much as came at most.
const slab = roomFor(16 * 1024)
let part = slab // that was asked for last: it is often the same
const most = 256 * 1024 // bytes that are kept for whoever asks for as many again
const rooms: (Buffer | undefined)[] = [] // those larger than the slab: of 2 ** i bytes
let last: { from: Buffer; bytes: Buffer } = { from: part, bytes: part } // what was received: it is often as long again

const log2 = (size: number): number => 32 - Math.clz32(size - 1)

/**
 * Room for `size` bytes, until the next call; what is received into it is to be taken by `received` before that. With
 * MSG_TRUNC it is of its own, and zero: the kernel then counts bytes of a stream that it leaves out. tcp(7)
 */
export function sharedRoom(size: number, flags = 0): Buffer {
  checkInteger('size', size, 0, 2 ** 31 - 1)
  if ((checkFlags(flags) & MSG_TRUNC) !== 0) return makeRoom('size', size, 'alloc')
  if (size <= slab.length) return part.length === size ? part : (part = slab.subarray(0, size))
  if (size > most) return roomFor(size)
  const room = (rooms[log2(size)] ??= roomFor(2 ** log2(size)))
  return size === room.length ? room : room.subarray(0, size)
}

/** Room for `size` bytes of its own, for what comes piece by piece. */
export function allRoomFor(size: number, flags: number): Buffer {
  checkInteger('size', size, 0, 2 ** 31 - 1)
  return makeRoom('size', size, (checkFlags(flags) & MSG_TRUNC) === 0 ? 'allocUnsafeSlow' : 'alloc')
}

/** The first `count` bytes of the room; a truncated message (MSG_TRUNC) may count more than there are. */
export function received(from: Buffer, count: number): Buffer {
  const length = Math.min(count, from.length)
  const { buffer } = from
  if (buffer !== slab.buffer && 2 * length >= buffer.byteLength) {
    const kept = log2(buffer.byteLength - margin)
    if (rooms[kept]?.buffer === buffer) rooms[kept] = undefined // it is the receiver's now
    last = { from: part, bytes: part }
    return length < from.length ? from.subarray(0, length) : from
  }
  const bytes = Buffer.allocUnsafe(length)
  if (from.length > most) from.copy(bytes)
  else {
    if (last.from !== from || last.bytes.length !== length) last = { from, bytes: from.subarray(0, length) }
    bytes.set(last.bytes) // copy() would make that view each time
  }
  return bytes
}

/**
 * Sending in steps: `step` sends what the kernel takes, until all is `sent` (true), there is no room (null), or so many
 * calls were made that others should have their turn (false).
 */
export interface Sending {
  /** How many bytes went. */
  sent: number
  /** Whether that is all. */
  whole: boolean
  readonly step: () => boolean | null
}

/**
 * Sends `total` bytes, of which so many are `sent` already, by a call that tries to send what comes after so many, once
 * even where they are none; it ends early where that sends 0. A step makes at most `burst` such calls.
 */
export function inSteps(total: number, trySend: (sent: number) => number | null, burst = Infinity, sent = 0): Sending {
  const sending: Sending = {
    sent,
    whole: false,
    step: () => {
      for (let calls = 0; calls < burst; calls++) {
        const count = trySend(sending.sent)
        if (count === null) return null
        sending.sent += count
        if (count === 0 || sending.sent >= total) return (sending.whole = true)
      }
      return false
    },
  }
  return sending
}
