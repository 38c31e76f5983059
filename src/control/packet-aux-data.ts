// What the kernel knows of a packet besides its bytes. PACKET_AUXDATA, packet(7)
import { PACKET_AUXDATA, SOL_PACKET } from '../constants.js'
import { number } from '../structs/fields.js'
import { structure } from '../structs/structure.js'
import { message, whole } from './message.js'

/** A struct tpacket_auxdata: what a packet socket's receive cut off, or the network card took out. packet(7) */
export interface PacketAuxData {
  /** TP_STATUS_VLAN_VALID, TP_STATUS_CSUMNOTREADY and the like. */
  status: number
  /** The packet's length in bytes, of which `snaplen` were kept. */
  len: number
  /** The bytes that were kept of the packet. */
  snaplen: number
  /** Where its link-layer header and its network header lie in a ring (PACKET_RX_RING); without one, the first is 0. */
  mac: number
  /** Where the network header lies. */
  net: number
  /** The tag of its VLAN, if TP_STATUS_VLAN_VALID is set. IEEE 802.1Q */
  vlanTci: number
  /** The tag's protocol, if TP_STATUS_VLAN_TPID_VALID is set: 0x8100. */
  vlanTpid: number
}

const auxdata = structure<PacketAuxData>('tpacket_auxdata', {
  status: ['tp_status', number],
  len: ['tp_len', number],
  snaplen: ['tp_snaplen', number],
  mac: ['tp_mac', number],
  net: ['tp_net', number],
  vlanTci: ['tp_vlan_tci', number],
  vlanTpid: ['tp_vlan_tpid', number],
})

export const packetAuxData = message<PacketAuxData>({ level: SOL_PACKET, type: PACKET_AUXDATA, read: whole(auxdata) })
