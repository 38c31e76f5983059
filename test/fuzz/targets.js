// The targets that are written in JavaScript: what decodes bytes of the kernel or of a peer. Each takes any bytes, and throws if
// something is wrong: a byte outside the given ones was read, the result does not survive being encoded and decoded again, or an
// error is not one of those that are documented.
import assert from 'node:assert/strict'

const margin = 32

/** `bytes` within a larger memory that is filled with `canary`. */
function between(bytes, canary) {
  const memory = Buffer.alloc(bytes.length + 2 * margin, canary)
  memory.set(bytes, margin)
  return memory
}

/** What `read` makes of the bytes; it must not depend on what lies around them. Each result is made plain to be compared. */
function alone(bytes, read, plain = value => value) {
  const whole = read(Buffer.from(bytes), bytes.length)
  const expected = plain(whole)
  for (const canary of [0x00, 0x41, 0xff]) {
    const memory = between(bytes, canary)
    const view = memory.subarray(margin, margin + bytes.length)
    assert.deepEqual(plain(read(view, bytes.length)), expected)
    assert.deepEqual(plain(read(memory.subarray(margin), bytes.length)), expected)
    memory.set(Buffer.alloc(bytes.length, canary), margin)
    assert.ok(
      memory.every(byte => byte === canary),
      'a byte was written outside the view',
    )
  }
  return whole
}

/** The result of a call; undefined if it throws an error of an argument, or finds no interface of that name. */
function unlessRefused(call) {
  try {
    return call()
  } catch (error) {
    if (/^ERR_(INVALID_ARG_TYPE|INVALID_ARG_VALUE|OUT_OF_RANGE)$/.test(error.code)) return undefined
    if (error.code === 'ENODEV' && error.syscall === 'if_nametoindex') return undefined
    throw error
  }
}

/** Takes values from the beginning of the bytes; 0 and nothing after their end. */
class Source {
  constructor(bytes) {
    this.rest = bytes
  }
  bytes(length) {
    const taken = this.rest.subarray(0, length)
    this.rest = this.rest.subarray(taken.length)
    return taken
  }
  number(size) {
    const taken = this.bytes(size)
    return taken.length === 0 ? 0 : taken.readUIntLE(0, taken.length)
  }
  text() {
    return this.bytes(this.number(1) % 160).toString(this.number(1) % 4 === 0 ? 'utf16le' : 'utf8')
  }
  value() {
    switch (this.number(1) % 8) {
      case 0:
        return this.text()
      case 1:
        return this.bytes(this.number(1) % 160)
      case 2:
        return BigInt(this.number(6)) - BigInt(this.number(1))
      case 3:
        return undefined
      case 4:
        return this.number(6) / 4
      default:
        return this.number([1, 2, 4][this.number(1) % 3])
    }
  }
}

const properties = {
  IPv4: ['address', 'port'],
  IPv6: ['address', 'port', 'flowlabel', 'scopeid'],
  unix: ['path'],
  abstract: ['abstract'],
  raw: ['af', 'data'],
  netlink: ['pid', 'groups'],
  packet: ['ifindex', 'protocol', 'pkttype', 'hatype', 'address'],
  vsock: ['cid', 'port'],
  can: ['ifindex', 'rxId', 'txId'],
  canBus: ['ifindex', 'name', 'pgn', 'addr'],
  alg: ['type', 'name', 'feat', 'mask'],
  tipc: ['addrtype', 'v1', 'v2', 'v3', 'scope'],
  qipcrtr: ['node', 'port'],
  hci: ['dev', 'channel'],
  l2cap: ['bdaddr', 'psm', 'cid', 'bdaddrType'],
  rfcomm: ['bdaddr', 'channel'],
  sco: ['bdaddr'],
  system: ['id', 'unit', 'sysaddr'],
}
const familyNames = { abstract: 'unix', canBus: 'can' }

/** An address as an argument, of any kind. */
function anyAddress(source) {
  const kind = source.number(1) % 24
  if (kind === 0) return source.text()
  if (kind === 1) return source.bytes(200)
  if (kind === 2) return [source.text(), source.value()]
  const list = Object.keys(properties)
  const name = list[kind % list.length]
  return {
    family: familyNames[name] ?? name,
    ...Object.fromEntries(properties[name].map(key => [key, source.value()])),
  }
}

