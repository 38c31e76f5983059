// Many messages in one system call, without an object for each.
import type { Parts } from '../shown.js'
import { constantName, shownObject } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import { types } from 'node:util'
import { addressRoom, decodeAddress, encodeAddress } from '../structs/address.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { AF_INET, AF_UNIX, MSG_CTRUNC, MSG_TRUNC } from '../constants.js'
import { decodeControl, encodeControl, prepareControl } from '../control/control.js'
import type { ControlMessage, OutgoingControl } from '../control/control.js'
import { bytesOf, viewed } from '../data.js'
import type { Data } from '../data.js'
import type { OwnedFd } from '../descriptors/owned-fd.js'
import { checkInteger, checkProperties, invalidThis, invalidType, outOfRange } from '../checks.js'
import type { Properties } from '../checks.js'
import { attempt, interrupted, outcome } from '../syscalls/result.js'
import { MessageBatch as Slots } from '../syscalls/message.js'
import { receiveFlags, shownFlags } from './messages.js'
import type { View } from '../syscalls/native.js'
import { sendFlags } from '../descriptors/open.js'
import { recvmmsgOwning, recvmsgOwning } from '../syscalls/message.js'
import { sendmmsg, sendmsg } from '../syscalls/index.js'

/** The sizes of a batch, except that of its messages. */
export interface BatchOptions {
  /** The bytes for each address, 0: no addresses; default: enough for any address. */
  nameSize?: number
  /** The bytes for the control messages of each message; default: 0. CMSG_SPACE is the size of one. */
  controlSize?: number
  /** The family of the socket that sends the batch; default: AF_INET. */
  family?: number
}

const batchOptions: Properties<BatchOptions> = { nameSize: 'option', controlSize: 'option', family: 'option' }

let arrived: (batch: MessageBatch, count: number, family: number) => void

// Refuses a `this` of another class; each method begins with it.
let brand: (self: MessageBatch) => unknown

