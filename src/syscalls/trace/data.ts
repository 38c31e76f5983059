// Bytes, addresses and messages among the arguments of system calls as text, in the form of strace(1).
import { types } from 'node:util'
import { inet_ntop } from '../inet.js'
import { dataView, field, littleEndian, read, sizeOf } from '../layout.js'
import { AF_INET, AF_INET6, native } from '../native.js'
import { flagged, named } from './names.js'

/** A call that has returned. */
export interface Returned {
  /** Of the addon's function. */
  readonly name: string
  readonly values: readonly unknown[]
  /** Or −errno. */
  readonly result: number
  /** How many bytes of a buffer are shown. */
  readonly bytes: number
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' }

/** The first bytes as a string of C. */
export function quoted(bytes: Uint8Array, most: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, most)).toString('latin1')
  const inner = text.replace(/[^ -~]|["\\]/g, (byte, at: number) => {
    const octal = byte.charCodeAt(0).toString(8)
    return escapes[byte] ?? `\\${/[0-7]/.test(text[at + 1] ?? '') ? octal.padStart(3, '0') : octal}`
  })
  return `"${inner}"${bytes.length > most ? '...' : ''}`
}

// The first `length` bytes of a view.
export const bytesOf = (value: unknown, length = Infinity): Uint8Array => {
  const { buffer, byteOffset, byteLength } = value as ArrayBufferView
  return new Uint8Array(buffer, byteOffset, Math.max(0, Math.min(byteLength, length)))
}

export const isView = (value: unknown): value is ArrayBufferView => ArrayBuffer.isView(value)
export const sizeOfView = (value: unknown): number => (isView(value) ? value.byteLength : 0)
export const integer = (value: unknown): string => `${Number(value)}`
export const orNull = (value: unknown, decode: (view: ArrayBufferView) => string): string =>
  isView(value) ? decode(value) : 'NULL'
export const list = <T>(items: readonly T[], decode: (item: T, i: number) => string): string =>
  `[${items.map(decode).join(', ')}]`

const familyField = field('sockaddr.sa_family')
const pathOffset = field('sockaddr_un.sun_path').offset

/** A sockaddr: `127.0.0.1:80`, `[::1]:80`, `/path`, `@abstract`, `unnamed`. */
export function addressOf(bytes: Uint8Array): string {
  if (bytes.length < familyField.offset + familyField.size) return 'unnamed'
  const family = read(dataView(bytes), familyField)
  const name = named('AF_', family)
  const { offset } = field(family === AF_INET ? 'sockaddr_in.sin_addr' : 'sockaddr_in6.sin6_addr')
  const port = bytes.length < 4 ? 0 : dataView(bytes).getUint16(2)
  if (family === AF_INET && bytes.length >= offset + 4) {
    return `${inet_ntop(AF_INET, bytes.subarray(offset, offset + 4))}:${port}`
  }
  if (family === AF_INET6 && bytes.length >= offset + 16) {
    const host = inet_ntop(AF_INET6, bytes.subarray(offset, offset + 16))
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(host)?.[1]
    return mapped === undefined ? `[${host}]:${port}` : `${mapped}:${port}` // RFC 4291, 2.5.5.2
  }
  if (name === 'AF_UNIX') {
    const path = Buffer.from(bytes.subarray(pathOffset)).toString('latin1')
    if (path === '') return 'unnamed'
    return path.startsWith('\0') ? `@${path.slice(1)}` : path.replace(/\0.*$/s, '')
  }
  if (name === 'AF_NETLINK') return `netlink:${read(dataView(bytes), field('sockaddr_nl.nl_pid'))}`
  return name
}

export const givenAddress = (value: unknown): string => orNull(value, view => addressOf(bytesOf(view)))

// The address that a call has returned, and the length that it has, which may be more than there was room for.
export function returnedAddress({ result }: Returned, address: unknown, length: unknown): string[] {
  if (!isView(address)) return ['NULL', 'NULL']
  const size = types.isUint32Array(length) ? length[0]! : address.byteLength
  const told = size === address.byteLength ? `[${size}]` : `[${address.byteLength} => ${size}]`
  return result < 0 ? ['0x0', `[${address.byteLength}]`] : [addressOf(bytesOf(address, size)), told]
}

