// The gateway, and its application on `serve`: by curl and by raw bytes.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { example } from '../support/child.js'
import type { Child } from '../support/child.js'
import { HttpClient } from '../support/http-exchange.js'
import { tool } from '../support/tools.js'

const hasCurl = tool('curl')

async function exchange(port: number, bytes: string): Promise<string> {
  const client = new HttpClient({ address: port })
  client.send(bytes)
  return client.end()
}

async function stop(server: Child): Promise<void> {
  server.process.kill('SIGINT')
  expect(await server.ended).toEqual({ code: 0, signal: null })
}

const get = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n')

const list = /^<!doctype html>\n<title>Products<\/title>.*Stream socket<\/a>: 12.00.*<\/ul>\n$/s

describe.each([
  ['gateway', []],
  ['gateway', ['--threads']],
  ['gateway-on-serve', []],
] as [string, string[]][])('%s %j', (name, options) => {
  test.skipIf(!hasCurl)(`serves curl${hasCurl ? '' : ' (skipped: curl is not installed)'}`, async () => {
    const server = example(name, ...options)
    const port = await server.port()
    const curl = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)('curl', ['-sS', '--max-time', '20', ...args])).stdout
    const url = `http://localhost:${port}`
    expect(await curl('-4', '-X', 'GET', `${url}/products/`)).toMatch(list)
    expect(await curl('-4', '--http1.0', `${url}/products/`)).toMatch(list)
    expect(await curl('-4', '-i', `${url}/products/2`)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*<h1>Datagram socket<\/h1>\n$/s)
    expect(await curl('-4', '-d', 'posted', `${url}/echo`)).toBe('posted')
    expect(await curl('-4', '-d', 'x'.repeat(50_000), '-H', 'Expect: 100-continue', `${url}/echo`)).toHaveLength(50_000)
    expect(await curl('-4', '-I', `${url}/products/`)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    const statuses = await curl('-4', '-o', '/dev/null', '-w', '%{http_code} ', `${url}/products/9`)
    expect(
      statuses + (await curl('-4', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'PUT', `${url}/products/`)),
    ).toBe('404 405')
    await stop(server)
  })

  test('answers several requests on one connection, until Connection: close', async () => {
    const server = example(name, ...options)
    const answer = await exchange(
      await server.port(),
      get('/products/1') + get('/products/2') + get('/products/3', 'Connection: close') + get('/never'),
    )
    expect(answer.match(/<h1>.*?<\/h1>/g)).toEqual([
      '<h1>Stream socket</h1>',
      '<h1>Datagram socket</h1>',
      '<h1>Socket pair</h1>',
    ])
    expect(answer.match(/HTTP\/1.1 200/g)).toHaveLength(3)
    await stop(server)
  })

  test('answers 500 where the application throws', async () => {
    const server = example(name, ...options)
    const port = await server.port()
    expect(await exchange(port, get('/fails', 'Connection: close'))).toMatch(
      /^HTTP\/1\.1 500 Internal Server Error\r\n/,
    )
    expect(await exchange(port, get('/products/1', 'Connection: close'))).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(server.stderr).toContain('the application has failed')
    await stop(server)
  })
})

describe('gateway', () => {
  test.each([
    ['a request line of 65,536 bytes', get(`/${'a'.repeat(65_536 - 14)}`, 'Connection: close'), 404],
    ['one byte more', get(`/${'a'.repeat(65_536 - 13)}`), 414],
    ['a request line without an end', 'a'.repeat(200_000), 414],
    ['a header line that is too long', get('/', `X: ${'a'.repeat(65_540)}`), 431],
    ['too many headers', get('/', ...Array.from({ length: 101 }, (_, i) => `X-${i}: 1`)), 431],
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['a bare LF', 'GET / HTTP/1.1\nHost: x\n\n', 400],
    ['a space before the colon', get('/', 'X : 1'), 400],
    ['two lengths', get('/', 'Content-Length: 1', 'Content-Length: 1'), 400],
    ['a length and a coding', get('/', 'Content-Length: 1', 'Transfer-Encoding: chunked'), 400],
    ['a coding', get('/', 'Transfer-Encoding: chunked'), 501],
    ['an invalid length', get('/', 'Content-Length: +1'), 400],
    ['a body that is too large', get('/', 'Content-Length: 1048577') + 'x'.repeat(300_000), 413],
    ['an invalid host', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
  ])('%s', async (_, bytes, status) => {
    const server = example('gateway')
    expect((await exchange(await server.port(), bytes)).slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
    await stop(server)
  })

  test('sends each piece of the body as the application yields it', async () => {
    const server = example('gateway')
    const answer = await exchange(await server.port(), get('/products/', 'Connection: close'))
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
    expect(answer).toMatch(/\r\ntransfer-encoding: chunked\r\n/)
    expect(body.match(/^[0-9a-f]+\r\n/gm)!.length).toBe(6) // five pieces and the last chunk
    await stop(server)
  })

  test('with threads, a slow request does not hold up the next; without, it does', async () => {
    for (const [options, expected] of [
      [['--threads'], ['quick', 'slow']],
      [[], ['slow', 'quick']],
    ] as const) {
      const server = example('gateway', ...options)
      const port = await server.port()
      const order: string[] = []
      const slow = new HttpClient({ address: port })
      slow.send(get('/slow', 'Connection: close'))
      await once(slow.socket, 'connect')
      await new Promise(resolve => setTimeout(resolve, 200))
      const quick = exchange(port, get('/products/1', 'Connection: close')).then(() => order.push('quick'))
      await Promise.all([slow.end().then(() => order.push('slow')), quick])
      expect(order).toEqual(expected)
      await stop(server)
    }
  })

  test('survives clients that reset or send nothing', async () => {
    const server = example('gateway')
    const port = await server.port()
    for (const bytes of ['', 'GET / HT', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab']) {
      const client = new HttpClient({ address: port })
      await once(client.socket, 'connect')
      client.send(bytes)
      await new Promise(resolve => setTimeout(resolve, 20))
      client.socket.resetAndDestroy()
    }
    const silent = new HttpClient({ address: port })
    await once(silent.socket, 'connect')
    expect(await exchange(port, get('/products/1', 'Connection: close'))).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(await silent.end()).toBe('')
    await stop(server)
  })
})
