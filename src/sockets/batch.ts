// Many messages in one system call, without an object for each.
import { types } from 'node:util'
import { addressRoom, decodeAddress, encodeAddress } from '../structs/address.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { AF_INET, AF_UNIX, MSG_CTRUNC, MSG_TRUNC } from '../constants.js'
import { decodeControl, encodeControl } from '../control/control.js'
import type { ControlMessage, OutgoingControl } from '../control/control.js'
import { bytesOf, viewed } from '../data.js'
import type { Data } from '../data.js'
import { checkInteger, checkProperties, invalidThis, invalidType, outOfRange } from '../checks.js'
import type { Properties } from '../checks.js'
import { attempt, interrupted, outcome } from '../syscalls/result.js'
import { MessageBatch as Slots } from '../syscalls/message.js'
import { receiveFlags, shownFlags } from './messages.js'
import type { View } from '../syscalls/native.js'
import { sendFlags } from '../descriptors/open.js'
import { recvmmsgOwning, recvmsgOwning } from '../syscalls/message.js'
import { sendmmsg, sendmsg } from '../syscalls/index.js'

/** What a batch has room for, besides the bytes of its messages. */
export interface BatchOptions {
  /** Bytes for each address, 0 for none; default: enough for any. */
  nameSize?: number
  /** Bytes for the control messages of each; default: 0. CMSG_SPACE says how many a message takes. */
  controlSize?: number
  /** The family of the socket that is to send it; default: AF_INET. */
  family?: number
}

const batchOptions: Properties<BatchOptions> = { nameSize: 'option', controlSize: 'option', family: 'option' }

let arrived: (batch: MessageBatch, count: number, family: number) => void

// Refuses a `this` of another class; each method begins with it.
let brand: (self: MessageBatch) => unknown

/**
 * Messages in equal slots, laid out once and used again: what `recvmmsg` fills and `sendmmsg` sends. Nothing is made
 * for a message but what is asked for. One that was received without control messages stands ready to be sent back to its
 * sender. recvmmsg(2), sendmmsg(2)
 *
 * ```ts
 * const batch = new MessageBatch(64, 2048)
 * for (;;) {
 *   const count = socket.recvmmsg(batch)
 *   for (let i = 0; i < count; i++) batch.reply(i, answer(batch.bytes(i)))
 *   socket.sendmmsg(batch, count)
 * }
 * ```
 */
export class MessageBatch extends Slots {
  readonly family: number
  readonly #family: number | undefined // as it was given: without it the batch may go to sockets of any
  #control: ControlMessage[][] = []
  #arrived = 0
  #unnamed = new Set<number>() // the messages of Unix sockets without a name

  static {
    brand = self => {
      try {
        return self.#arrived
      } catch {
        throw invalidThis('MessageBatch')
      }
    }
  }

  /** Room for `count` messages, 1 to 1,024, of `size` bytes each. */
  constructor(count: number, size: number, options: BatchOptions = {}) {
    checkProperties('options', options, batchOptions)
    const { nameSize = addressRoom, controlSize = 0, family } = options
    super(count, size, { nameSize, controlSize })
    this.family = family ?? AF_INET
    this.#family = family
  }

  static {
    arrived = (batch, count, family) => {
      batch.#control = []
      batch.#arrived = count
      batch.#unnamed.clear()
      if (family !== AF_UNIX) return
      // Only such a socket brings descriptors, and these are taken at once: no message can be left that nobody looks at.
      for (let i = 0; i < count; i++) {
        batch.control(i)
        if (batch.results[i * 4 + 1] === 0) batch.#unnamed.add(i)
      }
    }
  }

