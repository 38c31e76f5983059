// The loop receives for the waiters of a batch of events before it calls anybody. Whatever happens to a waiter, no byte is lost,
// and none comes before an earlier one.
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  AF_UNIX,
  MSG_PEEK,
  Socket as SyncSocket,
  SO_LINGER,
  SO_RCVLOWAT,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
} from 'bsd-sockets'
import { SOCK_STREAM, SOL_SOCKET } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { listen } from 'bsd-sockets/reactor'
import type { Connection } from 'bsd-sockets/reactor'

const later = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await turn()
}
const text = async (waiting: Promise<Buffer>): Promise<string> => (await waiting).toString()

/** A peer, and the socket of the class that is connected to it by TCP. */
async function connected(
  Class: new (family?: number, type?: number, protocol?: number, fd?: number) => Socket = Socket,
): Promise<[SyncSocket, Socket]> {
  using listener = new SyncSocket()
  listener.bind(['127.0.0.1', 0])
  listener.listen()
  const socket = new Class()
  await socket.connect(listener.getsockname())
  const [peer] = listener.accept()
  onTestFinished(() => {
    socket.close()
    peer.close()
  })
  return [peer, socket]
}

/** A socket that waits, and a function that sends to it, and calls `handler` in a handler of the same batch. */
async function scene(): Promise<{
  peer: SyncSocket
  socket: Socket
  inHandler: (handler: () => void) => Promise<void>
}> {
  const [peer, socket] = await connected()
  let called: Promise<void> = Promise.resolve()
  let call = (): void => undefined
  let opened: Connection | undefined
  const server = listen({ data: () => call(), open: connection => void (opened = connection) })
  const client = new SyncSocket()
  onTestFinished(() => {
    client.close()
    server.close()
  })
  client.connect(server.address)
  while (opened === undefined) await turn()
  return {
    peer,
    socket,
    inHandler(handler) {
      called = new Promise(resolve => {
        call = () => {
          handler()
          resolve()
        }
      })
      client.send('now') // the kernel reports it first
      peer.send('one ')
      return called
    },
  }
}

describe('a handler of the same batch', () => {
  test('that aborts the wait comes too late', async () => {
    const { peer, socket, inHandler } = await scene()
    const controller = new AbortController()
    const waiting = socket.recv(100, { signal: controller.signal })
    await inHandler(() => controller.abort())
    expect(await text(waiting)).toBe('one ')
    peer.send('two')
    expect(await text(socket.recv(100))).toBe('two')
  })

  test('that closes the socket comes too late', async () => {
    const { socket, inHandler } = await scene()
    const waiting = socket.recv(100)
    const next = socket.recv(100)
    await Promise.all([inHandler(() => socket.close()), expect(next).rejects.toThrow('ECANCELED')])
    expect(await text(waiting)).toBe('one ')
  })

  test('that detaches the descriptor gets the bytes after those', async () => {
    const { peer, socket, inHandler } = await scene()
    const waiting = socket.recv(2)
    let other: Socket | undefined
    await inHandler(() => {
      other = Socket.fromFd(socket.detach())
    })
    onTestFinished(() => other?.close())
    expect(await text(waiting)).toBe('on')
    expect(await text(other!.recv(100))).toBe('e ')
    const next = other!.recv(100)
    peer.send('two')
    expect(await text(next)).toBe('two')
  })

  test('that receives gets the bytes after those', async () => {
    const { socket, inHandler } = await scene()
    const waiting = socket.recv(1)
    let got: string | undefined
    await inHandler(() => (got = socket.tryRecv(2)?.toString()))
    expect(await text(waiting)).toBe('o')
    expect(got).toBe('ne')
    expect(await text(socket.recv(100))).toBe(' ')
  })

  test('that begins another wait is behind', async () => {
    const { socket, inHandler } = await scene()
    const waiting = socket.recv(1)
    let next: Promise<Buffer> | undefined
    await inHandler(() => void (next = socket.recv(100)))
    expect(await text(waiting)).toBe('o')
    expect(await text(next!)).toBe('ne ')
  })

  test('that opens another socket under the number does not get its bytes', async () => {
    const { socket, inHandler } = await scene()
    const waiting = socket.recv(1)
    const { fd } = socket
    let pair: Socket[] = []
    let got: Promise<Buffer> | undefined
    await inHandler(() => {
      socket.close()
      pair = Socket.pair(AF_UNIX, SOCK_STREAM)
      got = pair[0]!.recv(100)
    })
    onTestFinished(() => pair.forEach(one => one.close()))
    expect(pair[0]!.fd).toBe(fd)
    expect(await text(waiting)).toBe('o')
    await later()
    await pair[1]!.send('other')
    expect(await text(got!)).toBe('other')
  })
})

