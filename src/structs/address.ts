// Socket addresses: one union type, and how its members are encoded to and decoded from the bytes of a sockaddr.
import { isUtf8 } from 'node:buffer'
import { toUSVString, types } from 'node:util'
import { families } from './families.js'
import type {
  AddressOfInterface,
  AlgAddress,
  BluetoothAddress,
  CanAddress,
  FamilyAddress,
  NetlinkAddress,
  PacketAddress,
  QipcrtrAddress,
  SystemAddress,
  TipcAddress,
  VsockAddress,
} from './families.js'
import { AF_INET, AF_INET6, AF_UNIX } from '../constants.js'
import { lengthOf, viewed } from '../data.js'
import { checkInteger, invalidType, invalidValue } from '../checks.js'
import { inet_ntop, inet_pton } from '../syscalls/inet.js'
import { dataView, field, read, sizeOf, write } from '../syscalls/layout.js'
import { indexOfName, interfaceIndex } from './interface.js'
import type { Interface } from './interface.js'
import type { View } from '../syscalls/native.js'

/** An IPv4 address and port, in the shape of Node's. ip(7) */
export interface IPv4Address {
  family: 'IPv4'
  /** The numeric address: `'127.0.0.1'`. */
  address: string
  /** The port, 0 to 65,535. */
  port: number
}

/** An IPv6 address and port; the flow label and the scope (an interface's index) if they are not 0. ipv6(7) */
export interface IPv6Address {
  family: 'IPv6'
  /** The numeric address: `'::1'`. */
  address: string
  /** The port, 0 to 65,535. */
  port: number
  /** The flow label, 20 bits; default: 0. RFC 6437 */
  flowlabel?: number
  /** The index of the interface of a link-local address; default: 0. */
  scopeid?: number
}

/** A Unix socket's address: a path, an abstract name (Linux), or neither: unnamed. Bytes if it is not UTF-8. unix(7) */
export type UnixAddress =
  | {
      family: 'unix'
      /** The path of the socket's file. */
      path: string | Uint8Array
    }
  | {
      family: 'unix'
      /** The abstract name, without the NUL before it. Linux */
      abstract: string | Uint8Array
    }
  | { family: 'unix' }

/** An address of any other family: its number and the bytes that follow it in the sockaddr. */
export interface RawAddress {
  family: 'raw'
  /** The number of the address family. */
  af: number
  /** The bytes after it. */
  data: Uint8Array
}

/** The address of an IPv4 or an IPv6 socket. */
export type InetAddress = IPv4Address | IPv6Address

/** The address of a socket, of any family. */
export type SocketAddress = IPv4Address | IPv6Address | UnixAddress | FamilyAddress | RawAddress

declare const addresses: unique symbol

// For the compiler alone: it infers `Address` from a value of this type. The condition is always true, so any two of these types
// are the same: a list may hold several families, and a variable that began as AF_INET may become AF_UNIX.
interface FamilyOf<Address extends SocketAddress> {
  readonly [addresses]?: Address extends SocketAddress ? unknown : never
}

/** A family's number; `new Socket(AF_UNIX)` has the type Socket<UnixAddress> by it. Any number will do. */
export type AddressFamily<Address extends SocketAddress = SocketAddress> = number & FamilyOf<Address>

/** The families whose addresses are known by their constants. */
export interface AddressFamilies {
  /** The kernel's cryptography. Linux */
  readonly AF_ALG: AddressFamily<AlgAddress> | undefined
  /** Bluetooth. Linux */
  readonly AF_BLUETOOTH: AddressFamily<BluetoothAddress> | undefined
  /** Controller area networks. Linux */
  readonly AF_CAN: AddressFamily<CanAddress> | undefined
  /** IPv4. ip(7) */
  readonly AF_INET: AddressFamily<InetAddress>
  /** IPv6. ipv6(7) */
  readonly AF_INET6: AddressFamily<InetAddress>
  /** The same as AF_UNIX. */
  readonly AF_LOCAL: AddressFamily<UnixAddress>
  /** The kernel itself. Linux, netlink(7) */
  readonly AF_NETLINK: AddressFamily<NetlinkAddress> | undefined
  /** Network interfaces. Linux, packet(7) */
  readonly AF_PACKET: AddressFamily<PacketAddress> | undefined
  /** Qualcomm's IPC router. Linux */
  readonly AF_QIPCRTR: AddressFamily<QipcrtrAddress> | undefined
  /** Kernel controls. macOS */
  readonly AF_SYSTEM: AddressFamily<SystemAddress> | undefined
  /** TIPC. Linux */
  readonly AF_TIPC: AddressFamily<TipcAddress> | undefined
  /** Processes of this machine. unix(7) */
  readonly AF_UNIX: AddressFamily<UnixAddress>
  /** A virtual machine and its host. Linux, vsock(7) */
  readonly AF_VSOCK: AddressFamily<VsockAddress>
}

