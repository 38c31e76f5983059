// Spurious readiness: poll(2) reports a call as ready, but it would block, again and again. Such a wait ends as any other, and the
// call is not tried often. The tests count the tries.
import { AF_INET, AF_UNIX, MSG_PEEK, SHUT_RD, SHUT_RDWR, SO_PEEK_OFF, SOCK_DGRAM, SOL_SOCKET } from 'bsd-sockets'
import { InterruptedError, interrupt, MessageBatch, Socket, TimeoutError } from 'bsd-sockets'
import type { AddressLike, Interrupter, SocketAddress } from 'bsd-sockets'
import { AbortError, Socket as PromisesSocket } from 'bsd-sockets/promises'
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Backoff } from '../../lib/tested.js'
import { script } from '../support/child.js'
import { closing, thrown } from '../support/tcp.js'

// The cases depend on poll(2) and the queues of Linux, and on its automatic names of Unix sockets. unix(7)
const linux = process.platform === 'linux'

class Counting extends Socket {
  tries = 0
  override trySendto(...given: Parameters<Socket['trySendto']>): number | null {
    this.tries++
    return super.trySendto(...given)
  }
  override tryRecv(...given: Parameters<Socket['tryRecv']>): Buffer | null {
    this.tries++
    return super.tryRecv(...given)
  }
}

class CountingPromises extends PromisesSocket {
  tries = 0
  override trySendto(...given: Parameters<Socket['trySendto']>): number | null {
    this.tries++
    return super.trySendto(...given)
  }
}

/** A Unix datagram socket whose queue is full: poll(2) reports an unconnected sender to it as writable. */
function full(): [Socket, SocketAddress] {
  const receiver = closing(new Socket(AF_UNIX, SOCK_DGRAM))
  receiver.bind({ family: 'unix' })
  const address = receiver.getsockname()
  const sender = closing(new Socket(AF_UNIX, SOCK_DGRAM))
  while (sender.trySendto('x', address) !== null) continue
  return [receiver, address]
}

test('frequent spurious wake-ups are slowed down, rare ones are not', () => {
  const backoff = new Backoff()
  const pauses = Array.from({ length: 30 }, () => backoff.next())
  expect(pauses.slice(0, 16)).toEqual(Array(16).fill(0))
  expect(pauses.slice(16, 20)).toEqual([1, 2, 4, 8])
  expect(Math.max(...pauses)).toBe(10)
})

describe.skipIf(!linux)('a call that is spuriously ready', () => {
  test('ends with the timeout, whose error names that of the socket', () => {
    const [, address] = full()
    const sender = closing(new Counting(AF_UNIX, SOCK_DGRAM))
    sender.settimeout(300)
    const error = thrown(() => sender.sendto('x', address))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ code: 'ETIMEDOUT', timeout: 300 })
    expect(sender.tries).toBeGreaterThan(2)
    expect(sender.tries).toBeLessThan(100)
  })

  test('continues once it can', async () => {
    const [receiver, address] = full()
    const worker = new Worker(
      `import('bsd-sockets').then(({ Socket }) => {
        const { parentPort, workerData } = require('node:worker_threads')
        const sender = new Socket(${AF_UNIX}, ${SOCK_DGRAM})
        parentPort.postMessage('sending')
        parentPort.postMessage(sender.sendto('y', workerData))
        sender.close()
      })`,
      { eval: true, workerData: address },
    )
    onTestFinished(async () => {
      await worker.terminate()
    })
    await once(worker, 'message')
    const sent = once(worker, 'message')
    receiver.recv(1)
    expect(await sent).toEqual([1])
  })

  test('ends with an interrupter', async () => {
    const [, address] = full()
    const worker = new Worker(
      `import('bsd-sockets').then(({ Socket }) => {
        const { parentPort, workerData } = require('node:worker_threads')
        const sender = new Socket(${AF_UNIX}, ${SOCK_DGRAM})
        parentPort.postMessage(sender.interrupter())
        try { sender.sendto('y', workerData) } catch (error) { parentPort.postMessage(error.code) }
      })`,
      { eval: true, workerData: address },
    )
    onTestFinished(async () => {
      await worker.terminate()
    })
    const [interrupter] = (await once(worker, 'message')) as [Interrupter]
    const ended = once(worker, 'message')
    expect(interrupt(interrupter)).toBe(true)
    expect(await ended).toEqual(['EINTR'])
  })

  test('ends with a signal', async () => {
    const child = script(`
      import { AF_UNIX, select, Socket, SOCK_DGRAM } from 'bsd-sockets'
      process.on('SIGUSR2', () => {})
      select([], [], [], 0) // the first wait: from then on Bun and Deno miss no signal either
      const [receiver, sender] = [new Socket(AF_UNIX, SOCK_DGRAM), new Socket(AF_UNIX, SOCK_DGRAM)]
      receiver.bind({ family: 'unix' })
      while (sender.trySendto('x', receiver.getsockname()) !== null);
      (await import('node:fs')).writeSync(1, 'ready\\n')
      try { sender.sendto('x', receiver.getsockname()) } catch (error) { console.log(error.name) }`)
    await child.printed(/ready/)
    child.process.kill('SIGUSR2')
    expect(await child.finished()).toBe(`ready\n${InterruptedError.prototype.name}\n`)
  })

  test('on the event loop ends with the timeout, an abort and room, and is not tried often', async () => {
    const [receiver, address] = full()
    const sender = closing(new CountingPromises(AF_UNIX, SOCK_DGRAM))
    const error: unknown = await sender.sendto('x', address, 0, { timeout: 300 }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ETIMEDOUT', timeout: 300 })
    expect(sender.tries).toBeGreaterThan(2)
    expect(sender.tries).toBeLessThan(120)
    const abort = new AbortController()
    const aborted = sender.sendto('x', address, 0, { signal: abort.signal }).catch((error: unknown) => error)
    await turn()
    abort.abort()
    expect(await aborted).toBeInstanceOf(AbortError)
    const waiting = sender.sendto('y', address)
    receiver.recv(1)
    expect(await waiting).toBe(1)
  })

  test('is also a MSG_PEEK after the bytes of SO_PEEK_OFF', () => {
    const [a, b] = Counting.pair(AF_UNIX, SOCK_DGRAM)
    closing(a).send('x')
    closing(b).setsockopt(SOL_SOCKET, SO_PEEK_OFF!, 1)
    b.settimeout(200)
    expect(thrown(() => b.recv(1, MSG_PEEK))).toBeInstanceOf(TimeoutError)
    expect(b.tries).toBeLessThan(100)
  })
})

