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
  /** Unanswered probes of a zero window or of keep-alive. */
  probes: number
  /** How often the retransmission timeout has been doubled. RFC 6298 */
  backoff: number
  /** 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 ECN seen, 32 data in the SYN acknowledged. */
  options: number
  /** The shift of the window that the peer advertises. RFC 7323 */
  sndWscale: number
  /** The shift of the window that this end advertises. RFC 7323 */
  rcvWscale: number
  /** 1 if the application limited the delivery rate. */
  deliveryRateAppLimited: number
  /** Why TCP Fast Open failed: TFO_… */
  fastopenClientFail: number
  /** The retransmission timeout, in microseconds. RFC 6298 */
  rto: number
  /** The timeout of a delayed acknowledgement, in microseconds. */
  ato: number
  /** The maximum segment size for sending, in bytes. */
  sndMss: number
  /** The estimated segment size of the peer, in bytes. */
  rcvMss: number
  /** Segments that are sent and not yet acknowledged. */
  unacked: number
  /** Segments that are selectively acknowledged. RFC 2018 */
  sacked: number
  /** Segments that are taken for lost. */
  lost: number
  /** Segments that are retransmitted and not yet acknowledged. */
  retrans: number
  /** Not used since Linux 4.15: 0. */
  fackets: number
  /** How long ago data was last sent, in milliseconds. */
  lastDataSent: number
  /** Not filled in by Linux: 0. */
  lastAckSent: number
  /** How long ago data was last received, in milliseconds. */
  lastDataRecv: number
  /** How long ago an acknowledgement was last received, in milliseconds. */
  lastAckRecv: number
  /** The path MTU, in bytes. ip(7) */
  pmtu: number
  /** The limit of the advertised window, in bytes. */
  rcvSsthresh: number
  /** The smoothed round-trip time, in microseconds. RFC 6298 */
  rtt: number
  /** The variation of the round-trip time, in microseconds. RFC 6298 */
  rttvar: number
  /** The slow start threshold, in segments. RFC 5681 */
  sndSsthresh: number
  /** The congestion window, in segments. RFC 5681 */
  sndCwnd: number
  /** The maximum segment size that this end has advertised, in bytes. */
  advmss: number
  /** By how many segments the network may reorder before a loss is assumed. */
  reordering: number
  /** The round-trip time as the receiver estimates it, in microseconds. */
  rcvRtt: number
  /** The space of the receive buffer as it is tuned now, in bytes. */
  rcvSpace: number
  /** Segments that have been retransmitted so far. */
  totalRetrans: number
  /** Bytes per second; Infinity: no limit. */
  pacingRate?: number
  /** The limit of `pacingRate`, in bytes per second; Infinity: none. SO_MAX_PACING_RATE */
  maxPacingRate?: number
  /** Bytes that the peer has acknowledged. RFC 4898 */
  bytesAcked?: number
  /** Bytes that this end has acknowledged. RFC 4898 */
  bytesReceived?: number
  /** Segments sent. RFC 4898 */
  segsOut?: number
  /** Segments received. RFC 4898 */
  segsIn?: number
  /** Bytes in the send buffer that have not been sent yet. */
  notsentBytes?: number
  /** The shortest round-trip time of late, in microseconds. */
  minRtt?: number
  /** Segments with data that were received. RFC 4898 */
  dataSegsIn?: number
  /** Segments with data that were sent. RFC 4898 */
  dataSegsOut?: number
  /** Bytes per second. */
  deliveryRate?: number
  /** How long data was being sent, in microseconds. */
  busyTime?: number
  /** How much of `busyTime` the receive window of the peer was the limit, in microseconds. */
  rwndLimited?: number
  /** How much of `busyTime` the send buffer was the limit, in microseconds. */
  sndbufLimited?: number
  /** Segments that were delivered, as acknowledgements say. */
  delivered?: number
  /** How many of `delivered` met congestion: ECN's CE. RFC 3168 */
  deliveredCe?: number
  /** Bytes of data sent, including those retransmitted. RFC 4898 */
  bytesSent?: number
  /** Bytes of data retransmitted. RFC 4898 */
  bytesRetrans?: number
  /** Duplicates that the peer has reported. RFC 4898, RFC 2883 */
  dsackDups?: number
  /** How often reordering was seen. */
  reordSeen?: number
  /** Packets received out of order. */
  rcvOoopack?: number
  /** The receive window of the peer, in bytes. */
  sndWnd?: number
  /** The receive window that this end has advertised, in bytes. */
  rcvWnd?: number
  /** How often the flow was given another hash, to take another path. */
  rehash?: number
  /** Timeouts of retransmission so far. */
  totalRto?: number
  /** Recoveries from such timeouts so far. */
  totalRtoRecoveries?: number
  /** Milliseconds. */
  totalRtoTime?: number
  /** Segments received with ECN's CE. RFC 3168 */
  receivedCe?: number
  /** Bytes delivered with ECT(1), as the peer counts. Accurate ECN */
  deliveredE1Bytes?: number
  /** Bytes delivered with ECT(0), as the peer counts. Accurate ECN */
  deliveredE0Bytes?: number
  /** Bytes delivered with CE, as the peer counts. Accurate ECN */
  deliveredCeBytes?: number
  /** Bytes received with ECT(1). Accurate ECN */
  receivedE1Bytes?: number
  /** Bytes received with ECT(0). Accurate ECN */
  receivedE0Bytes?: number
  /** Bytes received with CE. Accurate ECN */
  receivedCeBytes?: number
}

