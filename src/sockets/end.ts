// Where the messages of a socket end: the peer has stopped sending, or receiving is shut down.
import { AF_UNIX, FIONREAD, POLLRDHUP, SOCK_SEQPACKET, SOCK_STREAM } from '../constants.js'
import { ioctl } from '../syscalls/index.js'
import type { MessageBatch } from '../syscalls/message.js'
import { Pollfds } from '../waiting/pollfds.js'

/** A family and a type, as a socket has them. */
interface Kind {
  readonly family: number
  readonly type: number
}

/** Whether the socket receives messages, which may be empty: then a receive of 0 bytes is not end-of-file. */
export const isDatagram = ({ type }: Kind): boolean => type !== SOCK_STREAM && type !== SOCK_SEQPACKET

const pollfds = new Pollfds(1)

/** Whether the peer has stopped sending, or receiving is shut down; false if the system does not report it. poll(2) */
export function isShut(fd: number): boolean {
  if (POLLRDHUP === undefined) return false
  pollfds.set(0, fd, POLLRDHUP)
  return pollfds.wait(0) > 0 && (pollfds.revents(0) & POLLRDHUP) !== 0
}

const isEmpty = ({ results }: MessageBatch, i: number): boolean => results[i * 4] === 0 && results[i * 4 + 2] === 0

/**
 * How many of the first `count` messages of a received batch are before the end of a stream or of a connection of
 * SOCK_SEQPACKET; `count` if they have not ended. A message of 0 bytes is an end on a stream. On SOCK_SEQPACKET it may also be
 * an empty message. At the end recvmmsg(2) fills the whole batch with messages of 0 bytes, and nothing is queued behind them:
 * only an empty message right before the end cannot be told from it.
 */
export function countToEnd(fd: number, kind: Kind, batch: MessageBatch, count: number): number {
  if (isDatagram(kind)) return count
  let before = count
  while (before > 0 && isEmpty(batch, before - 1)) before--
  if (before === count || kind.type === SOCK_STREAM) return before
  if (count < batch.count) return count
  const goesOn = kind.family === AF_UNIX && POLLRDHUP !== undefined && !(isShut(fd) && ioctl(fd, FIONREAD) === 0)
  return goesOn ? count : before
}
