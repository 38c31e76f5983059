// Where a connection comes from: a server, or a connect(2).
import { constants } from 'node:os'
import type { Properties } from '../checks.js'
import { checkInteger } from '../checks.js'
import { socketError } from '../errors.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { checkTimeout, Timer } from '../timers.js'
import type { Connection } from './connection.js'
import type { Handlers } from './handlers.js'
import { newScope } from './scope.js'

const { ETIMEDOUT } = constants.errno

/** What `listen` and `connect` have in common. */
export interface ConnectionLimits {
  /** How many bytes may wait for the peer before `write` returns false; default: 64 KiB. */
  highWaterMark?: number
  /**
   * Closes a connection on which nothing has come or gone for so many milliseconds, or up to a quarter longer; null, the
   * default, and 0 never do.
   */
  idleTimeout?: number | null
  /** Sends small messages at once; default: true. tcp(7), TCP_NODELAY */
  noDelay?: boolean
}

export const limitProperties: Properties<ConnectionLimits> = {
  highWaterMark: 'option',
  idleTimeout: 'option',
  noDelay: 'option',
}

/** What its connections have from it: handlers, limits, and the clock of the idle timeout. */
export abstract class Origin {
  /** @internal */
  readonly handlers: Handlers
  /** @internal */
  readonly highWaterMark: number
  /** @internal Whether a receive may give less than there is: a Unix socket's, where descriptors were sent. unix(7) */
  abstract readonly local: boolean
  /** @internal What was connected to, for the errors. */
  abstract readonly where: AddressLike | undefined
  /** @internal The context of who gave the handlers. */
  readonly scope = newScope('Connection')
  /** @internal Counts the quarters of the idle timeout. */
  tick = 0
  readonly #idleTimeout: number | null
  #clock: Timer | undefined

  constructor(options: ConnectionLimits & Handlers) {
    this.handlers = options
    this.highWaterMark = checkInteger('highWaterMark', options.highWaterMark ?? 65536, 0, Number.MAX_SAFE_INTEGER)
    this.#idleTimeout = checkTimeout(options.idleTimeout ?? null, 'idleTimeout')
  }

  /** @internal The address of a peer of which the kernel no longer tells it, where it is kept. */
  abstract peerOf(connection: Connection): SocketAddress | undefined

  /** @internal A connection is closed. */
  abstract closed(): void

  /** Closes those of its connections that are idle, from now on. */
  protected startClock(connections: () => Iterable<Connection>): void {
    const timeout = this.#idleTimeout
    if (timeout === null || timeout === 0) return
    const sweep = (): void => {
      this.#clock!.refresh()
      this.tick++
      for (const connection of connections()) {
        if (this.tick - connection.lastTick > 4) connection.destroy(socketError(ETIMEDOUT, 'recv'))
      }
    }
    this.#clock = new Timer(timeout / 4, sweep, false)
  }

  protected stopClock(): void {
    this.#clock?.clear()
  }
}
