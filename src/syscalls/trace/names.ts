// Constants by their names in C, as strace(1) writes them.
import { native } from '../native.js'

const all = Object.entries(native.constants())
// Of names with the same value, the second; and names that begin like options, and are values of them.
const preferred =
  /^(AF_UNIX|IPPROTO_IP|IPV6_(RECV)?(HOP|DST)OPTS|SO_ATTACH_FILTER|SO_ORIGINAL_DST|SCM_(RIGHTS|CREDENTIALS|SECURITY|PIDFD))$/
const others =
  /_(AO|CA|DEFAULT|EE|FANOUT|FL|J1939|LOCK|MD5SIG|MR|PMTUDISC|PREFER|RDS|RECEIVE_ZEROCOPY_FLAG|RTHDR|SEAL|TXREHASH|VM)(_|$)|_REPAIR_O|^SO_DEVMEM|^TCP_(CLOSE|CLOSE_WAIT|CLOSING|ESTABLISHED|FIN_WAIT\d|LAST_ACK|LISTEN|(NO|RECV|SEND)_QUEUE|SYN_(RECV|SENT)|TIME_WAIT)$/
const byPrefix = new Map<string, Map<number, string>>()

function namesOf(prefix: string): Map<number, string> {
  let names = byPrefix.get(prefix)
  if (names === undefined) {
    names = new Map()
    for (const [name, value] of all) {
      if (!name.startsWith(prefix) || others.test(name)) continue
      if (!names.has(value) || preferred.test(name)) names.set(value, name)
    }
    byPrefix.set(prefix, names)
  }
  return names
}

/** The constant with this prefix and value: `AF_INET`; its number if it has no name. */
export const named = (prefix: string, value: unknown): string =>
  namesOf(prefix).get(Number(value)) ?? `${Number(value)}`

/** The flags with this prefix: `MSG_PEEK|MSG_DONTWAIT`; 0 if there are none. */
export function flagged(prefix: string, value: unknown): string {
  let rest = Number(value) >>> 0
  const words: string[] = []
  const bits = Array.from(namesOf(prefix), ([bit, name]) => [bit >>> 0, name] as const).sort(([a], [b]) => a - b)
  for (const [bit, name] of bits) {
    if (bit === 0 || (bit & (bit - 1)) !== 0 || (rest & bit) === 0) continue
    words.push(name)
    rest = (rest & ~bit) >>> 0
  }
  if (rest !== 0) words.push(`0x${rest.toString(16)}`)
  return words.join('|') || '0'
}

/** The type of a socket: `SOCK_STREAM|SOCK_CLOEXEC`. */
export function socketType(value: unknown): string {
  const { SOCK_CLOEXEC = 0, SOCK_NONBLOCK = 0 } = native.constants()
  const flags = Number(value) & (SOCK_CLOEXEC | SOCK_NONBLOCK)
  const type = named('SOCK_', Number(value) & ~flags)
  const words = [
    type,
    ...(flags & SOCK_CLOEXEC ? ['SOCK_CLOEXEC'] : []),
    ...(flags & SOCK_NONBLOCK ? ['SOCK_NONBLOCK'] : []),
  ]
  return words.join('|')
}

// The options of a level begin with this.
const levels: readonly [level: string, option: string][] = [
  ['SOL_SOCKET', 'SO_'],
  ['SOL_TCP', 'TCP_'],
  ['IPPROTO_TCP', 'TCP_'],
  ['SOL_IP', 'IP_'],
  ['IPPROTO_IP', 'IP_'],
  ['SOL_IPV6', 'IPV6_'],
  ['IPPROTO_IPV6', 'IPV6_'],
  ['SOL_UDP', 'UDP_'],
  ['IPPROTO_UDP', 'UDP_'],
  ['SOL_NETLINK', 'NETLINK_'],
  ['SOL_PACKET', 'PACKET_'],
  ['SOL_TLS', 'TLS_'],
]

/** A level and an option of it: `SOL_TCP`, `TCP_NODELAY`. */
export function optionNames(level: unknown, option: unknown): [level: string, option: string] {
  const row = levels.find(([name]) => native.constant(name) === level)
  if (row === undefined) return [named('SOL_', level), `${Number(option)}`]
  return [row[0], named(row[1], option)]
}
