// A D-Bus service, without any library. Its method Reverse takes the descriptor of a file and returns that of
// another, with the bytes in reverse order. The protocol: https://dbus.freedesktop.org/doc/dbus-specification.html
import { fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { OwnedFd } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'

const { values: given } = parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } })
if (given.help) {
  console.log('usage: dbus-service\n\nServes on the bus of $DBUS_SESSION_BUS_ADDRESS, until Ctrl-C.')
  process.exit()
}

// --- Values. A signature is a sequence of types, each a letter or more: su, a{sv}. ---

const alignments: Record<string, number> = {
  ...{ y: 1, b: 4, n: 2, q: 2, i: 4, u: 4, x: 8, t: 8, d: 8, h: 4 }, // numbers; h is the index of a descriptor
  ...{ s: 4, o: 4, g: 1, v: 1, a: 4, '(': 8, '{': 8 }, // string, path, signature, variant, array, structure, entry
}

function check(right: boolean, what: string): asserts right {
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

// --- Messages ---

const [METHOD_CALL, METHOD_RETURN, ERROR] = [1, 2, 3]
const NO_REPLY_EXPECTED = 1
const codes = {
  ...{ path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5 },
  ...{ destination: 6, sender: 7, signature: 8, fdCount: 9 },
}
const types: Record<string, string> = { path: 'o', signature: 'g', replySerial: 'u', fdCount: 'u' } // of the others: s

type Header = Partial<
  Record<'path' | 'interface' | 'member' | 'errorName' | 'destination' | 'sender' | 'signature', string> &
    Record<'replySerial' | 'fdCount', number>
>

interface Message extends Header {
  type: number
  flags: number
  serial: number
  body: Reader
  fds: OwnedFd[]
}

let serial = 0 // of the last message that was sent

function encode(type: number, header: Header, values: (number | string)[]): Buffer {
  let list: Buffer = Buffer.alloc(0)
  for (const [name, value] of Object.entries(header)) {
    const letter = types[name] ?? 's'
    const before = Buffer.concat([list], aligned(list.length, '('))
    const start = Buffer.concat([before, Buffer.from([codes[name as keyof Header], 1]), Buffer.from(`${letter}\0`)])
    list = append(start, letter, value)
  }
  let body: Buffer = Buffer.alloc(0)
  for (const [i, letter] of typesOf(header.signature ?? '').entries()) body = append(body, letter, values[i]!)
  let bytes: Buffer = Buffer.from([0x6c, type, 0, 1])
  for (const number of [body.length, ++serial, list.length]) bytes = append(bytes, 'u', number)
  return Buffer.concat([Buffer.concat([bytes, list], aligned(16 + list.length, '(')), body])
}

/** The length of a message, of which at least 16 bytes have come. */
function lengthOf(bytes: Buffer): number {
  check(bytes[0] === 0x6c || bytes[0] === 0x42, `the byte order ${bytes[0]}`)
  const [body, list] = [4, 12].map(at => (bytes[0] === 0x6c ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)))
  const length = aligned(16 + list!, '(') + body!
  check(length <= 2 ** 27, `a message of ${length} bytes`)
  return length
}