/**
 * A numeric host and a port. The host is called `address`, as in the addresses of Node's sockets, or `host`, as in their
 * options. The family may be Node's name or number (`'IPv4'`, 4) or C's (AF_INET); the host must belong to it.
 */
export type HostAddress = {
  /** The port, 0 to 65,535. */
  port: number
  /** `'IPv4'`, 4 or AF_INET; `'IPv6'`, 6 or AF_INET6; default: that of the host. */
  family?: string | number | undefined
} & (
  | {
      /** The numeric host. */
      address: string
    }
  | {
      /** The numeric host. */
      host: string
    }
)

/** As HostAddress, with the scope of an IPv6 address: an interface's index or name. `'fe80::1%eth0'` has it too. RFC 4007 */
export type ScopedAddress = HostAddress & {
  /** The index or the name of the interface. */
  scopeid: Interface
}

/**
 * An address as an argument: a SocketAddress; a numeric host and a port, in an object or, as in Python, in a pair; or for
 * Unix sockets only a path (with a NUL before it: an abstract name). An interface (`ifindex`, `scopeid`) may be given by its name. The host `''` is the any-address, `'<broadcast>'` is
 * 255.255.255.255. Names are not resolved.
 */
export type AddressLike =
  | SocketAddress
  | HostAddress
  | ScopedAddress
  | AddressOfInterface
  | readonly [host: string, port: number]
  | string
  | Uint8Array

const saFamily = field('sockaddr.sa_family')
const portField = field('sockaddr_in.sin_port')
const addrField = field('sockaddr_in.sin_addr')
const port6Field = field('sockaddr_in6.sin6_port')
const flowinfoField = field('sockaddr_in6.sin6_flowinfo')
const addr6Field = field('sockaddr_in6.sin6_addr')
const scopeField = field('sockaddr_in6.sin6_scope_id')
const pathField = field('sockaddr_un.sun_path')

/** The size of a buffer for an address of any family, in bytes. */
export const addressRoom = sizeOf('sockaddr_storage')

function sockaddr(af: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  write(dataView(bytes), saFamily, af)
  if (saFamily.offset === 1) bytes[0] = length // BSD's sa_len
  return bytes
}

// The latest host and its address: many datagrams go to the same one.
let latest: { readonly host: string; readonly bytes: Buffer } | undefined

function encodeIPv4(host: string, port: number): Buffer {
  if (latest?.host !== host) {
    const bytes = sockaddr(AF_INET, sizeOf('sockaddr_in'))
    bytes.set(numeric(AF_INET, host), addrField.offset)
    latest = { host, bytes }
  }
  const bytes = Buffer.allocUnsafe(latest.bytes.length)
  bytes.set(latest.bytes)
  bytes.writeUInt16BE(port, portField.offset)
  return bytes
}

interface Scope {
  flowlabel?: number
  scopeid?: Interface
}

function encodeHost(host: string, port: number, family: number, address: Scope): Buffer {
  if (typeof host !== 'string') throw invalidType('address', host, 'of type string')
  checkInteger('port', port, 0, 65535)
  if (host === '') host = family === AF_INET6 ? '::' : '0.0.0.0'
  else if (host === '<broadcast>') host = '255.255.255.255'
  if (!host.includes(':')) return encodeIPv4(host, port)
  const [numericHost = '', zone] = host.split(/%(.*)/s, 2)
  const bytes = sockaddr(AF_INET6, sizeOf('sockaddr_in6'))
  bytes.set(numeric(AF_INET6, numericHost), addr6Field.offset)
  bytes.writeUInt16BE(port, port6Field.offset)
  bytes.writeUInt32BE(checkInteger('flowlabel', address.flowlabel ?? 0, 0, 0xfffff), flowinfoField.offset)
  const scopeid = zone === undefined ? (address.scopeid ?? 0) : scopeOf(host, zone)
  write(dataView(bytes), scopeField, interfaceIndex('scopeid', scopeid, 0xffffffff))
  return bytes
}

