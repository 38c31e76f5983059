// A descriptor, as a number or as the `fd` of an object.
import { constants } from 'node:os'
import { checkInteger, invalidType } from '../checks.js'
import { socketError } from '../errors.js'

/** A descriptor, or an object that has one: a socket of either kind, a FileHandle of `node:fs/promises`. */
export type Descriptor =
  | number
  | {
      /** The number; −1 after it is closed. */
      readonly fd: number
    }

/**
 * The number of a descriptor, to be passed to `syscall`.
 *
 * @throws SocketError EBADF if the object is closed; TypeError or RangeError for a wrong argument
 */
export function fdOf(descriptor: Descriptor, syscall: string): number {
  const fd = typeof descriptor === 'object' ? descriptor?.fd : descriptor
  if (typeof fd !== 'number') throw invalidType('descriptor', descriptor, 'a socket or a number')
  if (typeof descriptor === 'object' && fd < 0) throw socketError(constants.errno.EBADF, syscall, { fd })
  return checkInteger('fd', fd, 0, 2 ** 31 - 1)
}
