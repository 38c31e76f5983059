// bsd-sockets/http: streamed request bodies, for plain handlers with `streamBody` and for handlers of `fetch`.
import { once } from 'node:events'
import http from 'node:http'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetchHandler, serve } from 'bsd-sockets/http'
import type {
  FetchHandler,
  Handler,
  HttpRequest,
  HttpResponse,
  HttpServer,
  RequestBody,
  ServeOptions,
} from 'bsd-sockets/http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Service, Session } from '../../lib/tested.js'
import { declareHttpCases } from '../support/http-conformance.js'
import { HttpClient } from '../support/http-exchange.js'

const MiB = 1024 * 1024

/** Starts a server. `errors`: what its handlers threw, in order. */
function started(make: (options: ServeOptions) => HttpServer, options: ServeOptions) {
  const errors: unknown[] = []
  const server = make({ error: error => void errors.push(error), ...options })
  onTestFinished(() => server.close())
  return Object.assign(server, { errors })
}

const start = (handler: Handler<RequestBody>, options: ServeOptions = {}) =>
  started(more => serve(handler, { ...more, streamBody: true }), options)

const startFetch = (handler: FetchHandler, options: ServeOptions = {}) =>
  started(more => serve(fetchHandler(handler), more), options)

const clientOf = ({ port }: HttpServer): HttpClient => new HttpClient({ address: port })

const post = (length: number, ...headers: string[]): string =>
  ['POST / HTTP/1.1', 'Host: x', `Content-Length: ${length}`, ...headers, '', ''].join('\r\n')
const chunks = (...headers: string[]): string =>
  ['POST / HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked', ...headers, '', ''].join('\r\n')
const chunk = (bytes: string): string => `${bytes.length.toString(16)}\r\n${bytes}\r\n`
const last = 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

const statuses = (answer: string): string[] => [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status!)

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(5)
}

/** A promise and the function that resolves it. */
function deferred<T = void>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>(settle => (resolve = settle))
  return { promise, resolve }
}

/** The text of a body, or the code of its error. */
const outcome = (body: AsyncIterable<Uint8Array>): Promise<string> =>
  text(body as AsyncIterable<Buffer>).catch((error: unknown) => (error as { code: string }).code)

/** The transport of a session without a socket. */
class Wire {
  readonly session: Session
  readonly queued = 0
  readonly peerEnded = false
  sent = ''
  paused = false
  ended = false
  closed = false

  constructor(service: Service) {
    this.session = new Session(service, this)
  }

  write(bytes: Uint8Array): boolean {
    if (bytes.length < 65536) this.sent += Buffer.from(bytes).toString('latin1')
    return true
  }

  sendfile(): boolean {
    throw new Error('no file is sent here')
  }

  end(): void {
    this.ended = true
  }

  destroy(): void {
    this.closed = true
    this.session.closed()
  }

  reset(): void {
    this.destroy()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }
}

const slab = 256 * 1024

describe('the memory of a session', () => {
  test.each<[string, number, string]>([
    ['a length', 64 * MiB, post(64 * MiB)],
    ['chunks', 64 * MiB, chunks()],
  ])('is at most two receives of 64 MiB by %s, and none are read before the handler asks', async (_, total, head) => {
    let taken = 0
    let most = 0
    let given = 0
    const gate = deferred()
    const service = new Service(
      async ({ body }: HttpRequest<RequestBody>) => {
        await gate.promise
        for await (const piece of body) {
          taken += piece.length
          most = Math.max(most, given - taken)
        }
        return { body: String(taken) }
      },
      { limits: { body: total } },
      'streamed',
    )
    const wire = new Wire(service)
    const sized = head.includes('Content-Length')
    const receive = (content: Buffer): void => {
      given += content.length
      if (sized) return wire.session.receive(content)
      wire.session.receive(
        Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')]),
      )
    }
    wire.session.receive(Buffer.from(head))
    expect(wire.paused).toBe(true)
    await sleep(10)
    expect([taken, wire.paused]).toEqual([0, true])
    gate.resolve()
    while (given < total) {
      await until(() => !wire.paused)
      while (!wire.paused && given < total) receive(Buffer.alloc(slab, 'x'))
      if (taken === 0) expect(given).toBeLessThanOrEqual(2 * slab)
    }
    if (!sized) {
      await until(() => !wire.paused)
      wire.session.receive(Buffer.from('0\r\n\r\n'))
    }
    await until(() => wire.sent !== '')
    expect(wire.sent).toMatch(new RegExp(`\r\n\r\n${total}$`))
    expect(most).toBeLessThanOrEqual(2 * slab)
  })
})

