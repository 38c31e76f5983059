// A D-Bus service, without any library. Its method Reverse takes the descriptor of a file and returns that of
// another, with the bytes in reverse order. The protocol: https://dbus.freedesktop.org/doc/dbus-specification.html
import { fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { OwnedFd } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'
import {
  check,
  decode,
  encode,
  ERROR,
  lengthOf,
  METHOD_CALL,
  METHOD_RETURN,
  NO_REPLY_EXPECTED,
} from './dbus/message.js'
import type { Header, Message } from './dbus/message.js'

const { values: given } = parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } })
if (given.help) {
  console.log('usage: dbus-service\n\nServes on the bus of $DBUS_SESSION_BUS_ADDRESS, until Ctrl-C.')
  process.exit()
}

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

let serial = 0 // of the last message that was sent

/** Sends a message; a value of the type h is the index of a descriptor. */
async function send(type: number, header: Header, values: (number | string)[], fds: OwnedFd[] = []): Promise<void> {
  serial = (serial % 0xffffffff) + 1
  const complete = fds.length > 0 ? { ...header, fdCount: fds.length } : header
  await bus.sendallFds(encode(type, serial, complete, values), fds)
}

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

/** Each method: the types that it takes, and what it does. It returns strings and descriptors. */
const methods: Record<string, [takes: string, run: (file?: OwnedFd) => (string | OwnedFd)[]]> = {
  'org.example.Reverser.Reverse': ['h', file => [reversed(file)]],
  'org.freedesktop.DBus.Introspectable.Introspect': ['', () => [introspection]],
  'org.freedesktop.DBus.Peer.Ping': ['', () => []],
}

const failure = (error: string, message: string): Error =>
  Object.assign(new Error(message), { name: `org.freedesktop.DBus.Error.${error}` })

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

function resultOf({ path, interface: given, member, signature = '', body, fds }: Message): (string | OwnedFd)[] {
  if (path !== objectPath) throw failure('UnknownObject', `there is no object ${path}, but ${objectPath}`)
  const same = (known: string): boolean =>
    given === undefined ? known.endsWith(`.${member}`) : known === `${given}.${member}`
  const [, [takes, run] = []] = Object.entries(methods).find(([known]) => same(known)) ?? []
  if (takes === undefined) throw failure('UnknownMethod', `there is no method ${member} of ${given}`)
  if (signature !== takes) throw failure('InvalidArgs', `${member} takes '${takes}', not '${signature}'`)
  const [index] = body.read(takes)
  return run!(fds[index as number])
}

async function answer(message: Message): Promise<void> {
  let reply: Header = { replySerial: message.serial, destination: message.sender ?? '' }
  let results: (string | OwnedFd)[]
  try {
    results = resultOf(message)
  } catch (error) {
    const { name, message: text } = error as Error
    reply = { ...reply, errorName: name.includes('.') ? name : 'org.freedesktop.DBus.Error.Failed' }
    results = [text]
  }
  const type = reply.errorName === undefined ? METHOD_RETURN : ERROR
  const made = results.filter(result => result instanceof OwnedFd)
  const values = results.map(result => (result instanceof OwnedFd ? made.indexOf(result) : result))
  const signature = results.map(result => (result instanceof OwnedFd ? 'h' : 's')).join('')
  try {
    if ((message.flags & NO_REPLY_EXPECTED) === 0) await send(type, { ...reply, signature }, values, made)
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
  const driver = { destination: 'org.freedesktop.DBus', path: '/', interface: 'org.freedesktop.DBus' }
  await send(METHOD_CALL, { ...driver, member: 'Hello' }, [])
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
