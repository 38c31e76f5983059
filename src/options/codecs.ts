// The values of socket options that are one number, truth, text or run of bytes, and lists of values.
import { types } from 'node:util'
import { decodeAddress } from '../structs/address.js'
import type { SocketAddress } from '../structs/address.js'
import { checkInteger, invalidType, invalidValue, outOfRange } from '../checks.js'
import { interfaceIndex } from '../structs/interface.js'
import { dataView, read, readBig, sizeOf, write } from '../syscalls/layout.js'
import type { Field } from '../syscalls/layout.js'
import { call } from '../syscalls/native.js'
import type { Codec, Decoder, Encoder, InterfaceCodec } from './option.js'

/** The codec of a value that can only be read. */
export const readOnly = <T>({ room, decode, form }: Codec<T>): Decoder<T> => ({
  room,
  decode,
  ...(form !== undefined && { form }),
})

/** The codec of a value that can only be set. */
export const writeOnly = <T>({ encode, form }: Codec<T>): Encoder<T> => ({
  encode,
  ...(form !== undefined && { form }),
})

/** The codec of the same bytes for another type of value. */
export const mapped = <A, B>(
  codec: Codec<A>,
  decode: (value: A) => B,
  encode: (value: B) => A,
  form = codec.form,
): Codec<B> => ({
  room: codec.room,
  ...(form !== undefined && { form }),
  decode: (bytes, fd) => decode(codec.decode(bytes, fd)),
  encode: value => codec.encode(encode(value)),
})

const intField: Field = { offset: 0, size: 4, signed: true }
const uintField: Field = { offset: 0, size: 4, signed: false }
const longField: Field = { offset: 0, size: 8, signed: false }

/** An int from `min` to `max`. Some kernels return a single byte for a small one. */
export const integer = (min: number, max: number): Codec<number> => ({
  room: 4,
  form: min === -(2 ** 31) ? 'an int' : max === 2 ** 31 - 1 ? `at least ${min}` : `${min} to ${max}`,
  decode: bytes => (bytes.length < 4 ? (bytes[0] ?? 0) : read(dataView(bytes), max < 2 ** 31 ? intField : uintField)),
  encode(value) {
    const bytes = Buffer.alloc(4)
    write(dataView(bytes), uintField, checkInteger('value', value, min, max))
    return bytes
  },
})

/** Any int. */
export const int = integer(-(2 ** 31), 2 ** 31 - 1)
/** A non-negative int: a count, a size, a time. */
export const natural = integer(0, 2 ** 31 - 1)
/** An unsigned int of 32 bits, such as a mask. */
export const unsigned = integer(0, 2 ** 32 - 1)
/** An int from 0 to 255. */
export const octet = integer(0, 255)
/** An int from 0 to 255; −1: the system's default. */
export const octetOrDefault = integer(-1, 255)

/** A boolean in an int. */
export const boolean: Codec<boolean> = {
  room: 4,
  form: 'true or false',
  decode: (bytes, fd) => int.decode(bytes, fd) !== 0,
  encode(value) {
    if (typeof value !== 'boolean') throw invalidType('value', value, 'of type boolean')
    return int.encode(value ? 1 : 0)
  },
}

/** Milliseconds for an option in seconds, rounded up. */
export const wholeSeconds = mapped(
  natural,
  seconds => seconds * 1000,
  ms => Math.ceil(checkInteger('value', ms, 0, (2 ** 31 - 1) * 1000) / 1000),
)

/** An unsigned integer of 64 bits as a bigint, such as a cookie. */
export const bigint: Decoder<bigint> = {
  room: 8,
  form: 'at least 0',
  decode: bytes => readBig(dataView(bytes), longField),
}

/** An unsigned integer of 64 bits as a number, such as a size in bytes. */
export const long: Codec<number> = {
  room: 8,
  form: 'at least 0',
  decode: bytes => read(dataView(bytes), longField),
  encode(value) {
    const bytes = Buffer.alloc(8)
    write(dataView(bytes), longField, checkInteger('value', value, 0, Number.MAX_SAFE_INTEGER))
    return bytes
  },
}

/** Bytes as they are; `room` is the size of the buffer for reading. */
export const bytes = (room: number): Codec<Uint8Array> => ({
  room,
  form: 'bytes',
  decode: bytes => bytes,
  encode(value) {
    if (!types.isUint8Array(value)) throw invalidType('value', value, 'an instance of Uint8Array')
    return value
  },
})

/** A string that ends with a NUL, of at most `room` bytes with it. */
export const string = (room: number): Codec<string> => ({
  room,
  form: `a text of at most ${room - 1} bytes`,
  decode: bytes => bytes.toString('utf8').replace(/\0.*$/s, ''),
  encode(value) {
    if (typeof value !== 'string') throw invalidType('value', value, 'of type string')
    if (Buffer.byteLength(value) >= room || value.includes('\0')) {
      throw invalidValue('value', value, `must have less than ${room} bytes and no NUL`)
    }
    return Buffer.from(`${value}\0`)
  },
})

/** A sockaddr. */
export const address: Decoder<SocketAddress> = {
  room: sizeOf('sockaddr_storage'),
  form: 'an address',
  decode: bytes => decodeAddress(bytes),
}

const if_indextoname = call<(index: number) => string | number>('if_indextoname')

/** The index of an interface, as its name; index 0, or `''`: no interface. */
export const interfaceName = mapped(
  { ...int, form: 'the name of an interface' },
  index => {
    const name = index === 0 ? '' : if_indextoname(index)
    return typeof name === 'string' ? name : String(index) // the interface no longer exists
  },
  name => (name === '' ? 0 : interfaceIndex('value', name)),
  'the name of an interface',
)

/** The index of an interface; it may be set by the name. */
export const interfaceNumber: InterfaceCodec = {
  ...readOnly(natural),
  encode: value => natural.encode(interfaceIndex('value', value)),
}

/** The numbers of the bits that are set; bit 0 is the lowest of the first word. */
export const bitsOf = (words: readonly number[]): number[] =>
  words.flatMap((word, i) => [...Array(32).keys()].filter(bit => (word >>> bit) & 1).map(bit => 32 * i + bit))

/** @throws TypeError if the value is not an object */
export function checkObject(value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalidType('value', value, 'of type object')
}

/** Two numbers of 16 bits in one int; the first is the lower half. */
export const halves = <Low extends string, High extends string>(
  low: Low,
  high: High,
): Codec<Record<Low | High, number>> =>
  mapped(
    unsigned,
    value => ({ [low]: value & 0xffff, [high]: value >>> 16 }) as Record<Low | High, number>,
    value => {
      checkObject(value)
      const [lower, upper] = ([low, high] as const).map(key => checkInteger(`value.${key}`, value[key], 0, 65535))
      return lower! + upper! * 0x10000
    },
    `{ ${low}, ${high} }`,
  )

/** An array of at most `max` elements. */
export const list = <T>(element: Codec<T>, max: number): Codec<readonly T[]> => ({
  room: element.room * max,
  form: `[ ${element.form ?? 'a value'}, … ]`,
  decode: (bytes, fd) =>
    Array.from({ length: Math.floor(bytes.length / element.room) }, (_, i) =>
      element.decode(bytes.subarray(i * element.room, (i + 1) * element.room), fd),
    ),
  encode(value) {
    if (!Array.isArray(value)) throw invalidType('value', value, 'an instance of Array')
    if (value.length > max) throw outOfRange('value.length', value.length, `<= ${max}`)
    return Buffer.concat(Array.from(value as readonly T[], each => element.encode(each))) // Array.from also visits holes
  },
})
