import * as C from 'bsd-sockets'
import { AF_INET, AF_INET6, AF_UNIX, CMSG_SPACE, decodeControl, Socket, supports } from 'bsd-sockets'
import { IPPROTO_IP, IPPROTO_IPV6, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, SOCK_SEQPACKET } from 'bsd-sockets'
import { IP_PKTINFO, IP_RECVTOS, IP_RECVTTL, SHUT_WR, SO_TIMESTAMP, SOCK_STREAM, SOL_SOCKET } from 'bsd-sockets'
import type { ControlMessage, IPv4Address, IPv6Address } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { networkInterfaces } from 'node:os'
import { describe, expect, onTestFinished, test } from 'vitest'

// Linux has MSG_TRUNC as a flag of a receive, recv(2), the TTL of one datagram in a message, ip(7), and all of 127.0.0.0/8.
const linux = process.platform === 'linux'
const hasIpv6 = Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === '::1'))
const room = 1024

function opened(family: number, type: number, bound?: string): Socket {
  const socket = new Socket(family, type)
  socket.settimeout(5000)
  onTestFinished(() => socket.close())
  if (bound !== undefined) socket.bind([bound, 0])
  return socket
}

function pair(type: number): [Socket, Socket] {
  const ends = Socket.pair(AF_UNIX, type)
  onTestFinished(() => ends.forEach(end => end.close()))
  return ends
}

/** The only one of its kind among the messages. */
function only<K extends keyof ControlMessage>(control: ControlMessage[], key: K): NonNullable<ControlMessage[K]> {
  const found = control.filter(message => message[key] !== undefined)
  expect(found, key).toHaveLength(1)
  return found[0]![key]!
}

describe('bytes', () => {
  test('sendmsg gathers, recvmsgInto scatters', () => {
    const [here, there] = pair(SOCK_STREAM)
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(0x63)
    expect(here.sendmsg(['aa', Buffer.from('bb'), shared, new Uint16Array([0x6464]).buffer])).toBe(9)
    const views = [Buffer.alloc(4), new Uint16Array(1), Buffer.alloc(8)]
    expect(there.recvmsgInto(views)).toMatchObject({ size: 9, address: { family: 'unix' }, flags: 0, control: [] })
    expect(views.map(view => Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString())).toEqual([
      'aabb',
      'cc',
      'cdd\0\0\0\0\0',
    ])
  })

  test('the end of the stream, and an empty message', () => {
    const [here, there] = pair(SOCK_STREAM)
    here.shutdown(SHUT_WR)
    expect(there.recvmsg(10)).toMatchObject({ size: 0, data: Buffer.alloc(0) })
    const [sender, receiver] = pair(SOCK_SEQPACKET)
    expect(sender.sendmsg([''])).toBe(0)
    expect(sender.sendmsg([])).toBe(0)
    expect(receiver.recvmsg(10).size).toBe(0)
  })

  test('a message longer than the room is truncated and marked; with MSG_TRUNC its full length is returned', () => {
    const [here, there] = pair(SOCK_DGRAM)
    here.sendmsg(['0123456789'])
    const peeked = there.recvmsg(4, 0, MSG_PEEK)
    expect(peeked).toMatchObject({ size: 4, truncated: true, controlTruncated: false })
    expect(peeked.flags & MSG_TRUNC).toBe(MSG_TRUNC)
    const message = there.recvmsg(4, 0, linux ? MSG_TRUNC : 0)
    expect(message.data.toString()).toBe('0123')
    expect(message.size).toBe(linux ? 10 : 4)
  })

  test('try… returns null if nothing has arrived or there is no room', () => {
    const [here, there] = pair(SOCK_STREAM)
    expect(there.tryRecvmsg(1)).toBeNull()
    expect(there.tryRecvmsgInto([Buffer.alloc(1)])).toBeNull()
    expect(there.tryRecvFds(1, 1)).toBeNull()
    const block = Buffer.alloc(65536)
    while (here.trySendmsg([block]) !== null);
    expect(here.trySendmsg([block])).toBeNull()
    expect(here.trySendFds('x', [here])).toBeNull()
  })

  test('MSG_DONTWAIT never waits, and neither does a timeout of 0', () => {
    const [here] = pair(SOCK_DGRAM)
    const blocks = expect.objectContaining({ name: 'BlockingIOError', code: 'EAGAIN', syscall: 'recvmsg' })
    expect(() => here.recvmsg(1, 0, MSG_DONTWAIT)).toThrow(blocks)
    expect(() => here.recvmsgInto([Buffer.alloc(1)], 0, MSG_DONTWAIT)).toThrow(blocks)
    here.settimeout(0)
    expect(() => here.recvFds(1, 1)).toThrow(blocks)
    here.settimeout(10)
    expect(() => here.recvmsg(1)).toThrow(expect.objectContaining({ name: 'TimeoutError' }))
  })

  test('an error names its call and its address', () => {
    const sender = opened(AF_INET, SOCK_DGRAM)
    const broken = expect.objectContaining({ code: 'EPIPE', syscall: 'sendmsg' })
    const [here, there] = pair(SOCK_STREAM)
    there.close()
    expect(() => here.sendmsg(['x'])).toThrow(broken)
    expect(() => sender.sendmsg([Buffer.alloc(70_000)], [], 0, ['127.0.0.1', 9])).toThrow(
      'sendmsg EMSGSIZE 127.0.0.1:9',
    )
  })

  test('a wrong argument is reported before any system call', () => {
    const [here] = pair(SOCK_DGRAM)
    expect(() => here.sendmsg('text' as never)).toThrow(/"buffers"/)
    expect(() => here.sendmsg([1 as never])).toThrow(TypeError)
    expect(() => here.sendmsg(['x'], {} as never)).toThrow(TypeError)
    expect(() => here.recvmsg(-1)).toThrow(RangeError)
    expect(() => here.recvmsg(1, -1)).toThrow(/"controlSize"/)
    expect(() => here.recvmsgInto(Buffer.alloc(1) as never)).toThrow(TypeError)
    expect(() => here.recvFds(1, -1)).toThrow(RangeError)
    expect(here.tryRecv(1)).toBeNull()
  })
})

