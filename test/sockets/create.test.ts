// createServer and createConnection, which resolve names.
import type { IPv4Address } from 'bsd-sockets'
import {
  AF_INET,
  AF_INET6,
  ConnectionRefusedError,
  createConnection,
  createServer,
  GaiError,
  getaddrinfo,
  hasDualstackIpv6,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_STREAM,
  Socket,
  SocketError,
  SOL_SOCKET,
  TimeoutError,
} from 'bsd-sockets'
import { describe, expect, test } from 'vitest'
import * as promises from 'bsd-sockets/promises'
import { allFailed, firstToAnswer } from '../../lib/tested.js'
import { Deadline } from '../../lib/tested.js'
import { closedPort, closing, listening, portOf, thrown } from '../support/tcp.js'

const ipv6 = hasDualstackIpv6()
if (!ipv6) console.warn('skipped: this machine has no dual-stack IPv6')

// Other code may open a few descriptors meanwhile. A leak leaves a descriptor open in each repetition.
const many = 20

describe('createServer', () => {
  test('listens, with SO_REUSEADDR', () => {
    const server = closing(createServer(['127.0.0.1', 0]))
    expect(server).toMatchObject({ family: AF_INET, type: SOCK_STREAM })
    expect(server.getsockopt(SOL_SOCKET, SO_REUSEADDR)).not.toBe(0)
    const client = closing(createConnection(['127.0.0.1', portOf(server)]))
    const [accepted, address] = server.accept()
    closing(accepted)
    expect(address).toEqual(client.getsockname())
  })

  test('accepts a name, an object, and the any-address', () => {
    expect(closing(createServer(['localhost', 0])).getsockname()).toMatchObject({ address: '127.0.0.1' })
    expect(closing(createServer({ address: '127.0.0.1', port: 0 })).getsockname()).toMatchObject({ family: 'IPv4' })
    expect(closing(createServer(['', 0])).getsockname()).toMatchObject({ address: '0.0.0.0' })
  })

  test('reusePort shares a port', () => {
    const first = closing(createServer(['127.0.0.1', 0], { reusePort: true }))
    expect(first.getsockopt(SOL_SOCKET, SO_REUSEPORT)).not.toBe(0)
    const second = closing(createServer(['127.0.0.1', portOf(first)], { reusePort: true }))
    expect(portOf(second)).toBe(portOf(first))
  })

  test('a port in use fails, and no descriptor leaks', () => {
    const port = portOf(closing(createServer(['127.0.0.1', 0])))
    const before = closing(new Socket()).fd
    for (let i = 0; i < many; i++) {
      expect(() => createServer(['127.0.0.1', port])).toThrow(`bind EADDRINUSE 127.0.0.1:${port}`)
    }
    expect(closing(new Socket()).fd).toBeLessThan(before + many)
  })

  test('an unknown name is a GaiError', () => {
    const error = thrown(() => createServer(['no.such.name.invalid', 0]))
    expect(error).toBeInstanceOf(GaiError)
    expect(error).toMatchObject({ syscall: 'getaddrinfo', hostname: 'no.such.name.invalid' })
    expect((error as GaiError).code).toMatch(/^EAI_/)
  })

  test.skipIf(!ipv6)('accepts IPv4 on an IPv6 socket only if the option is set', () => {
    const dual = closing(createServer(['', 0], { family: AF_INET6, dualstackIpv6: true }))
    const client = closing(createConnection(['127.0.0.1', portOf(dual)]))
    const [accepted, address] = dual.accept()
    closing(accepted)
    expect(address).toMatchObject({ family: 'IPv6', address: '::ffff:127.0.0.1', port: portOf(client) })
    const single = closing(createServer(['::', 0], { family: AF_INET6 }))
    expect(() => createConnection(['127.0.0.1', portOf(single)])).toThrow(ConnectionRefusedError)
  })
})

