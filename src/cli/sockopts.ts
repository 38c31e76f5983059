// Prints the options of new sockets on this machine.
import * as constants from '../constants.js'
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from '../constants.js'
import { isSocketError } from '../errors.js'
import { dataView, field, littleEndian, read } from '../syscalls/layout.js'
import { Socket } from '../sockets/socket.js'
import { defineCommand } from './command.js'

// The options of each level. socket(7), ip(7), ipv6(7), tcp(7)
const levels: Readonly<Record<string, string>> = {
  SOL_SOCKET:
    'SO_ACCEPTCONN SO_BROADCAST SO_DEBUG SO_DOMAIN SO_DONTROUTE SO_ERROR SO_KEEPALIVE SO_LINGER SO_NOSIGPIPE SO_OOBINLINE ' +
    'SO_PASSCRED SO_PRIORITY SO_PROTOCOL SO_RCVBUF SO_RCVLOWAT SO_RCVTIMEO SO_REUSEADDR SO_REUSEPORT SO_SNDBUF ' +
    'SO_SNDLOWAT SO_SNDTIMEO SO_TIMESTAMP SO_TYPE',
  IPPROTO_IP:
    'IP_FREEBIND IP_MINTTL IP_MTU_DISCOVER IP_MULTICAST_LOOP IP_MULTICAST_TTL IP_PKTINFO IP_RECVERR IP_RECVTOS ' +
    'IP_RECVTTL IP_TOS IP_TRANSPARENT IP_TTL',
  IPPROTO_IPV6:
    'IPV6_MTU_DISCOVER IPV6_MULTICAST_HOPS IPV6_MULTICAST_LOOP IPV6_RECVERR IPV6_RECVHOPLIMIT IPV6_RECVPKTINFO ' +
    'IPV6_RECVTCLASS IPV6_TCLASS IPV6_UNICAST_HOPS IPV6_V6ONLY',
  IPPROTO_TCP:
    'TCP_CONGESTION TCP_CORK TCP_DEFER_ACCEPT TCP_FASTOPEN TCP_KEEPALIVE TCP_KEEPCNT TCP_KEEPIDLE TCP_KEEPINTVL ' +
    'TCP_LINGER2 TCP_MAXSEG TCP_NODELAY TCP_NOPUSH TCP_NOTSENT_LOWAT TCP_QUICKACK TCP_SYNCNT TCP_USER_TIMEOUT ' +
    'TCP_WINDOW_CLAMP',
}

const known = constants as Readonly<Record<string, number | undefined>>

// Undefined if the machine does not support the family.
function open(family: number, type: number): Socket | undefined {
  try {
    return new Socket(family, type)
  } catch (error) {
    if (isSocketError(error)) return undefined
    throw error
  }
}

function valueOf(socket: Socket, level: number, name: string, option: number): string {
  try {
    return shown(name, socket.getsockopt(level, option, 64))
  } catch (error) {
    if (isSocketError(error)) return '-' // this socket has no such option
    throw error
  }
}

function shown(name: string, value: Buffer): string {
  const view = dataView(value)
  if (name === 'TCP_CONGESTION') return value.toString('latin1').replace(/\0.*/s, '')
  if (name === 'SO_LINGER') return view.getInt32(0, littleEndian) === 0 ? 'off' : `${view.getInt32(4, littleEndian)} s`
  if (name.endsWith('TIMEO'))
    return `${read(view, field('timeval.tv_sec')) * 1000 + read(view, field('timeval.tv_usec')) / 1000} ms`
  return value.length === 4 ? `${view.getInt32(0, littleEndian)}` : value.toString('hex')
}

function* rows(): Generator<string[]> {
  yield ['level', 'option', 'TCP', 'UDP', 'Unix']
  for (const [level, names] of Object.entries(levels)) {
    const inet = level === 'IPPROTO_IPV6' ? AF_INET6 : AF_INET
    const sockets = [open(inet, SOCK_STREAM), open(inet, SOCK_DGRAM), open(AF_UNIX, SOCK_STREAM)]
    for (const name of names.split(' ')) {
      const option = known[name]
      if (option === undefined) continue // not on this system
      yield [level, name, ...sockets.map(socket => (socket ? valueOf(socket, known[level]!, name, option) : '-'))]
    }
    for (const socket of sockets) socket?.close()
  }
}

export const command = defineCommand({
  options: {},
  run() {
    const table = [...rows()]
    const widths = table[0]!.map((_, i) => Math.max(...table.map(row => row[i]!.length)))
    for (const row of table)
      console.log(
        row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd(),
      )
    return 0
  },
})