describe('about a datagram', () => {
  test('IPv4: its destination, TTL, TOS and time', () => {
    const receiver = opened(AF_INET, SOCK_DGRAM, '')
    const { port } = receiver.getsockname() as IPv4Address
    for (const option of [C.IP_RECVPKTINFO ?? IP_PKTINFO, IP_RECVTTL, IP_RECVTOS]) {
      receiver.setsockopt(IPPROTO_IP, option, true)
    }
    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMP, true)
    const sender = opened(AF_INET, SOCK_DGRAM, '127.0.0.1')
    const before = BigInt(Date.now() - 1000) * 1_000_000n
    const outgoing = linux ? [{ ttl: 7, tos: 0xb8, packetInfo: { address: '127.0.0.9', ifindex: 0 } }] : []
    sender.sendmsg(['to two'], outgoing, 0, ['127.0.0.2', port])
    const message = receiver.recvmsg(64, room)
    expect(message).toMatchObject({ size: 6, controlTruncated: false })
    expect(only(message.control, 'packetInfo')).toMatchObject({ address: '127.0.0.2', ifindex: 1 })
    const stamp = only(message.control, 'timestamp')
    expect(stamp >= before && stamp <= BigInt(Date.now() + 1000) * 1_000_000n).toBe(true)
    if (!linux) return
    expect(message.address).toMatchObject({ address: '127.0.0.9' })
    expect(only(message.control, 'ttl')).toBe(7)
    expect(only(message.control, 'tos')).toBe(0xb8)
  })

  test('an answer with the packetInfo of the request has its destination as the source', () => {
    const server = opened(AF_INET, SOCK_DGRAM, '')
    server.setsockopt(IPPROTO_IP, C.IP_RECVPKTINFO ?? IP_PKTINFO, true)
    const to: IPv4Address = { ...(server.getsockname() as IPv4Address), address: '127.0.0.1' }
    const client = opened(AF_INET, SOCK_DGRAM, '127.0.0.1')
    client.connect(to) // it accepts answers from no other address
    client.send('question')
    const { address, control } = server.recvmsg(64, room)
    server.sendmsg(['answer'], [{ packetInfo: only(control, 'packetInfo') }], 0, address!)
    expect(client.recv(64).toString()).toBe('answer')
  })

  test.skipIf(!hasIpv6)(`IPv6: the same${hasIpv6 ? '' : ' (skipped: this machine has no ::1)'}`, () => {
    const receiver = opened(AF_INET6, SOCK_DGRAM, '::')
    for (const option of [C.IPV6_RECVPKTINFO, C.IPV6_RECVHOPLIMIT, C.IPV6_RECVTCLASS]) {
      receiver.setsockopt(IPPROTO_IPV6, option, true)
    }
    const sender = opened(AF_INET6, SOCK_DGRAM, '')
    const control = [{ packetInfo: { address: '::1', ifindex: 1 } }, { ttl: 9 }, { tos: 4 }]
    sender.sendmsg(['six'], control, 0, ['::1', (receiver.getsockname() as IPv6Address).port])
    const message = receiver.recvmsg(64, room)
    expect(message.address).toMatchObject({ family: 'IPv6', address: '::1' })
    expect(only(message.control, 'packetInfo')).toEqual({ address: '::1', ifindex: 1 })
    expect(only(message.control, 'ttl')).toBe(9)
    expect(only(message.control, 'tos')).toBe(4)
  })

  describe('which some kernels give', () => {
    test.runIf(supports.option(SOL_SOCKET, C.SO_TIMESTAMPING))(
      'nanoseconds, software stamps, and the original destination',
      () => {
        const receiver = opened(AF_INET, SOCK_DGRAM, '127.0.0.1')
        const { SOF_TIMESTAMPING_RX_SOFTWARE, SOF_TIMESTAMPING_SOFTWARE } = C
        receiver.setsockopt(SOL_SOCKET, C.SO_TIMESTAMPNS!, true)
        receiver.setsockopt(SOL_SOCKET, C.SO_TIMESTAMPING!, SOF_TIMESTAMPING_RX_SOFTWARE! | SOF_TIMESTAMPING_SOFTWARE!)
        receiver.setsockopt(IPPROTO_IP, C.IP_RECVORIGDSTADDR!, true)
        opened(AF_INET, SOCK_DGRAM).sendto('x', receiver.getsockname())
        const { control } = receiver.recvmsg(64, room)
        const stamp = only(control, 'timestamp')
        expect(only(control, 'timestamping')).toEqual({ software: stamp, hardware: null })
        expect(Math.abs(Number(stamp / 1_000_000n) - Date.now())).toBeLessThan(60_000)
        expect(only(control, 'originalDestination')).toEqual(receiver.getsockname())
      },
    )

    test.runIf(C.MSG_ERRQUEUE !== undefined)('the time of sending, on the error queue of the sender', () => {
      const sender = opened(AF_INET, SOCK_DGRAM)
      const { SOF_TIMESTAMPING_SOFTWARE, SOF_TIMESTAMPING_TX_SOFTWARE } = C
      sender.setsockopt(SOL_SOCKET, C.SO_TIMESTAMPING!, SOF_TIMESTAMPING_TX_SOFTWARE! | SOF_TIMESTAMPING_SOFTWARE!)
      sender.sendto('x', opened(AF_INET, SOCK_DGRAM, '127.0.0.1').getsockname())
      C.poll([[sender, 0]], 5000)
      const { control } = sender.recvmsg(2048, room, C.MSG_ERRQUEUE)
      expect(only(control, 'timestamping')).toEqual({ software: expect.any(BigInt), hardware: null })
      expect(only(control, 'error')).toMatchObject({ name: 'ENOMSG', origin: C.SO_EE_ORIGIN_TIMESTAMPING })
    })

    test.runIf(supports.option(SOL_SOCKET, C.SO_RXQ_OVFL))('the number of dropped datagrams', () => {
      const receiver = opened(AF_INET, SOCK_DGRAM, '127.0.0.1')
      receiver.setsockopt(SOL_SOCKET, C.SO_RXQ_OVFL!, true)
      receiver.setsockopt(SOL_SOCKET, C.SO_RCVBUF, 0)
      const sender = opened(AF_INET, SOCK_DGRAM)
      const more = (): void => {
        for (let i = 0; i < 100; i++) sender.sendto(Buffer.alloc(1000), receiver.getsockname())
      }
      more()
      while (receiver.tryRecv(1) !== null);
      more()
      expect(only(receiver.recvmsg(1, room).control, 'dropped')).toBeGreaterThan(0)
    })

    test.runIf(linux)('any control message as bytes', () => {
      const receiver = opened(AF_INET, SOCK_DGRAM, '127.0.0.1')
      receiver.setsockopt(IPPROTO_IP, IP_RECVTTL, true)
      const data = new Int32Array([33])
      const sender = opened(AF_INET, SOCK_DGRAM)
      sender.sendmsg(['x'], [{ level: IPPROTO_IP, type: C.IP_TTL, data }], 0, receiver.getsockname())
      const { control } = receiver.recvmsg(1, CMSG_SPACE(4))
      expect(control).toEqual([{ level: IPPROTO_IP, type: C.IP_TTL, data: Buffer.from(data.buffer), ttl: 33 }])
    })
  })
})