function numeric(family: number, host: string): Buffer {
  try {
    return inet_pton(family, host)
  } catch {
    throw invalidValue('address', host, 'must be a numeric IP address (getaddrinfo finds that of a name)')
  }
}

// RFC 4007, section 11.2: the zone after the % is an interface's name or its index.
function scopeOf(host: string, zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone)
  const index = indexOfName(zone)
  if (index === 0) throw invalidValue('address', host, 'must have a network interface behind its %')
  return index
}

const pathBytes = (name: unknown, kind: string): Buffer => {
  if (types.isUint8Array(name)) return Buffer.copyBytesFrom(name) // Buffer.from throws on Bun and Deno if the memory is detached
  if (typeof name !== 'string') throw invalidType(kind, name, 'of type string or an instance of Uint8Array')
  if (toUSVString(name) !== name) throw invalidValue(kind, name, 'must not have half a surrogate pair')
  return Buffer.from(name)
}

function encodeUnix(name: string | Uint8Array, kind: 'path' | 'abstract'): Buffer {
  const bytes = pathBytes(name, kind)
  const room = pathField.size - 1 // without the NUL before an abstract name or after a path
  if (bytes.length > room) throw invalidValue(kind, name, `must have at most ${room} bytes`)
  if (kind === 'abstract' && process.platform !== 'linux') throw invalidValue(kind, name, 'is known to Linux alone')
  if (kind === 'abstract') return Buffer.concat([sockaddr(AF_UNIX, pathField.offset + 1), bytes])
  if (bytes.length === 0 || bytes.includes(0)) throw invalidValue(kind, name, 'must have at least one byte and no NUL')
  const address = sockaddr(AF_UNIX, pathField.offset + bytes.length + 1)
  address.set(bytes, pathField.offset)
  return address
}

const encodePath = (name: string | Uint8Array): Buffer =>
  (typeof name === 'string' ? name.charCodeAt(0) : name[0]) === 0
    ? encodeUnix(name.slice(1), 'abstract')
    : encodeUnix(name, 'path')

/** The number of an INET family, given in the form of Node or of C; undefined if it is neither. */
export function inetFamily(family: unknown): number | undefined {
  if (typeof family === 'string') family = family.toLowerCase()
  if (family === 'ipv4' || family === 4 || family === AF_INET) return AF_INET
  return family === 'ipv6' || family === 6 || family === AF_INET6 ? AF_INET6 : undefined
}

function encodeHostAddress(given: HostAddress, family: number): Buffer {
  const host = 'address' in given ? given.address : given.host
  const own = inetFamily(given.family)
  if (own !== undefined && host !== '' && typeof host === 'string' && host.includes(':') !== (own === AF_INET6))
    throw invalidValue('address', host, `must be an ${own === AF_INET6 ? 'IPv6' : 'IPv4'} address`)
  return encodeHost(host, given.port, own ?? family, given as HostAddress & Scope)
}

const onIp = 'must have a host and a port, such as ["127.0.0.1", 80]: a text is the path of a Unix socket'

/**
 * The bytes of an address, a sockaddr. `family` is the socket's: it decides which any-address `''` is (default: IPv4), and
 * an INET socket accepts no path. inet_pton(3), if_nametoindex(3)
 *
 * @throws TypeError or RangeError that names the property; SocketError ENODEV for an interface's name that none has
 */
