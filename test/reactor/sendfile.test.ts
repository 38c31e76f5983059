// Connection.sendfile: parts of files between bytes, in their order, and what becomes of the descriptors.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { constants, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { connect as connectNet } from 'node:net'
import type { Socket as NetSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { F_GETFD, OwnedFd } from 'bsd-sockets'
import { listen } from 'bsd-sockets/reactor'
import type { Connection, Handlers } from 'bsd-sockets/reactor'
import * as sys from 'bsd-sockets/syscalls'
import { afterAll, expect, onTestFinished, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'sendfile-'))
afterAll(() => rmSync(folder, { recursive: true }))

const MiB = 1024 * 1024
const content = randomBytes(8 * MiB)
const path = join(folder, 'file')
writeFileSync(path, content)

// Not by openSync: Deno and workers of Node keep a list of the descriptors of that.
const opened = (name = path): OwnedFd => new OwnedFd(sys.open(Buffer.from(name), constants.O_RDONLY))

const isOpen = (fd: number): boolean => sys.fcntl(fd, F_GETFD) >= 0

async function served(handlers: Handlers) {
  const errors: unknown[] = []
  const server = listen({ ...handlers, error: error => errors.push(error) })
  onTestFinished(() => server.close())
  const { port } = server.address as { port: number }
  const client = connectNet({ port, host: '127.0.0.1' })
  onTestFinished(() => void client.destroy())
  await once(client, 'connect')
  return { client, errors }
}

const same = (got: Buffer, wanted: Buffer): boolean => got.equals(wanted)

test('files and bytes arrive in the order in which they were given, and the descriptors are closed', async () => {
  const files: OwnedFd[] = []
  const fds: number[] = []
  const file = (): OwnedFd => {
    const owned = opened()
    files.push(owned)
    fds.push(owned.fd)
    return owned
  }
  const { client, errors } = await served({
    open(connection) {
      connection.write('first')
      connection.sendfile(file(), 100, 1000)
      connection.write('second')
      connection.sendfile(file())
      connection.write('third')
      connection.write('fourth')
      connection.sendfile(file(), 5 * MiB)
      connection.sendfile(file(), content.length + 7) // nothing is behind the end
      connection.sendfile(file(), 0, 0)
      connection.end('last')
    },
  })
  const got = await buffer(client)
  const wanted = Buffer.concat([
    Buffer.from('first'),
    content.subarray(100, 1100),
    Buffer.from('second'),
    content,
    Buffer.from('thirdfourth'),
    content.subarray(5 * MiB),
    Buffer.from('last'),
  ])
  expect(got.length).toBe(wanted.length)
  expect(same(got, wanted)).toBe(true)
  expect(files.map(({ fd }) => fd)).toEqual(files.map(() => -1))
  expect(fds.filter(isOpen)).toEqual([])
  expect(errors).toEqual([])
})

test('false means that more than highWaterMark is queued, and drain is called when all is sent', async () => {
  const log: unknown[] = []
  const { client } = await served({
    highWaterMark: 64 * 1024,
    open(connection: Connection) {
      log.push(connection.sendfile(opened()), connection.queued > 0)
    },
    drain(connection: Connection) {
      log.push('drain', connection.queued)
      connection.end()
    },
  } as Handlers)
  await sleep(50)
  expect(log).toEqual([false, true])
  expect((await buffer(client)).length).toBe(content.length)
  expect(log).toEqual([false, true, 'drain', 0])
})

// Sends the file, calls `prepare` when a part of it has been sent, and waits for the end of the connection.
async function closedWith(prepare: (connection: Connection, client: NetSocket) => void, file: OwnedFd) {
  const closed: unknown[] = []
  let sending: Connection | undefined
  const { client, errors } = await served({
    open: connection => {
      connection.sendfile(file)
      sending = connection
    },
    close: (_, error) => closed.push(error),
  })
  client.on('error', () => undefined)
  while (sending === undefined) await sleep(5)
  prepare(sending, client)
  while (closed.length === 0) await sleep(5)
  return { errors, error: closed[0] }
}

test('the descriptor of a file that is not sent is closed with the connection', async () => {
  const file = opened()
  const { fd } = file
  expect(await closedWith(connection => connection.destroy(), file)).toEqual({ errors: [], error: undefined })
  expect([file.fd, isOpen(fd)]).toEqual([-1, false])
})

test('and when the client resets', async () => {
  const file = opened()
  const { error } = await closedWith((_, client) => void client.resetAndDestroy(), file)
  expect(['ECONNRESET', 'EPIPE']).toContain((error as NodeJS.ErrnoException).code)
  expect(file.fd).toBe(-1)
})

test('a file that ends too early closes the connection with EIO', async () => {
  const short = join(folder, 'short')
  writeFileSync(short, content)
  const file = opened(short)
  const { error } = await closedWith((_, client) => {
    truncateSync(short, 1000)
    client.resume()
  }, file)
  expect(error).toMatchObject({ code: 'EIO', syscall: 'sendfile' })
  expect(file.fd).toBe(-1)
})

test('a file without its turn, after 1 MiB at once, does not keep other connections waiting', async () => {
  const order: string[] = []
  const { client } = await served({
    open: connection => {
      connection.sendfile(opened())
      connection.end()
    },
    close: () => order.push('file'),
  })
  const other = await served({ data: (connection, bytes) => void connection.write(bytes) })
  const whole = buffer(client)
  other.client.write('x')
  await once(other.client, 'data')
  order.push('other')
  expect((await whole).length).toBe(content.length)
  while (!order.includes('file')) await sleep(5)
  expect(order).toEqual(['other', 'file'])
})

test('invalid arguments are refused, and the file stays the caller’s', async () => {
  const thrown: unknown[] = []
  const file = opened()
  const gone = opened()
  gone.close()
  const attempt = (call: () => unknown): void => {
    try {
      call()
    } catch (error) {
      thrown.push((error as NodeJS.ErrnoException).code)
    }
  }
  const { client } = await served({
    open(connection) {
      attempt(() => connection.sendfile(file.fd as never))
      attempt(() => connection.sendfile(file, -1))
      attempt(() => connection.sendfile(file, 0, 1.5))
      attempt(() => connection.sendfile(gone))
      connection.end()
      attempt(() => connection.sendfile(file))
    },
  })
  await buffer(client)
  expect(thrown).toEqual(['ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE', 'ERR_OUT_OF_RANGE', 'EBADF', 'EPIPE'])
  expect(isOpen(file.fd)).toBe(true)
  file.close()
})

test('after the connection is closed the file is closed, and the result is false', async () => {
  const results: unknown[] = []
  const file = opened()
  const { client } = await served({
    open(connection) {
      connection.destroy()
      results.push(connection.sendfile(file), file.fd)
    },
  })
  client.on('error', () => undefined)
  while (results.length === 0) await sleep(5)
  expect(results).toEqual([false, -1])
})
