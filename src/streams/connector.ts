// Connections for the clients of HTTP that people have: undici's Agent, fetch, and the Agents of http and https.
import { isIP } from 'node:net'
import type * as net from 'node:net'
import type * as tls from 'node:tls'
import { AF_UNIX } from '../constants.js'
import { checkProperties, invalidType } from '../checks.js'
import type { Properties } from '../checks.js'
import { AbortError, socketError } from '../errors.js'
import { constants } from 'node:os'
import { connectionProperties, createConnection } from '../promises/create.js'
import type { ConnectionOptions } from '../promises/index.js'
import type { HostAndPort } from '../sockets/create.js'
import { decodeAddress, encodeAddress } from '../structs/address.js'
import type { SocketAddress } from '../structs/address.js'
import { checkTimeout, Timer } from '../timers.js'
import { toDuplex } from './to-duplex.js'
import { nodeTakes, toNet } from './node.js'

const { ETIMEDOUT } = constants.errno

/** The options of `connector`: those of createConnection, and where to connect to. */
export interface ConnectorOptions extends ConnectionOptions {
  /**
   * Where each connection goes, whatever host the URL names: the path of a Unix socket (with a NUL before it: an abstract
   * name), an address of any family, or a host and a port. Default: the host and the port of the URL.
   */
  address?: HostAndPort | SocketAddress | string | undefined
  /** The time limit in milliseconds for a lookup, a connect and a TLS handshake together; null: none. Default: 10,000. */
  timeout?: number | null | undefined
  /** Options of TLS for `https:`, such as `ca`; they have priority over those of the client. tls.connect */
  tls?: tls.ConnectionOptions | undefined
}

/** What a client asks for: the properties of its own options that are used. */
export interface ConnectTarget {
  /** The host's name or number. undici adds the port to `host`, therefore `hostname` has priority. */
  hostname?: string | null | undefined
  /** The host's name or number. */
  host?: string | null | undefined
  /** The port; default: 80, or 443 for TLS. */
  port?: number | string | null | undefined
  /** `'https:'`: TLS. */
  protocol?: string | null | undefined
  /** The name that the server's certificate has to be for; default: the host. */
  servername?: string | null | undefined
  /** The own numeric address to connect from. */
  localAddress?: string | null | undefined
  /** 4 or 6: connects over this family only; default: any. */
  family?: number | undefined
  /** The path of a Unix socket, instead of host and port. */
  socketPath?: string | null | undefined
  /** As in net.connect: the socket emits `timeout` after so many milliseconds without activity. */
  timeout?: number | undefined
}

/** Connects for a client of HTTP, and calls back with the connected stream or with the error. */
export interface Connector {
  (
    target: ConnectTarget,
    callback: (...args: [error: null, socket: net.Socket] | [error: Error, socket: null]) => void,
  ): undefined
  // The form of Agent.createConnection, whose types let the callback be omitted; Agents pass it always.
  (target: ConnectTarget, callback?: (error: Error | null, socket: net.Socket) => void): undefined
}

type Callback = (error: Error | null, socket: net.Socket | null) => void

const connectorProperties: Properties<ConnectorOptions> = { ...connectionProperties, address: 'option', tls: 'option' }

// What the agent or the request of http and https has, since their options often lack the protocol.
interface Client {
  readonly protocol?: unknown
}

/** The place of a text: a Unix socket's path or abstract name. */
const placeOf = (address: HostAndPort | SocketAddress | string): HostAndPort | SocketAddress =>
  typeof address === 'string' ? decodeAddress(encodeAddress(address, AF_UNIX)) : address

/**
 * A function that makes the connections of undici's Agent (and so of `fetch`), and of the Agents of http and https:
 *
 * ```ts
 * const connect = connector({ address: '/run/docker.sock' })
 * await fetch('http://docker/version', { dispatcher: new Agent({ connect }) })
 * http.get('http://docker/version', { createConnection: connect })
 * ```
 *
 * An Agent of http or https gets it by assignment, `agent.createConnection = connect`; a request with an Agent ignores its own.
 *
 * The socket is made with `protocol` and bound to `sourceAddress`, with `sockopts` set before it connects. A host with several
 * addresses is connected to as by createConnection (RFC 8305). An `https:` URL gets a TLS connection over it. The
 * stream is a net.Socket if Node has such a socket, otherwise a SocketDuplex. TCP sockets get TCP_NODELAY, unless
 * `sockopts` says otherwise.
 *
 * The client gets the errors of createConnection and of tls.connect, and a TimeoutError or an AbortError. Nothing stays open then.
 *
 * @throws TypeError or RangeError for wrong options
 */
