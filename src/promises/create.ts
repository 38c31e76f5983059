// createServer and createConnection. Lookups and connects do not block the thread.
import { encodeAddress, familyOf, inetFamily } from '../structs/address.js'
import type { AddressLike, InetAddress, SocketAddress } from '../structs/address.js'
import { constants } from 'node:os'
import { AF_UNSPEC, SOCK_STREAM } from '../constants.js'
import {
  allFailed,
  familyOption,
  hostAndPort,
  openServer,
  checkServerOptions,
  serverQuestion,
} from '../sockets/create.js'
import type { HostAndPort, ServerOptions } from '../sockets/create.js'
import { prepared } from '../sockets/prepared.js'
import type { Preparation } from '../sockets/prepared.js'
import { AbortError, socketError } from '../errors.js'
import type { AddressInfo } from '../names/addrinfo.js'
import { checkProperties } from '../checks.js'
import type { Properties } from '../checks.js'
import { getaddrinfo } from './names.js'
import { checkTimeout, Timer } from '../timers.js'
import { checkSignal, onAbort } from './on-abort.js'
import { Socket } from './socket.js'
import type { WaitOptions } from './turn.js'

/**
 * A listening TCP socket, with SO_REUSEADDR. A port alone is on 127.0.0.1. getaddrinfo(3), bind(2), listen(2), Python's
 * create_server
 *
 * @throws GaiError; SocketError of bind(2) or listen(2); TypeError or RangeError for a wrong argument
 */
export async function createServer(where: HostAndPort, options: ServerOptions = {}): Promise<Socket<InetAddress>> {
  checkServerOptions(options)
  const [info] = await getaddrinfo(...serverQuestion(where, options))
  return openServer(Socket, info!, options)
}

/** The options of createConnection; the timeout is for the whole call. */
export interface ConnectionOptions extends Preparation, WaitOptions {
  /** AF_INET or AF_INET6, or Node's 4 or 6; default: both. */
  family?: number
  /** Milliseconds until the next address is tried in parallel; default: 250. RFC 8305, 8 */
  attemptDelay?: number
}

/** The addresses with their families alternating; the family of the first one begins. RFC 8305, 4 */
export function interleaved<Info extends AddressInfo<SocketAddress>>(infos: readonly Info[]): Info[] {
  const first = infos.filter(({ family }) => family === infos[0]?.family)
  const others = infos.filter(({ family }) => family !== infos[0]?.family)
  const pairs = Array.from({ length: Math.max(first.length, others.length) }, (_, i) => [first[i], others[i]])
  return pairs.flat().filter(info => info !== undefined)
}

/** The options of createConnection. */
export const connectionProperties: Properties<ConnectionOptions> = {
  attemptDelay: 'option',
  family: 'option',
  protocol: 'option',
  signal: 'option',
  sockopts: 'option',
  sourceAddress: 'option',
  timeout: 'option',
}

/** An address that needs no lookup; undefined for a host and a port. */
function unresolved(where: HostAndPort | SocketAddress): AddressInfo<SocketAddress> | undefined {
  if (typeof where !== 'object' || where === null || !('family' in where)) return undefined
  if (where.family === undefined || inetFamily(where.family) !== undefined) return undefined
  const address = where as SocketAddress
  return { family: familyOf(encodeAddress(address)), type: SOCK_STREAM, protocol: 0, canonname: '', address }
}

/**
 * Connects a TCP socket to a host (a port alone: `localhost`). Its addresses are tried one after the other, each in parallel
 * with those that have not answered yet. The first connection wins; the others are closed. RFC 8305, Happy Eyeballs
 * getaddrinfo(3), connect(2)
 *
 * An address of another family, such as `{ family: 'unix', path }`, is connected to by a stream socket of that family.
 *
 * @throws GaiError; the error of the only address, or an AggregateError with the errors of all; TimeoutError or
 *   AbortError; TypeError or RangeError for a wrong argument
 */
export async function createConnection(where: HostAndPort, options?: ConnectionOptions): Promise<Socket<InetAddress>>
export async function createConnection(where: HostAndPort | SocketAddress, options?: ConnectionOptions): Promise<Socket>
export async function createConnection(
  where: HostAndPort | SocketAddress,
  options: ConnectionOptions = {},
): Promise<Socket> {
  checkProperties('options', options, connectionProperties)
  const { family = AF_UNSPEC, attemptDelay = 250, signal } = options
  const known = unresolved(where)
  const named = known === undefined ? hostAndPort(where as HostAndPort, 'localhost') : undefined
  const address = known?.address ?? named!
  const timeout = checkTimeout(options.timeout ?? null)
  const delay = checkTimeout(attemptDelay, 'options.attemptDelay')
  checkSignal(signal)
  const stop = new AbortController()
  const abort = (): void => stop.abort(new AbortError(signal?.reason))
  const forget = signal && onAbort(signal, abort)
  const timedOut = (): void => stop.abort(socketError(constants.errno.ETIMEDOUT, 'connect', { address, timeout }))
  const timer = new Timer(timeout === 0 ? null : timeout, timedOut)
  try {
    const hints = { family: familyOption(family), type: SOCK_STREAM, signal: stop.signal }
    const infos = named === undefined ? [known!] : await getaddrinfo(...named, hints)
    return await race(interleaved(infos), { address, options, attemptDelay: delay, waits: timeout !== 0, stop })
  } catch (error) {
    throw error instanceof AbortError && stop.signal.aborted ? stop.signal.reason : error
  } finally {
    timer.clear()
    forget?.()
    stop.abort()
  }
}

interface Race {
  /** What the error names if there is no address to try. */
  address: AddressLike
  options: Preparation
  attemptDelay: number | null
  /** Whether an attempt may wait. */
  waits: boolean
  /** Ends the attempts under way. */
  stop: AbortController
}

function race(
  infos: AddressInfo<SocketAddress>[],
  { address, options, attemptDelay, waits, stop }: Race,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const errors: unknown[] = []
    let next = 0
    let underWay = 0
    let over = false
    let timer: Timer | undefined

    async function attempt(info: AddressInfo<SocketAddress>): Promise<void> {
      const socket = prepared(Socket, info, options)
      try {
        await socket.connect(info.address, { signal: stop.signal, timeout: waits ? undefined : 0 })
        if (over) return socket.close()
        over = true
        timer?.clear()
        resolve(socket)
      } catch (error) {
        socket.close()
        throw error
      }
    }

    function start(): void {
      timer?.clear()
      const info = infos[next++]
      if (over) return
      if (info === undefined) {
        if (underWay === 0) reject(allFailed(errors, address))
        return
      }
      underWay++
      timer = new Timer(attemptDelay, start)
      attempt(info).catch((error: unknown) => {
        underWay--
        errors.push(error)
        if (stop.signal.aborted && !over) {
          over = true
          timer?.clear()
          reject(stop.signal.reason as Error)
        } else start()
      })
    }

    start()
  })
}
