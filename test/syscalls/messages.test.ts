import { fstatSync } from 'node:fs'
import { constants } from 'node:os'
import {
  AF_INET,
  decodeAddress,
  encodeAddress,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_PEEK,
  MSG_TRUNC,
} from 'bsd-sockets'
import { AF_UNIX, SCM_RIGHTS, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET, supports } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import type { Message } from 'bsd-sockets/syscalls'
import { describe, expect, test } from 'vitest'
import { dataView, field, read, sizeOf, write } from '../../lib/tested.js'
import { addressOf, linux, ok, opened, pair, receive, tcp, udp } from '../support/floor.js'

const { EAGAIN, ECONNREFUSED, EMSGSIZE, ENOTSOCK } = constants.errno

function message(parts: Partial<Message>): Message {
  return { iov: [], nameLength: -1, controlLength: -1, flags: -1, ...parts }
}

/** A control message that carries descriptors. */
function rights(...fds: number[]): Buffer {
  const control = Buffer.alloc(sys.CMSG_SPACE(4 * fds.length))
  const view = dataView(control)
  write(view, field('cmsghdr.cmsg_len'), sys.CMSG_LEN(4 * fds.length))
  write(view, field('cmsghdr.cmsg_level'), SOL_SOCKET)
  write(view, field('cmsghdr.cmsg_type'), SCM_RIGHTS)
  fds.forEach((fd, i) => control.writeInt32LE(fd, sys.CMSG_LEN(0) + 4 * i))
  return control
}

describe('sendmsg and recvmsg', () => {
  test('gather and scatter, in order, empty views too', () => {
    const [one, two] = pair()
    const words = ['a', '', 'bcd', 'ef'].map(word => Buffer.from(word))
    expect(sys.sendmsg(one, message({ iov: words }), 0)).toBe(6)
    const iov = [2, 0, 3, 8].map(size => Buffer.alloc(size, '.'))
    const received = message({ iov })
    expect(sys.recvmsg(two, received, 0)).toBe(6)
    expect(iov.map(String)).toEqual(['ab', '', 'cde', 'f.......'])
    expect(received).toMatchObject({ nameLength: 0, controlLength: 0, flags: 0 })
  })

  test('to an address, and from one', () => {
    const [one, two] = [udp(), udp()]
    expect(sys.sendmsg(one, message({ iov: [Buffer.from('hello')], name: addressOf(two) }), 0)).toBe(5)
    const received = message({ iov: [Buffer.alloc(8)], name: Buffer.alloc(64) })
    expect(sys.recvmsg(two, received, 0)).toBe(5)
    expect(received.nameLength).toBe(16)
    expect(decodeAddress(received.name!, received.nameLength)).toEqual(decodeAddress(addressOf(one)))
  })

  test('an address that is longer than the room is truncated, and its full length returned', () => {
    const [one, two] = [udp(), udp()]
    ok(sys.sendto(one, Buffer.from('hello'), 0, addressOf(two)))
    const room = Buffer.alloc(16, 0xaa)
    const received = message({ iov: [Buffer.alloc(8)], name: room.subarray(0, 4) })
    ok(sys.recvmsg(two, received, 0))
    expect(received.nameLength).toBe(16)
    expect(room.subarray(4)).toEqual(Buffer.alloc(12, 0xaa))
  })

  test('MSG_TRUNC: a message longer than the room', () => {
    const [one, two] = pair(SOCK_DGRAM)
    ok(sys.send(one, Buffer.from('longer'), 0))
    const received = message({ iov: [Buffer.alloc(2), Buffer.alloc(2)] })
    expect(sys.recvmsg(two, received, MSG_PEEK)).toBe(4)
    expect(received.flags & MSG_TRUNC).toBe(MSG_TRUNC)
    if (linux) expect(sys.recvmsg(two, received, MSG_TRUNC)).toBe(6)
  })

  test.runIf(supports.socket(AF_UNIX, SOCK_SEQPACKET))('records of SOCK_SEQPACKET stay separate', () => {
    const [one, two] = pair(SOCK_SEQPACKET)
    for (const record of ['one', 'another']) {
      ok(sys.sendmsg(one, message({ iov: [Buffer.from(record)] }), MSG_EOR))
    }
    const received = message({ iov: [Buffer.alloc(64)] })
    expect([sys.recvmsg(two, received, 0), sys.recvmsg(two, received, 0)]).toEqual([3, 7])
  })

  test('a descriptor is sent', () => {
    const [one, two] = pair()
    const [passed, other] = tcp()
    expect(sys.sendmsg(one, message({ iov: [Buffer.from('x')], control: rights(passed) }), 0)).toBe(1)
    const control = Buffer.alloc(sys.CMSG_SPACE(64))
    const received = message({ iov: [Buffer.alloc(1)], control })
    expect(sys.recvmsg(two, received, 0)).toBe(1)
    expect(received.flags & MSG_CTRUNC).toBe(0)
    expect(received.controlLength).toBe(sys.CMSG_SPACE(4))
    expect(read(dataView(control), field('cmsghdr.cmsg_len'))).toBe(sys.CMSG_LEN(4))
    const fd = opened(control.readInt32LE(sys.CMSG_LEN(0)))
    expect(fstatSync(fd).ino).toBe(fstatSync(passed).ino)
    ok(sys.send(fd, Buffer.from('from here'), 0))
    expect(receive(other)).toBe('from here')
  })

  test('MSG_CTRUNC: no room for a descriptor', () => {
    const [one, two] = pair()
    ok(sys.sendmsg(one, message({ iov: [Buffer.from('x')], control: rights(one) }), 0))
    const received = message({ iov: [Buffer.alloc(1)], control: new Uint8Array(4) })
    ok(sys.recvmsg(two, received, 0))
    expect(received.flags & MSG_CTRUNC).toBe(MSG_CTRUNC)
    expect(received.control).toEqual(new Uint8Array(4))
  })

  test('after −errno the message is unchanged', () => {
    const [, two] = pair()
    const received = message({ iov: [Buffer.alloc(1)] })
    expect(sys.recvmsg(two, received, MSG_DONTWAIT)).toBe(-EAGAIN)
    expect(received).toEqual(message({ iov: [Buffer.alloc(1)] }))
    if (linux) expect(sys.sendmsg(0, message({ iov: [] }), -1)).toBeLessThan(0)
  })
})

