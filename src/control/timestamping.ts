// When a message came or went. SO_TIMESTAMPING
import { SCM_TIMESTAMPING, SOL_SOCKET } from '../constants.js'
import { sizeOf } from '../syscalls/layout.js'
import { message } from './message.js'
import { readTimespec } from './timestamp.js'

/** When a datagram came or went, in nanoseconds since 1970; null where nobody took the time. SO_TIMESTAMPING */
export interface Timestamping {
  /** By the kernel's clock, in nanoseconds since 1970; null: not taken. */
  software: bigint | null
  /** By the network card's clock, whatever that counts from. */
  hardware: bigint | null
}

/** Three of them, the one in the middle in use no more; 0 stands for none. */
function read(data: Buffer): Timestamping | undefined {
  const size = sizeOf('timespec')
  if (data.length < 3 * size) return undefined
  return { software: readTimespec(data) || null, hardware: readTimespec(data.subarray(2 * size)) || null }
}

export const timestamping = message<Timestamping>({ level: SOL_SOCKET, type: SCM_TIMESTAMPING, read })
