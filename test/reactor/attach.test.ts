// The reactor's sockets of messages, those of `attach` and of `bind`: what their handlers get, and who closes what.
import {
  AF_INET,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  ETH_P_IP,
  IPPROTO_ICMP,
  IPPROTO_IP,
  IP_RECVTTL,
  MessageBatch,
  NETLINK_ROUTE,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  OwnedFd,
  RTM_GETLINK,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
  htons,
  whyNot,
} from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { attach, bind } from 'bsd-sockets/reactor'
import type { BatchRoom, DatagramHandlers, DatagramSocket } from 'bsd-sockets/reactor'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs'
import { AsyncLocalStorage } from 'node:async_hooks'
import { endianness, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { allowed } from '../support/sockets.js'
import { codeOf, quiet } from '../support/states.js'
import { closing, listening, thrown } from '../support/tcp.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('typeof gc === "function" ? gc : undefined') as (() => void) | undefined // not on Bun

const linux = process.platform === 'linux'
const openCount = (): number => readdirSync(linux ? '/proc/self/fd' : '/dev/fd').length

const pair = (type: number): [Socket, Socket] => Socket.pair(AF_UNIX, type).map(closing) as [Socket, Socket]

function udp(): Socket {
  const socket = closing(new Socket(AF_INET, SOCK_DGRAM))
  socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 2 ** 21)
  socket.bind(['127.0.0.1', 0])
  return socket
}

/** A receiver, and a sender that is connected to it. */
function udpPair(): [Socket, Socket] {
  const [receiver, sender] = [udp(), udp()]
  sender.connect(receiver.getsockname())
  return [receiver, sender]
}

function opened(): number {
  const fd = openSync('/dev/null', 'r')
  onTestFinished(() => closeSync(fd))
  return fd
}

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 1 })

/** Attaches a socket whose texts go into a list, which is returned too. */
function texts(
  socket: Parameters<typeof attach>[0],
  options: DatagramHandlers & BatchRoom = {},
): [string[], DatagramSocket] {
  const got: string[] = []
  const attached = attach(socket, {
    ...options,
    message(...given) {
      got.push(String(given[1]))
      options.message?.(...given)
    },
  })
  return [got, closing(attached)]
}

