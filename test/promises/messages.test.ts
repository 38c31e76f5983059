// messages(): a loop over what a socket of any type receives. Nothing is lost and no descriptor leaks, however the loop ends.
import {
  AF_INET,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  ETH_P_IP,
  IPPROTO_ICMP,
  IPPROTO_IP,
  IP_RECVTTL,
  NETLINK_ROUTE,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  OwnedFd,
  RTM_GETLINK,
  SHUT_RD,
  SHUT_WR,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  htons,
  whyNot,
} from 'bsd-sockets'
import type { IPv4Address, ReceivedFds } from 'bsd-sockets'
import { AbortError, createServer, Socket } from 'bsd-sockets/promises'
import { openSync, closeSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { endianness, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { allowed } from '../support/sockets.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('typeof gc === "function" ? gc : undefined') as (() => void) | undefined // not on Bun

const linux = process.platform === 'linux'
const openCount = (): number => readdirSync(linux ? '/proc/self/fd' : '/dev/fd').length

/** Closed with the test. */
function kept<T extends { close(): void }>(socket: T): T {
  onTestFinished(() => socket.close())
  return socket
}

const pair = (type: number): [Socket, Socket] => Socket.pair(AF_UNIX, type).map(kept) as [Socket, Socket]

function udp(): Socket {
  const socket = kept(new Socket(AF_INET, SOCK_DGRAM))
  socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 2 ** 21)
  socket.bind(['127.0.0.1', 0])
  return socket
}

/** A receiver, and a sender that is connected to it. */
async function udpPair(): Promise<[Socket, Socket]> {
  const [receiver, sender] = [udp(), udp()]
  await sender.connect(receiver.getsockname())
  return [receiver, sender]
}

const texts = (messages: readonly { data: Buffer }[]): string[] => messages.map(({ data }) => String(data))

/** The first messages of a loop, which it leaves then. */
async function first(count: number, messages: AsyncIterable<ReceivedFds>): Promise<ReceivedFds[]> {
  const all: ReceivedFds[] = []
  for await (const message of messages) if (all.push(message) === count) break
  return all
}

/** All messages until the loop ends. */
const all = (messages: AsyncIterable<ReceivedFds>): Promise<ReceivedFds[]> => first(Infinity, messages)

function opened(): number {
  const fd = openSync('/dev/null', 'r')
  onTestFinished(() => closeSync(fd))
  return fd
}

/** A datagram for each text, with a descriptor. */
async function sendEach(socket: Socket, sent: readonly string[], fd = opened()): Promise<void> {
  for (const text of sent) await socket.sendFds(text, [fd])
}

const closeAll = (messages: readonly ReceivedFds[]): void =>
  messages.forEach(({ fds }) => fds.forEach(fd => fd.close()))

describe('each type', () => {
  test('UDP: 1,000 datagrams in order, each with its sender, in memory of its own', async () => {
    const [receiver, sender] = await udpPair()
    const received = first(1000, receiver.messages())
    for (let i = 0; i < 1000; i++) await sender.send(`number ${i}`)
    const messages = await received
    expect(texts(messages)).toEqual(Array.from({ length: 1000 }, (_, i) => `number ${i}`))
    const address = sender.getsockname()
    expect(messages.every(message => JSON.stringify(message.address) === JSON.stringify(address))).toBe(true)
    messages[0]!.data.fill(0)
    ;(messages[0]!.address as IPv4Address).port = 1
    expect(messages[1]).toMatchObject({ data: Buffer.from('number 1'), address })
  })

  test('UDP: from several senders, in the order of their sending', async () => {
    const receiver = udp()
    const senders = [udp(), udp(), kept(new Socket(AF_INET, SOCK_DGRAM))]
    senders[2]!.bind(['127.0.0.2', 0])
    for (const sender of [...senders, ...senders]) await sender.sendto('x', receiver.getsockname())
    const addresses = senders.map(sender => sender.getsockname())
    expect((await first(6, receiver.messages())).map(({ address }) => address)).toEqual([...addresses, ...addresses])
  })

  test('an empty datagram does not end it', async () => {
    for (const [receiver, sender] of [await udpPair(), pair(SOCK_DGRAM)]) {
      for (const text of ['', 'second', '']) await sender.send(text)
      expect(texts(await first(3, receiver.messages()))).toEqual(['', 'second', ''])
    }
  })

  test('Unix datagrams: the name of a sender that has one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'messages-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [receiver, named] = ['r', 'n'].map(name => {
      const socket = kept(new Socket(AF_UNIX, SOCK_DGRAM))
      socket.bind(join(folder, name))
      return socket
    }) as [Socket, Socket]
    await named.sendto('named', join(folder, 'r'))
    await kept(new Socket(AF_UNIX, SOCK_DGRAM)).sendto('unnamed', join(folder, 'r'))
    expect((await first(2, receiver.messages())).map(({ address }) => address)).toEqual([
      { family: 'unix', path: join(folder, 'n') },
      { family: 'unix' },
    ])
  })

  test.runIf(linux)('SOCK_SEQPACKET: empty messages are messages, and it ends when the peer has closed', async () => {
    for (const batch of [1, 2, 3, 64]) {
      const [receiver, sender] = pair(SOCK_SEQPACKET)
      const messages = receiver.messages({ batch })
      for (const text of ['one', '', '', '']) await sender.send(text)
      const before: ReceivedFds[] = []
      while (before.length < 4) before.push(...[(await messages.next()).value as ReceivedFds])
      for (const text of ['', '', 'two', '', 'three']) await sender.send(text)
      sender.close()
      expect(texts([...before, ...(await all(messages))])).toEqual(['one', '', '', '', '', '', 'two', '', 'three'])
      expect(await all(receiver.messages())).toEqual([])
    }
  })

  test.runIf(linux)('SOCK_SEQPACKET: a waiting loop ends when the peer shuts down sending', async () => {
    const [receiver, sender] = pair(SOCK_SEQPACKET)
    const ended = all(receiver.messages())
    await turn()
    await sender.send('last')
    sender.shutdown(SHUT_WR)
    expect(texts(await ended)).toEqual(['last'])
    await receiver.send('it can still send')
    expect(String(await sender.recv(100))).toBe('it can still send')
  })

  test('a stream: pieces with their descriptors, to its end', async () => {
    const [receiver, sender] = pair(SOCK_STREAM)
    const [here, there] = pair(SOCK_STREAM)
    await sender.sendall('before ')
    await sender.sendFds('with', [there])
    await sender.sendall(' after')
    sender.shutdown(SHUT_WR)
    const messages = await all(receiver.messages({ maxFds: 1 }))
    expect(texts(messages).join('')).toBe('before with after')
    const [owned, ...others] = messages.flatMap(({ fds }) => fds)
    expect(others).toEqual([])
    await kept(Socket.fromFd(owned!.detach())).send('by the duplicate')
    expect(String(await here.recv(100))).toBe('by the duplicate')
  })

  test('a TCP connection: pieces of at most `size` bytes, without an address', async () => {
    const server = kept(await createServer(['127.0.0.1', 0]))
    const client = kept(new Socket())
    await client.connect(server.getsockname())
    const peer = kept((await server.accept())[0])
    await client.sendall('abcdefg')
    client.shutdown(SHUT_WR)
    const messages = await all(peer.messages({ size: 3 }))
    expect(texts(messages)).toEqual(['abc', 'def', 'g'])
    expect(messages[0]).toMatchObject({ address: null, control: [], fds: [] })
  })

  const noNetlink = linux ? whyNot.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) : 'netlink is of Linux'
  allowed('netlink: a dump of the interfaces', noNetlink, async () => {
    const socket = kept(new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE))
    const little = endianness() === 'LE'
    const request = new DataView(new ArrayBuffer(20))
    request.setUint32(0, 20, little)
    request.setUint16(4, RTM_GETLINK!, little)
    request.setUint16(6, NLM_F_REQUEST! | NLM_F_DUMP!, little)
    await socket.sendto(request, { family: 'netlink', pid: 0, groups: 0 })
    const names: string[] = []
    dump: for await (const { data, address } of socket.messages()) {
      expect(address).toMatchObject({ family: 'netlink', pid: 0 })
      const view = new DataView(data.buffer, data.byteOffset, data.length)
      for (let at = 0; at < data.length; at += (view.getUint32(at, little) + 3) & ~3) {
        if (view.getUint16(at + 4, little) === NLMSG_DONE) break dump
        if (data.subarray(at, at + view.getUint32(at, little)).includes('lo\0')) names.push('lo')
      }
    }
    expect(names).toEqual(['lo'])
  })

  const noRaw = whyNot.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)
  allowed('raw: an echo request that this machine sends to itself', noRaw, async () => {
    const socket = kept(new Socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))
    const request = Buffer.from('0800f7ff0000000062736473', 'hex')
    const id = process.pid & 0xffff
    request.writeUInt16BE(id, 4)
    request.writeUInt16BE(0, 2)
    let sum = 0
    for (let i = 0; i < request.length; i += 2) sum += request.readUInt16BE(i)
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
    request.writeUInt16BE(~sum & 0xffff, 2)
    await socket.sendto(request, ['127.0.0.1', 0])
    for await (const { data, address } of socket.messages()) {
      if (data.readUInt16BE(24) !== id) continue // of another process: the header of IP comes first
      expect(address).toMatchObject({ family: 'IPv4', address: '127.0.0.1' })
      break
    }
  })

  const noPacket = linux ? whyNot.socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP!)) : 'packet sockets are of Linux'
  allowed('packet: a datagram that goes over lo', noPacket, async () => {
    const socket = kept(new Socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP!)))
    const [, sender] = await udpPair()
    const text = `packet ${process.pid}`
    await sender.send(text)
    for await (const { data, address } of socket.messages()) {
      if (!data.includes(text)) continue
      expect(address).toMatchObject({ family: 'packet' })
      break
    }
  })
})