describe('a waiter', () => {
  test('gets no more than it asked for, and the next ones the rest, in order', async () => {
    const [peer, socket] = await connected()
    const view = new Uint8Array(2)
    const all = [
      text(socket.recv(2)),
      text(socket.recv(1)),
      socket.recvInto(view).then(count => Buffer.from(view.buffer, 0, count).toString()),
      text(socket.recv(2, MSG_PEEK)),
      socket.recvfrom(1).then(([bytes]) => bytes.toString()),
      text(socket.recv(100)),
      text(socket.recv(100)),
    ]
    peer.send('abcdefgh')
    await later()
    peer.send('ij')
    expect(await Promise.all(all)).toEqual(['ab', 'c', 'de', 'fg', 'f', 'gh', 'ij'])
  })

  test('behind one that ends early is the next', async () => {
    const [peer, socket] = await connected()
    const controller = new AbortController()
    const first = socket.recv(3, { signal: controller.signal })
    const second = socket.recv(5)
    const third = socket.recv(100)
    controller.abort()
    await expect(first).rejects.toThrow('aborted')
    peer.send('abcdefgh')
    expect(await text(second)).toBe('abcde')
    expect(await text(third)).toBe('fgh')
  })

  test('that ended early leaves its bytes', async () => {
    const [peer, socket] = await connected()
    await expect(socket.recv(100, { timeout: 5 })).rejects.toThrow('ETIMEDOUT')
    peer.send('abc')
    await later()
    expect(socket.tryRecv(100)?.toString()).toBe('abc')
  })

  test('that peeks leaves its bytes', async () => {
    const [peer, socket] = await connected()
    const waiting = socket.recv(100, MSG_PEEK)
    peer.send('abc')
    expect(await text(waiting)).toBe('abc')
    expect(await text(socket.recv(100))).toBe('abc')
  })

  test('goes on waiting if another call takes the bytes', async () => {
    const [peer, socket] = await connected()
    const waiting = socket.recv(100)
    peer.send('one')
    expect(socket.tryRecv(100)?.toString()).toBe('one')
    await later()
    peer.send('two')
    expect(await text(waiting)).toBe('two')
  })

  test('with a wrong size is refused in its turn, and harms no other', async () => {
    const [peer, socket] = await connected()
    const all = [
      text(socket.recv(2)),
      text(socket.recv(-1)),
      text(socket.recv(1.5)),
      text(socket.recv(0)),
      text(socket.recv(2)),
    ]
    peer.send('abcd')
    const outcomes = await Promise.allSettled(all)
    expect(outcomes.map(one => (one.status === 'fulfilled' ? one.value : (one.reason as Error).name))).toEqual([
      'ab',
      'RangeError',
      'RangeError',
      '',
      'cd',
    ])
  })

  test('smaller than what comes gets it in parts, also after a part that was not full', async () => {
    const [peer, socket] = await connected()
    for (const message of ['abc', 'abcdefghij', 'abcde']) {
      const first = socket.recv(4)
      peer.send(message)
      let received = await text(first)
      while (received.length < message.length) received += await text(socket.recv(4))
      expect(received).toBe(message)
    }
  })

  test('is woken by as many bytes as SO_RCVLOWAT says', async () => {
    const [peer, socket] = await connected()
    socket.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 5)
    const waiting = socket.recv(100)
    peer.send('abc')
    await later()
    peer.send('def')
    expect(await text(waiting)).toBe('abcdef')
  })

  test('gets the end, and then again', async () => {
    const [peer, socket] = await connected()
    const waiting = [socket.recv(100), socket.recv(100), socket.recv(100)]
    peer.send('last')
    peer.close()
    expect(await Promise.all(waiting.map(text))).toEqual(['last', '', ''])
  })

  test('gets the error of a reset, which is read once', async () => {
    const [peer, socket] = await connected()
    const first = socket.recv(100)
    const second = socket.recv(100)
    peer.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
    peer.close()
    await expect(first).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'recv' })
    expect(await text(second)).toBe('')
  })

  test('of a class with its own tryRecv gets what that returns', async () => {
    class Shouting extends Socket {
      override tryRecv(size: number, flags?: number): Buffer | null {
        const bytes = super.tryRecv(size, flags)
        return bytes && Buffer.from(bytes.toString().toUpperCase())
      }
    }
    const [peer, socket] = await connected(Shouting)
    const waiting = socket.recv(100)
    peer.send('abc')
    expect(await text(waiting)).toBe('ABC')
  })

  test('that sends at the same time makes progress', async () => {
    const [peer, socket] = await connected()
    const sent = Buffer.alloc(16 * 2 ** 20, 'x')
    const sending = socket.sendall(sent)
    const waiting = [socket.recv(1), socket.recv(1)]
    peer.send('ab')
    expect(await Promise.all(waiting.map(text))).toEqual(['a', 'b'])
    let got = 0
    for (const room = new Uint8Array(2 ** 20); got < sent.length; got += peer.tryRecvInto(room) ?? 0) await turn()
    await sending
    expect(got).toBe(sent.length)
  })
})

