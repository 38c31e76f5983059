import { constants } from 'node:os'
import { decodeAddress } from '../structs/address.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { AF_UNIX, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY } from '../constants.js'
import { checkProperties, checkSwitch, invalidType } from '../checks.js'
import { socketError } from '../errors.js'
import { openSocket } from '../descriptors/open.js'
import { WRITABLE } from '../loop.js'
import type { Properties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import { checkTimeout, Timer } from '../timers.js'
import { Connection } from './connection.js'
import { handlerProperties } from './handlers.js'
import type { Handlers } from './handlers.js'
import { endpointOf, setOption } from './listener.js'
import { limitProperties, Origin } from './origin.js'
import type { ConnectionLimits } from './origin.js'

const { EAGAIN, EINPROGRESS, EINTR, ETIMEDOUT } = constants.errno

/** The options of `connect`. */
export interface ConnectOptions extends ConnectionLimits {
  /** A numeric host; default: 127.0.0.1. */
  address?: string
  /** As `address`, by its name in Node's options. */
  host?: string
  /** The port; required, unless there is a path. */
  port?: number
  /** A Unix socket's path, instead of a host and a port. unix(7) */
  path?: string
  /** The time limit of the connect, in milliseconds; default: null, the network's own limit. */
  timeout?: number | null
}

// How long to wait, in milliseconds, for room in the backlog of a Unix socket: no event reports it. unix(7)
const backlogMs = 10

const connectProperties: Properties<ConnectOptions & Handlers> = {
  ...handlerProperties,
  ...limitProperties,
  address: 'option',
  host: 'option',
  path: 'option',
  port: 'option',
  timeout: 'option',
}

// The origin of a connection that `connect` makes.
class Client extends Origin {
  readonly local: boolean
  readonly where: AddressLike
  readonly #bytes: Buffer
  readonly #timeout: number | null
  #limit: Timer | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(options: ConnectOptions & Handlers, where: AddressLike, bytes: Buffer, family: number) {
    super(options)
    this.local = family === AF_UNIX
    this.where = where
    this.#bytes = bytes
    this.#timeout = checkTimeout(options.timeout ?? null)
  }

  /** Begins to connect. connect(2) */
  connect(fd: number): Connection {
    const result = this.#tried(sys.connect(fd, this.#bytes))
    const connection = new Connection(fd, this, true) // the poller reports when it is connected, even if it is already
    if (result === -EAGAIN) this.#connectLater(connection)
    this.startClock(() => [connection])
    this.#limit = new Timer(this.#timeout, () => this.#giveUp(connection), false)
    return connection
  }

  /** The address of the connect, if the peer has disconnected. */
  peerOf(connection: Connection): SocketAddress | undefined {
    return connection.fd < 0 || connection.connecting ? undefined : decodeAddress(this.#bytes)
  }

  closed(): void {
    this.stopClock()
    this.#limit?.clear()
    clearTimeout(this.#retry)
  }

  // For a Unix socket EAGAIN means that the backlog is full; in other families it is a failure.
  #tried(result: number): number {
    if (result >= 0 || result === -EINPROGRESS || result === -EINTR || (result === -EAGAIN && this.local)) return result
    throw socketError(result, 'connect', { address: this.where })
  }

  #connectLater(connection: Connection): void {
    this.#retry = setTimeout(() => {
      try {
        const result = this.#tried(sys.connect(connection.fd, this.#bytes))
        if (result === -EAGAIN || result === -EINTR) this.#connectLater(connection)
        else connection.ready(WRITABLE)
      } catch (error) {
        connection.destroy(error as Error)
      }
    }, backlogMs)
  }

  #giveUp(connection: Connection): void {
    if (connection.connecting) connection.ready(WRITABLE) // it may be connected, if the loop was too busy to report it
    if (connection.connecting)
      connection.destroy(socketError(ETIMEDOUT, 'connect', { address: this.where, fd: connection.fd }))
  }
}

/**
 * Connects to a numeric address or a path. `open` is called when it is connected, or `close` with the error if that fails. Data
 * written before is sent then. If the backlog of a Unix socket is full, it tries again. connect(2)
 *
 * @throws SocketError if connect(2) fails at once; TypeError for a wrong option
 */
export function connect(options: ConnectOptions & Handlers): Connection {
  checkProperties('options', options, connectProperties)
  const { port, path, noDelay = true } = options
  checkSwitch('options.noDelay', noDelay)
  if (port === undefined && path === undefined) throw invalidType('options.port', port, 'of type number')
  const { where, family, bytes } = endpointOf(options)
  const client = new Client(options, where, bytes, family)
  const fd = openSocket(family, SOCK_STREAM, 0)
  try {
    if (!client.local && noDelay) setOption(fd, IPPROTO_TCP, TCP_NODELAY)
    return client.connect(fd)
  } catch (error) {
    sys.close(fd)
    throw error
  }
}