describe('what a message has', () => {
  test('flags: what was cut off', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    await sender.send('0123456789')
    await sendEach(sender, ['x'])
    const before = openCount()
    const [long, withFd] = await first(2, receiver.messages({ size: 4 }))
    expect(long).toMatchObject({ data: Buffer.from('0123'), size: 4, truncated: true, controlTruncated: false })
    expect(withFd).toMatchObject({ truncated: false, controlTruncated: true, fds: [] })
    expect(openCount()).toBe(before)
  })

  test('control messages, in memory of its own', async () => {
    const [receiver, sender] = await udpPair()
    receiver.setsockopt(IPPROTO_IP, IP_RECVTTL, true)
    for (let i = 0; i < 2; i++) await sender.send('x')
    const [one, two] = await first(2, receiver.messages({ controlSize: 64 }))
    expect(one!.control).toMatchObject([{ ttl: 64 }])
    const { data } = one!.control[0]!
    const before = Buffer.from(data)
    two!.control[0]!.data.fill(0)
    await sender.send('y')
    await first(1, receiver.messages({ controlSize: 64 }))
    expect(data.equals(before)).toBe(true)
  })

  test('descriptors, at most `maxFds`: the kernel closes the others', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    const fd = opened()
    await sender.sendFds('three', [fd, fd, fd])
    const before = openCount()
    const [message] = await first(1, receiver.messages({ maxFds: 2 }))
    expect(message!.fds).toHaveLength(2)
    expect(message!.fds[0]).toBeInstanceOf(OwnedFd)
    expect(message!.controlTruncated).toBe(true)
    expect(openCount()).toBe(before + 2)
    closeAll([message!])
    expect(openCount()).toBe(before)
  })

  test.runIf(collect)('descriptors of a message that is dropped are closed when it is collected', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    const before = openCount()
    await sendEach(sender, ['a', 'b', 'c'])
    const counts = async (): Promise<number[]> =>
      (await first(3, receiver.messages({ maxFds: 1 }))).map(({ fds }) => fds.length)
    expect(await counts()).toEqual([1, 1, 1])
    for (let i = 0; i < 1000 && openCount() > before + 1; i++) {
      collect!()
      await turn()
    }
    expect(openCount()).toBeLessThanOrEqual(before + 1) // that which was opened here
  })

  test('by default a peer cannot bring descriptors in', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    await sendEach(sender, ['a', 'b'])
    const before = openCount()
    expect(await first(2, receiver.messages())).toMatchObject([{ fds: [] }, { fds: [] }])
    expect(openCount()).toBe(before)
  })
})

