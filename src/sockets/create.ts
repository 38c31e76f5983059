// Creates a listening or a connected socket in one call. Unlike the methods of Socket, these functions take host names.
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
import type { AddressFamily, AddressLike, HostAddress, InetAddress, ScopedAddress } from '../structs/address.js'
import { checkProperties, checkSwitch, invalidValue } from '../checks.js'
import { SocketError, socketError } from '../errors.js'
import { constants } from 'node:os'
import { getaddrinfo } from '../names/addrinfo.js'
import type { AddressInfo } from '../names/addrinfo.js'
import { prepared } from './prepared.js'
import type { Preparation } from './prepared.js'
import type { Properties } from '../checks.js'
import { Socket } from './socket.js'
import { checkTimeout } from '../timers.js'
import type { SocketBase } from './base.js'
import { Deadline } from '../waiting/wait.js'

/** A host, by name or number, and a port; or only a port of this machine. */
export type HostAndPort = HostAddress | ScopedAddress | readonly [host: string, port: number] | number

/** The host and the port of each form; the host `local` if there is only a port. */
export function hostAndPort(where: HostAndPort, local: string): readonly [string, number] {
  if (typeof where === 'number') return [local, where]
  if (typeof where !== 'object' || where === null) throw invalidValue('where', where, likeHostAndPort(where))
  if (0 in where) return where
  const host = 'address' in where ? where.address : where.host
  const { scopeid } = where as ScopedAddress
  return [scopeid ? `${host}%${scopeid}` : host, where.port] // RFC 4007, 11
}

function likeHostAndPort(given: unknown): string {
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(String(given)) ?? []
  const example = host === undefined ? "['localhost', 80]" : `['${host}', ${port}]`
  return `must be a host and a port, such as ${example}`
}

/** The family of an option, as getaddrinfo expects it: Node's 4 and 6 become AF_INET and AF_INET6. */
export const familyOption = (family: number): number => inetFamily(family) ?? family

/** The options of createServer. */
export interface ServerOptions {
  /** AF_INET or AF_INET6, or Node's 4 or 6 (default: AF_INET). */
  family?: number
  /** The maximum number of connections that wait to be accepted; default: 128, or SOMAXCONN. listen(2) */
  backlog?: number
  /** Whether other sockets may bind to the same port; default: false. SO_REUSEPORT, socket(7) */
  reusePort?: boolean
  /** Whether an AF_INET6 socket accepts IPv4 connections too; default: false. IPV6_V6ONLY, ipv6(7) */
  dualstackIpv6?: boolean
}

/** Whether this machine has IPv6 sockets that accept IPv4 connections too. ipv6(7), Python's has_dualstack_ipv6 */
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

/** The arguments of getaddrinfo for createServer. */
export function serverQuestion(where: HostAndPort, { family = AF_INET }: ServerOptions) {
  const [host, port] = hostAndPort(where, '127.0.0.1')
  return [
    host === '' ? null : host,
    port,
    { family: familyOption(family), type: SOCK_STREAM, flags: AI_PASSIVE },
  ] as const
}

/** A listening socket of this class, at one address. */
export function openServer<T extends SocketBase>(
  type: new (family: AddressFamily<InetAddress>, type: number) => T,
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

/** The options of both `createServer` functions. */
const serverProperties: Properties<ServerOptions> = {
  family: 'option',
  backlog: 'option',
  reusePort: 'option',
  dualstackIpv6: 'option',
}

/** Checks the options of both `createServer` functions. */
export function checkServerOptions(options: ServerOptions): void {
  checkProperties('options', options, serverProperties)
  checkSwitch('options.reusePort', options.reusePort)
  checkSwitch('options.dualstackIpv6', options.dualstackIpv6)
}

/**
 * A listening TCP socket, with SO_REUSEADDR; the default host is 127.0.0.1. getaddrinfo(3), bind(2), listen(2),
 * Python's create_server
 *
 * @throws GaiError; SocketError
 */
export function createServer(where: HostAndPort, options: ServerOptions = {}): Socket<InetAddress> {
  checkServerOptions(options)
  const [info] = getaddrinfo(...serverQuestion(where, options))
  return openServer(Socket, info!, options)
}

/** The options of createConnection. */
export interface ConnectionOptions extends Preparation {
  /** The time limit of all attempts, and the new socket's timeout, in milliseconds; default: null, no limit. */
  timeout?: number | null
  /** AF_INET or AF_INET6, or Node's 4 or 6 (default: either). */
  family?: number
}

const connectionProperties: Properties<ConnectionOptions> = {
  timeout: 'option',
  protocol: 'option',
  sockopts: 'option',
  sourceAddress: 'option',
  family: 'option',
}

/**
 * A TCP socket connected to the first of a host's addresses that answers; they are tried one after the other. The default host
 * is `localhost`. getaddrinfo(3), connect(2), Python's create_connection
 *
 * @throws GaiError; the error of the connection, or if several failed an AggregateError of all, with the `code` and the other
 * properties of the last
 */
export function createConnection(where: HostAndPort, options: ConnectionOptions = {}): Socket<InetAddress> {
  checkProperties('options', options, connectionProperties)
  const timeout = checkTimeout(options.timeout ?? null)
  const deadline = new Deadline(timeout)
  const family = familyOption(options.family ?? AF_UNSPEC)
  const infos = getaddrinfo(...hostAndPort(where, 'localhost'), { family, type: SOCK_STREAM })
  const socket = firstToAnswer(infos, where, options, timeout, deadline)
  socket.settimeout(timeout)
  return socket
}

/** A socket connected to the first address that answers. An address whose family the kernel lacks also counts as failed. */
export function firstToAnswer(
  infos: readonly AddressInfo[],
  where: HostAndPort,
  preparation: Preparation,
  timeout: number | null,
  deadline: Deadline,
): Socket<InetAddress> {
  const errors: unknown[] = []
  for (const info of infos) {
    let socket: Socket<InetAddress> | undefined
    try {
      socket = prepared(Socket, info, preparation)
      socket.settimeout(timeout ? Math.max(1, deadline.left) : timeout)
      socket.connect(info.address)
      return socket
    } catch (error) {
      socket?.close()
      errors.push(error)
      if (deadline.left === 0) break
    }
  }
  throw allFailed(errors, hostAndPort(where, 'localhost'))
}

/** The error of the only attempt to connect, or an AggregateError of all attempts, with the properties of the last, as in Node. */
export function allFailed(errors: unknown[], address: AddressLike): Error {
  const last = errors.at(-1) as Error | undefined
  if (last === undefined) return socketError(constants.errno.ENETUNREACH, 'connect', { address })
  return errors.length === 1 ? last : Object.assign(new AggregateError(errors, last.message), last)
}
