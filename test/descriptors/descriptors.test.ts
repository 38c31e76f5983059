import { F_GETFD, FD_CLOEXEC, MSG_CTRUNC, MSG_PEEK, OwnedFd, pipe, Socket, supports } from 'bsd-sockets'
import { AF_INET, AF_UNIX, CMSG_SPACE, createServer, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from 'bsd-sockets'
import type { SocketError } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import * as sys from 'bsd-sockets/syscalls'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { inline } from '../support/child.js'
import { root } from '../support/root.js'
import { thrown } from '../support/tcp.js'

const directory = mkdtempSync(join(tmpdir(), 'descriptors-'))
afterAll(() => rmSync(directory, { recursive: true }))
const path = join(directory, 'file')
writeFileSync(path, 'from the file')

/** A socket pair that is closed after the test. */
function pair(type: number = SOCK_STREAM): [Socket, Socket] {
  const ends = Socket.pair(AF_UNIX, type)
  onTestFinished(() => ends.forEach(end => end.close()))
  return ends
}

function openFile(): number {
  const fd = openSync(path, 'r')
  onTestFinished(() => closeSync(fd))
  return fd
}

const openCount = (): number => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length

// The programs of the other process: each receives descriptors over descriptor 3, uses them, and prints what it reads.
const receivers = {
  node: [
    process.execPath,
    ...inline(`import { Socket } from 'bsd-sockets'
    import { readSync } from 'node:fs'
    const channel = Socket.fromFd(3)
    const { data, fds } = channel.recvFds(64, 8)
    const what = data.toString()
    const room = Buffer.alloc(64)
    for (const owned of fds) {
      if (what === 'listener' || what === 'socket') {
        const socket = Socket.fromFd(owned.detach())
        const end = what === 'listener' ? socket.accept()[0] : socket
        end.sendall(what === 'listener' ? 'accepted' : 'sent')
        end.close()
        socket.close()
      } else {
        console.log(room.toString('utf8', 0, readSync(owned.fd, room)))
        owned.close()
      }
    }
    channel.close() // a dropped Socket would be warned of on stderr`),
  ],
  python: [
    'python3',
    '-c',
    `import os, socket
data, fds, flags, address = socket.recv_fds(socket.socket(fileno=3), 64, 8)
for fd in fds:
    if data == b'listener': socket.socket(fileno=fd).accept()[0].sendall(b'accepted')
    elif data == b'socket': socket.socket(fileno=fd).sendall(b'sent')
    else: print(os.read(fd, 64).decode())`,
  ],
} as const

describe.each(Object.entries(receivers))('a process of %s receives and uses', (_, [command, ...args]) => {
  /** Sends the descriptors, waits for the other process, and returns what it printed. */
  function pass(what: string, ...descriptors: Parameters<Socket['sendFds']>[1][]): string {
    const [here, there] = pair()
    expect(
      here.sendFds(
        what,
        descriptors.flatMap(list => [...list]),
      ),
    ).toBe(what.length)
    const child = spawnSync(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe', there.fd],
      timeout: 20_000,
    })
    expect(child.stderr.toString()).toBe('')
    expect(child.status).toBe(0)
    return child.stdout.toString()
  }

  test('a file', () => {
    expect(pass('file', [openFile()])).toBe('from the file\n')
  })

  test('several files, a FileHandle among them', async () => {
    const handle = await open(path)
    onTestFinished(() => handle.close())
    expect(pass('files', [openFile(), handle])).toBe('from the file\n'.repeat(2))
  })

  test.runIf(supports.call('pipe2'))('a pipe', () => {
    const [from, to] = pipe()
    onTestFinished(() => [from, to].forEach(end => end.close()))
    sys.write(to.fd, Buffer.from('through the pipe'))
    expect(pass('pipe', [from])).toBe('through the pipe\n')
  })

  test('a TCP listener', () => {
    const server = createServer(['127.0.0.1', 0])
    const client = new Socket()
    onTestFinished(() => [server, client].forEach(socket => socket.close()))
    client.connect(server.getsockname())
    pass('listener', [server])
    expect(client.recv(64).toString()).toBe('accepted')
  })

  test('a connected socket', () => {
    const server = createServer(['127.0.0.1', 0])
    const client = new Socket()
    client.connect(server.getsockname())
    const [connection] = server.accept()
    onTestFinished(() => [server, client, connection].forEach(socket => socket.close()))
    pass('socket', [connection])
    expect(client.recv(64).toString()).toBe('sent')
  })
})