test('a synchronous stream does not block the event loop', async () => {
  let made = 0
  const body = (function* () {
    for (; ; made += 65536) yield Buffer.alloc(65536)
  })()
  const service = new Service(() => ({ body }), {})
  const wire = new Wire(service)
  wire.session.receive(Buffer.from(last))
  await new Promise(resolve => setImmediate(resolve))
  expect(made).toBeLessThan(4 * MiB)
  wire.destroy()
  await sleep(1)
  const before = made
  await sleep(20)
  expect(made).toBe(before)
})

/** Sends `total` bytes with the client of Node. `sent.count`: how many it has taken so far. */
function upload({ port }: HttpServer, total: number, headers: http.OutgoingHttpHeaders = {}) {
  const sent = { count: 0 }
  const pieces = Readable.from(
    (function* () {
      for (; sent.count < total; sent.count += 65536) yield Buffer.alloc(65536, sent.count / 65536)
    })(),
  )
  const request = http.request({ port, host: '127.0.0.1', method: 'POST', headers, agent: false })
  const answer = once(request, 'response') as Promise<[http.IncomingMessage]>
  answer.catch(() => undefined)
  request.on('error', () => undefined)
  pieces.pipe(request)
  return { sent, request, answer }
}

const limits = { body: 64 * MiB }

describe('an upload of 64 MiB', () => {
  const lengths: [string, http.OutgoingHttpHeaders][] = [
    ['by length', { 'Content-Length': 64 * MiB }],
    ['by chunks', {}],
  ]
  const consume = async (body: AsyncIterable<Uint8Array>, wait: () => Promise<void>): Promise<string> => {
    let count = 0
    for await (const piece of body) {
      if (count === 0) await wait()
      // The value of each byte is the number of its 64 KiB block.
      for (let i = 0; i < piece.length; i += 4096) {
        if (piece[i] !== (((count + i) / 65536) & 255)) throw new Error(`the byte ${count + i} is ${piece[i]}`)
      }
      count += piece.length
    }
    return String(count)
  }

  test.each(lengths)('%s waits for a plain handler and for one of fetch', async (_, headers) => {
    for (const kind of ['plain', 'fetch']) {
      const gate = deferred()
      const wait = (): Promise<void> => gate.promise
      const server =
        kind === 'plain'
          ? start(async ({ body }) => ({ body: await consume(body, wait) }), { limits })
          : startFetch(async ({ body }) => new Response(await consume(body as never, wait)), { limits })
      const { sent, answer } = upload(server, 64 * MiB, headers)
      let before = -1
      while (sent.count > before) {
        before = sent.count
        await sleep(100)
      }
      expect(before).toBeLessThan(24 * MiB) // the kernel's buffers, and a few receives
      gate.resolve()
      expect(await text((await answer)[0])).toBe(String(64 * MiB))
      expect(server.errors).toEqual([])
    }
  })

  test.each(lengths)('%s is echoed to a client that reads late', async (_, headers) => {
    const servers = [
      start(({ body }) => ({ body }), { limits }),
      startFetch(({ body }) => new Response(body), { limits }),
    ]
    for (const server of servers) {
      const { sent, answer } = upload(server, 64 * MiB, headers)
      const [response] = await answer
      let before = -1
      while (sent.count > before) {
        before = sent.count
        await sleep(100)
      }
      expect(before).toBeLessThan(48 * MiB) // the buffers of both directions, and those of Node
      expect([...server.server].map(({ queued }) => queued < MiB)).toEqual([true])
      expect(await consume(response, () => Promise.resolve())).toBe(String(64 * MiB))
      expect(server.errors).toEqual([])
    }
  })
})

const hello = (request: HttpRequest<RequestBody>, body: Buffer): HttpResponse => {
  const { method, path } = request
  const routes: Record<string, string[]> = {
    '/': ['GET', 'HEAD'],
    '/echo': ['POST'],
    '/large': ['GET', 'HEAD'],
    '*': ['OPTIONS'],
  }
  const methods = routes[path]
  if (methods === undefined) return { status: 404, body: '404 Not Found\n' }
  if (!methods.includes(method))
    return { status: 405, headers: { Allow: methods.join(', ') }, body: '405 Method Not Allowed\n' }
  if (path === '/large') return echo({ headers: {} }, Buffer.alloc(64 * 1024))
  return path === '/echo' ? echo(request, body) : { body: path === '/' ? 'hello world\n' : '' }
}
const echo = ({ headers }: Pick<HttpRequest, 'headers'>, body: Buffer): HttpResponse => ({
  headers: { 'Content-Type': headers['content-type'] || 'application/octet-stream' },
  body,
})

