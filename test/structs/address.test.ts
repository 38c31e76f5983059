import { networkInterfaces } from 'node:os'
import { AF_INET, AF_INET6, AF_UNIX, decodeAddress, encodeAddress, Socket } from 'bsd-sockets'
import type { AddressLike, SocketAddress } from 'bsd-sockets'
import { describe, expect, test } from 'vitest'
import { linux } from '../support/floor.js'

const round = (address: AddressLike, family?: number): SocketAddress => decodeAddress(encodeAddress(address, family))
const error = (code: string, property: string): object =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(`["']${property}["']`)) })
const refused = (address: unknown, code: string, property: string): void =>
  expect(() => encodeAddress(address as AddressLike)).toThrow(error(code, property))

describe('the forms of an address', () => {
  test('a host and a port, in an object or a pair', () => {
    const expected = { family: 'IPv4', address: '127.0.0.1', port: 80 }
    expect(round({ address: '127.0.0.1', port: 80 })).toEqual(expected)
    expect(round(['127.0.0.1', 80])).toEqual(expected)
    expect(round(['::1', 80])).toEqual({ family: 'IPv6', address: '::1', port: 80 })
  })

  test('a host by either name, and a family as in dns.lookup, net or C', () => {
    const four = { family: 'IPv4', address: '127.0.0.1', port: 80 }
    const six = { family: 'IPv6', address: '::1', port: 80 }
    expect(round({ host: '127.0.0.1', port: 80 })).toEqual(four)
    for (const family of [4, 'IPv4', 'ipv4', AF_INET])
      expect(round({ family, address: '127.0.0.1', port: 80 })).toEqual(four)
    for (const family of [6, 'IPv6', 'IPV6', AF_INET6]) expect(round({ family, host: '::1', port: 80 })).toEqual(six)
    expect(() => round({ family: 4, host: '::1', port: 80 })).toThrow(/must be an IPv4 address.*'::1'/)
    expect(() => round({ family: 6, host: '127.0.0.1', port: 80 })).toThrow(/must be an IPv6 address/)
  })

  test('the bytes of one address do not change with those of the next, nor after a wrong host', () => {
    const one = encodeAddress(['127.0.0.1', 80])
    const two = encodeAddress(['127.0.0.1', 81])
    one.fill(255)
    expect(decodeAddress(two)).toEqual({ family: 'IPv4', address: '127.0.0.1', port: 81 })
    refused(['127.0.0.256', 80], 'ERR_INVALID_ARG_VALUE', 'address')
    refused(['127.0.0.256', 80], 'ERR_INVALID_ARG_VALUE', 'address')
    expect(round(['127.0.0.1', 82])).toEqual({ family: 'IPv4', address: '127.0.0.1', port: 82 })
    expect(round(['10.1.2.3', 82])).toEqual({ family: 'IPv4', address: '10.1.2.3', port: 82 })
  })

  test("'' is the any-address of the family of the address, or else of the socket", () => {
    expect(round(['', 1])).toEqual({ family: 'IPv4', address: '0.0.0.0', port: 1 })
    expect(round(['', 1], AF_INET6)).toEqual({ family: 'IPv6', address: '::', port: 1 })
    expect(round({ family: 'IPv6', address: '', port: 1 }, AF_INET)).toMatchObject({ address: '::' })
    expect(round({ family: 'IPv4', address: '', port: 1 }, AF_INET6)).toMatchObject({ address: '0.0.0.0' })
  })

  test("'<broadcast>' is 255.255.255.255", () => {
    expect(round(['<broadcast>', 9])).toEqual({ family: 'IPv4', address: '255.255.255.255', port: 9 })
  })

  test('a path as a string, or an abstract name after a NUL', () => {
    expect(round('/tmp/x', AF_UNIX)).toEqual({ family: 'unix', path: '/tmp/x' })
    expect(round(Buffer.from('/tmp/x'), AF_UNIX)).toEqual({ family: 'unix', path: '/tmp/x' })
    if (linux) expect(round('\0a\0b', AF_UNIX)).toEqual({ family: 'unix', abstract: 'a\0b' })
  })

  const [name] = Object.keys(networkInterfaces())
  test('%zone is the scope, by number or by name', () => {
    expect(round(['fe80::1%7', 0])).toEqual({ family: 'IPv6', address: 'fe80::1', port: 0, scopeid: 7 })
    const { scopeid } = round([`fe80::1%${name}`, 0]) as { scopeid: number }
    expect(scopeid).toBeGreaterThan(0)
  })
})

