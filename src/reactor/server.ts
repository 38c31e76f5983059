// A listening socket whose connections are handled from the event loop.
import { AsyncResource } from 'node:async_hooks'
import { rmSync } from 'node:fs'
import { constants } from 'node:os'
import { addressRoom, decodeAddress } from '../address.js'
import type { SocketAddress } from '../address.js'
import { check, checkInteger, socketError } from '../errors.js'
import { acceptSocket } from '../open.js'
import { closeWithThread } from '../ownership.js'
import { hold, READABLE, unwatch, watch, watchers } from '../poller.js'
import type { Watched } from '../poller.js'
import { checkTimeout } from '../socket-base.js'
import * as sys from '../syscalls.js'
import { Connection } from './connection.js'
import type { Origin } from './connection.js'
import { report } from './handlers.js'
import type { Handlers } from './handlers.js'
import { openListener } from './listener.js'
import type { Place } from './listener.js'

const { EAGAIN, ECONNABORTED, EINTR, EPERM, EPROTO, ETIMEDOUT } = constants.errno

/** What `listen` and `connect` have in common. */
export interface ConnectionLimits {
  /** How many bytes may wait for the peer before `write` returns false; 64 KiB unless told otherwise. */
  highWaterMark?: number
  /** Closes a connection on which nothing has come or gone for so many milliseconds; null, for ever, unless told otherwise. */
  idleTimeout?: number | null
  /** Sends small messages at once; true unless told otherwise. tcp(7), TCP_NODELAY */
  noDelay?: boolean
}

/** Where and how `listen` listens. */
export interface ListenOptions extends Place, ConnectionLimits {
  /** How many connections may be open: at that number accepting pauses. */
  maxConnections?: number
}

// How many connections to accept before the others have their turn, and how long accepting pauses when it fails.
const acceptsInTurn = 64
const pauseMs = 100

/** A listening socket. `listen` makes one. */
export class Server implements Watched, Origin {
  readonly handlers: Handlers
  readonly highWaterMark: number
  readonly local: boolean
  /** For its connections. */
  tick = 0
  #fd: number
  readonly #scope = new AsyncResource('Server') // the context of who called `listen`: its handlers are called in that
  readonly #path: string | undefined
  readonly #maxConnections: number
  #connections = 0
  #waiting = false // connections may wait to be accepted
  #paused: NodeJS.Timeout | undefined
  #reported = -Infinity
  #sweeper: NodeJS.Timeout | undefined
  #stopped: (() => void)[] = []

  constructor(options: ListenOptions & Handlers) {
    this.handlers = options
    this.highWaterMark = checkInteger('highWaterMark', options.highWaterMark ?? 65536, 0, Number.MAX_SAFE_INTEGER)
    this.#maxConnections = checkInteger('maxConnections', options.maxConnections ?? 2 ** 31, 1, 2 ** 31)
    const idleTimeout = checkTimeout(options.idleTimeout ?? null)
    this.#path = options.fd === undefined ? options.path : undefined
    this.#fd = openListener(options)
    try {
      this.local = this.address.family === 'unix'
      watch(this.#fd, this)
    } catch (error) {
      sys.close(this.#fd)
      throw error
    }
    hold(1)
    closeWithThread(this.#fd, true)
    if (idleTimeout !== null) this.#sweeper = setInterval(() => this.#sweep(), Math.max(1, idleTimeout / 4)).unref()
  }

  /** The descriptor; −1 once it is closed. */
  get fd(): number {
    return this.#fd
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#connections
  }

  /** Where it listens. getsockname(2) */
  get address(): SocketAddress {
    const address = Buffer.alloc(addressRoom)
    const length = new Uint32Array([address.length])
    check(sys.getsockname(this.#fd, address, length), 'getsockname')
    return decodeAddress(address, length[0])
  }

  /** The connections that are open. */
  *[Symbol.iterator](): Generator<Connection, void, void> {
    for (const one of watchers()) if (one instanceof Connection && one.isOf(this)) yield one
  }

  /**
   * Accepts no more, and resolves when the last connection is closed; those that are still open after `timeout`
   * milliseconds are then closed. Each gets what its peer has sent by now; then `finish` is called with it, to bring it to
   * its end.
   */
  stop({
    timeout = null,
    finish,
  }: { timeout?: number | null; finish?: (connection: Connection) => void } = {}): Promise<void> {
    this.#closeListener()
    if (this.#connections === 0) return Promise.resolve()
    // Not at once: this may be within a handler, whose bytes stand where others would be received.
    setImmediate(() => {
      for (const connection of [...this]) {
        connection.ready(READABLE)
        if (connection.fd >= 0) finish?.(connection)
      }
    })
    return new Promise(resolve => {
      const limit = timeout === null ? undefined : setTimeout(() => this.close(), timeout)
      this.#stopped.push(() => {
        clearTimeout(limit)
        resolve()
      })
    })
  }

  /** Accepts no more and closes all connections. */
  close(): void {
    this.#closeListener()
    for (const connection of [...this]) connection.destroy()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** For the poller. */
  ready(): void {
    this.#waiting = true
    this.#accept()
  }

  /** For its connections. */
  closed(): void {
    this.#connections--
    if (this.#waiting && this.#fd >= 0) this.#resume()
    if (this.#fd < 0 && this.#connections === 0) this.#end()
  }

  #accept(): void {
    for (let i = 0; i < acceptsInTurn; i++) {
      if (this.#fd < 0 || this.#paused !== undefined || this.#connections >= this.#maxConnections) return
      const fd = acceptSocket(this.#fd, null, null)
      if (fd >= 0) this.#open(fd)
      else if (fd === -EAGAIN) {
        this.#waiting = false
        return
      } else if (fd !== -EINTR && fd !== -ECONNABORTED && fd !== -EPROTO && fd !== -EPERM) return this.#pause(fd)
    }
    setImmediate(() => this.#accept())
  }

  #open(fd: number): void {
    let connection: Connection
    try {
      connection = this.#scope.runInAsyncScope(() => new Connection(fd, this, false))
    } catch (error) {
      sys.close(fd)
      return this.#report(error)
    }
    this.#connections++
    connection.opened()
  }

  // There is no free descriptor, or no memory: accepting at once again would only fail again.
  #pause(result: number): void {
    this.#paused = setTimeout(() => this.#resume(), pauseMs)
    if (performance.now() - this.#reported < 1000) return
    this.#reported = performance.now()
    this.#report(socketError(result, 'accept'))
  }

  #report(error: unknown): void {
    this.#scope.runInAsyncScope(report, null, this.handlers, error, null)
  }

  #resume(): void {
    clearTimeout(this.#paused)
    this.#paused = undefined
    setImmediate(() => this.#accept())
  }

  #sweep(): void {
    this.tick++
    for (const connection of this) {
      if (this.tick - connection.lastTick > 4) connection.destroy(socketError(ETIMEDOUT, 'recv'))
    }
  }

  #closeListener(): void {
    const fd = this.#fd
    if (fd < 0) return
    this.#fd = -1
    clearTimeout(this.#paused)
    if (this.#path !== undefined) rmSync(this.#path, { force: true })
    unwatch(fd)
    sys.close(fd)
    hold(-1)
    if (this.#connections === 0) this.#end()
  }

  #end(): void {
    clearInterval(this.#sweeper)
    for (const resolve of this.#stopped.splice(0)) resolve()
  }
}
