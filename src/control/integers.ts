// Messages that are one integer.
import { AF_INET6 } from '../constants.js'
import { dataView, read, write } from '../syscalls/layout.js'
import type { Field } from '../syscalls/layout.js'

const byte: Field = { offset: 0, size: 1, signed: false }
export const short: Field = { offset: 0, size: 2, signed: false }
export const int: Field = { offset: 0, size: 4, signed: true }
export const unsigned: Field = { offset: 0, size: 4, signed: false }
export const long: Field = { offset: 0, size: 8, signed: false }

/** Some messages are a byte on one system and an int on the other. */
export const readNumber = (data: Buffer): number | undefined =>
  data.length === 0 ? undefined : read(dataView(data), data.length < int.size ? byte : int)

export const readUnsigned = (data: Buffer): number | undefined =>
  data.length < unsigned.size ? undefined : read(dataView(data), unsigned)

export function written(kind: Field, value: number | bigint): Buffer {
  const bytes = Buffer.alloc(kind.size)
  write(dataView(bytes), kind, value)
  return bytes
}

export const overIPv6 = (_: unknown, family: number): boolean => family === AF_INET6
export const overIPv4 = (_: unknown, family: number): boolean => family !== AF_INET6
