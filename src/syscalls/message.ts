// Messages with more than bytes: many views, an address and control messages; one at a time or a batch.
import { allocated, checkInteger, invalidType } from '../checks.js'
import { call, callOwning } from './native.js'
import { makeRoom } from './room.js'
import type { View } from './native.js'

/** What C calls a msghdr. On the way in the lengths are those of the views; the numbers are what came back. recvmsg(2) */
export interface Message {
  /** Room for the sender's address, or the address to send to. */
  name?: View | null
  /** Where the bytes go to or come from: at most 1,024 views. */
  iov: readonly View[]
  /** Room for control messages, or those to send. cmsg(3) */
  control?: View | null
  /** The length of the address that came, which may be more than there was room for. */
  nameLength: number
  /** The length of the control messages that came. */
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

const numbers = new Uint32Array(3) // name length, control length, flags: one for all, since a call ends before another begins

function receive(recvmsg: Recvmsg, fd: number, message: Message, flags: number): number {
  const { iov, name = null, control = null } = checkMessage(message)
  const result = recvmsg(fd, iov, name, control, numbers, flags)
  if (result >= 0)
    [message.nameLength, message.controlLength, message.flags] = numbers as unknown as [number, number, number]
  return result
}

/** Receives a message and sets its `nameLength`, `controlLength` and `flags`; returns its bytes' count. recvmsg(2) */
export function recvmsg(fd: number, message: Message, flags: number): number {
  return receive(native.recvmsg, fd, message, flags)
}

/** As recvmsg, for who owns the descriptors that come. */
export function recvmsgOwning(fd: number, message: Message, flags: number): number {
  return receive(owning.recvmsg, fd, message, flags)
}

/** Sends a message; returns how many bytes were taken. sendmsg(2) */
export function sendmsg(fd: number, message: Message, flags: number): number {
  const { iov, name = null, control = null } = checkMessage(message)
  return native.sendmsg(fd, iov, name, control, flags)
}

const maxSize = 2 ** 22 // more than any datagram has, and 1,024 of them are a Buffer yet

/**
 * A batch of messages in equal slots, laid out once and used again: no object for each datagram. Message `i` has its
 * bytes in `data` from `i * size`, its address in `names` from `i * nameSize`, its control messages in `controls`, and four
 * numbers in `results` from `i * 4`: its length, its address's, its control messages', and its flags.
 */
export class MessageBatch {
  readonly count: number
  readonly size: number
  readonly nameSize: number
  readonly controlSize: number
  readonly data: Buffer
  readonly names: Buffer | null
  readonly controls: Buffer | null
  readonly results: Uint32Array

  /**
   * Room for `count` messages, 1 to 1,024, of `size` bytes each, with `nameSize` and `controlSize` more for their
   * addresses and control messages.
   */
  constructor(count: number, size: number, { nameSize = 0, controlSize = 0 } = {}) {
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
 * Receives as many messages as there are, at most the batch's `count`; returns how many came. The timeout, the bytes of
 * a timespec, is looked at after each message only. Linux. recvmmsg(2)
 */
export const recvmmsg =
  native.recvmmsg &&
  ((fd: number, batch: MessageBatch, flags: number, timeout: View | null = null): number => {
    const { results, data, names, controls } = checkBatch(batch)
    return native.recvmmsg!(fd, results, data, names, controls, flags, timeout)
  })

/** As recvmmsg, for who owns the descriptors that come. */
export const recvmmsgOwning =
  owning.recvmmsg &&
  ((fd: number, batch: MessageBatch, flags: number): number =>
    owning.recvmmsg!(fd, batch.results, batch.data, batch.names, batch.controls, flags, null))

/**
 * Sends `count` messages of a batch from message `start` (default: all), whose `results` hold the lengths to
 * send; returns how many were taken, and writes how many bytes of each. Linux. sendmmsg(2)
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
