// The synchronous Socket over UDP and Unix datagrams: each call receives one datagram, whole or truncated.
import {
  AF_INET,
  AF_UNIX,
  BlockingIOError,
  ConnectionRefusedError,
  MSG_TRUNC,
  MSG_WAITALL,
  MessageBatch,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  Socket,
  TimeoutError,
} from 'bsd-sockets'
import type { IPv4Address } from 'bsd-sockets'
import { describe, expect, test } from 'vitest'
import { bound } from '../support/sockets.js'
import { closing, connected, thrown } from '../support/tcp.js'

// Linux accepts MSG_TRUNC as a flag of a receive, recv(2), and blocks a sender to a full Unix queue.
const linux = process.platform === 'linux'
const udp = (): Socket => bound(AF_INET, SOCK_DGRAM, ['127.0.0.1', 0])
const unix = (): [Socket, Socket] => Socket.pair(AF_UNIX, SOCK_DGRAM).map(closing) as [Socket, Socket]

describe('receiving', () => {
  test('a call receives one datagram, with its sender', () => {
    const [receiver, one, two] = [udp(), udp(), udp()]
    const to = receiver.getsockname()
    one.sendto('first', to)
    two.sendto('', to)
    one.sendto('last', to)
    expect(receiver.recvfrom(100)).toEqual([Buffer.from('first'), one.getsockname()])
    expect(receiver.recvfrom(100)).toEqual([Buffer.alloc(0), two.getsockname()]) // an empty datagram, not an end
    expect(receiver.recvfrom(100)).toEqual([Buffer.from('last'), one.getsockname()])
  })

  test('each call discards the rest of a datagram that is too long', () => {
    const [receiver, sender] = [udp(), udp()]
    const calls: ((room: number) => unknown)[] = [
      room => receiver.recv(room).toString(),
      room => receiver.recvfrom(room)[0].toString(),
      room => receiver.recvInto(Buffer.alloc(room)),
      room => receiver.recvfromInto(Buffer.alloc(room)),
      room => receiver.recvmsg(room).data.toString(),
    ]
    const seen = calls.map(call => {
      for (const text of ['0123456789', 'abcdefghij', 'end']) sender.sendto(text, receiver.getsockname())
      return [call(4), call(0), receiver.recv(10).toString()]
    })
    const from = sender.getsockname()
    expect(seen).toEqual([
      ['0123', '', 'end'],
      ['0123', '', 'end'],
      [4, 0, 'end'],
      [[4, from], [0, from], 'end'],
      ['0123', '', 'end'],
    ])
  })

  test.runIf(linux)('MSG_TRUNC returns the real length, and only the bytes received (Linux)', () => {
    const [here, there] = unix()
    for (let i = 0; i < 4; i++) here.send('0123456789')
    expect(there.recv(4, MSG_TRUNC).toString()).toBe('0123')
    expect(there.recvInto(Buffer.alloc(4), MSG_TRUNC)).toBe(10)
    expect(there.recvfrom(4, MSG_TRUNC)[0].toString()).toBe('0123')
    expect(there.recvmsg(4, 0, MSG_TRUNC)).toMatchObject({ size: 10, truncated: true, data: Buffer.from('0123') })
  })

  test.runIf(linux)('MSG_TRUNC over TCP discards bytes, and the result is zeros, not old memory (Linux)', () => {
    const [client, accepted] = connected()
    const secret = Buffer.alloc(1000, 'secret')
    const batch = new MessageBatch(1, 1000)
    const calls: ((flags: number) => Buffer)[] = [
      flags => accepted.recv(1000, flags),
      flags => accepted.recv(1000, flags | MSG_WAITALL),
      flags => accepted.recvfrom(1000, flags)[0],
      flags => accepted.recvmsg(1000, 0, flags).data,
      flags => Buffer.from((accepted.recvmmsg(batch, flags), batch.bytes(0))),
    ]
    for (const call of calls) {
      client.sendall(secret)
      expect(call(0).equals(secret)).toBe(true)
      client.sendall(secret)
      expect(call(MSG_TRUNC).equals(Buffer.alloc(1000))).toBe(true)
    }
  })

  test('fails after the timeout, or at once without blocking', () => {
    const socket = udp()
    socket.settimeout(10)
    for (const call of [() => socket.recv(1), () => socket.recvfrom(1), () => socket.recvmsg(1)])
      expect(thrown(call)).toBeInstanceOf(TimeoutError)
    socket.setblocking(false)
    expect(thrown(() => socket.recvfrom(1))).toBeInstanceOf(BlockingIOError)
    expect([socket.tryRecvfrom(1), socket.tryRecvfromInto(Buffer.alloc(1))]).toEqual([null, null])
  })
})

describe('sending', () => {
  test('the largest datagram, and an error for a larger one', () => {
    const [receiver, sender] = [udp(), udp()]
    const largest = 65_535 - 20 - 8 // less the headers of IP and UDP
    receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 200_000)
    expect(sender.sendto(Buffer.alloc(largest, 7), receiver.getsockname())).toBe(largest)
    expect(receiver.recv(largest + 1).equals(Buffer.alloc(largest, 7))).toBe(true)
    const error = thrown(() => sender.sendto(Buffer.alloc(largest + 1), receiver.getsockname()))
    expect(error).toMatchObject({ code: 'EMSGSIZE', syscall: 'sendto', address: '127.0.0.1' })
  })

  test('connected: sends to one peer and receives from it alone; connect again changes the peer', () => {
    const [client, one, two] = [udp(), udp(), udp()]
    client.connect(one.getsockname())
    two.sendto('from a stranger', client.getsockname())
    one.sendto('from the peer', client.getsockname())
    expect(client.recv(100).toString()).toBe('from the peer')
    client.connect(two.getsockname())
    client.send('to the other')
    expect(two.recvfrom(100)).toEqual([Buffer.from('to the other'), client.getsockname()])
    expect(client.getpeername()).toEqual(two.getsockname())
  })

  test('without a peer: EDESTADDRREQ; to a closed peer: the next call fails with ECONNREFUSED', () => {
    const client = udp()
    expect(thrown(() => client.send('x'))).toMatchObject({ code: 'EDESTADDRREQ' })
    const gone = new Socket(AF_INET, SOCK_DGRAM)
    gone.bind(['127.0.0.1', 0])
    const address = gone.getsockname() as IPv4Address
    gone.close()
    client.connect(address)
    expect(client.send('x')).toBe(1)
    expect(thrown(() => client.recv(1))).toBeInstanceOf(ConnectionRefusedError)
  })

  // macOS fails with ENOBUFS, which cannot be waited for.
  test.runIf(linux)('a full queue: null, an error or a wait; all that was sent arrives in order (Linux)', () => {
    const [here, there] = unix()
    let sent = 0
    while (here.trySend(String(sent)) !== null) sent++
    here.settimeout(10)
    expect(thrown(() => here.send('late'))).toBeInstanceOf(TimeoutError)
    here.settimeout(0)
    expect(thrown(() => here.send('late'))).toBeInstanceOf(BlockingIOError)
    const received = Array.from({ length: sent }, () => there.recv(10).toString())
    expect(received).toEqual(Array.from({ length: sent }, (_, i) => String(i)))
    expect(there.tryRecv(10)).toBeNull()
  })
})