describe('a server that streams bodies passes the same cases as one that buffers them', () => {
  const errors: unknown[] = []
  const whole = (app: typeof hello) =>
    serve(async request => app(request, await buffer(request.body)), {
      streamBody: true,
      error: error => void errors.push(error),
    })
  const servers = { hello: whole(hello), echo: whole(echo) }
  const find = (app: 'hello' | 'echo') => ({ address: servers[app].port }) as never
  declareHttpCases(find)
  declareHttpCases(find, { bytewise: true })

  test('and no handler threw', () => {
    for (const server of Object.values(servers)) server.close()
    expect(errors).toEqual([])
  })
})

describe('a body', () => {
  test('is complete and in order wherever it is split, with requests behind it', async () => {
    const seen: string[] = []
    const server = start(async ({ body, path }) => {
      const pieces: Buffer[] = []
      for await (const piece of body) pieces.push(piece)
      await sleep(1)
      seen.push(path)
      return { body: `<${Buffer.concat(pieces).toString()}>` }
    })
    const bytes =
      post(10) + '0123456789' + chunks() + chunk('abc') + chunk('d') + '0\r\nTrailer: 1\r\n\r\n' + post(0) + last
    const expected = ['<0123456789>', '<abcd>', '<>', '<>']
    for (let cut = 1; cut < bytes.length; cut += 7) {
      const client = clientOf(server)
      client.send(bytes.slice(0, cut))
      await sleep(2)
      client.send(bytes.slice(cut))
      expect((await client.end()).match(/<.*?>/g)).toEqual(expected)
    }
    expect(server.errors).toEqual([])
  })

  test('can be read once', async () => {
    const codes: unknown[] = []
    const server = start(async ({ body }) => {
      codes.push(body.used)
      await buffer(body)
      codes.push(body.used)
      await outcome({ [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() }).then(code => codes.push(code))
      return { body }
    })
    const client = clientOf(server)
    client.send(post(3) + 'abc' + 'HEAD' + post(3, 'Connection: close').slice(4) + 'abc')
    expect(statuses(await client.end())).toEqual(['500', '500'])
    expect(codes).toEqual([false, true, 'ERR_INVALID_STATE', false, true, 'ERR_INVALID_STATE'])
    expect(server.errors).toEqual(Array(2).fill(expect.objectContaining({ code: 'ERR_INVALID_STATE' })))
  })

  test('gives its pieces to several waiters in order', async () => {
    const server = start(async ({ body }) => {
      const iterator = body[Symbol.asyncIterator]()
      const all = await Promise.all([iterator.next(), iterator.next(), iterator.next()])
      return { body: JSON.stringify(all.map(({ value }) => (value === undefined ? null : String(value)))) }
    })
    const client = clientOf(server)
    client.send(post(4, 'Connection: close'))
    await sleep(20)
    client.send('ab')
    await sleep(20)
    client.send('cd')
    expect(await client.end()).toMatch(/\r\n\r\n\["ab","cd",null\]$/)
  })

  describe('of a Request', () => {
    const uses: Record<string, [use: (request: Request) => unknown, result: unknown]> = {
      text: [request => request.text(), '[1,2,3]'],
      json: [request => request.json(), [1, 2, 3]],
      arrayBuffer: [async request => Buffer.from(await request.arrayBuffer()).toString(), '[1,2,3]'],
      blob: [async request => (await request.blob()).size, 7],
      clone: [async request => [await request.clone().text(), await request.text()], ['[1,2,3]', '[1,2,3]']],
      copy: [request => new Request(request).text(), '[1,2,3]'],
      'a reader of bytes': [
        async request => {
          const reader = request.body!.getReader({ mode: 'byob' })
          const read: number[] = []
          for (;;) {
            const { done, value } = await reader.read(new Uint8Array(3))
            if (done) return Buffer.from(read).toString()
            read.push(...value)
          }
        },
        '[1,2,3]',
      ],
      bodyUsed: [async request => [request.bodyUsed, await request.text(), request.bodyUsed], [false, '[1,2,3]', true]],
      tee: [async request => Promise.all(request.body!.tee().map(one => text(one as never))), ['[1,2,3]', '[1,2,3]']],
    }

    test.each(Object.entries(uses))('is complete by %s', async (_, [use, result]) => {
      const server = startFetch(async request => new Response(JSON.stringify(await use(request))))
      for (const pause of [0, 20]) {
        const client = clientOf(server)
        client.send(post(7, 'Connection: close') + '[1,'.slice(0, pause && 3))
        if (pause > 0) await sleep(pause)
        client.send('[1,2,3]'.slice(pause && 3))
        // Runtimes other than Node send it in chunks.
        const [, answer] = /\r\n\r\n(?:[\da-f]+\r\n)?(.*)/.exec(await client.end())!
        expect(JSON.parse(answer!)).toEqual(result)
      }
      expect(server.errors).toEqual([])
    })
  })

  test('is buffered for a handler of fetch with streamBody: false', async () => {
    const seen: unknown[] = []
    const server = started(
      more =>
        serve(
          fetchHandler(async request => {
            seen.push(await request.text())
            return new Response()
          }),
          { ...more, streamBody: false },
        ),
      {},
    )
    const client = clientOf(server)
    client.send(post(3, 'Connection: close'))
    await sleep(20)
    client.send('abc')
    await client.end()
    expect(seen).toEqual(['abc'])
    expect(() => serve(() => ({}), { streamBody: 1 } as never)).toThrow(/"options.streamBody"/)
  })

  test('can be passed from a plain handler to one of fetch', async () => {
    const app = fetchHandler(async request => new Response(`fetch ${await request.text()}`))
    const server = start(async request =>
      request.path === '/last' ? app(request) : { body: `plain ${await text(request.body)}` },
    )
    const client = clientOf(server)
    client.send(post(2) + 'ab' + last)
    const answer = await client.end()
    expect(answer).toContain('plain ab')
    expect(answer).toMatch(/\r\nfetch (?:\r\n0\r\n\r\n)?$/) // other runtimes than Node send it in chunks
  })

  test('has an iterator that is iterable, which the stream consumers of Deno need', async () => {
    const server = start(async ({ body }) => ({ body: await text(body[Symbol.asyncIterator]() as never) }))
    const client = clientOf(server)
    client.send(post(2, 'Connection: close') + 'ab')
    expect(await client.end()).toMatch(/\r\n\r\nab$/)
    expect(server.errors).toEqual([])
  })

  test('may be larger than the memory', async () => {
    const server = start(() => ({ status: 204 }), { limits: { body: Number.MAX_SAFE_INTEGER } })
    const client = clientOf(server)
    client.send(post(Number.MAX_SAFE_INTEGER) + 'a')
    expect(await client.end()).toMatch(/^HTTP\/1\.1 204 .*Connection: close/s)
    expect(() => serve(() => ({}), { limits: { body: 2 ** 30 + 1 } })).toThrow(/limits.body/)
  })
})

describe('Expect: 100-continue', () => {
  const continues = 'HTTP/1.1 100 Continue\r\n\r\n'

  test('is answered when the handler reads the body', async () => {
    const gate = deferred()
    const server = start(async ({ body }) => {
      await gate.promise
      return { body: await text(body) }
    })
    const client = clientOf(server)
    client.send(post(3, 'Expect: 100-continue', 'Connection: close'))
    await sleep(50)
    expect(client.text).toBe('')
    gate.resolve()
    await client.has(continues)
    client.send('abc')
    expect((await client.end()).slice(continues.length)).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nabc$/s)
  })

  test('is answered before a response that streams the body, also by a handler of fetch', async () => {
    for (const server of [start(({ body }) => ({ body })), startFetch(({ body }) => new Response(body))]) {
      const client = clientOf(server)
      client.send(post(3, 'Expect: 100-continue', 'Connection: close'))
      await until(() => client.text.startsWith(continues))
      client.send('abc')
      expect((await client.end()).slice(continues.length)).toMatch(/^HTTP\/1\.1 200 .*3\r\nabc\r\n0\r\n\r\n$/s)
    }
  })

  test.each([
    ['a plain handler', () => start(() => ({ status: 403 }))],
    ['one that throws', () => start(() => Promise.reject(new Error('no')))],
    ['one of fetch', () => startFetch(() => new Response(null, { status: 403 }))],
  ])('is not answered, and the connection is closed, where %s does not read', async (_, make) => {
    const client = clientOf(make())
    client.send(post(3, 'Expect: 100-continue'))
    const answer = await client.end()
    expect(answer).toMatch(/^HTTP\/1\.1 (403|500) .*Connection: close\r\n/s)
    expect(statuses(answer)).toHaveLength(1)
  })

  test('is answered after the requests before it, in order', async () => {
    const server = start(async ({ body, path }) => ({ body: `${path} ${await text(body)}` }))
    const client = clientOf(server)
    client.send(last.replace('Connection: close\r\n', '').repeat(3) + post(1, 'Expect: 100-continue'))
    await until(() => client.text.endsWith(continues))
    expect(statuses(client.text)).toEqual(['200', '200', '200', '100'])
    client.send('a' + last)
    expect(statuses(await client.end())).toEqual(['200', '200', '200', '100', '200', '200'])
  })
})

