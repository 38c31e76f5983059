// Descriptors over streams: each arrives once, in order, and none stays open that nobody has taken.
import { once } from 'node:events'
import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { F_GETFD, FIONREAD, Socket, SO_PASSCRED, SO_SNDBUF, SOL_SOCKET } from 'bsd-sockets'
import type { Data, OwnedFd } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { FdDuplex, SocketDuplex, toDuplex, toWeb } from 'bsd-sockets/streams'
import type { BytesAndFds } from 'bsd-sockets/streams'
import * as sys from 'bsd-sockets/syscalls'
import { spawn } from 'node:child_process'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Child, inline, script } from '../support/child.js'
import { root } from '../support/root.js'
import { closing, connected, thrown } from '../support/tcp.js'

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'stream-fds-')))
const inodes = new Set<number>()
afterAll(() => rmSync(directory, { recursive: true }))

const big = Buffer.alloc(2 << 20, 'every byte must arrive. ')

const textOf = (data: Data): string => Buffer.from(data as Buffer).toString()

/** Opens a file of so many bytes, by which the receiver knows it again. */
function fileOf(size: number): number {
  const path = join(directory, String(size))
  const fd = openSync(path, 'w+')
  truncateSync(path, size)
  inodes.add(statSync(path).ino)
  return fd
}

/** The size of a file that nobody has read from. Not by `fs`: Deno's accepts only descriptors that it has opened itself. */
const sizeOf = (fd: number): number => sys.ioctl(fd, FIONREAD)

/** The sizes of the files, which are closed. */
function sizes(fds: readonly OwnedFd[]): number[] {
  return fds.map(owned => {
    const size = sizeOf(owned.fd)
    owned.close()
    return size
  })
}

/** How many descriptors of those files are open: a runtime opens others of its own at any time. */
const openFiles = (): number => {
  const linux = process.platform === 'linux'
  const folder = linux ? '/proc/self/fd' : '/dev/fd'
  const isOurs = (fd: string): boolean => {
    try {
      return linux ? readlinkSync(join(folder, fd)).startsWith(directory) : inodes.has(fstatSync(Number(fd)).ino)
    } catch {
      return false // it was the one by which the folder was read
    }
  }
  return readdirSync(folder).filter(isOurs).length
}

/** Waits until none of the files is open. */
const noneOpen = async (): Promise<void> => {
  await vi.waitFor(() => expect(openFiles()).toBe(0), { timeout: 10_000 })
}

/** Two streams that are connected to each other, with little room in the kernel. */
function pair(): [FdDuplex, FdDuplex] {
  const ends = AsyncSocket.pair().map(socket => {
    socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
    const duplex = toDuplex(socket, { fds: true, highWaterMark: 16 * 1024 })
    onTestFinished(() => void duplex.destroy())
    return duplex
  })
  return ends as [FdDuplex, FdDuplex]
}

/** A stream, and a socket at its other end. */
function end(): [FdDuplex, AsyncSocket] {
  const [one, other] = AsyncSocket.pair()
  const duplex = toDuplex(one, { fds: true })
  onTestFinished(() => void duplex.destroy())
  return [duplex, closing(other)]
}

