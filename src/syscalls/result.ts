// The outcome of a system call: its result, null if it would block, or an exception.
import { constants } from 'node:os'
import { socketError } from '../errors.js'
import type { AddressLike } from '../structs/address.js'

const { EAGAIN, EINTR } = constants.errno

/** The result of a call. Throws a SocketError if it is −errno. */
export function check(result: number, syscall: string, address?: AddressLike, fd?: number): number {
  if (result < 0) throw socketError(result, syscall, { address, fd })
  return result
}

/** One try of a call: its result, or null if it would block. After a signal (EINTR) it tries again. PEP 475 */
export function attempt(call: () => number, syscall: string, address?: AddressLike, fd?: number): number | null {
  for (;;) {
    const result = call()
    if (!interrupted(result)) return outcome(result, syscall, address, fd)
  }
}

/** Whether a signal interrupted the call, so that it must be made again. */
export const interrupted = (result: number): boolean => result === -EINTR

/** The result of a call that was not interrupted; null if it would block. Throws a SocketError for any other −errno. */
export function outcome(result: number, syscall: string, address?: AddressLike, fd?: number): number | null {
  if (result >= 0) return result
  if (result === -EAGAIN) return null
  throw socketError(result, syscall, { address, fd })
}