describe.runIf(C.MSG_ERRQUEUE !== undefined)('the error queue', () => {
  /** A port that nobody uses. */
  function closedPort(family: number, host: string): number {
    using socket = new Socket(family, SOCK_DGRAM)
    socket.bind([host, 0])
    return (socket.getsockname() as IPv4Address).port
  }

  test('a datagram to a closed port: ECONNREFUSED, by ICMP, from the host', () => {
    const sender = opened(AF_INET, SOCK_DGRAM)
    sender.setsockopt(IPPROTO_IP, C.IP_RECVERR!, true)
    const to: IPv4Address = { family: 'IPv4', address: '127.0.0.1', port: closedPort(AF_INET, '127.0.0.1') }
    sender.sendto('lost', to)
    expect(C.poll([[sender, 0]], 5000)).toEqual([[sender, C.POLLERR]])
    const message = sender.recvmsg(64, room, C.MSG_ERRQUEUE)
    expect(message.data.toString()).toBe('lost')
    expect(message.address).toEqual(to)
    expect(message.flags & C.MSG_ERRQUEUE!).toBe(C.MSG_ERRQUEUE)
    expect(only(message.control, 'error')).toEqual({
      errno: -111,
      name: 'ECONNREFUSED',
      origin: C.SO_EE_ORIGIN_ICMP,
      type: C.ICMP_DEST_UNREACH,
      code: C.ICMP_PORT_UNREACH,
      info: 0,
      data: 0,
      offender: { family: 'IPv4', address: '127.0.0.1', port: 0 },
    })
    expect(sender.tryRecvmsg(64, room, C.MSG_ERRQUEUE)).toBeNull()
    expect(() => sender.recvmsg(64, room, C.MSG_ERRQUEUE)).toThrow(expect.objectContaining({ name: 'BlockingIOError' }))
  })

  test.skipIf(!hasIpv6)(`IPv6: the same${hasIpv6 ? '' : ' (skipped: this machine has no ::1)'}`, () => {
    const sender = opened(AF_INET6, SOCK_DGRAM)
    sender.setsockopt(IPPROTO_IPV6, C.IPV6_RECVERR!, true)
    sender.sendto('lost', ['::1', closedPort(AF_INET6, '::1')])
    C.poll([[sender, 0]], 5000)
    expect(only(sender.recvmsg(64, room, C.MSG_ERRQUEUE).control, 'error')).toMatchObject({
      name: 'ECONNREFUSED',
      origin: C.SO_EE_ORIGIN_ICMP6,
      type: C.ICMP6_DST_UNREACH,
      code: C.ICMP6_DST_UNREACH_NOPORT,
      offender: { family: 'IPv6', address: '::1' },
    })
  })
})

