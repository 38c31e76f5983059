import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { answerBytes } from './http-cases.js'
import { HttpClient } from './http-exchange.js'
import type { HttpServer } from './http-exchange.js'

type Start = (...options: readonly string[]) => Promise<HttpServer>

const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const hello = answerBytes({ status: 200, body: 'hello world\n' })
const helloClose = answerBytes({ status: 200, body: 'hello world\n', connection: 'close' })
const continues = answerBytes({ status: 100 })
const type = 'application/octet-stream'

function post(body: string, ...headers: readonly string[]): string {
  const lines = ['POST /echo HTTP/1.1', 'Host: x', `Content-Length: ${body.length}`, ...headers]
  return lines.join('\r\n') + '\r\n\r\n' + body
}

/** Starts a server, passes it to the test, and expects it to stop by itself. */
async function serving(start: Start, options: readonly string[], use: (server: HttpServer) => Promise<void>) {
  const server = await start(...options)
  try {
    await use(server)
    expect(await server.stop()).toBe(0)
  } finally {
    server.process.kill('SIGKILL')
  }
}

function declareConversation(start: Start): void {
  test('a connection is kept for one request after another', () =>
    serving(start, [], async server => {
      const client = new HttpClient(server)
      for (let count = 1; count <= 50; count++) {
        client.send(get)
        await client.has(hello.repeat(count))
      }
      client.finish()
      expect(await client.end()).toBe(hello.repeat(50))
    }))

  test('a slow sender is waited for', () =>
    serving(start, [], async server => {
      const client = new HttpClient(server)
      for (const piece of ['GET', ' / HTTP', '/1.1\r', '\nHost: x\r\n', '\r\n' + post('abc').slice(0, -2), 'bc']) {
        client.send(piece)
        await setTimeout(20)
      }
      client.finish()
      expect(await client.end()).toBe(hello + answerBytes({ status: 200, body: 'abc', type }))
    }))

  test('the content is asked for when the client waits for that', () =>
    serving(start, [], async server => {
      const client = new HttpClient(server)
      const request = post('abc', 'Expect: 100-continue', 'Connection: close')
      client.send(request.slice(0, -3))
      await client.has(continues)
      client.send('abc')
      const answer = answerBytes({ status: 200, body: 'abc', type, connection: 'close' })
      expect(await client.end()).toBe(continues + answer)
    }))

  test('a client that has done sending gets its answers', () =>
    serving(start, [], async server => {
      const client = new HttpClient(server)
      client.send(get.repeat(3))
      client.finish()
      expect(await client.end()).toBe(hello.repeat(3))
    }))

  test('a client that has done sending and reads late gets its last answer', () =>
    serving(start, ['--max-body', '6000000'], async server => {
      const client = new HttpClient(server)
      const body = 'a'.repeat(6_000_000) // more than the buffers of both sockets
      client.socket.pause()
      client.send(post(body, 'Connection: close'))
      client.finish()
      await once(client.socket, 'finish')
      await setTimeout(200)
      client.socket.resume()
      expect((await client.end()) === answerBytes({ status: 200, body, type, connection: 'close' })).toBe(true)
    }))

  test('a client that reads late gets everything in order', () =>
    serving(start, [], async server => {
      const client = new HttpClient(server)
      const bodies = Array.from({ length: 300 }, (_, i) => String.fromCharCode(65 + (i % 26)).repeat(50_000 + i))
      client.socket.pause()
      client.send(bodies.map(body => post(body)).join(''))
      await setTimeout(300)
      client.finish()
      client.socket.resume()
      expect(await client.end()).toBe(bodies.map(body => answerBytes({ status: 200, body, type })).join(''))
    }))

  test('a client that resets harms no other', () =>
    serving(start, [], async server => {
      for (const piece of ['', 'GET / HT', post('abc').slice(0, -1), get.repeat(1000)]) {
        const client = new HttpClient(server)
        client.send(get)
        await client.has(hello)
        client.send(piece)
        await setTimeout(5)
        client.socket.resetAndDestroy()
      }
      const client = new HttpClient(server)
      client.send('GET / HTTP/1.0\r\n\r\n')
      expect(await client.end()).toBe(helloClose)
    }))
}

function declareLimits(start: Start): void {
  const timedOut = answerBytes({ status: 408, connection: 'close' })

  test.each([
    ['a head that does not come', ['--header-timeout', '200'], 'GET / HTTP/1.1\r\nHos', timedOut],
    ['content that does not come', ['--body-timeout', '200'], post('abc').slice(0, -1), timedOut],
    ['a client that says nothing', ['--header-timeout', '200'], '', ''],
    ['a client that says nothing more', ['--idle-timeout', '200'], get, hello],
    ['a head that comes too slowly', ['--header-timeout', '200'], get + 'GET ', hello + timedOut],
  ])('%s is given up', (_, options, bytes, expected) =>
    serving(start, options, async server => {
      const client = new HttpClient(server)
      client.send(bytes)
      expect(await client.end()).toBe(expected)
    }),
  )

  test.each([
    ['--max-request-line', '65536', `GET /${'a'.repeat(65536 - 14)} HTTP/1.1\r\nHost: x\r\n\r\n`, 404],
    ['--max-request-line', '65536', `GET /${'a'.repeat(65536 - 13)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
    ['--max-request-line', '13', get, 414],
    ['--max-headers', '1', get, 200],
    ['--max-headers', '0', get, 431],
    ['--max-header-bytes', '7', get, 431],
    ['--max-body', '3', post('abc'), 200],
    ['--max-body', '2', post('abc'), 413],
  ])('%s %s', (name, value, bytes, status) =>
    serving(start, [name, value], async server => {
      const client = new HttpClient(server)
      client.send(bytes)
      client.finish()
      expect(await client.end()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    }),
  )

  test('above --max-connections a client waits for another to go', () =>
    serving(start, ['--max-connections', '1'], async server => {
      const first = new HttpClient(server)
      first.send(get)
      await first.has(hello)
      const second = new HttpClient(server)
      second.send('GET / HTTP/1.0\r\n\r\n')
      first.socket.destroy()
      expect(await second.end()).toBe(helloClose)
    }))
}

function declareStop(start: Start): void {
  test('a stop lets the request under way finish', () =>
    serving(start, [], async server => {
      const client = new HttpClient(server)
      client.send(post('abc', 'Expect: 100-continue').slice(0, -3))
      await client.has(continues)
      const stopped = server.stop()
      client.send('abc')
      const answer = await client.end()
      expect(await stopped).toBe(0)
      // The rest may arrive before the signal.
      const kept = answerBytes({ status: 200, body: 'abc', type })
      const closed = answerBytes({ status: 200, body: 'abc', type, connection: 'close' })
      expect([continues + kept, continues + closed]).toContain(answer)
    }))

  test('a stop closes a connection that is idle', () =>
    serving(start, [], async server => {
      const client = new HttpClient(server)
      client.send(get)
      await client.has(hello)
      const stopped = server.stop()
      expect(await client.end()).toBe(hello)
      expect(await stopped).toBe(0)
    }))
}

/**
 * Declares the tests that need more than bytes in and bytes out: timeouts, limits, and the stop. Each test has its own
 * server. Several run concurrently, since most of their time is waiting.
 */
export function declareHttpBehaviour(start: Start): void {
  describe.concurrent('conversation', () => declareConversation(start))
  describe.concurrent('limits', () => declareLimits(start))
  describe.concurrent('stop', () => declareStop(start))
}
