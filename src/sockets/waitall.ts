// Receives with MSG_WAITALL, which fill the buffer. The kernel does that only if it waits itself, so it is done here. recv(2)
import type { SocketAddress } from '../structs/address.js'
import { AF_UNIX, FIONREAD, MSG_OOB, MSG_PEEK, MSG_WAITALL, POLLIN, SIOCATMARK, SOCK_STREAM } from '../constants.js'
import { checkLent, inSteps, lengthOf } from '../data.js'
import type { Steps } from '../data.js'
import type { MessageInfo } from './messages.js'
import type { View } from '../syscalls/native.js'
import { poll } from '../waiting/select.js'
import { neverWaits } from './base.js'
import type { SocketBase } from './base.js'
import { ioctl } from '../syscalls/index.js'

/** A receive in steps, and its result after them. */
export interface Filling<Result> {
  readonly steps: Steps
  readonly result: () => Result
}

// With one of these flags a receive returns the available bytes.
const receivesOnce = neverWaits | MSG_PEEK | MSG_OOB

/** Whether a receive continues until the buffer is full: with MSG_WAITALL, from a stream. */
export const fills = ({ type }: SocketBase, flags: number): boolean =>
  typeof flags === 'number' && (flags & MSG_WAITALL) !== 0 && (flags & receivesOnce) === 0 && type === SOCK_STREAM

const byteLengthOf = (views: readonly View[]): number => views.reduce((sum, view) => sum + lengthOf(view), 0)

/** Whether these are views, not all empty; the call itself rejects other values. */
export const haveRoom = (views: readonly View[]): boolean =>
  Array.isArray(views) && views.every(view => ArrayBuffer.isView(view)) && byteLengthOf(views) > 0

/** The views without their first `count` bytes. */
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
 * What follows the bytes received so far. 0: end-of-file, an error or urgent data, which is left for the next receive, as the
 * kernel does; null: nothing yet; undefined: bytes to receive. FIONREAD counts bytes without receiving them, for TCP up to
 * the urgent byte. recv(2), tcp(7), unix(7)
 */
function next({ fd, family }: SocketBase): 0 | null | undefined {
  if (family === AF_UNIX && ioctl(fd, SIOCATMARK) === 1) return 0
  if (ioctl(fd, FIONREAD) !== 0) return undefined
  const [ready] = poll([[fd, POLLIN]], 0)
  if (ready === undefined) return null
  return ready[1] & POLLIN ? 0 : undefined
}

/** Fills a view. `tryRecv` tries to receive into the rest of it. */
export function fill(
  socket: SocketBase,
  view: View,
  tryRecv: (rest: View) => number | null,
  burst?: number,
): Filling<number> {
  const length = lengthOf(view)
  const tryRest = (received: number): number | null => {
    if (received === 0) checkLent('view', view, length)
    const found = received === 0 ? undefined : next(socket)
    if (found !== undefined) return found
    return lengthOf(view) < length ? 0 : tryRecv(after([view], received)[0]!) // a detached or shrunk view ends it
  }
  const steps = inSteps(length, tryRest, burst)
  return { steps, result: () => steps.done }
}

/** As fill; the address is the sender of the first bytes. */
export function fillFrom<Address extends SocketAddress>(
  socket: SocketBase,
  view: View,
  tryRecvfrom: (rest: View) => [number, Address] | null,
  burst?: number,
): Filling<[number, Address]> {
  let from: Address
  const tryRecv = (rest: View): number | null => {
    const part = tryRecvfrom(rest)
    if (part === null) return null
    from ??= part[1]
    return part[0]
  }
  const { steps } = fill(socket, view, tryRecv, burst)
  return { steps, result: () => [steps.done, from] }
}

/** As fill, but received descriptors end it, as in the kernel. unix(7) */
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
    const found = received === 0 ? undefined : next(socket)
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
