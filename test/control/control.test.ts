import * as C from 'bsd-sockets'
import { AF_INET, AF_INET6, AF_UNIX, CMSG_LEN, CMSG_SPACE, decodeControl, encodeControl } from 'bsd-sockets'
import { meaningOf, options, setOption, SOCK_DGRAM, Socket } from 'bsd-sockets'
import type { ControlMessage, OutgoingControl } from 'bsd-sockets'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rows as known, splitControl } from '../../lib/tested.js'

const { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, SCM_RIGHTS, SOL_SOCKET } = C
const rows = known as readonly { level: number; type: number; key: string }[]

/** Encodes the entry, decodes the bytes, and returns the one message. */
function roundTrip(entry: OutgoingControl, family?: number): ControlMessage {
  const messages = decodeControl(encodeControl([entry], family)!)
  expect(messages).toHaveLength(1)
  return messages[0]!
}

describe('sending by meaning', () => {
  test('uses the level and type of the family', () => {
    expect(roundTrip({ ttl: 7 })).toMatchObject({ level: IPPROTO_IP, type: C.IP_TTL, ttl: 7 })
    expect(roundTrip({ ttl: 7 }, AF_INET6)).toMatchObject({ level: IPPROTO_IPV6, type: C.IPV6_HOPLIMIT, ttl: 7 })
    expect(roundTrip({ tos: 0xb8 })).toMatchObject({ level: IPPROTO_IP, type: C.IP_TOS, tos: 0xb8 })
    expect(roundTrip({ tos: 0xb8 }, AF_INET6)).toMatchObject({ level: IPPROTO_IPV6, type: C.IPV6_TCLASS, tos: 0xb8 })
  })

  test('packetInfo sets the source address; a received one can be sent back', () => {
    const received = roundTrip({ packetInfo: { address: '224.0.0.1', ifindex: 3, specificDestination: '192.0.2.1' } })
    expect(received).toMatchObject({ level: IPPROTO_IP, type: C.IP_PKTINFO })
    expect(received.packetInfo).toEqual({ address: '0.0.0.0', ifindex: 3, specificDestination: '192.0.2.1' })
    const six = roundTrip({ packetInfo: { address: '2001:db8::1', ifindex: 2 } }, AF_INET)
    expect(six).toMatchObject({ level: IPPROTO_IPV6, type: C.IPV6_PKTINFO })
    expect(six.packetInfo).toEqual({ address: '2001:db8::1', ifindex: 2 })
  })

  test.runIf(C.SCM_TXTIME !== undefined)('credentials, segmentSize and txTime', () => {
    const credentials = { pid: 1, uid: 2 ** 32 - 1, gid: 0 }
    expect(roundTrip({ credentials }, AF_UNIX).credentials).toEqual(credentials)
    expect(roundTrip({ segmentSize: 1400 })).toMatchObject({ level: IPPROTO_UDP, type: C.UDP_SEGMENT })
    expect(roundTrip({ segmentSize: 1400 }).data.readUInt16LE()).toBe(1400)
    expect(roundTrip({ txTime: 2n ** 63n }).data.readBigUInt64LE()).toBe(2n ** 63n)
  })

  test('each property of an entry becomes a message; undefined is ignored', () => {
    const messages = decodeControl(encodeControl([{ ttl: 1, tos: 2 }, { ttl: undefined }, { tos: 3 }])!)
    expect(messages.map(({ ttl, tos }) => ttl ?? tos)).toEqual([1, 2, 3])
    expect(encodeControl([])).toBeNull()
    expect(encodeControl([{ ttl: undefined }])).toBeNull()
  })

  test('a received message can be sent on by its bytes', () => {
    const received = roundTrip({ tos: 4 })
    expect(roundTrip(received)).toEqual(received)
  })
})

test('the error of a wrong value names it', () => {
  const encode = (entry: unknown) => () => encodeControl([entry as OutgoingControl])
  expect(encode({ ttl: 256 })).toThrow(
    expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', message: expect.stringContaining('"ttl"') }),
  )
  expect(encode({ ttl: '1' })).toThrow(TypeError)
  expect(encode({ segmentSize: 0 })).toThrow(RangeError)
  expect(encode({ txTime: 5 })).toThrow(TypeError)
  expect(encode({ packetInfo: { address: 'localhost', ifindex: 0 } })).toThrow(/packetInfo\.address/)
  expect(encode({ packetInfo: { address: '::1', ifindex: -1 } })).toThrow(/packetInfo\.ifindex/)
  expect(encode({ packetInfo: {} })).toThrow(TypeError)
  expect(encode({ credentials: { pid: 1, uid: -1, gid: 0 } })).toThrow(/credentials\.uid/)
  expect(encode({ fds: [1, 2 ** 31] })).toThrow(RangeError)
  expect(encode({ fds: ['1'] })).toThrow(TypeError)
  expect(encode({ fds: new Set([1]) })).toThrow(/"fds"/)
  expect(encode({ fds: [{ fd: -1 }] })).toThrow(expect.objectContaining({ code: 'EBADF' }))
  expect(encode({ timestamp: 1n })).toThrow(/timestamp/)
  expect(encode({ level: 1, type: 2.5, data: '' })).toThrow(/"type"/)
  expect(encode({ level: 1, type: 2, data: 3 })).toThrow(TypeError)
  expect(encode('ttl')).toThrow(TypeError)
  expect(encode(null)).toThrow(TypeError)
  expect(() => encodeControl({ ttl: 1 } as never)).toThrow(TypeError)
})