export const received = ({ result, bytes }: Returned, view: unknown): string => quoted(bytesOf(view, result), bytes)
export const sent = ({ bytes }: Returned, view: unknown): string => quoted(bytesOf(view), bytes)

// Buffers: `[{iov_base="abc", iov_len=3}]`; of those that were received into, the first `length` bytes.
export function vector(views: unknown, most: number, length = Infinity): string {
  let left = length
  return list(views as readonly ArrayBufferView[], view => {
    const text = quoted(bytesOf(view, left), most)
    left = Math.max(0, left - view.byteLength)
    return `{iov_base=${text}, iov_len=${view.byteLength}}`
  })
}

function controls(bytes: Uint8Array, most: number): string {
  const [length, level, type] = ['len', 'level', 'type'].map(name => field(`cmsghdr.cmsg_${name}`))
  const header = sizeOf('cmsghdr')
  const align = length!.size // of macOS 4, of Linux that of size_t
  const texts: string[] = []
  for (let at = 0; at + header <= bytes.length;) {
    const view = dataView(bytes.subarray(at))
    const size = read(view, length!)
    if (size < header) break
    const data = bytes.subarray(at + header, Math.min(at + size, bytes.length))
    const isSocket = read(view, level!) === native.constant('SOL_SOCKET')
    const name = isSocket ? named('SCM_', read(view, type!)) : integer(read(view, type!))
    const text =
      name === 'SCM_RIGHTS' ? list([...new Int32Array(Uint8Array.from(data).buffer)], integer) : quoted(data, most)
    texts.push(
      `{cmsg_len=${size}, cmsg_level=${named('SOL_', read(view, level!))}, cmsg_type=${name}, cmsg_data=${text}}`,
    )
    at += Math.ceil(size / align) * align
  }
  return `[${texts.join(', ')}]`
}

// A msghdr; of a received one the numbers that came with it.
export function message(
  { bytes, result }: Returned,
  [iov, name, control]: readonly unknown[],
  numbers: unknown,
): string {
  const came = isView(numbers) ? bytesOf(numbers) : undefined
  const number = (i: number): number => (came === undefined ? 0 : dataView(came).getUint32(4 * i, littleEndian))
  const receives = came !== undefined && result >= 0
  const [nameSize, controlSize] = receives ? [number(0), number(1)] : [sizeOfView(name), sizeOfView(control)]
  const given = [
    `msg_name=${orNull(name, view => addressOf(bytesOf(view, nameSize)))}, msg_namelen=${nameSize}`,
    `msg_iov=${vector(iov, bytes, receives ? result : Infinity)}, msg_iovlen=${(iov as unknown[]).length}`,
    ...(isView(control) && controlSize > 0 ? [`msg_control=${controls(bytesOf(control, controlSize), bytes)}`] : []),
    `msg_controllen=${controlSize}, msg_flags=${receives ? flagged('MSG_', number(2)) : 0}`,
  ]
  return `{${given.join(', ')}}`
}

// A batch: each message has a slot of equal size in the data. native/addon/calls.h
export function batch({ bytes, result }: Returned, [results, data, names]: readonly unknown[], count: number): string {
  const lengths = results as Uint32Array
  const slots = lengths.length / 4
  const size = sizeOfView(data) / slots
  const nameSize = sizeOfView(names) / slots
  return list(Array.from({ length: Math.max(0, Math.min(result, count)) }), (_, i) => {
    const length = lengths[4 * i]!
    const text = quoted(bytesOf(data).subarray(i * size, i * size + length), bytes)
    const nameLength = Math.min(lengths[4 * i + 1]!, nameSize)
    const name = isView(names) ? addressOf(bytesOf(names).subarray(i * nameSize, i * nameSize + nameLength)) : 'NULL'
    return `{msg_hdr={msg_name=${name}, msg_iov=[{iov_base=${text}, iov_len=${size}}], msg_iovlen=1}, msg_len=${length}}`
  })
}