describe('createConnection', () => {
  test('with the timeout 0 never waits', async () => {
    const server = listening()
    const where = ['127.0.0.1', portOf(server)] as const
    const shape = { name: 'BlockingIOError', code: 'EINPROGRESS', syscall: 'connect' }
    expect(thrown(() => createConnection(where, { timeout: 0 }))).toMatchObject(shape)
    await expect(promises.createConnection(where, { timeout: 0 })).rejects.toMatchObject(shape)
  })

  test('the error has the timeout that expired', async () => {
    const server = listening(0)
    for (let i = 0; i < 3; i++) closing(new Socket()).tryConnect(server.getsockname())
    const wait = promises.createConnection(['127.0.0.1', portOf(server)], { timeout: 30 })
    await expect(wait).rejects.toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT', timeout: 30 })
    const wrong = promises.createConnection(['127.0.0.1', portOf(server)], { attemptDelay: -1 })
    await expect(wrong).rejects.toThrow('"options.attemptDelay"')
  })

  test('connects to a name', () => {
    const server = listening()
    using client = createConnection(['localhost', portOf(server)], { family: AF_INET })
    expect(client.getpeername()).toEqual(server.getsockname())
    expect(client.gettimeout()).toBeNull()
    closing(server.accept()[0])
  })

  test('from an address', () => {
    const server = listening()
    const port = closedPort()
    const client = closing(createConnection(['127.0.0.1', portOf(server)], { sourceAddress: ['127.0.0.1', port] }))
    expect(client.getsockname()).toMatchObject({ address: '127.0.0.1', port })
    closing(server.accept()[0])
  })

  test('leaves the timeout on the socket', () => {
    const server = listening()
    using client = createConnection(['127.0.0.1', portOf(server)], { timeout: 1234 })
    expect(client.gettimeout()).toBe(1234)
    closing(server.accept()[0])
  })

  test('one address that refuses: the error is that of the address, and no descriptor leaks', () => {
    const port = closedPort()
    const before = closing(new Socket()).fd
    for (let i = 0; i < many; i++) {
      const error = thrown(() => createConnection(['127.0.0.1', port]))
      expect(error).toBeInstanceOf(ConnectionRefusedError)
      expect(error).toMatchObject({ address: '127.0.0.1', port })
    }
    expect(closing(new Socket()).fd).toBeLessThan(before + many)
  })

  test('the timeout is for all addresses together', () => {
    const server = listening(0)
    const waiting = Array.from({ length: 3 }, () => closing(new Socket()))
    for (const client of waiting) client.tryConnect(server.getsockname())
    const error = thrown(() => createConnection(['127.0.0.1', portOf(server)], { timeout: 20 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ syscall: 'connect', port: portOf(server) })
  })

  test('tries the next address if the kernel lacks the family of one', () => {
    const server = listening()
    const address = server.getsockname() as IPv4Address
    const here = { family: AF_INET, type: SOCK_STREAM, protocol: 0, canonname: '', address }
    const where = ['localhost', portOf(server)] as const
    using client = firstToAnswer([{ ...here, family: 46 }, here], where, {}, null, new Deadline(null))
    expect(client.getpeername()).toEqual(address)
  })

  test.each([-1, NaN, '1'])('a timeout of %j is rejected', async timeout => {
    for (const connect of [createConnection, promises.createConnection]) {
      const outcome = (async () => connect(['127.0.0.1', 1], { timeout: timeout as number }))()
      await expect(outcome).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_/),
        message: expect.stringContaining('timeout'),
      })
    }
  })

  test.each([Infinity, 2 ** 40, null])('a timeout of %j is accepted', async timeout => {
    const server = listening()
    using client = createConnection(['127.0.0.1', portOf(server)], { timeout })
    await using other = await promises.createConnection(['127.0.0.1', portOf(server)], {
      timeout,
      attemptDelay: 2 ** 40,
    })
    expect([client.getpeername(), other.getpeername()]).toEqual([server.getsockname(), server.getsockname()])
  })

  test('an invalid signal is reported, and an aborted one ends it at once', async () => {
    const wrong = { signal: 5 as unknown as AbortSignal }
    for (const call of [
      () => promises.createConnection(['127.0.0.1', 1], wrong),
      () => promises.getaddrinfo('127.0.0.1', 1, wrong),
    ])
      await expect(call()).rejects.toMatchObject({
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringContaining('signal'),
      })
    const aborted = promises.createConnection(['127.0.0.1', 1], { signal: AbortSignal.abort('why') })
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError', cause: 'why' })
  })

  test('a port may be a string', () => {
    expect(() => createConnection(['127.0.0.1', '65616' as unknown as number])).toThrow(RangeError)
    expect(getaddrinfo('127.0.0.1', '80', { type: SOCK_STREAM })[0]!.address).toMatchObject({ port: 80 })
  })

  test('an unknown name is a GaiError', () => {
    expect(thrown(() => createConnection(['no.such.name.invalid', 1]))).toBeInstanceOf(GaiError)
  })

  test('several addresses that all refuse: an AggregateError of all, with the message and the code of the last', () => {
    const [first, last] = [61, 62].map(port => new SocketError(1, 'connect', { address: ['127.0.0.1', port] }))
    const error = allFailed([first, last], ['localhost', 1])
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toMatchObject({
      errors: [first, last],
      message: last!.message,
      code: 'EPERM',
      syscall: 'connect',
      port: 62,
    })
    expect(error.name).toBe('AggregateError')
  })

  test('a name without an address is ENETUNREACH', () => {
    expect(allFailed([], ['localhost', 1])).toMatchObject({ code: 'ENETUNREACH', address: 'localhost', port: 1 })
  })
})

test('the scope of an address goes into the lookup', () => {
  const where = { address: 'fe80::1', port: 9, scopeid: 'none0' }
  expect(() => createConnection(where)).toThrow(expect.objectContaining({ hostname: 'fe80::1%none0' }))
})