describe('a broken body', () => {
  type Use = (server: ReturnType<typeof start>, client: HttpClient) => unknown
  const causes: [string, string, Use, string, number | undefined, ServeOptions?][] = [
    ['by an invalid chunk', chunks() + chunk('abc') + 'zzz\r\n', () => 0, 'ERR_HTTP_REQUEST_BODY', 400],
    ['by its size', chunks() + chunk('abc') + '2\r\nde', () => 0, 'ERR_HTTP_REQUEST_BODY', 413],
    ['by large trailers', chunks() + '0\r\nA: ' + 'a'.repeat(99), () => 0, 'ERR_HTTP_REQUEST_BODY', 431],
    ['by a timeout', post(4) + 'abc', () => 0, 'ERR_HTTP_REQUEST_BODY', 408, { timeouts: { body: 100 } }],
    ['by a reset', post(4) + 'abc', (_, client) => client.socket.resetAndDestroy(), 'ECONNRESET', undefined],
    ['by an end of the client', post(4) + 'abc', (_, client) => client.finish(), 'ECONNRESET', undefined],
    ['by a close of the server', post(4) + 'abc', server => server.close(), 'ECONNRESET', undefined],
    ['by the timeout of a stop', post(4) + 'abc', server => void server.stop({ timeout: 50 }), 'ECONNRESET', undefined],
  ]

  test.each(causes)(
    '%s rejects the read, aborts the signal, and is answered once',
    async (_, bytes, use, code, status, more) => {
      const handlers = {
        reads: (body: AsyncIterable<Uint8Array>) => outcome(body),
        throws: (body: AsyncIterable<Uint8Array>) =>
          text(body as never).catch((error: unknown) => {
            codes.push((error as { code: string }).code)
            throw error
          }),
        never: (body: AsyncIterable<Uint8Array>) =>
          outcome(body).then(result => {
            codes.push(result)
            return new Promise<string>(() => undefined)
          }),
      }
      const codes: string[] = []
      const options: ServeOptions = { limits: { body: 4, headerBytes: 90 }, ...more }
      for (const [name, read] of Object.entries(handlers)) {
        for (const kind of ['plain', 'fetch']) {
          codes.length = 0
          let aborted = false
          let begun = false
          const watch = (signal: AbortSignal): void => {
            begun = true
            signal.addEventListener('abort', () => (aborted = true))
          }
          const take = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
            const result = await read(body)
            codes.push(result)
            return result
          }
          const server =
            kind === 'plain'
              ? start(async ({ body, signal }) => (watch(signal), { body: await take(Readable.from(body)) }), options)
              : startFetch(
                  async ({ body, signal }) => (watch(signal), new Response(await take(body as never))),
                  options,
                )
          const client = clientOf(server)
          const end = client.end().catch(() => '')
          client.send(bytes.slice(0, bytes.indexOf('\r\n\r\n') + 4))
          await until(() => begun)
          client.send(bytes.slice(bytes.indexOf('\r\n\r\n') + 4))
          await sleep(20)
          use(server, client)
          await until(() => codes.length > 0 && aborted)
          expect([name, kind, ...codes]).toEqual([name, kind, code])
          if (status !== undefined) expect(statuses(await end)).toEqual([String(status)])
          else expect(client.text).toBe('')
          await until(() => server.server.connections === 0)
          expect(server.errors).toEqual([])
        }
      }
    },
  )

  test('gives the bytes before the error', async () => {
    const pieces: string[] = []
    const gate = deferred()
    const server = start(async ({ body }) => {
      const iterator = body[Symbol.asyncIterator]()
      pieces.push(String((await iterator.next()).value))
      await gate.promise
      pieces.push(String((await iterator.next()).value))
      await iterator.next().catch((error: unknown) => pieces.push((error as { code: string }).code))
      return {}
    })
    const client = clientOf(server)
    client.send(post(10) + 'abc')
    await until(() => pieces.length === 1)
    client.send('def')
    client.finish()
    await until(() => server.server.connections === 0)
    gate.resolve()
    await until(() => pieces.length === 3)
    expect(pieces).toEqual(['abc', 'def', 'ECONNRESET'])
    client.socket.destroy()
  })

  test.each<[string, string, Use]>([
    ['has an invalid chunk', chunks() + chunk('abc'), (_, client) => client.send('zzz\r\n')],
    ['is too large', chunks() + chunk('abc'), (_, client) => client.send('5\r\n')],
    ['ends early', chunks() + chunk('abc'), (_, client) => client.finish()],
  ])('aborts a response that streams it, where it %s', async (_, bytes, use) => {
    for (const server of [
      start(({ body }) => ({ body }), { limits: { body: 6 } }),
      startFetch(({ body }) => new Response(body), { limits: { body: 6 } }),
    ]) {
      const client = clientOf(server)
      const end = client.end()
      end.catch(() => undefined)
      client.send(bytes)
      await until(() => client.text.endsWith('3\r\nabc\r\n'))
      use(server, client)
      await expect(end).rejects.toMatchObject({ code: 'ECONNRESET' })
      await until(() => server.server.connections === 0)
      expect(server.errors).toEqual([])
    }
  })

  test('closes the connection after a response that began before the error', async () => {
    const gate = deferred()
    const codes: string[] = []
    const server = start(({ body }) => ({
      body: (async function* () {
        yield 'first '
        codes.push(await outcome(body))
        await gate.promise
        yield 'last'
      })(),
    }))
    const client = clientOf(server)
    client.send(chunks() + chunk('abc'))
    await until(() => client.text.includes('first'))
    client.send('zzz\r\n' + last)
    await until(() => codes.length > 0)
    gate.resolve()
    expect(statuses(await client.end())).toEqual(['200'])
    expect(client.text).toMatch(/last\r\n0\r\n\r\n$/)
    expect([codes, server.errors]).toEqual([['ERR_HTTP_REQUEST_BODY'], []])
  })
})

