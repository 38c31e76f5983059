// How the data of each kind of control message are read and written. A reader returns undefined if the data are too short.
// Readers never throw: whatever a peer sends, the message must be received.
import { decodeAddress } from '../structs/address.js'
import type { SocketAddress } from '../structs/address.js'
import { AF_INET, AF_INET6, AF_UNSPEC, F_SETFD, FD_CLOEXEC, MSG_CMSG_CLOEXEC } from '../constants.js'
import { SO_EE_CODE_ZEROCOPY_COPIED, SO_EE_ORIGIN_ZEROCOPY } from '../constants.js'
import type { Credentials, ErrorReport, PacketInfo, Timestamping, ZerocopyReport } from './meaning.js'
import { fdOf } from '../descriptors/descriptor.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { checkInteger, invalidType, invalidValue } from '../checks.js'
import { errnoName } from '../errors.js'
import { inet_ntop, inet_pton } from '../syscalls/inet.js'
import { dataView, field, read, sizeOf, write } from '../syscalls/layout.js'
import type { Field } from '../syscalls/layout.js'
import { OwnedFd } from '../descriptors/owned-fd.js'
import { fcntl } from '../syscalls/index.js'

const byte: Field = { offset: 0, size: 1, signed: false }
const short: Field = { offset: 0, size: 2, signed: false }
const int: Field = { offset: 0, size: 4, signed: true }
const unsigned: Field = { offset: 0, size: 4, signed: false }
const long: Field = { offset: 0, size: 8, signed: false }

function written(size: number, ...values: (readonly [Field, number | bigint])[]): Buffer {
  const bytes = Buffer.alloc(size)
  for (const [field, value] of values) write(dataView(bytes), field, value)
  return bytes
}

/** Some messages are a byte on one system and an int on the other. */
export const readNumber = (data: Buffer): number | undefined =>
  data.length === 0 ? undefined : read(dataView(data), data.length < int.size ? byte : int)

export const readUnsigned = (data: Buffer): number | undefined =>
  data.length < unsigned.size ? undefined : read(dataView(data), unsigned)

export const writeTtl = (value: number): Buffer => written(int.size, [int, checkInteger('ttl', value, -1, 255)])

export const writeTos = (value: number): Buffer => written(int.size, [int, checkInteger('tos', value, -1, 255)])

export const writeSegmentSize = (value: number): Buffer =>
  written(short.size, [short, checkInteger('segmentSize', value, 1, 65535)])

export function writeTxTime(value: bigint): Buffer {
  if (typeof value !== 'bigint') throw invalidType('txTime', value, 'of type bigint')
  return written(long.size, [long, BigInt.asUintN(64, value)])
}

/** The label ends with a NUL, or does not. */
export const readText = (data: Buffer): string =>
  data.toString('utf8', 0, data.at(-1) === 0 ? data.length - 1 : data.length)

export const readAddress = (data: Buffer): SocketAddress => decodeAddress(data)

function adopt(fd: number): OwnedFd {
  if (MSG_CMSG_CLOEXEC === undefined) fcntl(fd, F_SETFD, FD_CLOEXEC) // this kernel could not do it at once
  return new OwnedFd(fd)
}

/** As many as are there whole: a message that was cut short still installed them. */
export const readFds = (data: Buffer): OwnedFd[] =>
  Array.from({ length: Math.floor(data.length / int.size) }, (_, i) => data.subarray(i * int.size))
    .map(fd => read(dataView(fd), int))
    .filter(fd => fd >= 0)
    .map(adopt)

export function writeFds(fds: readonly Descriptor[]): Int32Array {
  if (!Array.isArray(fds)) throw invalidType('fds', fds, 'an array')
  return Int32Array.from(fds as readonly Descriptor[], descriptor => fdOf(descriptor, 'sendmsg'))
}

/** Negative, it is the errno for which the kernel has none. */
export const readPidFd = (data: Buffer): OwnedFd | undefined => readFds(data.subarray(0, int.size))[0]

const ucred = sizeOf('ucred')
const pid = field('ucred.pid')
const uid = field('ucred.uid')
const gid = field('ucred.gid')

export function readCredentials(data: Buffer): Credentials | undefined {
  if (data.length < ucred) return undefined
  const view = dataView(data)
  return { pid: read(view, pid), uid: read(view, uid), gid: read(view, gid) }
}

export function writeCredentials(value: Credentials): Buffer {
  if (typeof value !== 'object' || value === null) throw invalidType('credentials', value, 'of type object')
  return written(
    ucred,
    [pid, checkInteger('credentials.pid', value.pid, 0, 2 ** 31 - 1)],
    [uid, checkInteger('credentials.uid', value.uid, 0, 2 ** 32 - 1)],
    [gid, checkInteger('credentials.gid', value.gid, 0, 2 ** 32 - 1)],
  )
}

