// Structures of the kernel, under its own names: each property is a field in camel case without its prefix, so `sndCwnd` is
// tcpi_snd_cwnd. A field that the kernel, being older, does not have is absent.
import { dataView, field, fieldsOf, littleEndian, read, sizeOf } from '../syscalls/layout.js'
import type { Field } from '../syscalls/layout.js'
import type { Decoder } from './option.js'

/** Linux' struct tcp_info: the fields that this kernel has. Times are in microseconds, except where noted. */
export interface LinuxTcpInfo {
  /** TCP_ESTABLISHED… */
  state: number
  /** TCP_CA_Open… */
  caState: number
  /** Timeouts, window probes and backoffs since the last acknowledgement. */
  retransmits: number
  probes: number
  backoff: number
  /** 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 ECN seen, 32 data in the SYN acknowledged. */
  options: number
  sndWscale: number
  rcvWscale: number
  /** 1 if the application limited the delivery rate. */
  deliveryRateAppLimited: number
  /** Why TCP Fast Open failed: TFO_… */
  fastopenClientFail: number
  rto: number
  ato: number
  sndMss: number
  rcvMss: number
  /** Segments. */
  unacked: number
  sacked: number
  lost: number
  retrans: number
  fackets: number
  /** Milliseconds ago. */
  lastDataSent: number
  lastAckSent: number
  lastDataRecv: number
  lastAckRecv: number
  pmtu: number
  rcvSsthresh: number
  rtt: number
  rttvar: number
  /** Segments. */
  sndSsthresh: number
  sndCwnd: number
  advmss: number
  reordering: number
  rcvRtt: number
  rcvSpace: number
  totalRetrans: number
  /** Bytes per second; Infinity: no limit. */
  pacingRate?: number
  maxPacingRate?: number
  bytesAcked?: number
  bytesReceived?: number
  segsOut?: number
  segsIn?: number
  notsentBytes?: number
  minRtt?: number
  dataSegsIn?: number
  dataSegsOut?: number
  /** Bytes per second. */
  deliveryRate?: number
  busyTime?: number
  rwndLimited?: number
  sndbufLimited?: number
  /** Segments. */
  delivered?: number
  deliveredCe?: number
  bytesSent?: number
  bytesRetrans?: number
  dsackDups?: number
  reordSeen?: number
  rcvOoopack?: number
  sndWnd?: number
  rcvWnd?: number
  rehash?: number
  totalRto?: number
  totalRtoRecoveries?: number
  /** Milliseconds. */
  totalRtoTime?: number
  receivedCe?: number
  deliveredE1Bytes?: number
  deliveredE0Bytes?: number
  deliveredCeBytes?: number
  receivedE1Bytes?: number
  receivedE0Bytes?: number
  receivedCeBytes?: number
}

/** macOS' struct tcp_connection_info. Times are in milliseconds. */
export interface DarwinTcpConnectionInfo {
  /** TCPS_ESTABLISHED… */
  state: number
  sndWscale: number
  rcvWscale: number
  /** 1 timestamps, 2 SACK, 4 window scaling, 8 ECN. */
  options: number
  /** 1 in loss recovery, 2 reordering detected. */
  flags: number
  rto: number
  maxseg: number
  sndSsthresh: number
  sndCwnd: number
  sndWnd: number
  /** Bytes in the send buffer, including those in flight. */
  sndSbbytes: number
  rcvWnd: number
  /** The latest round-trip time. */
  rttcur: number
  srtt: number
  rttvar: number
  /** The bits of TCP Fast Open; tcpi_tfo_cookie_req is the first. */
  tfo: number
  txpackets: number
  txbytes: number
  txretransmitbytes: number
  rxpackets: number
  rxbytes: number
  rxoutoforderbytes: number
  txretransmitpackets: number
}

/** Linux' struct mptcp_info: the fields that this kernel has. RFC 8684 */
export interface MptcpInfo {
  subflows: number
  addAddrSignal: number
  addAddrAccepted: number
  subflowsMax: number
  addAddrSignalMax: number
  addAddrAcceptedMax: number
  /** MPTCP_INFO_FLAG_… */
  flags: number
  token: number
  /** Sequence numbers of 64 bits; those above 2 ** 53 are rounded. */
  writeSeq: number
  sndUna: number
  rcvNxt: number
  localAddrUsed?: number
  localAddrMax?: number
  csumEnabled?: number
  retransmits?: number
  bytesRetrans?: number
  bytesSent?: number
  bytesReceived?: number
  bytesAcked?: number
  subflowsTotal?: number
  endpLaminarMax?: number
  endpFullmeshMax?: number
  /** Milliseconds ago. */
  lastDataSent?: number
  lastDataRecv?: number
  lastAckRecv?: number
}

const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The fields of a structure that lie within the bytes that the kernel returned. */
function info(structure: string, prefix: string): Decoder<Record<string, number>> {
  let fields: { key: string; field: Field }[] | undefined
  return {
    room: sizeOf(structure),
    form: `the fields of ${structure}`,
    decode(bytes) {
      fields ??= fieldsOf(structure).map(([name, field]) => ({ key: camelCase(name.slice(prefix.length)), field }))
      const view = dataView(bytes)
      const known = fields.filter(({ field: { offset, size } }) => offset + size <= bytes.length)
      return Object.fromEntries(known.map(({ key, field }) => [key, read(view, field)]))
    },
  }
}

/** @internal */
export const mptcpInfo = info('mptcp_info', 'mptcpi_') as Decoder<unknown> as Decoder<MptcpInfo>

// Some bits of a byte that C declares as bit fields; on a little-endian machine the first is the lowest.
const bits = (byte: number, first: number, count: number): number =>
  (byte >> (littleEndian ? first : 8 - first - count)) & ((1 << count) - 1)

const limit = (rate: number): number => (rate === 2 ** 64 ? Infinity : rate)

const tcp = info('tcp_info', 'tcpi_')

/** @internal */
export const linuxTcpInfo: Decoder<LinuxTcpInfo> = {
  room: tcp.room,
  decode(bytes, fd) {
    const { wscale = 0, flags = 0, pacingRate, maxPacingRate, ...rest } = tcp.decode(bytes, fd)
    return {
      ...(rest as unknown as LinuxTcpInfo),
      sndWscale: bits(wscale, 0, 4),
      rcvWscale: bits(wscale, 4, 4),
      deliveryRateAppLimited: bits(flags, 0, 1),
      fastopenClientFail: bits(flags, 1, 2),
      ...(pacingRate !== undefined && { pacingRate: limit(pacingRate) }),
      ...(maxPacingRate !== undefined && { maxPacingRate: limit(maxPacingRate) }),
    }
  },
}

const connection = info('tcp_connection_info', 'tcpi_')
const beforeTfo = field('tcp_connection_info.tcpi_rttvar')
const tfo = { ...beforeTfo, offset: beforeTfo.offset + beforeTfo.size } // bit fields have no offset in C

/** @internal */
export const darwinTcpInfo: Decoder<DarwinTcpConnectionInfo> = {
  room: connection.room,
  decode: (bytes, fd) => ({
    ...(connection.decode(bytes, fd) as unknown as DarwinTcpConnectionInfo),
    tfo: read(dataView(bytes), tfo),
  }),
}
