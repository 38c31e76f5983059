// Values of the options of IP, IPv6 and ICMP, except multicast.
import { checkInteger, invalidType } from '../checks.js'
import { ifindex, ipv6, number, optional } from '../structs/fields.js'
import type { Kind } from '../structs/fields.js'
import { field, littleEndian } from '../syscalls/layout.js'
import { interfaceIndex } from '../structs/interface.js'
import type { Interface } from '../structs/interface.js'
import { structure } from '../structs/structure.js'
import { bitsOf, halves, list, mapped, natural, readOnly, unsigned } from './codecs.js'
import type { Codec, InterfaceCodec } from './option.js'

/** The range of ports from which the kernel chooses for a socket; 0 and 0: the system's range. ip(7) */
export interface PortRange {
  /** The first port; 0: the system's. */
  low: number
  /** The last port; 0: the system's. */
  high: number
}

/** @internal */
export const portRange: Codec<PortRange> = halves('low', 'high')

function swapped(value: number): number {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return littleEndian ? bytes.readUInt32LE() : value
}

/** @internal An interface's index in network byte order; 0: none. It may be set by the name. */
export const networkIndex: InterfaceCodec = {
  ...readOnly(mapped(unsigned, swapped, swapped, natural.form)),
  encode: value => unsigned.encode(swapped(interfaceIndex('value', value))),
}

/** The source address and the outgoing interface of sent packets; `'::'` and 0: the kernel chooses. RFC 3542 */
export interface Ipv6PacketInfo {
  /** The source address; `'::'`: the kernel chooses. */
  address: string
  /** The index or the name of the interface; default: the kernel chooses. */
  ifindex?: Interface
}

/** @internal */
export const ipv6PacketInfo = structure<Ipv6PacketInfo>('in6_pktinfo', {
  address: ['ipi6_addr', ipv6],
  ifindex: ['ipi6_ifindex', optional(ifindex, 0)],
})

/** The path MTU: the maximum size of a packet to the peer, in bytes. RFC 3542 */
export interface PathMtu {
  /** The peer's address; on Linux always `'::'`. */
  address: string
  /** The maximum size of a packet, in bytes. */
  mtu: number
}

const { offset: within, size: length } = field('sockaddr_in6.sin6_addr')

// The address in a sockaddr_in6; Linux does not set its family.
const hostOfSockaddr: Kind<string> = {
  ...ipv6,
  read: (bytes, at) => ipv6.read(bytes, { offset: at.offset + within, size: length, signed: false }),
}

/** @internal */
export const pathMtu = readOnly(
  structure<PathMtu>('ip6_mtuinfo', { address: ['ip6m_addr', hostOfSockaddr], mtu: ['ip6m_mtu', number] }),
)

/** A request for a flow label. `action`: IPV6_FL_A_…; `share`: IPV6_FL_S_…; `flags`: IPV6_FL_F_… RFC 6437 */
export interface FlowLabelRequest {
  /** The peer's numeric IPv6 address. */
  destination: string
  /** 20 bits; 0 requests any label. */
  label: number
  /** IPV6_FL_A_GET, IPV6_FL_A_PUT or IPV6_FL_A_RENEW. */
  action: number
  /** Who may use the label too: IPV6_FL_S_…; default: 0. */
  share?: number
  /** IPV6_FL_F_… flags; default: 0. */
  flags?: number
  /** How long the label is reserved after its last use, in seconds. */
  linger?: number
  /** How long the label is valid, in seconds. */
  expires?: number
}

// 20 bits in network byte order, as in a packet.
const label: Kind<number> = {
  read: (bytes, { offset }) => bytes.readUInt32BE(offset),
  write: (bytes, { offset }, value, name) => bytes.writeUInt32BE(checkInteger(name, value, 0, 0xfffff), offset),
}

/** @internal */
export const flowLabel = structure<FlowLabelRequest>('in6_flowlabel_req', {
  destination: ['flr_dst', ipv6],
  label: ['flr_label', label],
  action: ['flr_action', number],
  share: ['flr_share', optional(number, 0)],
  flags: ['flr_flags', optional(number, 0)],
  linger: ['flr_linger', optional(number, 0)],
  expires: ['flr_expires', optional(number, 0)],
})

/** Blocked types of messages, as bits of `words` words. A set bit blocks its type on Linux, and passes it on macOS. */
const blockedTypes = (words: number, inverted: boolean): Codec<readonly number[]> => {
  const invert = (word: number): number => (inverted ? ~word >>> 0 : word)
  return mapped<readonly number[], readonly number[]>(
    list(unsigned, words),
    values => bitsOf(values.map(invert)),
    types => {
      if (!Array.isArray(types)) throw invalidType('value', types, 'an instance of Array')
      const values = new Uint32Array(words)
      for (const type of types as readonly number[]) {
        checkInteger('value', type, 0, 32 * words - 1)
        values[type >>> 5]! |= 1 << (type & 31)
      }
      return Array.from(values, invert)
    },
    '[ the number of a type, … ]',
  )
}

/** @internal */
export const icmpFilter = blockedTypes(1, false)
/** @internal */
export const icmp6Filter = blockedTypes(8, process.platform === 'darwin')
