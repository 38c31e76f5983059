// Values of the options of packet, netlink and CAN sockets.
import { bigint, counted, ifindex, number, optional } from '../structs/fields.js'
import type { Interface } from '../structs/interface.js'
import { structure } from '../structs/structure.js'
import { bitsOf, halves, list, readOnly, unsigned, writeOnly } from './codecs.js'
import type { Codec, Decoder } from './option.js'

/** Which more packets a socket receives: `type` is PACKET_MR_PROMISC, or PACKET_MR_MULTICAST with an address… packet(7) */
export interface PacketMembership {
  /** The interface's index or name. */
  ifindex: Interface
  type: number
  address?: Uint8Array
}

/** @internal */
export const packetMembership = writeOnly(
  structure<PacketMembership>('packet_mreq', {
    ifindex: ['mr_ifindex', ifindex],
    type: ['mr_type', number],
    address: ['mr_address', optional(counted('packet_mreq.mr_alen'), new Uint8Array(0))],
  }),
)

/** The numbers of packets received and dropped since the last read. packet(7) */
export interface PacketStatistics {
  packets: number
  drops: number
}

/** @internal */
export const packetStatistics = readOnly(
  structure<PacketStatistics>('tpacket_stats', { packets: ['tp_packets', number], drops: ['tp_drops', number] }),
)

/** The group of sockets that share packets; `mode` is PACKET_FANOUT_… and PACKET_FANOUT_FLAG_… packet(7) */
export interface PacketFanout {
  id: number
  mode: number
}

/** @internal */
export const packetFanout: Codec<PacketFanout> = halves('id', 'mode')

const groups = list(unsigned, 32)

/** @internal The numbers of the netlink groups that a socket is a member of. */
export const netlinkGroups: Decoder<readonly number[]> = {
  room: groups.room,
  form: groups.form!,
  decode: (bytes, fd) => bitsOf(groups.decode(bytes, fd)).map(bit => bit + 1),
}

/** Accepts frames whose identifier equals `id` in the bits of `mask`; CAN_INV_FILTER in `id` accepts all others. */
export interface CanFilter {
  id: number
  mask: number
}

/** @internal */
export const canFilters = list(
  structure<CanFilter>('can_filter', { id: ['can_id', number], mask: ['can_mask', number] }),
  512, // CAN_RAW_FILTER_MAX
)

/** ISO 15765-2: CAN_ISOTP_… flags, extended addresses, padding bytes; `frameTxtime` is a frame's time in nanoseconds. */
export interface CanIsotpOptions {
  flags?: number
  frameTxtime?: number
  extAddress?: number
  txpadContent?: number
  rxpadContent?: number
  rxExtAddress?: number
}

const zero = optional(number, 0)

/** @internal */
export const canIsotpOptions = structure<CanIsotpOptions>('can_isotp_options', {
  flags: ['flags', zero],
  frameTxtime: ['frame_txtime', zero],
  extAddress: ['ext_address', zero],
  txpadContent: ['txpad_content', zero],
  rxpadContent: ['rxpad_content', zero],
  rxExtAddress: ['rx_ext_address', zero],
})

/** Flow control: frames in a block, the time between them as ISO 15765-2 encodes it, and the maximum of wait frames. */
export interface CanIsotpFlowControl {
  bs: number
  stmin: number
  wftmax?: number
}

/** @internal */
export const canIsotpFlowControl = structure<CanIsotpFlowControl>('can_isotp_fc_options', {
  bs: ['bs', number],
  stmin: ['stmin', number],
  wftmax: ['wftmax', zero],
})

/** The link layer: CAN_MTU or CANFD_MTU, the data length of a frame in bytes, and the flags of a CAN FD frame. */
export interface CanIsotpLinkLayer {
  mtu: number
  txDl: number
  txFlags?: number
}

/** @internal */
export const canIsotpLinkLayer = structure<CanIsotpLinkLayer>('can_isotp_ll_options', {
  mtu: ['mtu', number],
  txDl: ['tx_dl', number],
  txFlags: ['tx_flags', zero],
})

/** Accepts messages whose sender's name, group and address equal these in the bits of their masks. SAE J1939 */
export interface J1939Filter {
  name: bigint
  nameMask: bigint
  pgn: number
  pgnMask: number
  addr: number
  addrMask: number
}

/** @internal */
export const j1939Filters = list(
  structure<J1939Filter>('j1939_filter', {
    name: ['name', bigint],
    nameMask: ['name_mask', bigint],
    pgn: ['pgn', number],
    pgnMask: ['pgn_mask', number],
    addr: ['addr', number],
    addrMask: ['addr_mask', number],
  }),
  512, // J1939_FILTER_MAX
)