/** sockaddr: bytes that are decoded, and an address that is encoded. */
export const sockaddr = ({ decodeAddress, encodeAddress }) =>
  function (bytes) {
    const decoded = alone(bytes, decodeAddress)
    const again = unlessRefused(() => encodeAddress(decoded))
    if (again !== undefined) {
      assert.ok(again.length <= 128, `a sockaddr of ${again.length} bytes`)
      assert.deepEqual(decodeAddress(again), decoded)
    }
    const address = anyAddress(new Source(bytes))
    const encoded = unlessRefused(() => encodeAddress(address))
    if (encoded === undefined) return
    assert.ok(encoded.length <= 128, `a sockaddr of ${encoded.length} bytes`)
    const back = decodeAddress(encoded)
    // The bytes of a raw address may be those of another family, and more than it has.
    const once = address.family === 'raw' ? unlessRefused(() => encodeAddress(back)) : encodeAddress(back)
    if (once !== undefined) assert.deepEqual(decodeAddress(once), back)
    if (address.family !== 'raw') assert.deepEqual(once, encoded)
  }

// A peer's descriptors are those of this process only if the kernel installed them: these are never closed.
function letGo(messages) {
  for (const message of messages) {
    if (message.fds !== undefined) message.fds = message.fds.map(fd => fd.detach())
    if (message.pidFd !== undefined) message.pidFd = message.pidFd.detach()
  }
  return messages
}

/** Control messages: bytes that are decoded, and what was decoded encoded again. cmsg(3) */
export const control = ({ CMSG_SPACE, decodeControl, encodeControl, meaningOf }) =>
  function (bytes) {
    const messages = alone(bytes, (view, length) => letGo(decodeControl(view, length)))
    assert.ok(messages.length <= bytes.length / CMSG_SPACE(0) + 1)
    meaningOf(messages)
    const raw = messages.map(({ level, type, data }) => ({ level, type, data }))
    if (raw.length === 0) return
    const encoded = encodeControl(raw)
    assert.equal(
      encoded.length,
      raw.reduce((sum, { data }) => sum + CMSG_SPACE(data.length), 0),
    )
    assert.deepEqual(letGo(decodeControl(encoded)), messages)
    for (const message of messages) {
      const meaning = meaningOf([{ ...message, fds: undefined, pidFd: undefined }])
      for (const family of [2, 10]) {
        const one = unlessRefused(() => encodeControl([meaning], family))
        if (one !== undefined && one !== null) letGo(decodeControl(one))
      }
    }
  }

/** Netlink: messages, and the attributes in them at any depth. netlink(7) */
export const netlink = ({ parseNetlink }) =>
  function (bytes) {
    const plainBytes = (payload, depth) => ({
      bytes: Buffer.from(payload.bytes),
      integers: [payload.u8(depth), payload.u16(1), payload.u32(), payload.i32(depth), payload.u64(4)],
      text: payload.text(),
      ip: payload.ip(),
      attributes:
        depth > 4
          ? []
          : (depth === 0 ? [0, 4, 16] : [0]).map(offset =>
              payload.attributeList(offset).map(plainAttribute(depth + 1)),
            ),
    })
    const plainAttribute =
      depth =>
      ({ value, ...rest }) => ({ ...rest, value: plainBytes(value, depth) })
    const messages = alone(bytes, parseNetlink, list =>
      list.map(({ payload, ...header }) => ({ ...header, payload: plainBytes(payload, 0) })),
    )
    let at = 0
    for (const { type, flags, seq, pid, payload } of messages) {
      const header = Buffer.from(new Uint32Array([16 + payload.bytes.length, type | (flags << 16), seq, pid]).buffer)
      assert.deepEqual(
        Buffer.concat([header, payload.bytes]),
        Buffer.from(bytes.subarray(at, at + 16 + payload.bytes.length)),
      )
      at += (16 + payload.bytes.length + 3) & ~3
    }
    for (const { payload } of messages)
      for (const { type, value } of payload.attributeList())
        assert.ok(payload.attributes().has(type) && value.bytes.length <= 65531)
  }
