// A socket as a Duplex, and as the two streams of the web.
import { once } from 'node:events'
import { buffer, text } from 'node:stream/consumers'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AF_INET, SHUT_WR, SO_KEEPALIVE, Socket, SOCK_DGRAM, SOCK_SEQPACKET, SOL_SOCKET } from 'bsd-sockets'
import { AF_UNIX, IPPROTO_TCP, options, setOption, setdefaulttimeout, TCP_KEEPIDLE, TCP_NODELAY } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { SocketDuplex, toDuplex, toWeb } from 'bsd-sockets/streams'
import type { DuplexOptions } from 'bsd-sockets/streams'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { script } from '../support/child.js'
import { closing, connected, thrown } from '../support/tcp.js'

const big = Buffer.alloc(8 << 20, 'every byte must arrive. ')
const chunk = big.subarray(0, 65536)

/** A stream, and the socket at its other end. */
function pair(given?: DuplexOptions): [SocketDuplex, AsyncSocket] {
  const [one, other] = AsyncSocket.pair()
  const duplex = toDuplex(one, given)
  onTestFinished(() => void duplex.destroy())
  return [duplex, closing(other)]
}

async function received(socket: AsyncSocket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('toDuplex', () => {
  test('a short message does not truncate later ones of a socket that keeps message boundaries', async () => {
    const [one, other] = AsyncSocket.pair(AF_UNIX, SOCK_SEQPACKET)
    const duplex = new SocketDuplex(one)
    onTestFinished(() => void duplex.destroy())
    closing(other)
    for (const size of [100, 100, 100, 40960, 61440]) {
      await other.sendall(big.subarray(0, size))
      const [message] = (await once(duplex, 'data')) as [Buffer]
      expect(message).toHaveLength(size)
    }
  })

  test.each([
    [1024, 64],
    [32 * 1024, 128],
    [64 * 1024, 256],
  ])('with a highWaterMark of %s it receives %d KiB at once, and no more', async (highWaterMark, kib) => {
    const [duplex, peer] = pair({ highWaterMark })
    const lengths = new Set<number>()
    duplex.on('data', (bytes: Buffer) => lengths.add(bytes.length))
    await peer.sendall(big)
    peer.close()
    await once(duplex, 'end')
    expect(Math.max(...lengths)).toBeLessThanOrEqual(kib * 1024)
    expect(duplex.bytesRead).toBe(big.length)
  })

  test('written bytes arrive, complete and in order, and arriving bytes are read', async () => {
    const [duplex, peer] = pair()
    const there = received(peer)
    duplex.end(big)
    expect(big.equals(await there)).toBe(true)
    const here = buffer(duplex)
    await peer.sendall(big)
    peer.close()
    expect(big.equals(await here)).toBe(true)
    expect([duplex.bytesWritten, duplex.bytesRead]).toEqual([big.length, big.length])
  })

  test('takes over a synchronous socket', () => {
    const [client, accepted] = connected()
    const address = client.getsockname()
    const duplex = toDuplex(client)
    onTestFinished(() => void duplex.destroy())
    expect(client.closed).toBe(true)
    expect(duplex.socket.getsockname()).toEqual(address)
    duplex.write('hello')
    expect(accepted.recv(8).toString()).toBe('hello')
    const { address: remoteAddress, port: remotePort } = accepted.getsockname() as { address: string; port: number }
    expect(duplex).toMatchObject({ remoteAddress, remotePort, remoteFamily: 'IPv4' })
    expect(duplex).toMatchObject({ localAddress: '127.0.0.1', localPort: (address as { port: number }).port })
  })

  test('reads the remaining bytes of a connection that both ends have finished', async () => {
    const [client, accepted] = connected()
    client.shutdown(SHUT_WR)
    accepted.sendall('what is left')
    accepted.close()
    const hasPeer = (): boolean => {
      try {
        return client.getpeername() !== null
      } catch {
        return false
      }
    }
    while (hasPeer()) await sleep(1)
    const duplex = toDuplex(client, { allowHalfOpen: true })
    expect([duplex.remoteAddress, duplex.remotePort, duplex.remoteFamily]).toEqual([undefined, undefined, undefined])
    expect(await text(duplex)).toBe('what is left')
    duplex.destroy()
  })

  test('back-pressure: write() returns false if the peer does not receive, and drain follows', async () => {
    const [duplex, peer] = pair()
    let written = 0
    while (!duplex.writableNeedDrain) {
      do written += chunk.length
      while (duplex.write(chunk))
      await new Promise(resolve => setTimeout(resolve, 20)) // the kernel buffers some bytes, until it has no more room
    }
    expect(duplex.bytesWritten).toBeLessThan(written)
    const drained = once(duplex, 'drain')
    const there = received(peer)
    await drained
    duplex.end()
    expect((await there).length).toBe(written)
  })

  test('back-pressure: a stream that is not read receives no more than the buffers have room for', async () => {
    const [duplex, peer] = pair({ highWaterMark: 65536 })
    duplex.once('readable', () => undefined)
    const sending = peer.sendall(big)
    await once(duplex, 'readable')
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(duplex.bytesRead).toBeLessThan(1 << 20)
    const here = buffer(duplex)
    await sending
    peer.close()
    expect(big.equals(await here)).toBe(true)
  })

  test('half-close: with allowHalfOpen writes continue after the peer has ended', async () => {
    const [duplex, peer] = pair({ allowHalfOpen: true })
    await peer.send('question')
    peer.shutdown(SHUT_WR)
    expect(String(await once(duplex, 'data'))).toBe('question')
    await once(duplex, 'end')
    duplex.end('answer')
    expect((await received(peer)).toString()).toBe('answer')
  })

  test('without allowHalfOpen the stream ends when the peer has', async () => {
    const [duplex, peer] = pair()
    peer.shutdown(SHUT_WR)
    duplex.resume()
    await once(duplex, 'close')
    expect(await peer.recv(1)).toHaveLength(0)
    expect(duplex.socket.closed).toBe(true)
  })

  test('after end() the peer has end-of-file, and its answer is still read', async () => {
    const [duplex, peer] = pair()
    duplex.end('done')
    expect((await received(peer)).toString()).toBe('done')
    await peer.sendall('and the answer')
    peer.close()
    expect(await text(duplex)).toBe('and the answer')
  })

  test('a reset is an error of the stream, and closes it', async () => {
    const [client, accepted] = connected()
    const duplex = toDuplex(client)
    duplex.resume()
    setOption(accepted, options.linger, { on: true, seconds: 0 })
    accepted.close()
    const [error] = (await once(duplex, 'error')) as [NodeJS.ErrnoException]
    expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'recv' })
    expect(duplex.destroyed).toBe(true)
    expect(duplex.socket.closed).toBe(true)
  })

  test('a reset is reported once the bytes before it are read: on a paused stream, and on one that is read slowly', async () => {
    for (const first of ['', 'first, ']) {
      const [client, accepted] = connected()
      const duplex = toDuplex(client)
      const told: string[] = []
      duplex.on('data', chunk => {
        told.push(String(chunk))
        duplex.pause()
      })
      duplex.on('error', ({ message }) => told.push(message))
      const closed = new Promise(resolve => duplex.on('close', resolve))
      if (first === '') duplex.pause()
      else {
        accepted.sendall(first)
        await once(duplex, 'data')
      }
      accepted.sendall('last words')
      while (duplex.readableLength === 0) await sleep(1)
      setOption(accepted, options.linger, { on: true, seconds: 0 })
      accepted.close()
      await sleep(20)
      expect(told.join('')).toBe(first)
      duplex.resume()
      expect(await closed).toBe(true)
      expect(told.join('')).toBe(`${first}last wordsrecv ECONNRESET`)
    }
  })

  test('resetAndDestroy resets the connection', async () => {
    const [client, accepted] = connected()
    const duplex = toDuplex(client)
    expect([duplex.readyState, duplex.pending, duplex.localFamily]).toEqual(['open', false, 'IPv4'])
    expect(duplex.resetAndDestroy().readyState).toBe('closed')
    expect(await once(duplex, 'close')).toEqual([false])
    expect(thrown(() => accepted.recv(1))).toMatchObject({ code: 'ECONNRESET' })
  })

  test('a write to a peer that is gone fails with EPIPE', async () => {
    const [duplex, peer] = pair()
    peer.close()
    const failed = once(duplex, 'error')
    const error = await new Promise<Error | null | undefined>(resolve => duplex.write('x', resolve))
    expect(error).toMatchObject({ code: 'EPIPE', syscall: 'send' })
    expect(await failed).toEqual([error])
  })

  test('destroy() closes the socket at once and emits only its own error', async () => {
    const [quiet, peer] = pair()
    quiet.resume()
    while (quiet.write(chunk));
    const failed = vi.fn()
    quiet.on('error', failed)
    quiet.destroy()
    expect(quiet.socket.closed).toBe(true)
    await once(quiet, 'close')
    expect(failed).not.toHaveBeenCalled()
    while ((await peer.recv(65536)).length > 0);
    const [loud] = pair()
    const reason = new Error('enough')
    loud.destroy(reason)
    expect(await once(loud, 'error')).toEqual([reason])
  })

  test('destroySoon() sends what was written, then closes', async () => {
    const [duplex, peer] = pair()
    const there = received(peer)
    duplex.write(big)
    duplex.destroySoon()
    expect((await there).length).toBe(big.length)
    expect(duplex.destroyed).toBe(true)
  })

  test('corked writes are sent together', async () => {
    const [one, other] = AsyncSocket.pair(AF_UNIX)
    const duplex = toDuplex(one)
    onTestFinished(() => void duplex.destroy())
    const send = vi.spyOn(one, 'send')
    duplex.cork()
    for (const part of ['one ', 'two ', 'three']) duplex.write(part)
    expect(closing(other).tryRecv(64)).toBeNull()
    duplex.uncork()
    expect((await other.recv(64)).toString()).toBe('one two three')
    expect(send).toHaveBeenCalledTimes(1)
  })

  test('setTimeout: after silence, and again after that', async () => {
    const [duplex, peer] = pair()
    const listener = vi.fn()
    expect(duplex.setTimeout(1, listener).timeout).toBe(1)
    await once(duplex, 'timeout')
    expect(listener).toHaveBeenCalledTimes(1)
    expect(duplex.destroyed).toBe(false)
    duplex.on('data', () => undefined)
    await peer.send('life')
    await once(duplex, 'timeout')
    duplex.setTimeout(5, listener).setTimeout(0, listener)
    expect(duplex.listenerCount('timeout')).toBe(0)
  })

  test('setTimeout accepts any duration: long ones expire, null and Infinity never do, invalid ones are rejected', async () => {
    const [duplex] = pair()
    const listener = vi.fn()
    for (const timeout of [2 ** 31, 2 ** 40, Infinity, null]) {
      duplex.setTimeout(timeout, listener)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    expect(listener).not.toHaveBeenCalled()
    expect(duplex.timeout).toBe(0)
    for (const timeout of [-1, NaN])
      expect(() => duplex.setTimeout(timeout)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
    expect(() => duplex.setTimeout('5' as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  })

  test('no timeout of the socket ends an idle stream', async () => {
    setdefaulttimeout(1)
    onTestFinished(() => setdefaulttimeout(null))
    const [duplex, peer] = pair()
    duplex.resume()
    await new Promise(resolve => setTimeout(resolve, 20))
    await peer.send('x')
    await once(duplex, 'data')
    expect(duplex.destroyed).toBe(false)
  })

  test('pipeline', async () => {
    const [source, left] = pair({ allowHalfOpen: true })
    const [right, sink] = AsyncSocket.pair()
    const through = pipeline(source, new PassThrough(), toDuplex(right))
    const there = received(closing(sink))
    await left.sendall(big)
    left.close()
    expect(big.equals(await there)).toBe(true)
    sink.close()
    await through
  })

  test('options: TCP_NODELAY and keep-alive, without effect if it is not TCP', () => {
    const [client] = connected()
    const duplex = toDuplex(client).setNoDelay().setKeepAlive(true, 7000)
    onTestFinished(() => void duplex.destroy())
    expect(duplex.socket.getsockopt(IPPROTO_TCP, TCP_NODELAY)).not.toBe(0)
    expect(duplex.socket.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).not.toBe(0)
    if (TCP_KEEPIDLE !== undefined) expect(duplex.socket.getsockopt(IPPROTO_TCP, TCP_KEEPIDLE)).toBe(7)
    const [unix] = pair()
    unix.setNoDelay().setKeepAlive(true, 7000)
  })

  test('a socket without a peer or that is not a stream is rejected, and not changed', () => {
    const idle = closing(new Socket())
    expect(thrown(() => toDuplex(idle))).toMatchObject({ code: 'ENOTCONN', syscall: 'getpeername' })
    const [datagrams] = Socket.pair(AF_UNIX, SOCK_DGRAM).map(closing)
    const [packets] = Socket.pair(AF_UNIX, SOCK_SEQPACKET).map(closing)
    const udp = closing(new Socket(AF_INET, SOCK_DGRAM))
    for (const socket of [datagrams!, packets!, udp]) {
      expect(thrown(() => toDuplex(socket))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
      expect(thrown(() => toWeb(socket))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
      expect(socket.closed).toBe(false)
    }
    expect(idle.closed).toBe(false)
  })

  test('a stream that is read keeps the process alive, an idle or unreferenced one does not', async () => {
    const program = `
      import { Socket } from 'bsd-sockets/promises'
      import { toDuplex } from 'bsd-sockets/streams'
      const [one, other] = Socket.pair()
      const duplex = toDuplex(one)
      const [what] = process.argv.slice(-1)
      if (what !== 'idle') duplex.on('data', chunk => { console.log(String(chunk)); duplex.destroy() })
      if (what === 'unref') duplex.unref()
      if (what === 'ref') duplex.unref().ref()
      setTimeout(() => other.sendall('data'), 50).unref()
      if (what === 'read' || what === 'ref') setTimeout(() => undefined, 60)`
    for (const what of ['read', 'ref']) expect(await script(program, what).finished()).toBe('data\n')
    for (const what of ['idle', 'unref']) expect(await script(program, what).finished()).toBe('')
  })
})

describe('toWeb', () => {
  test('bytes both ways, to the end of both, which closes the socket', async () => {
    const [one, other] = AsyncSocket.pair()
    const { readable, writable } = toWeb(one)
    const there = received(closing(other))
    const writer = writable.getWriter()
    await writer.write(big)
    await writer.write('text')
    await writer.close()
    expect((await there).length).toBe(big.length + 4)
    expect(one.closed).toBe(false)
    void other.sendall(big).then(() => other.close())
    expect(big.equals(Buffer.from(await new Response(readable as ReadableStream).arrayBuffer()))).toBe(true)
    expect(one.closed).toBe(true)
  })

  test('a reader may use its own buffer', async () => {
    const [one, other] = Socket.pair()
    const { readable } = toWeb(one)
    const reader = readable.getReader({ mode: 'byob' })
    closing(other).sendall('hello')
    const { value } = await reader.read(new Uint8Array(3))
    expect(Buffer.from(value as Uint8Array).toString()).toBe('hel')
    other.close()
    expect(Buffer.from((await reader.read(new Uint8Array(8))).value as Uint8Array).toString()).toBe('lo')
    expect((await reader.read(new Uint8Array(8))).done).toBe(true)
  })

  test('nothing is received before a read', async () => {
    const [one, other] = AsyncSocket.pair()
    toWeb(one)
    await closing(other).send('x')
    await new Promise(resolve => setImmediate(resolve))
    expect(one.tryRecv(1)).toHaveLength(1)
    one.close()
  })

  test('cancelling a waiting read loses nothing of the other direction', async () => {
    const [one, other] = AsyncSocket.pair()
    const { readable, writable } = toWeb(one)
    const reader = readable.getReader()
    const read = reader.read()
    await reader.cancel()
    expect(await read).toMatchObject({ done: true })
    const writer = writable.getWriter()
    await writer.write('still here')
    expect((await closing(other).recv(64)).toString()).toBe('still here')
    await writer.close()
    expect(one.closed).toBe(true)
  })

  test('an abort, and an error, close the socket', async () => {
    const [one] = AsyncSocket.pair().map(closing)
    const aborted = toWeb(one!)
    await aborted.writable.abort('enough')
    expect(one!.closed).toBe(true)
    await expect(aborted.readable.getReader().read()).rejects.toThrow()
    const [client, accepted] = connected()
    const { readable, writable } = toWeb(client)
    setOption(accepted, options.linger, { on: true, seconds: 0 })
    accepted.close()
    await expect(readable.getReader().read()).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(writable.getWriter().write('x')).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('an abort does not wait for a pending write; a pipe waits until the socket is closed', async () => {
    const [one, two] = [AsyncSocket.pair(), AsyncSocket.pair()]
    for (const [, other] of [one, two]) closing(other) // which does not read
    const { writable } = toWeb(one[0])
    const writer = writable.getWriter()
    const write = expect(writer.write(big)).rejects.toThrow()
    const next = expect(writer.write('next')).rejects.toThrow('enough')
    await writer.abort(new Error('enough'))
    expect(one[0].closed).toBe(true)
    await Promise.all([write, next])
    const source = new ReadableStream({ pull: controller => controller.enqueue(chunk) })
    const piped = expect(source.pipeTo(toWeb(two[0]).writable)).rejects.toMatchObject({ code: 'ECANCELED' })
    await sleep(20)
    two[0].close()
    await piped
  })

  test('a client that half-closes and resets leaves nothing open', async () => {
    const [client, accepted] = connected()
    const { readable, writable } = toWeb(accepted)
    client.shutdown(SHUT_WR)
    setOption(client, options.linger, { on: true, seconds: 0 })
    client.close()
    await readable.pipeTo(writable).catch(() => undefined)
    expect(accepted.closed).toBe(true)
  })

  // All orders of actions on the two streams and by the peer, with and without a waiting read and write.
  const steps = {
    abort: ({ writer }) => writer.abort(new Error('aborted')),
    cancel: ({ reader }) => reader.cancel(new Error('cancelled')),
    close: ({ writer }) => writer.close(),
    end: ({ peer }) => peer.shutdown(SHUT_WR),
    reset: ({ peer }) => {
      setOption(peer, options.linger, { on: true, seconds: 0 })
      peer.close()
    },
    take: async ({ peer }) => {
      while ((await peer.recv(65536)).length > 0) continue
    },
  } satisfies Record<string, (all: Ends) => unknown>
  interface Ends {
    reader: ReadableStreamDefaultReader<Uint8Array>
    writer: WritableStreamDefaultWriter<Uint8Array | string>
    peer: AsyncSocket
  }
  type Step = keyof typeof steps
  const names = Object.keys(steps) as Step[]
  const orders = names.flatMap(first => names.flatMap(second => names.map(third => [first, second, third] as const)))

  test.each([false, true])('each order of ends closes the socket once and settles all; busy: %s', async busy => {
    const settled = (promise: Promise<unknown>): Promise<string> =>
      Promise.race([
        promise.then(
          () => 'settled',
          () => 'settled',
        ),
        sleep(5000, 'waits', { ref: false }),
      ])
    for (const order of orders) {
      const [client, accepted] = connected()
      const peer = new AsyncSocket(client.family, client.type, client.protocol, client.detach())
      const socket = new AsyncSocket(accepted.family, accepted.type, accepted.protocol, accepted.detach())
      const close = vi.spyOn(socket, 'shutdown')
      const { readable, writable } = toWeb(socket)
      const ends: Ends = { reader: readable.getReader(), writer: writable.getWriter(), peer }
      const { reader, writer } = ends
      const promises: Promise<unknown>[] = []
      const later = (...added: Promise<unknown>[]): void => {
        promises.push(...added)
        for (const promise of added) promise.catch(() => undefined)
      }
      later(reader.closed, writer.closed)
      if (busy) later(reader.read(), writer.write(chunk))
      const run = async (step: Step): Promise<unknown> => steps[step](ends)
      for (const step of order) {
        if (step === 'take' || step === 'close') later(run(step))
        else await run(step).catch(() => undefined)
        await new Promise(resolve => setImmediate(resolve))
      }
      // Both directions end, by themselves or by this.
      later(run('take'), run('end'))
      await new Promise(resolve => setImmediate(resolve))
      later(run('close'), reader.cancel())
      for (const promise of promises) {
        expect(await settled(promise), order.join()).toBe('settled')
      }
      expect(socket.closed, order.join()).toBe(true)
      expect(close.mock.calls.length, order.join()).toBeLessThanOrEqual(1)
      peer.close()
    }
  })
})