describe('leaving the loop', () => {
  const sent = ['one', 'two', 'three', 'four']

  test('loses nothing: the next loop goes on, and close() closes the descriptors of the rest', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    const before = openCount()
    await sendEach(sender, sent)
    const options = { maxFds: 1 }
    const [one] = await first(1, receiver.messages(options))
    const thrown = (async () => {
      for await (const message of receiver.messages(options)) {
        closeAll([message])
        throw new Error(String(message.data))
      }
    })()
    await expect(thrown).rejects.toThrow('two')
    const [three] = await first(1, receiver.messages())
    expect(texts([one!, three!])).toEqual(['one', 'three'])
    closeAll([one!, three!])
    receiver.close()
    sender.close()
    expect(openCount()).toBe(before - 2 + 1) // less the pair; the file is open until the test is over
  })

  test('an abort in the middle of a batch; the rest is for the next loop', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    for (const text of sent) await sender.send(text)
    const abort = new AbortController()
    const got: string[] = []
    const loop = (async () => {
      for await (const { data } of receiver.messages({ signal: abort.signal })) {
        got.push(String(data))
        if (got.length === 2) abort.abort()
      }
    })()
    await expect(loop).rejects.toBeInstanceOf(AbortError)
    await expect(receiver.messages({ signal: abort.signal }).next()).rejects.toBeInstanceOf(AbortError)
    expect([...got, ...texts(await first(2, receiver.messages()))]).toEqual(sent)
  })

  test('an abort or a timeout while it waits', async () => {
    const [receiver, sender] = await udpPair()
    const abort = new AbortController()
    const waiting = receiver.messages({ signal: abort.signal }).next()
    await turn()
    abort.abort()
    await expect(waiting).rejects.toBeInstanceOf(AbortError)
    await expect(receiver.messages({ timeout: 5 }).next()).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    await expect(receiver.messages({ timeout: 0 }).next()).rejects.toMatchObject({ code: 'EAGAIN' })
    await sender.send('it goes on')
    expect(texts(await first(1, receiver.messages()))).toEqual(['it goes on'])
  })

  test('close() in the middle of a batch ends it at once, and closes the descriptors of the rest', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    await sendEach(sender, sent)
    const before = openCount()
    const got: ReceivedFds[] = []
    for await (const message of receiver.messages({ maxFds: 1 })) {
      got.push(message)
      expect(openCount()).toBe(before + 4)
      receiver.close()
    }
    expect(texts(got)).toEqual(['one'])
    closeAll(got)
    expect(openCount()).toBe(before - 1)
  })

  test('close() while it waits ends it without an error', async () => {
    const [receiver] = await udpPair()
    const ended = all(receiver.messages())
    await turn()
    receiver.close()
    expect(await ended).toEqual([])
    expect(await all(receiver.messages())).toEqual([])
  })

  test('detach() leaves the rest of the batch to the loop', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    for (const text of sent) await sender.send(text)
    const got: string[] = []
    for await (const { data } of receiver.messages()) {
      got.push(String(data))
      if (got.length === 1) kept(Socket.fromFd(receiver.detach()))
    }
    expect(got).toEqual(sent)
  })

  test.runIf(linux)('shutting down receiving ends a socket of datagrams', async () => {
    const [receiver, sender] = pair(SOCK_DGRAM)
    await sender.send('last')
    const ended = all(receiver.messages())
    await turn()
    receiver.shutdown(SHUT_RD)
    expect(texts(await ended)).toEqual(['last'])
  })

  test('an error of the network ends it, and a new loop goes on', async () => {
    const gone = udp()
    const socket = udp()
    await socket.connect(gone.getsockname())
    gone.close()
    await socket.send('x')
    await expect(all(socket.messages())).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'recvmmsg' })
    const peer = udp()
    await socket.connect(peer.getsockname())
    await peer.sendto('here', socket.getsockname())
    expect(texts(await first(1, socket.messages()))).toEqual(['here'])
  })
})

