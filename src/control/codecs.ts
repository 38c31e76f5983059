// The table of known control messages: the key of each, its level and type, and how its data are read and written.
import {
  AF_INET6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_UDP,
  IPV6_HOPLIMIT,
  IPV6_ORIGDSTADDR,
  IPV6_PKTINFO,
  IPV6_RECVERR,
  IPV6_TCLASS,
  IP_ORIGDSTADDR,
  IP_PKTINFO,
  IP_RECVERR,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  PACKET_TX_TIMESTAMP,
  SCM_CREDENTIALS,
  SCM_PIDFD,
  SCM_RIGHTS,
  SCM_SECURITY,
  SCM_TIMESTAMP,
  SCM_TIMESTAMPING,
  SCM_TIMESTAMPNS,
  SCM_TXTIME,
  SOL_PACKET,
  SOL_SOCKET,
  SOL_VSOCK,
  SO_RXQ_OVFL,
  UDP_GRO,
  UDP_SEGMENT,
  VSOCK_RECVERR,
} from '../constants.js'
import type { ControlMeaning, SendableMeaning } from './meaning.js'
import * as values from './values.js'
import type { View } from '../syscalls/native.js'

type Key = keyof ControlMeaning | keyof SendableMeaning
type Value<K extends Key> = K extends keyof ControlMeaning ? ControlMeaning[K] : never
type Sent<K extends Key> = K extends keyof SendableMeaning ? Exclude<SendableMeaning[K], undefined> : never

/** A row. `read` returns undefined if the data are no such message; `write` is null if the message is only received. */
export interface Codec {
  readonly key: Key
  readonly level: number
  readonly type: number
  readonly read: ((data: Buffer) => unknown) | null
  readonly write: ((value: never) => View) | null
  /** Whether a value is sent by this row, of several rows with one key, on a socket of that family. */
  readonly sends: (value: never, family: number) => boolean
}

function row<K extends Key>(
  key: K,
  level: number | undefined,
  type: number | undefined,
  read: ((data: Buffer) => Value<K> | undefined) | null,
  write: ((value: Sent<K>) => View) | null = null,
  sends: (value: Sent<K>, family: number) => boolean = () => true,
): Codec[] {
  if (level === undefined || type === undefined) return [] // this system has no such message
  return [{ key, level, type, read, write, sends }]
}

const overIPv6 = (_: unknown, family: number): boolean => family === AF_INET6
const overIPv4 = (_: unknown, family: number): boolean => family !== AF_INET6
const isIPv6 = (to: { address: string } | null): boolean => typeof to?.address === 'string' && to.address.includes(':')

const errorQueues = [
  [IPPROTO_IP, IP_RECVERR],
  [IPPROTO_IPV6, IPV6_RECVERR],
  [SOL_PACKET, PACKET_TX_TIMESTAMP],
  [SOL_VSOCK, VSOCK_RECVERR],
] as const

/** Of several rows with one level and type, the first one that can read the data is used. */
export const codecs: readonly Codec[] = [
  ...row('fds', SOL_SOCKET, SCM_RIGHTS, values.readFds, values.writeFds),
  ...row('credentials', SOL_SOCKET, SCM_CREDENTIALS, values.readCredentials, values.writeCredentials),
  ...row('pidFd', SOL_SOCKET, SCM_PIDFD, values.readPidFd),
  ...row('securityLabel', SOL_SOCKET, SCM_SECURITY, values.readText),
  ...row('packetInfo', IPPROTO_IP, IP_PKTINFO, values.readPacketInfo, values.writePacketInfo, to => !isIPv6(to)),
  ...row('packetInfo', IPPROTO_IPV6, IPV6_PKTINFO, values.readPacketInfo6, values.writePacketInfo6, isIPv6),
  ...row('ttl', IPPROTO_IP, IP_TTL, values.readNumber, values.writeTtl, overIPv4),
  ...row('ttl', IPPROTO_IP, IP_RECVTTL, values.readNumber, null), // macOS
  ...row('ttl', IPPROTO_IPV6, IPV6_HOPLIMIT, values.readNumber, values.writeTtl, overIPv6),
  ...row('tos', IPPROTO_IP, IP_TOS, values.readNumber, values.writeTos, overIPv4),
  ...row('tos', IPPROTO_IP, IP_RECVTOS, values.readNumber, null), // macOS
  ...row('tos', IPPROTO_IPV6, IPV6_TCLASS, values.readNumber, values.writeTos, overIPv6),
  ...row('timestamp', SOL_SOCKET, SCM_TIMESTAMP, values.readTimeval),
  ...row('timestamp', SOL_SOCKET, SCM_TIMESTAMPNS, values.readTimespec),
  ...row('timestamping', SOL_SOCKET, SCM_TIMESTAMPING, values.readTimestamping),
  ...errorQueues.flatMap(([level, type]) => [
    ...row('zerocopy', level, type, values.readZerocopy),
    ...row('error', level, type, values.readError),
  ]),
  ...row('segmentSize', IPPROTO_UDP, UDP_GRO, values.readNumber),
  ...row('segmentSize', IPPROTO_UDP, UDP_SEGMENT, null, values.writeSegmentSize),
  ...row('dropped', SOL_SOCKET, SO_RXQ_OVFL, values.readUnsigned),
  ...row('originalDestination', IPPROTO_IP, IP_ORIGDSTADDR, values.readAddress),
  ...row('originalDestination', IPPROTO_IPV6, IPV6_ORIGDSTADDR, values.readAddress),
  ...row('txTime', SOL_SOCKET, SCM_TXTIME, null, values.writeTxTime),
]