test('a timeout of the network has no `timeout` property', () => {
  expect(new TimeoutError(110, 'recv')).not.toHaveProperty('timeout')
})

describe.skipIf(!linux)('shutdown ends a waiting receive of a datagram socket', () => {
  const kinds: [string, () => [Socket, AddressLike | null]][] = [
    ['a Unix socket', () => [closing(Socket.pair(AF_UNIX, SOCK_DGRAM).map(closing)[0]!), null]],
    [
      'a connected UDP socket',
      () => {
        const socket = closing(new Socket(AF_INET, SOCK_DGRAM))
        socket.bind(['127.0.0.1', 0])
        socket.connect(socket.getsockname())
        return [socket, socket.getsockname()]
      },
    ],
  ]

  test.each(kinds)('%s', (_, open) => {
    const [socket] = open()
    socket.settimeout(5000)
    socket.shutdown(SHUT_RD)
    expect(socket.recv(10)).toHaveLength(0)
    expect(socket.recvInto(Buffer.alloc(10))).toBe(0)
    expect(socket.recvfrom(10)[0]).toHaveLength(0)
    expect(socket.recvmsg(10, 100)).toMatchObject({ size: 0, flags: 0, control: [] })
    expect(socket.recvmsgInto([Buffer.alloc(10)])).toMatchObject({ size: 0 })
    expect(socket.recvFds(10, 1).fds).toEqual([])
    const batch = new MessageBatch(4, 10)
    expect(socket.recvmmsg(batch)).toBe(1)
    expect(batch.bytes(0)).toHaveLength(0)
    // A call that does not wait has the kernel's result.
    expect(socket.tryRecv(10)).toBeNull()
    socket.settimeout(0)
    expect(thrown(() => socket.recv(10))).toMatchObject({ code: 'EAGAIN' })
  })

  test.each(kinds)('%s, on the event loop: before, meanwhile and after', async (_, open) => {
    const [opened] = open()
    const socket = closing(PromisesSocket.fromFd(opened.detach()))
    const waiting = [socket.recv(10), socket.recvfrom(10)] as const
    await turn()
    socket.shutdown(SHUT_RDWR)
    expect(await waiting[0]).toHaveLength(0)
    expect((await waiting[1])[0]).toHaveLength(0)
    expect(await socket.recv(10)).toHaveLength(0)
    expect(await socket.recvInto(Buffer.alloc(10))).toBe(0)
    expect(await socket.recvmsg(10)).toMatchObject({ size: 0 })
    for await (const chunk of socket.chunks()) expect(chunk).toBe('no chunk')
    expect(socket.tryRecv(10)).toBeNull()
    const again = closing(PromisesSocket.fromFd(socket.detach()))
    expect(await again.recv(10)).toHaveLength(0)
  })
})

test.skipIf(!linux)('a waiting accept ends when a Unix listener is shut down, with EINVAL as accept(2)', async () => {
  for (const Kind of [Socket, PromisesSocket]) {
    using listener = new Kind(AF_UNIX)
    listener.settimeout(5000)
    listener.bind({ family: 'unix' })
    listener.listen()
    const waiting = listener instanceof Socket ? undefined : listener.accept()
    listener.shutdown(SHUT_RDWR)
    const error = await (waiting ?? (async () => listener.accept())()).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'accept' })
  }
})
