// Network interfaces by name: the one place that finds their indices.
import { constants } from 'node:os'
import { checkInteger, invalidType, named } from '../checks.js'
import { socketError } from '../errors.js'
import { call } from '../syscalls/native.js'

/** A network interface as an argument: its index, or its name: `'eth0'`. */
export type Interface = number | string

const if_nametoindex = call<(name: string) => number>('if_nametoindex')

/** The index of the interface with this name; 0 if there is none. if_nametoindex(3) */
export const indexOfName = (name: string): number =>
  /^[^\0]{1,64}$/.test(name) ? Math.max(0, if_nametoindex(name)) : 0

/**
 * The index of an interface; 0: none. `name` is the argument's.
 *
 * @throws SocketError ENODEV if no interface has the name; TypeError or RangeError for anything else
 */
export function interfaceIndex(name: string, value: unknown, max = 2 ** 31 - 1): number {
  if (typeof value === 'number') return checkInteger(name, value, 0, max)
  if (typeof value !== 'string') throw invalidType(name, value, 'of type number or string')
  const index = indexOfName(value)
  if (index > 0) return index
  const address = { address: value, port: 0 } // for the message
  throw named(name, socketError(constants.errno.ENODEV, 'if_nametoindex', { address }))
}
