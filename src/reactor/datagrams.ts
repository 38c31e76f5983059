// A datagram socket whose messages come and go in batches, one system call for many.
import { AsyncResource } from 'node:async_hooks'
import { encodeAddress } from '../structs/address.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { MessageBatch, receiveBatch, sendBatch } from '../sockets/batch.js'
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
import { checkProperties, invalidThis } from '../checks.js'
import type { Properties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import type { UnixPath } from '../descriptors/unix-path.js'
import { openBound, endpointOf, setOption } from './listener.js'

/** What is called when something happens to a datagram socket; each may be left out. */
export interface DatagramHandlers {
  /**
   * Messages have come: `count` of them, in `batch`, which is the socket's and is used again after this call. To answer
   * them, `batch.reply` and `socket.send(batch, count)`.
   */
  messages?(socket: DatagramSocket, batch: MessageBatch, count: number): void
  /** There may be room again after `send` or `sendto` found none. */
  drain?(socket: DatagramSocket): void
  /** It is closed. */
  close?(socket: DatagramSocket): void
  /**
   * A handler has thrown, or the network has reported an error, such as ECONNREFUSED. Without it that is an
   * uncaughtException. Only what a handler throws after it has closed the socket comes after `close`.
   */
  error?(error: unknown, socket: DatagramSocket): void
}

/** Where and how `bind` binds. */
export interface DatagramOptions extends Pick<BatchOptions, 'controlSize'> {
  /** A numeric host (default: 127.0.0.1); `''` is the any-address. */
  address?: string
  /** The same, by the name that Node's options have for it. */
  host?: string
  /** 0, which is the default, picks a free one. */
  port?: number
  /**
   * A Unix socket's path, in the place of a host and a port. The file is removed when the socket is closed, unless another
   * socket has taken its place.
   */
  path?: string
  /** Whether other sockets may share the port. socket(7), SO_REUSEPORT */
  reusePort?: boolean
  /** How many messages are received at once; default: 64. */
  batch?: number
  /** The longest message that is received whole, in bytes; default: 2,048, with `gro` 65,535. */
  messageSize?: number
  /** Lets the kernel join messages of one sender: `batch.control(i)` says how long each was. udp(7), UDP_GRO */
  gro?: boolean
  /** Lets the kernel cut what is sent into messages of so many bytes. udp(7), UDP_SEGMENT */
  segment?: number
  /** socket(7), SO_RCVBUF and SO_SNDBUF, in bytes. */
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

// A socket that never runs dry lets the others have their turn.
const receivesInTurn = 4

// How long to wait for room where nothing reports it: in the queue of another Unix socket. unix(7)
const queueMs = 10

// Refuses a `this` of another class; each method begins with it.
let brand: (self: DatagramSocket) => unknown

/** A datagram socket of a reactor. `bind` makes one. */
export class DatagramSocket {
  readonly #handlers: DatagramHandlers
  readonly #scope = new AsyncResource('DatagramSocket') // the context of who called `bind`: its handlers are called in that
  readonly #batch: MessageBatch
  readonly #family: number
  #fd: number
  readonly #file: UnixPath | undefined
  #full = false
  #again = false // the rest is received in the next turn
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
    const { receiveBuffer, sendBuffer, segment } = options
    const endpoint = endpointOf(options)
    this.#handlers = options
    this.#family = endpoint.family
    const size = options.messageSize ?? (gro ? 65535 : 2048)
    this.#batch = new MessageBatch(options.batch ?? 64, size, { controlSize, family: this.#family })
    const prepare = (fd: number): void => {
      if (options.reusePort === true) {
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

  /** The descriptor, for options and the like; −1 once it is closed. */
  get fd(): number {
    brand(this)
    return this.#fd
  }

  /** Where it is bound. getsockname(2) */
  get address(): SocketAddress {
    brand(this)
    return addressOf(this.#fd, 'getsockname')
  }

  /**
   * Sends `count` messages of a batch from message `start`, all that follow by default; returns how many went: where that
   * is fewer, `drain` tells when to go on with the others. sendmmsg(2)
   *
   * @throws SocketError of a message that the kernel refuses: its `sent` says how many messages went before that one
   */
  send(batch: MessageBatch, count?: number, start = 0): number {
    brand(this)
    const all = count ?? batch.count - start
    let sent = 0
    try {
      do {
        // The kernel stops before a message that it refuses, and says why only where that is the first.
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

  /** Sends one message; false where there is no room for it now. sendto(2) */
  sendto(data: Data, address: AddressLike): boolean {
    brand(this)
    const bytes = bytesOf(data)
    const to = encodeAddress(address, this.#family)
    if (attempt(() => sys.sendto(this.#fd, bytes, NOSIGNAL, to), 'sendto', address) !== null) return true
    this.#isFull()
    return false
  }

  /** Closes it now. close(2) */
  close(): void {
    brand(this)
    const fd = this.#fd
    if (fd < 0) return
    this.#fd = -1
    clearTimeout(this.#retry)
    this.#file?.remove()
    unwatch(fd, true) // another process may have it too
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

  // Without `drain`, a batch that is not full has taken all that there was: what comes next is reported.
  #receive(drain: boolean): void {
    let failures = 0
    for (let i = 0; i < receivesInTurn && this.#fd >= 0; i++) {
      let count: number | null = null
      this.#guarded(() => {
        failures++
        count = receiveBatch(this.#fd, this.#family, this.#batch, 0)
        failures = 0
      })
      if (failures === 1) continue // an error of the network stands before what has come
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
