// What the known control messages say, for who receives them and for who sends them.
import type { SocketAddress } from '../structs/address.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import type { OwnedFd } from '../descriptors/owned-fd.js'

/** Who sent a message, as the kernel vouches for. unix(7) */
export interface Credentials {
  pid: number
  uid: number
  gid: number
}

/** Where a datagram was sent to; on one to send, where it is to come from. Given back as it came, it goes back the same way. */
export interface PacketInfo {
  /** The destination address in its header. */
  address: string
  /** The index of the interface that it came in by, or is to go out by; 0 for any. */
  ifindex: number
  /** This machine's own address for it, where `address` is a broadcast or multicast one; IPv4. */
  specificDestination?: string
}

/** When a datagram came or went, in nanoseconds since 1970; null where nobody took the time. SO_TIMESTAMPING */
export interface Timestamping {
  software: bigint | null
  /** By the network card's clock, whatever that counts from. */
  hardware: bigint | null
}

/** An entry of the error queue, a struct sock_extended_err. ip(7) */
export interface ErrorReport {
  /** Negative, as in every error here. */
  errno: number
  /** The errno's name: `'ECONNREFUSED'`. */
  name: string
  /** Who reports it: SO_EE_ORIGIN_ICMP and its like. */
  origin: number
  /** ICMP's type. */
  type: number
  /** ICMP's code. */
  code: number
  /** For EMSGSIZE the path's MTU. */
  info: number
  data: number
  /** The node that caused the error, null where that is not known. */
  offender: SocketAddress | null
}

/** The sends with MSG_ZEROCOPY, counted from 0 and modulo 2³², that the kernel is done with. */
export interface ZerocopyReport {
  first: number
  last: number
  /** Whether the kernel had to copy after all. */
  copied: boolean
}

/** What a message says, where that is known. The first of these are about the sender, the others about the datagram. */
export interface ControlMeaning {
  /** Descriptors from the sender, owned here already. SCM_RIGHTS, unix(7) */
  fds?: OwnedFd[]
  /** The sender's; with SO_PASSCRED. SCM_CREDENTIALS, unix(7) */
  credentials?: Credentials
  /** The sender's process, a pidfd_open(2) descriptor, owned here already; with SO_PASSPIDFD. SCM_PIDFD */
  pidFd?: OwnedFd
  /** The SELinux or AppArmor label; with SO_PASSSEC. SCM_SECURITY, unix(7) */
  securityLabel?: string
  /** With IP_PKTINFO (IP_RECVPKTINFO on macOS) or IPV6_RECVPKTINFO. ip(7), ipv6(7) */
  packetInfo?: PacketInfo
  /** The time to live, or the hop limit; with IP_RECVTTL or IPV6_RECVHOPLIMIT. ip(7), ipv6(7) */
  ttl?: number
  /** The type of service, or the traffic class; with IP_RECVTOS or IPV6_RECVTCLASS. ip(7), RFC 3542 */
  tos?: number
  /** When it came, in nanoseconds since 1970; with SO_TIMESTAMP or SO_TIMESTAMPNS. socket(7) */
  timestamp?: bigint
  /** When it came or went; with SO_TIMESTAMPING. */
  timestamping?: Timestamping
  /** Of a message received with MSG_ERRQUEUE; with IP_RECVERR or IPV6_RECVERR. ip(7) */
  error?: ErrorReport
  /** Of a message received with MSG_ERRQUEUE, after sends with MSG_ZEROCOPY. */
  zerocopy?: ZerocopyReport
  /** The size of the datagrams, but for the last, that were joined to this one; with UDP_GRO. udp(7) */
  segmentSize?: number
  /** How many datagrams were dropped, for want of room, since the socket was made; with SO_RXQ_OVFL. socket(7) */
  dropped?: number
  /** Where it was sent to before a rule of the firewall changed that; with IP_RECVORIGDSTADDR. */
  originalDestination?: SocketAddress
}

/** What can be sent by its meaning; each property that is there is a message. */
export interface SendableMeaning {
  /** Descriptors, at most 253, of which the receiver gets duplicates. SCM_RIGHTS, unix(7) */
  fds?: readonly Descriptor[] | undefined
  /** The process's own, unless privileged. SCM_CREDENTIALS, unix(7) */
  credentials?: Credentials | undefined
  /** The source address and the interface. ip(7), ipv6(7) */
  packetInfo?: PacketInfo | undefined
  /** The time to live, or the hop limit, −1 for the route's own. ip(7), ipv6(7) */
  ttl?: number | undefined
  /** The type of service, or the traffic class. ip(7), RFC 3542 */
  tos?: number | undefined
  /** The size of the datagrams that the data is cut into. UDP_SEGMENT, udp(7) */
  segmentSize?: number | undefined
  /** When to send, in nanoseconds of the clock that SO_TXTIME chose. SCM_TXTIME */
  txTime?: bigint | undefined
}
