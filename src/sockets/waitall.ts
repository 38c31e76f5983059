// Receiving until there is no room left, which MSG_WAITALL asks for: the kernel heeds it only where it waits itself. recv(2)
import type { SocketAddress } from '../structs/address.js'
import { AF_UNIX, FIONREAD, MSG_OOB, MSG_PEEK, MSG_WAITALL, POLLIN, SIOCATMARK, SOCK_STREAM } from '../constants.js'
import { checkLent, inSteps, lengthOf } from '../data.js'
import type { Sending } from '../data.js'
import type { MessageInfo } from './messages.js'
import type { View } from '../syscalls/native.js'
import { poll } from '../waiting/select.js'
import { neverWaits } from './base.js'
import type { SocketBase } from './base.js'
import { ioctl } from '../syscalls/index.js'

/** A receive in steps, and what has come when they end. */
export interface Filling<Result> {
  readonly steps: Sending
  readonly result: () => Result
}

// Of these the kernel gives once what there is.
const givesOnce = neverWaits | MSG_PEEK | MSG_OOB

/** Whether a receive goes on until there is no room left: it is one from a stream, with MSG_WAITALL. */
export const fills = ({ type }: SocketBase, flags: number): boolean =>
  typeof flags === 'number' && (flags & MSG_WAITALL) !== 0 && (flags & givesOnce) === 0 && type === SOCK_STREAM

const byteLengthOf = (views: readonly View[]): number => views.reduce((sum, view) => sum + lengthOf(view), 0)

/** Whether these are views with any room: with what is none the call itself is to deal. */
export const haveRoom = (views: readonly View[]): boolean =>
  Array.isArray(views) && views.every(view => ArrayBuffer.isView(view)) && byteLengthOf(views) > 0

/** What follows the first `count` bytes of the views. */
function after(views: readonly View[], count: number): View[] {
  const rest: View[] = []
  for (const { buffer, byteOffset, byteLength } of views) {
    const skipped = Math.min(count, byteLength)
    count -= skipped
    if (skipped < byteLength) rest.push(new Uint8Array(buffer, byteOffset + skipped, byteLength - skipped))
  }
  return rest
}

/**
 * What stands behind what has come already: 0 for the end, an error or urgent data, which the next receive is to find, as
 * after one that the kernel fills; null for nothing yet; undefined for what is to be received. FIONREAD counts without taking,
 * of TCP up to the urgent byte. recv(2), tcp(7), unix(7)
 */
function behind({ fd, family }: SocketBase): 0 | null | undefined {
  if (family === AF_UNIX && ioctl(fd, SIOCATMARK) === 1) return 0
  if (ioctl(fd, FIONREAD) !== 0) return undefined
  const [ready] = poll([[fd, POLLIN]], 0)
  if (ready === undefined) return null
  return ready[1] & POLLIN ? 0 : undefined
}

/** Fills a view by a call that tries to receive into what is left of it. */
export function fill(
  socket: SocketBase,
  view: View,
  tryRecv: (rest: View) => number | null,
  burst?: number,
): Filling<number> {
  const length = lengthOf(view)
  const tryRest = (received: number): number | null => {
    if (received === 0) checkLent('view', view, length)
    const found = received === 0 ? undefined : behind(socket)
    if (found !== undefined) return found
    return lengthOf(view) < length ? 0 : tryRecv(after([view], received)[0]!) // what came before is what came
  }
  const steps = inSteps(length, tryRest, burst)
  return { steps, result: () => steps.sent }
}

/** As fill; the address is that of the first bytes. */
export function fillFrom(
  socket: SocketBase,
  view: View,
  tryRecvfrom: (rest: View) => [number, SocketAddress] | null,
  burst?: number,
): Filling<[number, SocketAddress]> {
  let from: SocketAddress
  const tryRecv = (rest: View): number | null => {
    const part = tryRecvfrom(rest)
    if (part === null) return null
    from ??= part[1]
    return part[0]
  }
  const { steps } = fill(socket, view, tryRecv, burst)
  return { steps, result: () => [steps.sent, from] }
}

/** As fill; descriptors that come end it, as they do in the kernel. unix(7) */
export function fillMessage(
  socket: SocketBase,
  views: readonly View[],
  tryRecvmsg: (rest: View[]) => MessageInfo | null,
  burst?: number,
): Filling<MessageInfo> {
  let whole: MessageInfo | undefined
  const lengths = views.map(lengthOf)
  const tryRecv = (received: number): number | null => {
    if (received === 0) lengths.forEach((length, i) => checkLent(`views[${i}]`, views[i], length))
    if (lengths.some((length, i) => lengthOf(views[i]) < length)) return 0
    if (whole?.control.some(({ fds }) => fds !== undefined)) return 0
    const found = received === 0 ? undefined : behind(socket)
    if (found !== undefined) return found
    const part = tryRecvmsg(after(views, received))
    if (part === null) return null
    whole = whole === undefined ? part : joined(whole, part)
    return part.size
  }
  const steps = inSteps(byteLengthOf(views), tryRecv, burst)
  return { steps, result: () => whole! }
}

const joined = (first: MessageInfo, second: MessageInfo): MessageInfo => ({
  size: first.size + second.size,
  address: first.address,
  flags: first.flags | second.flags,
  truncated: first.truncated || second.truncated,
  controlTruncated: first.controlTruncated || second.controlTruncated,
  control: [...first.control, ...second.control],
})
