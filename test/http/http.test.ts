// `serve` of bsd-sockets/http, with fetch, node:http, curl and raw sockets as clients.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { MSG_OOB, SO_LINGER, Socket, SOL_SOCKET } from 'bsd-sockets'
import { fetchHandler, serve, serveInWorkers } from 'bsd-sockets/http'
import type { Handler, HttpRequest, HttpResponse, HttpServer, ServeOptions, StreamingBody } from 'bsd-sockets/http'
import { createConnection } from 'bsd-sockets/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Service } from '../../lib/tested.js'
import { HttpClient } from '../support/http-exchange.js'
import { tool } from '../support/tools.js'

const hasCurl = tool('curl')

const lockedStream = new ReadableStream<Uint8Array>()
lockedStream.getReader()

/** Starts a server. `errors`: what its handlers threw, in order. */
function start(handler: Handler, options: ServeOptions = {}) {
  const errors: unknown[] = []
  const server = serve(handler, { error: error => void errors.push(error), ...options })
  onTestFinished(() => server.close())
  return Object.assign(server, { errors })
}

const urlOf = ({ port }: HttpServer, path = '/'): string => `http://127.0.0.1:${port}${path}`

/** Sends bytes on a new connection and returns all that the server sends until it ends. */
async function exchange({ port }: HttpServer, bytes: string): Promise<string> {
  const client = new HttpClient({ address: port })
  client.send(bytes)
  return client.end()
}

const get = (path = '/', ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n')

const last = (path = '/'): string => get(path, 'Connection: close')

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(5)
}

/** A promise and the functions that settle it. */
function deferred<T = void>() {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((...both) => ([resolve, reject] = both))
  return { promise, resolve, reject }
}

describe('requests', () => {
  test('keep their parts after later requests', async () => {
    const seen: HttpRequest[] = []
    const server = start(request => {
      seen.push(request)
      return { body: `${request.method} ${request.target}` }
    })
    const first = 'PUT http://a.b:81/x/y?q=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\nCookie: c=1\r\nCookie: d=2\r\n'
    const typed = 'Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 3\r\n\r\nabc'
    const partial = new HttpClient({ address: server.port })
    partial.send('GET /partial/of/a/request HTTP/1.1\r\nHost: y\r\nX-Long: ')
    const answer = await exchange(server, first + typed + last('/second?'))
    expect(answer).toContain('\r\n\r\nPUT http://a.b:81/x/y?q=1HTTP/1.1 200')
    partial.socket.destroy()
    const [request, second] = seen as [HttpRequest, HttpRequest]
    expect({ ...request.headers }).toEqual({
      host: 'h',
      'x-a': '1, 2',
      cookie: 'c=1; d=2',
      'content-type': 'a/b',
      'content-length': '3',
    })
    const { method, target, path, query, authority, version, keepAlive } = request
    expect({ method, target, path, query, authority, version, keepAlive }).toEqual({
      method: 'PUT',
      target: 'http://a.b:81/x/y?q=1',
      path: '/x/y',
      query: 'q=1',
      authority: 'a.b:81',
      version: '1.1',
      keepAlive: true,
    })
    expect(request.body.toString()).toBe('abc')
    expect(request.header('x-a')).toBe('1, 2')
    expect(request.header('constructor')).toBeUndefined()
    expect([second.path, second.query, second.keepAlive, second.body.length]).toEqual(['/second', '', false, 0])
  })

  test('of an asynchronous handler keep their parts while another arrives in pieces', async () => {
    const gate = deferred()
    const server = start(async request => {
      await gate.promise
      return { body: `${request.path} ${request.header('x')}` }
    })
    const answer = exchange(server, get('/mine', 'X: 1', 'Connection: close'))
    await sleep(20)
    const other = new HttpClient({ address: server.port })
    other.send('DELETE /somebody/elses HTTP/1.1\r\nHost: somebody.else\r\nX: 2')
    await sleep(20)
    gate.resolve()
    expect(await answer).toMatch(/\r\n\r\n\/mine 1$/)
    other.socket.destroy()
  })

  test('have bodies with a length or in chunks, of any size up to the limit', async () => {
    const server = start(({ body }) => ({ body }), { limits: { body: 5_000_000 } })
    const bytes = Buffer.alloc(5_000_000, 'abcdefghijklm')
    const sized = await fetch(urlOf(server), { method: 'POST', body: bytes })
    expect(Buffer.from(await sized.arrayBuffer()).equals(bytes)).toBe(true)
    const pieces = Readable.from(Array.from({ length: 50 }, (_, i) => bytes.subarray(i * 100_000, (i + 1) * 100_000)))
    const chunked = await fetch(urlOf(server), {
      method: 'POST',
      body: Readable.toWeb(pieces),
      duplex: 'half',
    } as never)
    expect(Buffer.from(await chunked.arrayBuffer()).equals(bytes)).toBe(true)
    const more = await exchange(server, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000001\r\n\r\n')
    expect(more).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('above a limit are refused: 413, 414, 431', async () => {
    const limits = { requestLine: 40, headerCount: 2, headerBytes: 60, body: 3 }
    const server = start(() => ({}), { limits })
    const status = async (bytes: string): Promise<string> => (await exchange(server, bytes)).slice(9, 12)
    expect(await status(last('/'))).toBe('200')
    expect(await status(last(`/${'a'.repeat(40)}`))).toBe('414')
    expect(await status(get('/', 'A: 1', 'B: 2'))).toBe('431')
    expect(await status(get('/', `A: ${'a'.repeat(60)}`))).toBe('431')
    expect(await status('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n')).toBe('413')
    expect(await status('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd')).toBe('413')
  })

  test.each([
    [{ limits: { body: -1 } }, /"limits.body".*-1/],
    [{ limits: { requestLine: 65_537 } }, /"limits.requestLine".*65_?537/],
    [{ limits: { headerCount: NaN } }, /"limits.headerCount".*NaN/],
    [{ timeouts: { idle: -5 } }, /-5/],
  ])('%j is refused', (options, message) => {
    expect(() => serve(() => ({}), options)).toThrow(RangeError)
    expect(() => serve(() => ({}), options)).toThrow(message)
  })
})

describe('timeouts', () => {
  const limitsOf = (timeouts: ServeOptions['timeouts']): Readonly<Record<string, number>> =>
    new Service(() => ({}), { timeouts }).timeouts

  test.each([
    [null, Infinity],
    [Infinity, Infinity],
    [0, Infinity],
    [-0, Infinity],
    [0.25, 0.25],
    [2 ** 31, 2 ** 31],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [undefined, 60_000],
  ])('of %j are accepted', (idle, kept) => {
    expect(limitsOf({ idle } as never)).toMatchObject({ idle: kept, first: 10_000 })
  })

  test.each([
    [NaN, 'ERR_OUT_OF_RANGE'],
    [-1, 'ERR_OUT_OF_RANGE'],
    [-Infinity, 'ERR_OUT_OF_RANGE'],
    ['5', 'ERR_INVALID_ARG_TYPE'],
    [true, 'ERR_INVALID_ARG_TYPE'],
    [5n, 'ERR_INVALID_ARG_TYPE'],
  ])('of %s are refused', async (timeout, code) => {
    for (const name of ['first', 'idle', 'head', 'body', 'write', 'linger', 'halfClose'])
      expect(() => serve(() => ({}), { timeouts: { [name]: timeout as never } })).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(`timeouts.${name}`) as string }),
      )
    const server = start(() => ({ body: 'on' }))
    await expect(server.stop({ timeout: timeout as never })).rejects.toMatchObject({ code })
    const client = new HttpClient({ address: server.port })
    client.send(get())
    await once(client.socket, 'data')
    expect(client.text).not.toMatch(/Connection: close/) // the server was not stopped
    client.socket.destroy()
  })

  test('of 0 and of null do not end', async () => {
    const server = start(() => ({ body: 'late' }), { timeouts: { first: 0, head: 0, idle: null } })
    const client = new HttpClient({ address: server.port })
    await sleep(600)
    client.send('GET / HTTP/1.1\r\nHost: x\r\n')
    await sleep(600)
    client.send('Connection: close\r\n\r\n')
    expect(await client.end()).toMatch(/late$/)
  })
})

