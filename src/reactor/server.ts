// A listening socket; the event loop calls the handlers of its connections.
import type { Parts } from '../shown.js'
import { shownAddress, shownObject } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { AcceptFailures, refuseHandshakes, settleMs } from '../sockets/accepting.js'
import { addressRoom, decodeAddress } from '../structs/address.js'
import type { SocketAddress } from '../structs/address.js'
import { checkInteger, checkProperties, invalidThis } from '../checks.js'
import { socketError } from '../errors.js'
import { addressOf, tryAddressOf } from '../descriptors/names.js'
import { acceptSocket } from '../descriptors/open.js'
import { closeWithThread } from '../descriptors/ownership.js'
import { hold, READABLE, unwatch, watch, watchers } from '../loop.js'
import type { Properties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import { checkTimeout, clock, Timer } from '../timers.js'
import type { UnixPath } from '../descriptors/unix-path.js'
import { Connection } from './connection.js'
import { handlerProperties, report } from './handlers.js'
import type { Handlers } from './handlers.js'
import { openListener, listenAddressProperties } from './listener.js'
import type { ListenAddress } from './listener.js'
import { limitProperties, Origin } from './origin.js'
import type { ConnectionLimits } from './origin.js'

const { EAGAIN, ECONNABORTED, EINTR } = constants.errno

/** The options of `listen`. */
export interface ListenOptions extends ListenAddress, ConnectionLimits {
  /** The maximum number of open connections, at which accepting pauses; default: no limit. */
  maxConnections?: number
}

/** @internal */
export const listenOptionProperties: Properties<ListenOptions> = {
  ...limitProperties,
  ...listenAddressProperties,
  maxConnections: 'option',
}

const listenProperties: Properties<ListenOptions & Handlers> = { ...handlerProperties, ...listenOptionProperties }

// The maximum number of connections to accept in a turn of the event loop, so that others are served too.
const acceptsInTurn = 64

// The address of the latest accepted client.
const peer = Buffer.alloc(addressRoom)
const peerLength = new Uint32Array(1)

// Refuses a `this` of another class; each method begins with it.
let brand: (self: Server) => unknown

/** A listening socket, with the type of its address. `listen` makes one. */
export class Server<Address extends SocketAddress = SocketAddress> extends Origin {
  /** @internal */
  readonly local: boolean
  /** @internal */
  readonly where = undefined
  #fd: number
  readonly #file: UnixPath | undefined
  readonly #own: boolean // it has opened the listener itself: no other process listens on it
  readonly #maxConnections: number
  #connections = 0
  #opening: Connection | undefined // the connection whose `open` is being called
  #waiting = false // connections may wait to be accepted
  #paused: NodeJS.Timeout | undefined
  readonly #failures: AcceptFailures
  #stopped: (() => void)[] = []

  static {
    brand = self => {
      try {
        return self.#fd
      } catch {
        throw invalidThis('Server')
      }
    }
  }

  /**
   * As `listen`. listen(2)
   *
   * @throws SocketError of bind(2) or listen(2); TypeError or RangeError for a wrong option
   */
  constructor(options: ListenOptions & Handlers) {
    checkProperties('options', options, listenProperties)
    super(options)
    this.#maxConnections = checkInteger('maxConnections', options.maxConnections ?? 2 ** 31, 1, 2 ** 31)
    const { fd, file } = openListener(options)
    this.#fd = fd
    this.#file = file
    this.#own = options.fd === undefined
    try {
      this.local = this.address.family === 'unix'
      watch(fd, this)
    } catch (error) {
      file?.remove()
      if (this.#own) sys.close(fd)
      throw error
    }
    hold(1)
    closeWithThread(fd, true)
    this.#failures = new AcceptFailures(error => this.#report(error))
    this.startClock(() => this)
  }

  /** The descriptor; −1 after it is closed. */
  get fd(): number {
    brand(this)
    return this.#fd
  }

  /** The number of open connections. */
  get connections(): number {
    brand(this)
    return this.#connections
  }

  /** The address that it listens on. getsockname(2) */
  get address(): Address {
    brand(this)
    return addressOf(this.#fd, 'getsockname') as Address
  }

  /** The open connections. */
  *[Symbol.iterator](): Generator<Connection, void, void> {
    brand(this)
    for (const one of watchers()) if (one instanceof Connection && one.isOf(this)) yield one
  }

  /**
   * Accepts the clients that have connected by now and no more, and resolves when the last connection is closed. Connections that
   * are still open after `timeout` milliseconds (default: null, no limit) are closed then. Each connection receives the bytes that
   * its peer has sent by now; then `finish` is called with it, which should end it. If `finish` throws, that is as if a handler of
   * this connection had thrown.
   *
   * If there are connections, "by now" is 100 ms after the call, at most `timeout`: by then handshakes that were under way have
   * ended, and a client that has just connected has sent its first request. Closed at once, the listening socket would reset a client
   * that the kernel connects after the last accept(2). On Linux no handshake begins meanwhile, except on a given `fd`, which other
   * processes may share.
   *
   * @throws TypeError or RangeError for a wrong option. What `finish` throws goes to `error`
   */
  async stop(options: { timeout?: number | null; finish?: (connection: Connection) => void } = {}): Promise<void> {
    brand(this)
    checkProperties('options', options, { timeout: 'option', finish: 'handler' })
    const { timeout = null, finish } = options
    const limit = checkTimeout(timeout)
    this.#refuse()
    this.#acceptAll()
    const began = clock()
    if (this.#own && this.#connections > 0) await sleep(Math.min(limit ?? settleMs, settleMs))
    this.#acceptAll()
    this.#closeListener()
    if (this.#connections === 0) return
    const left = limit === null ? null : Math.max(0, limit - (clock() - began))
    // In the next turn: this may be within a handler, whose bytes are in the shared buffer.
    setImmediate(() => {
      for (const connection of [...this]) {
        connection.ready(READABLE)
        try {
          if (connection.fd >= 0) finish?.(connection)
        } catch (error) {
          connection.threw(error)
        }
      }
      if (left === 0) this.close()
    })
    const timer = new Timer(left === 0 ? null : left, () => this.close())
    await new Promise<void>(resolve => this.#stopped.push(resolve))
    timer.clear()
  }

  /**
   * Stops accepting and closes all connections. close(2)
   *
   * @throws SocketError if close(2) of a queued file reports an error
   */
  close(): void {
    brand(this)
    this.#closeListener()
    for (const connection of [...this]) connection.destroy()
  }

  [Symbol.dispose](): void {
    brand(this)
    this.close()
  }

  /** @internal For the loop. */
  ready(): void {
    this.#waiting = true
    this.#accept()
  }

  /** @internal */
  peerOf(connection: Connection): SocketAddress | undefined {
    // On macOS accept(2) returns no address for a client that has disconnected.
    return connection === this.#opening && peerLength[0]! > 0 ? decodeAddress(peer, peerLength[0]) : undefined
  }

  /** @internal */
  closed(): void {
    this.#connections--
    if (this.#waiting && this.#fd >= 0) this.#resume()
    if (this.#fd < 0 && this.#connections === 0) this.#end()
  }

  /** @internal For console.log: one line. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({
      fd: this.#fd,
      address: shownAddress(tryAddressOf(this.#fd, 'getsockname')),
      connections: this.#connections,
      state: this.#fd >= 0 ? 'listening' : this.#connections > 0 ? 'stopping' : 'closed',
    })
    return shownObject(this, 'Server', depth, options, parts, [
      'handlers',
      'highWaterMark',
      'local',
      'scope',
      'tick',
      'where',
    ])
  }

  #accept(): void {
    for (let i = 0; i < acceptsInTurn; i++) {
      if (this.#fd < 0 || this.#paused !== undefined || this.#connections >= this.#maxConnections) return
      const fd = this.#acceptOne()
      if (fd >= 0) this.#open(fd)
      else if (fd === -EAGAIN) {
        this.#waiting = false
        return
      } else if (fd !== -EINTR && !this.#goesOn(socketError(fd, 'accept', { fd: this.#fd }))) return
    }
    setImmediate(() => this.#accept())
  }

  #acceptOne(): number {
    try {
      peerLength[0] = peer.length
      return acceptSocket(this.#fd, peer, peerLength)
    } catch {
      return -ECONNABORTED // on macOS no option can be set on the descriptor of a client that has disconnected
    }
  }

  // Keeps new clients out, as far as the kernel can.
  #refuse(): void {
    if (this.#fd < 0) return
    this.#file?.remove()
    if (this.#own && !this.local) refuseHandshakes(this.#fd)
  }

  // Accepts all waiting clients, up to `maxConnections`.
  #acceptAll(): void {
    this.#waiting = this.#fd >= 0
    while (this.#waiting && this.#fd >= 0 && this.#paused === undefined && this.#connections < this.#maxConnections) {
      this.#accept()
    }
  }

  #open(fd: number): void {
    let connection: Connection
    try {
      connection = new Connection(fd, this, false)
    } catch (error) {
      sys.close(fd)
      return this.#report(error)
    }
    this.#connections++
    this.#opening = connection
    connection.opened()
    this.#opening = undefined
  }

  // Whether to accept the next client now, although accept(2) has failed.
  #goesOn(error: Error): boolean {
    try {
      const pause = this.#failures.pause(error)
      if (pause > 0 && this.#fd >= 0) this.#paused = setTimeout(() => this.#resume(), pause)
      return pause === 0
    } catch {
      // The next accept(2) would fail too. Clients that wait are refused, and not left to wait for ever.
      this.#closeListener()
      this.#report(error)
      return false
    }
  }

  #report(error: unknown): void {
    this.scope.runInAsyncScope(report, null, this.handlers, error, null)
  }

  #resume(): void {
    clearTimeout(this.#paused)
    this.#paused = undefined
    setImmediate(() => this.#accept())
  }

  #closeListener(): void {
    const fd = this.#fd
    if (fd < 0) return
    this.#fd = -1
    clearTimeout(this.#paused)
    this.#file?.remove()
    unwatch(fd, true) // a duplicate may still listen
    sys.close(fd)
    hold(-1)
    if (this.#connections === 0) this.#end()
  }

  #end(): void {
    this.stopClock()
    for (const resolve of this.#stopped.splice(0)) resolve()
  }
}
