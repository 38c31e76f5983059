// C functions for addresses and interfaces as strings, which are not system calls.
import { invalidValue } from '../checks.js'
import { littleEndian } from './layout.js'
import { AF_INET, AF_INET6, call } from './native.js'
import type { View } from './native.js'

const native = {
  if_nameindex: call<(interfaces: View) => number>('if_nameindex'),
  inet_aton: call<(text: string, address: View) => number>('inet_aton'),
  inet_ntop: call<(family: number, address: View) => string | number>('inet_ntop'),
  inet_pton: call<(family: number, text: string, address: View) => number>('inet_pton'),
}

const lengths = new Map([
  [AF_INET, 4],
  [AF_INET6, 16],
])

function lengthOf(family: number): number {
  const length = lengths.get(family)
  if (length === undefined) throw invalidValue('family', family, 'must be AF_INET or AF_INET6')
  return length
}

/**
 * The bytes of an address in network byte order: 4 for AF_INET, 16 for AF_INET6. inet_pton(3)
 *
 * @throws TypeError for an invalid address
 */
export function inet_pton(family: number, text: string): Buffer {
  const address = Buffer.alloc(lengthOf(family))
  if (native.inet_pton(family, text, address) === 1) return address
  throw invalidValue('text', text, `must be an ${family === AF_INET ? 'IPv4' : 'IPv6'} address`)
}

/**
 * The text of an address of 4 bytes for AF_INET, 16 for AF_INET6. inet_ntop(3)
 *
 * @throws TypeError for another number of bytes, or another family
 */
export function inet_ntop(family: number, address: View): string {
  const length = lengthOf(family)
  const text = native.inet_ntop(family, address)
  if (address.byteLength !== length) throw invalidValue('address', address, `must have ${length} bytes`)
  return text as string
}

/**
 * The four bytes of an IPv4 address in any form that inet_aton(3) accepts: `127.1` is 127.0.0.1.
 *
 * @throws TypeError for an invalid address
 */
export function inet_aton(text: string): Buffer {
  const address = Buffer.alloc(4)
  if (native.inet_aton(text, address) === 1) return address
  throw invalidValue('text', text, 'must be an IPv4 address')
}

/**
 * The text of an IPv4 address of 4 bytes. inet_ntoa(3)
 *
 * @throws TypeError for another number of bytes
 */
export const inet_ntoa = (address: View): string => inet_ntop(AF_INET, address)

const interfaceSize = 32 // of struct Interface in calls.h: an index and a name

/**
 * The index and the name of each network interface; or −errno. if_nameindex(3)
 *
 * @throws A failed call returns −errno: ENOBUFS, EMFILE
 */
export function if_nameindex(): [index: number, name: string][] | number {
  let interfaces = Buffer.alloc(16 * interfaceSize)
  let count: number
  while ((count = native.if_nameindex(interfaces)) * interfaceSize > interfaces.length) {
    interfaces = Buffer.alloc(count * interfaceSize)
  }
  if (count < 0) return count
  return Array.from({ length: count }, (_, i) => {
    const entry = interfaces.subarray(i * interfaceSize, (i + 1) * interfaceSize)
    const index = new DataView(entry.buffer, entry.byteOffset).getUint32(0, littleEndian)
    return [index, entry.toString('utf8', 4, entry.indexOf(0, 4))]
  })
}
