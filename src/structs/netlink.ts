// The messages of netlink sockets, and the attributes in them. Whatever their lengths say, nothing outside the given bytes is
// read. netlink(7), rtnetlink(7)
import {
  AF_INET,
  AF_INET6,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
} from '../constants.js'
import { checkInteger, invalidThis } from '../checks.js'
import { viewed } from '../data.js'
import { inet_ntop } from '../syscalls/inet.js'
import { dataView, read, readBig } from '../syscalls/layout.js'
import type { View } from '../syscalls/native.js'

const headerSize = 16 // of a struct nlmsghdr
const attributeHeaderSize = 4 // of a struct nlattr
const nested = 0x8000 // NLA_F_NESTED
const networkOrder = 0x4000 // NLA_F_NET_BYTEORDER

// NLMSG_ALIGN, NLA_ALIGN
const aligned = (size: number): number => (size + 3) & ~3

/** An attribute of a netlink message. A list may have several of one type. */
export interface NetlinkAttribute {
  /** IFLA_…, IFA_…, RTA_… and the like, without the flags. */
  type: number
  /** Whether its value is attributes, and says so: NLA_F_NESTED. Older parts of the kernel do not. */
  nested: boolean
  /** Whether its value is in network byte order, and says so: NLA_F_NET_BYTEORDER. */
  networkOrder: boolean
  /** Its value. */
  value: NetlinkBytes
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: NetlinkBytes) => unknown

/**
 * The payload of a netlink message, or the value of an attribute. Its methods read when they are called, at an offset in bytes
 * (default: 0), in the machine's byte order. What is not there whole is undefined.
 */
export class NetlinkBytes {
  /** They share the memory of those that were parsed. */
  readonly bytes: Buffer
  readonly #view: DataView

  static {
    brand = self => {
      try {
        return self.#view
      } catch {
        throw invalidThis('NetlinkBytes')
      }
    }
  }

  /** Reads these bytes, in the byte order of this machine. */
  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.#view = dataView(bytes)
  }

  /**
   * An unsigned integer of 8 bits.
   *
   * @throws TypeError or RangeError for a wrong offset; past the end it returns undefined
   */
  u8(offset = 0): number | undefined {
    brand(this)
    return this.#integer(offset, 1, false)
  }

  /**
   * An unsigned integer of 16 bits.
   *
   * @throws TypeError or RangeError for a wrong offset; past the end it returns undefined
   */
  u16(offset = 0): number | undefined {
    brand(this)
    return this.#integer(offset, 2, false)
  }

  /**
   * An unsigned integer of 32 bits.
   *
   * @throws TypeError or RangeError for a wrong offset; past the end it returns undefined
   */
  u32(offset = 0): number | undefined {
    brand(this)
    return this.#integer(offset, 4, false)
  }

  /**
   * A signed integer of 32 bits.
   *
   * @throws TypeError or RangeError for a wrong offset; past the end it returns undefined
   */
  i32(offset = 0): number | undefined {
    brand(this)
    return this.#integer(offset, 4, true)
  }

  /**
   * An unsigned integer of 64 bits.
   *
   * @throws TypeError or RangeError for a wrong offset; past the end it returns undefined
   */
  u64(offset = 0): bigint | undefined {
    brand(this)
    return this.#has(offset, 8) ? readBig(this.#view, { offset, size: 8, signed: false }) : undefined
  }

  /** All bytes, up to a NUL, as UTF-8. */
  text(): string {
    brand(this)
    const end = this.bytes.indexOf(0)
    return this.bytes.toString('utf8', 0, end < 0 ? this.bytes.length : end)
  }

  /**
   * An IPv4 address of 4 bytes, or an IPv6 address of 16; undefined for any other number of bytes. inet_ntop(3)
   */
  ip(): string | undefined {
    brand(this)
    if (this.bytes.length === 4) return inet_ntop(AF_INET, this.bytes)
    return this.bytes.length === 16 ? inet_ntop(AF_INET6, this.bytes) : undefined
  }

  /**
   * The attributes from an offset on, which is the size of the structure before them: 16 for a struct ifinfomsg, 8 for an
   * ifaddrmsg, 12 for an rtmsg. The list ends before the first one that is not there whole. rtnetlink(7)
   *
   * @throws TypeError or RangeError for a wrong offset
   */
  attributeList(offset = 0): NetlinkAttribute[] {
    brand(this)
    const found: NetlinkAttribute[] = []
    for (let at = aligned(checkInteger('offset', offset, 0, 2 ** 30)); at + attributeHeaderSize <= this.bytes.length;) {
      const length = this.#integer(at, 2, false)!
      const type = this.#integer(at + 2, 2, false)!
      if (length < attributeHeaderSize || length > this.bytes.length - at) break
      found.push({
        type: type & ~(nested | networkOrder),
        nested: (type & nested) !== 0,
        networkOrder: (type & networkOrder) !== 0,
        value: new NetlinkBytes(this.bytes.subarray(at + attributeHeaderSize, at + length)),
      })
      at += aligned(length)
    }
    return found
  }

  /**
   * The values of `attributeList` by their types; of several of one type the last, as in the kernel. rtnetlink(7)
   *
   * @throws TypeError or RangeError for a wrong offset
   */
  attributes(offset = 0): Map<number, NetlinkBytes> {
    brand(this)
    return new Map(this.attributeList(offset).map(({ type, value }) => [type, value]))
  }

  #has(offset: number, size: number): boolean {
    return checkInteger('offset', offset, 0, 2 ** 30) + size <= this.bytes.length
  }

  #integer(offset: number, size: number, signed: boolean): number | undefined {
    return this.#has(offset, size) ? read(this.#view, { offset, size, signed }) : undefined
  }
}

