// Hints: those of common mistakes, in the table of docs/errors.md; and what holds for all of them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import {
  AF_INET,
  GaiError,
  IPPROTO_TCP,
  isSocketError,
  Socket,
  SOCK_DGRAM,
  SOCK_STREAM,
  SocketError,
  TCP_KEEPCNT,
} from 'bsd-sockets'
import { options, setOption } from 'bsd-sockets'
import { expect, onTestFinished, test } from 'vitest'
import { errnoName, socketError } from '../lib/tested.js'
import { linux } from './support/floor.js'
import { root } from './support/root.js'

interface Result {
  mistake: string
  message: string
  hint: string
  error: Error
}
const file: string = './support/mistakes.js' // a variable, because the file has no types
const { results, table, written } = (await import(file)) as {
  results: () => Result[]
  table: () => string
  written: () => string
}

function thrown(body: () => unknown): SocketError & { argument?: string } {
  try {
    body()
  } catch (error) {
    return error as SocketError
  }
  throw new Error('it did not throw')
}

function socket(type = SOCK_STREAM): Socket {
  const socket = new Socket(AF_INET, type)
  onTestFinished(() => socket.close())
  return socket
}

test.runIf(linux)(
  'docs/errors.md has the mistakes, their messages and hints: node test/support/mistakes.js --write',
  () => {
    expect(written()).toBe(table())
  },
)

test('each of the mistakes has a hint or names an argument, and its enumerable properties are as before', () => {
  const found = results()
  expect(found.length).toBeGreaterThanOrEqual(20)
  for (const { mistake, hint, error } of found) {
    expect(hint, mistake).not.toBe('')
    expect(error.message, mistake).not.toContain(hint)
    for (const key of Object.keys(error))
      expect(['code', 'errno', 'syscall', 'address', 'port', 'path', 'timeout', 'hostname'], mistake).toContain(key)
  }
})

test('an error has its descriptor, and the level and name of its option', () => {
  const one = socket()
  const { fd } = one
  expect(thrown(() => one.setsockopt(IPPROTO_TCP, TCP_KEEPCNT, 1000))).toMatchObject({
    message: 'setsockopt EINVAL TCP_KEEPCNT',
    fd,
    level: IPPROTO_TCP,
    option: 'TCP_KEEPCNT',
  })
  expect(thrown(() => setOption(one, options.tcpKeepCount, 200))).toMatchObject({ fd, option: 'TCP_KEEPCNT' })
  expect(thrown(() => one.recv(1))).toMatchObject({ fd })
  expect(thrown(() => one.accept())).toMatchObject({ fd, syscall: 'accept' })
  one.close()
  expect(thrown(() => one.recv(1))).toMatchObject({
    fd: -1,
    hint: 'The object was closed or detached before this call.',
  })
})

test('a wrong argument is named by a property that is not enumerable', () => {
  const error = thrown(() => socket().recv('x' as never))
  expect(error.argument).toBe('size')
  expect(Object.keys(error)).toEqual(['code'])
  const ofAddon = thrown(() => socket().listen('x' as never))
  expect(ofAddon.argument).toBe('backlog')
  expect(Object.keys(ofAddon)).toEqual(['code'])
})

// Whatever an error has: numbers, calls and paths that do not exist here.
test('no hint throws or is empty, for any errno and any call', () => {
  const calls = [
    'accept',
    'bind',
    'connect',
    'getsockopt',
    'listen',
    'recv',
    'send',
    'sendto',
    'setsockopt',
    'socket',
    'toString',
  ]
  const details = [
    {},
    { address: ['::1', 1] as const },
    { address: '/no/such\nfile' },
    { fd: 3, level: -1, option: 'X' },
  ]
  for (const errno of [...Object.values(constants.errno), 4000]) {
    for (const call of calls) {
      for (const detail of details) {
        const { hint } = socketError(errno, call, detail)
        expect(hint ?? 'none', `${call} ${errnoName(errno)}`).toMatch(/^\S.*(?<! )$/s)
        expect(hint ?? '').not.toMatch(/undefined|NaN|\[object/)
      }
    }
  }
})

test.runIf(linux)('EADDRINUSE names the process that has the port, and its protocol', async () => {
  const program = `
    const server = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(server.address().port))`
  const child = spawn(process.execPath, ['-e', program], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(String(text))
  const error = thrown(() => socket().bind(['127.0.0.1', port]))
  expect(error.code).toBe('EADDRINUSE')
  expect(error.hint).toMatch(new RegExp(`^TCP port ${port} is held by .+ \\(process ${child.pid}\\)\\. `))
  const own = socket(SOCK_DGRAM)
  own.bind(['127.0.0.1', 0])
  const taken = thrown(() => socket(SOCK_DGRAM).bind(own.getsockname()))
  expect(taken.hint).toContain('UDP port')
  expect(taken.hint).toContain('held by this process')
})

test('an error of the resolver has a hint, which is not enumerable, for each code that a program can do something about', () => {
  for (const code of ['AGAIN', 'BADFLAGS', 'FAIL', 'FAMILY', 'NONAME', 'SERVICE', 'SOCKTYPE']) {
    const error = new GaiError(`EAI_${code}`, -1, 'getaddrinfo', 'x')
    expect(error.hint, code).toMatch(/^\S.*[.)]$/)
    expect(Object.keys(error)).toEqual(['code', 'errno', 'syscall', 'hostname'])
  }
  expect(new GaiError('EAI_NONAME', -1, 'getprotobyname', 'x').hint).toContain('/etc/protocols')
  expect(new GaiError('toString', -1, 'toString').hint).toBeUndefined()
  expect(() => Reflect.get(GaiError.prototype, 'hint') as unknown).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_THIS' }),
  )
})

test('an error of another class has neither', () => {
  expect(isSocketError(new Error('x'))).toBe(false)
  expect(() => Reflect.get(SocketError.prototype, 'hint') as unknown).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_THIS' }),
  )
})