describe('rejected addresses, with the name of the property', () => {
  test('names, and malformed addresses', () => {
    for (const host of [
      'localhost',
      'example.org',
      '127.1',
      '1.2.3.4.5',
      '256.0.0.1',
      ' 1.2.3.4',
      '1.2.3.4\0',
      '0x7f.1',
    ]) {
      refused([host, 1], 'ERR_INVALID_ARG_VALUE', 'address')
    }
    expect(() => encodeAddress(['localhost', 1])).toThrow(/numeric.*getaddrinfo.*'localhost'/)
    for (const host of [':', ':::', '1:2', 'g::', '::1%', '::1%nowhere', '::1%a\0', `::1%${'x'.repeat(2000)}`]) {
      refused([host, 1], 'ERR_INVALID_ARG_VALUE', 'address')
    }
    refused(['::1%4294967296', 1], 'ERR_OUT_OF_RANGE', 'scopeid')
    for (const host of [undefined, null, 5, 5n, {}, Symbol('s')]) refused([host, 1], 'ERR_INVALID_ARG_TYPE', 'address')
  })

  test('a string for an INET socket, which has no paths', () => {
    using socket = new Socket()
    for (const text of ['127.0.0.1:80', '/tmp/x', Buffer.from('127.0.0.1')]) {
      for (const call of [() => socket.bind(text), () => socket.connect(text)])
        expect(call).toThrow(/must have a host and a port, such as \["127.0.0.1", 80\]/)
      expect(() => encodeAddress(text, AF_INET6)).toThrow(error('ERR_INVALID_ARG_VALUE', 'address'))
    }
  })

  test('a host of the other family', () => {
    refused({ family: 'IPv4', address: '::1', port: 1 }, 'ERR_INVALID_ARG_VALUE', 'address')
    refused({ family: 'IPv6', address: '1.2.3.4', port: 1 }, 'ERR_INVALID_ARG_VALUE', 'address')
    refused({ family: 'IPv4', port: 1 }, 'ERR_INVALID_ARG_TYPE', 'address')
  })

  test('ports and numbers out of range', () => {
    for (const port of [-1, 65_536, 1.5, NaN, Infinity]) refused(['1.2.3.4', port], 'ERR_OUT_OF_RANGE', 'port')
    for (const port of ['80', 80n, null, undefined, true]) refused(['1.2.3.4', port], 'ERR_INVALID_ARG_TYPE', 'port')
    const six = { family: 'IPv6', address: '::1', port: 1 }
    refused({ ...six, flowlabel: 2 ** 20 }, 'ERR_OUT_OF_RANGE', 'flowlabel')
    refused({ ...six, flowlabel: 1n }, 'ERR_INVALID_ARG_TYPE', 'flowlabel')
    refused({ ...six, scopeid: -1 }, 'ERR_OUT_OF_RANGE', 'scopeid')
    refused({ ...six, scopeid: 2 ** 32 }, 'ERR_OUT_OF_RANGE', 'scopeid')
  })

  test('paths', () => {
    const room = linux ? 107 : 103
    expect(round('x'.repeat(room))).toEqual({ family: 'unix', path: 'x'.repeat(room) })
    for (const path of ['x'.repeat(room + 1), '', 'a\0', 'a\0b', '\ud800']) {
      refused({ family: 'unix', path }, 'ERR_INVALID_ARG_VALUE', 'path')
    }
    for (const path of [undefined, null, 5, new Uint16Array(2), {}]) {
      refused({ family: 'unix', path }, 'ERR_INVALID_ARG_TYPE', 'path')
    }
    refused({ family: 'unix', abstract: 'x'.repeat(room + 1) }, 'ERR_INVALID_ARG_VALUE', 'abstract')
    if (!linux) refused({ family: 'unix', abstract: 'x' }, 'ERR_INVALID_ARG_VALUE', 'abstract')
  })

  test('families and raw addresses', () => {
    refused({ family: 'pigeon' }, 'ERR_INVALID_ARG_VALUE', 'family')
    refused({ family: 'raw', af: -1, data: Buffer.alloc(1) }, 'ERR_OUT_OF_RANGE', 'af')
    refused({ family: 'raw', af: 5, data: 'x' }, 'ERR_INVALID_ARG_TYPE', 'data')
    refused({ family: 'raw', af: 5, data: Buffer.alloc(127) }, 'ERR_INVALID_ARG_VALUE', 'data')
    for (const value of [undefined, null, 5, true, Symbol('s')]) refused(value, 'ERR_INVALID_ARG_TYPE', 'address')
    expect(() => encodeAddress(['', 1], NaN)).toThrow(error('ERR_OUT_OF_RANGE', 'family'))
    expect(() => decodeAddress('x' as unknown as Buffer)).toThrow(error('ERR_INVALID_ARG_TYPE', 'view'))
    for (const length of [-1, NaN, 1.5]) {
      expect(() => decodeAddress(Buffer.alloc(8), length)).toThrow(error('ERR_OUT_OF_RANGE', 'length'))
    }
  })

  test.runIf(linux)('properties of the other families', () => {
    refused({ family: 'netlink', pid: -1, groups: 0 }, 'ERR_OUT_OF_RANGE', 'pid')
    refused({ family: 'netlink', pid: 1 }, 'ERR_INVALID_ARG_TYPE', 'groups')
    refused({ family: 'vsock', cid: 2 ** 32, port: 1 }, 'ERR_OUT_OF_RANGE', 'cid')
    refused({ family: 'packet', ifindex: 1, address: Buffer.alloc(9) }, 'ERR_INVALID_ARG_VALUE', 'address')
    refused({ family: 'can', ifindex: 1, name: 2n ** 64n, pgn: 1, addr: 1 }, 'ERR_OUT_OF_RANGE', 'name')
    refused({ family: 'can', ifindex: 1, name: 1, pgn: 1, addr: 1 }, 'ERR_INVALID_ARG_TYPE', 'name')
    refused({ family: 'alg', type: 'x'.repeat(14), name: 'x' }, 'ERR_INVALID_ARG_VALUE', 'type')
    refused({ family: 'sco', bdaddr: '00:11' }, 'ERR_INVALID_ARG_VALUE', 'bdaddr')
  })
})
