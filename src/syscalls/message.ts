// Messages with several views, an address and control messages; one at a time or in a batch.
import { allocated, checkInteger, invalidType } from '../checks.js'
import { call, callOwning } from './native.js'
import { makeRoom } from './room.js'
import type { View } from './native.js'

/** A msghdr. The views have the lengths for the call; the numbers are its results. recvmsg(2) */
export interface Message {
  /** The buffer for the sender's address, or the destination address. */
  name?: View | null
  /** The buffers for the data: at most 1,024 views. */
  iov: readonly View[]
  /** The buffer for control messages, or the control messages to send. cmsg(3) */
  control?: View | null
  /** The length of the sender's address, in bytes, which may be more than the size of its buffer. */
  nameLength: number
  /** The length of the received control messages, in bytes. */
  controlLength: number
  /** MSG_TRUNC, MSG_CTRUNC, MSG_EOR and the like. */
  flags: number
}

type Recvmmsg = (
  fd: number,
  results: Uint32Array,
  data: View,
  names: View | null,
  control: View | null,
  flags: number,
  timeout: View | null,
) => number

type Recvmsg = (
  fd: number,
  iov: readonly View[],
  name: View | null,
  control: View | null,
  numbers: View,
  flags: number,
) => number

const native = {
  recvmmsg: call<Recvmmsg | undefined>('recvmmsg'),
  recvmsg: call<Recvmsg>('recvmsg'),
  sendmmsg: call<
    | ((
        fd: number,
        results: Uint32Array,
        data: View,
        names: View | null,
        control: View | null,
        flags: number,
        count: number,
      ) => number)
    | undefined
  >('sendmmsg'),
  sendmsg:
    call<(fd: number, iov: readonly View[], name: View | null, control: View | null, flags: number) => number>(
      'sendmsg',
    ),
}

const owning = {
  recvmmsg: callOwning<Recvmmsg | undefined>('recvmmsg'),
  recvmsg: callOwning<Recvmsg>('recvmsg'),
}

function checkMessage(message: Message): Message {
  if (typeof message !== 'object' || message === null) throw invalidType('message', message, 'of type object')
  return message
}

const numbers = new Uint32Array(3) // name length, control length, flags; shared, since a call ends before another begins

function receive(recvmsg: Recvmsg, fd: number, message: Message, flags: number): number {
  const { iov, name = null, control = null } = checkMessage(message)
  const result = recvmsg(fd, iov, name, control, numbers, flags)
  if (result >= 0)
    [message.nameLength, message.controlLength, message.flags] = numbers as unknown as [number, number, number]
  return result
}

/**
 * Receives a message and sets its `nameLength`, `controlLength` and `flags`; returns the number of bytes. recvmsg(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   ECONNRESET, ENOTCONN, EINTR, EBADF
 */
export function recvmsg(fd: number, message: Message, flags: number): number {
  return receive(native.recvmsg, fd, message, flags)
}

/** As recvmsg, for a caller that owns the received descriptors. */
export function recvmsgOwning(fd: number, message: Message, flags: number): number {
  return receive(owning.recvmsg, fd, message, flags)
}

/**
 * Sends a message; returns how many bytes the kernel took. sendmsg(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   EPIPE with SIGPIPE unless MSG_NOSIGNAL, EMSGSIZE, ETOOMANYREFS, ENOTCONN, EINTR, EBADF
 */
export function sendmsg(fd: number, message: Message, flags: number): number {
  const { iov, name = null, control = null } = checkMessage(message)
  return native.sendmsg(fd, iov, name, control, flags)
}

const maxSize = 2 ** 22 // more than any datagram has, and 1,024 times this fits in a Buffer

/**
 * A batch of messages in slots of equal size. It is reused, so that no object is made for each datagram. Message `i` has its
 * bytes in `data` from `i * size`, its address in `names` from `i * nameSize`, its control messages in `controls` from
 * `i * controlSize`, and four numbers in `results` from `i * 4`: the lengths of the bytes, of the address and of the control
 * messages, and the flags.
 */
