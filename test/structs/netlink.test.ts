// Netlink messages: those of the kernel, and hostile bytes.
import { networkInterfaces } from 'node:os'
import * as C from 'bsd-sockets'
import { parseNetlink, SOCK_RAW, whyNot } from 'bsd-sockets'
import type { NetlinkBytes, NetlinkMessage } from 'bsd-sockets'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allowed, bound } from '../support/sockets.js'

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

interface Part {
  type: number
  flags?: number
  payload?: Uint8Array
  length?: number
}

function header(size: number, write: (view: DataView) => void): Buffer {
  const bytes = Buffer.alloc(size)
  write(new DataView(bytes.buffer, bytes.byteOffset, size))
  return bytes
}

const padded = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])

/** A message, whose length may be wrong. */
const message = ({ type, flags = 0, payload = Buffer.alloc(0), length = 16 + payload.length }: Part): Buffer =>
  Buffer.concat([
    header(16, view => {
      view.setUint32(0, length, littleEndian)
      view.setUint16(4, type, littleEndian)
      view.setUint16(6, flags, littleEndian)
      view.setUint32(8, 7, littleEndian)
      view.setUint32(12, 0xfffffffe, littleEndian)
    }),
    padded(payload),
  ])

/** An attribute, whose length may be wrong. */
const attribute = (type: number, value: Uint8Array, length = 4 + value.length): Buffer =>
  Buffer.concat([
    header(4, view => {
      view.setUint16(0, length, littleEndian)
      view.setUint16(2, type, littleEndian)
    }),
    padded(value),
  ])

const int = (value: number): Buffer => header(4, view => view.setInt32(0, value, littleEndian))
const only = (bytes: Uint8Array): NetlinkMessage => {
  const [first, ...others] = parseNetlink(bytes)
  expect(others).toEqual([])
  return first!
}

allowed('links and addresses of the kernel', whyNot.socket(C.AF_NETLINK, SOCK_RAW, C.NETLINK_ROUTE), () => {
  const socket = bound(C.AF_NETLINK!, SOCK_RAW, { family: 'netlink', pid: 0, groups: 0 }, C.NETLINK_ROUTE)
  function dump(type: number): NetlinkBytes[] {
    const found: NetlinkBytes[] = []
    const request = message({ type, flags: C.NLM_F_REQUEST! | C.NLM_F_DUMP!, payload: Buffer.alloc(4) })
    socket.sendto(request, { family: 'netlink', pid: 0, groups: 0 })
    for (;;) {
      for (const { type, seq, errno, payload } of parseNetlink(socket.recv(65536))) {
        expect(seq).toBe(7)
        if (type === C.NLMSG_DONE) {
          expect(errno).toBe(0)
          return found
        }
        expect(errno).toBeUndefined()
        found.push(payload)
      }
    }
  }
  const links = dump(C.RTM_GETLINK!).map(link => ({ index: link.i32(4), attributes: link.attributes(16) }))
  const named = links.map(({ index, attributes }) => [index, attributes.get(C.IFLA_IFNAME!)?.text()])
  expect(named).toEqual(C.if_nameindex().map(([index, name]) => [index, name]))
  const lo = links.find(({ attributes }) => attributes.get(C.IFLA_IFNAME!)?.text() === 'lo')!
  expect(lo.attributes.get(C.IFLA_MTU!)?.u32()).toBeGreaterThan(1000)
  expect(lo.attributes.get(C.IFLA_ADDRESS!)?.bytes).toEqual(Buffer.alloc(6))
  const addresses = dump(C.RTM_GETADDR!).map(entry => entry.attributes(8).get(C.IFA_ADDRESS!)?.ip())
  for (const { address } of Object.values(networkInterfaces()).flatMap(list => list ?? []))
    expect(addresses).toContain(address)

  // A request for an interface that does not exist, with NETLINK_EXT_ACK
  C.setOption(socket, C.options.netlinkExtAck, true)
  const payload = Buffer.concat([Buffer.alloc(16), attribute(C.IFLA_IFNAME!, Buffer.from('none\0'))])
  socket.sendto(message({ type: C.RTM_GETLINK!, flags: C.NLM_F_REQUEST!, payload }), {
    ...{ family: 'netlink', pid: 0, groups: 0 },
  })
  expect(only(socket.recv(65536))).toMatchObject({ type: C.NLMSG_ERROR, errno: -19 }) // ENODEV
})

