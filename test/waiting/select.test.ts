// select and poll over sockets: readiness, and rejected arguments.
import {
  F_DUPFD_CLOEXEC,
  FD_SETSIZE,
  MSG_OOB,
  poll,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  select,
  SHUT_WR,
  Socket,
  SocketError,
  ZerocopySender,
} from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { closedPort, closing, connected, fullPair, listening, thrown } from '../support/tcp.js'

type Lists<T> = [readers: T[], writers: T[], errors: T[]]

const inEachList = <T>(one: T): Lists<T>[] => [
  [[one], [], []],
  [[], [one], []],
  [[], [], [one]],
]

describe('select', () => {
  test('a listening socket is readable when a client waits', () => {
    const server = listening()
    expect(select([server], [], [], 0)).toEqual([[], [], []])
    const client = closing(new Socket())
    client.connect(server.getsockname())
    expect(select([server], [], [], 1000)).toEqual([[server], [], []])
    closing(server.accept()[0])
    expect(select([server], [], [], 0)).toEqual([[], [], []])
  })

  test('a connecting socket is writable when it is connected', () => {
    const server = listening()
    const client = closing(new Socket())
    expect(client.tryConnect(server.getsockname())).toBeNull()
    expect(select([], [client], [], 1000)).toEqual([[], [client], []])
    expect(client.getpeername()).toEqual(server.getsockname())
  })

  test('and both readable and writable when it is refused', () => {
    const client = closing(new Socket())
    expect(client.tryConnect(['127.0.0.1', closedPort()])).toBeNull()
    select([], [client], [], 1000)
    expect(select([client], [client], [], 0)).toEqual([[client], [client], []])
  })

  test('a socket is readable when bytes have arrived, and when the peer has stopped sending', () => {
    const [client, accepted] = connected()
    expect(select([accepted], [accepted], [], 0)).toEqual([[], [accepted], []])
    client.sendall('x')
    expect(select([accepted], [], [], 1000)).toEqual([[accepted], [], []])
    accepted.recv(1)
    expect(select([accepted], [], [], 0)).toEqual([[], [], []])
    client.shutdown(SHUT_WR)
    expect(select([accepted], [], [], 1000)).toEqual([[accepted], [], []])
  })

  test('a socket whose buffer is full is not writable', () => {
    const [full, peer] = fullPair()
    expect(select([], [full], [], 0)).toEqual([[], [], []])
    while (peer.tryRecv(1 << 20) !== null);
    expect(select([], [full], [], 1000)).toEqual([[], [full], []])
  })

  test('urgent data is an exceptional condition', () => {
    const [client, accepted] = connected()
    client.send('!', MSG_OOB)
    expect(select([], [], [accepted], 1000)).toEqual([[], [], [accepted]])
    expect(accepted.recv(1, MSG_OOB).toString()).toBe('!')
  })

  test('returns the ready ones of several, in the given order', () => {
    const pairs = Array.from({ length: 5 }, () => Socket.pair().map(closing) as [Socket, Socket])
    for (const i of [4, 1, 3]) pairs[i]![1].sendall('x')
    const readers = pairs.map(([first]) => first)
    expect(select(readers, [], [], 1000)[0]).toEqual([readers[1], readers[3], readers[4]])
  })

  test('accepts numbers and objects with a descriptor, and returns the same', () => {
    const [first, second] = Socket.pair().map(closing) as [Socket, Socket]
    first.sendall('x')
    expect(select([second.fd], [{ fd: first.fd }], [], 0)).toEqual([[second.fd], [{ fd: first.fd }], []])
    expect(select(new Set([second]), [], [], 0)[0]).toEqual([second])
  })

  test('waits without any descriptor until the timeout', () => {
    const start = performance.now()
    expect(select([], [], [], 30)).toEqual([[], [], []])
    expect(performance.now() - start).toBeGreaterThanOrEqual(29)
  })

  test('a bad descriptor among good ones is EBADF, and select on each alone finds it', () => {
    const sockets = Array.from({ length: 3 }, () => closing(new Socket()))
    const bad = sys.fcntl(sockets[0]!.fd, F_DUPFD_CLOEXEC, 1000) // a number that no other thread uses meanwhile
    const descriptors = [sockets[0]!.fd, bad, sockets[1]!.fd, sockets[2]!.fd]
    sys.close(bad)
    const error = thrown(() => select(descriptors, [], [], 0))
    expect(error).toBeInstanceOf(SocketError)
    expect(error).toMatchObject({ code: 'EBADF', syscall: 'select', message: 'select EBADF' })
    const isBad = (fd: number): boolean => {
      try {
        select([fd], [], [], 0)
        return false
      } catch (error) {
        return (error as SocketError).code === 'EBADF'
      }
    }
    expect(descriptors.filter(isBad)).toEqual([bad])
  })

  test('a closed socket is EBADF too', () => {
    const socket = new Socket()
    socket.close()
    for (const [readers, writers, errors] of inEachList(socket)) {
      expect(thrown(() => select(readers, writers, errors, 0))).toMatchObject({ code: 'EBADF', syscall: 'select' })
    }
  })

  test('a descriptor of FD_SETSIZE or more is a RangeError, open or not', () => {
    const socket = closing(new Socket())
    const high = sys.fcntl(socket.fd, F_DUPFD_CLOEXEC, FD_SETSIZE)
    if (high >= 0) onTestFinished(() => void sys.close(high))
    for (const fd of [FD_SETSIZE, FD_SETSIZE + 1, 2 ** 31 - 1, ...(high < 0 ? [] : [high])]) {
      for (const [readers, writers, errors] of inEachList(fd)) {
        const error = thrown(() => select(readers, writers, errors, 0))
        expect(error).toBeInstanceOf(RangeError)
        expect(error).toMatchObject({ code: 'ERR_OUT_OF_RANGE', message: expect.stringContaining(String(fd)) })
      }
    }
  })

  test.each([-1, 1.5, NaN, '3', null, undefined, {}])('%j is not a descriptor', fd => {
    expect(thrown(() => select([fd as never], [], [], 0))).toMatchObject({
      code: expect.stringMatching(/^ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)$/),
    })
  })

  test.each([-1, NaN, '3'])('%j is not a timeout', timeout => {
    expect(thrown(() => select([], [], [], timeout as never))).toMatchObject({
      code: expect.stringMatching(/^ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)$/),
    })
  })
})

