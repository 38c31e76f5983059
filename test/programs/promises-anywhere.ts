// Tests the promises Socket on any runtime, without a test runner. Prints `ok` and the number of tests.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AF_INET, AF_UNIX, SOCK_DGRAM } from 'bsd-sockets'
import { createConnection, createServer, getaddrinfo, Socket } from 'bsd-sockets/promises'

let passed = 0
async function test(name: string, body: () => Promise<void>): Promise<void> {
  try {
    await body()
    passed++
  } catch (error) {
    console.error(`failed: ${name}`)
    throw error
  }
}

async function echoServer(): Promise<{ server: Socket; port: number }> {
  const server = await createServer(['127.0.0.1', 0])
  const address = server.getsockname()
  assert('port' in address)
  const echo = async (client: Socket): Promise<void> => {
    for await (const chunk of client.chunks()) await client.sendall(chunk)
    client.close()
  }
  void (async () => {
    for await (const [client] of server.connections()) void echo(client)
  })()
  return { server, port: address.port }
}

async function receiveAll(socket: Socket, size: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let left = size; left > 0;) {
    const chunk = await socket.recv(left)
    assert(chunk.length > 0, 'the peer ended too soon')
    chunks.push(chunk)
    left -= chunk.length
  }
  return Buffer.concat(chunks)
}

const { server, port } = await echoServer()

await test('echoes', async () => {
  using client = await createConnection(['localhost', port])
  await client.sendall('hello world!')
  assert.equal(String(await receiveAll(client, 12)), 'hello world!')
})

await test('a hundred at once', async () => {
  await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      using client = new Socket()
      await client.connect(['127.0.0.1', port])
      for (let round = 0; round < 10; round++) {
        await client.sendall(`client ${i}, round ${round}`)
        const expected = `client ${i}, round ${round}`
        assert.equal(String(await receiveAll(client, expected.length)), expected)
      }
    }),
  )
})

await test('eight megabytes, in both directions at once', async () => {
  using client = new Socket()
  await client.connect(['127.0.0.1', port])
  const bytes = Buffer.alloc(8 << 20, 'bsd-sockets')
  const [received] = await Promise.all([receiveAll(client, bytes.length), client.sendall(bytes)])
  assert(received.equals(bytes))
})

await test('a timeout loses no data', async () => {
  const [one, other] = Socket.pair()
  await assert.rejects(one.recv(10, { timeout: 20 }), { code: 'ETIMEDOUT', name: 'TimeoutError' })
  await other.sendall('late')
  assert.equal(String(await one.recv(10)), 'late')
  one.close()
  other.close()
})

await test('an abort loses no data', async () => {
  const [one, other] = Socket.pair()
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 20)
  await assert.rejects(one.recv(10, { signal: controller.signal }), { name: 'AbortError', code: 'ABORT_ERR' })
  await other.sendall('late')
  assert.equal(String(await one.recv(10)), 'late')
  one.close()
  other.close()
})

await test('close rejects the waiters', async () => {
  const [one, other] = Socket.pair()
  const waits = [one.recv(10), one.recv(10)]
  one.close()
  for (const wait of waits) await assert.rejects(wait, { code: 'ECANCELED' })
  await assert.rejects(one.recv(10), { code: 'EBADF' })
  other.close()
})

await test('waiters are served in order', async () => {
  const [one, other] = Socket.pair()
  const waits = [one.recv(1), one.recv(1), one.recv(1)]
  await other.sendall('abc')
  assert.deepEqual((await Promise.all(waits)).map(String), ['a', 'b', 'c'])
  one.close()
  other.close()
})

await test('refused', async () => {
  using socket = new Socket()
  await assert.rejects(socket.connect(['127.0.0.1', 1]), {
    message: 'connect ECONNREFUSED 127.0.0.1:1',
    name: 'ConnectionRefusedError',
  })
})

await test('datagrams', async () => {
  using one = new Socket(AF_INET, SOCK_DGRAM)
  using other = new Socket(AF_INET, SOCK_DGRAM)
  one.bind(['127.0.0.1', 0])
  other.bind(['127.0.0.1', 0])
  const received = one.recvfrom(100)
  await other.sendto('ping', one.getsockname())
  const [bytes, from] = await received
  assert.equal(String(bytes), 'ping')
  assert.deepEqual(from, other.getsockname())
})

await test('a Unix path', async () => {
  const path = join(tmpdir(), `bsd-sockets-${process.pid}.sock`)
  using listener = new Socket(AF_UNIX)
  listener.bind(path)
  listener.listen()
  using client = new Socket(AF_UNIX)
  const accepted = listener.accept()
  await client.connect(path)
  const [peer] = await accepted
  await peer.sendall('over a path')
  assert.equal(String(await client.recv(100)), 'over a path')
  peer.close()
  rmSync(path)
})

await test('names', async () => {
  const [info] = await getaddrinfo('127.0.0.1', 80)
  assert.equal(info?.address.family, 'IPv4')
  await assert.rejects(getaddrinfo('no-such-name.invalid', 80), { name: 'GaiError' })
})

server.close()
console.log(`ok ${passed}`)
