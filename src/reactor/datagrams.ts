// A datagram socket whose messages are received and sent in batches, many in one system call.
import { AsyncResource } from 'node:async_hooks'
import { encodeAddress } from '../structs/address.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { checkBatch, MessageBatch, receiveBatch, sendBatch } from '../sockets/batch.js'
import type { BatchOptions } from '../sockets/batch.js'
import { AF_UNIX, IPPROTO_UDP, SO_RCVBUF, SO_REUSEADDR, SO_REUSEPORT } from '../constants.js'
import { SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET, UDP_GRO, UDP_SEGMENT } from '../constants.js'
import { isSocketError, socketError } from '../errors.js'
import { attempt } from '../syscalls/result.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { addressOf } from '../descriptors/names.js'
import { NOSIGNAL } from '../descriptors/open.js'
import { END, hold, READABLE, unwatch, watch, WRITABLE } from '../loop.js'
import { checkInteger, checkProperties, checkSwitch, invalidThis } from '../checks.js'
import type { Properties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import type { UnixPath } from '../descriptors/unix-path.js'
import { openBound, endpointOf, setOption } from './listener.js'

/** The handlers of a datagram socket, all optional. */
export interface DatagramHandlers {
  /**
   * `count` messages were received into `batch`, which is the socket's and is valid during this call only. To answer them use
   * `batch.reply` and `socket.send(batch, count)`.
   */
  messages?(socket: DatagramSocket, batch: MessageBatch, count: number): void
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

/** The options of `bind`. */
export interface DatagramOptions extends Pick<BatchOptions, 'controlSize'> {
  /** A numeric host; `''`: the any-address. Default: 127.0.0.1. */
  address?: string
  /** As `address`, by its name in Node's options. */
  host?: string
  /** The port; 0: any free port. Default: 0. */
  port?: number
  /**
   * A Unix socket's path, instead of a host and a port. The file is removed when the socket is closed, unless another socket
   * has bound the same path since. unix(7)
   */
  path?: string
  /** Whether other sockets may bind to the same port; default: false. socket(7), SO_REUSEPORT */
  reusePort?: boolean
  /** The maximum number of messages in a batch; default: 64. */
  batch?: number
  /** The maximum size of a received message, in bytes; longer ones are truncated. Default: 2,048; with `gro` 65,535. */
  messageSize?: number
  /** Whether the kernel joins messages of one sender; `batch.control(i)` has their size. udp(7), UDP_GRO */
  gro?: boolean
  /** The kernel divides sent data into messages of this size, in bytes. udp(7), UDP_SEGMENT */
  segment?: number
  /** The sizes of the kernel's buffers, in bytes. socket(7), SO_RCVBUF and SO_SNDBUF */
  receiveBuffer?: number
  sendBuffer?: number
}

const datagramProperties: Properties<DatagramOptions & DatagramHandlers> = {
  address: 'option',
  batch: 'option',
  close: 'handler',
  controlSize: 'option',
  drain: 'handler',
  error: 'handler',
  gro: 'option',
  host: 'option',
  messageSize: 'option',
  messages: 'handler',
  path: 'option',
  port: 'option',
  receiveBuffer: 'option',
  reusePort: 'option',
  segment: 'option',
  sendBuffer: 'option',
}

// The maximum number of batches in a turn of the event loop, so that other sockets are served too.
const receivesInTurn = 4

// How long to wait, in milliseconds, for room in the queue of another Unix socket: no event reports it. unix(7)
const queueMs = 10

// Refuses a `this` of another class; each method begins with it.
let brand: (self: DatagramSocket) => unknown

/** A datagram socket of a reactor. `bind` makes one. */
export class DatagramSocket {
  readonly #handlers: DatagramHandlers
  readonly #scope = new AsyncResource('DatagramSocket') // handlers are called in the async context of `bind`
  readonly #batch: MessageBatch
  readonly #family: number
  #fd: number
  readonly #file: UnixPath | undefined
  #full = false
  #again = false // the rest is received in the next turn of the event loop
  #retry: NodeJS.Timeout | undefined

  static {
    brand = self => {
      try {
        return self.#fd
      } catch {
        throw invalidThis('DatagramSocket')
      }
    }
  }

  constructor(options: DatagramOptions & DatagramHandlers) {
    checkProperties('options', options, datagramProperties)
    const { gro = false, controlSize = gro ? sys.CMSG_SPACE(4) : 0 } = options
    const { receiveBuffer, sendBuffer, segment, reusePort } = options
    checkSwitch('options.reusePort', reusePort)
    checkSwitch('options.gro', gro)
    const endpoint = endpointOf(options)
    this.#handlers = options
    this.#family = endpoint.family
    const size = options.messageSize ?? (gro ? 65535 : 2048)
    this.#batch = new MessageBatch(options.batch ?? 64, size, { controlSize, family: this.#family })
    const prepare = (fd: number): void => {
      if (reusePort === true) {
        setOption(fd, SOL_SOCKET, SO_REUSEADDR)
        setOption(fd, SOL_SOCKET, SO_REUSEPORT)
      }
      if (receiveBuffer !== undefined) setOption(fd, SOL_SOCKET, SO_RCVBUF, receiveBuffer)
      if (sendBuffer !== undefined) setOption(fd, SOL_SOCKET, SO_SNDBUF, sendBuffer)
      if (gro) setOption(fd, IPPROTO_UDP, UDP_GRO)
      if (segment !== undefined) setOption(fd, IPPROTO_UDP, UDP_SEGMENT, segment)
    }
    const { fd, file } = openBound(SOCK_DGRAM, endpoint, prepare, fd => watch(fd, this))
    this.#fd = fd
    this.#file = file
    hold(1)
  }

  /** The descriptor, for example for options; −1 after it is closed. */
  get fd(): number {
    brand(this)
    return this.#fd
  }

  /** The socket's own address. getsockname(2) */
  get address(): SocketAddress {
    brand(this)
    return addressOf(this.#fd, 'getsockname')
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
      throw sent > 0 && isSocketError(error) ? socketError(error.errno, error.syscall, { sent }) : error
    }
    return sent
  }

  /** Sends one message; returns false if the kernel has no room for it now. sendto(2) */
  sendto(data: Data, address: AddressLike): boolean {
    brand(this)
    const bytes = bytesOf(data)
    const to = encodeAddress(address, this.#family)
    if (attempt(() => sys.sendto(this.#fd, bytes, NOSIGNAL, to), 'sendto', address) !== null) return true
    this.#isFull()
    return false
  }

  /** Closes the socket now. close(2) */
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
    let failures = 0
    for (let i = 0; i < receivesInTurn && this.#fd >= 0; i++) {
      let count: number | null = null
      this.#guarded(() => {
        failures++
        count = receiveBatch(this.#fd, this.#family, this.#batch, 0)
        failures = 0
      })
      if (failures === 1) continue // the kernel returns an error of the network before the messages
      if (count === null) return
      this.#guarded(() => this.#handlers.messages?.(this, this.#batch, count!))
      if (!drain && count < this.#batch.count) return
    }
    if (this.#again || this.#fd < 0) return
    this.#again = true
    setImmediate(() => {
      this.#again = false
      this.#receive(true)
    })
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
