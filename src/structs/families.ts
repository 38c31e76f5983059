// The addresses of the families other than INET and UNIX: a table of the fields of each sockaddr.
import {
  AF_ALG,
  AF_BLUETOOTH,
  AF_CAN,
  AF_NETLINK,
  AF_PACKET,
  AF_QIPCRTR,
  AF_SYSTEM,
  AF_SYS_CONTROL,
  AF_TIPC,
  AF_VSOCK,
} from '../constants.js'
import { invalidValue } from '../checks.js'
import { bigint, counted, ifindex, networkOrder, number, optional, string } from './fields.js'
import type { Kind } from './fields.js'
import type { Interface } from './interface.js'
import { field, sizeOf } from '../syscalls/layout.js'
import type { Field } from '../syscalls/layout.js'

/** A netlink address: a port number and a mask of multicast groups. netlink(7) */
export interface NetlinkAddress {
  family: 'netlink'
  /** The port number; 0: the kernel, or to bind: any. */
  pid: number
  /** A mask of multicast groups. */
  groups: number
}

/** A packet address: an interface's index, protocol in host byte order, ARP hardware type, hardware address. packet(7) */
export interface PacketAddress {
  family: 'packet'
  /** The index of the interface; 0: any. */
  ifindex: number
  /** ETH_P_…, in host byte order. */
  protocol?: number
  /** Of a received packet: PACKET_HOST, PACKET_BROADCAST… */
  pkttype?: number
  /** The type of the hardware: ARPHRD_… */
  hatype?: number
  /** The hardware address. */
  address?: Uint8Array
}

/** A vsock address: a context identifier, such as VMADDR_CID_ANY, and a port. vsock(7) */
export interface VsockAddress {
  family: 'vsock'
  /** The context identifier: of a virtual machine, or VMADDR_CID_HOST, VMADDR_CID_ANY. */
  cid: number
  /** The port, 32 bits. */
  port: number
}

/** A CAN address: an interface's index (0: all), and the identifiers of ISO-TP, or name, group and address of J1939. */
export type CanAddress = CanInterface | (CanInterface & IsoTpIdentifiers) | (CanInterface & J1939Names)

/** The part that all CAN addresses have. networking/can */
export interface CanInterface {
  family: 'can'
  /** The index of the interface; 0: all. */
  ifindex: number
}

/** What the address of an ISO-TP socket has besides. ISO 15765-2 */
export interface IsoTpIdentifiers {
  /** The identifier of received frames. */
  rxId: number
  /** The identifier of sent frames. */
  txId: number
}

/** What the address of a J1939 socket has besides. networking/j1939 */
export interface J1939Names {
  /** The name, 64 bits. */
  name: bigint
  /** The parameter group number. */
  pgn: number
  /** The address. */
  addr: number
}

/** An algorithm of the kernel's cryptography: `{ type: 'hash', name: 'sha256' }`. crypto/userspace-if */
export interface AlgAddress {
  family: 'alg'
  /** `'hash'`, `'skcipher'`, `'aead'`, `'rng'`. */
  type: string
  /** The name of the algorithm: /proc/crypto lists them. */
  name: string
  /** The features that it must have; default: 0. */
  feat?: number
  /** Which features that is about; default: 0. */
  mask?: number
}

/** A TIPC address. `addrtype`: TIPC_ADDR_…, which decides the meaning of the three numbers; `scope`: TIPC_…_SCOPE. */
export interface TipcAddress {
  family: 'tipc'
  /** TIPC_ADDR_… */
  addrtype: number
  /** The type of the service, or the port. */
  v1: number
  /** The first instance, or the node. */
  v2: number
  /** The last instance, or the domain. */
  v3: number
  /** TIPC_CLUSTER_SCOPE, TIPC_NODE_SCOPE; default: 0. */
  scope?: number
}

/** An address of Qualcomm's IPC router. */
export interface QipcrtrAddress {
  family: 'qipcrtr'
  /** The node. */
  node: number
  /** The port. */
  port: number
}