describe.runIf(supports.call('sendmmsg'))('sendmmsg and recvmmsg', () => {
  const name = encodeAddress(['127.0.0.1', 0]).length

  test('a batch is sent and received, each message with its address', () => {
    const [one, two] = [udp(), udp()]
    const sending = new sys.MessageBatch(4, 16, { nameSize: name })
    for (const i of [0, 1, 2, 3]) {
      sending.data.write('datagram'.slice(0, i), i * 16)
      sending.names!.set(addressOf(two), i * name)
      sending.results.set([i, name], i * 4)
    }
    expect(sys.sendmmsg!(one, sending, 0)).toBe(4)
    const receiving = new sys.MessageBatch(8, 2, { nameSize: 32, controlSize: 32 })
    expect(sys.recvmmsg!(two, receiving, MSG_DONTWAIT)).toBe(4)
    const rows = [0, 1, 2, 3].map(i => [...receiving.results.subarray(i * 4, i * 4 + 4)])
    expect(rows).toEqual([
      [0, name, 0, 0],
      [1, name, 0, 0],
      [2, name, 0, 0],
      [2, name, 0, MSG_TRUNC],
    ])
    expect(receiving.data.toString('latin1', 0, 8)).toBe('\0\0d\0dada')
    expect(decodeAddress(receiving.names!.subarray(96, 96 + name))).toEqual(decodeAddress(addressOf(one)))
    expect(receiving.results.subarray(16)).toEqual(new Uint32Array(16))
  })

  test('a part of a batch, from any index', () => {
    const [one, two] = pair(SOCK_DGRAM)
    const batch = new sys.MessageBatch(4, 1)
    batch.data.write('abcd')
    for (let i = 0; i < 4; i++) batch.results[i * 4] = 1
    expect(sys.sendmmsg!(one, batch, 0, 1)).toBe(1)
    expect(sys.sendmmsg!(one, batch, 0, 2, 2)).toBe(2)
    expect(sys.sendmmsg!(one, batch, 0, 0)).toBe(0)
    expect([0, 1, 2].map(() => receive(two))).toEqual(['a', 'c', 'd'])
    expect(() => sys.sendmmsg!(one, batch, 0, 2, 3)).toThrow(/"count"/)
    expect(() => sys.sendmmsg!(one, batch, 0, 1, 4)).toThrow(/"start"/)
  })

  test('no length in a batch reaches beyond its slot', () => {
    const [one, two] = pair(SOCK_DGRAM)
    const batch = new sys.MessageBatch(2, 4, { controlSize: 8 })
    batch.data.write('abcdefgh')
    batch.results.fill(2 ** 32 - 1)
    batch.results[1] = batch.results[2] = batch.results[5] = batch.results[6] = 0
    expect(sys.sendmmsg!(one, batch, 0)).toBe(2)
    expect([receive(two), receive(two)]).toEqual(['abcd', 'efgh'])
  })

  test('an error after the first message returns the number sent; an error at the first returns −errno', () => {
    const [one, two] = pair(SOCK_DGRAM)
    const batch = new sys.MessageBatch(2, 2 ** 22)
    batch.results[0] = 3
    batch.results[4] = 2 ** 22
    expect(sys.sendmmsg!(one, batch, MSG_DONTWAIT)).toBe(1)
    expect(sys.sendmmsg!(one, batch, MSG_DONTWAIT, 1, 1)).toBe(-EMSGSIZE)
    expect(receive(two)).toBe('\0\0\0')
    expect(sys.recvmmsg!(two, batch, MSG_DONTWAIT)).toBe(-EAGAIN)
    ok(sys.send(one, Buffer.from('x'), 0))
    expect(sys.recvmmsg!(two, batch, 0, Buffer.alloc(sizeOf('timespec')))).toBe(1) // the kernel checks it only after a message
  })

  test('a batch has 1 to 1,024 messages, and must be created by the package', () => {
    const made = (...values: unknown[]) => Reflect.construct(sys.MessageBatch, values) as sys.MessageBatch
    for (const count of [0, -1, 1025, 1.5, NaN, '1']) expect(() => made(count, 1)).toThrow(/"count"/)
    for (const size of [-1, 2 ** 23, undefined]) expect(() => made(1, size)).toThrow(/"size"/)
    expect(() => made(1, 1, { nameSize: -1 })).toThrow(/"nameSize"/)
    expect(() => made(1, 1, { controlSize: 1n })).toThrow(/"controlSize"/)
    const [one, two] = pair(SOCK_DGRAM)
    expect(sys.sendmmsg!(one, new sys.MessageBatch(1024, 0), MSG_DONTWAIT)).toBeGreaterThan(0)
    expect(sys.recvmmsg!(two, new sys.MessageBatch(1024, 0), MSG_DONTWAIT)).toBeGreaterThan(0)
    const looksLikeOne: object = Object.assign({}, made(1, 1))
    expect(() => sys.recvmmsg!(one, looksLikeOne as sys.MessageBatch, 0)).toThrow(/"batch"/)
  })

  test('an error is −errno', () => {
    const free = udp()
    const client = opened(sys.socket(AF_INET, SOCK_DGRAM, 0))
    ok(sys.connect(client, addressOf(free)))
    ok(sys.close(free))
    ok(sys.send(client, Buffer.from('x'), 0))
    expect(sys.recvmmsg!(client, new sys.MessageBatch(2, 8), 0)).toBe(-ECONNREFUSED)
    const epoll = opened(sys.epoll_create1!(0))
    expect(sys.recvmmsg!(epoll, new sys.MessageBatch(1, 1), 0)).toBe(-ENOTSOCK)
    expect(sys.recvmmsg!(pair(SOCK_STREAM)[0], new sys.MessageBatch(1, 1), MSG_DONTWAIT)).toBe(-EAGAIN)
  })
})
