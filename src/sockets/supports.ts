// What this machine supports, and why it lacks the rest. Each call asks the kernel again, since a process's privileges can
// change.
import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import {
  AF_ALG,
  AF_CAN,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  AF_VSOCK,
  CAN_ISOTP,
  CAN_J1939,
  CAN_RAW,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_MPTCP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_ALG,
  SOL_CAN_ISOTP,
  SOL_CAN_J1939,
  SOL_CAN_RAW,
  SOL_MPTCP,
  SOL_NETLINK,
  SOL_PACKET,
  SOL_RAW,
  SOL_SCTP,
  SOL_SOCKET,
  SOL_TLS,
  SOL_UDPLITE,
} from '../constants.js'
import type { SystemConstants } from '../constants.js'
import { checkInteger, invalidType, invalidValue } from '../checks.js'
import { errnoName } from '../errors.js'
import { native } from '../syscalls/native.js'
import * as sys from '../syscalls/index.js'

const { EAFNOSUPPORT, ENOPROTOOPT, ENOSYS, EOPNOTSUPP, EPROTONOSUPPORT } = constants.errno

/**
 * A constant; undefined if this system lacks it.
 *
 * @inline
 */
type Constant = number | undefined

/** An errno's name and description: `EAFNOSUPPORT: address family not supported`. */
function sentence(errno: number): string {
  const [, text] = getSystemErrorMap().get(-Math.abs(errno)) ?? []
  return text === undefined ? errnoName(errno) : `${errnoName(errno)}: ${text}`
}

const foreign = (errno: number): string => `${sentence(errno)} (it is not one of ${process.platform})`

/** Checks that a constant is one: undefined, or an integer of C's int. */
function checkConstants(constants: Record<string, Constant>): void {
  for (const [name, constant] of Object.entries(constants))
    if (constant !== undefined) checkInteger(name, constant, -(2 ** 31), 2 ** 31 - 1)
}

const open = (family: number, type: number, protocol: number): number =>
  sys.socket(family, type | (SOCK_CLOEXEC ?? 0), protocol)

function tried(family: number, type: number, protocol: number): number {
  const fd = open(family, type, protocol)
  return fd < 0 ? fd : sys.close(fd)
}

type Triple = readonly [family: Constant, type: number, protocol: Constant]

const inet: Triple[] = [
  [AF_INET, SOCK_STREAM, 0],
  [AF_INET, SOCK_DGRAM, 0],
]

/** @internal The sockets that have the options of a level. */
export const hosts: readonly (readonly [level: Constant, sockets: readonly Triple[]])[] = [
  [SOL_SOCKET, [...inet, [AF_UNIX, SOCK_STREAM, 0]]],
  [IPPROTO_IP, inet],
  [IPPROTO_IPV6, inet.map(([, type]) => [AF_INET6, type, 0])],
  [IPPROTO_TCP, [[AF_INET, SOCK_STREAM, IPPROTO_TCP]]],
  [IPPROTO_UDP, [[AF_INET, SOCK_DGRAM, IPPROTO_UDP]]],
  [SOL_MPTCP, [[AF_INET, SOCK_STREAM, IPPROTO_MPTCP]]],
  [IPPROTO_ICMPV6, [[AF_INET6, SOCK_RAW, IPPROTO_ICMPV6]]],
  [SOL_ALG, [[AF_ALG, SOCK_SEQPACKET, 0]]],
  [SOL_CAN_ISOTP, [[AF_CAN, SOCK_DGRAM, CAN_ISOTP]]],
  [SOL_CAN_J1939, [[AF_CAN, SOCK_DGRAM, CAN_J1939]]],
  [SOL_CAN_RAW, [[AF_CAN, SOCK_RAW, CAN_RAW]]],
  [SOL_NETLINK, [[AF_NETLINK, SOCK_RAW, 0]]],
  [SOL_PACKET, [[AF_PACKET, SOCK_DGRAM, 0]]],
  [SOL_RAW, [[AF_INET, SOCK_RAW, IPPROTO_ICMP]]],
  [SOL_SCTP, [[AF_INET, SOCK_STREAM, IPPROTO_SCTP]]],
  [SOL_TLS, [[AF_INET, SOCK_STREAM, IPPROTO_TCP]]],
  [SOL_UDPLITE, [[AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE]]],
  [AF_VSOCK, [[AF_VSOCK, SOCK_STREAM, 0]]],
]

