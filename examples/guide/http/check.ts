import assert from 'node:assert/strict'
import { ConnectionError, options, setOption } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets/promises'
import type { Check, Running } from '../running.js'
import { exactly, rest } from '../running.js'

/** Sends this in pieces of so many bytes, each by itself. */
async function send(client: Socket, text: string, size: number): Promise<void> {
  setOption(client, options.tcpNoDelay, true)
  for (let at = 0; at < text.length; at += size) {
    await client.sendall(text.slice(at, at + size))
    if (size < text.length) await new Promise(resolve => setTimeout(resolve, 1))
  }
}

/** Receives one answer, whose Content-Length tells where it ends: the status and the body. */
async function answer(client: Socket): Promise<[status: number, body: string]> {
  let head = ''
  while (!head.endsWith('\r\n\r\n')) {
    const byte = await exactly(client, 1)
    assert.notEqual(byte, '', `the connection has ended within the head of an answer: ${JSON.stringify(head)}`)
    head += byte
  }
  const [, status] = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n/.exec(head) ?? []
  const [, length] = /^content-length: *(\d+)\r$/im.exec(head) ?? []
  assert.ok(
    status !== undefined && length !== undefined,
    `a status and a Content-Length are in ${JSON.stringify(head)}`,
  )
  return [Number(status), await exactly(client, Number(length))]
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
const head = (...lines: string[]): string => ['POST /a HTTP/1.1', 'Host: localhost', ...lines, '\r\n'].join('\r\n')
const chunked = 'Transfer-Encoding: chunked'
const twice = head('Content-Length: 5', chunked)

/** What a server from nothing gets wrong. */
async function mistakes(server: Running): Promise<void> {
  const bodies = ['', 'hello', '5\r\nhello\r\n0\r\n\r\n']
  for (const [i, lines] of [[], ['Content-Length: 5'], [chunked]].entries()) {
    const client = await server.connected()
    await client.sendall(`${head(...lines)}${bodies[i]}${get('/b')}`)
    assert.deepEqual(await answer(client), [200, 'POST /a\n'], 'the answer knows nothing of the body')
    assert.equal(await rest(client), '', 'the second request has no answer')
    client.close()
  }
  const large = await server.connected()
  await large.sendall(head('Content-Length: 100000') + 'x'.repeat(100_000))
  await assert.rejects(rest(large), ConnectionError, 'bytes that the server has not received make its close a reset')
}

/** What the parser of the package does instead. */
async function cures(server: Running): Promise<void> {
  for (const size of [1, 1000]) {
    const client = await server.connected()
    await send(client, `${head('Content-Length: 5')}hello${head(chunked)}5\r\nworld\r\n0\r\n\r\n${get('/b')}`, size)
    for (const body of ['POST /a\nhello', 'POST /a\nworld', 'GET /b\n'])
      assert.deepEqual(await answer(client), [200, body])
    client.close()
  }
  const client = await server.connected()
  await client.sendall(twice)
  assert.equal((await answer(client))[0], 400, 'two lengths are refused')
}

export const checks: Check = {
  async program(start) {
    const ways = (await start('ways').finished()).trimEnd().split(' ')
    assert.equal(ways[0], 'nothing')
    for (const way of ways) {
      const server = start(way)
      for (const size of [1, 1000]) {
        const client = await server.connected()
        await send(client, get('/products?id=1'), size)
        assert.match((await answer(client))[1], /^GET \/products/)
        client.close()
      }
      const wrong = await server.connected()
      await wrong.sendall('hello\r\n\r\n')
      assert.equal((await answer(wrong))[0], 400)
      // Half a head: does another client get an answer?
      const [slow, other] = [await server.connected(), await server.connected()]
      await slow.sendall('GET /slow HTTP/1.1\r\n')
      await other.sendall(get('/other'))
      const waits = other.recv(1, { timeout: 300 }).then(
        () => false,
        () => true,
      )
      assert.equal(await waits, way === 'nothing', 'half a head holds up all others')
      slow.close()
      other.close()
      await (way === 'nothing' ? mistakes(server) : cures(server))
    }
  },

  async exercise(start) {
    const server = start()
    const tricky = 'a\r\n\r\nGET / HTTP/1.1\r\n\r\n' // looks like the end of a head
    const requests: [request: string, body: string][] = [
      [`${head('Content-Length: 5')}hello`, 'hello'],
      [get('/'), ''],
      [head('content-LENGTH:0'), ''],
      [`${head(`Content-Length: ${tricky.length}`)}${tricky}`, tricky],
      [`${head(chunked)}5\r\nhello\r\n10;name=value\r\n, this is a body\r\n0\r\n\r\n`, 'hello, this is a body'],
      [
        `${head('transfer-encoding:Chunked')}${tricky.length.toString(16)}\r\n${tricky}\r\n0\r\nTrailer: x\r\n\r\n`,
        tricky,
      ],
      [`${head('Content-Length: 3')}end`, 'end'],
    ]
    const all = requests.map(([request]) => request).join('')
    for (const size of [all.length, 7, 1]) {
      const client = await server.connected()
      const sent = send(client, all, size)
      sent.catch(() => undefined) // is reported below, unless an answer is wrong before
      for (const [request, body] of requests)
        assert.deepEqual(await answer(client), [200, body], `the answer to ${JSON.stringify(request)}`)
      await sent
      client.close()
    }
    const refused = [
      twice,
      head('Content-Length: five'),
      head('Content-Length: 5', 'Content-Length: 6'),
      `${head(chunked)}five\r\n`,
      'hello\r\n\r\n',
    ]
    for (const request of refused) {
      const client = await server.connected()
      await client.sendall(`${head('Content-Length: 2')}ok${request}`)
      assert.deepEqual(await answer(client), [200, 'ok'], 'the answer to the request before')
      assert.equal((await answer(client))[0], 400, `the status for ${JSON.stringify(request)}`)
      assert.equal(await rest(client), '', 'the end of the connection, after 400')
      client.close()
    }
  },
}
