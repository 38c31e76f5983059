import { AF_INET, AF_UNIX, createServer, IP_RECVERR, IPPROTO_IP, poll, SO_SNDBUF, SOCK_DGRAM } from 'bsd-sockets'
import { SO_ZEROCOPY, Socket, SOL_SOCKET, supports, ZerocopySender } from 'bsd-sockets'
import type { IPv4Address, ReceivedMessage, ZerocopyCompletion } from 'bsd-sockets'
import { describe, expect, onTestFinished, test } from 'vitest'

describe.runIf(supports.option(SOL_SOCKET, SO_ZEROCOPY))('SO_ZEROCOPY', () => {
  /** All expected completions. */
  function allOf(socket: Socket, sender: ZerocopySender): ZerocopyCompletion[] {
    const done: ZerocopyCompletion[] = []
    while (sender.pending > 0) {
      expect(poll([[socket, 0]], 5000)).toHaveLength(1)
      done.push(...sender.completions())
    }
    return done
  }

  test('TCP: a send completes once its bytes are received, and its data are returned', () => {
    using server = createServer(['127.0.0.1', 0])
    using client = new Socket()
    client.connect(server.getsockname())
    using peer = server.accept()[0]
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 20)
    const sender = new ZerocopySender(client)
    expect(sender.completions()).toEqual([])
    const data = [1, 2, 3].map(byte => Buffer.alloc(20_000, byte))
    const counts = data.map(bytes => sender.trySend(bytes))
    expect(counts).toEqual([20_000, 20_000, 20_000])
    expect(sender.pending).toBe(3)
    expect(sender.trySend('')).toBe(0)
    expect(sender.pending).toBe(3)
    let received = Buffer.alloc(0)
    while (received.length < 60_000) received = Buffer.concat([received, peer.recv(65536)])
    expect(received.equals(Buffer.concat(data))).toBe(true)
    const done = allOf(client, sender)
    expect(new Set(done.map(completion => completion.data))).toEqual(new Set(data))
    expect(done.every(({ copied }) => copied)).toBe(true) // the loopback always copies
    expect(sender.completions()).toEqual([])
  })

  test('without room it returns null, and counts no send', () => {
    using server = createServer(['127.0.0.1', 0])
    using client = new Socket()
    client.connect(server.getsockname())
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, 1)
    using peer = server.accept()[0]
    const sender = new ZerocopySender(client)
    let [sent, sends] = [0, 0]
    for (let count; (count = sender.trySend(Buffer.alloc(100_000))) !== null; sent += count) sends++
    expect(sender.pending).toBe(sends)
    for (let left = sent; left > 0;) left -= peer.recv(65536).length
    expect(allOf(client, sender)).toHaveLength(sends)
  })

  test('UDP; other entries of the error queue are returned too', () => {
    using gone = new Socket(AF_INET, SOCK_DGRAM)
    gone.bind(['127.0.0.1', 0])
    const closed = gone.getsockname() as IPv4Address
    gone.close()
    using socket = new Socket(AF_INET, SOCK_DGRAM)
    onTestFinished(() => socket.close())
    socket.setsockopt(IPPROTO_IP, IP_RECVERR!, true)
    socket.connect(closed)
    const sender = new ZerocopySender(socket)
    const data = Buffer.alloc(1000)
    expect(sender.trySend(data)).toBe(1000)
    const others: ReceivedMessage[] = []
    const done: ZerocopyCompletion[] = []
    while (sender.pending > 0 || others.length === 0) {
      poll([[socket, 0]], 5000)
      done.push(...sender.completions(message => others.push(message)))
    }
    expect(done).toEqual([{ data, copied: true }])
    expect(others[0]!.control[0]!.error).toMatchObject({ name: 'ECONNREFUSED' })
  })

  test('a socket without zero copy is an error', () => {
    const [here, there] = Socket.pair(AF_UNIX)
    onTestFinished(() => [here, there].forEach(end => end.close()))
    expect(() => new ZerocopySender(here)).toThrow(expect.objectContaining({ syscall: 'setsockopt' }))
  })
})