describe('several loops', () => {
  test('share what comes: each message is received once', async () => {
    const [receiver, sender] = await udpPair()
    const got: string[] = []
    const loop = async (batch: number): Promise<void> => {
      for await (const { data } of receiver.messages({ batch })) {
        got.push(String(data))
        if (got.length === 100) receiver.close()
        await turn()
      }
    }
    const loops = [1, 3, 64].map(loop)
    for (let i = 0; i < 100; i++) await sender.send(String(i))
    await Promise.all(loops)
    expect(got.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 100 }, (_, i) => String(i)))
  })

  test('the next batch is received only when all of the last is consumed', async () => {
    const [receiver, sender] = await udpPair()
    for (let i = 0; i < 5; i++) await sender.send(String(i))
    expect(texts(await first(1, receiver.messages({ batch: 3 })))).toEqual(['0'])
    expect(String(await receiver.recv(10))).toBe('3') // 1 and 2 are in the batch
    expect(texts(await first(3, receiver.messages()))).toEqual(['1', '2', '4'])
  })
})

test('wrong options are refused at once, by their names', () => {
  const [socket] = pair(SOCK_DGRAM)
  for (const options of [{ size: 0 }, { size: -1 }, { batch: 0 }, { batch: 1025 }, { controlSize: -1 }, { maxFds: -1 }])
    expect(() => socket.messages(options)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
  for (const options of [null, { sizes: 5 }])
    expect(() => socket.messages(options as never)).toThrow(/ERR_INVALID|"options"|did you mean 'size'/)
})
