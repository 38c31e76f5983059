// What goes over a socket: the bytes of what can be sent, and of what was received.
import { invalidType } from './errors.js'
import type { View } from './native.js'

/** What can be sent: bytes, where they lie, shared memory included; or a string, as UTF-8. */
export type Data = View | ArrayBuffer | SharedArrayBuffer | string

/** The bytes of `data`. */
export function bytesOf(data: Data): View {
  if (ArrayBuffer.isView(data)) return data
  if (typeof data === 'string') return Buffer.from(data)
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data)
  throw invalidType('data', data, 'an ArrayBufferView, an ArrayBuffer or a string')
}

/** The part of a fresh buffer that was filled; a small part of a large one is copied, so as not to hold it all. */
export function filled(buffer: Buffer, count: number): Buffer {
  const part = buffer.subarray(0, count) // MSG_TRUNC may count more than there is room for
  return buffer.length > 4096 && part.length < buffer.length >> 1 ? Buffer.from(part) : part
}

/** Sending in steps: `step` sends what the kernel takes, until all is `sent` (true) or there is no room (null). */
export interface Sending {
  /** How many bytes went. */
  sent: number
  readonly step: () => true | null
}

/** Sends at most `total` bytes by a call that tries to send what comes after so many; it ends early where that sends 0. */
export function inSteps(total: number, trySend: (sent: number) => number | null): Sending {
  const sending: Sending = {
    sent: 0,
    step: () => {
      while (sending.sent < total) {
        const count = trySend(sending.sent)
        if (count === null) return null
        if (count === 0) break
        sending.sent += count
      }
      return true
    },
  }
  return sending
}
