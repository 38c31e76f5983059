// Where a datagram goes. IP_PKTINFO, ip(7); IPV6_PKTINFO, ipv6(7)
import { invalidType } from '../checks.js'
import { IPPROTO_IP, IPPROTO_IPV6, IPV6_PKTINFO, IP_PKTINFO } from '../constants.js'
import { ipv4, ipv6, number } from '../structs/fields.js'
import type { Kind } from '../structs/fields.js'
import { interfaceIndex } from '../structs/interface.js'
import type { Interface } from '../structs/interface.js'
import { structure } from '../structs/structure.js'
import { dataView, field, write } from '../syscalls/layout.js'
import type { Field } from '../syscalls/layout.js'
import { message, whole } from './message.js'

/** Where a datagram was sent to; on one to send, where it is to come from. Given back as it came, it goes back the same way. */
export interface PacketInfo {
  /** The destination address in its header. */
  address: string
  /** The index of the interface that it came in by, or is to go out by; 0 for any. */
  ifindex: number
  /** This machine's own address for it, where `address` is a broadcast or multicast one; IPv4. */
  specificDestination?: string
}

/** As PacketInfo, to send: the interface may also be given by its name. */
export interface OutgoingPacketInfo extends Omit<PacketInfo, 'ifindex'> {
  /** The index or the name of the interface; 0: the kernel chooses. */
  ifindex: Interface
}

const pktinfo = structure<PacketInfo>('in_pktinfo', {
  address: ['ipi_addr', ipv4],
  ifindex: ['ipi_ifindex', number],
  specificDestination: ['ipi_spec_dst', ipv4],
})
const pktinfo6 = structure<Omit<PacketInfo, 'specificDestination'>>('in6_pktinfo', {
  address: ['ipi6_addr', ipv6],
  ifindex: ['ipi6_ifindex', number],
})

/** Writes the interface, and the source address into the field that the kernel takes it from. */
const writer =
  (room: number, ifindex: Field, source: Field, kind: Kind<string>, sourceOf: (info: OutgoingPacketInfo) => string) =>
  (info: OutgoingPacketInfo): Buffer => {
    if (typeof info !== 'object' || info === null) throw invalidType('packetInfo', info, 'of type object')
    const bytes = Buffer.alloc(room)
    write(dataView(bytes), ifindex, interfaceIndex('packetInfo.ifindex', info.ifindex))
    kind.write(bytes, source, sourceOf(info), 'packetInfo.address')
    return bytes
  }

const isIPv6 = (to: { address: string } | null): boolean => typeof to?.address === 'string' && to.address.includes(':')

export const packetInfo = message<PacketInfo, OutgoingPacketInfo>(
  {
    level: IPPROTO_IP,
    type: IP_PKTINFO,
    read: whole(pktinfo),
    write: writer(
      pktinfo.room,
      field('in_pktinfo.ipi_ifindex'),
      field('in_pktinfo.ipi_spec_dst'),
      ipv4,
      info => info.specificDestination ?? info.address,
    ),
    sends: info => !isIPv6(info),
  },
  {
    level: IPPROTO_IPV6,
    type: IPV6_PKTINFO,
    read: whole(pktinfo6),
    write: writer(
      pktinfo6.room,
      field('in6_pktinfo.ipi6_ifindex'),
      field('in6_pktinfo.ipi6_addr'),
      ipv6,
      info => info.address,
    ),
    sends: isIPv6,
  },
)
