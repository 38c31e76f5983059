// A datagram socket whose messages come and go in batches, one system call for many.
import { AsyncResource } from 'node:async_hooks'
import { addressRoom, decodeAddress, encodeAddress } from '../address.js'
import type { AddressLike, SocketAddress } from '../address.js'
import { MessageBatch, receiveBatch, sendBatch } from '../batch.js'
import type { BatchOptions } from '../batch.js'
import { AF_INET, AF_INET6, AF_UNIX, IPPROTO_UDP, SO_RCVBUF, SO_REUSEADDR, SO_REUSEPORT } from '../constants.js'
import { SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET, UDP_GRO, UDP_SEGMENT } from '../constants.js'
import { attempt, check } from '../errors.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { NOSIGNAL, openSocket } from '../open.js'
import { END, hold, READABLE, unwatch, watch, WRITABLE } from '../poller.js'
import type { Watched } from '../poller.js'
import * as sys from '../syscalls.js'

/** What is called when something happens to a datagram socket; each may be left out. */
export interface DatagramHandlers {
  /**
   * Messages have come: `count` of them, in `batch`, which is the socket's and is used again after this call. To answer
   * them, `batch.reply` and `socket.send(batch, count)`.
   */
  messages?(socket: DatagramSocket, batch: MessageBatch, count: number): void
  /** There is room again after `send` or `sendto` found none. */
  drain?(socket: DatagramSocket): void
  /** It is closed. */
  close?(socket: DatagramSocket): void
  /** A handler has thrown, or the network has told of an error, such as ECONNREFUSED. Without it that is an uncaughtException. */
  error?(error: unknown, socket: DatagramSocket): void
}

/** Where and how `bind` binds. */
export interface DatagramOptions extends Pick<BatchOptions, 'controlSize'> {
  /** A numeric host; 127.0.0.1 unless told otherwise. `''` is the any-address. */
  address?: string
  /** 0, which is the default, picks a free one. */
  port?: number
  /** A Unix socket's path, in the place of a host and a port. */
  path?: string
  /** Whether other sockets may share the port. socket(7), SO_REUSEPORT */
  reusePort?: boolean
  /** How many messages are received at once; 64 unless told otherwise. */
  batch?: number
  /** The longest message that is received whole, in bytes; 2,048 unless told otherwise, 65,535 with `gro`. */
  messageSize?: number
  /** Lets the kernel join messages of one sender: `batch.control(i)` says how long each was. udp(7), UDP_GRO */
  gro?: boolean
  /** Lets the kernel cut what is sent into messages of so many bytes. udp(7), UDP_SEGMENT */
  segment?: number
  /** socket(7), SO_RCVBUF and SO_SNDBUF, in bytes. */
  receiveBuffer?: number
  sendBuffer?: number
}

// A socket that never runs dry lets the others have their turn.
const turns = 4

/** A datagram socket of a reactor. `bind` makes one. */
export class DatagramSocket implements Watched {
  readonly #handlers: DatagramHandlers
  readonly #scope = new AsyncResource('DatagramSocket') // the context of who called `bind`: its handlers are called in that
  readonly #batch: MessageBatch
  readonly #family: number
  #fd: number
  #full = false

  constructor(options: DatagramOptions & DatagramHandlers) {
    const { address = '127.0.0.1', port = 0, path, gro = false, controlSize = gro ? sys.CMSG_SPACE(4) : 0 } = options
    const where: AddressLike = path ?? { address, port }
    this.#handlers = options
    this.#family = path !== undefined ? AF_UNIX : address.includes(':') ? AF_INET6 : AF_INET
    const size = options.messageSize ?? (gro ? 65535 : 2048)
    this.#batch = new MessageBatch(options.batch ?? 64, size, { controlSize, family: this.#family })
    const bytes = encodeAddress(where, this.#family)
    this.#fd = openSocket(this.#family, SOCK_DGRAM, 0)
    const set = (level: number, name: number, value: number | undefined): void => {
      if (value !== undefined) check(sys.setsockopt(this.#fd, level, name, new Int32Array([value])), 'setsockopt')
    }
    try {
      if (options.reusePort === true) {
        set(SOL_SOCKET, SO_REUSEADDR, 1)
        set(SOL_SOCKET, SO_REUSEPORT, 1)
      }
      set(SOL_SOCKET, SO_RCVBUF, options.receiveBuffer)
      set(SOL_SOCKET, SO_SNDBUF, options.sendBuffer)
      // Where the kernel lacks these, asking for them is an error of its own: ENOPROTOOPT.
      if (gro) set(IPPROTO_UDP, UDP_GRO ?? -1, 1)
      if (options.segment !== undefined) set(IPPROTO_UDP, UDP_SEGMENT ?? -1, options.segment)
      check(sys.bind(this.#fd, bytes), 'bind', where)
      watch(this.#fd, this)
    } catch (error) {
      sys.close(this.#fd)
      throw error
    }
    hold(1)
  }

  /** The descriptor, for options and the like; −1 once it is closed. */
  get fd(): number {
    return this.#fd
  }

  /** Where it is bound. getsockname(2) */
  get address(): SocketAddress {
    const address = Buffer.alloc(addressRoom)
    const length = new Uint32Array([address.length])
    check(sys.getsockname(this.#fd, address, length), 'getsockname')
    return decodeAddress(address, length[0])
  }

  /** Sends the first `count` messages of a batch; returns how many went. For the others `drain` tells when. sendmmsg(2) */
  send(batch: MessageBatch, count: number = batch.count): number {
    let sent = 0
    // The kernel may stop at a message that it refuses: those before it have gone.
    const some = sendBatch(this.#fd, batch, count, 0)
    if (some === null) this.#full = true
    else sent = some
    if (sent < count) this.#full = true
    return sent
  }

  /** Sends one message; false where there is no room for it now. sendto(2) */
  sendto(data: Data, address: AddressLike): boolean {
    const bytes = bytesOf(data)
    const to = encodeAddress(address, this.#family)
    if (attempt(() => sys.sendto(this.#fd, bytes, NOSIGNAL, to), 'sendto', address) !== null) return true
    this.#full = true
    return false
  }

  /** Closes it now. close(2) */
  close(): void {
    const fd = this.#fd
    if (fd < 0) return
    this.#fd = -1
    unwatch(fd)
    sys.close(fd)
    hold(-1)
    this.#guarded(() => this.#handlers.close?.(this))
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** For the poller. */
  ready(readiness: number): void {
    if (readiness & WRITABLE && this.#full) {
      this.#full = false
      this.#guarded(() => this.#handlers.drain?.(this))
    }
    if (readiness & READABLE) this.#receive((readiness & END) !== 0)
  }

  // Without `drain`, a batch that is not full has taken all that there was: what comes next is told of.
  #receive(drain: boolean): void {
    for (let i = 0; i < turns && this.#fd >= 0; i++) {
      let count: number | null = 0
      this.#guarded(() => {
        count = receiveBatch(this.#fd, this.#family, this.#batch, 0)
        if (count !== null) this.#handlers.messages?.(this, this.#batch, count)
      })
      if (count === null || (!drain && count < this.#batch.count)) return
    }
    setImmediate(() => this.#receive(true))
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
