// The sockets whose options are read and set: new ones of a kind, or one of another process.
import * as constants from '../../constants.js'
import { AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, IPPROTO_UDP, SOL_SOCKET } from '../../constants.js'
import { SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_STREAM } from '../../constants.js'
import { OwnedFd } from '../../descriptors/owned-fd.js'
import { isSocketError } from '../../errors.js'
import { getOption, options } from '../../options/index.js'
import { holders } from '../../processes.js'
import { Socket } from '../../sockets/socket.js'
import { hosts } from '../../sockets/supports.js'
import * as sys from '../../syscalls/index.js'
import { check } from '../../syscalls/result.js'
import { integer, UsageError } from '../command.js'
import { didYouMean } from '../nearest.js'

/** What a new socket is made of. socket(2) */
export interface Kind {
  readonly family: number
  readonly type: number
  readonly protocol: number
}

export const tcp: Kind = { family: AF_INET, type: SOCK_STREAM, protocol: 0 }
export const udp: Kind = { family: AF_INET, type: SOCK_DGRAM, protocol: 0 }
export const unix: Kind = { family: AF_UNIX, type: SOCK_STREAM, protocol: 0 }

/** Whether it is the family of IPv4 or of IPv6. */
export const isInet = (family: number): boolean => family === AF_INET || family === AF_INET6

/** The same kind for the options of a level: those of IPv6 need a socket of that. */
export const kindAt = (level: string, kind: Kind): Kind =>
  level === 'IPPROTO_IPV6' && kind.family === AF_INET ? { ...kind, family: AF_INET6 } : kind

// 0 is the same, so that the options of all levels of TCP are those of one socket.
const isUsual = (type: number, protocol: number): boolean =>
  protocol === IPPROTO_TCP ? type === SOCK_STREAM : protocol === IPPROTO_UDP && type === SOCK_DGRAM

const allKinds: readonly (readonly [level: number | undefined, Kind])[] = hosts.flatMap(([level, triples]) =>
  triples.flatMap(([family, type, protocol]) =>
    family === undefined || protocol === undefined
      ? []
      : [[level, { family, type, protocol: isUsual(type, protocol) ? 0 : protocol }] as const],
  ),
)

/** The kinds that may have the options of a level. */
export function kindsOf(level: number | undefined): readonly Kind[] {
  const kinds = allKinds.filter(([own]) => own === level).map(([, kind]) => kind)
  return kinds.length > 0 ? kinds : [tcp]
}

const types = { stream: SOCK_STREAM, dgram: SOCK_DGRAM, raw: SOCK_RAW, seqpacket: SOCK_SEQPACKET, rdm: SOCK_RDM }

/** The words for --type. */
export const typeWords = Object.keys(types)

const numbers = Object.entries(constants as Readonly<Record<string, unknown>>)

// The constants with these prefixes, by their names and by these without the prefix, in small letters.
const named = (...prefixes: string[]): ReadonlyMap<string, number> =>
  new Map(
    prefixes.flatMap(prefix =>
      numbers.flatMap(([name, value]) =>
        typeof value === 'number' && name.startsWith(prefix)
          ? [[name.slice(prefix.length).toLowerCase(), value] as const, [name.toLowerCase(), value] as const]
          : [],
      ),
    ),
  )

// The number itself, or that of a name.
function numberOf(option: string, text: string, names: ReadonlyMap<string, number>): number {
  if (/^\d+$/.test(text)) return integer(option, text, 0, 2 ** 31 - 1)
  const number = names.get(text.toLowerCase())
  if (number === undefined) throw new UsageError(`${option}: no such word: '${text}'${didYouMean(text, names.keys())}`)
  return number
}

interface Given {
  readonly family: string | undefined
  readonly type: string | undefined
  readonly protocol: string | undefined
}

/** The kind of --family, --type and --protocol; undefined if none of them is given. */
export function kindGiven({ family, type, protocol }: Given): Kind | undefined {
  if (family === undefined && type === undefined && protocol === undefined) return undefined
  const own = family === undefined ? AF_INET : numberOf('--family', family, named('AF_'))
  // Families such as AF_PACKET have no streams.
  const usual = isInet(own)
    ? tcp
    : (allKinds.find(([level, kind]) => level !== SOL_SOCKET && kind.family === own)?.[1] ?? tcp)
  return {
    family: own,
    type: type === undefined ? usual.type : numberOf('--type', type, new Map(Object.entries(types))),
    protocol:
      protocol === undefined
        ? type === undefined
          ? usual.protocol
          : 0
        : numberOf('--protocol', protocol, named('CAN_', 'BTPROTO_', 'NETLINK_', 'IPPROTO_')),
  }
}

/** New sockets, one of each kind that is asked for. */
export class NewSockets {
  readonly #sockets = new Map<string, Socket>()

  /** The descriptor of the socket of this kind. Throws a SocketError if there can be none. socket(2) */
  of({ family, type, protocol }: Kind): number {
    const key = `${family} ${type} ${protocol}`
    const socket = this.#sockets.get(key) ?? new Socket(family, type, protocol)
    this.#sockets.set(key, socket)
    return socket.fd
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }
}

/**
 * A duplicate of a socket's descriptor in another process: options that are set on it are set there. pidfd_getfd(2)
 *
 * @throws SocketError EPERM if this process may not trace the other one, EBADF if that has no such descriptor, ESRCH if there is
 *   no such process
 */
export function foreignSocket(pid: number, fd: number): OwnedFd {
  const { pidfd_open, pidfd_getfd } = sys
  if (pidfd_open === undefined || pidfd_getfd === undefined)
    throw new Error('--pid: only Linux gives the descriptors of other processes')
  using process = new OwnedFd(check(pidfd_open(pid, 0), 'pidfd_open'))
  const socket = new OwnedFd(check(pidfd_getfd(process.fd, fd, 0), 'pidfd_getfd'))
  try {
    getOption(socket, options.type)
    return socket
  } catch (error) {
    socket.close()
    if (!isSocketError(error) || error.code !== 'ENOTSOCK') throw error
    throw new Error(`the descriptor ${fd} of process ${pid} is not a socket: it has ${socketsOf(pid)}`, {
      cause: error,
    })
  }
}

/** The descriptors of a process that are sockets, as text. */
export function socketsOf(pid: number): string {
  const fds = [...holders([pid])].map(({ fd }) => fd)
  return fds.length === 0 ? 'no sockets that this process can see' : `the sockets ${fds.join(', ')}`
}
