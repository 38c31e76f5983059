// Socket options: the table, and what is set and read by it.
import { checkProperties } from '../checks.js'
import type { SocketOrFd } from '../descriptors/node.js'
import { getOption, setOption } from './option.js'
import type { WritableSockOpt } from './option.js'
import type { PeerCredentials } from './peer.js'
import { listed } from './table.js'
import type { TcpInfo } from './tcp-info.js'
import { unlisted } from './unlisted.js'

export { getOption, setOption } from './option.js'
export type { InterfaceSockOpt, ReadableSockOpt, SockOpt, WritableSockOpt } from './option.js'
// The values; their codecs are @internal.
export type * from './families.js'
export type * from './ip.js'
export type * from './kernel-info.js'
export type * from './multicast.js'
export type * from './peer.js'
export type * from './socket.js'
export type * from './tcp.js'
export type * from './tcp-info.js'

/** `first` with the properties of `second` too, which are not enumerable: a loop over it finds each option once. */
function withUnlisted<First extends object, Second extends object>(first: First, second: Second): First & Second {
  for (const [name, value] of Object.entries(second)) Object.defineProperty(first, name, { value })
  return first as First & Second
}

type Options = typeof listed & typeof unlisted

/**
 * The options of sockets, each with the type of its value: `getOption(socket, options.tcpInfo)`. An option that this
 * platform, this kernel or this kind of socket lacks fails with ENOPROTOOPT or ENOTSUP. Each description ends with the
 * name in C and the manual page, the header or the RFC. The name of an option begins with its protocol (`tcp`, `ip`,
 * `ipv6`…), that of an option of any socket (SOL_SOCKET) with none. `byName` finds it by the name in C.
 */
export const options: Options = withUnlisted(listed, unlisted)

type Settable = {
  [Name in keyof Options]: Options[Name] extends { codec: { encode: unknown } } ? Name : never
}[keyof Options]

/** Values of options, by their names in `options`: `{ mark: 1, tcpUserTimeout: 5000 }`. */
export type OptionValues = {
  [Name in keyof Pick<Options, Settable>]?: (Options[Name] extends WritableSockOpt<infer T> ? T : never) | undefined
}

/**
 * Sets options, in the order of their properties: `setOptions(server, { keepAlive: true, tcpKeepIdle: 30 })`. If one fails, those
 * before it stay set. setsockopt(2)
 *
 * @throws TypeError for an unknown name; otherwise as setOption
 */
export function setOptions(socket: SocketOrFd, values: OptionValues): void {
  setNamedOptions('values', socket, values)
}

/** @internal As setOptions; errors call the values by this name. */
export function setNamedOptions(argument: string, socket: SocketOrFd, values: OptionValues): void {
  checkProperties(argument, values, options as unknown as Record<string, string>)
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) setOption(socket, options[name as keyof OptionValues] as WritableSockOpt<unknown>, value)
  }
}

/**
 * The state of a TCP connection in the kernel, in one shape on both systems. TCP_INFO, tcp(7); TCP_CONNECTION_INFO
 *
 * @throws SocketError of getsockopt(2): EBADF for a closed socket, ENOPROTOOPT or ENOTSUP for one that is not TCP;
 *   TypeError for what is no socket
 */
export const tcpInfo = (socket: SocketOrFd): TcpInfo => getOption(socket, options.tcpInfo)

/**
 * The process that created the other end of a Unix socket, with its user and group at that time, in one shape on both
 * systems. For any other kind of socket Linux returns process 0, user and group 2 ** 32 − 1. SO_PEERCRED, unix(7);
 * LOCAL_PEERCRED, unix(4)
 *
 * @throws SocketError of getsockopt(2): EBADF for a closed socket, on macOS the kernel's error for one that is no Unix
 *   socket; TypeError for what is no socket
 */
export const peerCredentials = (socket: SocketOrFd): PeerCredentials => getOption(socket, options.peerCredentials)

/** The name in C of the option with this level and number; undefined if the table has none. getsockopt(2) */
export const optionName = (level: number, name: number): string | undefined =>
  Object.values(listed).find(option => option.level === level && option.name === name)?.option