/** A Bluetooth address, one member for each protocol; a device's address is such as `'00:11:22:33:44:55'`. */
export type BluetoothAddress =
  | {
      family: 'hci'
      /** The number of the adapter. */
      dev: number
      /** HCI_CHANNEL_… */
      channel: number
    }
  | {
      family: 'l2cap'
      /** The address of the device. */
      bdaddr: string
      /** The protocol/service multiplexer: the port. */
      psm: number
      /** The channel's identifier; default: 0. */
      cid?: number
      /** BDADDR_BREDR, BDADDR_LE_PUBLIC, BDADDR_LE_RANDOM; default: 0. */
      bdaddrType?: number
    }
  | {
      family: 'rfcomm'
      /** The address of the device. */
      bdaddr: string
      /** The channel, 1 to 30. */
      channel: number
    }
  | {
      family: 'sco'
      /** The address of the device. */
      bdaddr: string
    }

/** A kernel control of macOS, such as utun; default of `sysaddr`: AF_SYS_CONTROL. */
export interface SystemAddress {
  family: 'system'
  /** The number of the control. */
  id: number
  /** The number of its unit; 0: any. */
  unit: number
  /** AF_SYS_CONTROL, the default. */
  sysaddr?: number
}

/** An address of one of these families. */
export type FamilyAddress =
  | NetlinkAddress
  | PacketAddress
  | VsockAddress
  | CanAddress
  | AlgAddress
  | TipcAddress
  | QipcrtrAddress
  | BluetoothAddress
  | SystemAddress

/** As an argument: the interface may also be given by its name. */
export type AddressOfInterface = Named<PacketAddress> | Named<CanAddress>

type Named<T> = T extends unknown
  ? Omit<T, 'ifindex'> & {
      /** The index or the name of the interface. */
      ifindex: Interface
    }
  : never

type Value = number | bigint | string | Uint8Array

const bdaddr: Kind<string> = {
  read: (bytes, { offset, size }) =>
    [...bytes.subarray(offset, offset + size)]
      .reverse()
      .map(byte => byte.toString(16).toUpperCase().padStart(2, '0'))
      .join(':'),
  write(bytes, { offset }, value, name) {
    if (typeof value !== 'string' || !/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(value)) {
      throw invalidValue(name, value, "must be such as '00:11:22:33:44:55'")
    }
    bytes.set(Buffer.from(value.replaceAll(':', ''), 'hex').reverse(), offset)
  },
}

interface Property {
  name: string
  field: Field
  kind: Kind<Value>
  optional: boolean
}

/** One kind of address. `fits`: whether a sockaddr can have this size; `takes`: whether the address has its properties. */
export interface Codec {
  /** The name of the family. */
  readonly name: string
  /** Its number; undefined where the system does not have it. */
  readonly af: number | undefined
  /** Whether a sockaddr can have this size. */
  fits(size: number): boolean
  /** Whether the address has its properties. */
  takes(address: FamilyAddress): boolean
  /** The bytes of the sockaddr. */
  encode(address: FamilyAddress, sockaddr: (af: number, length: number) => Buffer): Buffer
  /** The address in a sockaddr. */
  decode(bytes: Buffer): FamilyAddress
}

const exactly = (size: number): [number, number] => [size, size]

/**
 * A row: the family's name and number, its structure, its properties (`?` after an optional one) with their fields, and the
 * minimum and maximum size of a sockaddr (default: at least the structure's). With a maximum, the minimum is the size that
 * is encoded.
 */
