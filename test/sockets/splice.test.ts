import { AF_UNIX, createServer, O_NONBLOCK, pipe, SHUT_WR, SOCK_STREAM, Socket, splice, trySplice } from 'bsd-sockets'
import { F_GETFD, F_GETFL, FD_CLOEXEC, supports } from 'bsd-sockets'
import * as promises from 'bsd-sockets/promises'
import * as sys from 'bsd-sockets/syscalls'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

describe.runIf(supports.call('splice'))('splice(2)', () => {
  function ends<T extends { close(): void }>(pair: [T, T]): [T, T] {
    onTestFinished(() => pair.forEach(end => end.close()))
    return pair
  }

  function overTcp(): [Socket, Socket] {
    using server = createServer(['127.0.0.1', 0])
    const client = new Socket()
    client.connect(server.getsockname())
    return ends([client, server.accept()[0]])
  }

  test('a pipe is non-blocking and close-on-exec', () => {
    for (const { fd } of ends(pipe())) {
      expect(sys.fcntl(fd, F_GETFL) & O_NONBLOCK).toBe(O_NONBLOCK)
      expect(sys.fcntl(fd, F_GETFD)).toBe(FD_CLOEXEC)
    }
  })

  test('from a socket through a pipe to another socket, and to a file', () => {
    const [client, server] = overTcp()
    const [near, far] = ends(Socket.pair(AF_UNIX, SOCK_STREAM))
    const [from, to] = ends(pipe())
    client.sendall('relayed')
    expect(splice(server, to, 65536)).toBe(7)
    expect(splice(from, near, 65536)).toBe(7)
    expect(far.recv(64).toString()).toBe('relayed')

    const directory = mkdtempSync(join(tmpdir(), 'splice-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const file = openSync(join(directory, 'file'), 'w')
    client.sendall('kept')
    expect(splice(server, to, 2)).toBe(2)
    expect(splice(from, file, 65536)).toBe(2)
    closeSync(file)
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('ke')
  })

  test('0 is end-of-file', () => {
    const [client, server] = overTcp()
    const [, to] = ends(pipe())
    client.shutdown(SHUT_WR)
    expect(splice(server, to, 100)).toBe(0)
  })

  test('it waits for either descriptor that is not ready', () => {
    const [, server] = overTcp()
    const [from, to] = ends(pipe())
    const [near, far] = ends(Socket.pair(AF_UNIX, SOCK_STREAM))
    const timeout = expect.objectContaining({ name: 'TimeoutError', syscall: 'splice' })
    expect(trySplice(server, to, 100)).toBeNull()
    expect(() => splice(server, to, 100, 0, 10)).toThrow(timeout)
    expect(() => splice(server, to, 100, 0, 0)).toThrow(expect.objectContaining({ name: 'BlockingIOError' }))
    while (near.trySend(Buffer.alloc(65536)) !== null);
    sys.write(to.fd, Buffer.from('x'))
    expect(trySplice(from, near, 100)).toBeNull()
    expect(() => splice(from, near, 100, 0, 10)).toThrow(timeout)
    while (far.tryRecv(65536) !== null);
    expect(splice(from, near, 100, 0, 10)).toBe(1)
  })

  test('without a pipe it is EINVAL; a closed descriptor is EBADF; a wrong argument is reported', () => {
    const [client, server] = overTcp()
    const [from, to] = ends(pipe())
    expect(() => splice(client, server, 1)).toThrow(expect.objectContaining({ code: 'EINVAL', syscall: 'splice' }))
    from.close()
    expect(() => splice(from, client, 1)).toThrow(expect.objectContaining({ code: 'EBADF' }))
    expect(() => splice(client, to, -1)).toThrow(/"count"/)
    expect(() => splice('x' as never, to, 1)).toThrow(TypeError)
  })

  describe('spliceAll of promises', () => {
    const pair = (): [promises.Socket, promises.Socket] => ends(promises.Socket.pair())
    const descriptors = (): number => readdirSync('/proc/self/fd').length

    test('moves all bytes to the end, more than the pipe and the sockets hold, and leaves both open', async () => {
      const [client, from] = pair()
      const [to, server] = pair()
      const bytes = Buffer.alloc(2_000_000, 'relayed ')
      await expect(from.recv(1, { timeout: 1 })).rejects.toThrow('ETIMEDOUT') // the first wait makes the poller
      const before = descriptors()
      const moved = promises.spliceAll(from, to)
      const sent = client.sendall(bytes).then(() => client.shutdown(SHUT_WR))
      expect((await promises.recvExactly(server, bytes.length)).equals(bytes)).toBe(true)
      await sent
      expect(await moved).toBe(bytes.length)
      expect(descriptors()).toBe(before)
      await to.send('open')
      expect(String(await server.recv(9))).toBe('open')
    })

    test('moves a number of bytes, and no more', async () => {
      const [client, from] = pair()
      const [to, server] = pair()
      await client.sendall('12345')
      expect(await promises.spliceAll(from, to, 3)).toBe(3)
      expect(String(await server.recv(9))).toBe('123')
      expect(String(await from.recv(9))).toBe('45')
      expect(await promises.spliceAll(from, to, 0)).toBe(0)
    })

    test('is ended by a timeout, a signal, a close, or the other peer; the error has the number of bytes', async () => {
      const [client, from] = pair()
      const [to, server] = pair()
      await client.sendall('12345')
      const before = descriptors()
      await expect(promises.spliceAll(from, to, Infinity, { timeout: 5 })).rejects.toMatchObject({
        code: 'ETIMEDOUT',
        syscall: 'splice',
        sent: 5,
      })
      await expect(promises.spliceAll(from, to, 5, { signal: AbortSignal.abort() })).rejects.toMatchObject({ sent: 0 })
      const waiting = promises.spliceAll(from, to)
      await new Promise(setImmediate)
      server.close()
      await client.sendall('6')
      await expect(waiting).rejects.toMatchObject({ code: 'EPIPE', sent: 0 })
      const closed = promises.spliceAll(from, to)
      await new Promise(setImmediate)
      from.close()
      await expect(closed).rejects.toMatchObject({ code: 'ECANCELED' })
      expect(descriptors()).toBe(before - 2) // the two that were closed
    })

    test('lets others have their turn', async () => {
      const [client, from] = pair()
      const [to, server] = pair()
      let turns = 0
      let over = false
      const count = (): void => {
        turns++
        if (!over) setImmediate(count)
      }
      setImmediate(count)
      const moved = promises.spliceAll(from, to)
      const size = 40_000_000
      const sent = client.sendall(Buffer.alloc(size)).then(() => client.shutdown(SHUT_WR))
      await Promise.all([promises.recvExactly(server, size), sent, moved])
      over = true
      // At most 16 pieces of 64 KiB for each of three sockets that are ready.
      expect(turns).toBeGreaterThan(10)
    })

    test('needs two sockets of promises', async () => {
      const [one] = pair()
      const [blocking] = ends(Socket.pair())
      await expect(promises.spliceAll(one, blocking as never)).rejects.toMatchObject({ argument: 'to' })
      await expect(promises.spliceAll(3 as never, one)).rejects.toMatchObject({ argument: 'from' })
      await expect(promises.spliceAll(one, one, -1)).rejects.toMatchObject({ argument: 'count' })
    })
  })
})