describe('poll', () => {
  test('waits for POLLIN by default', () => {
    const [client, accepted] = connected()
    expect(poll([client, accepted], 0)).toEqual([])
    client.sendall('x')
    expect(poll([client, accepted], 1000)).toEqual([[accepted, POLLIN]])
    expect(poll([[accepted, POLLIN | POLLOUT]], 0)).toEqual([[accepted, POLLIN | POLLOUT]])
    expect(poll(new Map([[client, POLLOUT]]), 0)).toEqual([[client, POLLOUT]])
  })

  test('returns POLLHUP and POLLERR, which are always reported', () => {
    const [first, second] = Socket.pair().map(closing) as [Socket, Socket]
    second.close()
    expect(poll([[first, 0]], 0)).toEqual([[first, POLLHUP]])
    const client = closing(new Socket())
    client.tryConnect(['127.0.0.1', closedPort()])
    const [[, events]] = poll([[client, POLLOUT]], 1000) as [[Socket, number]]
    expect(events & POLLERR).toBe(POLLERR)
  })

  test('marks the bad descriptor', () => {
    const server = listening()
    const bad = sys.fcntl(server.fd, F_DUPFD_CLOEXEC, 1000)
    sys.close(bad)
    expect(poll([server, bad], 0)).toEqual([[bad, POLLNVAL]])
  })

  test('has no limit of FD_SETSIZE', () => {
    const [first, second] = Socket.pair().map(closing) as [Socket, Socket]
    const high = sys.fcntl(first.fd, F_DUPFD_CLOEXEC, FD_SETSIZE)
    expect(high, `ulimit -n must be more than ${FD_SETSIZE}`).toBeGreaterThanOrEqual(FD_SETSIZE)
    onTestFinished(() => void sys.close(high))
    second.sendall('x')
    expect(poll([high], 1000)).toEqual([[high, POLLIN]])
  })

  test('a closed socket is EBADF', () => {
    const socket = new Socket()
    socket.close()
    expect(thrown(() => poll([socket], 0))).toMatchObject({ code: 'EBADF', syscall: 'poll' })
  })
})

test('an argument that is not a list, batch or socket is reported, with a code', () => {
  const [socket] = Socket.pair().map(closing) as [Socket, Socket]
  const calls: [string, () => unknown][] = [
    ['descriptors', () => poll(5 as never)],
    ['readers', () => select(5 as never, [], [])],
    ['errors', () => select([], [], null as never)],
    ['batch', () => socket.tryRecvmmsg({} as never)],
    ['batch', () => socket.trySendmmsg(null as never)],
    ['socket', () => new ZerocopySender({} as never)],
  ]
  for (const [name, call] of calls) {
    const message = expect.stringMatching(new RegExp(`^The "${name}" argument must be|has no MSG_ZEROCOPY`)) as unknown
    expect(thrown(call)).toMatchObject({ code: expect.stringMatching(/^ERR_INVALID_ARG_/), message })
  }
})