test('files that Python sends can be read', () => {
  const [here, there] = pair()
  const program = `import socket
with open(${JSON.stringify(path)}) as file:
    socket.send_fds(socket.socket(fileno=3), [b'for', b' you'], [file.fileno(), file.fileno()])`
  const child = spawnSync('python3', ['-c', program], { stdio: ['ignore', 'inherit', 'inherit', there.fd] })
  expect(child.status).toBe(0)
  const message = here.recvFds(64, 8)
  expect(message).toMatchObject({ size: 7, controlTruncated: false, truncated: false })
  expect(message.data.toString()).toBe('for you')
  expect(message.fds).toHaveLength(2)
  const room = Buffer.alloc(64)
  expect(room.toString('utf8', 0, readSync(message.fds[1]!.fd, room))).toBe('from the file')
  message.fds.forEach(owned => owned.close())
})

describe('a received descriptor', () => {
  test('is a new one, and close-on-exec', () => {
    const [here, there] = pair()
    const file = openFile()
    here.sendFds('x', [file])
    using owned = there.recvFds(1, 1).fds[0]!
    expect(owned.fd).not.toBe(file)
    expect(sys.fcntl(owned.fd, F_GETFD) & FD_CLOEXEC).toBe(FD_CLOEXEC)
  })

  test('is closed once by close(); detach() returns its number and leaves it open', () => {
    const [here, there] = pair()
    here.sendFds('x', [here, here])
    const [first, second] = there.recvFds(1, 2).fds as [OwnedFd, OwnedFd]
    const [one, two] = [first.fd, second.fd]
    first.close()
    first.close()
    expect(first.fd).toBe(-1)
    expect(first.detach()).toBe(-1)
    expect(sys.fcntl(one, F_GETFD)).toBeLessThan(0)
    expect(second.detach()).toBe(two)
    second.close()
    expect(sys.fcntl(two, F_GETFD)).toBeGreaterThanOrEqual(0)
    Socket.fromFd(two).close()
    expect(() => new OwnedFd(-1)).toThrow(RangeError)
  })

  test('is in the result for any size of the control buffer: MSG_CTRUNC leaks none', () => {
    const [here, there] = pair(SOCK_DGRAM)
    const file = openFile()
    const before = openCount()
    for (let room = 0; room <= CMSG_SPACE(5 * 4) + 8; room++) {
      here.sendFds('x', [file, file, file, file])
      const message = there.recvmsg(1, room)
      const fds = message.control.flatMap(({ fds = [] }) => fds)
      expect(openCount() - before, `${room} bytes`).toBe(fds.length)
      expect(message.controlTruncated, `${room} bytes`).toBe(fds.length < 4)
      expect((message.flags & MSG_CTRUNC) !== 0).toBe(message.controlTruncated)
      fds.forEach(owned => owned.close())
    }
    expect(openCount()).toBe(before)
  })

  test('beyond the limit of recvFds, or received by recv, is closed', () => {
    const [here, there] = pair()
    const before = openCount()
    for (let max = 0; max <= 4; max++) {
      here.sendFds('x', [here, there, here, there])
      const { fds, controlTruncated } = there.recvFds(1, max)
      expect(fds).toHaveLength(max)
      expect(controlTruncated).toBe(max < 4)
      expect(openCount() - before).toBe(max)
      fds.forEach(owned => owned.close())
    }
    here.sendFds('x', [here])
    expect(there.recv(1).toString()).toBe('x')
    expect(openCount()).toBe(before)
  })

  test('is a new one for each receive with MSG_PEEK', () => {
    const [here, there] = pair()
    const before = openCount()
    here.sendFds('x', [here])
    const messages = [there.recvFds(1, 1, MSG_PEEK), there.recvFds(1, 1, MSG_PEEK), there.recvFds(1, 1)]
    expect(openCount() - before).toBe(3)
    for (const { fds } of messages) fds[0]!.close()
    expect(openCount()).toBe(before)
  })

  test('is none where sending fails: EINVAL for too many, EBADF for a closed one', () => {
    const [here, there] = pair()
    const before = openCount()
    const closed = new Socket()
    closed.close()
    expect(() => here.sendFds('x', Array<Socket>(254).fill(here))).toThrow(expect.objectContaining({ code: 'EINVAL' }))
    expect(() => here.sendFds('x', [here, closed])).toThrow(expect.objectContaining({ code: 'EBADF' }))
    expect(() => here.sendFds('x', [here, 2 ** 31 - 1])).toThrow(expect.objectContaining({ code: 'EBADF' }))
    expect(there.tryRecv(1)).toBeNull()
    expect(openCount()).toBe(before)
    here.sendFds('x', Array<Socket>(253).fill(here))
    const { fds } = there.recvFds(1, 253)
    expect(fds).toHaveLength(253)
    fds.forEach(owned => owned.close())
    expect(openCount()).toBe(before)
  })

  test('needs no data with datagrams, a byte with a stream, and does not go over TCP', () => {
    for (const type of [SOCK_DGRAM, SOCK_SEQPACKET]) {
      const [here, there] = pair(type)
      here.sendFds('', [here])
      const message = there.recvFds(8, 1)
      expect(message).toMatchObject({ size: 0, controlTruncated: false })
      message.fds[0]!.close()
    }
    const [here] = pair()
    expect(() => here.sendFds('', [here])).toThrow(TypeError)
    using tcp = new Socket(AF_INET)
    expect(() => tcp.sendFds('x', [here])).toThrow(TypeError)
  })

  test('is closed by the garbage collector when nobody uses it', async () => {
    const program = `
      import { AF_UNIX, CMSG_SPACE, MessageBatch, SOCK_DGRAM, Socket } from 'bsd-sockets'
      import { readdirSync } from 'node:fs'
      import { setTimeout } from 'node:timers/promises'
      const [here, there] = Socket.pair(AF_UNIX, SOCK_DGRAM)
      const count = () => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length
      const before = count()
      const batch = new MessageBatch(8, 16, { controlSize: CMSG_SPACE(8) })
      for (let i = 0; i < 40; i++) {
        here.sendFds('x', [here, there])
        there.recvmsg(1, 64) // the result is dropped
        here.sendFds('x', [here, there])
        there.recvmmsg(batch) // the descriptors stay in the batch
      }
      const most = count() - before
      here.send('x')
      there.recvmmsg(batch) // the batch drops its earlier descriptors
      for (let i = 0; i < 100 && count() > before; i++) {
        gc()
        await setTimeout(10)
      }
      console.log(most > 0, count() - before)`
    const child = spawn(process.execPath, inline(program), {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [text] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
    expect(text).toBe('true 0\n')
  })

  test('is closed when its worker is terminated', async () => {
    const [here, there] = pair()
    here.sendFds('x', [here, there])
    const program = `
      import { Socket } from ${JSON.stringify(pathToFileURL(join(root, 'lib/index.js')).href)}
      import { parentPort, workerData } from 'node:worker_threads'
      const socket = Socket.fromFd(workerData)
      globalThis.held = socket.recvFds(1, 2).fds
      socket.detach()
      parentPort.postMessage(held.map(({ fd }) => fd))
      setInterval(() => held, 1000)`
    const source = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
    const worker = new Worker(source, { workerData: there.fd })
    const [fds] = (await once(worker, 'message')) as [number[]]
    expect(fds.map(fd => sys.fcntl(fd, F_GETFD) >= 0)).toEqual([true, true])
    await worker.terminate()
    expect(fds.map(fd => sys.fcntl(fd, F_GETFD) >= 0)).toEqual([false, false])
  })
})

describe('sendallFds', () => {
  /** Receives until end-of-file or until nothing is there: how many bytes, and the descriptors of each receive. */
  function drained(socket: Socket): { length: number; fds: number[] } {
    const fds: number[] = []
    let length = 0
    for (let part; (part = socket.tryRecvFds(65536, 8)) !== null && part.size > 0; length += part.size) {
      fds.push(part.fds.length)
      part.fds.forEach(owned => owned.close())
    }
    return { length, fds }
  }

  test('sends all, and the descriptors once, with the first byte', async () => {
    const [here, there] = pair()
    const data = Buffer.alloc(1 << 20)
    const program = `
      import { Socket } from 'bsd-sockets'
      const socket = Socket.fromFd(3)
      socket.sendallFds(Buffer.alloc(${data.length}), [socket, socket])
      socket.close()`
    const stdio = ['ignore', 'inherit', 'inherit', here.fd] as const
    const child = spawn(process.execPath, inline(program), { cwd: root, stdio: [...stdio] })
    const ended = once(child, 'close')
    here.close()
    const fds: number[] = []
    let length = 0
    for (let part; (part = there.recvFds(65536, 8)).size > 0; length += part.size) {
      fds.push(part.fds.length)
      part.fds.forEach(owned => owned.close())
    }
    expect(length).toBe(data.length)
    expect(fds.length).toBeGreaterThan(4)
    expect(fds.findLastIndex(count => count > 0)).toBe(0)
    expect(fds[0]).toBe(2)
    expect(await ended).toEqual([0, null])
  })

  test('an error has the number of bytes sent: the descriptors went with them', () => {
    const [here, there] = pair()
    here.settimeout(20)
    const failed = thrown(() => here.sendallFds(Buffer.alloc(4 << 20), [here])) as SocketError
    expect(failed).toMatchObject({ code: 'ETIMEDOUT', syscall: 'sendmsg' })
    const { length, fds } = drained(there)
    expect(failed.sent).toBe(length)
    expect([length > 0, fds[0], Math.max(...fds.slice(1), 0)]).toEqual([true, 1, 0])
    while (here.trySend(Buffer.alloc(65536)) !== null) continue
    expect(thrown(() => here.sendallFds('x', [here]))).toMatchObject({ code: 'ETIMEDOUT', sent: 0 })
    expect(drained(there).fds.every(count => count === 0)).toBe(true)
  })

  test('of promises: sends all, with nothing of other calls in between', async () => {
    const [one, other] = AsyncSocket.pair()
    onTestFinished(() => [one, other].forEach(end => end.close()))
    const waiting = other.recv(1) // the first wait creates the poller, which has a descriptor
    await one.send('x')
    await waiting
    const before = openCount()
    const sending = [
      one.sendallFds(Buffer.alloc(1 << 20, 'a'), [one, other]),
      one.sendall(Buffer.alloc(1 << 20, 'b')),
      one.sendallFds(Buffer.alloc(1 << 20, 'c'), [one]),
    ]
    const got: [text: string, fds: number][] = []
    for (let length = 0; length < 3 << 20;) {
      const { data, fds } = await other.recvFds(65536, 8)
      length += data.length
      for (const text of new Set(data.toString('latin1'))) if (got.at(-1)?.[0] !== text) got.push([text, 0])
      got.at(-1)![1] += fds.length
      fds.forEach(owned => owned.close())
    }
    await Promise.all(sending)
    expect(got).toEqual([['a', 2], ['b', 0], ['c', 1]]) // prettier-ignore
    expect(openCount()).toBe(before)
  })

  test('of promises: a signal, a timeout and close end it, and the error has the number of bytes sent', async () => {
    const ends: [string, (socket: AsyncSocket, abort: AbortController) => unknown, number | undefined][] = [
      ['ABORT_ERR', (_, abort) => abort.abort(), undefined],
      ['ETIMEDOUT', () => undefined, 20],
      ['ECANCELED', socket => socket.close(), undefined],
    ]
    for (const [code, end, timeout] of ends) {
      const [one, other] = AsyncSocket.pair()
      const abort = new AbortController()
      const sending = one.sendallFds(Buffer.alloc(4 << 20), [other], { signal: abort.signal, timeout })
      end(one, abort)
      const failed = (await sending.catch((error: unknown) => error)) as SocketError
      expect(failed.code).toBe(code)
      const { fds, data } = await other.recvFds(1 << 24, 1)
      expect(fds).toHaveLength(1)
      expect(data.length).toBeGreaterThan(0)
      expect(failed.sent).toBeGreaterThanOrEqual(data.length)
      fds[0]!.close()
      one.close()
      other.close()
    }
  })

  test('is one message where messages have boundaries, an empty one too; a stream needs a byte', () => {
    for (const type of [SOCK_DGRAM, SOCK_SEQPACKET]) {
      const [here, there] = pair(type)
      for (const text of ['', 'text']) {
        here.sendallFds(text, [here])
        const { data, fds } = there.recvFds(8, 1)
        expect([String(data), fds.length]).toEqual([text, 1])
        fds[0]!.close()
      }
    }
    const [here] = pair()
    expect(() => here.sendallFds('', [here])).toThrow(TypeError)
    using tcp = new Socket(AF_INET)
    expect(() => tcp.sendallFds('x', [here])).toThrow(TypeError)
  })
})
