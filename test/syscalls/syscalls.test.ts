import { readdirSync, readFileSync } from 'node:fs'
import { constants, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { AF_INET, AF_UNIX, decodeAddress, encodeAddress, F_GETFD, F_GETFL, FD_CLOEXEC, O_NONBLOCK } from 'bsd-sockets'
import { IPPROTO_TCP, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, SHUT_RD, SHUT_RDWR, SHUT_WR } from 'bsd-sockets'
import { SO_LINGER, SO_RCVBUF, SO_REUSEADDR, SO_TYPE, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from 'bsd-sockets'
import { SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET, supports, TCP_NODELAY } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { describe, expect, test } from 'vitest'
import { native } from '../../lib/tested.js'
import { parameters } from '../support/arguments/parameters.js'
import { addressOf, linux, listener, ok, opened, pair, receive, tcp, udp } from '../support/floor.js'
import { root } from '../support/root.js'

const { EADDRINUSE, EAGAIN, EBADF, ECONNREFUSED, EFAULT, EINVAL, ENOTCONN, EPIPE } = constants.errno

describe('the table', () => {
  const source = join(root, 'src')
  const texts = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => readFileSync(join(source, name), 'utf8'))
    .filter(text => /^import \{.*\bcall(?:Owning)?\b.*\} from '.*\/native\.js'$/m.test(text))
  // call<(fd: number) => number>('close'), or with the type left to be inferred
  const declared = texts.flatMap(text =>
    Array.from(text.matchAll(/(?<![.#\w])call(?:Owning)?(?:<.*?>)?\(\s*'(\w+)',?\s*\)/gs), ([, name]) => name!),
  )
  const ofDarwin = ['kevent', 'kqueue']
  const ofLinux =
    'accept4 epoll_create1 epoll_ctl epoll_wait memfd_create pidfd_getfd pidfd_open pipe2 recvmmsg sendmmsg setsockopt_fprog splice'.split(
      ' ',
    )
  const others = linux ? ofDarwin : ofLinux

  test('the addon has the functions that TypeScript declares, except those of another kernel', () => {
    const expected = new Set(declared.filter(name => !others.includes(name)))
    expect(Object.keys(native.functions).sort()).toEqual([...expected].sort())
    expect(declared).toEqual(expect.arrayContaining([...ofDarwin, ...ofLinux]))
  })

  // arguments.test.ts tests the parameters of each, by name.
  test('bsd-sockets/syscalls exports each function, and undefined for those of another kernel', () => {
    const { MessageBatch, FD_SETSIZE, ...functions } = sys
    expect(typeof MessageBatch).toBe('function')
    expect(FD_SETSIZE).toBe(1024)
    expect(Object.keys(functions).sort()).toEqual(Object.keys(parameters).sort())
    const missing = Object.entries(functions).flatMap(([name, value]) => (value === undefined ? [name] : []))
    expect(missing.sort()).toEqual(others.filter(name => name in functions).sort())
  })
})

describe('TCP', () => {
  test('socket, bind, listen, connect, accept, send, recv, shutdown, close', () => {
    const server = listener()
    const client = ok(sys.socket(AF_INET, SOCK_STREAM, 0))
    expect(sys.connect(client, addressOf(server))).toBe(0)
    const address = Buffer.alloc(64)
    const length = new Uint32Array([64])
    const accepted = opened(sys.accept(server, address, length))
    expect(length[0]).toBe(16)
    expect(address.subarray(0, 16)).toEqual(addressOf(client))
    expect(sys.getpeername(accepted, address, length)).toBe(0)
    expect(decodeAddress(address, length[0])).toEqual(decodeAddress(addressOf(client)))
    expect(sys.send(client, Buffer.from('hello'), 0)).toBe(5)
    expect(receive(accepted, MSG_PEEK)).toBe('hello')
    expect(receive(accepted)).toBe('hello')
    expect(sys.shutdown(client, SHUT_WR)).toBe(0)
    expect(sys.recv(accepted, address, 0)).toBe(0)
    expect(sys.send(client, address, MSG_NOSIGNAL ?? 0)).toBe(-EPIPE)
    expect(sys.send(accepted, Buffer.from('back'), 0)).toBe(4)
    expect(receive(client)).toBe('back')
    expect(sys.close(client)).toBe(0)
    expect(sys.close(client)).toBe(-EBADF)
  })

  test.runIf(sys.accept4)('accept4 makes the descriptor close-on-exec and non-blocking', () => {
    const server = listener()
    const client = opened(sys.socket(AF_INET, SOCK_STREAM, 0))
    ok(sys.connect(client, addressOf(server)))
    const fd = opened(sys.accept4!(server, null, null, SOCK_CLOEXEC! | SOCK_NONBLOCK!))
    expect(sys.fcntl(fd, F_GETFD) & FD_CLOEXEC).toBe(FD_CLOEXEC)
    expect(sys.fcntl(fd, F_GETFL) & O_NONBLOCK).toBe(O_NONBLOCK)
    expect(sys.recv(fd, Buffer.alloc(1), 0)).toBe(-EAGAIN)
    expect(sys.fcntl(client, F_GETFD) & FD_CLOEXEC).toBe(0)
  })

  test('read, write, readv and writev use their views in order, empty ones too', () => {
    const [client, server] = tcp()
    expect(sys.write(client, Buffer.from('one'))).toBe(3)
    expect(sys.writev(client, [Buffer.from('two'), new Uint8Array(0), Buffer.from('three')])).toBe(8)
    const views = [new Uint8Array(2), new Uint8Array(0), Buffer.alloc(4), new Uint16Array(8)]
    expect(sys.readv(server, views)).toBe(11)
    const text = views.map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength).toString(),
    )
    expect(text.join('').replaceAll('\0', '')).toBe('onetwothree')
    expect(sys.writev(client, [])).toBe(0)
    expect(sys.write(client, Buffer.from('x'))).toBe(1)
    const one = new Uint8Array(1)
    expect(sys.read(server, one)).toBe(1)
    expect(one[0]).toBe(0x78)
  })

  test('an error is −errno', () => {
    const server = listener()
    const address = addressOf(server)
    const other = opened(sys.socket(AF_INET, SOCK_STREAM, 0))
    expect(sys.bind(other, address)).toBe(-EADDRINUSE)
    expect(sys.getpeername(other, Buffer.alloc(16), new Uint32Array([16]))).toBe(-ENOTCONN)
    expect(sys.shutdown(other, SHUT_RDWR)).toBe(-ENOTCONN)
    expect(sys.shutdown(server, 77)).toBe(-EINVAL)
    expect(sys.recv(server, Buffer.alloc(1), MSG_DONTWAIT)).toBe(-ENOTCONN)
    expect(sys.bind(other, Buffer.alloc(1))).toBe(-EINVAL)
    expect(sys.listen(-1, 5)).toBe(-EBADF)
    expect(sys.listen(2 ** 31 - 1, 5)).toBe(-EBADF)
    const free = opened(sys.socket(AF_INET, SOCK_STREAM, 0))
    ok(sys.bind(free, encodeAddress(['127.0.0.1', 0])))
    expect(sys.connect(other, addressOf(free))).toBe(-ECONNREFUSED)
  })
})

describe('datagrams', () => {
  test('sendto and recvfrom, an empty one too', () => {
    const [one, two] = [udp(), udp()]
    const room = Buffer.alloc(8)
    const from = Buffer.alloc(64)
    const length = new Uint32Array([64])
    for (const text of ['datagram', '']) {
      expect(sys.sendto(one, Buffer.from(text), 0, addressOf(two))).toBe(text.length)
      expect(sys.recvfrom(two, room, 0, from, length)).toBe(text.length)
      expect(from.subarray(0, length[0])).toEqual(addressOf(one))
      length[0] = 64
    }
    ok(sys.connect(one, addressOf(two)))
    expect(sys.send(one, Buffer.from('sent'), 0)).toBe(4)
    expect(sys.recvfrom(two, room, 0, null, null)).toBe(4)
  })

  test('with MSG_TRUNC the result is the full length, which may be more than the room', () => {
    const [one, two] = pair(SOCK_DGRAM)
    ok(sys.send(one, Buffer.from('longer than there is room for'), 0))
    const room = Buffer.alloc(8)
    expect(sys.recv(two, room.subarray(0, 4), MSG_PEEK | (linux ? MSG_TRUNC : 0))).toBe(linux ? 29 : 4)
    expect(room.toString()).toBe('long\0\0\0\0')
    expect(sys.recv(two, room, MSG_TRUNC)).toBe(linux ? 29 : 8)
    expect(sys.recv(two, room, MSG_DONTWAIT)).toBe(-EAGAIN)
  })
})

describe('Unix sockets', () => {
  const kinds = Object.entries({ SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET }).filter(([, type]) =>
    supports.socket(AF_UNIX, type),
  )

  test.each(kinds)('socketpair, %s', (_, type) => {
    const [one, two] = pair(type)
    ok(sys.send(one, Buffer.from('a'), 0))
    ok(sys.send(one, Buffer.from('b'), 0))
    expect(receive(two)).toBe(type === SOCK_STREAM ? 'ab' : 'a')
    expect(decodeAddress(addressOf(one))).toEqual({ family: 'unix' })
    const integer = new Int32Array(1)
    expect(sys.getsockopt(one, SOL_SOCKET, SO_TYPE, integer, new Uint32Array([4]))).toBe(0)
    expect(integer[0]).toBe(type)
  })

  test('SHUT_RD ends only receiving', () => {
    const [one, two] = pair()
    expect(sys.shutdown(one, SHUT_RD)).toBe(0)
    expect(receive(one)).toBe('')
    expect(sys.send(one, Buffer.from('x'), 0)).toBe(1)
    expect(receive(two)).toBe('x')
  })

  test.runIf(linux)('an abstract name', () => {
    const address = { family: 'unix', abstract: `floor\0${process.pid}` } as const
    const server = opened(sys.socket(AF_UNIX, SOCK_STREAM, 0))
    ok(sys.bind(server, encodeAddress(address)))
    ok(sys.listen(server, 1))
    expect(decodeAddress(addressOf(server))).toEqual(address)
    const client = opened(sys.socket(AF_UNIX, SOCK_STREAM, 0))
    expect(sys.connect(client, encodeAddress(address))).toBe(0)
  })
})

describe('options', () => {
  test('an int is set and read back', () => {
    const [fd] = tcp()
    const integer = new Int32Array(1)
    const length = new Uint32Array([4])
    for (const [level, name] of [
      [SOL_SOCKET, SO_REUSEADDR],
      [IPPROTO_TCP, TCP_NODELAY],
    ] as const) {
      for (const value of [1, 0]) {
        expect(sys.setsockopt(fd, level, name, new Int32Array([value]))).toBe(0)
        expect(sys.getsockopt(fd, level, name, integer, length)).toBe(0)
        expect(integer[0] !== 0).toBe(value !== 0)
        expect(length[0]).toBe(4)
      }
    }
  })

  test('a struct is set and read back', () => {
    const [fd] = tcp()
    const linger = new Int32Array([1, 7])
    expect(sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, linger)).toBe(0)
    const back = new Int32Array(4)
    const length = new Uint32Array([16])
    expect(sys.getsockopt(fd, SOL_SOCKET, SO_LINGER, back, length)).toBe(0)
    expect([...back, length[0]]).toEqual([1, 7, 0, 0, 8])
  })

  test.runIf(linux)('a null value is passed with its length', () => {
    const fd = opened(sys.socket(AF_INET, SOCK_STREAM, 0))
    expect(sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, null, 4)).toBe(-EFAULT)
    expect(sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, null, 3)).toBe(-EINVAL)
    expect(sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, null)).toBe(-EINVAL)
  })

  test('one of a wrong size is −EINVAL', () => {
    const [fd] = pair()
    expect(sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, new Uint8Array(1))).toBe(-EINVAL)
  })
})

