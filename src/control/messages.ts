// The table of known control messages. To add one, write its file, and add its row and its type here.
import { credentials } from './credentials.js'
import { dropped } from './dropped.js'
import { error } from './error.js'
import { fds } from './fds.js'
import type { Message, Row } from './message.js'
import { originalDestination } from './original-destination.js'
import { packetAuxData } from './packet-aux-data.js'
import { packetInfo } from './packet-info.js'
import { pidFd } from './pid-fd.js'
import { securityLabel } from './security-label.js'
import { segmentSize } from './segment-size.js'
import { timestamp } from './timestamp.js'
import { timestamping } from './timestamping.js'
import { tos } from './tos.js'
import { ttl } from './ttl.js'
import { txTime } from './tx-time.js'
import { zerocopy } from './zerocopy.js'

export type { Credentials } from './credentials.js'
export type { ErrorReport } from './error.js'
export type { PacketAuxData } from './packet-aux-data.js'
export type { OutgoingPacketInfo, PacketInfo } from './packet-info.js'
export type { Timestamping } from './timestamping.js'
export type { ZerocopyReport } from './zerocopy.js'

// The first of these are about the sender, the others about the datagram.
const messages = {
  /**
   * Descriptors. Received: from the sender, owned here already. Sent: at most 253, of which the receiver gets duplicates.
   * SCM_RIGHTS, unix(7)
   */
  fds,
  /** The sender's; with SO_PASSCRED. Sent: the process's own, unless privileged. SCM_CREDENTIALS, unix(7) */
  credentials,
  /** The sender's process, a pidfd_open(2) descriptor, owned here already; with SO_PASSPIDFD. SCM_PIDFD */
  pidFd,
  /** The SELinux or AppArmor label; with SO_PASSSEC. SCM_SECURITY, unix(7) */
  securityLabel,
  /**
   * Where the datagram was sent to; with IP_PKTINFO (IP_RECVPKTINFO on macOS) or IPV6_RECVPKTINFO. Sent: the source address
   * and the interface. ip(7), ipv6(7)
   */
  packetInfo,
  /**
   * The time to live, or the hop limit; with IP_RECVTTL or IPV6_RECVHOPLIMIT. Sent: −1 for the route's own. ip(7), ipv6(7)
   */
  ttl,
  /** The type of service, or the traffic class; with IP_RECVTOS or IPV6_RECVTCLASS. ip(7), RFC 3542 */
  tos,
  /** When it came, in nanoseconds since 1970; with SO_TIMESTAMP or SO_TIMESTAMPNS. socket(7) */
  timestamp,
  /** When it came or went; with SO_TIMESTAMPING. */
  timestamping,
  /** Of a message received with MSG_ERRQUEUE; with IP_RECVERR or IPV6_RECVERR. ip(7) */
  error,
  /** Of a message received with MSG_ERRQUEUE, after sends with MSG_ZEROCOPY. */
  zerocopy,
  /**
   * Received: the size in bytes of the datagrams, but for the last, that were joined to this one; with UDP_GRO. Sent: the size of
   * the datagrams that the data is cut into; UDP_SEGMENT. udp(7)
   */
  segmentSize,
  /** How many datagrams were dropped, for want of room, since the socket was made; with SO_RXQ_OVFL. socket(7) */
  dropped,
  /** Where it was sent to before a rule of the firewall changed that; with IP_RECVORIGDSTADDR. */
  originalDestination,
  /** Of a packet socket: lengths, checksum and VLAN; with PACKET_AUXDATA. packet(7) */
  packetAuxData,
  /** When to send, in nanoseconds of the clock that SO_TXTIME chose. SCM_TXTIME */
  txTime,
}

type Messages = typeof messages
type Received<T> = T extends Message<infer R, never> ? R : never
type Sent<T> = T extends Message<unknown, infer S> ? S : never

/** What a message says, where that is known. */
export type ControlMeaning = {
  [Key in keyof Messages as Received<Messages[Key]> extends never ? never : Key]?: Received<Messages[Key]>
}

/** What can be sent by its meaning; each property that is there is a message. */
export type SendableMeaning = {
  [Key in keyof Messages as Sent<Messages[Key]> extends never ? never : Key]?: Sent<Messages[Key]> | undefined
}

/** Each level and type, with the property that has the value. @internal */
export const rows = Object.entries<Message<unknown, never>>(messages).flatMap(([key, message]) =>
  message.map((row): Row<unknown, never> & { key: string } => ({ key, ...row })),
)