describe.runIf(C.NLMSG_ERROR !== undefined)('errors', () => {
  const request = message({ type: 18, payload: Buffer.alloc(20) })
  const text = attribute(C.NLMSGERR_ATTR_MSG!, Buffer.from('because\0'))
  const [type, done, tlvs, capped] = [C.NLMSG_ERROR!, C.NLMSG_DONE!, C.NLM_F_ACK_TLVS!, C.NLM_F_CAPPED!]

  test('have the errno, and the reason of the kernel', () => {
    const whole = Buffer.concat([int(-22), request, text])
    expect(only(message({ type, flags: tlvs, payload: whole }))).toMatchObject({ errno: -22, reason: 'because' })
    expect(only(message({ type, payload: whole }))).toMatchObject({ errno: -22, reason: undefined })
    const short = Buffer.concat([int(0), request.subarray(0, 16), text])
    expect(only(message({ type, flags: tlvs | capped, payload: short }))).toMatchObject({ errno: 0, reason: 'because' })
    const end = Buffer.concat([int(-5), text])
    expect(only(message({ type: done, flags: tlvs, payload: end }))).toMatchObject({ errno: -5, reason: 'because' })
    expect(only(message({ type: done }))).toMatchObject({ errno: 0, reason: undefined })
  })

  test('that are cut short have none', () => {
    expect(only(message({ type }))).toMatchObject({ errno: undefined, reason: undefined })
    const payload = Buffer.concat([int(-22), int(2 ** 31 - 1)])
    expect(only(message({ type, flags: tlvs, payload }))).toMatchObject({ errno: -22, reason: undefined })
  })
})

