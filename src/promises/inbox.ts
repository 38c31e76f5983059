// Messages that were received together, and wait for the loop that consumes them one by one.
import { MSG_CTRUNC, MSG_TRUNC, SOCK_STREAM } from '../constants.js'
import { checkInteger, checkProperties } from '../checks.js'
import type { Properties } from '../checks.js'
import { closeDescriptors } from '../control/control.js'
import type { ControlMessage } from '../control/control.js'
import { clearBatch, MessageBatch } from '../sockets/batch.js'
import { roomForFds } from '../sockets/base.js'
import type { ReceivedFds } from '../sockets/base.js'
import type { WaitOptions } from './turn.js'

/** The options of `messages()`. The timeout is for each wait. */
export interface MessagesOptions extends WaitOptions {
  /** The maximum size of a message, in bytes; longer ones are truncated. Default: 65,536. */
  size?: number
  /** The maximum number of messages that one system call receives, 1 to 1,024; default: 64, for a stream 1. */
  batch?: number
  /** The bytes for the control messages of each message; default: 0. CMSG_SPACE is the size of one. */
  controlSize?: number
  /** The number of descriptors that a message may bring; the kernel closes the others. Default: 0. unix(7) */
  maxFds?: number
}

const known: Properties<MessagesOptions> = {
  batch: 'option',
  controlSize: 'option',
  maxFds: 'option',
  signal: 'option',
  size: 'option',
  timeout: 'option',
}

// Sockets share it, since its messages are taken out at once.
let latest: MessageBatch | undefined

/** A batch with the sizes of these options, for a socket of this type. Throws a TypeError or RangeError that names a wrong one. */
export function batchFor(options: MessagesOptions, type: number): MessageBatch {
  checkProperties('options', options, known)
  const { size = 65536, batch = type === SOCK_STREAM ? 1 : 64, controlSize = 0, maxFds = 0 } = options
  checkInteger('options.size', size, 1, 2 ** 22)
  checkInteger('options.batch', batch, 1, 1024)
  const room = checkInteger('options.controlSize', controlSize, 0, 2 ** 22) + roomForFds(maxFds)
  if (latest?.count !== batch || latest.size !== size || latest.controlSize !== room)
    latest = new MessageBatch(batch, size, { controlSize: room })
  return latest
}

const none: readonly ControlMessage[] = []

// A message of a batch, in memory of its own.
function taken(batch: MessageBatch, i: number): ReceivedFds {
  const bytes = batch.bytes(i)
  const data = Buffer.allocUnsafe(bytes.length)
  data.set(bytes)
  const flags = batch.flags(i)
  const received = batch.controls === null ? none : batch.control(i)
  const control = received.map(one => ({ ...one, data: Buffer.from(one.data) }))
  return {
    data,
    size: bytes.length,
    address: batch.address(i),
    flags,
    truncated: (flags & MSG_TRUNC) !== 0,
    controlTruncated: (flags & MSG_CTRUNC) !== 0,
    control,
    fds: control.flatMap(({ fds = [] }) => fds),
  }
}

/** The messages of one socket that were received and not consumed yet. */
export class Inbox {
  #messages: ReceivedFds[] = [] // the last first

  get isEmpty(): boolean {
    return this.#messages.length === 0
  }

  /** Takes the first `count` messages out of a batch, into an empty inbox. */
  fill(batch: MessageBatch, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.#messages.push(taken(batch, i))
    clearBatch(batch)
  }

  /** The next message; undefined if there is none. */
  next(): ReceivedFds | undefined {
    return this.#messages.pop()
  }

  /** Drops all messages and closes their descriptors. */
  drop(): void {
    for (const { control } of this.#messages.splice(0)) closeDescriptors(control)
  }
}
