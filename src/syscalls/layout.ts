// Structures of the system: their sizes and offsets, which the addon has from the system's headers.
import { endianness } from 'node:os'
import { native } from './native.js'

export const littleEndian = endianness() === 'LE'

/** The place of an integer in a structure. */
export interface Field {
  readonly offset: number
  readonly size: number
  readonly signed: boolean
}

/** The size of a structure in bytes; 0 if this system has no such structure. */
export const sizeOf = (structure: string): number => native.layouts[structure] ?? 0

/** The place of a field, named as in C: `sockaddr_in.sin_port`. A field that this system lacks has offset 0 and size 0. */
export function field(name: string): Field {
  const packed = native.layouts[name] ?? 0
  return { offset: packed >>> 16, signed: (packed & 0x8000) !== 0, size: packed & 0x7fff }
}

/** The fields of a structure by their names in C, in the order of the addon's table. */
export const fieldsOf = (structure: string): [name: string, Field][] =>
  Object.keys(native.layouts)
    .filter(name => name.startsWith(`${structure}.`))
    .map(name => [name.slice(structure.length + 1), field(name)])

/** Reads an integer of 1, 2, 4 or 8 bytes, in the machine's byte order. */
export function read(view: DataView, { offset, size, signed }: Field): number {
  switch (size) {
    case 1:
      return signed ? view.getInt8(offset) : view.getUint8(offset)
    case 2:
      return signed ? view.getInt16(offset, littleEndian) : view.getUint16(offset, littleEndian)
    case 4:
      return signed ? view.getInt32(offset, littleEndian) : view.getUint32(offset, littleEndian)
    default:
      return Number(readBig(view, { offset, size, signed }))
  }
}

/** Reads an integer of 8 bytes, in the machine's byte order. */
export function readBig(view: DataView, { offset, signed }: Field): bigint {
  return signed ? view.getBigInt64(offset, littleEndian) : view.getBigUint64(offset, littleEndian)
}

/** Writes an integer, in the machine's byte order. */
export function write(view: DataView, { offset, size }: Field, value: number | bigint): void {
  switch (size) {
    case 1:
      return view.setUint8(offset, Number(value))
    case 2:
      return view.setUint16(offset, Number(value), littleEndian)
    case 4:
      return view.setUint32(offset, Number(value), littleEndian)
    default:
      return view.setBigUint64(offset, BigInt(value), littleEndian)
  }
}

/** A DataView of the same bytes. */
export const dataView = (bytes: ArrayBufferView): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
