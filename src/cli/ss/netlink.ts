// Reads netlink messages, and asks the kernel for lists of them. netlink(7)
import {
  AF_NETLINK,
  MSG_TRUNC,
  NLA_TYPE_MASK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  SOCK_RAW,
} from '../../constants.js'
import { socketError } from '../../errors.js'
import { Socket } from '../../sockets/socket.js'
import { number } from '../../structs/fields.js'
import { structure } from '../../structs/structure.js'
import { littleEndian } from '../../syscalls/layout.js'

interface Header {
  length: number
  type: number
  flags: number
  sequence: number
  port: number
}

const header = structure<Header>('nlmsghdr', {
  length: ['nlmsg_len', number],
  type: ['nlmsg_type', number],
  flags: ['nlmsg_flags', number],
  sequence: ['nlmsg_seq', number],
  port: ['nlmsg_pid', number],
})

/** A message of netlink: its header, and the bytes behind it. */
export interface Message extends Header {
  readonly body: Buffer
}

const attributeHeader = 4 // bytes: a struct nlattr has its length and its type

const aligned = (length: number): number => (length + 3) & ~3

/** The messages in these bytes. Throws an Error if a length of one does not fit. */
export function* messagesIn(bytes: Buffer): Generator<Message> {
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at)
    const head = header.decode(rest)
    if (rest.length < header.room || head.length < header.room || head.length > rest.length)
      throw new Error(`netlink: a message of ${head.length} bytes in ${rest.length}`)
    yield { ...head, body: rest.subarray(header.room, head.length) }
    at += aligned(head.length)
  }
}

/** The attributes in these bytes, by their types. Throws an Error if a length of one does not fit. */
export function attributesIn(bytes: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>()
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at)
    const length = rest.length < attributeHeader ? 0 : uint16(rest, 0)
    if (length < attributeHeader || length > rest.length)
      throw new Error(`netlink: an attribute of ${length} bytes in ${rest.length}`)
    attributes.set(uint16(rest, 2) & NLA_TYPE_MASK!, rest.subarray(attributeHeader, length))
    at += aligned(length)
  }
  return attributes
}

const uint16 = (bytes: Buffer, at: number): number => (littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))

const room = 1 << 16 // the kernel sends at most 32 KiB of a list at once
const limit = 10_000 // milliseconds; the kernel answers at once

/**
 * The bodies of the messages with which the kernel answers a request for a list.
 *
 * @throws SocketError with the errno of the answer: ENOENT if the kernel lacks the module that would answer
 */
export function* dump(protocol: number, type: number, request: Uint8Array): Generator<Buffer> {
  using socket = new Socket(AF_NETLINK!, SOCK_RAW, protocol)
  socket.settimeout(limit)
  const head = { length: header.room + request.length, type, flags: NLM_F_REQUEST! | NLM_F_DUMP!, sequence: 1, port: 0 }
  socket.send(Buffer.concat([header.encode(head), request]))
  for (;;) {
    const { data, address, flags } = socket.recvmsg(room)
    if (address === null || !('groups' in address) || address.pid !== 0) continue // not from the kernel
    if ((flags & MSG_TRUNC) !== 0) throw new Error(`netlink: more than ${room} bytes at once`)
    for (const { type, sequence, body } of messagesIn(data)) {
      if (sequence !== 1) continue
      if (type === NLMSG_DONE || type === NLMSG_ERROR) {
        const errno = errnoIn(body) // the result of the list, 0 if it is complete
        if (errno !== 0) throw socketError(errno, 'sock_diag')
        return
      }
      yield body
    }
  }
}

// The int at the beginning of NLMSG_DONE and of a struct nlmsgerr: 0 or −errno.
function errnoIn(body: Buffer): number {
  if (body.length < 4) throw new Error(`netlink: an end of ${body.length} bytes`)
  return littleEndian ? body.readInt32LE(0) : body.readInt32BE(0)
}