const bytesAt = (data: Buffer, { offset, size }: Field): Buffer => data.subarray(offset, offset + size)

function addressBytes(family: number, text: string): Buffer {
  if (typeof text !== 'string') throw invalidType('packetInfo.address', text, 'of type string')
  try {
    return inet_pton(family, text)
  } catch {
    throw invalidValue('packetInfo.address', text, 'must be a numeric IP address')
  }
}

function ifindexOf(info: PacketInfo): number {
  if (typeof info !== 'object' || info === null) throw invalidType('packetInfo', info, 'of type object')
  return checkInteger('packetInfo.ifindex', info.ifindex, 0, 2 ** 31 - 1)
}

const pktinfo = sizeOf('in_pktinfo')
const destination = field('in_pktinfo.ipi_addr')
const specific = field('in_pktinfo.ipi_spec_dst')
const ifindex = field('in_pktinfo.ipi_ifindex')

export function readPacketInfo(data: Buffer): PacketInfo | undefined {
  if (data.length < pktinfo) return undefined
  return {
    address: inet_ntop(AF_INET, bytesAt(data, destination)),
    ifindex: read(dataView(data), ifindex),
    specificDestination: inet_ntop(AF_INET, bytesAt(data, specific)),
  }
}

export function writePacketInfo(value: PacketInfo): Buffer {
  const bytes = written(pktinfo, [ifindex, ifindexOf(value)])
  bytes.set(addressBytes(AF_INET, value.specificDestination ?? value.address), specific.offset)
  return bytes
}

const pktinfo6 = sizeOf('in6_pktinfo')
const destination6 = field('in6_pktinfo.ipi6_addr')
const ifindex6 = field('in6_pktinfo.ipi6_ifindex')

export function readPacketInfo6(data: Buffer): PacketInfo | undefined {
  if (data.length < pktinfo6) return undefined
  return { address: inet_ntop(AF_INET6, bytesAt(data, destination6)), ifindex: read(dataView(data), ifindex6) }
}

export function writePacketInfo6(value: PacketInfo): Buffer {
  const bytes = written(pktinfo6, [ifindex6, ifindexOf(value)])
  bytes.set(addressBytes(AF_INET6, value.address), destination6.offset)
  return bytes
}

function timeReader(structure: string, seconds: Field, fraction: Field, unit: bigint) {
  return (data: Buffer): bigint | undefined => {
    if (data.length < sizeOf(structure)) return undefined
    const view = dataView(data)
    return BigInt(read(view, seconds)) * 1_000_000_000n + BigInt(read(view, fraction)) * unit
  }
}

export const readTimeval = timeReader('timeval', field('timeval.tv_sec'), field('timeval.tv_usec'), 1000n)
export const readTimespec = timeReader('timespec', field('timespec.tv_sec'), field('timespec.tv_nsec'), 1n)

/** Three of them, the one in the middle in use no more; 0 stands for none. */
export function readTimestamping(data: Buffer): Timestamping | undefined {
  const size = sizeOf('timespec')
  if (data.length < 3 * size) return undefined
  return { software: readTimespec(data) || null, hardware: readTimespec(data.subarray(2 * size)) || null }
}

const extended = sizeOf('sock_extended_err')
const ee = (name: string): Field => field(`sock_extended_err.ee_${name}`)
const [eeErrno, eeOrigin, eeType] = [ee('errno'), ee('origin'), ee('type')]
const [eeCode, eeInfo, eeData] = [ee('code'), ee('info'), ee('data')]

function offender(data: Buffer): SocketAddress | null {
  const address = decodeAddress(data)
  return address.family === 'raw' && address.af === AF_UNSPEC ? null : address
}

export function readError(data: Buffer): ErrorReport | undefined {
  if (data.length < extended) return undefined
  const view = dataView(data)
  const errno = read(view, eeErrno)
  return {
    errno: -errno,
    name: errnoName(errno),
    origin: read(view, eeOrigin),
    type: read(view, eeType),
    code: read(view, eeCode),
    info: read(view, eeInfo),
    data: read(view, eeData),
    offender: offender(data.subarray(extended)), // SO_EE_OFFENDER
  }
}

export function readZerocopy(data: Buffer): ZerocopyReport | undefined {
  const report = readError(data)
  if (report?.origin !== SO_EE_ORIGIN_ZEROCOPY || report === undefined) return undefined
  return { first: report.info, last: report.data, copied: report.code === SO_EE_CODE_ZEROCOPY_COPIED }
}