const hasDescriptors = (message: { level: number; type: number }): boolean =>
  message.level === SOL_SOCKET && (message.type === SCM_RIGHTS || message.type === C.SCM_PIDFD)

const entry = fc.record({
  level: fc.constantFrom(SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, 4242, -1),
  type: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  data: fc.uint8Array({ maxLength: 64 }),
})

test('any entries are read back; each takes CMSG_SPACE of its length', () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1 }), entries => {
      const bytes = encodeControl(entries)!
      expect(bytes.length).toBe(entries.reduce((sum, { data }) => sum + CMSG_SPACE(data.length), 0))
      const read = splitControl(bytes).map(({ level, type, data }) => ({ level, type, data: Uint8Array.from(data) }))
      expect(read).toEqual(entries)
    }),
  )
})

describe('hostile bytes', () => {
  const canary = 0xa5
  const margin = 64

  /** Decodes `bytes` between canaries and checks that no message has a byte from outside. */
  function readBetweenCanaries(bytes: Uint8Array, length: number): void {
    const memory = Buffer.alloc(bytes.length + 2 * margin, canary)
    memory.set(bytes, margin)
    const view = memory.subarray(margin, margin + bytes.length)
    const last = view.byteOffset + Math.min(length, view.length)
    const raw = splitControl(view, length)
    for (const { data } of raw) {
      expect(data.buffer).toBe(view.buffer)
      expect(data.length === 0 || data.byteOffset >= view.byteOffset + CMSG_LEN(0)).toBe(true)
      expect(data.byteOffset + data.length).toBeLessThanOrEqual(last)
    }
    if (!raw.some(hasDescriptors)) expect(decodeControl(view, length)).toHaveLength(raw.length)
    expect(memory.subarray(0, margin).every(byte => byte === canary)).toBe(true)
    expect(memory.subarray(margin + bytes.length).every(byte => byte === canary)).toBe(true)
  }

  test('less than a whole header is no message', () => {
    for (let length = 0; length < CMSG_LEN(0); length++) expect(splitControl(Buffer.alloc(length, 0xff))).toEqual([])
  })

  test('any bytes, with any length', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 256 }), fc.nat(300), readBetweenCanaries), { numRuns: 2000 })
  })

  test('any cmsg_len before known messages', () => {
    const lengths = [0n, 1n, 8n, 15n, 16n, 17n, 19n, 24n, 40n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 64n - 1n]
    const known = fc.constantFrom(...rows.filter(row => !hasDescriptors(row)))
    const message = fc.tuple(fc.constantFrom(...lengths), known, fc.uint8Array({ maxLength: 80 }))
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), fc.nat(400), (messages, length) => {
        const parts = messages.map(([size, { level, type }, data]) => {
          const part = encodeControl([{ level, type, data }])!
          // cmsg_len is a size_t on Linux, a socklen_t elsewhere. cmsg(3)
          if (process.platform === 'linux') part.writeBigUInt64LE(size)
          else part.writeUInt32LE(Number(size & 0xffff_ffffn))
          return part
        })
        readBetweenCanaries(Buffer.concat(parts), length)
      }),
      { numRuns: 2000 },
    )
  })

  test('known messages with 0 to 128 bytes of data: too few stay bytes, nothing throws', () => {
    for (const { level, type, key } of rows.filter(row => !hasDescriptors(row))) {
      for (let length = 0; length <= 128; length++) {
        const [message] = decodeControl(encodeControl([{ level, type, data: Buffer.alloc(length, 0xff) }])!)
        expect(message, key).toMatchObject({ level, type })
        expect(message!.data).toHaveLength(length)
      }
    }
  })

  test('a truncated message has the bytes that are there', () => {
    const bytes = encodeControl([{ level: 4242, type: 1, data: 'abcdefgh' }])!
    expect(splitControl(bytes, CMSG_LEN(3)).map(({ data }) => data.toString())).toEqual(['abc'])
  })
})

