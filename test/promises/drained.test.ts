// A TCP socket whose receive returned less than the size has no more data: the next receive waits for the poller first.
import {
  AF_INET,
  AF_UNIX,
  IPPROTO_TCP,
  MSG_OOB,
  SHUT_RD,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_STREAM,
  TCP_NODELAY,
} from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'

async function connected(): Promise<[Socket, Socket]> {
  const listener = new Socket(AF_INET, SOCK_STREAM)
  listener.bind(['127.0.0.1', 0])
  listener.listen()
  const one = new Socket(AF_INET, SOCK_STREAM)
  const [[other]] = await Promise.all([listener.accept(), one.connect(listener.getsockname())])
  listener.close()
  one.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
  onTestFinished(() => [one, other].forEach(socket => socket.close()))
  return [one, other]
}

/** A peer, and a socket that has waited once and received less than the size. */
async function drained(): Promise<[Socket, Socket]> {
  const [peer, socket] = await connected()
  const waiting = socket.recv(100)
  await peer.send('first')
  expect((await waiting).toString()).toBe('first')
  return [peer, socket]
}

test('receives data that has arrived since', async () => {
  const [peer, socket] = await drained()
  await peer.send('second')
  expect((await socket.recv(100)).toString()).toBe('second')
  const third = socket.recvInto(new Uint8Array(100))
  await turn()
  await peer.send('third')
  expect(await third).toBe(5)
})

test('returns the end of the stream, repeatedly', async () => {
  const [peer, socket] = await drained()
  await peer.send('last')
  peer.shutdown(SHUT_WR)
  await sleep(20)
  expect((await socket.recv(100)).toString()).toBe('last')
  expect(await socket.recv(100)).toHaveLength(0)
  expect(await socket.recv(100)).toHaveLength(0)
})

test('returns the end after its own shutdown(SHUT_RD)', async () => {
  const [, socket] = await drained()
  socket.shutdown(SHUT_RD)
  expect(await socket.recv(100)).toHaveLength(0)
})

test('rejects with a reset', async () => {
  const [peer, socket] = await drained()
  await socket.send('never read')
  await sleep(20)
  peer.close() // a reset, because there is unread data
  await expect(socket.recv(100)).rejects.toThrow('ECONNRESET')
})

test('receives the bytes before and after an urgent byte', async () => {
  const [peer, socket] = await drained()
  await peer.send('before')
  await peer.send('!', MSG_OOB)
  await peer.send('after')
  await sleep(20)
  let text = ''
  while (!text.endsWith('after')) text += (await socket.recv(100, { timeout: 5000 })).toString()
  expect(text).toBe('beforeafter')
})

test('rejects wrong arguments at once', async () => {
  const [, socket] = await drained()
  await expect(socket.recv(-1)).rejects.toThrow('size')
  await expect(socket.recv(1.5)).rejects.toThrow('size')
  await expect(socket.recvInto('text' as never)).rejects.toThrow('view')
  await expect(socket.recv(10, 2 ** 40)).rejects.toThrow(RangeError)
})

test('a timeout of 0 tries once', async () => {
  const [peer, socket] = await drained()
  await peer.send('second')
  const text = (): string | undefined => socket.tryRecv(100)?.toString()
  await sleep(20)
  expect((await socket.recv(100, { timeout: 0 })).toString()).toBe('second')
  await expect(socket.recv(100, { timeout: 0 })).rejects.toThrow('EAGAIN')
  expect(text()).toBeUndefined()
})

test('pieces of any length, at any time, arrive complete and in order', async () => {
  const [peer, socket] = await connected()
  const sent = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) >> 3))
  let seed = 1
  const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below
  const sending = (async () => {
    for (let at = 0; at < sent.length;) {
      const end = Math.min(sent.length, at + 1 + random(300))
      await peer.sendall(sent.subarray(at, end))
      at = end
      for (let turns = random(4); turns > 0; turns--) await turn()
    }
    peer.shutdown(SHUT_WR)
  })()
  const received: Buffer[] = []
  for (let chunk = await socket.recv(1); chunk.length > 0; chunk = await socket.recv(1 + random(400))) {
    received.push(chunk)
    for (let turns = random(4); turns > 0; turns--) await turn()
  }
  await sending
  expect(Buffer.concat(received).equals(sent)).toBe(true)
})

test('a loop over datagrams that has taken all: what comes later is received by all calls, and the end', async () => {
  const [socket, peer] = Socket.pair(AF_UNIX, SOCK_DGRAM)
  onTestFinished(() => [socket, peer].forEach(socket => socket.close()))
  const messages = socket.messages()
  const first = messages.next()
  await peer.send('first')
  expect((await first).value).toMatchObject({ data: Buffer.from('first') })
  await peer.send('second')
  expect(String(await socket.recv(100))).toBe('second')
  await peer.send('third')
  expect((await messages.next()).value).toMatchObject({ data: Buffer.from('third') })
  const end = messages.next()
  await turn()
  socket.shutdown(SHUT_RD)
  expect(await end).toEqual({ done: true, value: undefined })
})
