// Where nc connects to, or listens: from its operands, -s and -p.
import { AF_UNIX, AI_NUMERICHOST, AI_PASSIVE, SO_REUSEADDR, SOL_SOCKET } from '../../constants.js'
import { UnixPath } from '../../descriptors/unix-path.js'
import { getaddrinfo } from '../../names/addrinfo.js'
import { Socket } from '../../promises/index.js'
import type { AddressLike, SocketAddress } from '../../structs/address.js'
import { integer, UsageError } from '../command.js'

export interface Endpoint {
  readonly family: number
  readonly type: number
  readonly address: SocketAddress
}

/** What all endpoints have in common. */
export interface Kind {
  /** AF_INET, AF_INET6 or AF_UNIX; 0: either of the first two. */
  readonly family: number
  readonly type: number
  /** Whether hosts are given as numbers only. */
  readonly numeric: boolean
}

/** A Unix socket's address: a path, or an abstract name after `@`. unix(7) */
export const unixAddress = (name: string): SocketAddress =>
  name.startsWith('@') ? { family: 'unix', abstract: name.slice(1) } : { family: 'unix', path: name }

/** All endpoints of a host's name. Of the null host: those to bind to. */
export function lookUp(
  host: string | null,
  port: number,
  { family, type, numeric }: Kind,
  passive = false,
): Endpoint[] {
  const flags = (passive ? AI_PASSIVE : 0) | (numeric ? AI_NUMERICHOST : 0)
  return getaddrinfo(host, port, { family, type, flags })
}

/** The ports of `20-25`, or of a single number. */
export function portsOf(text: string): number[] {
  const [first = '', last = first, ...rest] = text.split('-')
  const from = integer('PORT', first, 0, 65535)
  const to = integer('PORT', last, from, 65535)
  if (rest.length > 0) throw new UsageError(`PORT: not a range: '${text}'`)
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** What -s and -p say: the own address of a socket that connects. */
export interface Source {
  readonly host: string | undefined
  readonly port: number | undefined
}

/** A socket, and what to do when it is closed. */
export interface Bound {
  readonly socket: Socket
  readonly file: UnixPath | undefined
}

function bindTo(socket: Socket, address: AddressLike): UnixPath | undefined {
  if (socket.family !== AF_UNIX) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
  socket.bind(address)
  return typeof address === 'object' && 'path' in address ? new UnixPath(String(address.path)) : undefined
}

/** A new socket for an endpoint, bound to the source. */
export function socketFor({ family, type }: Endpoint, source: Source, kind: Kind): Bound {
  const socket = new Socket(family, type)
  const { host, port = 0 } = source
  try {
    if (family === AF_UNIX) return { socket, file: host === undefined ? undefined : bindTo(socket, unixAddress(host)) }
    if (host === undefined && source.port === undefined) return { socket, file: undefined }
    const [own] = lookUp(host ?? null, port, { ...kind, family }, true)
    return { socket, file: bindTo(socket, own!.address) }
  } catch (error) {
    socket.close()
    throw error
  }
}

/** A new socket that is bound to an endpoint. */
export function boundTo({ family, type, address }: Endpoint): Bound {
  const socket = new Socket(family, type)
  try {
    return { socket, file: bindTo(socket, address) }
  } catch (error) {
    socket.close()
    throw error
  }
}