describe('each type', () => {
  test('UDP: 1,000 datagrams in order, with their senders; `messages` gets the same in batches', async () => {
    const expected = Array.from({ length: 1000 }, (_, i) => String(i))
    for (const batches of [false, true]) {
      const [receiver, sender] = udpPair()
      const got: string[] = []
      const from = new Set<string>()
      const one: DatagramHandlers = {
        message: (_, bytes, address) => void (got.push(String(bytes)), from.add(JSON.stringify(address))),
      }
      const many: DatagramHandlers = {
        messages(_, batch, count) {
          for (let i = 0; i < count; i++) {
            got.push(String(batch.bytes(i)))
            from.add(JSON.stringify(batch.address(i)))
          }
        },
      }
      closing(attach(receiver, batches ? many : one))
      for (const text of expected) sender.send(text)
      await until(() => got.length === 1000)
      expect(got).toEqual(expected)
      expect([...from]).toEqual([JSON.stringify(sender.getsockname())])
    }
  })

  test('an unbound socket that has a peer gets its answer; `null` sends to the peer', async () => {
    const server = udp()
    const client = closing(new Socket(AF_INET, SOCK_DGRAM))
    client.connect(server.getsockname())
    const [got, attached] = texts(client)
    expect(attached.sendto('question', null)).toBe(true)
    const [question, from] = server.recvfrom(100)
    expect(String(question)).toBe('question')
    server.sendto('answer', from)
    await until(() => got.length > 0)
    expect(got).toEqual(['answer'])
  })

  test('a socket of bind answers by `message`', async () => {
    const server = closing(bind({ message: (socket, bytes, from) => void socket.sendto(bytes, from) }))
    const client = udp()
    client.sendto('echo', server.address)
    const answered = AsyncSocket.fromFd(client.detach())
    onTestFinished(() => answered.close())
    expect(String(await answered.recv(100))).toBe('echo')
  })

  test('empty datagrams are messages', async () => {
    for (const [receiver, sender] of [udpPair(), pair(SOCK_DGRAM)]) {
      const [got] = texts(receiver)
      for (const text of ['', 'second', '']) sender.send(text)
      await until(() => got.length === 3)
      expect(got).toEqual(['', 'second', ''])
    }
  })

  test.runIf(linux)('SOCK_SEQPACKET: to the end of the peer, which closes it', async () => {
    for (const batch of [1, 2, 8]) {
      const [receiver, sender] = pair(SOCK_SEQPACKET)
      const closes: unknown[] = []
      const [got, attached] = texts(receiver, { batch, close: () => closes.push(1) })
      for (const text of ['one', '', 'two']) sender.send(text)
      await until(() => got.length === 3)
      for (const text of ['', '', 'three']) sender.send(text)
      sender.close()
      await until(() => closes.length > 0)
      expect([got, attached.fd]).toEqual([['one', '', 'two', '', '', 'three'], -1])
    }
  })

  test.runIf(linux)('SOCK_SEQPACKET: with `end` it may still send; a pause delays the end', async () => {
    const [receiver, sender] = pair(SOCK_SEQPACKET)
    let ends = 0
    const [got, attached] = texts(receiver, {
      message: socket => socket.pause(),
      end(socket) {
        ends++
        socket.sendto('goodbye', null)
      },
    })
    sender.send('one')
    sender.send('two')
    sender.shutdown(1)
    await until(() => got.length === 1)
    await quiet()
    expect([got, ends]).toEqual([['one'], 0])
    attached.resume()
    await until(() => got.length === 2)
    await quiet()
    expect(ends).toBe(0)
    attached.resume()
    await until(() => ends === 1)
    await quiet()
    expect([ends, attached.fd >= 0, String(sender.recv(100))]).toEqual([1, true, 'goodbye'])
  })

  const noNetlink = linux ? whyNot.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) : 'netlink is of Linux'
  allowed('netlink: a dump of the interfaces', noNetlink, async () => {
    let dump = ''
    const socket = attach(new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), {
      message: (_, bytes) => void (dump += bytes.toString('latin1')),
    })
    closing(socket)
    const little = endianness() === 'LE'
    const request = new DataView(new ArrayBuffer(20))
    request.setUint32(0, 20, little)
    request.setUint16(4, RTM_GETLINK!, little)
    request.setUint16(6, NLM_F_REQUEST! | NLM_F_DUMP!, little)
    socket.sendto(request, { family: 'netlink', pid: 0, groups: 0 })
    await until(() => dump.includes('lo\0'))
  })

  const noPacket = linux ? whyNot.socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP!)) : 'packet sockets are of Linux'
  allowed('packet: a datagram that goes over lo', noPacket, async () => {
    const [got] = texts(new Socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP!)))
    const [, sender] = udpPair()
    // The socket gets the packets of all processes, and drops what comes while its buffer is full. packet(7)
    await until(() => {
      sender.send(`packet ${process.pid}`)
      return got.some(text => text.includes(`packet ${process.pid}`))
    })
  })

  const noRaw = whyNot.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)
  allowed('raw: an ICMP message that this machine sends to itself', noRaw, async () => {
    const [got, attached] = texts(new Socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))
    attached.sendto(Buffer.from('2a00d5ff00000000', 'hex'), ['127.0.0.1', 0]) // a type that nobody answers
    await until(() => got.length > 0)
  })
})