export class MessageBatch {
  /** The number of messages. */
  readonly count: number
  /** The room for the bytes of a message. */
  readonly size: number
  /** The room for the address of a message, in bytes. */
  readonly nameSize: number
  /** The room for the control messages of a message, in bytes. */
  readonly controlSize: number
  /** The bytes of message `i` begin at `i * size`. */
  readonly data: Buffer
  /** The address of message `i` begins at `i * nameSize`; null if there is no room for addresses. */
  readonly names: Buffer | null
  /** The control messages of message `i` begin at `i * controlSize`; null if there is no room for them. */
  readonly controls: Buffer | null
  /** Of each message four numbers: the length of its bytes, of its address and of its control messages, and its flags. */
  readonly results: Uint32Array

  /**
   * A batch of `count` messages, 1 to 1,024. Each has at most `size` bytes, `nameSize` bytes of address and `controlSize`
   * bytes of control messages.
   *
   * @throws TypeError or RangeError for a wrong number, ERR_MEMORY_ALLOCATION_FAILED where there is no memory for it
   */
  constructor(count: number, size: number, options: { nameSize?: number; controlSize?: number } = {}) {
    if (typeof options !== 'object' || options === null) throw invalidType('options', options, 'of type object')
    const { nameSize = 0, controlSize = 0 } = options
    this.count = checkInteger('count', count, 1, 1024)
    this.size = checkInteger('size', size, 0, maxSize)
    this.nameSize = checkInteger('nameSize', nameSize, 0, maxSize)
    this.controlSize = checkInteger('controlSize', controlSize, 0, maxSize)
    this.data = makeRoom('size', count * size, 'alloc')
    this.names = nameSize > 0 ? allocated('nameSize', count * nameSize) : null
    this.controls = controlSize > 0 ? allocated('controlSize', count * controlSize) : null
    this.results = new Uint32Array(count * 4)
  }
}

function checkBatch(batch: MessageBatch): MessageBatch {
  if (!(batch instanceof MessageBatch)) throw invalidType('batch', batch, 'an instance of MessageBatch')
  return batch
}

/**
 * Receives all available messages, at most the batch's `count`; returns how many. The timeout, the bytes of a timespec, is
 * checked only after each message. Linux. recvmmsg(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   ECONNREFUSED, EINTR, EBADF
 */
export const recvmmsg =
  native.recvmmsg &&
  ((fd: number, batch: MessageBatch, flags: number, timeout: View | null = null): number => {
    const { results, data, names, controls } = checkBatch(batch)
    return native.recvmmsg!(fd, results, data, names, controls, flags, timeout)
  })

/** As recvmmsg, for a caller that owns the received descriptors. */
export const recvmmsgOwning =
  owning.recvmmsg &&
  ((fd: number, batch: MessageBatch, flags: number): number =>
    owning.recvmmsg!(fd, batch.results, batch.data, batch.names, batch.controls, flags, null))

/**
 * Sends `count` messages of a batch from message `start` (default: all). `results` has the lengths to send. Returns how many
 * messages the kernel took, and writes to `results` how many bytes of each. Linux. sendmmsg(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: of the first message EAGAIN if it
 *   does not block, EPIPE, EMSGSIZE, ECONNREFUSED, EINTR, EBADF
 */
export const sendmmsg =
  native.sendmmsg &&
  ((fd: number, batch: MessageBatch, flags: number, count?: number, start = 0): number => {
    checkInteger('start', start, 0, checkBatch(batch).count - 1)
    const { nameSize, controlSize, names, controls } = batch
    const wanted = count === undefined ? batch.count - start : checkInteger('count', count, 0, batch.count - start)
    return native.sendmmsg!(
      fd,
      batch.results.subarray(start * 4),
      batch.data.subarray(start * batch.size),
      names && names.subarray(start * nameSize),
      controls && controls.subarray(start * controlSize),
      flags,
      wanted,
    )
  })
