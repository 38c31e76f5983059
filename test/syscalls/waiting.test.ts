import { constants } from 'node:os'
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLET, EPOLLHUP, EPOLLIN } from 'bsd-sockets'
import { EPOLLOUT, F_DUPFD, POLLHUP, POLLIN, POLLNVAL, POLLOUT, supports } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { describe, expect, test } from 'vitest'
import { dataView, field, read, sizeOf, write } from '../../lib/tested.js'
import { linux, listener, ok, opened, pair, receive } from '../support/floor.js'

const { EBADF, EEXIST, EINVAL, ENOENT } = constants.errno

const now = new BigInt64Array(2) // a timeval of zeros

function fdSet(...fds: number[]): Buffer {
  const set = Buffer.alloc(sizeOf('fd_set'))
  for (const fd of fds) sys.FD_SET(fd, set)
  return set
}

describe('select', () => {
  test('leaves the ready descriptors in the sets, and returns their number', () => {
    const [one, two] = pair()
    const nfds = Math.max(one, two) + 1
    const [readers, writers, errors] = [fdSet(one, two), fdSet(one), fdSet(one)]
    expect(sys.select(nfds, readers, writers, errors, now)).toBe(1)
    const members = (): number[] => [readers, writers, errors].map(set => sys.FD_ISSET(one, set))
    expect(members()).toEqual([0, 1, 0])
    ok(sys.send(two, Buffer.from('x'), 0))
    sys.FD_SET(one, readers)
    expect(sys.select(nfds, readers, writers, null, null)).toBe(2)
    expect(members()).toEqual([1, 1, 0])
    expect(sys.select(0, null, null, null, now)).toBe(0)
  })

  test('waits no longer than its timeout, and writes the remaining time', () => {
    const [one] = pair()
    const readers = fdSet(one)
    const timeval = Buffer.alloc(sizeOf('timeval'))
    write(dataView(timeval), field('timeval.tv_usec'), 20_000)
    expect(sys.select(one + 1, readers, null, null, timeval)).toBe(0)
    if (linux) expect(read(dataView(timeval), field('timeval.tv_usec'))).toBe(0)
  })

  test('a descriptor of FD_SETSIZE or more is a RangeError, and no memory is touched', () => {
    const memory = Buffer.alloc(sizeOf('fd_set') + 64)
    const set = memory.subarray(0, sizeOf('fd_set'))
    const [one] = pair()
    const high = opened(sys.fcntl(one, F_DUPFD, sys.FD_SETSIZE))
    const refused = expect.objectContaining({
      name: 'RangeError',
      message: expect.stringMatching(/"fd".*1023.*1\d\d\d$/),
    })
    for (const fd of [high, sys.FD_SETSIZE, sys.FD_SETSIZE + 63]) {
      expect(() => sys.FD_SET(fd, set)).toThrow(refused)
      expect(() => sys.FD_CLR(fd, set)).toThrow(refused)
      expect(() => sys.FD_ISSET(fd, set)).toThrow(refused)
    }
    expect(memory).toEqual(Buffer.alloc(memory.length))
    expect(() => sys.select(sys.FD_SETSIZE + 1, set, null, null, now)).toThrow(/"nfds"/)
    expect(() => sys.select(1, set.subarray(1), null, null, now)).toThrow(/"readfds" .* 128 bytes/)
    expect(() => sys.FD_SET(1, set.subarray(1))).toThrow(/"set" .* 128 bytes/)
  })

  test('the functions for sets are the C macros, for each bit', () => {
    const set = fdSet(0, 7, 8, 63, 64, 1023)
    const members = Array.from({ length: 1024 }, (_, fd) => fd).filter(fd => sys.FD_ISSET(fd, set) === 1)
    expect(members).toEqual([0, 7, 8, 63, 64, 1023])
    sys.FD_CLR(63, set)
    sys.FD_CLR(62, set)
    expect([sys.FD_ISSET(63, set), sys.FD_ISSET(62, set), sys.FD_ISSET(64, set)]).toEqual([0, 0, 1])
    sys.FD_ZERO(set)
    expect(set).toEqual(fdSet())
  })

  test('an error is −errno', () => {
    const [one] = pair()
    const high = sys.fcntl(one, F_DUPFD, 500)
    ok(sys.close(high))
    expect(sys.select(high + 1, fdSet(high), null, null, now)).toBe(-EBADF)
    expect(sys.select(1, null, null, null, new BigInt64Array([-1n, 0n]))).toBe(-EINVAL)
  })
})