describe('what is attached', () => {
  test('a Socket of either kind, an OwnedFd, a number: the reactor owns and closes it', async () => {
    const kinds: ((fd: number) => Parameters<typeof attach>[0])[] = [
      fd => Socket.fromFd(fd),
      fd => AsyncSocket.fromFd(fd),
      fd => new OwnedFd(fd),
      fd => fd,
    ]
    const before = openCount()
    for (const kind of kinds) {
      const [receiver, sender] = pair(SOCK_DGRAM)
      const given = kind(receiver.detach())
      const [got, attached] = texts(given)
      if (typeof given !== 'number') expect(given.fd).toBe(-1)
      sender.send('here')
      await until(() => got.length === 1)
      attached.close()
      sender.close()
    }
    expect(openCount()).toBe(before)
  })

  test("the waits of a promises' Socket end", async () => {
    const [receiver] = pair(SOCK_DGRAM)
    const socket = AsyncSocket.fromFd(receiver.detach())
    const waiting = socket.recv(10)
    texts(socket)
    await expect(waiting).rejects.toMatchObject({ code: 'ECANCELED' })
  })

  test('the number of a descriptor that another object waits for is refused, and stays open', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    const socket = closing(AsyncSocket.fromFd(receiver.detach()))
    const waiting = socket.recv(10)
    expect(thrown(() => attach(socket.fd, {}))).toMatchObject({ code: 'EEXIST' })
    sender.send('here')
    expect(String(await waiting)).toBe('here')
  })

  test('a stream and a listening socket are refused, and stay open', () => {
    const stream = pair(SOCK_STREAM)[0]
    for (const socket of [stream, listening()]) {
      const error = {
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringMatching(/stream.*listen.*toDuplex/) as string,
      }
      expect(() => attach(socket, {})).toThrow(expect.objectContaining(error))
      expect(socket.closed).toBe(false)
    }
    if (!linux) return
    const folder = mkdtempSync(join(tmpdir(), 'attach-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const server = closing(new Socket(AF_UNIX, SOCK_SEQPACKET))
    server.bind(join(folder, 'server'))
    server.listen()
    expect(() => attach(server, {})).toThrow(/must not listen/)
  })

  test('wrong arguments are refused, and the socket stays the caller’s', () => {
    const [socket] = pair(SOCK_DGRAM)
    const wrong = (options: object): unknown => codeOf(thrown(() => attach(socket, options)))
    expect(wrong({ batch: 0 })).toBe('ERR_OUT_OF_RANGE')
    expect(wrong({ maxFds: -1 })).toBe('ERR_OUT_OF_RANGE')
    expect(wrong({ message: 5 })).toBe('ERR_INVALID_ARG_TYPE')
    expect(wrong({ port: 5 })).toBe('ERR_INVALID_ARG_VALUE')
    expect(wrong({ message: () => {}, messages: () => {} })).toBe('ERR_INVALID_ARG_VALUE')
    expect(socket.closed).toBe(false)
    for (const given of [undefined, null, {}, { fd: 1 }, 'x'])
      expect(codeOf(thrown(() => attach(given as never, {})))).toBe('ERR_INVALID_ARG_TYPE')
    socket.close()
    expect(codeOf(thrown(() => attach(socket, {})))).toBe('EBADF')
    expect(codeOf(thrown(() => attach(0.5, {})))).toBe('ERR_OUT_OF_RANGE')
  })

  test('handlers run in the async context of attach', async () => {
    const context = new AsyncLocalStorage<string>()
    const [receiver, sender] = pair(SOCK_DGRAM)
    let seen: string | undefined
    context.run('mine', () => closing(attach(receiver, { message: () => void (seen = context.getStore()) })))
    context.run('another', () => sender.send('x'))
    await until(() => seen !== undefined)
    expect(seen).toBe('mine')
  })
})

describe('descriptors and control messages', () => {
  test('are reached by the batch', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    const fd = opened()
    const before = openCount()
    const seen: unknown[] = []
    const [got] = texts(receiver, {
      maxFds: 1,
      messageSize: 4,
      message(_, __, from, batch, i) {
        const fds = batch.fds(i)
        seen.push([from, fds.length, batch.truncated(i), batch.controlTruncated(i)])
        for (const owned of fds) owned.close()
      },
    })
    sender.sendFds('one', [fd])
    sender.sendFds('long', [fd, fd])
    sender.send('longer')
    await until(() => got.length === 3)
    const from = { family: 'unix' }
    expect(got).toEqual(['one', 'long', 'long'])
    expect(seen).toEqual([
      [from, 1, false, false],
      [from, 1, false, true],
      [from, 0, true, false],
    ])
    expect(openCount()).toBe(before)
  })

  test('control messages of UDP', async () => {
    const [receiver, sender] = udpPair()
    receiver.setsockopt(IPPROTO_IP, IP_RECVTTL, true)
    const seen: unknown[] = []
    texts(receiver, { controlSize: 64, message: (_, __, ___, batch, i) => void seen.push(batch.control(i)) })
    sender.send('x')
    await until(() => seen.length === 1)
    expect(seen).toMatchObject([[{ ttl: 64 }]])
  })

  test('a batch with descriptors is sent', () => {
    const [receiver, other] = pair(SOCK_DGRAM)
    const attached = closing(attach(receiver, {}))
    const batch = new MessageBatch(1, 10, { controlSize: 64, family: AF_UNIX })
    batch.set(0, 'with', null, [{ fds: [opened()] }])
    expect(attached.send(batch)).toBe(1)
    const { fds } = other.recvFds(10, 1)
    expect(fds).toHaveLength(1)
    fds[0]!.close()
  })

  test.each(['close', 'pause, then close'])('%s in the middle of a batch closes those of the rest', async how => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    const fd = opened()
    for (const text of ['one', 'two', 'three']) sender.sendFds(text, [fd])
    const before = openCount()
    let open = 0
    const [got, attached] = texts(receiver, {
      maxFds: 1,
      message(socket, _, __, batch, i) {
        open = openCount()
        for (const owned of batch.fds(i)) owned.close()
        if (how === 'close') socket.close()
        else socket.pause()
      },
    })
    await until(() => got.length === 1)
    await quiet()
    attached.close()
    expect([got, open, openCount()]).toEqual([['one'], before + 3, before - 1])
  })

  test.runIf(collect)('those that a handler does not take are closed when they are collected', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    const before = openCount()
    const [got] = texts(receiver, { maxFds: 1 })
    for (const text of ['a', 'b', 'c']) sender.sendFds(text, [opened()])
    await until(() => got.length === 3)
    for (let i = 0; i < 1000 && openCount() > before + 3; i++) {
      collect!()
      await quiet()
    }
    expect(openCount()).toBeLessThanOrEqual(before + 3) // those that were opened here
  })

  test('without a handler they are closed', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    const before = openCount()
    closing(attach(receiver, { maxFds: 1 }))
    sender.sendFds('x', [opened()])
    await quiet()
    expect(openCount()).toBe(before + 1) // that which was opened here
  })
})

