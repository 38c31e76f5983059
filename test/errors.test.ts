import { constants } from 'node:os'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { TcpNetConnectOpts, IpcNetConnectOpts } from 'node:net'
import { getSystemErrorName, inspect } from 'node:util'
import * as sockets from 'bsd-sockets'
import { AF_INET, AF_INET6, AF_UNIX, GaiError, isSocketError, SOCK_DGRAM, Socket, SocketError } from 'bsd-sockets'
import type { AddressLike } from 'bsd-sockets'
import { describe, expect, onTestFinished, test } from 'vitest'
import { errnoName, invalidType, invalidValue, outOfRange, socketError } from '../lib/tested.js'
import { linux } from './support/floor.js'

const E = constants.errno

function thrown(body: () => unknown): SocketError {
  try {
    body()
  } catch (error) {
    return error as SocketError
  }
  throw new Error('it did not throw')
}

async function ofNet(options: TcpNetConnectOpts | IpcNetConnectOpts): Promise<NodeJS.ErrnoException> {
  const socket = connect(options)
  const [error] = (await once(socket, 'error').catch((error: unknown) => [error])) as [NodeJS.ErrnoException]
  return error
}

const own = (error: Error): object => Object.assign({}, error, { message: error.message })

function connecting(family: number, address: AddressLike): SocketError {
  const socket = new Socket(family)
  onTestFinished(() => socket.close())
  return thrown(() => socket.connect(address))
}

describe("Node's properties", () => {
  test('as in net', async () => {
    const theirs = await ofNet({ host: '127.0.0.1', port: 1 })
    const ours = connecting(AF_INET, ['127.0.0.1', 1])
    expect(own(ours)).toEqual(own(theirs))
    expect(ours.message).toBe('connect ECONNREFUSED 127.0.0.1:1')
    expect(getSystemErrorName(ours.errno)).toBe(ours.code)
  })

  test('over IPv6', async () => {
    const theirs = await ofNet({ host: '::1', port: 1 })
    expect(own(connecting(AF_INET6, ['::1', 1]))).toEqual(own(theirs))
  })

  test('a Unix path is both its address and its path', async () => {
    const path = '/no/such/socket'
    const theirs = await ofNet({ path })
    expect(own(connecting(AF_UNIX, path))).toEqual({ ...own(theirs), path })
    expect(own(connecting(AF_UNIX, Buffer.from(path)))).toEqual({ ...own(theirs), path })
    expect(own(connecting(AF_UNIX, { family: 'unix', path: new Uint8Array(Buffer.from(path)) }))).toMatchObject({
      path,
    })
  })

  test.runIf(linux)('an abstract name has its NUL', async () => {
    const theirs = await ofNet({ path: '\0no such name' })
    expect(own(connecting(AF_UNIX, { family: 'unix', abstract: 'no such name' }))).toMatchObject(own(theirs))
  })

  test('control characters of an address, which its owner has chosen, are text in the message', () => {
    const path = '/none\x1b[2J\nbind EADDRINUSE\u009b\u202e'
    const ours = connecting(AF_UNIX, path)
    expect(ours.message).toBe('connect ENOENT /none\\x1b[2J\\x0abind EADDRINUSE\\x9b\\u202e')
    expect(ours.hint).toContain(ours.message.slice('connect ENOENT '.length))
    expect(ours).toMatchObject({ address: path, path })
    const unknown = new GaiError('EAI_NONAME', -2, 'getaddrinfo', 'a\nb')
    expect([unknown.message, unknown.hostname]).toEqual(['getaddrinfo EAI_NONAME a\\x0ab', 'a\nb'])
  })

  test('as in dgram: port 0 is omitted', async () => {
    const socket = createSocket('udp4')
    onTestFinished(() => void socket.close())
    socket.bind(0, '192.0.2.1')
    const [theirs] = (await once(socket, 'error').catch((error: unknown) => [error])) as [Error]
    const here = new Socket(AF_INET, SOCK_DGRAM)
    onTestFinished(() => here.close())
    const ours = thrown(() => here.bind(['192.0.2.1', 0]))
    expect(own(ours)).toEqual(own(theirs))
    expect(ours.message).toBe('bind EADDRNOTAVAIL 192.0.2.1')
  })

  test('an errno may be given with either sign', () => {
    expect(own(socketError(E.EPIPE, 'send'))).toEqual(own(socketError(-E.EPIPE, 'send')))
    expect(own(socketError(-E.EPIPE, 'send'))).toEqual({
      message: 'send EPIPE',
      code: 'EPIPE',
      errno: -E.EPIPE,
      syscall: 'send',
    })
  })

  test('other properties', () => {
    const cause = new Error('cause')
    const error = socketError(E.EPIPE, 'send', { sent: 5, cause })
    expect([error.sent, error.cause]).toEqual([5, cause])
    expect('cause' in socketError(E.EPIPE, 'send')).toBe(false)
    expect(String(socketError(E.ECONNRESET, 'recv'))).toBe('ConnectionResetError: recv ECONNRESET')
  })

  test('every errno that Node knows has its name, and so do two that Node lacks', () => {
    for (const [name, errno] of Object.entries(E)) {
      expect(E[errnoName(errno) as keyof typeof E], name).toBe(errno)
      expect(errnoName(-errno)).toBe(errnoName(errno))
    }
    expect(errnoName(linux ? 96 : 46)).toBe('EPFNOSUPPORT')
    expect(errnoName(linux ? 109 : 59)).toBe('ETOOMANYREFS')
    expect(errnoName(-4000)).toBe('E4000')
  })
})

