// A server's and a client's socket in one call each; these two take names.
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_PASSIVE,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SO_REUSEPORT,
} from './constants.js'
import { SOCK_STREAM, SOL_SOCKET } from './constants.js'
import type { AddressLike } from './address.js'
import { SocketError, socketError } from './errors.js'
import { constants } from 'node:os'
import { getaddrinfo } from './names.js'
import { Socket } from './socket.js'
import { Deadline } from './wait.js'

/** A host, by name or number, and a port. */
export type HostAndPort = { address: string; port: number } | readonly [host: string, port: number]

const hostAndPort = (where: HostAndPort): readonly [string, number] =>
  'address' in where ? [where.address, where.port] : where

/** What createServer can be told. */
export interface ServerOptions {
  /** AF_INET or AF_INET6; AF_INET unless told otherwise. */
  family?: number
  /** How many connections may wait to be accepted. */
  backlog?: number
  /** Whether other sockets may share the port. SO_REUSEPORT, socket(7) */
  reusePort?: boolean
  /** Whether an AF_INET6 socket takes IPv4 connections too. IPV6_V6ONLY, ipv6(7) */
  dualstackIpv6?: boolean
}

/** Whether this machine has IPv6 sockets that take IPv4 connections too. Python's has_dualstack_ipv6 */
export function hasDualstackIpv6(): boolean {
  try {
    using socket = new Socket(AF_INET6, SOCK_STREAM)
    socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, false)
    return true
  } catch (error) {
    if (error instanceof SocketError) return false
    throw error
  }
}

/** A listening TCP socket, with SO_REUSEADDR. Python's create_server */
export function createServer(where: HostAndPort, options: ServerOptions = {}): Socket {
  const { family = AF_INET, backlog, reusePort = false, dualstackIpv6 = false } = options
  const [host, port] = hostAndPort(where)
  const [info] = getaddrinfo(host === '' ? null : host, port, { family, type: SOCK_STREAM, flags: AI_PASSIVE })
  const socket = new Socket(info!.family, SOCK_STREAM)
  try {
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
    if (reusePort) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true)
    if (family === AF_INET6) socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, !dualstackIpv6)
    socket.bind(info!.address)
    socket.listen(backlog)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** What createConnection can be told. */
export interface ConnectionOptions {
  /** Milliseconds for all of it, and the new socket's timeout; null, for ever, unless told otherwise. */
  timeout?: number | null
  /** What to bind to before connecting. */
  sourceAddress?: AddressLike
  /** AF_INET or AF_INET6; any unless told otherwise. */
  family?: number
}

/**
 * A TCP socket connected to the first of a host's addresses that answers, tried in turn. Python's create_connection
 *
 * @throws GaiError; the error of the connection, or an AggregateError with those of all addresses where there are several
 */
export function createConnection(where: HostAndPort, options: ConnectionOptions = {}): Socket {
  const { timeout = null, sourceAddress, family = AF_UNSPEC } = options
  const [host, port] = hostAndPort(where)
  const deadline = new Deadline(timeout)
  const errors: unknown[] = []
  for (const info of getaddrinfo(host, port, { family, type: SOCK_STREAM })) {
    const socket = new Socket(info.family, info.type, info.protocol)
    try {
      if (sourceAddress !== undefined) socket.bind(sourceAddress)
      socket.settimeout(timeout === null ? null : deadline.left)
      socket.connect(info.address)
      socket.settimeout(timeout)
      return socket
    } catch (error) {
      socket.close()
      errors.push(error)
      if (deadline.left === 0) break
    }
  }
  if (errors.length === 1) throw errors[0]
  const last = errors.at(-1)
  if (last === undefined) throw socketError(constants.errno.ENETUNREACH, 'connect', { address: [host, port] })
  throw new AggregateError(errors, (last as Error).message)
}
