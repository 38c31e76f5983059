import * as C from 'bsd-sockets'
import {
  AF_INET,
  AF_UNIX,
  IPPROTO_TCP,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  supports,
  whyNot,
} from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { describe, expect, expectTypeOf, test } from 'vitest'

test('the features of every machine', () => {
  expect(supports.family(AF_INET)).toBe(true)
  expect(supports.socket(AF_UNIX, SOCK_DGRAM)).toBe(true)
  expect(supports.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)).toBe(true)
  expect(supports.option(SOL_SOCKET, SO_REUSEADDR)).toBe(true)
  expect(supports.option(C.IPPROTO_IP, C.IP_ADD_MEMBERSHIP)).toBe(true) // it can only be set
  expect(supports.option(SOL_SOCKET, C.SO_ERROR)).toBe(true) // it can only be read
  expect(supports.call('recvmsg')).toBe(true)
  expect(whyNot.family(AF_UNIX)).toBeNull()
})

test('whyNot has an errno and a sentence', () => {
  expect(whyNot.family(-1)).toBe('EAFNOSUPPORT: address family not supported')
  expect(whyNot.socket(AF_UNIX, SOCK_STREAM, 99)).toMatch(/^EPROTONOSUPPORT: protocol not supported$/)
  expect(whyNot.option(SOL_SOCKET, 31337)).toMatch(/^ENOPROTOOPT: /)
  expect(whyNot.option(31337, 1)).toMatch(/^ENOPROTOOPT: /)
  expect(whyNot.call('toString')).toMatch(/^ENOSYS: /)
  for (const of of [supports.family(-1), supports.option(SOL_SOCKET, 31337), supports.call('gets')])
    expect(of).toBe(false)
})

test('whyNot tells if it is a feature of another system', () => {
  const foreign = process.platform === 'linux' ? C.AF_SYSTEM : C.AF_NETLINK
  expect(foreign).toBeUndefined()
  expect(whyNot.family(foreign)).toBe(
    `EAFNOSUPPORT: address family not supported (it is not one of ${process.platform})`,
  )
  expect(whyNot.socket(AF_INET, SOCK_STREAM, foreign)).toMatch(/^EPROTONOSUPPORT: .* \(it is not one of /)
  expect(whyNot.option(SOL_SOCKET, foreign)).toMatch(/^ENOPROTOOPT: /)
  expect(supports.call(process.platform === 'linux' ? 'kqueue' : 'epoll_wait')).toBe(false)
})

test('a supported call is a function of bsd-sockets/syscalls', () => {
  for (const name of ['accept4', 'recvmmsg', 'splice', 'kevent'] as const) {
    expect(supports.call(name)).toBe(sys[name] !== undefined)
  }
})

describe('every family among the constants', () => {
  const families = Object.entries(C).filter(([name]) => name.startsWith('AF_')) as [string, number | undefined][]

  test('has the same answer as socket(2)', () => {
    for (const [name, family] of families) {
      const why = whyNot.family(family)
      if (why !== null) {
        expect(why, name).toMatch(/^EAFNOSUPPORT: /)
        if (family !== undefined) expect(sys.socket(family, SOCK_STREAM, 0), name).toBeLessThan(0)
      }
    }
  })
})

test('constantsOf has each constant of this system, and none of another', () => {
  const own = Object.entries(C).filter(([name, value]) => /^[A-Z]+_\w+$/.test(name) && typeof value === 'number')
  expect(own.length).toBeGreaterThan(500)
  const system = process.platform as 'linux'
  const all: object = C.constantsOf(system)
  for (const [name, value] of own) if (!name.startsWith('EVENT_')) expect(all, name).toHaveProperty(name, value)
  expectTypeOf(C.constantsOf(system).AF_NETLINK).toEqualTypeOf<C.AddressFamily<C.NetlinkAddress>>()
  const other = process.platform === 'linux' ? 'darwin' : 'linux'
  expect(() => C.constantsOf(other)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }))
})
