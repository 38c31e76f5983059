import { constants } from 'node:os'
import { encodeAddress } from '../address.js'
import type { AddressLike } from '../address.js'
import { AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY } from '../constants.js'
import { checkInteger, socketError } from '../errors.js'
import { openSocket } from '../open.js'
import { checkTimeout } from '../socket-base.js'
import * as sys from '../syscalls.js'
import { Connection } from './connection.js'
import type { Origin } from './connection.js'
import type { Handlers } from './handlers.js'
import type { ConnectionLimits } from './server.js'

const { EINPROGRESS, ETIMEDOUT } = constants.errno

/** Where `connect` connects to. */
export interface ConnectOptions extends ConnectionLimits {
  /** A numeric host; 127.0.0.1 unless told otherwise. */
  address?: string
  port?: number
  /** A Unix socket's path, in the place of a host and a port. */
  path?: string
  /** Milliseconds until a connect that is not done is given up; null, which is the default, leaves that to the network. */
  timeout?: number | null
}

// What a connection that comes from no server needs to know.
class Client implements Origin {
  readonly handlers: Handlers
  readonly highWaterMark: number
  readonly local: boolean
  tick = 0
  readonly #idleTimeout: number | null
  #timer: NodeJS.Timeout | undefined

  constructor(options: ConnectOptions & Handlers) {
    this.handlers = options
    this.highWaterMark = checkInteger('highWaterMark', options.highWaterMark ?? 65536, 0, Number.MAX_SAFE_INTEGER)
    this.local = options.path !== undefined
    this.#idleTimeout = checkTimeout(options.idleTimeout ?? null)
  }

  peerOf(): undefined {
    return undefined
  }

  watch(connection: Connection): void {
    if (this.#idleTimeout === null) return
    const sweep = (): void => {
      this.tick++
      if (this.tick - connection.lastTick > 4) connection.destroy(socketError(ETIMEDOUT, 'recv'))
    }
    this.#timer = setInterval(sweep, Math.max(1, this.#idleTimeout / 4)).unref()
  }

  closed(): void {
    clearInterval(this.#timer)
  }
}

/**
 * Connects to a numeric address or a path; `open` is called once it is connected, `close` with the error where it never
 * is. What is written before is sent then. connect(2)
 */
export function connect(options: ConnectOptions & Handlers): Connection {
  const { address = '127.0.0.1', port = 0, path, noDelay = true } = options
  const where: AddressLike = path ?? { address, port }
  const family = path !== undefined ? AF_UNIX : address.includes(':') ? AF_INET6 : AF_INET
  const timeout = checkTimeout(options.timeout ?? null)
  const bytes = encodeAddress(where, family)
  const client = new Client(options)
  const fd = openSocket(family, SOCK_STREAM, 0)
  try {
    if (!client.local && noDelay) sys.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, new Int32Array([1]))
    const result = sys.connect(fd, bytes)
    if (result < 0 && result !== -EINPROGRESS) throw socketError(result, 'connect', { address: where })
    const connection = new Connection(fd, client, true) // done already or not, the poller tells
    client.watch(connection)
    if (timeout !== null) {
      setTimeout(() => {
        if (connection.connecting) connection.destroy(socketError(ETIMEDOUT, 'connect', { address: where }))
      }, timeout).unref()
    }
    return connection
  } catch (error) {
    sys.close(fd)
    throw error
  }
}