describe('pause', () => {
  test('in the middle of a batch: the rest comes after resume, then what waits in the kernel', async () => {
    const [receiver, sender] = udpPair()
    const [got, attached] = texts(receiver, { batch: 4, message: socket => got.length === 2 && socket.pause() })
    for (let i = 0; i < 10; i++) sender.send(String(i))
    await until(() => got.length === 2)
    await quiet()
    sender.send('10') // it is reported while paused
    await quiet()
    expect(got).toEqual(['0', '1'])
    attached.resume()
    attached.resume()
    expect(got).toHaveLength(2) // handlers are called in a later turn
    await until(() => got.length === 11)
    expect(got).toEqual(Array.from({ length: 11 }, (_, i) => String(i)))
  })

  test('before anything has come, and with `messages`', async () => {
    const [receiver, sender] = udpPair()
    let got = 0
    const attached = closing(attach(receiver, { messages: (_, __, count) => void (got += count) }))
    attached.pause()
    for (let i = 0; i < 3; i++) sender.send('x')
    await quiet()
    expect(got).toBe(0)
    attached.resume()
    await until(() => got === 3)
  })

  test('and resume within a handler changes nothing; resume after close does nothing', async () => {
    const [receiver, sender] = udpPair()
    const [got, attached] = texts(receiver, {
      message(socket) {
        socket.pause()
        socket.resume()
      },
    })
    for (let i = 0; i < 5; i++) sender.send(String(i))
    await until(() => got.length === 5)
    await quiet()
    expect(got).toEqual(['0', '1', '2', '3', '4'])
    attached.pause()
    attached.close()
    attached.resume()
    await quiet()
  })
})

describe('errors', () => {
  test('of a handler go to `error`; the other messages of the batch are delivered', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    const errors: unknown[] = []
    for (const text of ['one', 'two', 'three']) sender.send(text)
    const [got, attached] = texts(receiver, {
      message() {
        throw new Error(got.at(-1))
      },
      error: (error, socket) => void errors.push([(error as Error).message, socket === attached]),
    })
    await until(() => got.length === 3)
    expect(errors).toEqual([
      ['one', true],
      ['two', true],
      ['three', true],
    ])
    expect(attached.fd >= 0).toBe(true)
  })

  test('without `error` they are uncaught exceptions', async () => {
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const uncaught: string[] = []
    process.on('uncaughtException', error => uncaught.push(error.message))
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    })
    const [receiver, sender] = pair(SOCK_DGRAM)
    const [got] = texts(receiver, {
      message() {
        throw new Error(got.at(-1))
      },
    })
    for (const text of ['one', 'two']) sender.send(text)
    await until(() => uncaught.length === 2)
    expect([got, uncaught]).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ])
  })

  test('of the network: the socket goes on', async () => {
    const gone = udp()
    const socket = udp()
    const address = gone.getsockname()
    socket.connect(address)
    gone.close()
    const errors: string[] = []
    const [got, attached] = texts(socket, { error: error => void errors.push(codeOf(error)) })
    attached.sendto('x', null)
    await until(() => errors.length > 0)
    expect(errors).toEqual(['ECONNREFUSED'])
    const again = closing(new Socket(AF_INET, SOCK_DGRAM))
    again.bind(address)
    again.sendto('here', attached.address)
    await until(() => got.length === 1)
  })

  test('close within `message`: no other handler but `close` is called', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    for (const text of ['one', 'two']) sender.send(text)
    const closes: unknown[] = []
    const [got] = texts(receiver, { message: socket => socket.close(), close: () => closes.push(1) })
    await until(() => closes.length > 0)
    await quiet()
    expect([got, closes]).toEqual([['one'], [1]])
  })
})
