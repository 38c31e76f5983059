// How fields of C structures are read as TypeScript values, and written from them.
import { types } from 'node:util'
import { AF_INET, AF_INET6 } from '../constants.js'
import { checkInteger, invalidType, invalidValue, outOfRange } from '../checks.js'
import { viewed } from '../data.js'
import { inet_ntop, inet_pton } from '../syscalls/inet.js'
import { dataView, field, read, readBig, write } from '../syscalls/layout.js'
import type { Field } from '../syscalls/layout.js'
import { interfaceIndex } from './interface.js'

/** The meaning of a field's bytes. `name` is the property's name, for the TypeError or RangeError that `write` throws. */
export interface Kind<T> {
  read(bytes: Buffer, field: Field): T
  write(bytes: Buffer, field: Field, value: unknown, name: string): void
  /** The default of the property; if there is none, the property is required. */
  readonly otherwise?: T | undefined
}

/** The same kind for an optional property. */
export const optional = <T>(kind: Kind<T>, otherwise: T): Kind<T> => ({ ...kind, otherwise })

/** An integer of the field's own size and sign. */
export const number: Kind<number> = {
  read: (bytes, field) => read(dataView(bytes), field),
  write(bytes, field, value, name) {
    const min = field.signed ? -(2 ** (8 * field.size - 1)) : 0
    write(dataView(bytes), field, checkInteger(name, value, min, min + 2 ** (8 * field.size) - 1))
  },
}

/** An integer of 8 bytes. */
export const bigint: Kind<bigint> = {
  read: (bytes, field) => readBig(dataView(bytes), field),
  write(bytes, field, value, name) {
    if (typeof value !== 'bigint') throw invalidType(name, value, 'of type bigint')
    const kept = field.signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)
    if (kept !== value) throw outOfRange(name, value, `an ${field.signed ? '' : 'unsigned '}integer of 64 bits`)
    write(dataView(bytes), field, BigInt.asUintN(64, value))
  },
}

/** The index of a network interface; when it is written, a name may stand for it. */
export const ifindex: Kind<number> = {
  read: (bytes, field) => number.read(bytes, field),
  write(bytes, field, value, name) {
    number.write(bytes, field, typeof value === 'number' ? value : interfaceIndex(name, value), name)
  },
}

/** A boolean in an integer. */
export const boolean: Kind<boolean> = {
  read: (bytes, field) => read(dataView(bytes), field) !== 0,
  write(bytes, field, value, name) {
    if (typeof value !== 'boolean') throw invalidType(name, value, 'of type boolean')
    write(dataView(bytes), field, value ? 1 : 0)
  },
}

/** An integer of 2 bytes in network byte order. */
export const networkOrder: Kind<number> = {
  read: (bytes, { offset }) => bytes.readUInt16BE(offset),
  write: (bytes, { offset }, value, name) => bytes.writeUInt16BE(checkInteger(name, value, 0, 65535), offset),
}

/** A string that ends with a NUL. */
export const string: Kind<string> = {
  read: (bytes, { offset, size }) => bytes.toString('utf8', offset, offset + size).replace(/\0.*$/s, ''),
  write(bytes, { offset, size }, value, name) {
    if (typeof value !== 'string') throw invalidType(name, value, 'of type string')
    if (Buffer.byteLength(value) >= size || value.includes('\0')) {
      throw invalidValue(name, value, `must have less than ${size} bytes and no NUL`)
    }
    bytes.write(value, offset)
  },
}

/** At most as many bytes as the field has; their number is in another field, named as in C: `'sockaddr_ll.sll_halen'`. */
export function counted(lengthName: string): Kind<Uint8Array> {
  const length = field(lengthName)
  return {
    read(bytes, { offset, size }) {
      return Buffer.from(bytes.subarray(offset, offset + Math.min(read(dataView(bytes), length), size)))
    },
    write(bytes, { offset, size }, value, name) {
      if (!types.isUint8Array(value)) throw invalidType(name, value, 'an instance of Uint8Array')
      const given = viewed(name, value)
      if (given.length > size) throw invalidValue(name, value, `must have at most ${size} bytes`)
      write(dataView(bytes), length, given.length)
      bytes.set(given, offset)
    },
  }
}

const inet = (family: number, expected: string): Kind<string> => ({
  read: (bytes, { offset, size }) => inet_ntop(family, bytes.subarray(offset, offset + size)),
  write(bytes, { offset }, value, name) {
    if (typeof value !== 'string') throw invalidType(name, value, 'of type string')
    try {
      bytes.set(inet_pton(family, value), offset)
    } catch {
      throw invalidValue(name, value, `must be an ${expected} address`)
    }
  },
})

/** A struct in_addr, as a string. */
export const ipv4 = inet(AF_INET, 'IPv4')

/** A struct in6_addr, as a string. */
export const ipv6 = inet(AF_INET6, 'IPv6')