describe('functions that are not system calls', () => {
  test('byte order', () => {
    const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
    expect([sys.htons(0x1234), sys.ntohs(0x1234)]).toEqual(little ? [0x3412, 0x3412] : [0x1234, 0x1234])
    expect(sys.htonl(0x12345678)).toBe(little ? 0x78563412 : 0x12345678)
    expect(sys.ntohl(sys.htonl(0xffeeddcc))).toBe(0xffeeddcc)
  })

  test('room for control messages', () => {
    expect(sys.CMSG_LEN(0)).toBe(linux ? 16 : 12)
    expect(sys.CMSG_LEN(5)).toBe(sys.CMSG_LEN(0) + 5)
    expect(sys.CMSG_SPACE(1)).toBe(sys.CMSG_SPACE(4))
    expect(sys.CMSG_SPACE(1)).toBeGreaterThan(sys.CMSG_LEN(1))
  })

  test('interfaces', () => {
    const list = sys.if_nameindex() as [number, string][]
    expect(list.map(([, name]) => name)).toEqual(expect.arrayContaining(Object.keys(networkInterfaces())))
    for (const [index, name] of list) {
      expect(sys.if_nametoindex(name)).toBe(index)
      expect(sys.if_indextoname(index)).toBe(name)
    }
    expect(sys.if_nametoindex('no-such')).toBeLessThan(0)
    expect(sys.if_indextoname(0)).toBeLessThan(0)
  })
})