describe('the classes of PEP 3151', () => {
  const classes: Readonly<Record<string, unknown>> = { ...sockets }
  const rows: [number, string][] = [
    [E.EAGAIN, 'BlockingIOError'],
    [E.EALREADY, 'BlockingIOError'],
    [E.EINPROGRESS, 'BlockingIOError'],
    [E.EWOULDBLOCK, 'BlockingIOError'],
    [E.EPIPE, 'BrokenPipeError'],
    [linux ? 108 : 58, 'BrokenPipeError'], // ESHUTDOWN, which os.constants lacks
    [E.ECONNABORTED, 'ConnectionAbortedError'],
    [E.ECONNREFUSED, 'ConnectionRefusedError'],
    [E.ECONNRESET, 'ConnectionResetError'],
    [E.EEXIST, 'FileExistsError'],
    [E.ENOENT, 'FileNotFoundError'],
    [E.EINTR, 'InterruptedError'],
    [E.EACCES, 'PermissionError'],
    [E.EPERM, 'PermissionError'],
    [E.ETIMEDOUT, 'TimeoutError'],
    [E.EINVAL, 'SocketError'],
  ]

  test.each(rows)('errno %i is %s', (errno, name) => {
    const error = socketError(errno, 'call')
    expect(error.constructor).toBe(classes[name])
    expect(error.name).toBe(name)
    expect(error).toBeInstanceOf(SocketError)
    expect(error).toBeInstanceOf(Error)
    expect(isSocketError(error)).toBe(true)
    expect(Object.keys(error)).not.toContain('name')
  })

  test('four of them are ConnectionErrors', () => {
    const ofConnections = rows.filter(([errno]) => socketError(errno, 'call') instanceof sockets.ConnectionError)
    expect(new Set(ofConnections.map(([, name]) => name))).toEqual(
      new Set(['BrokenPipeError', 'ConnectionAbortedError', 'ConnectionRefusedError', 'ConnectionResetError']),
    )
  })
})

test('GaiError has the name of its code and the request', () => {
  const error = new GaiError('EAI_NONAME', -2, 'getaddrinfo', 'no.such.invalid')
  expect(own(error)).toEqual({
    message: 'getaddrinfo EAI_NONAME no.such.invalid',
    code: 'EAI_NONAME',
    errno: -2,
    syscall: 'getaddrinfo',
    hostname: 'no.such.invalid',
  })
  expect([error.name, error instanceof SocketError, isSocketError(error)]).toEqual(['GaiError', false, false])
  expect(new GaiError('EAI_FAIL', -4, 'getnameinfo').message).toBe('getnameinfo EAI_FAIL')
})

describe('wrong arguments', () => {
  test('have the same errors as in Node', () => {
    const theirs = thrown(() => Buffer.alloc('x' as unknown as number))
    expect(own(invalidType('size', 'x', 'of type number'))).toEqual(own(theirs))
    const range = thrown(() => Buffer.alloc(4).readUInt8(9))
    expect(own(outOfRange('offset', 9, '>= 0 and <= 3'))).toEqual(own(range))
  })

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5n, 'type bigint (5n)'],
    ['x', "type string ('x')"],
    [Symbol('s'), 'type symbol (Symbol(s))'],
    [new Map(), 'an instance of Map'],
    [Object.create(null), '[Object: null prototype] {}'],
    [function named() {}, 'function named'],
  ])('%# the received value', (value, text) => {
    expect(invalidType('x', value, 'y').message).toBe(`The "x" argument must be y. Received ${text}`)
  })

  test('a value is shown, shortened if it is long, and a property is called a property', () => {
    expect(invalidValue('x', 'y'.repeat(1000), 'is bad').message.length).toBeLessThan(200)
    expect(invalidType('a.b', 1, 'c').message).toBe('The "a.b" property must be c. Received type number (1)')
    const shy = {
      [inspect.custom]() {
        throw new Error('must not be read')
      },
    }
    expect(invalidValue('x', shy, 'is bad').message).toBe("The argument 'x' is bad. Received object")
    const detached = new DataView(new ArrayBuffer(1)) // some versions of Node show it, and some throw
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    expect(invalidValue('x', detached, 'is bad').message).toMatch(
      /^The argument 'x' is bad\. Received (object$|DataView)/,
    )
  })
})