/** A netlink message: its header, and what follows it. netlink(7) */
export interface NetlinkMessage {
  /** NLMSG_DONE, NLMSG_ERROR, RTM_NEWLINK and the like. */
  type: number
  /** NLM_F_MULTI and the like. */
  flags: number
  /** The sequence number of the request that it answers. */
  seq: number
  /** The port number of the sender of that request. */
  pid: number
  /** What follows the header. */
  payload: NetlinkBytes
  /** Of NLMSG_ERROR and NLMSG_DONE: 0 if the request has succeeded, otherwise −errno; undefined for any other message. */
  errno: number | undefined
  /** Of these: why, in the kernel's words, with the option NETLINK_EXT_ACK; undefined if it does not say. */
  reason: string | undefined
}

function reasonOf(type: number, flags: number, payload: NetlinkBytes): string | undefined {
  if ((flags & (NLM_F_ACK_TLVS ?? 0)) === 0) return undefined
  // NLMSG_ERROR repeats the request, or only its header if NLM_F_CAPPED is set.
  const request = (flags & (NLM_F_CAPPED ?? 0)) === 0 ? (payload.u32(4) ?? 0) : headerSize
  const offset = type === NLMSG_DONE ? 4 : 4 + aligned(Math.min(request, payload.bytes.length))
  return payload.attributes(offset).get(NLMSGERR_ATTR_MSG!)?.text()
}

/**
 * The messages in the first `length` bytes (default: all) that a netlink socket has received, in their order. They share the
 * memory. A last message that is not there whole, since the buffer was too small (MSG_TRUNC), is left out.
 *
 * ```ts
 * import { IFLA_IFNAME, parseNetlink } from 'bsd-sockets'
 *
 * const nameOf = (bytes: Buffer) => parseNetlink(bytes)[0]?.payload.attributes(16).get(IFLA_IFNAME!)?.text()
 * ```
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export function parseNetlink(view: View, length?: number): NetlinkMessage[] {
  const { buffer, byteOffset, byteLength } = viewed('view', view)
  const given = length === undefined ? byteLength : checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER)
  const bytes = Buffer.from(buffer, byteOffset, Math.min(given, byteLength))
  const messages: NetlinkMessage[] = []
  for (let at = 0; at + headerSize <= bytes.length;) {
    const header = dataView(bytes.subarray(at, at + headerSize))
    const integer = (offset: number, size: number): number => read(header, { offset, size, signed: false })
    const size = integer(0, 4)
    if (size < headerSize || size > bytes.length - at) break
    const [type, flags, seq, pid] = [integer(4, 2), integer(6, 2), integer(8, 4), integer(12, 4)]
    const payload = new NetlinkBytes(bytes.subarray(at + headerSize, at + size))
    const ends = type === NLMSG_ERROR || type === NLMSG_DONE
    messages.push({
      ...{ type, flags, seq, pid, payload },
      errno: ends ? (payload.i32() ?? (type === NLMSG_DONE ? 0 : undefined)) : undefined,
      reason: ends ? reasonOf(type, flags, payload) : undefined,
    })
    at += aligned(size)
  }
  return messages
}