export function connector(options: ConnectorOptions = {}): Connector {
  checkProperties('options', options, connectorProperties)
  const { address, tls: secure, timeout = 10_000, ...settings } = options
  checkTimeout(timeout, 'options.timeout')
  if (address !== undefined && !['string', 'number', 'object'].includes(typeof address))
    throw invalidType('options.address', address, 'an address')
  const place = address === undefined ? undefined : placeOf(address)

  async function open(target: ConnectTarget, https: boolean): Promise<net.Socket> {
    const { hostname, host: written, port, localAddress, socketPath } = target
    const host = hostname || written || 'localhost'
    const begun = performance.now()
    const source = localAddress ? { sourceAddress: [localAddress, 0] as const } : {}
    const family = target.family ? { family: target.family } : {}
    const where = place ?? (socketPath ? placeOf(socketPath) : ([host, Number(port || (https ? 443 : 80))] as const))
    const socket = await createConnection(where, { ...source, ...family, ...settings, timeout })
    let stream: net.Socket
    try {
      stream = nodeTakes(socket) ? toNet(socket) : (toDuplex(socket) as unknown as net.Socket)
    } catch (error) {
      socket.close() // the peer was gone before it became a stream
      throw error
    }
    // oxlint-disable-next-line typescript/no-deprecated -- the former name is valid too
    const { tcpNoDelay, noDelay } = settings.sockopts ?? {}
    if (tcpNoDelay === undefined && noDelay === undefined) stream.setNoDelay(true)
    if (https) {
      const left = timeout === null ? null : Math.max(1, timeout - (performance.now() - begun))
      const chosen = { ALPNProtocols: ['http/1.1'], ...target, ...secure } as tls.ConnectionOptions
      stream = await encrypted(
        { ...chosen, host, servername: nameOf(secure?.servername ?? target.servername, host) },
        stream,
        {
          left,
          timeout,
          signal: settings.signal,
        },
      )
    }
    if (target.timeout) stream.setTimeout(target.timeout)
    return stream
  }

  return function connect(this: unknown, target: ConnectTarget, callback: unknown): undefined {
    const given = target as ConnectTarget & { _defaultAgent?: Client }
    const protocol = target.protocol ?? (this as Client | undefined)?.protocol ?? given._defaultAgent?.protocol
    // In the next tick: what the callback throws is an uncaught exception.
    open(target, protocol === 'https:').then(
      stream => process.nextTick(callback as Callback, null, stream),
      (error: unknown) => process.nextTick(callback as Callback, error as Error, null),
    )
    return undefined
  }
}

/** The name for SNI: none for an IP address. RFC 6066, 3 */
const nameOf = (servername: string | null | undefined, host: string): string => servername || (isIP(host) ? '' : host)

interface Limits {
  /** Milliseconds that are left; null: no limit. */
  left: number | null
  /** The caller's timeout, for the error. */
  timeout: number | null
  signal: AbortSignal | undefined
}

/** TLS over a connected stream, once the handshake is done and the certificate accepted. On failure both are destroyed. */
function encrypted(
  options: tls.ConnectionOptions,
  stream: net.Socket,
  { left, timeout, signal }: Limits,
): Promise<net.Socket> {
  const { connect } = process.getBuiltinModule('node:tls')
  return new Promise((resolve, reject) => {
    const socket = connect({ ...options, socket: stream })
    const settle = (error?: Error): void => {
      timer.clear()
      signal?.removeEventListener('abort', aborted)
      socket.off('secureConnect', settle).off('error', settle).off('close', closed)
      if (error === undefined) return resolve(socket)
      socket.on('error', () => undefined).destroy()
      stream.on('error', () => undefined).destroy()
      reject(error)
    }
    const aborted = (): void => settle(new AbortError(signal?.reason))
    const closed = (): void => settle(socketError(constants.errno.ECONNRESET, 'connect'))
    const { remoteAddress: address, remotePort: port } = stream
    const where = address === undefined || port === undefined ? {} : { address: [address, port] as const }
    const timer = new Timer(left, () => settle(socketError(ETIMEDOUT, 'connect', { ...where, timeout })))
    signal?.addEventListener('abort', aborted)
    socket.once('secureConnect', settle).once('error', settle).once('close', closed)
    if (signal?.aborted) aborted()
  })
}
