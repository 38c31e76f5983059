// A datagram socket whose messages are received and sent in batches, many in one system call.
import type { Parts } from '../shown.js'
import { shownAddress, shownObject } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import { AsyncResource } from 'node:async_hooks'
import { encodeAddress } from '../structs/address.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { checkBatch, clearBatch, MessageBatch, receiveBatch, sendBatch } from '../sockets/batch.js'
import type { BatchOptions } from '../sockets/batch.js'
import { AF_UNIX } from '../constants.js'
import { closeDescriptors } from '../control/control.js'
import { isSocketError, socketError } from '../errors.js'
import { attempt } from '../syscalls/result.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { addressOf, tryAddressOf } from '../descriptors/names.js'
import { NOSIGNAL } from '../descriptors/open.js'
import { END, hold, READABLE, unwatch, watch, WRITABLE } from '../loop.js'
import { checkInteger, invalidThis, invalidValue } from '../checks.js'
import type { Properties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import type { UnixPath } from '../descriptors/unix-path.js'
import { countToEnd } from '../sockets/end.js'
import { roomForFds } from '../sockets/base.js'
import type { Bound } from './listener.js'

/**
 * The handlers of a datagram socket, all optional. They are called in the async context (AsyncLocalStorage) in which they were given
 * to `bind` or `attach`.
 */
export interface DatagramHandlers {
  /**
   * `count` messages were received into `batch`, which is the socket's and is valid during this call only. To answer them use
   * `batch.reply` and `socket.send(batch, count)`. Their descriptors are this handler's.
   */
  messages?(socket: DatagramSocket, batch: MessageBatch, count: number): void
  /**
   * Instead of `messages`: a message was received, `from` the sender's address, null if there is none. The bytes are valid during
   * this call only. It is message `i` of `batch`: `batch.control(i)` has its control messages, `batch.flags(i)` MSG_TRUNC and the
   * like, `batch.fds(i)` its descriptors, which are this handler's. recvmsg(2)
   */
  message?(socket: DatagramSocket, bytes: Buffer, from: SocketAddress | null, batch: MessageBatch, i: number): void
  /** The peer of a connection of SOCK_SEQPACKET has stopped sending. Without this handler the socket is closed. */
  end?(socket: DatagramSocket): void
  /** The kernel may have room again, after `send` or `sendto` found none. */
  drain?(socket: DatagramSocket): void
  /** The socket is closed. */
  close?(socket: DatagramSocket): void
  /**
   * A handler has thrown, or the network has reported an error, such as ECONNREFUSED. Without this handler the error is an
   * uncaughtException. It is called after `close` only if a handler throws after it has closed the socket.
   */
  error?(error: unknown, socket: DatagramSocket): void
}

/** The room for received messages. */
export interface BatchRoom extends Pick<BatchOptions, 'controlSize'> {
  /** The maximum number of messages in a batch; default: 64, for a connection of SOCK_SEQPACKET 8. */
  batch?: number
  /** The maximum size of a received message, in bytes; longer ones are truncated. Default: 65,536. */
  messageSize?: number
  /** The number of descriptors that a message may bring; the kernel closes the others. Default: 0. unix(7) */
  maxFds?: number
}

export const batchProperties: Properties<BatchRoom> = {
  batch: 'option',
  controlSize: 'option',
  maxFds: 'option',
  messageSize: 'option',
}

export const datagramHandlers: Properties<DatagramHandlers> = {
  close: 'handler',
  drain: 'handler',
  end: 'handler',
  error: 'handler',
  message: 'handler',
  messages: 'handler',
}

/**
 * A batch with the room that the options give, for a socket of this family; the other arguments are the defaults.
 *
 * @throws TypeError or RangeError for a wrong option, or if both `message` and `messages` are given
 */
export function roomOf(
  options: BatchRoom & DatagramHandlers,
  family: number,
  size: number,
  control: number,
  count = 64,
): MessageBatch {
  if (typeof options.message === 'function' && typeof options.messages === 'function')
    throw invalidValue('options', options, "must have 'message' or 'messages', not both")
  const { batch = count, messageSize = size, controlSize = control, maxFds = 0 } = options
  return new MessageBatch(batch, messageSize, { controlSize: controlSize + roomForFds(maxFds), family })
}

/** An open socket: its descriptor, and the file of a bound Unix socket. */
interface Opened extends Bound {
  readonly family: number
  readonly type: number
}

// The maximum number of batches in a turn of the event loop, so that other sockets are served too.
const receivesInTurn = 4

// How long to wait, in milliseconds, for room in the queue of another Unix socket: no event reports it. unix(7)
const queueMs = 10

// Refuses a `this` of another class; each method begins with it.
let brand: (self: DatagramSocket) => unknown

/**
 * A datagram socket of a reactor, or any other socket of messages. `bind` and `attach` make one. It owns its descriptor, and keeps
 * the process alive until it is closed.
 */
export class DatagramSocket<Address extends SocketAddress = SocketAddress> {
  readonly #handlers: DatagramHandlers
  readonly #scope = new AsyncResource('DatagramSocket') // handlers are called in the async context of `bind` or `attach`
  readonly #batch: MessageBatch
  readonly #family: number
  readonly #type: number
  #fd: number
  readonly #file: UnixPath | undefined
  #full = false
  #again = false // the rest is received in the next turn of the event loop
  #retry: NodeJS.Timeout | undefined
  #paused = false
  #next = 0 // the message of the batch to deliver next,
  #count = 0 // and how many the batch has
  #end: 'none' | 'received' | 'delivered' = 'none'

  static {
    brand = self => {
      try {
        return self.#fd
      } catch {
        throw invalidThis('DatagramSocket')
      }
    }
  }

  /** For `bind` and `attach` only. Takes ownership of the descriptor, unless it throws. */
  constructor({ fd, family, type, file }: Opened, handlers: DatagramHandlers, batch: MessageBatch) {
    this.#handlers = handlers
    this.#batch = batch
    this.#fd = fd
    this.#family = family
    this.#type = type
    this.#file = file
    watch(fd, this)
    hold(1)
  }

  /** The descriptor, for example for options; −1 after it is closed. */
  get fd(): number {
    brand(this)
    return this.#fd
  }

  /** The socket's own address. getsockname(2) */
  get address(): Address {
    brand(this)
    return addressOf(this.#fd, 'getsockname') as Address
  }

  /**
   * Sends `count` messages (default: all) of a batch from message `start`; returns how many were sent. If that is fewer, wait
   * for `drain` and send the others. sendmmsg(2)
   *
   * @throws SocketError of a message that the kernel rejects; its `sent` is the number of messages sent before it
   */
  send(batch: MessageBatch, count?: number, start = 0): number {
    brand(this)
    checkBatch(batch)
    checkInteger('start', start, 0, batch.count)
    const all = count === undefined ? batch.count - start : checkInteger('count', count, 0, batch.count - start)
    let sent = 0
    try {
      do {
        // The kernel stops before a message that it rejects, and reports the error only if it is the first.
        const some = sendBatch(this.#fd, batch, all - sent, 0, start + sent)
        if (some === null) {
          this.#isFull()
          break
        }
        sent += some
      } while (sent < all)
    } catch (error) {
      throw sent > 0 && isSocketError(error) ? socketError(error.errno, error.syscall, { fd: this.#fd, sent }) : error
    }
    return sent
  }

  /**
   * Sends one message to an address, null: to the peer of a connected socket; returns false if the kernel has no room for it now.
   * sendto(2), send(2)
   *
   * @throws SocketError that the kernel reports: EMSGSIZE for a message that is too long, ENETUNREACH without a route,
   *   EBADF after close; ConnectionRefusedError if an earlier message was refused; TypeError or RangeError for a wrong
   *   argument
   */
  sendto(data: Data, address: AddressLike | null): boolean {
    brand(this)
    const bytes = bytesOf(data)
    let sent: number | null
    if (address === null) sent = attempt(() => sys.send(this.#fd, bytes, NOSIGNAL), 'send', undefined, this.#fd)
    else {
      const to = encodeAddress(address, this.#family)
      sent = attempt(() => sys.sendto(this.#fd, bytes, NOSIGNAL, to), 'sendto', address, this.#fd)
    }
    if (sent !== null) return true
    this.#isFull()
    return false
  }

  /**
   * Stops receiving until `resume`. Messages wait in the kernel, which drops those of UDP that it has no room for. `message` is
   * not called for the rest of the batch before `resume`.
   */
  pause(): void {
    brand(this)
    this.#paused = true
  }

  /** Receives again, from a later turn of the event loop on. */
  resume(): void {
    brand(this)
    if (!this.#paused) return
    this.#paused = false
    this.#receiveLater()
  }

  /**
   * Closes the socket now, and the descriptors of messages that were not delivered. close(2)
   *
   * @throws SocketError if close(2) of a descriptor that came with a message reports an error
   */
  close(): void {
    brand(this)
    const fd = this.#fd
    if (fd < 0) return
    this.#fd = -1
    clearTimeout(this.#retry)
    this.#file?.remove()
    unwatch(fd, true) // a duplicate may be open in another process
    sys.close(fd)
    hold(-1)
    this.#drop()
    this.#guarded(() => this.#handlers.close?.(this))
  }

  [Symbol.dispose](): void {
    brand(this)
    this.close()
  }

  /** @internal For the loop. */
  ready(readiness: number): void {
    if (readiness & WRITABLE) this.#drained()
    if (readiness & READABLE) this.#receive((readiness & END) !== 0)
  }

  /** @internal For console.log: one line. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({
      fd: this.#fd,
      address: shownAddress(tryAddressOf(this.#fd, 'getsockname')),
      batch: this.#batch,
      state: this.#fd < 0 ? 'closed' : 'open',
    })
    return shownObject(this, 'DatagramSocket', depth, options, parts)
  }

  #isFull(): void {
    this.#full = true
    if (this.#family !== AF_UNIX) return
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#drained(), queueMs)
  }

  #drained(): void {
    if (!this.#full || this.#fd < 0) return
    this.#full = false
    this.#guarded(() => this.#handlers.drain?.(this))
  }

  // Without `drain`, a batch that is not full has taken all messages: the poller reports the next ones.
  #receive(drain: boolean): void {
    this.#deliver() // what was received before a pause
    let failures = 0
    for (let i = 0; i < receivesInTurn; i++) {
      if (this.#fd < 0 || this.#paused || this.#end !== 'none') return
      let count: number | null = null
      this.#guarded(() => {
        failures++
        count = receiveBatch(this.#fd, this.#family, this.#batch, 0)
        failures = 0
      })
      if (failures === 1) continue // the kernel returns an error of the network before the messages
      if (count === null) return
      this.#next = 0
      this.#count = countToEnd(this.#fd, { family: this.#family, type: this.#type }, this.#batch, count)
      if (this.#count < count) this.#end = 'received'
      this.#deliver()
      if (!drain && count < this.#batch.count) return
    }
    this.#receiveLater()
  }

  #receiveLater(): void {
    if (this.#again || this.#fd < 0) return
    this.#again = true
    setImmediate(() => {
      this.#again = false
      this.#receive(true)
    })
  }

  get #delivers(): boolean {
    return this.#fd >= 0 && !this.#paused
  }

  // Calls the handlers for the messages of the batch, until it is closed or paused. What one throws ends its message only.
  #deliver(): void {
    while (this.#next < this.#count && this.#delivers) this.#guarded(() => this.#deliverEach())
    if (this.#next === this.#count && this.#batch.controlSize > 0) clearBatch(this.#batch)
    if (this.#end !== 'received' || !this.#delivers) return
    this.#end = 'delivered'
    if (this.#handlers.end === undefined) this.close()
    else this.#guarded(() => this.#handlers.end!(this))
  }

  #deliverEach(): void {
    const handlers = this.#handlers
    const batch = this.#batch
    if (handlers.message === undefined) {
      if (handlers.messages === undefined) return this.#drop()
      this.#next = this.#count
      return handlers.messages(this, batch, this.#count)
    }
    while (this.#next < this.#count && this.#delivers) {
      const i = this.#next++
      handlers.message(this, batch.bytes(i), batch.address(i), batch, i)
    }
  }

  // Closes the descriptors of messages that no handler has got.
  #drop(): void {
    while (this.#next < this.#count) closeDescriptors(this.#batch.control(this.#next++))
  }

  #guarded(step: () => void): void {
    try {
      this.#scope.runInAsyncScope(step)
    } catch (error) {
      try {
        if (this.#handlers.error === undefined) throw error
        this.#scope.runInAsyncScope(() => this.#handlers.error!(error, this))
      } catch (uncaught) {
        setImmediate(() => {
          throw uncaught
        })
      }
    }
  }
}