function family(
  name: string,
  af: number | undefined,
  structure: string,
  fields: Record<string, string | [string, Kind<Value>]>,
  [min, max]: [number, number] = [sizeOf(structure), Infinity],
): Codec {
  const properties = Object.entries(fields).map(([key, entry]): Property => {
    const [at, kind] = typeof entry === 'string' ? [entry, number] : entry
    return { name: key.replace('?', ''), field: field(`${structure}.${at}`), kind, optional: key.endsWith('?') }
  })
  return {
    name,
    af,
    fits: size => size >= min && size <= max,
    takes: address => properties.every(({ name, optional }) => optional || name in address),
    encode(address, sockaddr) {
      if (af === undefined) throw invalidValue('family', name, `is not one of ${process.platform}`)
      const bytes = sockaddr(af, max === Infinity ? sizeOf(structure) : min)
      for (const property of properties) {
        const value = (address as unknown as Record<string, unknown>)[property.name] ?? property.kind.otherwise
        if (value === undefined && property.optional) continue
        property.kind.write(bytes, property.field, value, property.name)
      }
      return bytes
    },
    decode: bytes => {
      const address: Record<string, Value> = { family: name }
      for (const property of properties) address[property.name] = property.kind.read(bytes, property.field)
      return address as unknown as FamilyAddress
    },
  }
}

/** Rows with the same name and number are adjacent; the one with most properties is first. */
const table: readonly Codec[] = [
  family('netlink', AF_NETLINK, 'sockaddr_nl', { pid: 'nl_pid', groups: 'nl_groups' }),
  family(
    'packet',
    AF_PACKET,
    'sockaddr_ll',
    {
      ifindex: ['sll_ifindex', ifindex],
      'protocol?': ['sll_protocol', networkOrder],
      'pkttype?': 'sll_pkttype',
      'hatype?': 'sll_hatype',
      'address?': ['sll_addr', counted('sockaddr_ll.sll_halen')],
    },
    [field('sockaddr_ll.sll_addr').offset, Infinity],
  ),
  family('vsock', AF_VSOCK, 'sockaddr_vm', { cid: 'svm_cid', port: 'svm_port' }),
  family(
    'can',
    AF_CAN,
    'sockaddr_can',
    {
      ifindex: ['can_ifindex', ifindex],
      name: ['can_addr.j1939.name', bigint],
      pgn: 'can_addr.j1939.pgn',
      addr: 'can_addr.j1939.addr',
    },
    [24, Infinity],
  ),
  family(
    'can',
    AF_CAN,
    'sockaddr_can',
    { ifindex: ['can_ifindex', ifindex], rxId: 'can_addr.tp.rx_id', txId: 'can_addr.tp.tx_id' },
    [16, 16],
  ),
  family('can', AF_CAN, 'sockaddr_can', { ifindex: ['can_ifindex', ifindex] }, [8, 15]),
  family('alg', AF_ALG, 'sockaddr_alg', {
    type: ['salg_type', string],
    name: ['salg_name', string],
    'feat?': 'salg_feat',
    'mask?': 'salg_mask',
  }),
  family('tipc', AF_TIPC, 'sockaddr_tipc', {
    addrtype: 'addrtype',
    v1: 'addr.nameseq.type',
    v2: 'addr.nameseq.lower',
    v3: 'addr.nameseq.upper',
    'scope?': 'scope',
  }),
  family('qipcrtr', AF_QIPCRTR, 'sockaddr_qrtr', { node: 'sq_node', port: 'sq_port' }),
  family('hci', AF_BLUETOOTH, 'sockaddr_hci', { dev: 'hci_dev', channel: 'hci_channel' }, exactly(6)),
  family('sco', AF_BLUETOOTH, 'sockaddr_sco', { bdaddr: ['sco_bdaddr', bdaddr] }, exactly(8)),
  family('rfcomm', AF_BLUETOOTH, 'sockaddr_rc', { bdaddr: ['rc_bdaddr', bdaddr], channel: 'rc_channel' }, exactly(10)),
  family(
    'l2cap',
    AF_BLUETOOTH,
    'sockaddr_l2',
    { bdaddr: ['l2_bdaddr', bdaddr], psm: 'l2_psm', 'cid?': 'l2_cid', 'bdaddrType?': 'l2_bdaddr_type' },
    exactly(14),
  ),
  family('system', AF_SYSTEM, 'sockaddr_ctl', {
    id: 'sc_id',
    unit: 'sc_unit',
    'sysaddr?': ['ss_sysaddr', optional(number, AF_SYS_CONTROL ?? 0)],
  }),
]

/** The codec of each family other than IPv4, IPv6 and Unix. */
export const families = (): readonly Codec[] => table
