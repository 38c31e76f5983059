// Messages: bytes, an address and control messages in one call.
import { addressRoom, encodeAddress, senderAddress } from '../structs/address.js'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { AF_UNIX, MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_TRUNC } from '../constants.js'
import { decodeControl, encodeControl, prepareControl } from '../control/control.js'
import type { ControlMessage, OutgoingControl } from '../control/control.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { allocated, checkFlags, checkInteger, invalidType } from '../checks.js'
import { attempt } from '../syscalls/result.js'
import type { Message } from '../syscalls/message.js'
import type { View } from '../syscalls/native.js'
import { recvmsgOwning } from '../syscalls/message.js'

/** A received message without its bytes. recvmsg(2) */
export interface MessageInfo {
  /** The number of bytes received; with MSG_TRUNC in the flags of the call, of the whole message, which may be larger. */
  size: number
  /** The sender's address, `{ family: 'unix' }` for one without a name; null if there is none, as on a TCP connection. */
  address: SocketAddress | null
  /** MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_ERRQUEUE and the like. */
  flags: number
  /** Whether the message was longer than its buffer. */
  truncated: boolean
  /** Whether the control messages were longer than their buffer. Descriptors that did not fit are closed. */
  controlTruncated: boolean
  /** The control messages. They own their descriptors, which are close-on-exec. `meaningOf` has the values of all of them. */
  control: ControlMessage[]
}

const CLOEXEC = MSG_CMSG_CLOEXEC ?? 0

/**
 * The flags of a receive, with the one that makes received descriptors close-on-exec, if the kernel has it. Only Unix sockets
 * carry descriptors; packet and CAN sockets reject the flag. unix(7)
 */
export const receiveFlags = (flags: number, family: number): number =>
  family === AF_UNIX ? checkFlags(flags) | CLOEXEC : checkFlags(flags)

/** The flags of a received message, without the flag that `receiveFlags` added. */
export const shownFlags = (flags: number): number => flags & ~CLOEXEC

const name = Buffer.alloc(addressRoom) // shared, since a call ends before another begins

/** Receives a message into `iov`, with at most `controlSize` bytes of control messages; null if there is none. */
export function receiveMessage(
  fd: number,
  family: number,
  iov: readonly View[],
  controlSize: number,
  flags: number,
): MessageInfo | null {
  const room = checkInteger('controlSize', controlSize, 0, 2 ** 31 - 1)
  const control = room === 0 ? null : allocated('controlSize', room)
  if (control !== null) prepareControl()
  const message: Message = { name, iov, control, nameLength: 0, controlLength: 0, flags: 0 }
  const size = attempt(() => recvmsgOwning(fd, message, receiveFlags(flags, family)), 'recvmsg', undefined, fd)
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

/** A message of these buffers, in their order. */
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
