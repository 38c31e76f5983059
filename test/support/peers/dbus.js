// A session D-Bus: the handshake that enables descriptors, and descriptors that are passed between two connections, each a Duplex.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'
import { connected, find, withFolder, withServer } from './server.js'

export const program = () => find('dbus-daemon')

const [METHOD_CALL, METHOD_RETURN] = [1, 2]
const NO_REPLY_EXPECTED = 1
// The header's fields, their types and codes. D-Bus Specification, Message Format
const fields = {
  path: ['o', 1],
  interface: ['s', 2],
  member: ['s', 3],
  destination: ['s', 6],
  signature: ['g', 8],
  fds: ['u', 9],
}

const aligned = (length, to) => Math.ceil(length / to) * to

export class Writer {
  bytes = Buffer.alloc(0)

  pad(to) {
    this.bytes = Buffer.concat([this.bytes], aligned(this.bytes.length, to))
    return this
  }

  byte(...values) {
    this.bytes = Buffer.concat([this.bytes, Buffer.from(values)])
    return this
  }

  uint32(value) {
    this.pad(4)
    return this.byte(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24)
  }

  string(text) {
    this.uint32(Buffer.byteLength(text))
    return this.byte(...Buffer.from(text), 0)
  }

  signature(text) {
    return this.byte(text.length, ...Buffer.from(text), 0)
  }

  variant(type, value) {
    this.signature(type)
    if (type === 'u') return this.uint32(value)
    return type === 'g' ? this.signature(value) : this.string(value)
  }
}

export function message(serial, header, body = Buffer.alloc(0), flags = 0) {
  const list = new Writer()
  for (const [name, value] of Object.entries(header)) {
    const [type, code] = fields[name]
    list.pad(8).byte(code).variant(type, value)
  }
  const start = new Writer()
    .byte(0x6c, METHOD_CALL, flags, 1)
    .uint32(body.length)
    .uint32(serial)
    .uint32(list.bytes.length)
  start.byte(...list.bytes).pad(8)
  return Buffer.concat([start.bytes, body])
}

const bus = { path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus', destination: 'org.freedesktop.DBus' }

export class Connection {
  #stream
  #chunks
  #received = Buffer.alloc(0)
  #fds = []

  static async open(path) {
    const connection = new Connection()
    connection.#stream = toDuplex(await connected(path), { fds: true })
    connection.#stream.on('fds', fds => connection.#fds.push(...fds))
    connection.#chunks = connection.#stream[Symbol.asyncIterator]()
    return connection
  }

  async #receive() {
    const { value, done } = await this.#chunks.next()
    assert.ok(!done, 'the bus has closed the connection')
    this.#received = Buffer.concat([this.#received, value])
  }

  async #say(line, answer) {
    this.#stream.write(line)
    while (!this.#received.includes('\r\n')) await this.#receive()
    const end = this.#received.indexOf('\r\n')
    assert.match(this.#received.toString('latin1', 0, end), answer)
    this.#received = this.#received.subarray(end + 2)
  }

  /** Who we are, the kernel tells the bus. Its name for this connection. */
  async greet() {
    await this.#say(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid())).toString('hex')}\r\n`, /^OK [\da-f]{32}$/)
    await this.#say('NEGOTIATE_UNIX_FD\r\n', /^AGREE_UNIX_FD$/)
    this.#stream.write('BEGIN\r\n')
    this.send(message(1, { ...bus, member: 'Hello' }))
    const { body } = await this.next(METHOD_RETURN)
    return body.toString('latin1', 4, 4 + body.readUInt32LE(0))
  }

  send(bytes, fds = []) {
    this.#stream.writeWithFds(bytes, fds)
  }

  /** The next message of this type, and its `count` descriptors, which have come before the end of its bytes. */
  async next(type, count = 0) {
    for (;;) {
      const bytes = this.#received
      if (bytes.length >= 16) {
        const start = aligned(16 + bytes.readUInt32LE(12), 8)
        const end = start + bytes.readUInt32LE(4)
        if (bytes.length >= end) {
          this.#received = bytes.subarray(end)
          if (bytes[1] === type) return { body: bytes.subarray(start, end), fds: this.#fds.splice(0, count) }
          continue
        }
      }
      await this.#receive()
    }
  }

  close() {
    this.#stream.destroy()
  }
}

export const run = command =>
  withFolder(async folder => {
    const path = join(folder, 'socket')
    const ready = async () => (await Connection.open(path)).close()
    await withServer(
      [command, '--session', '--nofork', '--nopidfile', `--address=unix:path=${path}`],
      ready,
      async () => {
        const [one, other] = [await Connection.open(path), await Connection.open(path)]
        const names = [await one.greet(), await other.greet()]
        assert.match(names[0], /^:\d+\.\d+$/)
        assert.notEqual(names[0], names[1])
        const header = { path: '/', interface: 'org.example', member: 'Take', destination: names[1] }
        const ends = Array.from({ length: 50 }, () => Socket.pair())
        for (const [serial, [, passed]] of ends.entries()) {
          const body = new Writer().uint32(0).bytes
          one.send(message(3 + serial, { ...header, signature: 'h', fds: 1 }, body, NO_REPLY_EXPECTED), [passed])
          passed.close()
        }
        for (const [kept] of ends) {
          const { body, fds } = await other.next(METHOD_CALL, 1)
          assert.equal(body.readUInt32LE(0), 0)
          assert.equal(fds.length, 1)
          const taken = Socket.fromFd(fds[0].detach())
          await taken.sendall('through the bus')
          assert.equal(String(await kept.recv(64)), 'through the bus')
          for (const each of [kept, taken]) each.close()
        }
        for (const each of [one, other]) each.close()
      },
    )
  })
