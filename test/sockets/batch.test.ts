import * as C from 'bsd-sockets'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  CMSG_SPACE,
  decodeControl,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_UDP,
  MessageBatch,
} from 'bsd-sockets'
import { MSG_DONTWAIT, SOCK_DGRAM, SOCK_SEQPACKET, Socket, SOL_SOCKET } from 'bsd-sockets'
import type { IPv4Address } from 'bsd-sockets'
import { readdirSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { receiveBatch, recvmmsgByOne, sendBatch, sendmmsgByOne } from '../../lib/tested.js'

// Kernels differ in what they do with descriptors of a message that have no room. unix(7)
const linux = process.platform === 'linux'

function udp(bound = '127.0.0.1'): Socket {
  const socket = new Socket(AF_INET, SOCK_DGRAM)
  socket.settimeout(5000)
  onTestFinished(() => socket.close())
  socket.bind([bound, 0])
  return socket
}

const texts = (batch: MessageBatch, count: number): string[] =>
  Array.from({ length: count }, (_, i) => batch.bytes(i).toString())

// The kernel's calls, and their replacement on a kernel that lacks them.
const ways = {
  'recvmmsg and sendmmsg': {
    receive: (socket: Socket, batch: MessageBatch) => socket.recvmmsg(batch),
    send: (socket: Socket, batch: MessageBatch, count?: number) => socket.sendmmsg(batch, count),
  },
  'recvmsg and sendmsg, one by one': {
    receive: (socket: Socket, batch: MessageBatch) => receiveBatch(socket.fd, AF_INET, batch, 0, recvmmsgByOne),
    send: (socket: Socket, batch: MessageBatch, count = batch.count) =>
      sendBatch(socket.fd, batch, count, 0, 0, sendmmsgByOne),
  },
}

describe.each(Object.entries(ways))('%s', (_, { receive, send }) => {
  test('a batch is sent, received and answered, each message to its own address', () => {
    const server = udp()
    const clients = [udp(), udp(), udp()]
    clients.forEach((client, i) => client.sendto(`question ${i}`, server.getsockname()))
    const batch = new MessageBatch(8, 64)
    expect(receive(server, batch)).toBe(3)
    expect(texts(batch, 3)).toEqual(['question 0', 'question 1', 'question 2'])
    clients.forEach((client, i) => expect(batch.address(i)).toEqual(client.getsockname()))
    for (let i = 0; i < 3; i++) batch.reply(i, `answer ${i}`)
    expect(send(server, batch, 3)).toBe(3)
    clients.forEach((client, i) =>
      expect(client.recvfrom(64)).toEqual([Buffer.from(`answer ${i}`), server.getsockname()]),
    )
  })

  test('set sets the address of a message, null is the peer; the batch keeps a copy', () => {
    const [one, two] = [udp(), udp()]
    const sender = udp()
    const batch = new MessageBatch(2, 16)
    const data = Buffer.from('same')
    batch.set(0, data, one.getsockname())
    batch.set(1, data, two.getsockname())
    data.fill(0)
    expect(send(sender, batch)).toBe(2)
    expect([one.recv(16), two.recv(16)].map(String)).toEqual(['same', 'same'])
    sender.connect(two.getsockname())
    batch.set(0, 'to the peer')
    expect(batch.address(0)).toBeNull()
    expect(send(sender, batch, 1)).toBe(1)
    expect(two.recv(16).toString()).toBe('to the peer')
  })

  test('a message longer than its slot is truncated and marked', () => {
    const receiver = udp()
    const sender = udp()
    for (const text of ['0123456789', 'short']) sender.sendto(text, receiver.getsockname())
    const batch = new MessageBatch(4, 5, { nameSize: 0 })
    expect(receive(receiver, batch)).toBe(2)
    expect(texts(batch, 2)).toEqual(['01234', 'short'])
    expect([batch.truncated(0), batch.truncated(1)]).toEqual([true, false])
    expect(batch.address(0)).toBeNull()
  })

  test('each message has its own control messages, received and sent', () => {
    const server = udp('')
    server.setsockopt(IPPROTO_IP, C.IP_RECVPKTINFO ?? IP_PKTINFO, true)
    const { port } = server.getsockname() as IPv4Address
    const client = udp()
    const batch = new MessageBatch(4, 16, { controlSize: CMSG_SPACE(12) })
    for (const host of ['127.0.0.1', '127.0.0.2']) client.sendto(host, [host, port])
    expect(receive(server, batch)).toBe(2)
    const infos = [0, 1].map(i => batch.control(i)[0]!.packetInfo!)
    expect(infos.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.2'])
    expect(batch.control(0)).toBe(batch.control(0))
    infos.forEach((packetInfo, i) => batch.reply(i, 'back', [{ packetInfo }]))
    expect(send(server, batch, 2)).toBe(2)
    const from = [client.recvfrom(16)[1], client.recvfrom(16)[1]] as IPv4Address[]
    expect(from.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.2'])
  })

  test('an error after the first messages does not undo them', () => {
    const receiver = udp()
    const sender = udp()
    const batch = new MessageBatch(3, 16)
    batch.set(0, 'good', receiver.getsockname())
    batch.set(1, 'bad', { address: '127.0.0.1', port: 0 })
    batch.set(2, 'never', receiver.getsockname())
    expect(send(sender, batch)).toBe(1)
    expect(receiver.recv(16).toString()).toBe('good')
    expect(receiver.tryRecv(16)).toBeNull()
  })
})

test('messages that had no room are sent from where the first call ended', () => {
  const [here, there] = Socket.pair(AF_UNIX, SOCK_SEQPACKET)
  onTestFinished(() => [here, there].forEach(end => end.close()))
  const batch = new MessageBatch(1000, 8)
  for (let i = 0; i < 1000; i++) batch.set(i, String(i))
  const room = new MessageBatch(1000, 8)
  const came: string[] = []
  let calls = 0
  for (let sent = 0; sent < 1000; calls++) {
    sent += here.trySendmmsg(batch, undefined, 0, sent) ?? 0
    came.push(...texts(room, there.tryRecvmmsg(room) ?? 0))
  }
  expect(calls).toBeGreaterThan(1)
  expect(came).toEqual(Array.from({ length: 1000 }, (_, i) => String(i)))
  batch.set(999, 'last')
  expect(sendmmsgByOne(here.fd, batch, 0, 1, 999)).toBe(1)
  expect(there.recv(8).toString()).toBe('last')
  expect(() => here.trySendmmsg(batch, 2, 0, 999)).toThrow(RangeError)
})

test.each(Object.entries({ sendmmsg: undefined, 'sendmsg, one by one': sendmmsgByOne }))(
  'a batch ends before a message that fails; %s from there has the error and the address',
  (_, way) => {
    const [receiver, sender] = [udp(), udp()]
    const batch = new MessageBatch(4, 8)
    const refused = { family: 'IPv4', address: '127.0.0.1', port: 0 } as const // EINVAL
    for (let i = 0; i < 4; i++) batch.set(i, String(i), i === 2 ? refused : receiver.getsockname())
    const send = (start: number): number | null => sendBatch(sender.fd, batch, 4 - start, 0, start, way)
    expect(send(0)).toBe(2)
    expect(() => send(2)).toThrow(
      expect.objectContaining({ code: 'EINVAL', syscall: 'sendmmsg', message: 'sendmmsg EINVAL 127.0.0.1' }),
    )
    expect(send(3)).toBe(1)
    expect(send(4)).toBe(0) // nothing is left to send
    expect(Array.from({ length: 3 }, () => String(receiver.recv(8)))).toEqual(['0', '1', '3'])
  },
)

test('try… returns null if nothing has arrived or there is no room; MSG_DONTWAIT never waits', () => {
  const [here, there] = Socket.pair(AF_UNIX, SOCK_SEQPACKET)
  onTestFinished(() => [here, there].forEach(end => end.close()))
  const batch = new MessageBatch(16, 4096)
  expect(there.tryRecvmmsg(batch)).toBeNull()
  expect(() => there.recvmmsg(batch, MSG_DONTWAIT)).toThrow(expect.objectContaining({ name: 'BlockingIOError' }))
  for (let i = 0; i < 16; i++) batch.set(i, Buffer.alloc(4096))
  while (here.trySendmmsg(batch) !== null);
  expect(here.trySendmmsg(batch)).toBeNull()
})

test('recvmmsg waits for the first message, not for a full batch', () => {
  const receiver = udp()
  receiver.settimeout(20)
  const batch = new MessageBatch(64, 16)
  expect(() => receiver.recvmmsg(batch)).toThrow(expect.objectContaining({ name: 'TimeoutError', syscall: 'recvmmsg' }))
  udp().sendto('one', receiver.getsockname())
  expect(receiver.recvmmsg(batch)).toBe(1)
})

test('a wrong argument is reported before any system call', () => {
  const batch = new MessageBatch(2, 4, { controlSize: CMSG_SPACE(4) })
  expect(() => batch.bytes(2)).toThrow(RangeError)
  expect(() => batch.set(-1, 'x')).toThrow(RangeError)
  expect(() => batch.set(0, 'too long')).toThrow(/"data"/)
  expect(() => batch.set(0, 'x', null, [{ packetInfo: { address: '::', ifindex: 0 } }])).toThrow(/"control"/)
  expect(() => new MessageBatch(1, 4, { nameSize: 8 }).set(0, 'x', ['127.0.0.1', 1])).toThrow(/"address"/)
  expect(() => new MessageBatch(1, 4).set(0, 'x', 'a name', [])).not.toThrow()
  expect(() => new MessageBatch(0, 4)).toThrow(RangeError)
  expect(() => new MessageBatch(1025, 4)).toThrow(RangeError)
  using socket = new Socket(AF_INET, SOCK_DGRAM)
  expect(() => socket.sendmmsg(batch, 3)).toThrow(RangeError)
  expect(() => socket.recvmmsg({} as never)).toThrow(TypeError)
})

test('the any-address and ttl are those of the family', () => {
  const batch = new MessageBatch(1, 4, { family: AF_INET6, controlSize: CMSG_SPACE(4) })
  batch.set(0, 'x', ['', 5], [{ ttl: 3 }])
  expect(batch.address(0)).toEqual({ family: 'IPv6', address: '::', port: 5 })
  expect(decodeControl(batch.controls!)).toMatchObject([{ level: C.IPPROTO_IPV6, ttl: 3 }])
})

test.runIf(linux)('descriptors in a batch are owned at once, read or not (Linux)', () => {
  const openCount = (): number => readdirSync('/proc/self/fd').length
  const [here, there] = Socket.pair(AF_UNIX, SOCK_DGRAM)
  onTestFinished(() => [here, there].forEach(end => end.close()))
  const batch = new MessageBatch(4, 4, { controlSize: CMSG_SPACE(4) })
  const before = openCount()
  for (let i = 0; i < 3; i++) here.sendFds('x', [here, there, here])
  expect(there.recvmmsg(batch)).toBe(3)
  const owned = [0, 1, 2].flatMap(i => batch.control(i).flatMap(({ fds = [] }) => fds))
  expect(openCount() - before).toBe(owned.length)
  expect([0, 1, 2].map(i => batch.controlTruncated(i))).toEqual([true, true, true])
  owned.forEach(one => one.close())
  expect(openCount()).toBe(before)
})

test.runIf(linux)(
  'only descriptors of the latest call are owned: not earlier ones and not those to be sent (Linux)',
  () => {
    const [here, there] = Socket.pair(AF_UNIX, SOCK_DGRAM)
    onTestFinished(() => [here, there].forEach(end => end.close()))
    const batch = new MessageBatch(2, 4, { controlSize: CMSG_SPACE(4) })
    for (let i = 0; i < 2; i++) here.sendFds('x', [here])
    there.recvmmsg(batch)
    for (let i = 0; i < 2; i++) batch.control(i)[0]!.fds![0]!.close()
    here.sendmsg(['y'])
    expect(there.recvmmsg(batch)).toBe(1)
    expect([batch.control(0), batch.control(1)]).toEqual([[], []])
    batch.set(0, 'z', null, [{ fds: [here] }])
    expect(batch.control(0)).toEqual([])
    expect(here.sendmmsg(batch, 1)).toBe(1)
    const { fds } = there.recvFds(4, 1)
    expect(fds).toHaveLength(1)
    fds[0]!.close()
  },
)

describe.runIf(C.supports.option(IPPROTO_UDP, C.UDP_SEGMENT))('segments', () => {
  const payload = Buffer.from(Array.from({ length: 2500 }, (_, i) => i))

  test('UDP_SEGMENT as a control message cuts one send into datagrams', () => {
    const receiver = udp()
    expect(udp().sendmsg([payload], [{ segmentSize: 1000 }], 0, receiver.getsockname())).toBe(2500)
    const batch = new MessageBatch(8, 2048)
    expect(receiver.recvmmsg(batch)).toBe(3)
    expect([0, 1, 2].map(i => batch.bytes(i).length)).toEqual([1000, 1000, 500])
    expect(Buffer.concat([0, 1, 2].map(i => batch.bytes(i)))).toEqual(payload)
  })

  test('UDP_SEGMENT as an option; UDP_GRO joins the datagrams again and has their size', () => {
    const receiver = udp()
    receiver.setsockopt(IPPROTO_UDP, C.UDP_GRO!, true)
    const sender = udp()
    sender.setsockopt(IPPROTO_UDP, C.UDP_SEGMENT!, 1000)
    sender.sendto(payload, receiver.getsockname())
    const batch = new MessageBatch(4, 65536, { controlSize: CMSG_SPACE(4) })
    expect(receiver.recvmmsg(batch)).toBe(1)
    expect(batch.bytes(0)).toEqual(payload)
    expect(batch.control(0)).toMatchObject([{ segmentSize: 1000 }])
  })

  test('a batch of such sends', () => {
    const receiver = udp()
    receiver.setsockopt(SOL_SOCKET, C.SO_RCVBUF, 1 << 20)
    const sender = udp()
    const out = new MessageBatch(4, 5000, { controlSize: CMSG_SPACE(2) })
    for (let i = 0; i < 4; i++) out.set(i, Buffer.alloc(5000, i), receiver.getsockname(), [{ segmentSize: 500 }])
    expect(sender.sendmmsg(out)).toBe(4)
    const batch = new MessageBatch(64, 512)
    expect(receiver.recvmmsg(batch)).toBe(40)
    expect(Array.from({ length: 40 }, (_, i) => batch.bytes(i)[0])).toEqual(
      Array.from({ length: 40 }, (_, i) => (i / 10) | 0),
    )
  })
})