describe('messages', () => {
  const pair = (type: number): Socket[] => {
    const sockets = Socket.pair(AF_UNIX, type)
    onTestFinished(() => sockets.forEach(socket => socket.close()))
    return sockets
  }

  test('of datagram sockets are truncated as before, and may be empty', async () => {
    const [one, other] = pair(SOCK_DGRAM)
    const waiting = [other!.recv(3), other!.recv(3), other!.recv(3)]
    for (const message of ['abcdef', '', 'g']) one!.trySend(message)
    expect(await Promise.all(waiting.map(text))).toEqual(['abc', '', 'g'])
  })

  test.skipIf(process.platform !== 'linux')(
    'of SOCK_SEQPACKET stay apart (only Linux has it for Unix sockets)',
    async () => {
      const [one, other] = pair(SOCK_SEQPACKET)
      const waiting = [other!.recv(3), other!.recv(3), other!.recv(100)]
      for (const message of ['abcdef', 'g', 'h']) one!.trySend(message)
      expect(await Promise.all(waiting.map(text))).toEqual(['abc', 'g', 'h'])
    },
  )
})

describe('a batch', () => {
  // The slab, of 256 KiB, has no room for all the larger ones.
  test.each([1, 100, 16_383, 16_384, 16_385, 100_000])(
    'of 40 pieces of %i bytes arrives complete, again and again',
    async size => {
      const sockets = await Promise.all(Array.from({ length: 40 }, () => connected()))
      const piece = (i: number, round: number): Buffer => Buffer.alloc(size, `${i},${round};`)
      const receiveAll = async (socket: Socket): Promise<Buffer> => {
        const chunks: Buffer[] = []
        for (let left = size; left > 0; left -= chunks.at(-1)!.length) chunks.push(await socket.recv(left))
        return Buffer.concat(chunks)
      }
      for (let round = 0; round < 3; round++) {
        const waiting = sockets.map(([, socket]) => receiveAll(socket))
        sockets.forEach(([peer], i) => peer.sendall(piece(i, round)))
        const got = await Promise.all(waiting)
        expect(got.findIndex((bytes, i) => !bytes.equals(piece(i, round)))).toBe(-1)
      }
    },
  )
})
