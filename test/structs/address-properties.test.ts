import * as C from 'bsd-sockets'
import { decodeAddress, encodeAddress } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linux } from '../support/floor.js'

const whole = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 })
const [byte, port, uint32] = [whole(8), whole(16), whole(32)]
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const bytes = (maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map(data => Buffer.from(data))
const ascii = (min: number, max: number): fc.Arbitrary<string> =>
  fc.stringMatching(/^[\x21-\x7e]*$/).map(text => text.slice(0, max).padEnd(min, 'x'))
const bdaddr = fc
  .array(byte, { minLength: 6, maxLength: 6 })
  .map(list => list.map(one => one.toString(16).toUpperCase().padStart(2, '0')).join(':'))

/** A string if the bytes are UTF-8, as decodeAddress returns it. */
function readable(data: Buffer): string | Buffer {
  const text = data.toString()
  return Buffer.from(text).equals(data) ? text : data
}

const room = linux ? 107 : 103
const path = bytes(room)
  .map(data => Buffer.from(data.filter(one => one !== 0)))
  .filter(data => data.length > 0)
  .map(readable)
const positive = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: 2 ** bits - 1 })

const everywhere = {
  IPv4: fc.record({ family: fc.constant('IPv4'), address: fc.ipV4(), port }),
  IPv6: fc.record(
    { family: fc.constant('IPv6'), address: fc.ipV6(), port, flowlabel: positive(20), scopeid: positive(32) },
    { requiredKeys: ['family', 'address', 'port'] },
  ),
  'a path': fc.record({ family: fc.constant('unix'), path }),
  unnamed: fc.constant({ family: 'unix' }),
  // 200 and above are families that no system has.
  raw: fc.record({ family: fc.constant('raw'), af: fc.integer({ min: 200, max: 255 }), data: bytes(126) }),
}

const ofLinux = {
  'an abstract name': fc.record({ family: fc.constant('unix'), abstract: bytes(room).map(readable) }),
  netlink: fc.record({ family: fc.constant('netlink'), pid: uint32, groups: uint32 }),
  packet: fc.record({
    family: fc.constant('packet'),
    ...{ ifindex: int32, protocol: port, pkttype: byte, hatype: port, address: bytes(8) },
  }),
  vsock: fc.record({ family: fc.constant('vsock'), cid: uint32, port: uint32 }),
  can: fc.record({ family: fc.constant('can'), ifindex: int32 }),
  'can, ISO-TP': fc.record({ family: fc.constant('can'), ifindex: int32, rxId: uint32, txId: uint32 }),
  'can, J1939': fc.record({
    family: fc.constant('can'),
    ...{ ifindex: int32, name: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), pgn: uint32, addr: byte },
  }),
  alg: fc.record({ family: fc.constant('alg'), type: ascii(1, 13), name: ascii(1, 63), feat: uint32, mask: uint32 }),
  tipc: fc.record({ family: fc.constant('tipc'), addrtype: byte, v1: uint32, v2: uint32, v3: uint32, scope: whole(7) }),
  qipcrtr: fc.record({ family: fc.constant('qipcrtr'), node: uint32, port: uint32 }),
  hci: fc.record({ family: fc.constant('hci'), dev: port, channel: port }),
  sco: fc.record({ family: fc.constant('sco'), bdaddr }),
  rfcomm: fc.record({ family: fc.constant('rfcomm'), bdaddr, channel: byte }),
  l2cap: fc.record({ family: fc.constant('l2cap'), bdaddr, psm: port, cid: port, bdaddrType: byte }),
}

const ofDarwin = {
  vsock: ofLinux.vsock,
  system: fc.record({ family: fc.constant('system'), id: uint32, unit: uint32, sysaddr: port }),
}

const members: Record<string, fc.Arbitrary<object>> = { ...everywhere, ...(linux ? ofLinux : ofDarwin) }

describe('encodeAddress and decodeAddress are inverse', () => {
  test.each(Object.entries(members))('%s', (name, member) => {
    fc.assert(
      fc.property(member, address => {
        const encoded = encodeAddress(address as SocketAddress)
        const decoded = decodeAddress(encoded)
        // An IPv6 address has several text forms, so its bytes are compared; the other properties are compared as they are.
        const same = name === 'IPv6' ? { ...address, address: (decoded as C.IPv6Address).address } : address
        expect(decoded).toEqual(same)
        expect(encodeAddress(decoded)).toEqual(encoded)
      }),
      { numRuns: 500 },
    )
  })
})

const families = Object.entries(C as Record<string, unknown>).flatMap(([name, value]) =>
  /^AF_/.test(name) && typeof value === 'number' && value >= 0 && value < 256 ? [value] : [],
)

/** Random bytes as a sockaddr: of any length, of a known family or any. */
const hostile = fc
  .tuple(fc.oneof(fc.constantFrom(...families), whole(8)), fc.uint8Array({ maxLength: 140 }), fc.boolean())
  .map(([af, data, truncated]) => {
    const address = Buffer.alloc(2)
    if (linux) address.writeUInt16LE(af)
    else address.set([data.length + 2, af])
    return Buffer.concat([address.subarray(0, truncated ? 1 : 2), data])
  })

describe('a malformed sockaddr', () => {
  function decodedIn(address: Buffer, before: number, canary: number, length?: number): SocketAddress {
    const memory = Buffer.alloc(before + address.length + 300, canary)
    memory.set(address, before)
    if (length !== undefined) return decodeAddress(memory.subarray(before), length)
    return decodeAddress(memory.subarray(before, before + address.length))
  }

  test('is decoded from its own bytes only, without an error', () => {
    fc.assert(
      fc.property(hostile, fc.nat(9), (address, before) => {
        const decoded = decodeAddress(Buffer.from(address))
        for (const canary of [0x00, 0x41, 0xff]) {
          expect(decodedIn(address, before, canary)).toEqual(decoded)
          expect(decodedIn(address, before, canary, address.length)).toEqual(decoded)
        }
      }),
      { numRuns: 5000 },
    )
  })

  test('of every family is, cut at every length', () => {
    for (const af of families) {
      for (let length = 0; length <= 130; length++) {
        const address = Buffer.alloc(130, 0x80)
        if (linux) address.writeUInt16LE(af)
        else address.set([length, af])
        const cut = address.subarray(0, length)
        expect(decodedIn(cut, 3, 0xff, length)).toEqual(decodedIn(cut, 0, 0x00))
      }
    }
  })

  test('a length beyond the view is limited to it', () => {
    const address = encodeAddress(['1.2.3.4', 5])
    expect(decodeAddress(address, 2 ** 32 - 1)).toEqual({ family: 'IPv4', address: '1.2.3.4', port: 5 })
  })

  test('a decoded address is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(hostile, address => {
        const decoded = decodeAddress(address)
        let encoded: Buffer
        try {
          encoded = encodeAddress(decoded)
        } catch (error) {
          // No kernel returns these: longer than any address, or with a property that is too long.
          expect((error as NodeJS.ErrnoException).code).toMatch(/^ERR_(OUT_OF_RANGE|INVALID_ARG_VALUE)$/)
          return
        }
        expect(decodeAddress(encoded)).toEqual(decoded)
      }),
      { numRuns: 2000 },
    )
  })
})