test.each<[string, () => unknown]>([
  ['an address', () => serve(() => ({}), { address: 5 } as never)],
  ['options', () => serve(() => ({}), null as never)],
  ['a handler', () => serve(null as never)],
  ['options of fetchHandler', () => fetchHandler(() => new Response(), null as never)],
  ['options of a stop', () => start(() => ({})).stop(null as never)],
  ['options of workers', () => serveInWorkers('data:,', undefined as never)],
  ['a number of workers', () => serveInWorkers('data:,', {} as never)],
  ['a misspelt option of fetchHandler', () => fetchHandler(() => new Response(), { overrideGlobals: false } as never)],
  ['a misspelt option of a stop', () => start(() => ({})).stop({ timeOut: 5 } as never)],
  ['a misspelt option of workers', () => serveInWorkers('data:,', { workers: 1, limit: {} } as never)],
  ['a misspelt limit', () => serve(() => ({}), { limits: { bodies: 5 } as never })],
  ['a misspelt timeout', () => serve(() => ({}), { timeouts: { header: 5 } as never })],
])('%s: an invalid value is an error with a code', async (_, use) => {
  await expect(async () => await use()).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_(INVALID_ARG|OUT_OF_RANGE)/) as string,
  })
})

describe('responses', () => {
  test('have every kind of body', async () => {
    const bodies: Record<string, HttpResponse['body']> = {
      '/text': 'grüß',
      '/bytes': new Uint8Array([1, 2, 3]),
      '/part': new Uint8Array(Buffer.from('abcdef').buffer, 0, 0),
      '/view': new DataView(new Uint8Array([0, 65, 66, 0]).buffer, 1, 2),
      '/buffer': new Uint8Array([67, 68]).buffer,
      '/null': null,
    }
    const server = start(({ path }) => ({ body: bodies[path]! }))
    const result = async (path: string) => {
      const response = await fetch(urlOf(server, path))
      return [response.headers.get('content-type'), response.headers.get('content-length'), await response.text()]
    }
    expect(await result('/text')).toEqual(['text/plain; charset=utf-8', '6', 'grüß'])
    expect(await result('/bytes')).toEqual([null, '3', '\x01\x02\x03'])
    expect(await result('/part')).toEqual([null, '0', ''])
    expect(await result('/view')).toEqual([null, '2', 'AB'])
    expect(await result('/buffer')).toEqual([null, '2', 'CD'])
    expect(await result('/null')).toEqual([null, '0', ''])
    expect(server.errors).toEqual([])
  })

  test('of any size reach a client that reads late', async () => {
    const body = Buffer.alloc(20_000_000, 'The quick brown fox')
    const server = start(({ path }) => ({ body: path === '/text' ? body.toString() : body }))
    for (const path of ['/text', '/bytes']) {
      const client = new HttpClient({ address: server.port })
      client.socket.pause()
      client.send(last(path))
      await sleep(50)
      client.socket.resume()
      const answer = await client.end()
      expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(body.length)
      expect(answer.endsWith(body.subarray(-1000).toString())).toBe(true)
    }
  })

  test('have the status, the reason and the headers of the handler, in a fixed order', async () => {
    const server = start(({ path }) =>
      path === '/list'
        ? { headers: [['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2'], ['content-type', 'x/y']] } // prettier-ignore
        : { status: 299, statusText: 'Fine', headers: { 'X-N': 5, Via: ['a', 'b'], Date: 'today' }, body: 'x' },
    )
    expect(await exchange(server, get('/') + last('/list'))).toBe(
      'HTTP/1.1 299 Fine\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 1\r\nX-N: 5\r\nVia: a\r\nVia: b\r\n' +
        'Date: today\r\n\r\nx' +
        'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Type: x/y\r\nContent-Length: 0\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n' +
        'Connection: close\r\n\r\n',
    )
  })

  test('to HEAD and with 204 and 304 have no content, also where the body is a stream', async () => {
    let cancelled = 0
    const stream = (): ReadableStream<Uint8Array> => new ReadableStream({ cancel: () => ++cancelled } as never)
    const server = start(({ path }) => {
      if (path === '/stream') return { body: stream() }
      const status = Number(path.slice(1)) || 200
      return { status, body: path === '/204' ? stream() : 'hello' }
    })
    const head = (path: string): string => `HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
    expect(await exchange(server, head('/') + head('/stream') + get('/204') + get('/304') + last('/'))).toBe(
      'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nDate: -\r\nTransfer-Encoding: chunked\r\n\r\n' +
        'HTTP/1.1 204 No Content\r\nDate: -\r\n\r\n' +
        'HTTP/1.1 304 Not Modified\r\nDate: -\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n' +
        'Connection: close\r\n\r\nhello',
    )
    expect(cancelled).toBe(2)
  })

  test.each<[string, unknown, string]>([
    ['a line break in a value', { headers: { 'X-A': 'a\r\nX-B: b' } }, 'ERR_INVALID_CHAR'],
    ['a bare LF in a value', { headers: [['X-A', 'a\nb']] }, 'ERR_INVALID_CHAR'],
    ['NUL in a value', { headers: { 'X-A': ['a', 'b\0'] } }, 'ERR_INVALID_CHAR'],
    ['a character beyond Latin-1', { headers: { 'X-A': '\u010a' } }, 'ERR_INVALID_CHAR'],
    ['no value', { headers: { 'X-A': undefined } }, 'ERR_INVALID_CHAR'],
    ['a line break in a name', { headers: { 'X-A: b\r\nX-B': 'c' } }, 'ERR_INVALID_HTTP_TOKEN'],
    ['an empty name', { headers: { '': 'c' } }, 'ERR_INVALID_HTTP_TOKEN'],
    ['a line break in Content-Type', { headers: { 'content-type': 'a\r\nb' } }, 'ERR_INVALID_CHAR'],
    ['a line break in the reason', { statusText: 'OK\r\nX-B: c' }, 'ERR_INVALID_CHAR'],
    ['a wrong length', { headers: { 'Content-Length': 3 }, body: 'ab' }, 'ERR_HTTP_CONTENT_LENGTH_MISMATCH'],
    ['an invalid length', { headers: { 'Content-Length': '1e1' } }, 'ERR_HTTP_INVALID_HEADER_VALUE'],
    ['another coding', { headers: { 'Transfer-Encoding': 'gzip' } }, 'ERR_HTTP_INVALID_HEADER_VALUE'],
    ['another protocol', { headers: { Connection: 'Upgrade' } }, 'ERR_HTTP_INVALID_HEADER_VALUE'],
    ['a status below 100', { status: 99 }, 'ERR_OUT_OF_RANGE'],
    ['a status with a fraction', { status: 200.5 }, 'ERR_OUT_OF_RANGE'],
    ['a body that is a number', { body: 5 }, 'ERR_INVALID_ARG_TYPE'],
    ['a locked stream', { body: lockedStream }, 'ERR_INVALID_STATE'],
    ['headers that are a text', { headers: 'X-A: b' }, 'ERR_INVALID_ARG_TYPE'],
    ['headers that are a number', { headers: 5 }, 'ERR_INVALID_ARG_TYPE'],
    ['headers that are null', { headers: null }, 'ERR_INVALID_ARG_TYPE'],
    ['headers that are a function', { headers: () => ({}) }, 'ERR_INVALID_ARG_TYPE'],
    ['headers in a flat list', { headers: ['X-A', 'b'] }, 'ERR_INVALID_ARG_TYPE'],
    ['a header of one part', { headers: [['X-A']] }, 'ERR_INVALID_ARG_TYPE'],
    ['a header of three parts', { headers: [['X-A', 'b', 'c']] }, 'ERR_INVALID_ARG_TYPE'],
    ['a value that is an object', { headers: { 'X-A': {} } }, 'ERR_INVALID_CHAR'],
    ['a value that is null', { headers: [['X-A', null]] }, 'ERR_INVALID_CHAR'],
    ['a name that is a number', { headers: [[5, 'b']] }, 'ERR_INVALID_HTTP_TOKEN'],
    ['an undefined connection', { headers: { Connection: undefined } }, 'ERR_INVALID_CHAR'],
    ['no response', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['a response that is a text', 'hello', 'ERR_INVALID_ARG_TYPE'],
  ])('%s is a 500 without details', async (_, response, code) => {
    for (const handler of [() => response, async () => Promise.resolve(response)]) {
      const server = start(handler as Handler)
      expect(await exchange(server, last())).toBe(
        'HTTP/1.1 500 Internal Server Error\r\nDate: -\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n' +
          'Connection: close\r\n\r\n500 Internal Server Error\n',
      )
      expect(server.errors).toEqual([expect.objectContaining({ code })])
    }
  })

  test('may have Connection: close and the framing headers of frameworks', async () => {
    const server = start(({ path }) => ({
      headers:
        path === '/close' ? { connection: 'Close' } : { 'Transfer-Encoding': 'chunked', Connection: 'keep-alive' },
      body: 'x',
    }))
    const answer = await exchange(server, get('/') + get('/close') + get('/'))
    const type = 'Content-Type: text/plain; charset=utf-8\r\nContent-Length: 1\r\n'
    expect(answer).toBe(
      `HTTP/1.1 200 OK\r\nDate: -\r\n${type}\r\nxHTTP/1.1 200 OK\r\nDate: -\r\n${type}Connection: close\r\n\r\nx`,
    )
  })

  test('take headers from any iterable of pairs, and from an object', async () => {
    const kinds: HttpResponse['headers'][] = [
      new Headers([['x-a', '1'], ['Set-Cookie', 'a'], ['Set-Cookie', 'b']]), // prettier-ignore
      new Map([['x-a', '1']]),
      [['x-a', 1]],
      Object.assign(Object.create(null) as Record<string, string>, { 'x-a': '1' }),
    ]
    const server = start(({ path }) => ({ headers: kinds[Number(path.slice(1))] }))
    const answer = await exchange(server, get('/0') + get('/1') + get('/2') + last('/3'))
    expect(answer.match(/^x-a: 1\r$/gm)).toHaveLength(4)
    expect(answer.match(/^set-cookie: .\r$/gm)).toHaveLength(2)
    expect(server.errors).toEqual([])
  })

  test('keep a field named __proto__, as requests do', async () => {
    const server = start(request => {
      expect(Object.entries(request.headers)).toContainEqual(['__proto__', 'asked'])
      return { headers: { ['__proto__']: request.header('__proto__')!, 'X-A': '1' } }
    })
    const answer = await exchange(server, get('/', '__proto__: asked', 'Connection: close'))
    expect(answer).toMatch(/\r\n__proto__: asked\r\nX-A: 1\r\n/)
    expect(server.errors).toEqual([])
  })

  test('with 205 have no content, whatever the body', async () => {
    const bodies: HttpResponse['body'][] = ['text', Buffer.from('bytes'), ['pie', 'ces'], null]
    const server = start(({ path }) => ({
      status: 205,
      headers: { 'Content-Length': 9 },
      body: bodies[Number(path[1])]!,
    }))
    const answer = await exchange(server, get('/0') + get('/1') + get('/2') + last('/3'))
    expect(
      answer.split('\r\n\r\n').map(head => head.replace('Content-Type: text/plain; charset=utf-8\r\n', '')),
    ).toEqual([
      'HTTP/1.1 205 Reset Content\r\nDate: -\r\nContent-Length: 0',
      'HTTP/1.1 205 Reset Content\r\nDate: -\r\nContent-Length: 0',
      'HTTP/1.1 205 Reset Content\r\nDate: -\r\nContent-Length: 0',
      'HTTP/1.1 205 Reset Content\r\nDate: -\r\nContent-Length: 0\r\nConnection: close',
      '',
    ])
    expect(server.errors).toEqual([])
  })

  test('with Upgrade have Connection: Upgrade', async () => {
    const server = start(({ path }) => ({
      status: 426,
      headers: path === '/' ? { Upgrade: 'TLS/1.0' } : { Connection: 'close, upgrade', Upgrade: 'a, b' },
    }))
    expect(await exchange(server, get('/') + 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' + get('/list'))).toBe(
      'HTTP/1.1 426 Upgrade Required\r\nDate: -\r\nContent-Length: 0\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n' +
        'HTTP/1.1 426 Upgrade Required\r\nDate: -\r\nContent-Length: 0\r\nUpgrade: TLS/1.0\r\nConnection: keep-alive, Upgrade\r\n\r\n' +
        'HTTP/1.1 426 Upgrade Required\r\nDate: -\r\nContent-Length: 0\r\nUpgrade: a, b\r\nConnection: close, Upgrade\r\n\r\n',
    )
    expect(server.errors).toEqual([])
  })

  test('a plain handler gets every method', async () => {
    const server = start(({ method }) => ({ body: `<${method}>` }))
    const methods = ['TRACE', 'trace', 'TRACK', 'connect', 'Connect', 'PATCH', 'x']
    const answer = await exchange(
      server,
      methods.map(method => `${method} / HTTP/1.1\r\nHost: x\r\n\r\n`).join('') + last(),
    )
    expect(answer.match(/<.*?>/g)).toEqual([...methods, 'GET'].map(method => `<${method}>`))
  })

  test('a handler that throws is a 500, and the connection goes on', async () => {
    const handlers: Record<string, Handler> = {
      '/throws': () => {
        throw new Error('my secret')
      },
      '/rejects': () => Promise.reject(new Error('my secret')),
      '/': () => ({ body: 'ok' }),
    }
    const server = start(request => handlers[request.path]!(request))
    const answer = await exchange(server, get('/throws') + get('/rejects') + last('/'))
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 500', 'HTTP/1.1 500', 'HTTP/1.1 200'])
    expect(answer).not.toContain('secret')
    expect(server.errors.map(String)).toEqual(['Error: my secret', 'Error: my secret'])
  })
})

describe('streams', () => {
  const pieces = async function* (count: number): AsyncGenerator<string> {
    for (let i = 0; i < count; i++) {
      await sleep(1)
      yield `piece ${i};`
    }
  }

  test('of every kind are sent in chunks', async () => {
    const bodies: Record<string, () => StreamingBody> = {
      '/generator': () => pieces(3),
      '/array': () => ['a', Buffer.alloc(0), 'b', new Uint8Array([99])],
      '/node': () => Readable.from(['x', 'y']),
      '/web': () => new Blob(['w', 'e', 'b']).stream(),
      '/empty': () => [],
    }
    const server = start(({ path }) => ({ body: bodies[path]!() }))
    const body = async (path: string): Promise<string> => (await fetch(urlOf(server, path))).text()
    expect(await Promise.all(Object.keys(bodies).map(body))).toEqual([
      'piece 0;piece 1;piece 2;',
      'abc',
      'xy',
      'web',
      '',
    ])
    expect(await exchange(server, last('/array'))).toMatch(
      /\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n$/,
    )
  })

  test('with a Content-Length are sent without chunks; others end a connection of HTTP/1.0', async () => {
    const server = start(({ path }) =>
      path === '/sized' ? { headers: { 'Content-Length': 3 }, body: ['ab', 'c'] } : { body: ['ab', 'c'] },
    )
    const old = 'HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
    expect(await exchange(server, `GET /sized ${old}GET / ${old}GET / ${old}`)).toBe(
      'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc' +
        'HTTP/1.1 200 OK\r\nDate: -\r\nConnection: close\r\n\r\nabc',
    )
  })

  test.each([
    ['longer', ['ab', 'cd'], /more bytes/],
    ['shorter', ['ab'], /1 bytes less/],
  ])('that are %s than their length reset the connection', async (_, body, message) => {
    const server = start(() => ({ headers: { 'Content-Length': 3 }, body }))
    using client = await createConnection(['127.0.0.1', server.port])
    await client.sendall(get())
    const receiveAll = async (): Promise<void> => {
      while ((await client.recv(1024)).length > 0);
    }
    await expect(receiveAll()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(server.errors).toEqual([
      expect.objectContaining({
        code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
        message: expect.stringMatching(message) as string,
      }),
    ])
  })

  test('that throw midway break off, and are reported', async () => {
    const server = start(() => ({
      body: (async function* () {
        yield* pieces(1)
        throw new Error('midway')
      })(),
    }))
    await expect(fetch(urlOf(server)).then(response => response.text())).rejects.toThrow()
    await until(() => server.errors.length > 0)
    expect(String(server.errors[0])).toBe('Error: midway')
  })

  test('wait for a client that does not read', async () => {
    let made = 0
    const server = start(() => ({
      body: (function* () {
        for (; made < 1000; made++) yield Buffer.alloc(100_000, 'x')
      })(),
    }))
    const client = new HttpClient({ address: server.port })
    client.socket.pause()
    client.send(last())
    let before = -1
    while (made > before) {
      before = made
      await sleep(100)
    }
    expect(made).toBeLessThan(900) // of 100 MB, the kernel buffers a few
    expect([...server.server].map(({ queued }) => queued < 1_000_000)).toEqual([true])
    client.socket.resume()
    await client.end()
    expect(made).toBe(1000)
  })

  test.each(['generator', 'web', 'node'])('are closed when the client disconnects: %s', async kind => {
    const gone = deferred()
    const generate = async function* (): AsyncGenerator<Buffer> {
      try {
        for (;;) {
          yield Buffer.alloc(100_000)
          await sleep(1)
        }
      } finally {
        gone.resolve()
      }
    }
    const bodies = {
      generator: generate,
      web: () =>
        new ReadableStream<Uint8Array>({
          pull: controller => controller.enqueue(new Uint8Array(100_000)),
          cancel: () => gone.resolve(),
        }),
      node: () => Readable.from(generate()),
    }
    const server = start(() => ({ body: bodies[kind as keyof typeof bodies]() }))
    const client = new HttpClient({ address: server.port })
    client.send(get())
    await once(client.socket, 'data')
    client.socket.destroy()
    await gone.promise
    await until(() => server.server.connections === 0)
    expect(server.errors).toEqual([])
  })

  test('that wait are cancelled when the client resets', async () => {
    const cancelled = deferred()
    const server = start(() => ({
      body: new ReadableStream<Uint8Array>({
        start: controller => controller.enqueue(Buffer.from('first')),
        cancel: () => cancelled.resolve(),
      }),
    }))
    const client = new HttpClient({ address: server.port })
    client.send(get())
    await once(client.socket, 'data')
    client.socket.resetAndDestroy()
    await cancelled.promise
    expect(server.server.connections).toBe(0)
  })
})

describe('connections', () => {
  test('answer in the order of the requests, whichever handler finishes first', async () => {
    let running = 0
    const server = start(async ({ path }) => {
      running++
      await sleep(path === '/0' ? 60 : 1)
      running--
      return path === '/2' ? { body: [path, '!'] } : { body: path }
    })
    const answer = await exchange(server, get('/0') + get('/1') + get('/2') + last('/3'))
    expect(answer.match(/\/\d(?!\.)/g)).toEqual(['/0', '/1', '/2', '/3'])
    expect(running).toBe(0)
  })

  test('stop answering a client that floods and does not read', async () => {
    let answered = 0
    const body = 'x'.repeat(10_000)
    const server = start(() => {
      answered++
      return { body }
    })
    const client = new HttpClient({ address: server.port })
    client.socket.pause()
    const flood = get().repeat(20_000)
    client.send(flood)
    let before = -1
    while (answered > before) {
      before = answered
      await sleep(100)
    }
    expect(answered).toBeLessThan(15_000)
    expect([...server.server].map(({ queued }) => queued < 1_000_000)).toEqual([true])
    client.finish()
    client.socket.resume()
    await client.end()
    expect(answered).toBe(20_000)
  })

  test('abort the signal when the client resets, and report other errors of the handler', async () => {
    const aborted = deferred<HttpRequest>()
    const begun: string[] = []
    const server = start(async request => {
      begun.push(request.path)
      await once(request.signal, 'abort')
      aborted.resolve(request)
      if (request.path === '/throws') throw new Error('late')
      throw request.signal.reason
    })
    for (const path of ['/', '/throws']) {
      const client = new HttpClient({ address: server.port })
      await once(client.socket, 'connect')
      client.send(get(path))
      await until(() => begun.includes(path))
      client.socket.resetAndDestroy()
    }
    expect((await aborted.promise).signal.aborted).toBe(true)
    await until(() => server.errors.length > 0)
    expect(server.errors.map(String)).toEqual(['Error: late'])
  })

  describe('that are half-closed by the client', () => {
    const half = async (server: HttpServer, bytes: string): Promise<HttpClient> => {
      const client = new HttpClient({ address: server.port })
      await once(client.socket, 'connect')
      client.send(bytes)
      client.finish()
      return client
    }

    test('stay open while the response is being sent', async () => {
      const server = start(
        ({ path }) => ({
          body: (async function* () {
            for (let i = 0; i < 8; i++) {
              await sleep(100)
              yield `${path} ${i};`
            }
          })(),
        }),
        { timeouts: { halfClose: 600 } },
      )
      const client = await half(server, get('/first') + last('/second'))
      expect(await client.end()).toMatch(/first 7;\r\n0\r\n\r\n.*second 7;\r\n0\r\n\r\n$/s)
      expect(server.errors).toEqual([])
    })

    test('stay open without a limit where halfClose is null', async () => {
      const gate = deferred()
      const server = start(() => gate.promise.then(() => ({ body: 'late' })), { timeouts: { halfClose: null } })
      const client = await half(server, get())
      setTimeout(gate.resolve, 800)
      expect(await client.end()).toMatch(/\r\n\r\nlate$/)
    })

    test.each<[string, string]>([
      ['alone', get()],
      ['with another request behind it', get() + get('/behind')],
      ['with a part of another behind it', get() + 'GET / HT'],
    ])('end where the response makes no progress: a request %s', async (_, bytes) => {
      const seen: string[] = []
      const events: string[] = []
      const handlers: Handler[] = [
        () => ({
          body: new ReadableStream<Uint8Array>({
            start: controller => controller.enqueue(Buffer.from('first')),
            cancel: () => void events.push('cancel'),
          }),
        }),
        () => ({
          body: (async function* () {
            yield 'first'
            await new Promise(() => undefined)
          })(),
        }),
        () => new Promise(() => undefined),
        async ({ signal }) => {
          await once(signal, 'abort')
          throw signal.reason
        },
      ]
      for (const handler of handlers) {
        const server = start(
          request => {
            seen.push(request.path)
            request.signal.addEventListener('abort', () => events.push('abort'))
            return handler(request)
          },
          { timeouts: { halfClose: 100 } },
        )
        const before = seen.length
        const client = await half(server, bytes)
        await until(() => seen.length > before)
        await until(() => server.server.connections === 0)
        client.socket.destroy()
        expect(server.errors).toEqual([])
      }
      expect(seen).toEqual(['/', '/', '/', '/'])
      expect(events.filter(one => one === 'cancel')).toHaveLength(1)
      expect(events.filter(one => one === 'abort')).toHaveLength(4)
    })

    test('are not meant where the client sends urgent data', async () => {
      const gate = deferred()
      const server = start(() => gate.promise.then(() => ({ body: 'late' })), { timeouts: { halfClose: 50 } })
      const client = await createConnection(['127.0.0.1', server.port])
      await client.sendall(get())
      await client.send(Buffer.from('!'), MSG_OOB)
      setTimeout(gate.resolve, 800)
      expect(String(await client.recv(1000))).toMatch(/\r\n\r\nlate$/)
      client.close()
    })
  })

  test('abort the signal for a reset that arrives with the request', async () => {
    const requests: HttpRequest[] = []
    const aborted: unknown[] = []
    const server = start(request => {
      requests.push(request)
      return new Promise(() => request.signal.addEventListener('abort', () => aborted.push(request.signal.reason)))
    })
    for (let i = 0; i < 20; i++) {
      const client = new Socket() // blocking: the server runs only after close
      client.connect(['127.0.0.1', server.port])
      client.sendall(i % 2 === 0 ? get() : get() + get())
      client.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
      client.close()
    }
    await until(() => aborted.length === 20 && server.server.connections === 0)
    expect(requests).toHaveLength(20)
    expect(server.errors).toEqual([])
  })

  test('do not abort the signal of an answered request', async () => {
    const signals: AbortSignal[] = []
    const server = start(async request => {
      signals.push(request.signal)
      await sleep(1)
      return {}
    })
    await exchange(server, last())
    await until(() => server.server.connections === 0)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  })

  test('deliver an error response to a client that is still sending', async () => {
    const server = start(() => ({}), { limits: { body: 10 } })
    for (let i = 0; i < 20; i++) {
      const answer = await exchange(
        server,
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n' + 'x'.repeat(400_000),
      )
      expect(answer).toMatch(/^HTTP\/1\.1 413 Content Too Large\r\n/)
    }
  })

  test('send 100 Continue where the client expects it', async () => {
    const server = start(({ body }) => ({ body }))
    const request = http.request(urlOf(server), { method: 'POST', headers: { Expect: '100-continue' } })
    request.flushHeaders()
    await once(request, 'continue')
    request.end('asked for')
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    expect(await text(response)).toBe('asked for')
  })

  test.each<[string, keyof NonNullable<ServeOptions['timeouts']>, string, RegExp]>([
    ['sends nothing', 'first', '', /^$/],
    ['sends nothing more', 'idle', get(), /^HTTP\/1\.1 200 .*\r\n\r\nok$/s],
    ['does not finish its head', 'head', 'GET / HTTP', /^HTTP\/1\.1 408 .*Connection: close\r\n\r\n408 Request/s],
    [
      'does not finish its body',
      'body',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab',
      /^HTTP\/1\.1 408 /,
    ],
  ])('end by a timeout where the client %s', async (_, phase, bytes, expected) => {
    const server = start(() => ({ body: 'ok' }), { timeouts: { [phase]: 100 } })
    expect(await exchange(server, bytes)).toMatch(expected)
  })

  test('end by a timeout where the client sends a head byte by byte', async () => {
    const server = start(() => ({}), { timeouts: { head: 300 } })
    const client = new HttpClient({ address: server.port })
    client.send('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const dribble = setInterval(() => client.send('a'), 20)
    expect(await client.end().finally(() => clearInterval(dribble))).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('end by a timeout where the client does not read or does not close', async () => {
    const server = start(() => ({ body: Buffer.alloc(50_000_000) }), { timeouts: { write: 200, linger: 200 } })
    const silent = new HttpClient({ address: server.port })
    silent.socket.pause()
    silent.send(get())
    const open = new HttpClient({ address: server.port })
    open.send('nonsense\r\n\r\n')
    expect(open.text).toBe('')
    await until(() => server.server.connections > 0)
    await until(() => server.server.connections === 0)
    silent.socket.destroy()
    open.socket.destroy()
  })

  test('are served beside hundreds of slow ones', async () => {
    const server = start(() => ({ body: 'ok' }), { timeouts: { head: 1500, first: 1500 } })
    const slow = Array.from({ length: 300 }, () => new HttpClient({ address: server.port }))
    for (const client of slow) client.send('GET / HTTP/1.1\r\n')
    for (let i = 0; i < 50; i++) expect(await (await fetch(urlOf(server))).text()).toBe('ok')
    const answers = await Promise.all(slow.map(client => client.end()))
    expect(answers.every(answer => answer.startsWith('HTTP/1.1 408 '))).toBe(true)
  })

  test('are at most maxConnections; the next is accepted when one closes', async () => {
    const server = start(() => ({}), { maxConnections: 1, timeouts: { idle: null } })
    const first = new HttpClient({ address: server.port })
    first.send(get())
    await once(first.socket, 'data')
    const second = exchange(server, last())
    await sleep(50)
    expect(server.server.connections).toBe(1)
    first.socket.destroy()
    expect(await second).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('serve node:http with a keep-alive agent', async () => {
    const server = start(({ body, method }) => ({ headers: { 'X-Method': method }, body }))
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    for (let i = 0; i < 20; i++) {
      const request = http.request(urlOf(server), { agent, method: 'PATCH' }).end(`body ${i}`)
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      expect([response.headers['x-method'], await text(response)]).toEqual(['PATCH', `body ${i}`])
    }
    expect(server.server.connections).toBe(1)
  })

  test.skipIf(!hasCurl)(`serve curl${hasCurl ? '' : ' (skipped: curl is not installed)'}`, async () => {
    const server = start(({ body, method }) => ({ body: method === 'GET' ? ['streamed ', 'to curl'] : body }))
    const curl = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)('curl', ['-sS', '--max-time', '20', ...args, urlOf(server)])).stdout
    expect(await curl()).toBe('streamed to curl')
    expect(await curl('--http1.0')).toBe('streamed to curl')
    expect(await curl('-d', 'posted')).toBe('posted')
    expect(await curl('-H', 'Transfer-Encoding: chunked', '-d', 'in chunks')).toBe('in chunks')
    expect(await curl('-H', 'Expect: 100-continue', '-d', 'x'.repeat(2000))).toBe('x'.repeat(2000))
    expect(await curl('-I')).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  })

  test('work over a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'http-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'socket')
    const server = start(() => ({ body: 'local' }), { path })
    const client = new HttpClient({ address: path })
    client.send(last())
    expect(await client.end()).toMatch(/\r\n\r\nlocal$/)
    expect(() => server.port).toThrow(/ENOTCONN/)
  })
})

describe('stop', () => {
  test('finishes the current requests, ends idle connections, and accepts no more', async () => {
    const gate = deferred()
    const server = start(async ({ path }) => {
      if (path === '/slow') await gate.promise
      return { body: 'done' }
    })
    const [idle, fresh, slow] = Array.from({ length: 3 }, () => new HttpClient({ address: server.port })) as [
      HttpClient,
      HttpClient,
      HttpClient,
    ]
    idle.send(get())
    await once(idle.socket, 'data')
    slow.send(get('/slow') + get('/behind'))
    await until(() => server.server.connections === 3)
    await sleep(20)
    const url = urlOf(server)
    const stopped = server.stop()
    expect(await idle.end()).toMatch(/\r\n\r\ndone$/)
    expect(await fresh.end()).toBe('')
    await expect(fetch(url)).rejects.toThrow()
    gate.resolve()
    const answer = await slow.end()
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n\r\ndone$/s)
    await stopped
    expect(server.server.connections).toBe(0)
  })

  test('answers the requests that have arrived: in the backlog, on new connections, on kept ones', async () => {
    const server = start(({ path, body }) => ({ body: `${path} ${body.length}` }), { limits: { body: 1 << 21 } })
    const post = `POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`
    const requests: Record<string, [before: string, then: string, answer: RegExp]> = {
      'in the backlog': ['', get('/one'), /\/one 0$/],
      'in the backlog, large': ['', post, /\/large 200000$/],
      'in the backlog, two': ['', get('/one') + get('/two'), /Connection: close\r\n\r\n\/one 0$/],
      new: ['', get('/one'), /\/one 0$/],
      'new, with nothing': ['', '', /^$/],
      kept: [get('/one'), get('/two'), /\/one 0.*Connection: close\r\n\r\n\/two 0$/s],
      'kept, with nothing': [get('/one'), '', /\/one 0$/],
      'in two parts': ['GET /parts HTT', 'P/1.1\r\nHost: x\r\n\r\n', /\/parts 0$/],
      'in two parts of its body': [post.slice(0, 100_000), post.slice(100_000), /\/large 200000$/],
    }
    const clients = Object.entries(requests).map(([name, [before, then, answer]]) => {
      const client = new Socket()
      client.settimeout(10_000)
      onTestFinished(() => client.close())
      if (!name.startsWith('in the backlog')) client.connect(['127.0.0.1', server.port])
      if (before !== '') client.sendall(before)
      return { name, client, then, answer }
    })
    await until(() => server.server.connections === clients.filter(({ name }) => !name.startsWith('in the b')).length)
    await sleep(50)
    for (const { name, client, then } of clients) {
      if (name.startsWith('in the backlog')) client.connect(['127.0.0.1', server.port])
      if (then !== '') client.sendall(then)
    }
    const stopped = server.stop() // in the same turn of the event loop: the server has received none of them
    for (const { name, client, answer } of clients) {
      let text = ''
      for (;;) {
        const bytes = client.tryRecv(65536)
        if (bytes === null) await sleep(2)
        else if (bytes.length === 0) break
        else text += String(bytes)
      }
      expect([name, text]).toEqual([name, expect.stringMatching(answer)])
      client.close()
    }
    await stopped
  })

  test('sends a stream to its end', async () => {
    const gate = deferred()
    const server = start(({ path }) => ({
      body:
        path === '/'
          ? 'in time'
          : (async function* () {
              yield 'first '
              await gate.promise
              yield 'last'
            })(),
    }))
    const streamed = new HttpClient({ address: server.port })
    streamed.send(get('/stream'))
    await once(streamed.socket, 'data')
    const stopped = server.stop()
    gate.resolve()
    expect(await streamed.end()).toMatch(/first .*last\r\n0\r\n\r\n$/s)
    await stopped
  })

  test('waits no longer than its timeout', async () => {
    const server = start(() => new Promise(() => undefined))
    const client = new HttpClient({ address: server.port })
    client.send(get())
    await until(() => server.server.connections === 1)
    await sleep(20)
    await server.stop({ timeout: 50 })
    expect(server.server.connections).toBe(0)
    await client.end()
  })

  test('`close` and `using` close everything at once', async () => {
    let client: HttpClient
    {
      using server = serve(() => ({}))
      client = new HttpClient({ address: server.port })
      client.send(get())
      await once(client.socket, 'data')
    }
    await client.end()
  })
})

describe('workers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'http-workers-'))
  const module = (name: string, code: string): string => {
    const file = join(folder, `${name}.mjs`)
    writeFileSync(file, code)
    return pathToFileURL(file).href
  }

  test.each([
    [
      'handler',
      `import { threadId } from 'node:worker_threads'; export const handler = () => ({ body: 't' + threadId })`,
    ],
    [
      'fetch',
      `import { threadId } from 'node:worker_threads'; export default { fetch: () => new Response('t' + threadId) }`,
    ],
  ])('share a port: a module that exports %s', async (name, code) => {
    const pool = await serveInWorkers(module(name, code), { workers: 2 })
    const port = 'port' in pool.address ? pool.address.port : 0
    const threads = new Set<string>()
    const ask = async (): Promise<string> => {
      const client = new HttpClient({ address: port })
      client.send(last())
      return /t\d+$/.exec(await client.end())![0]
    }
    for (let i = 0; i < 200 && threads.size < 2; i++) threads.add(await ask())
    expect(threads.size).toBe(2)
    await pool.stop()
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  })

  test('stream bodies with streamBody', async () => {
    const code = `export const handler = ({ body }) => ({ body })`
    const pool = await serveInWorkers(module('stream', code), { workers: 1, streamBody: true })
    const client = new HttpClient({ address: 'port' in pool.address ? pool.address.port : 0 })
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabc')
    await until(() => client.text.endsWith('\r\n\r\n3\r\nabc\r\n'))
    client.send('def')
    expect(await client.end()).toMatch(/3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n$/)
    await pool.stop()
  })

  test('report the error of a module', async () => {
    const empty = serveInWorkers(module('empty', 'export const nothing = 1'), { workers: 1 })
    await expect(empty).rejects.toThrow(/handler.*fetch/)
    rmSync(folder, { recursive: true })
  })
})
