import { once } from 'node:events'
import { closeSync, constants as fsConstants, mkdtempSync, openSync, readdirSync, readlinkSync } from 'node:fs'
import { readSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { F_ADD_SEALS, F_GET_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, memfd } from 'bsd-sockets'
import { AF_INET, encodeAddress, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETOWN, F_SETFD } from 'bsd-sockets'
import { F_SETFL, F_SETOWN, FD_CLOEXEC, FIONREAD, MSG_OOB, O_CLOEXEC, O_NONBLOCK, SIOCATMARK } from 'bsd-sockets'
import { MFD_ALLOW_SEALING, MFD_CLOEXEC, SIOCOUTQ, SOCK_STREAM, Socket, supports } from 'bsd-sockets'
import type { OwnedFd } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { addressOf, linux, ok, opened, pair, receive, tcp } from '../support/floor.js'

const { EAGAIN, EBADF, EEXIST, EINVAL, ENAMETOOLONG, ENOENT, ENOTSOCK, EPERM } = constants.errno

/** A descriptor of a file with this content. */
function file(text: string): number {
  const directory = mkdtempSync(join(tmpdir(), 'syscalls-'))
  const name = join(directory, 'file')
  writeFileSync(name, text)
  const fd = openSync(name, 'r')
  onTestFinished(() => {
    closeSync(fd)
    rmSync(directory, { recursive: true })
  })
  return fd
}

const outOfRange = (name: string): object =>
  expect.objectContaining({
    name: 'RangeError',
    code: 'ERR_OUT_OF_RANGE',
    message: expect.stringContaining(`"${name}"`),
  })

describe('open', () => {
  test('opens a file by the bytes of its path, creates it, and returns −errno', () => {
    const directory = mkdtempSync(join(tmpdir(), 'syscalls-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const path = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0x41])]) // no UTF-8
    expect(sys.open(path, fsConstants.O_RDONLY)).toBe(-ENOENT)
    const created = opened(sys.open(path, fsConstants.O_WRONLY | fsConstants.O_CREAT, 0o600))
    expect(sys.write(created, Buffer.from('hello'))).toBe(5)
    const read = opened(sys.open(path, fsConstants.O_RDONLY | O_CLOEXEC))
    expect(sys.fcntl(read, F_GETFD)).toBe(FD_CLOEXEC)
    const bytes = Buffer.alloc(8)
    expect([sys.read(read, bytes), bytes.toString('latin1', 0, 5)]).toEqual([5, 'hello'])
    expect(sys.open(path, fsConstants.O_WRONLY | fsConstants.O_CREAT | fsConstants.O_EXCL)).toBe(-EEXIST)
    const plain = join(directory, 'plain')
    opened(sys.open(Buffer.from(plain), fsConstants.O_WRONLY | fsConstants.O_CREAT, 0o640))
    expect(statSync(plain).mode & 0o777).toBe(0o640)
  })

  test('a path with a NUL is −EINVAL, one that is too long −ENAMETOOLONG, an empty one −ENOENT', () => {
    expect(sys.open(Buffer.from('/dev\0/null'), 0)).toBe(-EINVAL)
    expect(sys.open(Buffer.from('/dev/null\0'), 0)).toBe(-EINVAL)
    expect(sys.open(Buffer.alloc(100_000, '/'), 0)).toBe(-ENAMETOOLONG)
    expect(sys.open(Buffer.alloc(0), 0)).toBe(-ENOENT)
  })

  test('a worker that ends does not close the number again', async () => {
    const source = file('x')
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads')
      const sys = require('bsd-sockets/syscalls')
      const fd = sys.open(Buffer.from('/dev/null'), 0)
      sys.close(fd)
      parentPort.postMessage(fd)
      parentPort.once('message', () => process.exit())`,
      { eval: true },
    )
    const [fd] = (await once(worker, 'message')) as [number]
    const dup = opened(sys.fcntl(source, F_DUPFD, fd))
    expect(dup).toBe(fd)
    worker.postMessage('end')
    await once(worker, 'exit')
    expect(sys.fcntl(fd, F_GETFD)).toBe(0)
  })
})

describe('sendfile', () => {
  test('sends from an offset, which it advances', () => {
    const [out, peer] = tcp()
    const offset = new BigInt64Array([2n])
    expect(sys.sendfile(out, file('0123456789'), offset, 5)).toBe(5)
    expect(offset[0]).toBe(7n)
    expect(receive(peer)).toBe('23456')
  })

  // On macOS sendfile(2) always has an offset.
  test.runIf(linux)("sends from the file's own position without an offset, up to the end of the file", () => {
    const [out, peer] = tcp()
    const fd = file('0123456789')
    readSync(fd, Buffer.alloc(3), 0, 3, null)
    expect(sys.sendfile(out, fd, null, 100)).toBe(7)
    expect(sys.sendfile(out, fd, null, 100)).toBe(0)
    expect(receive(peer)).toBe('3456789')
  })

  test('a negative offset is −EINVAL, a closed descriptor −EBADF, a file instead of a socket an error', () => {
    const [out] = tcp()
    expect(sys.sendfile(out, file('x'), new BigInt64Array([-1n]), 5)).toBe(-EINVAL)
    expect(sys.sendfile(-1, file('x'), new BigInt64Array(1), 5)).toBe(-EBADF)
    expect(sys.getsockname(file('x'), Buffer.alloc(16), new Uint32Array([16]))).toBe(-ENOTSOCK)
  })
})

describe.runIf(supports.call('pipe2'))('pipes', () => {
  function pipe(flags: number): [number, number] {
    const fds = new Int32Array(2)
    ok(sys.pipe2!(fds, flags))
    return [opened(fds[0]!), opened(fds[1]!)]
  }

  test('pipe2 takes O_CLOEXEC and O_NONBLOCK', () => {
    const [reading] = pipe(O_CLOEXEC | O_NONBLOCK)
    expect(sys.fcntl(reading, F_GETFD)).toBe(FD_CLOEXEC)
    expect(sys.read(reading, Buffer.alloc(1))).toBe(-EAGAIN)
    expect(sys.pipe2!(new Int32Array(2), -1)).toBe(-EINVAL)
  })

  test('splice moves bytes from a file into a pipe, and from there into a socket', () => {
    const [reading, writing] = pipe(0)
    const [out, peer] = tcp()
    const offset = new BigInt64Array([4n])
    expect(sys.splice!(file('0123456789'), offset, writing, null, 4, 0)).toBe(4)
    expect(offset[0]).toBe(8n)
    expect(sys.splice!(reading, null, out, null, 100, 0)).toBe(4)
    expect(receive(peer)).toBe('4567')
    expect(sys.splice!(out, null, out, null, 1, 0)).toBe(-EINVAL)
  })
})

describe('fcntl', () => {
  test('F_GETFD and F_SETFD', () => {
    const [fd] = pair()
    expect(sys.fcntl(fd, F_GETFD)).toBe(0)
    expect(sys.fcntl(fd, F_SETFD, FD_CLOEXEC)).toBe(0)
    expect(sys.fcntl(fd, F_GETFD)).toBe(FD_CLOEXEC)
  })

  test('F_GETFL and F_SETFL', () => {
    const [fd] = pair()
    const flags = sys.fcntl(fd, F_GETFL)
    expect(sys.fcntl(fd, F_SETFL, flags | O_NONBLOCK)).toBe(0)
    expect(sys.fcntl(fd, F_GETFL)).toBe(flags | O_NONBLOCK)
    expect(sys.recv(fd, Buffer.alloc(1), 0)).toBe(-EAGAIN)
  })

  test('F_DUPFD and F_DUPFD_CLOEXEC, at or above a number', () => {
    const [fd, peer] = pair()
    const plain = opened(sys.fcntl(fd, F_DUPFD, 200))
    const closing = opened(sys.fcntl(fd, F_DUPFD_CLOEXEC, 200))
    expect(Math.min(plain, closing)).toBeGreaterThanOrEqual(200)
    expect([sys.fcntl(plain, F_GETFD), sys.fcntl(closing, F_GETFD)]).toEqual([0, FD_CLOEXEC])
    ok(sys.send(closing, Buffer.from('same'), 0))
    expect(receive(peer)).toBe('same')
  })

  test('F_GETOWN and F_SETOWN', () => {
    const [fd] = tcp()
    expect(sys.fcntl(fd, F_GETOWN)).toBe(0)
    expect(sys.fcntl(fd, F_SETOWN, process.pid)).toBe(0)
    expect(sys.fcntl(fd, F_GETOWN)).toBe(process.pid)
  })

  test('any other command is a RangeError, since its argument may be a pointer', () => {
    const [fd] = pair()
    const allowed = [F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETOWN, F_SETOWN]
    if (F_ADD_SEALS !== undefined) allowed.push(F_ADD_SEALS, F_GET_SEALS!)
    for (const command of [...Array(100).keys(), 1024, 1025, 1030, 1031, 1033, 1034, -1].filter(
      n => !allowed.includes(n),
    )) {
      expect(() => sys.fcntl(fd, command, 1)).toThrow(outOfRange('command'))
    }
  })
})

describe.runIf(supports.call('memfd_create'))('memfd', () => {
  const memory = (...given: Parameters<typeof memfd>): OwnedFd => {
    const made = memfd(...given)
    onTestFinished(() => made.close())
    return made
  }

  // The bytes from the position on; `fs` of Deno reads only descriptors of its own.
  function contents(fd: number): Buffer {
    const room = Buffer.alloc(64)
    return room.subarray(0, ok(sys.read(fd, room)))
  }
  const path = (fd: number): string => `/proc/self/fd/${fd}`

  test('memfd_create makes a descriptor; it takes flags, and no long name', () => {
    const fd = opened(sys.memfd_create!('by the call', MFD_CLOEXEC! | MFD_ALLOW_SEALING!))
    expect(readlinkSync(path(fd))).toBe('/memfd:by the call (deleted)')
    expect([sys.fcntl(fd, F_GETFD), sys.fcntl(fd, F_GET_SEALS!)]).toEqual([FD_CLOEXEC, 0])
    expect(sys.memfd_create!('x', 2 ** 31)).toBe(-EINVAL)
    expect(sys.memfd_create!('x'.repeat(250), 0)).toBe(-EINVAL)
  })

  test('has contents or a size, at the position 0, and is close-on-exec', () => {
    const { fd } = memory('contents', { name: 'keymap' })
    expect(String(contents(fd))).toBe('contents')
    expect(readlinkSync(path(fd))).toBe('/memfd:keymap (deleted)')
    expect(sys.fcntl(fd, F_GETFD)).toBe(FD_CLOEXEC)
    expect(contents(memory(new Uint16Array([1, 2])).fd)).toEqual(Buffer.from(new Uint16Array([1, 2]).buffer))
    expect(contents(memory(5).fd)).toEqual(Buffer.alloc(5))
    expect(statSync(path(memory(2 ** 40).fd)).size).toBe(2 ** 40) // which takes no memory
    expect(statSync(path(memory('').fd)).size).toBe(0)
  })

  test('can be sealed', () => {
    const seals = F_SEAL_SHRINK! | F_SEAL_GROW! | F_SEAL_WRITE!
    const { fd } = memory('sealed', { seals })
    expect(sys.fcntl(fd, F_GET_SEALS!)).toBe(seals)
    expect(sys.write(fd, Buffer.from('x'))).toBe(-EPERM)
    expect(() => truncateSync(path(fd), 0)).toThrow(expect.objectContaining({ code: 'EPERM' }))
    expect(sys.fcntl(fd, F_ADD_SEALS!, F_SEAL_SEAL)).toBe(0)
    expect(sys.fcntl(fd, F_ADD_SEALS!, F_SEAL_GROW)).toBe(-EPERM)
  })

  test('goes to another process by sendFds', () => {
    const [one, other] = Socket.pair()
    onTestFinished(() => [one, other].forEach(socket => socket.close()))
    one.sendFds('x', [memory('shared')])
    using received = other.recvFds(1, 1).fds[0]!
    expect(String(contents(received.fd))).toBe('shared')
  })

  test('of wrong arguments is nothing, and no descriptor stays open', () => {
    const before = readdirSync('/proc/self/fd').length
    for (const [argument, ...given] of [
      ['content', -1],
      ['content', 1.5],
      ['options.name', 'x', { name: 'x'.repeat(250) }],
      ['options.name', 'x', { name: 'a\0b' }],
      ['options.name', 'x', { name: 1 }],
      ['options.seals', 'x', { seals: -1 }],
      ['options.seal', 'x', { seal: 1 }],
    ])
      expect(() => memfd(...(given as unknown as [string]))).toThrow(expect.objectContaining({ argument }))
    expect(() => memfd(null as never)).toThrow(TypeError)
    expect(() => memfd('x', { seals: 2 ** 20 })).toThrow(expect.objectContaining({ code: 'EINVAL', syscall: 'fcntl' }))
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })
})

describe('ioctl', () => {
  test('FIONREAD: the number of bytes to read', () => {
    const [client, server] = tcp()
    expect(sys.ioctl(server, FIONREAD)).toBe(0)
    ok(sys.send(client, Buffer.from('seven..'), 0))
    expect(sys.ioctl(server, FIONREAD)).toBe(7)
    expect(sys.ioctl(-1, FIONREAD)).toBe(-EBADF)
  })

  test.runIf(SIOCOUTQ !== undefined)('SIOCOUTQ: the number of bytes sent and not yet received', () => {
    const [one] = pair()
    const before = sys.ioctl(one, SIOCOUTQ!)
    ok(sys.send(one, Buffer.alloc(100), 0))
    expect(before).toBe(0)
    expect(sys.ioctl(one, SIOCOUTQ!)).toBeGreaterThanOrEqual(100)
  })

  test('SIOCATMARK: whether urgent data is next', () => {
    const [client, server] = tcp()
    ok(sys.send(client, Buffer.from('ab'), 0))
    ok(sys.send(client, Buffer.from('!'), MSG_OOB))
    expect(sys.ioctl(server, SIOCATMARK)).toBe(0)
    expect(receive(server)).toBe('ab') // no receive continues after the mark
    expect(sys.ioctl(server, SIOCATMARK)).toBe(1)
  })

  test('any other request is a RangeError', () => {
    const fd = opened(sys.socket(AF_INET, SOCK_STREAM, 0))
    ok(sys.bind(fd, encodeAddress(['127.0.0.1', 0])))
    const flags = sys.fcntl(fd, F_GETFL)
    for (const request of [0x5421 /* FIONBIO */, 0x5452 /* FIOASYNC */, 0x8912 /* SIOCGIFCONF */, 0, -1, 2 ** 31]) {
      expect(() => sys.ioctl(fd, request)).toThrow(outOfRange('request'))
    }
    expect(sys.fcntl(fd, F_GETFL)).toBe(flags)
    expect(addressOf(fd)).toHaveLength(16)
  })
})