describe('poll', () => {
  const size = sizeOf('pollfd')
  const [fdField, events, revents] = ['fd', 'events', 'revents'].map(name => field(`pollfd.${name}`))

  function pollfds(...entries: [fd: number, events: number][]): Buffer {
    const bytes = Buffer.alloc(entries.length * size)
    entries.forEach(([fd, wanted], i) => {
      const view = dataView(bytes.subarray(i * size))
      write(view, fdField!, fd)
      write(view, events!, wanted)
    })
    return bytes
  }
  const result = (bytes: Buffer, i: number): number => read(dataView(bytes.subarray(i * size)), revents!)

  test('returns the events of each descriptor', () => {
    const [one, two] = pair()
    const idle = listener()
    const fds = pollfds([one, POLLIN | POLLOUT], [idle, POLLIN], [-1, POLLIN], [two, POLLIN])
    ok(sys.send(one, Buffer.from('x'), 0))
    expect(sys.poll(fds, -1)).toBe(2)
    expect([0, 1, 2, 3].map(i => result(fds, i))).toEqual([POLLOUT, 0, 0, POLLIN])
    expect(sys.poll(pollfds([idle, POLLIN]), 0)).toBe(0)
    expect(sys.poll(new Uint8Array(0), 0)).toBe(0)
  })

  test('a hang-up, and a descriptor that is not open', () => {
    const [one, two] = pair()
    ok(sys.shutdown(two, 2))
    const closed = ok(sys.fcntl(one, F_DUPFD, 500))
    ok(sys.close(closed))
    const fds = pollfds([one, POLLIN], [closed, POLLIN])
    expect(sys.poll(fds, -1)).toBe(2)
    expect(result(fds, 0) & POLLHUP).toBe(POLLHUP)
    expect(result(fds, 1)).toBe(POLLNVAL)
  })
})

describe.runIf(supports.call('epoll_wait'))('epoll', () => {
  const size = sizeOf('epoll_event')
  const data = field('epoll_event.data')

  function epoll(): number {
    return opened(sys.epoll_create1!(EPOLL_CLOEXEC!))
  }
  function event(events: number, value = 0): Buffer {
    const bytes = Buffer.alloc(size)
    write(dataView(bytes), field('epoll_event.events'), events)
    write(dataView(bytes), data, value)
    return bytes
  }
  const valueOf = (bytes: Buffer): number => read(dataView(bytes), data)

  test('reports each added descriptor with its data, until it is removed', () => {
    const [one, two] = pair()
    const fd = epoll()
    const room = Buffer.alloc(4 * size)
    expect(sys.epoll_ctl!(fd, EPOLL_CTL_ADD!, one, event(EPOLLIN!, 77))).toBe(0)
    expect(sys.epoll_ctl!(fd, EPOLL_CTL_ADD!, one, event(EPOLLIN!, 77))).toBe(-EEXIST)
    expect(sys.epoll_wait!(fd, room, 0)).toBe(0)
    ok(sys.send(two, Buffer.from('x'), 0))
    expect(sys.epoll_wait!(fd, room, -1)).toBe(1)
    expect([room.readUInt32LE(), valueOf(room)]).toEqual([EPOLLIN, 77])
    expect(sys.epoll_wait!(fd, room, 0)).toBe(1)
    expect(sys.epoll_ctl!(fd, EPOLL_CTL_MOD!, one, event(EPOLLOUT!, 2 ** 40))).toBe(0)
    expect(sys.epoll_wait!(fd, room, 0)).toBe(1)
    expect([room.readUInt32LE(), valueOf(room)]).toEqual([EPOLLOUT, 2 ** 40])
    expect(sys.epoll_ctl!(fd, EPOLL_CTL_DEL!, one, null)).toBe(0)
    expect(sys.epoll_ctl!(fd, EPOLL_CTL_DEL!, one, null)).toBe(-ENOENT)
    expect(sys.epoll_wait!(fd, room, 0)).toBe(0)
  })

  test('edge-triggered: once for each arrival', () => {
    const [one, two] = pair()
    const fd = epoll()
    const room = Buffer.alloc(size)
    ok(sys.epoll_ctl!(fd, EPOLL_CTL_ADD!, one, event(EPOLLIN! | EPOLLET!)))
    for (const text of ['a', 'b']) {
      ok(sys.send(two, Buffer.from(text), 0))
      expect(sys.epoll_wait!(fd, room, -1)).toBe(1)
      expect(sys.epoll_wait!(fd, room, 0)).toBe(0)
    }
    expect(receive(one)).toBe('ab')
    ok(sys.shutdown(two, 2))
    expect(sys.epoll_wait!(fd, room, -1)).toBe(1)
    expect(room.readUInt32LE() & EPOLLHUP!).toBe(EPOLLHUP)
  })

  test('returns no more events than there is room for, at any alignment', () => {
    const fd = epoll()
    const room = Buffer.alloc(3 * size + 1)
    for (const one of pair()) ok(sys.epoll_ctl!(fd, EPOLL_CTL_ADD!, one, event(EPOLLOUT!, one)))
    expect(sys.epoll_wait!(fd, room.subarray(1, 1 + size), -1)).toBe(1)
    expect(room.subarray(1 + size)).toEqual(Buffer.alloc(2 * size))
    expect(sys.epoll_wait!(fd, room.subarray(1), -1)).toBe(2)
    expect(sys.epoll_wait!(fd, room.subarray(0, 0), 0)).toBe(-EINVAL)
    expect(() => sys.epoll_wait!(fd, room, 0)).toThrow(/"events" must be a multiple of 12/)
  })
})