describe('an FdDuplex', () => {
  test('emits descriptors before the data that they came with; bytesRead is what came before', async () => {
    const [duplex, peer] = end()
    const told: unknown[] = []
    duplex.on('fds', (fds: OwnedFd[]) => void told.push([duplex.bytesRead, ...sizes(fds)]))
    duplex.on('data', chunk => void told.push(String(chunk)))
    const [first, second] = [fileOf(1), fileOf(2)]
    await peer.sendall('plain')
    await once(duplex, 'data')
    await peer.sendFds('with', [first, second])
    await once(duplex, 'data')
    for (const fd of [first, second]) closeSync(fd)
    expect(told).toEqual(['plain', [5, 1, 2], 'with'])
  })

  test('fifty of fifty descriptors arrive in their order, between plain writes and under back-pressure', async () => {
    const [from, to] = pair()
    // Messages: their length, how many descriptors they have, and bytes.
    const message = (count: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length, 'x')
      bytes.writeUInt32LE(length, 0)
      bytes.writeUInt32LE(count, 4)
      return bytes
    }
    const [expected, got, queue]: [number[], number[], OwnedFd[]] = [[], [], []]
    let bytes: Buffer = Buffer.alloc(0)
    to.on('fds', (fds: OwnedFd[]) => void queue.push(...fds))
    to.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      while (bytes.length >= 8 && bytes.length >= bytes.readUInt32LE(0)) {
        const taken = queue.splice(0, bytes.readUInt32LE(4))
        expect(taken).toHaveLength(bytes.readUInt32LE(4))
        got.push(...sizes(taken))
        bytes = bytes.subarray(bytes.readUInt32LE(0))
      }
    })
    let full = 0
    let called = 0
    for (let i = 1; expected.length < 50; i++) {
      const some = Math.min(i % 3, 50 - expected.length)
      const fds = Array.from({ length: some }, (_, n) => fileOf(expected.length + n + 1))
      expected.push(...fds.map(sizeOf))
      const goesOn =
        fds.length === 0
          ? from.write(message(0, 3000), () => called++)
          : from.writeWithFds(message(fds.length, 8 + i * 700), fds, error => (expect(error).toBeFalsy(), called++))
      for (const fd of fds) closeSync(fd) // the stream has its own
      if (i % 5 === 0) expect(from.write(message(0, 9), () => called++)).toBe(goesOn && !from.writableNeedDrain)
      if (from.writableNeedDrain && i % 7 === 0) {
        full++
        await once(from, 'drain')
      }
    }
    from.end()
    await once(to, 'end')
    expect(full).toBeGreaterThan(0)
    expect(got).toEqual(expected)
    expect(got).toHaveLength(50)
    expect([bytes.length, queue.length]).toEqual([0, 0])
    expect(called).toBeGreaterThan(50 / 2)
    from.destroy()
    to.destroy()
    await noneOpen()
  })

  test('each callback is called once', async () => {
    const [duplex, peer] = end()
    const called: string[] = []
    const fd = fileOf(3)
    onTestFinished(() => closeSync(fd))
    for (const name of ['a', 'b', 'c']) duplex.writeWithFds(name, [fd], error => called.push(`${name} ${error}`))
    await vi.waitFor(() => expect(called).toHaveLength(3))
    const { data, fds } = await peer.recvFds(1, 8)
    expect([String(data), ...sizes(fds)]).toEqual(['a', 3])
    await once(
      duplex.end('d', () => called.push('end')),
      'finish',
    )
    await new Promise(resolve => setImmediate(resolve))
    expect(called.map(entry => entry.replace('undefined', 'null'))).toEqual(['a null', 'b null', 'c null', 'end'])
  })

  test('a partial send passes the descriptors once, with the first byte', async () => {
    const [duplex, peer] = end()
    const fd = fileOf(4)
    duplex.writeWithFds(big, [fd, fd])
    closeSync(fd)
    await noneOpen() // they went with the first part, and the stream keeps none for the rest
    expect(duplex.writableNeedDrain).toBe(true)
    duplex.end()
    const got: number[][] = []
    let length = 0
    for (;;) {
      const { data, fds } = await peer.recvFds(65536, 8)
      if (data.length === 0) break
      length += data.length
      got.push(sizes(fds))
    }
    expect(length).toBe(big.length)
    expect(got.length).toBeGreaterThan(8)
    expect(got[0]).toEqual([4, 4])
    expect(got.slice(1).flat()).toEqual([])
  })

  test('buffered writes are joined, except those with descriptors', async () => {
    const [duplex, peer] = end()
    const told: string[] = []
    const { socket } = duplex
    const [send, sendFds] = [socket.send.bind(socket), socket.sendFds.bind(socket)]
    vi.spyOn(socket, 'send').mockImplementation((...given) => (told.push(`send ${textOf(given[0])}`), send(...given)))
    vi.spyOn(socket, 'sendFds').mockImplementation(
      (...given) => (told.push(`sendFds ${textOf(given[0])} ${given[1].length}`), sendFds(...given)),
    )
    const fd = fileOf(5)
    duplex.cork()
    for (const text of ['a', 'b']) duplex.write(text)
    duplex.writeWithFds('c', [fd])
    duplex.writeWithFds('d', [fd, fd])
    for (const text of ['e', 'f']) duplex.write(text)
    duplex.writeWithFds('g', [])
    duplex.uncork()
    closeSync(fd)
    await new Promise(resolve => duplex.end(resolve))
    expect(told).toEqual(['send ab', 'sendFds c 1', 'sendFds d 2', 'send efg'])
    let text = ''
    const got: number[] = []
    for (let part; (part = await peer.recvFds(64, 8)).data.length > 0; got.push(...sizes(part.fds)))
      text += String(part.data)
    expect([text, ...got]).toEqual(['abcdefg', 5, 5, 5])
  })

  test('253 descriptors go in one write; more are refused, and nothing is written', async () => {
    const [from, to] = pair()
    const fd = fileOf(6)
    expect(thrown(() => from.writeWithFds('x', Array<number>(254).fill(fd)))).toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
    })
    from.writeWithFds('y', Array<number>(253).fill(fd))
    closeSync(fd)
    to.resume()
    const [fds] = (await once(to, 'fds')) as [OwnedFd[]]
    expect(sizes(fds)).toEqual(Array<number>(253).fill(6))
    expect(from.bytesWritten).toBe(1)
    from.destroy()
    to.destroy()
    await noneOpen()
  })

  test('credentials beside them take no room away', async () => {
    if (SO_PASSCRED === undefined) {
      expect(process.platform).toBe('darwin')
      return
    }
    const [from, to] = pair()
    to.socket.setsockopt(SOL_SOCKET, SO_PASSCRED, true)
    const fd = fileOf(7)
    from.writeWithFds('y', Array<number>(253).fill(fd))
    closeSync(fd)
    to.resume()
    const [fds] = (await once(to, 'fds')) as [OwnedFd[]]
    expect(sizes(fds)).toHaveLength(253)
  })

  test('closes what arrives without a listener, and goes on', async () => {
    const [from, to] = pair()
    const fd = fileOf(8)
    from.writeWithFds('one', [fd, fd])
    closeSync(fd)
    from.end(' two')
    expect(String(await buffer(to))).toBe('one two')
    from.destroy()
    to.destroy()
    await noneOpen()
  })

  test('destroyed with descriptors queued on both sides, it closes them and calls each callback once', async () => {
    const [from, to] = pair()
    const called: string[] = []
    const fd = fileOf(9)
    to.on('fds', () => expect.unreachable())
    for (let i = 0; i < 40; i++) {
      for (const stream of [from, to]) {
        stream.writeWithFds(Buffer.alloc(4096), [fd, fd], error => called.push((error as { code?: string })?.code ?? 'sent')) // prettier-ignore
      }
    }
    closeSync(fd)
    expect(from.writableNeedDrain && to.writableNeedDrain).toBe(true)
    expect(openFiles()).toBeGreaterThan(40)
    from.on('error', () => undefined).destroy()
    to.on('error', () => undefined).destroy()
    await noneOpen()
    await vi.waitFor(() => expect(called).toHaveLength(80))
    await new Promise(resolve => setImmediate(resolve))
    expect(called).toHaveLength(80)
    const known = ['sent', 'ECANCELED', 'ERR_STREAM_DESTROYED']
    expect(called.filter(code => !known.includes(code))).toEqual([])
    expect(called).toContain('ERR_STREAM_DESTROYED')
  })

  test('destroyed between the arrival and the event, it closes what has arrived', async () => {
    const [from, to] = pair()
    to.on('fds', () => expect.unreachable())
    const fd = fileOf(10)
    const recvmsg = to.socket.recvmsg.bind(to.socket)
    vi.spyOn(to.socket, 'recvmsg').mockImplementation(async (...given) => {
      const message = await recvmsg(...given)
      expect(message.control).toHaveLength(1)
      to.destroy()
      return message
    })
    to.on('data', () => expect.unreachable()).resume()
    from.writeWithFds('x', [fd])
    closeSync(fd)
    await once(to, 'close')
    from.destroy()
    await noneOpen()
  })

  test('a listener that destroys the stream gets no data after that', async () => {
    const [from, to] = pair()
    const fd = fileOf(11)
    to.on('fds', (fds: OwnedFd[]) => {
      sizes(fds)
      to.destroy()
    })
    to.on('data', () => expect.unreachable())
    from.writeWithFds('x', [fd])
    closeSync(fd)
    await once(to, 'close')
  })

  test('a listener that throws makes an uncaught exception; the bytes arrive nevertheless', async () => {
    const program = `
      import { Socket } from 'bsd-sockets/promises'
      import { toDuplex } from 'bsd-sockets/streams'
      const [one, other] = Socket.pair()
      const duplex = toDuplex(one, { fds: true })
      process.on('uncaughtException', error => console.log(error.message))
      duplex.on('fds', () => { throw new Error('on purpose') })
      duplex.on('data', chunk => console.log(String(chunk)))
      duplex.on('end', () => other.close())
      await other.sendFds('bytes', [0])
      await new Promise(setImmediate)
      other.close()`
    expect((await script(program).finished()).split('\n').sort()).toEqual(['', 'bytes', 'on purpose'])
  })

  test('a write after the end, and one after destroy, keep no descriptor', async () => {
    const fd = fileOf(12)
    const [ended, peer] = end()
    const errors: string[] = []
    const told = (error?: Error | null): void => void errors.push((error as { code?: string }).code!)
    ended.on('error', told).end()
    expect(ended.writeWithFds('late', [fd], told)).toBe(false)
    await new Promise(resolve => ended.on('close', resolve))
    expect(ended.writeWithFds('later', [fd], told)).toBe(false)
    await new Promise(resolve => setImmediate(resolve))
    closeSync(fd)
    expect(errors.sort()).toEqual([
      'ERR_STREAM_WRITE_AFTER_END',
      'ERR_STREAM_WRITE_AFTER_END',
      'ERR_STREAM_WRITE_AFTER_END',
    ])
    peer.close()
    await noneOpen()
  })

  test('refuses wrong arguments at the call, before it writes anything', () => {
    const [duplex, peer] = end()
    const file = fileOf(15)
    const closed = new Socket()
    closed.close()
    const wrong: [string, () => unknown][] = [
      ['EBADF', () => duplex.writeWithFds('x', [file, closed])],
      ['EBADF', () => duplex.writeWithFds('x', [file, 2 ** 31 - 1])],
      ['ERR_INVALID_ARG_VALUE', () => duplex.writeWithFds('', [file])],
      ['ERR_INVALID_ARG_TYPE', () => duplex.writeWithFds(1 as never, [file])],
      ['ERR_INVALID_ARG_TYPE', () => duplex.writeWithFds('x', 0 as never)],
      ['ERR_INVALID_ARG_TYPE', () => duplex.writeWithFds('x', [file], 'utf8' as never)],
      ['ERR_INVALID_ARG_TYPE', () => duplex.writeWithFds('x', [file, '0' as never])],
    ]
    for (const [code, call] of wrong) expect(thrown(call)).toMatchObject({ code })
    expect(openFiles()).toBe(1)
    closeSync(file)
    expect(duplex.writableLength).toBe(0)
    expect(peer.tryRecv(1)).toBeNull()
  })

  test('is a stream as any other: pipeline, half-close, async iteration', async () => {
    const [source, left] = AsyncSocket.pair()
    const [right, sink] = AsyncSocket.pair()
    const through = pipeline(
      toDuplex(source, { fds: true, allowHalfOpen: true }),
      new PassThrough(),
      toDuplex(right, { fds: true }),
    )
    void left.sendall(big).then(() => left.close())
    const chunks: Buffer[] = []
    for await (const chunk of toDuplex(sink, { fds: true })) chunks.push(chunk as Buffer)
    expect(big.equals(Buffer.concat(chunks))).toBe(true)
    await through
  })

  test('only a Unix socket has one, and only toDuplex decides it', () => {
    const [client] = connected()
    expect(thrown(() => toDuplex(client, { fds: true }))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    expect(client.closed).toBe(true)
    const [one, other] = AsyncSocket.pair().map(closing)
    expect(thrown(() => toDuplex(one!, { fds: 1 as never }))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    expect(thrown(() => new SocketDuplex(one!, { fds: true }))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    expect('writeWithFds' in toDuplex(one!, { fds: false })).toBe(false)
    expect(new FdDuplex(other!)).toBeInstanceOf(SocketDuplex)
  })

  test('a stream without the option receives by recv', async () => {
    const [one, other] = AsyncSocket.pair()
    const recvmsg = vi.spyOn(one, 'recvmsg')
    const duplex = toDuplex(one)
    onTestFinished(() => void duplex.destroy())
    const fd = fileOf(16)
    await closing(other).sendFds('x', [fd])
    closeSync(fd)
    expect(String(await once(duplex, 'data'))).toBe('x')
    expect(recvmsg).not.toHaveBeenCalled()
    await noneOpen()
  })

  test.runIf(process.platform === 'linux')(
    'on Linux, where the process has no descriptor left, the stream fails with EMFILE after the bytes before, and keeps none',
    async () => {
      const program = `
      import { Socket } from 'bsd-sockets/promises'
      import { toDuplex } from 'bsd-sockets/streams'
      import { readdirSync, openSync, closeSync } from 'node:fs'
      const count = () => readdirSync('/proc/self/fd').length
      const [one, other] = Socket.pair()
      const duplex = toDuplex(one, { fds: true })
      duplex.on('fds', fds => { console.log('fds', fds.length); for (const fd of fds) fd.close() })
      duplex.on('data', chunk => console.log('data', String(chunk)))
      const closed = new Promise(resolve => duplex.on('close', resolve))
      duplex.on('error', error => console.log(error.code, error.syscall))
      await other.sendFds('fits', [0, 0])
      await new Promise(resolve => setTimeout(resolve, 50))
      const before = count()
      const held = []
      try { for (;;) held.push(openSync('/dev/null')) } catch (error) { console.log(error.code) }
      try { duplex.writeWithFds('x', [0]) } catch (error) { console.log(error.code, duplex.writableLength) }
      for (const fd of held.splice(-2)) closeSync(fd)
      await other.sendFds('lost', [0, 0, 0, 0])
      await closed
      for (const fd of held) closeSync(fd)
      other.close()
      console.log(count() - before)`
      const child = new Child('prlimit', ['--nofile=60:60', process.execPath, ...inline(program)])
      expect(await child.finished()).toBe('fds 2\ndata fits\nEMFILE\nEMFILE 0\nEMFILE recvmsg\n-2\n')
    },
  )

  test('a child process receives descriptors and sends them back', async () => {
    const [ours, theirs] = AsyncSocket.pair()
    const program = `
      import { Socket } from 'bsd-sockets/promises'
      import { toDuplex } from 'bsd-sockets/streams'
      const duplex = toDuplex(Socket.fromFd(3), { fds: true })
      const queue = []
      duplex.on('fds', fds => queue.push(...fds))
      duplex.on('data', chunk => {
        duplex.writeWithFds(chunk, queue)
        for (const fd of queue.splice(0)) fd.close()
      })`
    const child = spawn(process.execPath, inline(program), {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit', theirs.fd],
    })
    const ended = once(child, 'close')
    theirs.close()
    const duplex = toDuplex(ours, { fds: true })
    onTestFinished(() => void duplex.destroy())
    const fds = [fileOf(13), fileOf(14)]
    duplex.writeWithFds('there and back', fds)
    for (const fd of fds) closeSync(fd)
    duplex.resume()
    const [back] = (await once(duplex, 'fds')) as [OwnedFd[]]
    expect(sizes(back)).toEqual([13, 14])
    duplex.end()
    expect(await ended).toEqual([0, null])
  })

  test('a worker that is terminated leaves neither received nor queued descriptors open', async () => {
    const [here, there] = Socket.pair().map(closing) as [Socket, Socket]
    const program = `
      import { Socket } from ${JSON.stringify(pathToFileURL(join(root, 'lib/promises.js')).href)}
      import { toDuplex } from ${JSON.stringify(pathToFileURL(join(root, 'lib/streams.js')).href)}
      import { parentPort, workerData } from 'node:worker_threads'
      const duplex = toDuplex(Socket.fromFd(workerData), { fds: true })
      duplex.resume().on('fds', fds => {
        globalThis.held = fds
        while (duplex.writeWithFds(Buffer.alloc(1 << 20), fds)) continue
        parentPort.postMessage(fds.map(({ fd }) => fd))
      })`
    const copy = there.dup()
    const files = [fileOf(17), fileOf(18)]
    here.sendFds('x', files)
    for (const fd of files) closeSync(fd)
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), {
      workerData: copy.detach(),
    })
    const [fds] = (await once(worker, 'message')) as [number[]]
    expect(fds.map(fd => sys.fcntl(fd, F_GETFD) >= 0)).toEqual([true, true])
    await worker.terminate()
    await noneOpen()
  })
})