describe.runIf(C.MSG_ERRQUEUE !== undefined)('messages that are only received', () => {
  const decoded = (level: number, type: number, data: Uint8Array) =>
    decodeControl(encodeControl([{ level, type, data }])!)[0]!

  /** A struct sock_extended_err. */
  function extended(errno: number, origin: number, type: number, code: number, info: number, data: number) {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32LE(errno, 0)
    bytes.set([origin, type, code], 4)
    bytes.writeUInt32LE(info, 8)
    bytes.writeUInt32LE(data, 12)
    return bytes
  }

  test('an entry of the error queue, with and without an offender', () => {
    const report = extended(111, C.SO_EE_ORIGIN_ICMP!, 3, 3, 1, 2)
    const offender = C.encodeAddress({ address: '192.0.2.7', port: 0 })
    const message = decoded(IPPROTO_IP, C.IP_RECVERR!, Buffer.concat([report, offender]))
    expect(message.error).toEqual({
      errno: -111,
      name: 'ECONNREFUSED',
      origin: C.SO_EE_ORIGIN_ICMP,
      type: 3,
      code: 3,
      info: 1,
      data: 2,
      offender: { family: 'IPv4', address: '192.0.2.7', port: 0 },
    })
    expect(decoded(IPPROTO_IPV6, C.IPV6_RECVERR!, report).error).toMatchObject({ name: 'ECONNREFUSED', offender: null })
    expect(decoded(IPPROTO_IP, C.IP_RECVERR!, Buffer.concat([report, Buffer.alloc(16)])).error?.offender).toBeNull()
  })

  test('the completion of zero-copy sends', () => {
    const copied = C.SO_EE_CODE_ZEROCOPY_COPIED!
    const report = (code: number) => extended(0, C.SO_EE_ORIGIN_ZEROCOPY!, 0, code, 5, 2 ** 32 - 1)
    expect(decoded(IPPROTO_IP, C.IP_RECVERR!, report(0)).zerocopy).toEqual({
      first: 5,
      last: 2 ** 32 - 1,
      copied: false,
    })
    expect(decoded(IPPROTO_IPV6, C.IPV6_RECVERR!, report(copied))).toMatchObject({ zerocopy: { copied: true } })
    expect(decoded(IPPROTO_IP, C.IP_RECVERR!, report(0))).not.toHaveProperty('error')
  })

  test('times, in nanoseconds', () => {
    const times = (...values: bigint[]) => Buffer.from(new BigInt64Array(values).buffer)
    expect(decoded(SOL_SOCKET, C.SCM_TIMESTAMP, times(1n, 2n)).timestamp).toBe(1_000_002_000n)
    expect(decoded(SOL_SOCKET, C.SCM_TIMESTAMPNS!, times(1n, 2n)).timestamp).toBe(1_000_000_002n)
    const hardware = decoded(SOL_SOCKET, C.SCM_TIMESTAMPING!, times(0n, 0n, 9n, 9n, 1n, 2n)).timestamping
    expect(hardware).toEqual({ software: null, hardware: 1_000_000_002n })
  })

  test('a security label, with or without its NUL', () => {
    expect(decoded(SOL_SOCKET, C.SCM_SECURITY!, Buffer.from('unconfined\0')).securityLabel).toBe('unconfined')
    expect(decoded(SOL_SOCKET, C.SCM_SECURITY!, Buffer.from('unconfined')).securityLabel).toBe('unconfined')
  })

  test('IP_TOS is one byte', () => {
    expect(decoded(IPPROTO_IP, C.IP_TOS, Buffer.of(0xb8)).tos).toBe(0xb8)
  })

  test('a negative pidfd (the kernel could not make one) is left out', () => {
    const message = decoded(SOL_SOCKET, C.SCM_PIDFD!, Buffer.from(new Int32Array([-3]).buffer))
    expect(message).not.toHaveProperty('pidFd')
  })
})

describe('meaningOf', () => {
  test('has the values of all messages; unknown ones have none', () => {
    const [one, other] = Socket.pair()
    one.sendmsg(['x'], [{ fds: [one] }, { fds: [other, one] }])
    const { control } = other.recvmsg(1, 256)
    const { fds, ...rest } = meaningOf([...control, { level: 4242, type: 1, data: Buffer.alloc(4) }])
    expect(fds).toEqual(control.flatMap(({ fds = [] }) => fds))
    expect([fds!.length, rest]).toEqual([3, {}])
    for (const each of [one, other, ...fds!]) each.close()
    expect(meaningOf([])).toEqual({})
  })

  test('joins descriptors; of any other value the first counts', () => {
    const raw = { level: 1, type: 1, data: Buffer.alloc(0) }
    const { ttl, tos, timestamp, fds } = meaningOf([
      { ...raw, ttl: 0 },
      { ...raw, tos: 16, fds: [] },
      { ...raw, ttl: 64, timestamp: 0n },
    ])
    expect({ ttl, tos, timestamp, fds }).toEqual({ ttl: 0, tos: 16, timestamp: 0n, fds: [] })
  })

  test('of a datagram', () => {
    const receiver = new Socket(AF_INET, SOCK_DGRAM)
    receiver.settimeout(5000)
    receiver.bind(['127.0.0.1', 0])
    setOption(receiver, options.ipRecvTtl, true)
    setOption(receiver, options.ipRecvTos, true)
    const sender = new Socket(AF_INET, SOCK_DGRAM)
    sender.sendmsg(['x'], [{ ttl: 9, tos: 16 }], 0, receiver.getsockname())
    expect(meaningOf(receiver.recvmsg(1, 256).control)).toEqual({ ttl: 9, tos: 16 })
    receiver.close()
    sender.close()
  })

  test('of anything else is a TypeError', () => {
    for (const wrong of [undefined, null, {}, 'x', [null], [1]])
      expect(() => meaningOf(wrong as never)).toThrow(expect.objectContaining({ argument: 'control' }))
  })
})
