// Lookups of names and addresses, by the C library. They block, as in C: a slow name server blocks the thread.
import { hostname } from 'node:os'
import { domainToASCII } from 'node:url'
import { addressRoom, decodeAddress, encodeAddress } from '../structs/address.js'
import type { AddressFamily, AddressLike, InetAddress, SocketAddress } from '../structs/address.js'
import { EAI_SYSTEM } from '../constants.js'
import { checkInteger, invalidType, invalidValue } from '../checks.js'
import { GaiError, socketError } from '../errors.js'
import { check } from '../syscalls/result.js'
import { dataView, littleEndian } from '../syscalls/layout.js'
import { call, native as addon } from '../syscalls/native.js'
import type { View } from '../syscalls/native.js'
import * as sys from '../syscalls/index.js'

const native = {
  getaddrinfo:
    call<
      (
        status: Int32Array,
        node: string | null,
        service: string | null,
        hints: Int32Array,
        results: View,
        canonname: View | null,
      ) => number
    >('getaddrinfo'),
  getnameinfo:
    call<(status: Int32Array, address: View, flags: number, host: View, service: View) => number>('getnameinfo'),
  sethostname: call<(name: string) => number>('sethostname'),
}

let eaiNames: Map<number, string> | undefined // by code; made by the first error

function eaiName(code: number): string | undefined {
  eaiNames ??= new Map(
    Object.entries(addon.constants())
      .filter(([name]) => name.startsWith('EAI_'))
      .map(([name, value]) => [value, name]),
  )
  return eaiNames.get(code)
}

/** The error for an EAI_ code; EAI_SYSTEM has an errno too. gai_strerror(3) */
export function resolverError(
  [code = 0, errno = 0]: ArrayLike<number> & Iterable<number>,
  syscall: string,
  name?: string,
): Error {
  if (code === EAI_SYSTEM && errno !== 0) return socketError(errno, syscall)
  return new GaiError(eaiName(code) ?? `EAI ${code}`, code, syscall, name)
}

/** The size of a struct AddressInfo. */
const resultSize = 16 + addressRoom // in calls.h

/** The bytes of `count` structs AddressInfo. */
export const sizeOfResults = (count: number): number => count * resultSize
const maxName = 1025 // NI_MAXHOST

/** The hints of getaddrinfo; 0: any. getaddrinfo(3) */
export interface AddressInfoHints {
  /** AF_INET, AF_INET6, or 0 for any; default: 0. */
  family?: number
  /** SOCK_STREAM, SOCK_DGRAM, or 0 for any; default: 0. */
  type?: number
  /** The protocol's number, or 0 for any; default: 0. */
  protocol?: number
  /** AI_PASSIVE, AI_NUMERICHOST, AI_CANONNAME and the like. */
  flags?: number
}

/** One way to reach a host: the arguments of `new Socket`, and the address to connect or bind to. getaddrinfo(3) */
export interface AddressInfo<Address extends SocketAddress = InetAddress> {
  /** The address family: AF_INET, AF_INET6. */
  family: AddressFamily<Address>
  /** The type of the socket: SOCK_STREAM, SOCK_DGRAM. */
  type: number
  /** The protocol's number. */
  protocol: number
  /** The canonical name, in the first result with AI_CANONNAME; otherwise empty. */
  canonname: string
  /** The address to connect or bind to. */
  address: Address
}

const textOf = (bytes: Buffer): string => bytes.toString('utf8', 0, Math.max(0, bytes.indexOf(0)))

/** Checks that a string has no NUL, so that C reads all of it. */
function checkText(name: string, text: unknown): string {
  if (typeof text !== 'string') throw invalidType(name, text, 'of type string')
  if (text.includes('\0')) throw invalidValue(name, text, 'must have no NUL')
  return text
}

/** A host's name in the form of name servers. RFC 3492 */
export function hostName(name: string, host: unknown): string {
  const text = checkText(name, host)
  return /[^\0-\x7f]/.test(text) ? domainToASCII(text) || text : text
}

