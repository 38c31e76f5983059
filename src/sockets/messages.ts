// Messages over a descriptor: bytes, an address and control messages in one call.
import { addressRoom, encodeAddress, senderAddress } from '../structs/address.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { AF_UNIX, MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_TRUNC } from '../constants.js'
import { decodeControl, encodeControl } from '../control/control.js'
import type { ControlMessage, OutgoingControl } from '../control/control.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { allocated, checkFlags, checkInteger, invalidType } from '../checks.js'
import { attempt } from '../syscalls/result.js'
import type { Message } from '../syscalls/message.js'
import type { View } from '../syscalls/native.js'
import { recvmsgOwning } from '../syscalls/message.js'

/** What came with the bytes of a message. recvmsg(2) */
export interface MessageInfo {
  /** How many bytes; with MSG_TRUNC among the flags of the call those of the whole message, which may be more than came. */
  size: number
  /** The sender's address, `{ family: 'unix' }` where it has no name; null where there is none, as on a TCP connection. */
  address: SocketAddress | null
  /** MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_ERRQUEUE and the like. */
  flags: number
  /** Whether the message was longer than the room for it. */
  truncated: boolean
  /** Whether there was too little room for the control messages. Descriptors that did not fit are not open here. */
  controlTruncated: boolean
  /** The control messages; descriptors among them are owned by them, close-on-exec. */
  control: ControlMessage[]
}

const CLOEXEC = MSG_CMSG_CLOEXEC ?? 0

/**
 * The flags of a receive that has every descriptor in a message close-on-exec from birth, where the kernel can. Only Unix
 * sockets carry descriptors; packet and CAN sockets reject the flag. unix(7)
 */
export const receiveFlags = (flags: number, family: number): number =>
  family === AF_UNIX ? checkFlags(flags) | CLOEXEC : checkFlags(flags)

/** The flags that came back, without what was added to those that went in. */
export const shownFlags = (flags: number): number => flags & ~CLOEXEC

const name = Buffer.alloc(addressRoom) // one for all, since a call ends before another begins

/** Receives a message into `iov`, with room for `controlSize` bytes of control messages; null where none has come. */
export function receiveMessage(
  fd: number,
  family: number,
  iov: readonly View[],
  controlSize: number,
  flags: number,
): MessageInfo | null {
  const room = checkInteger('controlSize', controlSize, 0, 2 ** 31 - 1)
  const control = room === 0 ? null : allocated('controlSize', room)
  const message: Message = { name, iov, control, nameLength: 0, controlLength: 0, flags: 0 }
  const size = attempt(() => recvmsgOwning(fd, message, receiveFlags(flags, family)), 'recvmsg')
  if (size === null) return null
  return {
    size,
    address: senderAddress(name, message.nameLength, family),
    flags: shownFlags(message.flags),
    truncated: (message.flags & MSG_TRUNC) !== 0,
    controlTruncated: (message.flags & MSG_CTRUNC) !== 0,
    control: control === null ? [] : decodeControl(control, message.controlLength),
  }
}

/** The message of `buffers`, one after the other. */
export function messageToSend(
  family: number,
  buffers: readonly Data[],
  control: readonly OutgoingControl[],
  address: AddressLike | undefined,
): Message {
  if (!Array.isArray(buffers)) throw invalidType('buffers', buffers, 'an array')
  return {
    name: address === undefined ? null : encodeAddress(address, family),
    iov: buffers.map(bytesOf),
    control: encodeControl(control, family),
    nameLength: 0,
    controlLength: 0,
    flags: 0,
  }
}