describe('toWeb', () => {
  test('passes bytes and descriptors both ways; each read is one message of both', async () => {
    const [one, other] = AsyncSocket.pair()
    const [here, there] = [toWeb(one, { fds: true }), toWeb(other, { fds: true })]
    const [writer, reader] = [here.writable.getWriter(), there.readable.getReader()]
    const fd = fileOf(20)
    await writer.write({ data: 'with', fds: [fd, fd] })
    closeSync(fd)
    const first = (await reader.read()).value!
    expect([String(first.data), ...sizes(first.fds)]).toEqual(['with', 20, 20])
    await writer.write('plain')
    expect((await reader.read()).value).toMatchObject({ data: Buffer.from('plain'), fds: [] })
    await writer.write({ data: 'none', fds: [] })
    expect((await reader.read()).value).toMatchObject({ data: Buffer.from('none'), fds: [] })
    await writer.close()
    expect((await reader.read()).done).toBe(true)
    await there.writable.close()
    expect((await here.readable.getReader().read()).done).toBe(true)
    expect([one.closed, other.closed]).toEqual([true, true])
    await noneOpen()
  })

  test('piped to each other, two pass all descriptors on and keep none', async () => {
    const [left, one] = AsyncSocket.pair()
    const [two, right] = AsyncSocket.pair()
    const piped = toWeb(one, { fds: true }).readable.pipeTo(toWeb(two, { fds: true }).writable)
    const from = toDuplex(left, { fds: true })
    for (let i = 1; i <= 50; i++) {
      const fd = fileOf(i)
      from.writeWithFds(Buffer.alloc(10_000), [fd])
      closeSync(fd)
    }
    from.end()
    const got: number[] = []
    const to = toDuplex(right, { fds: true }).on('fds', (fds: OwnedFd[]) => void got.push(...sizes(fds)))
    expect((await buffer(to)).length).toBe(500_000)
    await piped
    expect(got).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    for (const stream of [from, to]) stream.destroy()
    for (const socket of [one, two]) socket.close()
    await noneOpen()
  })

  test('receives nothing before a read, and keeps nothing of a cancelled one', async () => {
    const [one, other] = AsyncSocket.pair()
    const { readable, writable } = toWeb(one, { fds: true })
    const fd = fileOf(21)
    await other.sendFds('x', [fd])
    await new Promise(resolve => setImmediate(resolve))
    expect(openFiles()).toBe(1)
    const reader = readable.getReader()
    const { value } = (await reader.read()) as { value: BytesAndFds }
    expect(sizes(value.fds)).toEqual([21])
    const waiting = reader.read()
    await reader.cancel()
    expect((await waiting).done).toBe(true)
    await other.sendFds('y', [fd])
    closeSync(fd)
    await writable.close()
    other.close()
    expect(one.closed).toBe(true)
    await noneOpen()
  })

  test('cancelled between the arrival and its read, it closes what has arrived', async () => {
    const [one, other] = AsyncSocket.pair()
    const { readable, writable } = toWeb(one, { fds: true })
    const reader = readable.getReader()
    const recvmsg = one.recvmsg.bind(one)
    vi.spyOn(one, 'recvmsg').mockImplementation(async (...given) => {
      const message = await recvmsg(...given)
      expect(message.control).toHaveLength(1)
      await reader.cancel()
      return message
    })
    const fd = fileOf(22)
    await other.sendFds('x', [fd])
    closeSync(fd)
    expect((await reader.read()).done).toBe(true)
    await writable.close()
    other.close()
    await noneOpen()
  })

  test('a failed write closes the OwnedFds that it was given, and no others', async () => {
    const [one, other] = AsyncSocket.pair()
    const [from, to] = Socket.pair().map(closing) as [Socket, Socket]
    from.sendFds('x', [0])
    const [owned] = to.recvFds(1, 1).fds
    const { writable, readable } = toWeb(one, { fds: true })
    other.close()
    const writer = writable.getWriter()
    writer.closed.catch(() => undefined)
    await expect(writer.write({ data: 'x', fds: [owned!, from] })).rejects.toMatchObject({ code: 'EPIPE' })
    await expect(readable.getReader().read()).rejects.toMatchObject({ code: 'EPIPE' })
    expect([owned!.fd, from.closed, one.closed]).toEqual([-1, false, true])
  })

  test('refuses wrong options and sockets, and leaves the socket alone', () => {
    const [client] = connected()
    const [unix] = Socket.pair().map(closing) as [Socket, Socket]
    expect(thrown(() => toWeb(client, { fds: true }))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    expect(thrown(() => toWeb(unix, { fds: 'yes' as never }))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    expect(thrown(() => toWeb(unix, { fd: true } as never))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    expect([client.closed, unix.closed]).toEqual([false, false])
  })
})
