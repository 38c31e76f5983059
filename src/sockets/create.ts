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
} from '../constants.js'
import { SOCK_STREAM, SOL_SOCKET } from '../constants.js'
import { inetFamily } from '../structs/address.js'
import type { AddressLike, HostAddress } from '../structs/address.js'
import { invalidValue, checkProperties } from '../checks.js'
import { SocketError, socketError } from '../errors.js'
import { constants } from 'node:os'
import { getaddrinfo } from '../names/addrinfo.js'
import type { AddressInfo } from '../names/addrinfo.js'
import type { Properties } from '../checks.js'
import { Socket } from './socket.js'
import { checkTimeout } from '../timers.js'
import type { SocketBase } from './base.js'
import { Deadline } from '../waiting/wait.js'

/** A host, by name or number, and a port; or a port alone, which is of this machine. */
export type HostAndPort = HostAddress | readonly [host: string, port: number] | number

/** The host and the port of each form; a port alone is that of `local`. */
export function hostAndPort(where: HostAndPort, local: string): readonly [string, number] {
  if (typeof where === 'number') return [local, where]
  if (typeof where !== 'object' || where === null) throw invalidValue('where', where, likeHostAndPort(where))
  if (0 in where) return where
  return ['address' in where ? where.address : where.host, where.port]
}

function likeHostAndPort(given: unknown): string {
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(String(given)) ?? []
  const example = host === undefined ? "['localhost', 80]" : `['${host}', ${port}]`
  return `must be a host and a port, such as ${example}`
}

/** The family that an option asks for, as getaddrinfo takes it: Node's 4 and 6 are those of C. */
export const familyOption = (family: number): number => inetFamily(family) ?? family

/** What createServer can be told. */
export interface ServerOptions {
  /** AF_INET or AF_INET6, or Node's 4 or 6 (default: AF_INET). */
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
  const [host, port] = hostAndPort(where, '127.0.0.1')
  return [
    host === '' ? null : host,
    port,
    { family: familyOption(family), type: SOCK_STREAM, flags: AI_PASSIVE },
  ] as const
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

/** What `createServer` of either floor can be told. */
export const serverProperties: Properties<ServerOptions> = {
  family: 'option',
  backlog: 'option',
  reusePort: 'option',
  dualstackIpv6: 'option',
}

/** A listening TCP socket, with SO_REUSEADDR; a port alone is that of 127.0.0.1. Python's create_server */
export function createServer(where: HostAndPort, options: ServerOptions = {}): Socket {
  checkProperties('options', options, serverProperties)
  const [info] = getaddrinfo(...serverQuestion(where, options))
  return openServer(Socket, info!, options)
}

/** What createConnection can be told. */
export interface ConnectionOptions {
  /** Milliseconds for all of it, and the new socket's timeout; default: null, for ever. */
  timeout?: number | null
  /** What to bind to before connecting. */
  sourceAddress?: AddressLike
  /** AF_INET or AF_INET6, or Node's 4 or 6 (default: either). */
  family?: number
}

const connectionProperties: Properties<ConnectionOptions> = {
  timeout: 'option',
  sourceAddress: 'option',
  family: 'option',
}

/**
 * A TCP socket connected to the first of a host's addresses that answers, tried in turn; a port alone is that of
 * `localhost`. Python's create_connection
 *
 * @throws GaiError; the error of the connection, or where there are several addresses an AggregateError with those of
 * all, and the `code` and the other properties of the last
 */
export function createConnection(where: HostAndPort, options: ConnectionOptions = {}): Socket {
  checkProperties('options', options, connectionProperties)
  const timeout = checkTimeout(options.timeout ?? null)
  const deadline = new Deadline(timeout)
  const family = familyOption(options.family ?? AF_UNSPEC)
  const infos = getaddrinfo(...hostAndPort(where, 'localhost'), { family, type: SOCK_STREAM })
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
      socket.settimeout(timeout ? Math.max(1, deadline.left) : timeout)
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
  if (last === undefined)
    return socketError(constants.errno.ENETUNREACH, 'connect', { address: hostAndPort(where, 'localhost') })
  return errors.length === 1 ? last : Object.assign(new AggregateError(errors, last.message), last)
}