/** macOS' struct tcp_connection_info. Times are in milliseconds. */
export interface DarwinTcpConnectionInfo {
  /** TCPS_ESTABLISHED… */
  state: number
  /** The shift of the window that the peer advertises. RFC 7323 */
  sndWscale: number
  /** The shift of the window that this end advertises. RFC 7323 */
  rcvWscale: number
  /** 1 timestamps, 2 SACK, 4 window scaling, 8 ECN. */
  options: number
  /** 1 in loss recovery, 2 reordering detected. */
  flags: number
  /** The retransmission timeout, in milliseconds. RFC 6298 */
  rto: number
  /** The maximum segment size, in bytes. */
  maxseg: number
  /** The slow start threshold, in bytes. RFC 5681 */
  sndSsthresh: number
  /** The congestion window, in bytes. RFC 5681 */
  sndCwnd: number
  /** The receive window of the peer, in bytes. */
  sndWnd: number
  /** Bytes in the send buffer, including those in flight. */
  sndSbbytes: number
  /** The receive window of this end, in bytes. */
  rcvWnd: number
  /** The latest round-trip time. */
  rttcur: number
  /** The smoothed round-trip time, in milliseconds. RFC 6298 */
  srtt: number
  /** The variation of the round-trip time, in milliseconds. RFC 6298 */
  rttvar: number
  /** The bits of TCP Fast Open; tcpi_tfo_cookie_req is the first. */
  tfo: number
  /** Packets sent. */
  txpackets: number
  /** Bytes sent. */
  txbytes: number
  /** Bytes retransmitted. */
  txretransmitbytes: number
  /** Packets received. */
  rxpackets: number
  /** Bytes received. */
  rxbytes: number
  /** Bytes received out of order. */
  rxoutoforderbytes: number
  /** Packets retransmitted. */
  txretransmitpackets: number
}

/** Linux' struct mptcp_info: the fields that this kernel has. RFC 8684 */
export interface MptcpInfo {
  /** Subflows beside the first one, at present. */
  subflows: number
  /** Addresses that this end has announced. */
  addAddrSignal: number
  /** Addresses of the peer that were accepted. */
  addAddrAccepted: number
  /** The limit of `subflows`. */
  subflowsMax: number
  /** The limit of `addAddrSignal`. */
  addAddrSignalMax: number
  /** The limit of `addAddrAccepted`. */
  addAddrAcceptedMax: number
  /** MPTCP_INFO_FLAG_… */
  flags: number
  /** The token of the connection. */
  token: number
  /** Sequence numbers of 64 bits; those above 2 ** 53 are rounded. */
  writeSeq: number
  /** The first sequence number that is not acknowledged. */
  sndUna: number
  /** The sequence number that is expected next. */
  rcvNxt: number
  /** Local addresses in use for subflows. */
  localAddrUsed?: number
  /** The limit of `localAddrUsed`. */
  localAddrMax?: number
  /** 1 if data has checksums. */
  csumEnabled?: number
  /** Retransmissions at the level of the connection. */
  retransmits?: number
  /** Bytes retransmitted at the level of the connection. */
  bytesRetrans?: number
  /** Bytes sent. */
  bytesSent?: number
  /** Bytes received. */
  bytesReceived?: number
  /** Bytes that the peer has acknowledged. */
  bytesAcked?: number
  /** All subflows, with the first one. */
  subflowsTotal?: number
  /** The number of endpoints with the flag laminar. */
  endpLaminarMax?: number
  /** The number of endpoints with the flag fullmesh. */
  endpFullmeshMax?: number
  /** How long ago data was last sent, in milliseconds. */
  lastDataSent?: number
  /** How long ago data was last received, in milliseconds. */
  lastDataRecv?: number
  /** How long ago an acknowledgement was last received, in milliseconds. */
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