// The kernel's result for an option. Some options can only be read, others only set. An error about the value shows that the
// option exists.
function asked(fd: number, level: number, name: number): number {
  const result = sys.getsockopt(fd, level, name, Buffer.alloc(1024), new Uint32Array([1024]))
  return isUnknown(result) ? sys.setsockopt(fd, level, name, Buffer.alloc(4)) : result
}

const isUnknown = (result: number): boolean => result === -ENOPROTOOPT || result === -EOPNOTSUPP

/** Why this machine lacks something, as an errno's name and description; null if it has it. */
export const whyNot = {
  /**
   * Sockets of a family, such as AF_VSOCK. socket(2)
   *
   * @throws TypeError or RangeError if it is no constant
   */
  family(family: Constant): string | null {
    checkConstants({ family })
    if (family === undefined) return foreign(EAFNOSUPPORT)
    // A family exists even if all its types require a protocol or a privilege.
    const types = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW]
    return types.every(type => tried(family, type, 0) === -EAFNOSUPPORT) ? sentence(EAFNOSUPPORT) : null
  },

  /**
   * Sockets that this process can create, such as `AF_INET, SOCK_STREAM, IPPROTO_MPTCP`. socket(2)
   *
   * @throws TypeError or RangeError if one of them is no constant
   */
  socket(family: Constant, type: Constant, ...rest: [protocol?: Constant]): string | null {
    const protocol = rest.length === 0 ? 0 : rest[0] // undefined, if given, is a constant that this system lacks
    checkConstants({ family, type, protocol })
    if (family === undefined) return foreign(EAFNOSUPPORT)
    if (type === undefined || protocol === undefined) return foreign(EPROTONOSUPPORT)
    const result = tried(family, type, protocol)
    return result < 0 ? sentence(result) : null
  },

  /**
   * An option of SOL_SOCKET, IP, IPv6, TCP, UDP, or of another family or protocol that this machine has. getsockopt(2)
   *
   * @throws TypeError or RangeError if one of them is no constant
   */
  option(level: Constant, name: Constant): string | null {
    checkConstants({ level, name })
    if (level === undefined || name === undefined) return foreign(ENOPROTOOPT)
    let result = -ENOPROTOOPT
    for (const [family, type, protocol] of hosts.find(host => host[0] === level)?.[1] ?? []) {
      if (family === undefined || protocol === undefined) continue
      const fd = open(family, type, protocol)
      if (fd < 0) {
        result = fd
        continue
      }
      try {
        result = asked(fd, level, name)
      } finally {
        sys.close(fd)
      }
      if (!isUnknown(result)) return null
    }
    return sentence(result)
  },

  /**
   * A function of `bsd-sockets/syscalls`, such as 'recvmmsg'.
   *
   * @throws TypeError if it is no string
   */
  call(name: string): string | null {
    if (typeof name !== 'string') throw invalidType('name', name, 'of type string')
    return Object.hasOwn(native.functions, name) ? null : foreign(ENOSYS)
  },
}

/** Whether this machine has something; `whyNot` has the reason if not. */
export const supports = {
  /**
   * Sockets of a family, such as AF_VSOCK. socket(2)
   *
   * @throws TypeError or RangeError if it is no constant
   */
  family: (family: Constant): boolean => whyNot.family(family) === null,
  /**
   * Sockets that this process can create, such as `AF_INET, SOCK_STREAM, IPPROTO_MPTCP`. socket(2)
   *
   * @throws TypeError or RangeError if one of them is no constant
   */
  socket: (family: Constant, type: Constant, ...rest: [protocol?: Constant]): boolean =>
    whyNot.socket(family, type, ...rest) === null,
  /**
   * An option of SOL_SOCKET, IP, IPv6, TCP, UDP, or of another family or protocol that this machine has. getsockopt(2)
   *
   * @throws TypeError or RangeError if one of them is no constant
   */
  option: (level: Constant, name: Constant): boolean => whyNot.option(level, name) === null,
  /**
   * A function of `bsd-sockets/syscalls`, such as 'recvmmsg'.
   *
   * @throws TypeError if it is no string
   */
  call: (name: string): boolean => whyNot.call(name) === null,
}

/**
 * The constants of this system, which must be the named one, so that none of them is undefined:
 *
 * ```ts
 * import { constantsOf, Socket, SOCK_RAW } from 'bsd-sockets'
 *
 * const { AF_NETLINK, NETLINK_ROUTE } = constantsOf('linux')
 * using socket = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
 * ```
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE on another system
 */
export function constantsOf<System extends keyof SystemConstants>(system: System): SystemConstants[System] {
  if (system !== process.platform) throw invalidValue('system', system, `must be this system, '${process.platform}'`)
  return native.constants() as unknown as SystemConstants[System]
}
