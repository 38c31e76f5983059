// The origin of a connection: a server, or a connect(2).
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

/** The options that `listen` and `connect` have in common. */
export interface ConnectionLimits {
  /** `write` returns false if this many bytes or more are queued; default: 64 KiB. */
  highWaterMark?: number
  /**
   * Closes a connection over which nothing was received or sent for this many milliseconds, or up to a quarter longer; null or
   * 0: no limit. Default: null.
   */
  idleTimeout?: number | null
  /** Whether small messages are sent immediately; default: true. tcp(7), TCP_NODELAY */
  noDelay?: boolean
}

export const limitProperties: Properties<ConnectionLimits> = {
  highWaterMark: 'option',
  idleTimeout: 'option',
  noDelay: 'option',
}

/** What its connections share: the handlers, the limits, and the clock of the idle timeout. */
export abstract class Origin {
  /** @internal */
  readonly handlers: Handlers
  /** @internal */
  readonly highWaterMark: number
  /** @internal Whether a receive may return fewer bytes than available, as over a Unix socket with descriptors. unix(7) */
  abstract readonly local: boolean
  /** @internal The address of the connect, for errors. */
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

  /** @internal The address of a peer that the kernel no longer returns, if it is known. */
  abstract peerOf(connection: Connection): SocketAddress | undefined

  /** @internal A connection is closed. */
  abstract closed(): void

  /** Starts closing its connections that are idle. */
  protected startClock(connections: () => Iterable<Connection>): void {
    const timeout = this.#idleTimeout
    if (timeout === null || timeout === 0) return
    const sweep = (): void => {
      this.#clock!.refresh()
      this.tick++
      for (const connection of connections()) {
        if (this.tick - connection.lastTick > 4)
          connection.destroy(socketError(ETIMEDOUT, 'recv', { fd: connection.fd }))
      }
    }
    this.#clock = new Timer(timeout / 4, sweep, false)
  }

  protected stopClock(): void {
    this.#clock?.clear()
  }
}
