// What a system call comes to: a number that is no error, null where it would block, or an exception.
import { constants } from 'node:os'
import { socketError } from '../errors.js'
import type { AddressLike } from '../structs/address.js'

const { EAGAIN, EINTR } = constants.errno

/** The result of a call, or an exception where it is −errno. */
export function check(result: number, syscall: string, address?: AddressLike): number {
  if (result < 0) throw socketError(result, syscall, { address })
  return result
}

/** One try of a call: its result, or null where it would block. A signal in its midst is no reason to give up (PEP 475). */
export function attempt(call: () => number, syscall: string, address?: AddressLike): number | null {
  for (;;) {
    const result = call()
    if (!interrupted(result)) return outcome(result, syscall, address)
  }
}

/** Whether a call is to be made again. */
export const interrupted = (result: number): boolean => result === -EINTR

/** What a call that was tried, and not interrupted, has come to: its result, or null where it would block. */
export function outcome(result: number, syscall: string, address?: AddressLike): number | null {
  if (result >= 0) return result
  if (result === -EAGAIN) return null
  throw socketError(result, syscall, { address })
}
