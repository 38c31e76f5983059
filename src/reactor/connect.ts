import { constants } from 'node:os'
import { decodeAddress } from '../structs/address.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { AF_UNIX, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY } from '../constants.js'
import { invalidType, checkProperties } from '../checks.js'
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

/** Where `connect` connects to. */
export interface ConnectOptions extends ConnectionLimits {
  /** A numeric host (default: 127.0.0.1). */
  address?: string
  /** The same, by the name that Node's options have for it. */
  host?: string
  /** Must be given, unless there is a path. */
  port?: number
  /** A Unix socket's path, in the place of a host and a port. */
  path?: string
  /** Milliseconds until a connect that is not done is given up; null, which is the default, leaves that to the network. */
  timeout?: number | null
}

// How long to wait for room in a backlog: nothing reports it. unix(7)
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

// What a connection that comes from no server needs to know.
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
    const connection = new Connection(fd, this, true) // done already or not, the poller tells
    if (result === -EAGAIN) this.#connectLater(connection)
    this.startClock(() => [connection])
    this.#limit = new Timer(this.#timeout, () => this.#giveUp(connection), false)
    return connection
  }

  /** The address that was connected to, of a peer that is gone. */
  peerOf(connection: Connection): SocketAddress | undefined {
    return connection.fd < 0 || connection.connecting ? undefined : decodeAddress(this.#bytes)
  }

  closed(): void {
    this.stopClock()
    this.#limit?.clear()
    clearTimeout(this.#retry)
  }

  // The backlog of a Unix socket is full with EAGAIN; elsewhere that is a failure.
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
    if (connection.connecting) connection.ready(WRITABLE) // the loop may have been too busy to see it
    if (connection.connecting) connection.destroy(socketError(ETIMEDOUT, 'connect', { address: this.where }))
  }
}

/**
 * Connects to a numeric address or a path; `open` is called once it is connected, `close` with the error where it never
 * is. What is written before is sent then. A Unix socket whose backlog is full is waited for. connect(2)
 */
export function connect(options: ConnectOptions & Handlers): Connection {
  checkProperties('options', options, connectProperties)
  const { port, path, noDelay = true } = options
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
