// A socket in the listing of ss.
import type { TcpInfo } from '../../options/index.js'

/** An address of a TCP, UDP or raw socket. */
export interface InetEnd {
  readonly address: string
  /** 0: any. Of a raw socket the protocol. */
  readonly port: number
  /** The only interface of the socket. */
  readonly interface?: string
}

/** A name of a Unix socket; it has at most one. unix(7) */
export interface UnixEnd {
  readonly path?: string
  readonly abstract?: string
  /** The socket's number in /proc; 0: there is none. */
  readonly inode: number
}

/** What TCP waits for. */
export interface Timer {
  readonly name: string
  /** Milliseconds from now. */
  readonly expires: number
  readonly retransmissions: number
}

export interface Listed {
  /** The kind, in the words of ss: tcp, udp, raw, u_str, u_dgr, u_seq. */
  readonly netid: string
  /** The number of the state in the kernel. */
  readonly state: number
  /** Bytes to be received; of a listener the connections that wait to be accepted. */
  readonly recvQ: number
  /** Bytes that are not acknowledged; of a listener its backlog. */
  readonly sendQ: number
  readonly local: InetEnd | UnixEnd
  readonly peer: InetEnd | UnixEnd
  /** 0: it has no file, as after close. */
  readonly inode: number
  readonly uid?: number
  /** Of an IPv6 socket that has no address: whether it does not serve IPv4. */
  readonly v6Only?: boolean
  readonly timer?: Timer
  readonly congestion?: string
  readonly tcpInfo?: TcpInfo
}

/** What the kernel is asked for. */
export interface Asked {
  /** A mask of states. */
  readonly states: number
  /** Whether with TCP_INFO. */
  readonly info: boolean
}
