import { AF_UNIX, createServer, SO_SNDBUF, SOCK_STREAM, Socket, SOL_SOCKET } from 'bsd-sockets'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'

const directory = mkdtempSync(join(tmpdir(), 'sendfile-'))
afterAll(() => rmSync(directory, { recursive: true }))
const path = join(directory, 'file')
const content = randomBytes(8 * 1024 * 1024)
writeFileSync(path, content)

function file(): number {
  const fd = openSync(path, 'r')
  onTestFinished(() => closeSync(fd))
  return fd
}

/** Two connected sockets, over TCP or as a pair. */
function connected(tcp: boolean): [Socket, Socket] {
  const ends = tcp ? overTcp() : Socket.pair(AF_UNIX, SOCK_STREAM)
  onTestFinished(() => ends.forEach(end => end.close()))
  return ends
}

function overTcp(): [Socket, Socket] {
  using server = createServer(['127.0.0.1', 0])
  const client = new Socket()
  client.connect(server.getsockname())
  return [client, server.accept()[0]]
}

test.each([
  ['TCP', true],
  ['a Unix socket', false],
])('sends a whole file over %s, even if there is little room', async (_, tcp) => {
  const [here, there] = connected(tcp)
  here.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 17)
  const program = `const hash = require('crypto').createHash('sha256')
    process.stdin.on('data', chunk => hash.update(chunk)).on('end', () => console.log(hash.digest('hex')))`
  const reader = spawn(process.execPath, ['-e', program], { stdio: [there.fd, 'pipe', 'inherit'] })
  there.close()
  expect(here.sendfile(file())).toBe(content.length)
  here.close()
  const [digest] = (await once(reader.stdout!.setEncoding('utf8'), 'data')) as [string]
  expect(digest.trim()).toBe(createHash('sha256').update(content).digest('hex'))
})

test('a part of a file, by its offset and length; the file keeps its own position', async () => {
  const [here, there] = connected(true)
  const fd = file()
  expect(here.sendfile(fd, 1000, 500)).toBe(500)
  expect(there.recv(4096)).toEqual(content.subarray(1000, 1500))
  const first = Buffer.alloc(10)
  readSync(fd, first, 0, 10, null)
  expect(first).toEqual(content.subarray(0, 10))
  const handle = await open(path)
  onTestFinished(() => handle.close())
  expect(here.sendfile(handle, content.length - 7)).toBe(7)
  expect(there.recv(4096)).toEqual(content.subarray(-7))
})

test('it ends at the end of the file', () => {
  const [here, there] = connected(false)
  expect(here.sendfile(file(), content.length - 3, 100)).toBe(3)
  expect(here.sendfile(file(), content.length + 1)).toBe(0)
  expect(here.sendfile(file(), 0, 0)).toBe(0)
  expect(there.recv(4096)).toHaveLength(3)
})

test('trySendfile is one call: it sends as much as there is room for, then returns null', () => {
  const [here, there] = connected(true)
  const fd = file()
  const sent = here.trySendfile(fd, 0, content.length)!
  expect(sent).toBeGreaterThan(0)
  expect(sent).toBeLessThan(content.length)
  let offset = sent
  for (let count; (count = here.trySendfile(fd, offset)) !== null; offset += count);
  const chunks: Buffer[] = []
  for (let left = offset; left > 0; left -= chunks.at(-1)!.length) chunks.push(there.recv(left))
  expect(Buffer.concat(chunks).equals(content.subarray(0, offset))).toBe(true)
})

test('an error has the number of bytes sent', () => {
  const [here, there] = connected(true)
  here.settimeout(20)
  const timeout = expect.objectContaining({ name: 'TimeoutError', syscall: 'sendfile', sent: expect.any(Number) })
  expect(() => here.sendfile(file())).toThrow(timeout)
  there.close()
  expect(() => {
    for (;;) here.sendfile(file())
  }).toThrow(expect.objectContaining({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/), syscall: 'sendfile' }))
})

test('a closed descriptor or one that is not a file is an error; a wrong argument is reported', async () => {
  const [here, there] = connected(false)
  const handle = await open(path)
  await handle.close()
  expect(() => here.sendfile(handle)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  expect(() => here.sendfile(2 ** 31 - 1)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  expect(() => here.sendfile(there)).toThrow(expect.objectContaining({ syscall: 'sendfile' }))
  expect(() => here.sendfile(file(), -1)).toThrow(/"offset"/)
  expect(() => here.sendfile(file(), 0.5)).toThrow(RangeError)
  expect(() => here.sendfile(file(), 0, 1.5)).toThrow(RangeError)
  expect(() => here.sendfile('file' as never)).toThrow(TypeError)
  expect(there.tryRecv(1)).toBeNull()
})
