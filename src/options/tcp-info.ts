// The state of a TCP connection in the kernel, in one shape on both systems.
import { darwinTcpInfo, linuxTcpInfo } from './kernel-info.js'
import type { DarwinTcpConnectionInfo, LinuxTcpInfo } from './kernel-info.js'
import type { Decoder } from './option.js'

/** A connection's state. RFC 9293 */
export type TcpState =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'CLOSE-WAIT'
  | 'FIN-WAIT-1'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'FIN-WAIT-2'
  | 'TIME-WAIT'

/** A TCP connection. Values that an older kernel does not return are undefined. tcp(7), TCP_INFO; TCP_CONNECTION_INFO */
export interface TcpInfo {
  /** The state of the connection. RFC 9293 section 3.3.2 */
  state: TcpState
  /** Whether both ends use timestamps. RFC 7323 */
  timestamps: boolean
  /** Whether both ends use selective acknowledgements. RFC 2018 */
  sack: boolean
  /** Whether both ends scale their windows. RFC 7323 */
  windowScaling: boolean
  /** Whether both ends use explicit congestion notification. RFC 3168 */
  ecn: boolean
  /** The smoothed round-trip time, in milliseconds; on Linux with microseconds. RFC 6298 */
  rtt: number
  /** The variation of the round-trip time, in milliseconds. RFC 6298 */
  rttVariation: number
  /** The retransmission timeout, in milliseconds. RFC 6298 */
  retransmissionTimeout: number
  /** The maximum segment size for sending, in bytes. */
  maxSegment: number
  /** The congestion window, in bytes. RFC 5681 */
  congestionWindow: number
  /** The slow start threshold, in bytes; Infinity before the first loss. RFC 5681 */
  slowStartThreshold: number
  /** The peer's receive window, in bytes. Linux 5.4 */
  sendWindow: number | undefined
  /** The receive window advertised to the peer, in bytes. Linux 6.2 */
  receiveWindow: number | undefined
  /** Bytes sent, including retransmissions. Linux 4.19 */
  bytesSent: number | undefined
  /** Bytes received that were acknowledged. Linux 4.1 */
  bytesReceived: number | undefined
  /** Bytes sent again. Linux 4.19 */
  bytesRetransmitted: number | undefined
  /** Segments sent. Linux 4.2 */
  segmentsSent: number | undefined
  /** Segments received. Linux 4.2 */
  segmentsReceived: number | undefined
  /** Segments sent again. */
  segmentsRetransmitted: number
  /** All values of this kernel, under its own names. */
  raw: LinuxTcpInfo | DarwinTcpConnectionInfo
}

const linuxStates: readonly TcpState[] = [
  'CLOSED', // no state has the number 0
  'ESTABLISHED',
  'SYN-SENT',
  'SYN-RECEIVED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'CLOSED',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
]

const darwinStates: readonly TcpState[] = [
  'CLOSED',
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'CLOSE-WAIT',
  'FIN-WAIT-1',
  'CLOSING',
  'LAST-ACK',
  'FIN-WAIT-2',
  'TIME-WAIT',
]

// Both kernels have the same bits: TCPI_OPT_TIMESTAMPS and TCPCI_OPT_TIMESTAMPS…
const extensions = (options: number): Pick<TcpInfo, 'timestamps' | 'sack' | 'windowScaling' | 'ecn'> => ({
  timestamps: (options & 1) !== 0,
  sack: (options & 2) !== 0,
  windowScaling: (options & 4) !== 0,
  ecn: (options & 8) !== 0,
})

const form = '{ state, rtt, … }'

/** @internal TCP_INFO */
export const tcpInfo: Decoder<TcpInfo> = {
  room: linuxTcpInfo.room,
  form,
  decode(bytes, fd) {
    const raw = linuxTcpInfo.decode(bytes, fd)
    return {
      state: linuxStates[raw.state] ?? 'CLOSED',
      ...extensions(raw.options),
      rtt: raw.rtt / 1000,
      rttVariation: raw.rttvar / 1000,
      retransmissionTimeout: raw.rto / 1000,
      maxSegment: raw.sndMss,
      congestionWindow: raw.sndCwnd * raw.sndMss,
      slowStartThreshold: raw.sndSsthresh >= 0x7fffffff ? Infinity : raw.sndSsthresh * raw.sndMss,
      sendWindow: raw.sndWnd,
      receiveWindow: raw.rcvWnd,
      bytesSent: raw.bytesSent,
      bytesReceived: raw.bytesReceived,
      bytesRetransmitted: raw.bytesRetrans,
      segmentsSent: raw.segsOut,
      segmentsReceived: raw.segsIn,
      segmentsRetransmitted: raw.totalRetrans,
      raw,
    }
  },
}

const largestWindow = 65535 << 14 // RFC 7323

/** @internal TCP_CONNECTION_INFO */
export const tcpConnectionInfo: Decoder<TcpInfo> = {
  room: darwinTcpInfo.room,
  form,
  decode(bytes, fd) {
    const raw = darwinTcpInfo.decode(bytes, fd)
    return {
      state: darwinStates[raw.state] ?? 'CLOSED',
      ...extensions(raw.options),
      rtt: raw.srtt,
      rttVariation: raw.rttvar,
      retransmissionTimeout: raw.rto,
      maxSegment: raw.maxseg,
      congestionWindow: raw.sndCwnd,
      slowStartThreshold: raw.sndSsthresh >= largestWindow ? Infinity : raw.sndSsthresh,
      sendWindow: raw.sndWnd,
      receiveWindow: raw.rcvWnd,
      bytesSent: raw.txbytes,
      bytesReceived: raw.rxbytes,
      bytesRetransmitted: raw.txretransmitbytes,
      segmentsSent: raw.txpackets,
      segmentsReceived: raw.rxpackets,
      segmentsRetransmitted: raw.txretransmitpackets,
      raw,
    }
  },
}
