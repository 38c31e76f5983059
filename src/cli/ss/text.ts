// The lines of ss for a terminal, with the columns and the words of ss(8).
import { TCP_LISTEN } from '../../constants.js'
import type { LinuxTcpInfo } from '../../options/index.js'
import { getservbyport } from '../../names/services.js'
import { GaiError } from '../../errors.js'
import type { InetEnd, Listed, Timer, UnixEnd } from './socket.js'

/** A process that has a socket. */
export interface Owner {
  readonly name: string
  readonly pid: number
  readonly fd: number
}

/** The names of ports, each looked up once. */
export class Services {
  readonly #names = new Map<string, string>()

  nameOf(port: number, protocol: string): string {
    const key = `${port}/${protocol}`
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const name = lookUp(port, protocol)
    this.#names.set(key, name)
    return name
  }
}

function lookUp(port: number, protocol: string): string {
  try {
    return getservbyport(port, protocol)
  } catch (error) {
    if (!(error instanceof GaiError)) throw error
    return `${port}`
  }
}

function shownInet(end: InetEnd, { netid, v6Only }: Listed, services: Services | undefined): string {
  const { address, port } = end
  const host = address === '::' && v6Only === false ? '*' : address.includes(':') ? `[${address}]` : address
  const service = port === 0 ? '*' : netid === 'raw' || services === undefined ? port : services.nameOf(port, netid)
  return `${host}${end.interface === undefined ? '' : `%${end.interface}`}:${service}`
}

// An abstract name has @ for its NULs. unix(7)
function shownUnix({ path, abstract, inode }: UnixEnd): string {
  const name = abstract === undefined ? path : `@${abstract.replaceAll('\0', '@')}`
  return `${name ?? '*'} ${inode}`
}

/** An address with its port, or the name of a Unix socket with its number. Ports are numbers without `services`. */
export const shownEnd = (end: InetEnd | UnixEnd, socket: Listed, services?: Services): string =>
  'address' in end ? shownInet(end, socket, services) : shownUnix(end)

/** The column Process. */
export const shownOwners = (owners: readonly Owner[]): string =>
  owners.length === 0 ? '' : `users:(${owners.map(({ name, pid, fd }) => `("${name}",pid=${pid},fd=${fd})`).join(',')})`

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes > 9) return `${minutes}min`
  if (minutes > 0) return `${minutes}min${seconds % 60 === 0 ? '' : `${seconds % 60}sec`}`
  const rest = ms % 1000
  if (seconds > 9 || (seconds > 0 && rest === 0)) return `${seconds}sec`
  return `${seconds > 0 ? `${seconds}.` : ''}${`${rest}`.padStart(3, '0')}ms`
}

/** What TCP waits for, how long yet, and how often it has sent again. */
export const shownTimer = ({ name, expires, retransmissions }: Timer): string =>
  `timer:(${name},${duration(expires)},${retransmissions})`

// Of a listener two fields are its queue instead. tcp(7)
const isListener = ({ state }: LinuxTcpInfo): boolean => state === TCP_LISTEN

type Shown = number | string | undefined

// The values of -i in ss's words and order. Those that are 0 or that the kernel lacks are left out.
const values: readonly (readonly [name: string, valueOf: (info: LinuxTcpInfo) => Shown])[] = [
  ['wscale', info => (info.options & 4 ? `${info.sndWscale},${info.rcvWscale}` : undefined)],
  ['rto', info => info.rto / 1000],
  ['backoff', info => info.backoff],
  ['rtt', info => (info.rtt > 0 ? `${info.rtt / 1000}/${info.rttvar / 1000}` : undefined)],
  ['ato', info => info.ato / 1000],
  ['mss', info => info.sndMss],
  ['pmtu', info => info.pmtu],
  ['rcvmss', info => info.rcvMss],
  ['advmss', info => info.advmss],
  ['cwnd', info => info.sndCwnd],
  ['ssthresh', info => (info.sndSsthresh < 0xffff ? info.sndSsthresh : undefined)],
  ['bytes_sent', info => info.bytesSent],
  ['bytes_retrans', info => info.bytesRetrans],
  ['bytes_acked', info => info.bytesAcked],
  ['bytes_received', info => info.bytesReceived],
  ['segs_out', info => info.segsOut],
  ['segs_in', info => info.segsIn],
  ['data_segs_out', info => info.dataSegsOut],
  ['data_segs_in', info => info.dataSegsIn],
  ['lastsnd', info => info.lastDataSent],
  ['lastrcv', info => info.lastDataRecv],
  ['lastack', info => info.lastAckRecv],
  ['pacing_rate', info => (info.pacingRate === Infinity ? undefined : bits(info.pacingRate))],
  ['delivery_rate', info => bits(info.deliveryRate)],
  ['delivered', info => info.delivered],
  ['busy', info => (info.busyTime ? `${Math.floor(info.busyTime / 1000)}ms` : undefined)],
  ['unacked', info => (isListener(info) ? undefined : info.unacked)],
  ['retrans', info => (info.totalRetrans > 0 ? `${info.retrans}/${info.totalRetrans}` : undefined)],
  ['lost', info => info.lost],
  ['sacked', info => (isListener(info) ? undefined : info.sacked)],
  ['reordering', info => (info.reordering === 3 ? undefined : info.reordering)], // 3 without any
  ['rcv_rtt', info => info.rcvRtt / 1000],
  ['rcv_space', info => info.rcvSpace],
  ['rcv_ssthresh', info => info.rcvSsthresh],
  ['notsent', info => info.notsentBytes],
  ['minrtt', info => (info.minRtt === undefined || info.minRtt >= 2 ** 32 - 1 ? undefined : info.minRtt / 1000)],
  ['snd_wnd', info => info.sndWnd],
  ['rcv_wnd', info => info.rcvWnd],
]

const bits = (bytes: number | undefined): string | undefined => (bytes ? `${8 * bytes}bps` : undefined)

const flags: readonly (readonly [bit: number, name: string])[] = [
  [1, 'ts'],
  [2, 'sack'],
  [8, 'ecn'],
  [16, 'ecnseen'],
  [32, 'fastopen'],
]

/** The line of -i. */
export function shownInfo({ tcpInfo, congestion }: Listed): string | undefined {
  if (tcpInfo === undefined) return undefined
  const info = tcpInfo.raw as LinuxTcpInfo
  const words = flags.flatMap(([bit, name]) => (info.options & bit ? [name] : []))
  if (congestion !== undefined) words.push(congestion)
  for (const [name, valueOf] of values) {
    const value = valueOf(info)
    if (value === undefined || value === 0) continue
    words.push(`${name}${String(value).endsWith('bps') ? ' ' : ':'}${value}`)
  }
  return words.join(' ')
}