describe('timeouts', () => {
  test('end a body that arrives byte by byte', async () => {
    const server = start(async ({ body }) => ({ body: await outcome(body) }), { timeouts: { body: 300 } })
    const client = clientOf(server)
    client.send(post(1000))
    const dribble = setInterval(() => client.send('a'), 20)
    expect(await client.end().finally(() => clearInterval(dribble))).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('do not count while the handler does not read, and begin again as bytes arrive', async () => {
    const server = start(
      async ({ body }) => {
        await sleep(600)
        return { body: String((await buffer(body)).length) }
      },
      { timeouts: { body: 300 } },
    )
    const client = clientOf(server)
    client.send(post(8 * 65536, 'Connection: close'))
    for (let i = 0; i < 8; i++) {
      client.send('a'.repeat(65536))
      await sleep(150)
    }
    expect(await client.end()).toMatch(/\r\n\r\n524288$/)
  })

  test('do not end a half-closed connection while its body is read', async () => {
    const server = start(
      async ({ body }) => {
        let count = 0
        for await (const piece of body) {
          count += piece.length
          await sleep(200)
        }
        return { body: String(count) }
      },
      { timeouts: { halfClose: 700 }, limits },
    )
    const client = clientOf(server)
    client.send(post(2 * MiB, 'Connection: close') + 'a'.repeat(2 * MiB))
    client.finish()
    expect(await client.end()).toMatch(/\r\n\r\n2097152$/)
  })
})

describe('a response before the end of the body', () => {
  type Make = () => ReturnType<typeof start>
  const makes: [string, Make][] = [
    ['at once', () => start(() => ({ status: 403 }), { limits })],
    ['later', () => start(async () => (await sleep(10), { status: 403 }), { limits })],
    ['in pieces', () => start(() => ({ status: 403, body: ['a', 'b'] }), { limits })],
    ['large', () => start(() => ({ status: 403, body: Buffer.alloc(MiB, 'x') }), { limits })],
    [
      'by throwing',
      () =>
        start(
          () => {
            throw new Error('no')
          },
          { limits },
        ),
    ],
    ['by fetch', () => startFetch(() => new Response(null, { status: 403 }), { limits })],
    [
      'after cancelling',
      () => startFetch(async ({ body }) => (await body!.cancel(), new Response('', { status: 403 })), { limits }),
    ],
    [
      'after a break',
      () =>
        start(
          async ({ body }) => {
            for await (const piece of body) if (piece.length > 0) break
            return { status: 403 }
          },
          { limits },
        ),
    ],
  ]

  test.each(makes)('%s: a small rest is dropped, and the next request answered', async (_, make) => {
    for (const [head, rest] of [
      [post(100_001) + 'a', 'x'.repeat(100_000)],
      [chunks() + chunk('a'), chunk('x'.repeat(100_000)) + '0\r\n\r\n'],
    ] as const) {
      const server = make()
      const client = clientOf(server)
      client.send(head)
      await until(() => statuses(client.text).length === 1)
      client.send(rest + last.replace('/last', '/'))
      expect(statuses(await client.end())).toHaveLength(2)
      expect(statuses(client.text)[0]).toMatch(/403|500/)
    }
  })

  test.each(makes)('%s: a large rest closes the connection, and the response is not lost', async (_, make) => {
    for (const [head, rest] of [
      [post(8 * MiB + 1) + 'a', 'x'.repeat(8 * MiB)],
      [chunks() + chunk('a'), chunk('x'.repeat(65536)).repeat(128)],
    ] as const) {
      const server = make()
      const client = clientOf(server)
      client.send(head + rest)
      const answer = await client.end()
      expect(statuses(answer)).toHaveLength(1)
      expect(statuses(answer)[0]).toMatch(/403|500/)
      await until(() => server.server.connections === 0)
    }
  })

  test('has Connection: close where the rest is known to be too large', async () => {
    const server = start(() => ({ status: 403 }), { limits })
    const client = clientOf(server)
    client.send(post(MiB))
    expect(await client.end()).toMatch(/Connection: close\r\n\r\n$/)
  })

  test('rejects a reader of the rest', async () => {
    const codes: string[] = []
    const server = start(({ body }) => {
      void outcome(body).then(code => codes.push(code))
      return { status: 202 }
    })
    const client = clientOf(server)
    client.send(post(3) + 'a')
    await until(() => codes.length > 0)
    expect(codes).toEqual(['ERR_STREAM_PREMATURE_CLOSE'])
    client.send('bc' + last)
    expect(statuses(await client.end())).toEqual(['202', '202'])
    expect(server.errors).toEqual([])
  })

  test('waits for the rest no longer than the timeout', async () => {
    const server = start(() => ({ status: 403 }), { timeouts: { body: 100, linger: 100 } })
    const client = clientOf(server)
    client.send(post(3) + 'a')
    expect(statuses(await client.end())).toEqual(['403'])
    await until(() => server.server.connections === 0)
  })

  test('is a 500 where the handler throws, and the connection goes on', async () => {
    const server = start(async ({ body, path }) => {
      for await (const piece of body) if (piece.length > 0) throw new Error('midway')
      return { body: path }
    })
    const client = clientOf(server)
    client.send(post(6) + 'abc')
    await until(() => client.text !== '')
    client.send('def' + last)
    expect(await client.end()).toMatch(/^HTTP\/1\.1 500 .*\r\n\r\n\/last$/s)
    expect(server.errors.map(String)).toEqual(['Error: midway'])
  })
})

describe('stop', () => {
  test('waits for an upload and its answer', async () => {
    const begun = deferred()
    const server = start(async ({ body }) => {
      begun.resolve()
      return { body: await text(body) }
    })
    const client = clientOf(server)
    client.send(post(6) + 'abc')
    await begun.promise
    const stopped = server.stop()
    await sleep(20)
    client.send('def')
    expect(await client.end()).toMatch(/Connection: close\r\n\r\nabcdef$/)
    await stopped
  })

  test('does not wait for a body that the handler has not read', async () => {
    const server = start(() => ({ status: 403 }))
    const client = clientOf(server)
    client.send(post(6) + 'abc')
    await until(() => client.text !== '')
    const stopped = server.stop()
    expect(statuses(await client.end())).toEqual(['403'])
    await stopped
  })
})