  #slot(i: number): number {
    return checkInteger('i', i, 0, this.count - 1)
  }

  /** The bytes of message `i`, where they lie: until the batch is used again. */
  bytes(i: number): Buffer {
    brand(this)
    const start = this.#slot(i) * this.size
    return this.data.subarray(start, start + Math.min(this.results[i * 4]!, this.size))
  }

  /**
   * The address of message `i`: where it came from, `{ family: 'unix' }` where that has no name, or is to go to; null
   * where it has none.
   */
  address(i: number): SocketAddress | null {
    brand(this)
    const length = this.results[this.#slot(i) * 4 + 1]!
    if (this.names === null) return null
    if (length === 0) return this.#unnamed.has(i) ? { family: 'unix' } : null
    return decodeAddress(this.names.subarray(i * this.nameSize, (i + 1) * this.nameSize), length)
  }

  /** The control messages that came with message `i`; their bytes lie in the batch, until it is used again. */
  control(i: number): ControlMessage[] {
    brand(this)
    const length = this.results[this.#slot(i) * 4 + 2]!
    if (this.controls === null || i >= this.#arrived) return []
    const slot = this.controls.subarray(i * this.controlSize, (i + 1) * this.controlSize)
    return (this.#control[i] ??= decodeControl(slot, length)) // once: it owns descriptors
  }

  /** MSG_TRUNC, MSG_CTRUNC and the like. */
  flags(i: number): number {
    brand(this)
    return shownFlags(this.results[this.#slot(i) * 4 + 3]!)
  }

  /** Whether message `i` was longer than its slot. */
  truncated(i: number): boolean {
    brand(this)
    return (this.flags(i) & MSG_TRUNC) !== 0
  }

  /** Whether there was too little room for the control messages of message `i`. */
  controlTruncated(i: number): boolean {
    brand(this)
    return (this.flags(i) & MSG_CTRUNC) !== 0
  }

  /** Makes message `i` one to send, to `address` or to the socket's peer. The batch keeps a copy of all of it. */
  set(i: number, data: Data, address: AddressLike | null = null, control: readonly OutgoingControl[] = []): void {
    brand(this)
    const name = address === null ? null : encodeAddress(address, this.#family)
    this.results[this.#slot(i) * 4 + 1] = fill(this.names, i, this.nameSize, name, 'address')
    this.#unnamed.delete(i)
    this.reply(i, data, control)
  }

  /** As set, but to the address that stands there: for a message that was received, its sender's. */
  reply(i: number, data: Data, control: readonly OutgoingControl[] = []): void {
    brand(this)
    this.results[this.#slot(i) * 4] = fill(this.data, i, this.size, bytesOf(data), 'data')
    const messages = encodeControl(control, this.family)
    this.results[i * 4 + 2] = fill(this.controls, i, this.controlSize, messages, 'control')
    this.results[i * 4 + 3] = 0
    if (this.controls !== null) this.#control[i] = [] // what is to be sent came from nowhere
  }
}

// Copies bytes into slot `i`, and returns how many they are.
function fill(slots: Buffer | null, i: number, size: number, bytes: View | null, name: string): number {
  if (bytes === null) return 0
  const source = types.isUint8Array(bytes) && bytes.length > 0 ? bytes : viewed(name, bytes)
  if (slots === null || source.length > size) throw outOfRange(name, source.length, `at most ${size} bytes`)
  slots.set(source, i * size)
  return source.length
}

/** recvmmsg for a kernel without it. */
export function recvmmsgByOne(fd: number, batch: MessageBatch, flags: number): number {
  const { count, size, nameSize, controlSize, data, names, controls, results } = batch
  for (let i = 0; i < count; i++) {
    const name = names?.subarray(i * nameSize, (i + 1) * nameSize) ?? null
    const control = controls?.subarray(i * controlSize, (i + 1) * controlSize) ?? null
    const iov = [data.subarray(i * size, (i + 1) * size)]
    const message = { name, iov, control, nameLength: 0, controlLength: 0, flags: 0 }
    const result = recvmsgOwning(fd, message, flags)
    if (result < 0) return i === 0 ? result : i
    results.set([result, message.nameLength, message.controlLength, message.flags], i * 4)
  }
  return count
}

/** sendmmsg for a kernel without it. */
export function sendmmsgByOne(fd: number, batch: MessageBatch, flags: number, count: number, start: number): number {
  const { size, nameSize, controlSize, data, names, controls, results } = batch
  const part = (slots: Buffer | null, start: number, length: number): Buffer | null =>
    length === 0 ? null : (slots?.subarray(start, start + length) ?? null)
  for (let i = start; i < start + count; i++) {
    const iov = [data.subarray(i * size, i * size + Math.min(results[i * 4]!, size))]
    const name = part(names, i * nameSize, Math.min(results[i * 4 + 1]!, nameSize))
    const control = part(controls, i * controlSize, Math.min(results[i * 4 + 2]!, controlSize))
    const result = sendmsg(fd, { name, iov, control, nameLength: 0, controlLength: 0, flags: 0 }, flags)
    if (result < 0) return i === start ? result : i - start
    results[i * 4] = result
  }
  return count
}

/** A MessageBatch, or an exception. */
export function checkBatch(batch: MessageBatch): void {
  if (!(batch instanceof MessageBatch)) throw invalidType('batch', batch, 'a MessageBatch')
}

/** One message without bytes, and without a sender. */
export function emptyBatch(batch: MessageBatch, family: number): number {
  batch.results.fill(0, 0, 4)
  arrived(batch, 1, family)
  return 1
}

/** Receives as many messages as there are and fit, over a socket of `family`; null where none has come. */
export function receiveBatch(
  fd: number,
  family: number,
  batch: MessageBatch,
  flags: number,
  receive: typeof recvmmsgByOne = recvmmsgOwning ?? recvmmsgByOne,
): number | null {
  arrived(batch, 0, family)
  const count = attempt(() => receive(fd, batch, receiveFlags(flags, family)), 'recvmmsg')
  if (count === null) return null
  arrived(batch, count, family)
  return count
}

/**
 * Sends `count` messages from message `start`, as many as there is room for, or those before one that fails: the error is
 * that of the first. Null where there is no room.
 */
export function sendBatch(
  fd: number,
  batch: MessageBatch,
  count: number,
  flags: number,
  start = 0,
  send: typeof sendmmsgByOne = sendmmsg ?? sendmmsgByOne,
): number | null {
  checkInteger('start', start, 0, batch.count)
  checkInteger('count', count, 0, batch.count - start)
  if (start === batch.count) return 0
  for (;;) {
    const result = send(fd, batch, sendFlags(flags), count, start)
    if (interrupted(result)) continue
    return outcome(result, 'sendmmsg', result < 0 ? (batch.address(start) ?? undefined) : undefined)
  }
}
