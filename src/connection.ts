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
import type { AddressInfo } from './names.js'
import { Socket } from './socket.js'
import { checkTimeout } from './timers.js'
import type { SocketBase } from './socket-base.js'
import { Deadline } from './wait.js'

/** A host, by name or number, and a port. */
export type HostAndPort = { address: string; port: number } | readonly [host: string, port: number]

/** The host and the port of either form. */
export const hostAndPort = (where: HostAndPort): readonly [string, number] =>
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

/** What createServer asks getaddrinfo. */
export function serverQuestion(where: HostAndPort, { family = AF_INET }: ServerOptions) {
  const [host, port] = hostAndPort(where)
  return [host === '' ? null : host, port, { family, type: SOCK_STREAM, flags: AI_PASSIVE }] as const
}

/** A listening socket of either class at one address. */
export function openServer<T extends SocketBase>(
  type: new (family: number, type: number) => T,
  { family, address }: AddressInfo,
  { backlog, reusePort = false, dualstackIpv6 = false }: ServerOptions,
): T {
  const socket = new type(family, SOCK_STREAM)
  try {
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
    if (reusePort) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true)
    if (family === AF_INET6) socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, !dualstackIpv6)
    socket.bind(address)
    socket.listen(backlog)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** A listening TCP socket, with SO_REUSEADDR. Python's create_server */
export function createServer(where: HostAndPort, options: ServerOptions = {}): Socket {
  const [info] = getaddrinfo(...serverQuestion(where, options))
  return openServer(Socket, info!, options)
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
 * @throws GaiError; the error of the connection, or where there are several addresses an AggregateError with those of
 * all, and the `code` and the other properties of the last
 */
export function createConnection(where: HostAndPort, options: ConnectionOptions = {}): Socket {
  const timeout = checkTimeout(options.timeout ?? null)
  const deadline = new Deadline(timeout)
  const infos = getaddrinfo(...hostAndPort(where), { family: options.family ?? AF_UNSPEC, type: SOCK_STREAM })
  const socket = firstToAnswer(infos, where, options.sourceAddress, timeout, deadline)
  socket.settimeout(timeout)
  return socket
}

/** A socket connected to the first address that answers; the kernel may lack the family of one. */
export function firstToAnswer(
  infos: readonly AddressInfo[],
  where: HostAndPort,
  sourceAddress: AddressLike | undefined,
  timeout: number | null,
  deadline: Deadline,
): Socket {
  const errors: unknown[] = []
  for (const { family, type, protocol, address } of infos) {
    let socket: Socket | undefined
    try {
      socket = new Socket(family, type, protocol)
      if (sourceAddress !== undefined) socket.bind(sourceAddress)
      socket.settimeout(timeout === null ? null : deadline.left)
      socket.connect(address)
      return socket
    } catch (error) {
      socket?.close()
      errors.push(error)
      if (deadline.left === 0) break
    }
  }
  throw allFailed(errors, where)
}

/** The one error of all attempts to connect, or one that holds them, with the properties of the last as Node's has. */
export function allFailed(errors: unknown[], where: HostAndPort): Error {
  const last = errors.at(-1) as Error | undefined
  if (last === undefined) return socketError(constants.errno.ENETUNREACH, 'connect', { address: where })
  return errors.length === 1 ? last : Object.assign(new AggregateError(errors, last.message), last)
}