describe.runIf(supports.option(SOL_SOCKET, C.SO_PASSCRED))('about the sender', () => {
  test('credentials, which the kernel guarantees', () => {
    const [here, there] = pair(SOCK_DGRAM)
    there.setsockopt(SOL_SOCKET, C.SO_PASSCRED!, true)
    const own = { pid: process.pid, uid: process.getuid!(), gid: process.getgid!() }
    here.send('unasked')
    expect(only(there.recvmsg(64, room).control, 'credentials')).toEqual(own)
    here.sendmsg(['given'], [{ credentials: own }])
    expect(only(there.recvmsg(64, room).control, 'credentials')).toEqual(own)
    const foreign = { ...own, pid: 2 ** 31 - 1 }
    expect(() => here.sendmsg(['lied'], [{ credentials: foreign }])).toThrow(/sendmsg E(PERM|SRCH)/)
  })

  const pidFds = supports.option(SOL_SOCKET, C.SO_PASSPIDFD)
  test.skipIf(!pidFds)(`its pidfd${pidFds ? '' : ' (skipped: this kernel has no SO_PASSPIDFD)'}`, () => {
    const [here, there] = pair(SOCK_STREAM)
    there.setsockopt(SOL_SOCKET, C.SO_PASSPIDFD!, true)
    here.send('x')
    using owned = only(there.recvmsg(64, room).control, 'pidFd')
    expect(sys.fcntl(owned.fd, C.F_GETFD)).toBe(C.FD_CLOEXEC)
    expect(C.poll([owned], 0)).toEqual([]) // readable once the process has ended
  })

  test('descriptors and credentials in one message', () => {
    const [here, there] = pair(SOCK_DGRAM)
    there.setsockopt(SOL_SOCKET, C.SO_PASSCRED!, true)
    here.sendmsg(['x'], [{ fds: [here] }])
    const { control, controlTruncated } = there.recvmsg(64, room)
    expect(controlTruncated).toBe(false)
    expect(only(control, 'credentials').pid).toBe(process.pid)
    only(control, 'fds').forEach(owned => owned.close())
  })
})

test('decodeControl decodes the control messages of recvmsg of bsd-sockets/syscalls', () => {
  const [here, there] = pair(SOCK_DGRAM)
  here.sendmsg(['x'], [{ fds: [here, there] }])
  const message = { iov: [Buffer.alloc(1)], control: Buffer.alloc(64), nameLength: 0, controlLength: 0, flags: 0 }
  expect(sys.recvmsg(there.fd, message, 0)).toBe(1)
  const [{ fds }] = decodeControl(message.control, message.controlLength) as [ControlMessage]
  expect(fds).toHaveLength(2)
  fds!.forEach(owned => owned.close())
})