/** The arguments of the C library: host and service as strings, and the encoded hints. */
export function question(
  host: string | null,
  service: string | number | null,
  given: AddressInfoHints | null,
): [node: string | null, service: string | null, hints: Int32Array] {
  const { family = 0, type = 0, protocol = 0, flags = 0 } = given ?? {}
  const node = host === null ? null : hostName('host', host)
  if (service !== null && typeof service !== 'string' && typeof service !== 'number')
    throw invalidType('service', service, 'of type string or number, or null')
  // The C library would read 65616 as 80.
  if (typeof service === 'number' || (service !== null && /^\d+$/.test(service)))
    checkInteger('service', Number(service), 0, 65535)
  const hints = new Int32Array([
    checkInteger('flags', flags, -(2 ** 31), 2 ** 31 - 1),
    checkInteger('family', family, 0, 65535),
    checkInteger('type', type, 0, 2 ** 31 - 1),
    checkInteger('protocol', protocol, 0, 2 ** 31 - 1),
  ])
  return [node, service === null ? null : checkText('service', String(service)), hints]
}

/** Decodes an answer of `count` structs AddressInfo. */
export function answer(results: Buffer, count: number, canonname: string): AddressInfo[] {
  return Array.from({ length: count }, (_, i) => {
    const result = results.subarray(i * resultSize, (i + 1) * resultSize)
    const view = dataView(result)
    return {
      family: view.getInt32(0, littleEndian),
      type: view.getInt32(4, littleEndian),
      protocol: view.getInt32(8, littleEndian),
      canonname: i === 0 ? canonname : '',
      address: decodeAddress(result.subarray(16), view.getUint32(12, littleEndian)) as InetAddress,
    }
  })
}

/**
 * Looks up the addresses of a host and a service, both given by name or number. The host null is the any-address with
 * AI_PASSIVE, otherwise the loopback address. getaddrinfo(3)
 *
 * @throws GaiError
 */
export function getaddrinfo(
  host: string | null,
  service: string | number | null,
  hints: AddressInfoHints = {},
): AddressInfo[] {
  const asked = question(host, service, hints)
  const status = new Int32Array(2)
  const canonname = Buffer.alloc(maxName)
  let results = Buffer.alloc(sizeOfResults(16))
  for (;;) {
    const count = native.getaddrinfo(status, ...asked, results, canonname)
    if (count < 0) throw resolverError(status, 'getaddrinfo', host ?? undefined)
    if (sizeOfResults(count) <= results.length) return answer(results, count, textOf(canonname))
    results = Buffer.alloc(sizeOfResults(count))
  }
}

/**
 * Looks up the names of an address's host and service; NI_NUMERICHOST and NI_NUMERICSERV give the numbers. getnameinfo(3)
 *
 * @throws GaiError
 */
export function getnameinfo(address: AddressLike, flags = 0): [host: string, service: string] {
  const status = new Int32Array(2)
  const host = Buffer.alloc(maxName)
  const service = Buffer.alloc(32) // NI_MAXSERV
  if (native.getnameinfo(status, encodeAddress(address), flags, host, service) < 0)
    throw resolverError(status, 'getnameinfo')
  return [textOf(host), textOf(service)]
}

/** This machine's name. gethostname(2) */
export const gethostname = (): string => hostname()

/**
 * Sets this machine's name, which requires a privilege. sethostname(2)
 *
 * @throws PermissionError without CAP_SYS_ADMIN; SocketError EINVAL for a name that is too long; TypeError for a wrong
 *   argument
 */
export function sethostname(name: string): void {
  check(native.sethostname(name), 'sethostname')
}

/**
 * The index of a network interface. if_nametoindex(3)
 *
 * @throws SocketError ENODEV if there is no such interface (macOS: ENXIO); TypeError for a wrong argument
 */
export const if_nametoindex = (name: string): number => check(sys.if_nametoindex(name), 'if_nametoindex')

/**
 * The name of a network interface. if_indextoname(3)
 *
 * @throws SocketError ENXIO if there is no such interface; TypeError or RangeError for a wrong argument
 */
export function if_indextoname(index: number): string {
  const name = sys.if_indextoname(index)
  if (typeof name === 'number') throw socketError(name, 'if_indextoname')
  return name
}

/**
 * The network interfaces: an index and a name each. if_nameindex(3)
 *
 * @throws SocketError ENOBUFS if there is no memory for the list, EMFILE if no descriptor is left
 */
export function if_nameindex(): [index: number, name: string][] {
  const list = sys.if_nameindex()
  if (typeof list === 'number') throw socketError(list, 'if_nameindex')
  return list
}
