// The messages of D-Bus: a header and a body of values, all aligned. A signature is a sequence of types, each a letter or more:
// su, a{sv}. https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol
import type { OwnedFd } from 'bsd-sockets'

const alignments: Record<string, number> = {
  ...{ y: 1, b: 4, n: 2, q: 2, i: 4, u: 4, x: 8, t: 8, d: 8, h: 4 }, // numbers; h is the index of a descriptor
  ...{ s: 4, o: 4, g: 1, v: 1, a: 4, '(': 8, '{': 8 }, // string, path, signature, variant, array, structure, entry
}

export function check(right: boolean, what: string): asserts right {
  if (!right) throw new Error(`the bus has sent ${what}`)
}

function aligned(length: number, type: string): number {
  const to = alignments[type[0]!]!
  return Math.ceil(length / to) * to
}

function typesOf(signature: string): string[] {
  const end = (at: number): number => {
    const letter = signature[at] ?? ''
    check(letter in alignments, `the signature ${JSON.stringify(signature)}`)
    if (letter === 'a') return end(at + 1)
    if (letter !== '(' && letter !== '{') return at + 1
    at = end(at + 1) // of its first member
    while (signature[at] !== (letter === '(' ? ')' : '}')) at = end(at)
    return at + 1
  }
  const types: string[] = []
  for (let at = 0; at < signature.length; at += types.at(-1)!.length) types.push(signature.slice(at, end(at)))
  return types
}

/** Reads values from bytes that nobody has checked. */
class Reader {
  #at = 0
  #depth = 0
  readonly #bytes: Buffer
  readonly #little: boolean

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#little = bytes[0] === 0x6c // l; else B, big endian
  }

  align(type: string): void {
    this.#at = aligned(this.#at, type)
  }

  read(signature: string): unknown[] {
    return typesOf(signature).map(type => {
      this.align(type)
      if (type === 'g' || type === 's' || type === 'o') return this.#text(type)
      if (type === 'v') return this.#variant(this.#text('g'))
      if (type[0] === 'a') return this.#array(type.slice(1), this.#number(4))
      if (type.length > 1) return this.read(type.slice(1, -1))
      return alignments[type] === 8 ? this.#take(8) : this.#number(alignments[type]!) // x, t and d have no use here
    })
  }

  #text(type: string): string {
    const length = this.#number(alignments[type]!)
    return this.#take(length + 1).toString('utf8', 0, length)
  }

  #variant(type: string): unknown {
    check(++this.#depth <= 64, 'a variant in a variant in a variant…')
    const values = this.read(type)
    check(values.length === 1, `a variant of the types '${type}'`)
    this.#depth--
    return values[0]
  }

  #array(type: string, length: number): unknown {
    check(length <= 2 ** 26, `an array of ${length} bytes`)
    this.align(type)
    if (type === 'y') return this.#take(length)
    const [values, end]: [unknown[], number] = [[], this.#at + length]
    while (this.#at < end) values.push(...this.read(type))
    check(this.#at === end, 'an array that ends within a value')
    return values
  }

  #number(size: number): number {
    const bytes = this.#take(size)
    return this.#little ? bytes.readUIntLE(0, size) : bytes.readUIntBE(0, size)
  }

  #take(count: number): Buffer {
    const bytes = this.#bytes.subarray(this.#at, this.#at + count)
    check(bytes.length === count, 'a message that ends within a value')
    this.#at += count
    return bytes
  }
}

/** Appends a value of the types that this program sends: numbers of 4 bytes, and strings. */
function append(bytes: Buffer, type: string, value: number | string): Buffer {
  const gap = aligned(bytes.length, type) - bytes.length
  const text = Buffer.from(typeof value === 'string' ? `${value}\0` : '')
  const size = type === 'g' ? 1 : 4
  const number = Buffer.alloc(gap + size)
  number.writeUIntLE(typeof value === 'string' ? text.length - 1 : value, gap, size)
  return Buffer.concat([bytes, number, text])
}

export const [METHOD_CALL, METHOD_RETURN, ERROR] = [1, 2, 3]
export const NO_REPLY_EXPECTED = 1
const codes = {
  ...{ path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5 },
  ...{ destination: 6, sender: 7, signature: 8, fdCount: 9 },
}
const types: Record<string, string> = { path: 'o', signature: 'g', replySerial: 'u', fdCount: 'u' } // of the others: s

type Name = 'path' | 'interface' | 'member' | 'errorName' | 'destination' | 'sender' | 'signature'
export type Header = Partial<Record<Name, string> & Record<'replySerial' | 'fdCount', number>>

export interface Message extends Header {
  type: number
  flags: number
  serial: number
  body: Reader
  fds: OwnedFd[]
}

export function encode(type: number, serial: number, header: Header, values: (number | string)[]): Buffer {
  let list: Buffer = Buffer.alloc(0)
  for (const [name, value] of Object.entries(header)) {
    const letter = types[name] ?? 's'
    const start = Buffer.concat([list], aligned(list.length, '('))
    list = append(
      Buffer.concat([start, Buffer.of(codes[name as keyof Header], 1), Buffer.from(`${letter}\0`)]),
      letter,
      value,
    )
  }
  let body: Buffer = Buffer.alloc(0)
  for (const [i, letter] of typesOf(header.signature ?? '').entries()) body = append(body, letter, values[i]!)
  let bytes: Buffer = Buffer.from([0x6c, type, 0, 1])
  for (const number of [body.length, serial, list.length]) bytes = append(bytes, 'u', number)
  return Buffer.concat([Buffer.concat([bytes, list], aligned(16 + list.length, '(')), body])
}

/** The length of a message, of which at least 16 bytes have come. */
export function lengthOf(bytes: Buffer): number {
  check(bytes[0] === 0x6c || bytes[0] === 0x42, `the byte order ${bytes[0]}`)
  const [body, list] = [4, 12].map(at => (bytes[0] === 0x6c ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)))
  const length = aligned(16 + list!, '(') + body!
  check(length <= 2 ** 27, `a message of ${length} bytes`)
  return length
}

export function decode(bytes: Buffer): Omit<Message, 'fds'> {
  const body = new Reader(bytes)
  const [, type, flags, , , serial] = body.read('yyyyuu') as number[]
  const [list] = body.read('a(yv)') as [[number, unknown][]]
  const header: Record<string, unknown> = {}
  for (const [code, value] of list) {
    const [name] = Object.entries(codes).find(([, known]) => known === code) ?? []
    if (name === undefined) continue // of a later version
    check(typeof value === (types[name] === 'u' ? 'number' : 'string'), `a wrong ${name}`)
    header[name] = value
  }
  body.align('(')
  return { ...header, type: type!, flags: flags!, serial: serial!, body }
}