describe('values', () => {
  test('are read in the byte order of the machine, and undefined if they are not there whole', () => {
    const { payload } = only(message({ type: 16, payload: Buffer.from([1, 2, 3, 4, 5, 6, 7, 255]) }))
    const order = (bytes: number[]): number =>
      (littleEndian ? bytes.reverse() : bytes).reduce((sum, byte) => sum * 256 + byte, 0)
    expect([payload.u8(), payload.u8(7), payload.u8(8)]).toEqual([1, 255, undefined])
    expect([payload.u16(1), payload.u16(7)]).toEqual([order([2, 3]), undefined])
    expect([payload.u32(1), payload.u32(5)]).toEqual([order([2, 3, 4, 5]), undefined])
    expect(payload.i32(4)).toBe(order([5, 6, 7, 255]) | 0)
    expect([payload.u64(), payload.u64(1)]).toEqual([
      payload.bytes[littleEndian ? 'readBigUInt64LE' : 'readBigUInt64BE'](),
      undefined,
    ])
    expect([payload.text(), payload.ip()]).toEqual(['\x01\x02\x03\x04\x05\x06\x07\ufffd', undefined])
    expect(() => payload.u8(-1)).toThrow(expect.objectContaining({ argument: 'offset' }))
  })

  test('are attributes, some of them nested, flagged or repeated', () => {
    const inner = attribute(3, Buffer.from('inner\0rest'))
    const list = [
      attribute(1, Buffer.from([127, 0, 0, 1])),
      attribute(0x8002, inner),
      attribute(0x4004, Buffer.from([1, 2])),
      attribute(1, Buffer.from('00000000000000000000000000000001', 'hex')),
      attribute(5, Buffer.alloc(0)),
    ]
    const { payload } = only(message({ type: 16, payload: Buffer.concat([Buffer.alloc(8), ...list]) }))
    const found = payload.attributeList(8)
    expect(found.map(({ type, nested, networkOrder }) => [type, nested, networkOrder])).toEqual([
      [1, false, false],
      [2, true, false],
      [4, false, true],
      [1, false, false],
      [5, false, false],
    ])
    const values = payload.attributes(8)
    expect([found[0]!.value.ip(), values.get(1)?.ip()]).toEqual(['127.0.0.1', '::1'])
    expect(values.get(2)?.attributes().get(3)?.text()).toBe('inner')
    expect([values.get(5)?.text(), values.get(5)?.u8()]).toEqual(['', undefined])
  })

  test('of another `this` are refused', () => {
    const { payload } = only(message({ type: 16 }))
    const { u8 } = payload // oxlint-disable-line typescript/unbound-method -- it is called on another `this`
    expect(() => u8.call({} as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_THIS' }))
  })
})

describe('hostile bytes', () => {
  // Reads all that can be read, and checks that it is within the bytes that were given.
  function readAll(view: Uint8Array, length: number): number {
    let count = 0
    const [first, last] = [view.byteOffset, view.byteOffset + Math.min(view.length, length)]
    const inside = ({ bytes }: NetlinkBytes): void => {
      expect(bytes.length === 0 || (bytes.byteOffset >= first && bytes.byteOffset + bytes.length <= last)).toBe(true)
    }
    const visit = (bytes: NetlinkBytes, depth: number): void => {
      inside(bytes)
      for (const method of ['text', 'ip', 'u8', 'u16', 'u32', 'i32', 'u64'] as const) bytes[method]()
      for (const offset of depth > 3 ? [] : [0, 4, 16]) {
        for (const { type, value } of bytes.attributeList(offset)) {
          expect(type).toBeLessThan(0x4000)
          count++
          visit(value, depth + 1)
        }
      }
    }
    for (const { payload } of parseNetlink(view, length)) visit(payload, 0)
    return count
  }

  const between = (bytes: Uint8Array): Uint8Array => {
    const memory = new Uint8Array(bytes.length + 128).fill(0xa5)
    memory.set(bytes, 64)
    return memory.subarray(64, 64 + bytes.length)
  }

  test('any bytes, with any length', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(400), (bytes, length) => {
      readAll(between(bytes), length)
    })
    fc.assert(property, { numRuns: 2000 })
  })

  test('any lengths of messages and of attributes', () => {
    const length = fc.constantFrom(0, 1, 3, 4, 5, 8, 15, 16, 17, 20, 24, 32, 100, 65535)
    const attributes = fc.array(fc.tuple(fc.nat(65535), fc.uint8Array({ maxLength: 12 }), length), { maxLength: 4 })
    const part = fc.tuple(
      fc.constantFrom(2, 3, 16),
      fc.constantFrom(0, 2, 0x200, 0x300),
      attributes,
      length,
      fc.boolean(),
    )
    let count = 0
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), parts => {
        const bytes = parts.map(([type, flags, list, length, right]) => {
          const payload = Buffer.concat(
            list.map(([type, value, length]) => attribute(type, value, right ? 4 + value.length : length)),
          )
          return message({ type, flags, payload, ...(right ? {} : { length }) })
        })
        count += readAll(between(Buffer.concat(bytes)), 4000)
      }),
      { numRuns: 2000 },
    )
    expect(count).toBeGreaterThan(1000)
  })

  test('a message or an attribute that is not there whole ends the list', () => {
    const whole = message({ type: 16, payload: int(1) })
    expect(parseNetlink(Buffer.concat([whole, message({ type: 17, length: 17 })])).length).toBe(1)
    for (const length of [0, 15, 2 ** 32 - 1])
      expect(parseNetlink(Buffer.concat([message({ type: 16, length }), whole]))).toEqual([])
    expect(parseNetlink(whole, whole.length - 1)).toEqual([])
    expect(parseNetlink(Buffer.concat([whole, whole]), 2 ** 40).length).toBe(2)
    const { payload } = only(
      message({ type: 16, payload: Buffer.concat([attribute(1, int(1)), attribute(2, int(2), 9)]) }),
    )
    expect([...payload.attributes().keys()]).toEqual([1])
  })
})