function decode(bytes: Buffer): Omit<Message, 'fds'> {
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

/** The messages that come, each with its descriptors, which the kernel delivers not later than the last byte. */
async function* received(): AsyncGenerator<Message> {
  const arrived: OwnedFd[] = []
  let [pieces, size, needed]: [Buffer[], number, number] = [[], 0, 16]
  for await (const { data, fds, controlTruncated } of bus.messages({ maxFds: 253 })) {
    check(!controlTruncated, 'descriptors for which this process has no room')
    arrived.push(...fds)
    pieces.push(data)
    size += data.length
    while (size >= needed) {
      const bytes = Buffer.concat(pieces)
      pieces = [bytes]
      needed = lengthOf(bytes)
      if (size < needed) break
      const message = decode(bytes.subarray(0, needed))
      const count = message.fdCount ?? 0
      check(count <= arrived.length, `${arrived.length} of ${count} descriptors`)
      yield { ...message, fds: arrived.splice(0, count) }
      pieces = [bytes.subarray(needed)]
      size -= needed
      needed = 16
    }
  }
}

// --- The connection ---

/** Connects to a bus: unix:path=/run/user/0/bus or unix:abstract=/tmp/dbus, or several of them, of which one answers. */
async function connect(addresses = ''): Promise<Socket> {
  let failure: unknown = new Error(`no Unix socket in the address ${JSON.stringify(addresses)}`)
  for (const [, keys] of addresses.matchAll(/(?<=^|;)unix:([^;]*)/g)) {
    const pairs = keys!.split(',').map(pair => pair.split('=').map(decodeURIComponent) as [string, string])
    const { path, abstract = '' } = Object.fromEntries(pairs)
    try {
      return await createConnection(path === undefined ? { family: 'unix', abstract } : { family: 'unix', path })
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** Sends a line of the handshake, and checks the answer. */
async function say(line: string, expected: RegExp): Promise<void> {
  await bus.sendall(`${line}\r\n`)
  let answer = ''
  while (!answer.endsWith('\r\n')) {
    const bytes = await bus.recv(1024)
    check(bytes.length > 0 && answer.length < 4096, `no answer to ${JSON.stringify(line)}`)
    answer += bytes.toString('latin1')
  }
  check(expected.test(answer.trimEnd()), answer.trimEnd())
}

/** Sends a message; a value of the type h is the index of a descriptor. */
async function send(
  type: number,
  header: Header,
  values: (number | string)[] = [],
  fds: OwnedFd[] = [],
): Promise<void> {
  const complete = fds.length > 0 ? { ...header, fdCount: fds.length } : header
  await bus.sendallFds(encode(type, complete, values), fds)
}

// --- The service ---

const name = 'org.example.Reverser'
const objectPath = '/org/example/Reverser'
const largest = 2 ** 24 // bytes
const introspection = `<node>
  <interface name="org.example.Reverser">
    <method name="Reverse"><arg name="file" type="h"/><arg name="reversed" type="h" direction="out"/></method>
  </interface>
  <interface name="org.freedesktop.DBus.Introspectable">
    <method name="Introspect"><arg name="xml" type="s" direction="out"/></method>
  </interface>
  <interface name="org.freedesktop.DBus.Peer"><method name="Ping"/></interface>
</node>`

/** Each method: what it takes, what it returns, and what it does, which returns strings and descriptors. */
const methods: Record<string, { takes: string; returns: string; run: (fd?: OwnedFd) => (string | OwnedFd)[] }> = {
  'org.example.Reverser.Reverse': { takes: 'h', returns: 'h', run: file => [reversed(file)] },
  'org.freedesktop.DBus.Introspectable.Introspect': { takes: '', returns: 's', run: () => [introspection] },
  'org.freedesktop.DBus.Peer.Ping': { takes: '', returns: '', run: () => [] },
}

function failure(error: string, message: string): Error {
  return Object.assign(new Error(message), { name: `org.freedesktop.DBus.Error.${error}` })
}

/** A new file, which has no name. */
function reversed(file: OwnedFd | undefined): OwnedFd {
  if (file === undefined) throw failure('InvalidArgs', 'there is no such descriptor')
  const status = fstatSync(file.fd) // a caller may send the descriptor of anything
  if (!status.isFile()) throw failure('InvalidArgs', 'the descriptor is not that of a file')
  if (status.size > largest) throw failure('LimitsExceeded', `the file has more than ${largest} bytes`)
  const content = Buffer.alloc(status.size)
  const size = readSync(file.fd, content, 0, content.length, 0) // its position, which the caller shares, stays
  const path = join(tmpdir(), `reversed-${process.pid}`)
  const made = new OwnedFd(openSync(path, 'wx+', 0o600))
  unlinkSync(path)
  writeSync(made.fd, content.subarray(0, size).reverse(), 0, size, 0)
  return made
}

function run({ path, interface: given, member, signature = '', body, fds }: Message): [string, (string | OwnedFd)[]] {
  if (path !== objectPath) throw failure('UnknownObject', `there is no object ${path}, but ${objectPath}`)
  const method = Object.keys(methods).find(
    known => known === `${given}.${member}` || (!given && known.endsWith(`.${member}`)),
  )
  if (method === undefined) throw failure('UnknownMethod', `there is no method ${member} of ${given}`)
  const { takes, returns, run } = methods[method]!
  if (signature !== takes) throw failure('InvalidArgs', `${member} takes '${takes}', not '${signature}'`)
  const [index] = body.read(takes)
  return [returns, run(fds[index as number])]
}

async function answer(message: Message): Promise<void> {
  const reply = { replySerial: message.serial, destination: message.sender ?? '' }
  let made: OwnedFd[] = []
  try {
    const [signature, results] = run(message)
    made = results.filter(result => result instanceof OwnedFd)
    if ((message.flags & NO_REPLY_EXPECTED) !== 0) return
    const values = results.map(result => (result instanceof OwnedFd ? made.indexOf(result) : result))
    await send(METHOD_RETURN, signature === '' ? reply : { ...reply, signature }, values, made)
  } catch (error) {
    if (bus.closed || (message.flags & NO_REPLY_EXPECTED) !== 0) return
    const { name, message: text } = error as Error
    const errorName = name.includes('.') ? name : 'org.freedesktop.DBus.Error.Failed'
    await send(ERROR, { ...reply, errorName, signature: 's' }, [text])
  } finally {
    for (const fd of [...made, ...message.fds]) fd.close()
  }
}

function fail(error: unknown): never {
  console.error(`dbus-service: ${(error as Error).message}`)
  process.exit(1)
}

async function serve(): Promise<void> {
  await say(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid!())).toString('hex')}`, /^OK [\da-f]+$/)
  await say('NEGOTIATE_UNIX_FD', /^AGREE_UNIX_FD$/)
  await bus.sendall('BEGIN\r\n')
  const driver = {
    destination: 'org.freedesktop.DBus',
    path: '/org/freedesktop/DBus',
    interface: 'org.freedesktop.DBus',
  }
  await send(METHOD_CALL, { ...driver, member: 'Hello' })
  await send(METHOD_CALL, { ...driver, member: 'RequestName', signature: 'su' }, [name, 4]) // 4: or else fail
  const requested = serial
  for await (const message of received()) {
    const { type, sender, replySerial, body, fds } = message
    if (type === METHOD_CALL) await answer(message)
    else for (const fd of fds) fd.close() // a signal, or a message that nobody waits for
    if (sender !== driver.destination || type === METHOD_CALL) continue
    if (type === ERROR) throw new Error(`${message.errorName}: ${String(body.read('s')[0])}`)
    if (replySerial !== requested) continue
    if (body.read('u')[0] !== 1) throw new Error(`another process has the name ${name}`)
    console.log(`${name} on ${process.env.DBUS_SESSION_BUS_ADDRESS}`)
  }
  if (!bus.closed) throw new Error('the bus has closed the connection')
}

const bus = await connect(process.env.DBUS_SESSION_BUS_ADDRESS).catch(fail)
process.once('SIGINT', () => bus.close())
await serve().catch(fail)