/**
 * Messages in slots of equal size, which are reused: `recvmmsg` fills them and `sendmmsg` sends them. The methods create
 * objects only when they are called. A message received without control messages can be sent back to its sender as it is.
 * recvmmsg(2), sendmmsg(2)
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
  /** The address family of its addresses, AF_INET… */
  readonly family: number
  readonly #family: number | undefined // undefined if it was not given: then the batch may be sent over sockets of any family
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

  /**
   * Room for `count` messages, 1 to 1,024, of `size` bytes each.
   *
   * @throws TypeError or RangeError for a wrong number or an unknown option, ERR_MEMORY_ALLOCATION_FAILED where there
   *   is no memory for it
   */
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
      // Only a Unix socket receives descriptors. They are owned at once, even if the program never reads the message.
      for (let i = 0; i < count; i++) {
        batch.control(i)
        if (batch.results[i * 4 + 1] === 0) batch.#unnamed.add(i)
      }
    }
  }

  /** @internal For console.log: one line, without the bytes. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({
      count: this.count,
      size: this.size,
      nameSize: this.nameSize,
      controlSize: this.controlSize,
      family: this.#family === undefined ? undefined : constantName('AF', this.#family),
      received: this.#arrived,
    })
    return shownObject(this, 'MessageBatch', depth, options, parts, ['family', 'data', 'names', 'controls', 'results'])
  }

  #slot(i: number): number {
    return checkInteger('i', i, 0, this.count - 1)
  }

  /**
   * The bytes of message `i`, not copied: valid until the batch is used again.
   *
   * @throws TypeError or RangeError if the batch has no message `i`
   */
  bytes(i: number): Buffer {
    brand(this)
    const start = this.#slot(i) * this.size
    return this.data.subarray(start, start + Math.min(this.results[i * 4]!, this.size))
  }

  /**
   * The address of message `i`: its sender, `{ family: 'unix' }` for one without a name, or its destination; null if it has
   * none. recvmsg(2)
   *
   * @throws TypeError or RangeError if the batch has no message `i`
   */
  address(i: number): SocketAddress | null {
    brand(this)
    const length = this.results[this.#slot(i) * 4 + 1]!
    if (this.names === null) return null
    if (length === 0) return this.#unnamed.has(i) ? { family: 'unix' } : null
    return decodeAddress(this.names.subarray(i * this.nameSize, (i + 1) * this.nameSize), length)
  }

  /**
   * The control messages of the received message `i`; their bytes are valid until the batch is used again. cmsg(3)
   *
   * @throws TypeError or RangeError if the batch has no message `i`
   */
  control(i: number): ControlMessage[] {
    brand(this)
    const length = this.results[this.#slot(i) * 4 + 2]!
    if (this.controls === null || i >= this.#arrived) return []
    const slot = this.controls.subarray(i * this.controlSize, (i + 1) * this.controlSize)
    return (this.#control[i] ??= decodeControl(slot, length)) // decoded once, since it owns descriptors
  }

  /**
   * The descriptors of the received message `i`, which its control messages own. unix(7)
   *
   * @throws TypeError or RangeError if the batch has no message `i`
   */
  fds(i: number): OwnedFd[] {
    brand(this)
    return this.control(i).flatMap(({ fds = [] }) => fds)
  }

  /**
   * MSG_TRUNC, MSG_CTRUNC and the like.
   *
   * @throws TypeError or RangeError if the batch has no message `i`
   */
  flags(i: number): number {
    brand(this)
    return shownFlags(this.results[this.#slot(i) * 4 + 3]!)
  }

  /**
   * Whether message `i` was longer than its slot.
   *
   * @throws TypeError or RangeError if the batch has no message `i`
   */
  truncated(i: number): boolean {
    brand(this)
    return (this.flags(i) & MSG_TRUNC) !== 0
  }

  /**
   * Whether the control messages of message `i` were longer than their slot.
   *
   * @throws TypeError or RangeError if the batch has no message `i`
   */
  controlTruncated(i: number): boolean {
    brand(this)
    return (this.flags(i) & MSG_CTRUNC) !== 0
  }

  /**
   * Sets message `i` for sending, to `address` or to the socket's peer. The batch copies everything. sendmsg(2)
   *
   * @throws TypeError or RangeError that names the argument, also for what is longer than its room in the batch;
   *   SocketError ENODEV for an interface's name that none has
   */
  set(i: number, data: Data, address: AddressLike | null = null, control: readonly OutgoingControl[] = []): void {
    brand(this)
    const name = address === null ? null : encodeAddress(address, this.#family)
    this.results[this.#slot(i) * 4 + 1] = fill(this.names, i, this.nameSize, name, 'address')
    this.#unnamed.delete(i)
    this.reply(i, data, control)
  }

  /**
   * As set, but keeps the address: the sender's, if message `i` was received. sendmsg(2)
   *
   * @throws TypeError or RangeError that names the argument, also for what is longer than its room in the batch;
   *   SocketError ENODEV for an interface's name that none has
   */
  reply(i: number, data: Data, control: readonly OutgoingControl[] = []): void {
    brand(this)
    this.results[this.#slot(i) * 4] = fill(this.data, i, this.size, bytesOf(data), 'data')
    const messages = encodeControl(control, this.family)
    this.results[i * 4 + 2] = fill(this.controls, i, this.controlSize, messages, 'control')
    this.results[i * 4 + 3] = 0
    if (this.controls !== null) this.#control[i] = [] // a message to send has no received ones
  }
}

// Copies bytes into slot `i`; returns how many.
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

/** @throws TypeError if this is not a MessageBatch */
export function checkBatch(batch: MessageBatch): void {
  if (!(batch instanceof MessageBatch)) throw invalidType('batch', batch, 'a MessageBatch')
}

/** Lets go of the messages of a batch, so that it does not keep their descriptors from being garbage-collected. */
export function clearBatch(batch: MessageBatch): void {
  arrived(batch, 0, batch.family)
}

/** Sets one empty message without a sender; returns 1. */
export function emptyBatch(batch: MessageBatch, family: number): number {
  batch.results.fill(0, 0, 4)
  arrived(batch, 1, family)
  return 1
}

/** Receives as many messages as are available and fit, over a socket of `family`; null if there is none. */
export function receiveBatch(
  fd: number,
  family: number,
  batch: MessageBatch,
  flags: number,
  receive: typeof recvmmsgByOne = recvmmsgOwning ?? recvmmsgByOne,
): number | null {
  arrived(batch, 0, family)
  if (batch.controls !== null) prepareControl()
  const count = attempt(() => receive(fd, batch, receiveFlags(flags, family)), 'recvmmsg', undefined, fd)
  if (count === null) return null
  arrived(batch, count, family)
  return count
}

/**
 * Sends `count` messages from message `start`; returns how many were sent, fewer if the kernel has no more room or a message
 * fails. Throws only if the first one fails. Null if the kernel has no room.
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
    return outcome(result, 'sendmmsg', result < 0 ? (batch.address(start) ?? undefined) : undefined, fd)
  }
}