export function encodeAddress(address: AddressLike, family?: number): Buffer {
  if (family !== undefined) checkInteger('family', family, 0, 65535)
  const inet = family ?? AF_INET
  if (typeof address === 'string' || types.isUint8Array(address)) {
    if (family === AF_INET || family === AF_INET6) throw invalidValue('address', address, onIp)
    return encodePath(address)
  }
  if (Array.isArray(address)) return encodeHost(address[0] as string, address[1] as number, inet, {})
  if (typeof address !== 'object' || address === null) throw invalidType('address', address, 'an address')
  const given = address as Exclude<SocketAddress, FamilyAddress | IPv4Address | IPv6Address>
  if (given.family === undefined || inetFamily(given.family) !== undefined)
    return encodeHostAddress(address as HostAddress, inet)
  switch (given.family) {
    case 'unix':
      if ('path' in given) return encodeUnix(given.path, 'path')
      return 'abstract' in given ? encodeUnix(given.abstract, 'abstract') : sockaddr(AF_UNIX, pathField.offset)
    case 'raw': {
      if (!types.isUint8Array(given.data)) throw invalidType('data', given.data, 'an instance of Uint8Array')
      checkInteger('af', given.af, 0, 2 ** (8 * saFamily.size) - 1)
      const data = viewed('data', given.data)
      const head = sockaddr(given.af, saFamily.offset + saFamily.size)
      const room = addressRoom - head.length
      if (data.length > room) throw invalidValue('data', given.data, `must have at most ${room} bytes`)
      const bytes = Buffer.concat([head, data])
      if (saFamily.offset === 1) bytes[0] = bytes.length
      return bytes
    }
    default: {
      const other = address as FamilyAddress
      const codecs = families().filter(({ name }) => name === other.family)
      const codec = codecs.find(codec => codec.takes(other)) ?? codecs[0]
      if (codec === undefined) throw invalidValue('family', other.family, 'must be one that is known')
      return codec.encode(other, sockaddr)
    }
  }
}

/** The number of an encoded address's family. */
export const familyOf = (bytes: Buffer): number =>
  saFamily.size === 1 ? bytes[saFamily.offset]! : read(dataView(bytes), saFamily)

const text = (bytes: Buffer): string | Buffer => (isUtf8(bytes) ? bytes.toString() : Buffer.from(bytes))

function decodeUnix(bytes: Buffer): UnixAddress {
  const name = bytes.subarray(pathField.offset)
  if (name[0] === 0 && process.platform === 'linux') return { family: 'unix', abstract: text(name.subarray(1)) }
  const end = name.indexOf(0)
  const path = end < 0 ? name : name.subarray(0, end)
  return path.length === 0 ? { family: 'unix' } : { family: 'unix', path: text(path) }
}

function decodeIPv6(bytes: Buffer): IPv6Address {
  const address: IPv6Address = {
    family: 'IPv6',
    address: inet_ntop(AF_INET6, bytes.subarray(addr6Field.offset, addr6Field.offset + 16)),
    port: bytes.readUInt16BE(port6Field.offset),
  }
  const flowlabel = bytes.readUInt32BE(flowinfoField.offset) & 0xfffff
  const scopeid = read(dataView(bytes), scopeField)
  if (flowlabel !== 0) address.flowlabel = flowlabel
  if (scopeid !== 0) address.scopeid = scopeid
  return address
}

/**
 * The address in the first `length` bytes of a sockaddr (default: all). An address that is too short for its family, or
 * of an unknown family, is a raw address. Nothing outside these bytes is read. inet_ntop(3)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export function decodeAddress(view: View, length?: number): SocketAddress {
  if (!ArrayBuffer.isView(view)) throw invalidType('view', view, 'an ArrayBufferView')
  const room = lengthOf(view) // 0 if the memory is detached
  const size = Math.min(checkInteger('length', length ?? room, 0, 2 ** 32 - 1), room)
  const bytes = size === 0 ? Buffer.alloc(0) : Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, size)
  const head = saFamily.offset + saFamily.size
  if (size < head) return { family: 'raw', af: 0, data: Buffer.from(bytes) }
  const af = familyOf(bytes)
  if (af === AF_INET && size >= sizeOf('sockaddr_in')) {
    const at = addrField.offset
    const host = `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
    return { family: 'IPv4', address: host, port: bytes.readUInt16BE(portField.offset) }
  }
  if (af === AF_INET6 && size >= sizeOf('sockaddr_in6')) return decodeIPv6(bytes)
  if (af === AF_UNIX) return decodeUnix(bytes)
  for (const codec of families()) {
    if (codec.af === af && codec.fits(size)) return codec.decode(bytes)
  }
  return { family: 'raw', af, data: Buffer.from(bytes.subarray(head)) }
}

/**
 * The sender's address of bytes received over a socket of `family`; null if there is none, as on a TCP connection. For a
 * Unix socket without a name the kernel returns no bytes, or only the family. recvfrom(2)
 */
export function senderAddress(view: View, length: number, family: number): SocketAddress | null {
  if (length > 0) return decodeAddress(view, length)
  return family === AF_UNIX ? { family: 'unix' } : null
}
