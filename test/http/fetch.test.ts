// Hono on bsd-sockets/http by `fetchHandler`, compared with its adapter for Node; then `fetchHandler` itself.
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { getRequestListener } from '@hono/node-server'
import { Socket } from 'bsd-sockets'
import { fetchHandler, serve } from 'bsd-sockets/http'
import type { FetchHandler, FetchOptions, Handler, HttpResponse } from 'bsd-sockets/http'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import { stream, streamSSE, streamText } from 'hono/streaming'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LightResponse } from '../../lib/tested.js'
import { HttpClient } from '../support/http-exchange.js'

const Real = { Request, Response, fetch }

interface Product {
  id: number
  name: string
}

const png = new Uint8Array([137, 80, 78, 71, 0, 255])

/** An application with the common features of Hono. */
function application(): Hono {
  const app = new Hono()
  const products: Product[] = [{ id: 1, name: 'socket' }]
  app.use('/secure/*', secureHeaders(), etag(), cors())
  app.use('/limited', bodyLimit({ maxSize: 5 }))
  app.use('/timed/*', async (c, next) => {
    await next()
    c.header('X-After', 'yes')
    c.res.headers.append('X-After', 'twice')
  })
  app.get('/', c => c.text('hello'))
  app.get('/html', c => c.html('<h1>grüß</h1>'))
  app.get('/json', c => c.json({ products }))
  app.get('/products/:id', c => c.json(products.find(({ id }) => id === Number(c.req.param('id'))) ?? null))
  app.post('/products', async c => c.json({ got: await c.req.json<Product>() }, 201))
  app.post('/form', async c => c.json(await c.req.parseBody()))
  app.post('/limited', async c => c.text(await c.req.text()))
  app.put('/bytes', async c => c.body(await c.req.arrayBuffer(), 200, { 'Content-Type': 'image/png' }))
  app.get('/bytes', c => c.body(png.slice(), 200, { 'Content-Type': 'image/png' }))
  app.get('/query', c => c.json({ q: c.req.query('q'), all: c.req.queries('a'), url: c.req.url.replace(/:\d+/, '') }))
  app.get('/headers', c => c.json([c.req.header('x-one'), c.req.header('x-none') ?? null]))
  app.get('/cookies', c => {
    c.header('Set-Cookie', 'a=1', { append: true })
    c.header('Set-Cookie', 'b=2', { append: true })
    return c.text('cookies')
  })
  app.get('/redirect', c => c.redirect('/json', 302))
  app.get('/empty', c => c.body(null, 204))
  app.get('/secure/page', c => c.text('secured'))
  app.get('/timed/page', c => c.text('timed'))
  app.get('/plain', () => new Response('plain', { status: 203, statusText: 'Plain', headers: [['x-list', '1']] }))
  app.get('/static', () => Response.json({ static: true }))
  app.get('/clone', async () => {
    const response = new Response('cloned', { headers: { 'x-c': '1' } })
    const copy = response.clone()
    return new Response(`${await response.text()} ${await copy.text()}`, copy)
  })
  app.get('/stream', c => {
    c.header('Content-Type', 'text/plain')
    return stream(c, async out => {
      await out.write('one ')
      await out.sleep(1)
      await out.write('two')
    })
  })
  app.get('/text-stream', c =>
    streamText(c, async out => {
      await out.write('streamed')
    }),
  )
  app.get('/events', c =>
    streamSSE(c, async out => {
      await out.writeSSE({ data: 'x', event: 'y', id: '1' })
    }),
  )
  app.get('/throws', () => {
    throw new Error('my secret')
  })
  app.get('/refuses', () => {
    throw new HTTPException(418, { message: 'teapot' })
  })
  app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text('failed', 500)))
  return app
}

const json = (value: unknown): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' },
})

const requests: [path: string, init?: RequestInit | undefined][] = [
  ['/'],
  ['/', { method: 'HEAD' }],
  ['/html'],
  ['/json'],
  ['/products/1'],
  ['/products/2'],
  ['/products', json({ id: 2, name: 'port' })],
  ['/products', { method: 'POST', body: 'no json' }],
  ['/form', { method: 'POST', body: new URLSearchParams({ a: '1', b: 'ü' }) }],
  ['/form', { method: 'POST', body: 'no form' }],
  ['/limited', { method: 'POST', body: 'small' }],
  ['/limited', { method: 'POST', body: 'too large' }],
  ['/bytes', { method: 'PUT', body: png }],
  ['/bytes'],
  ['/query?q=%C3%BC&a=1&a=2'],
  ['/query?q=a|b'],
  ['/./a/../query?x=<y>'],
  ['/headers', { headers: { 'X-One': 'one' } }],
  ['/cookies'],
  ['/redirect'],
  ['/empty'],
  ['/secure/page'],
  ['/secure/page', { headers: { Origin: 'http://elsewhere' } }],
  ['/secure/page', { method: 'OPTIONS', headers: { Origin: 'http://elsewhere' } }],
  ['/timed/page'],
  ['/plain'],
  ['/static'],
  ['/clone'],
  ['/stream'],
  ['/text-stream'],
  ['/events'],
  ['/throws'],
  ['/refuses'],
  ['/nothing/there'],
  ['/', { method: 'DELETE' }],
]

// Headers that the server adds, not the application.
const servers = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding', 'content-length'])

async function result(port: number, path: string, init?: RequestInit) {
  const response = await Real.fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init })
  const headers = [...response.headers].filter(([name]) => !servers.has(name))
  return { status: response.status, headers, body: await response.text() }
}

describe.each([
  ['with light objects', true],
  ['with the real objects', false],
])('Hono %s', (_, overrideGlobalObjects) => {
  let ours: ReturnType<typeof serve>
  let usual: http.Server
  const errors: unknown[] = []

  beforeAll(async () => {
    const adapter = getRequestListener(application().fetch, { overrideGlobalObjects: false })
    usual = http.createServer((request, response) => void adapter(request, response)).listen(0, '127.0.0.1')
    await once(usual, 'listening')
    const handler = fetchHandler(application().fetch, { overrideGlobalObjects })
    ours = serve(handler, { error: error => void errors.push(error) })
  })

  afterAll(() => {
    ours.close()
    usual.close()
    expect(errors).toEqual([])
  })

  test.each(requests)('%s %j gets the same answer as from its adapter for Node', async (path, init) => {
    const expected = await result((usual.address() as AddressInfo).port, path, init)
    expect(await result(ours.port, path, init)).toEqual(expected)
  })
})

async function serving<T>(
  handler: FetchHandler,
  use: (port: number, errors: unknown[]) => Promise<T>,
  options?: FetchOptions,
): Promise<T> {
  const errors: unknown[] = []
  using server = serve(fetchHandler(handler, options), { error: error => void errors.push(error) })
  return await use(server.port, errors)
}

describe('fetchHandler', () => {
  const ask = (port: number, path = '/', init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, init)

  test('gives the handler a Request', async () => {
    const seen: unknown[] = []
    const handler = async (request: Request): Promise<Response> => {
      seen.push(request instanceof Request, request instanceof Real.Request, request.constructor.name)
      seen.push(inspect(request).startsWith('Request {'), Object.prototype.toString.call(request))
      seen.push(request.bodyUsed, request.signal.aborted, request.cache, new URL(request.url).pathname)
      const clone = request.clone()
      const copy = new Request(request, { headers: { 'x-new': '1' } })
      seen.push(copy.method, copy.headers.get('x-new'), await clone.text())
      request.headers.set('x-own', 'kept')
      seen.push(request.headers.get('x-own'), await copy.text(), copy.bodyUsed)
      return new Response('seen')
    }
    await serving(handler, async port => {
      await ask(port, '/a/../b', { method: 'POST', body: 'content' })
    })
    expect(seen).toEqual([
      ...[true, true, 'Request', true, '[object Request]', false, false, 'default', '/b'],
      ...['POST', '1', 'content', 'kept', 'content', true],
    ])
  })

  test('gives a Request that fetch accepts, as a proxy needs', async () => {
    using upstream = serve(({ method, headers, body }) => ({ body: `${method} ${headers['x-a']} ${body.toString()}` }))
    const proxy = (request: Request): Promise<Response> => {
      const url = new URL(request.url)
      url.port = String(upstream.port)
      return url.pathname === '/same' ? fetch(new Request(url, request)) : fetch(url, request)
    }
    await serving(proxy, async port => {
      for (const path of ['/same', '/other']) {
        const response = await ask(port, path, { headers: { 'X-A': 'through' } })
        expect(await response.text()).toBe('GET through ')
      }
    })
  })

  test('takes every kind of Response, and nothing else', async () => {
    const light = (): Response => new Response('text', { headers: { 'X-A': 'b' } })
    const kinds: Record<string, () => unknown> = {
      '/text': light,
      '/read': () => {
        const response = light()
        return response.body === null ? null : response
      },
      '/changed': () => {
        const response = light()
        response.headers.set('X-A', 'changed')
        return response
      },
      '/stream': () => new Response(new Blob(['stre', 'am']).stream()),
      '/form': () => new Response(new URLSearchParams({ a: 'b' })),
      '/bytes': () => new Response(new Uint8Array([65, 66]).buffer),
      '/derived': () => new (class Derived extends Response {})('derived'),
      '/real': () => new Real.Response('real'),
      '/promise': () => Promise.resolve(light()),
      '/used': async () => {
        const response = light()
        await response.text()
        return response
      },
      '/locked': () => {
        const response = light()
        response.body!.getReader()
        return response
      },
      '/locked-stream': () => {
        const response = new Response(new Blob(['locked']).stream())
        response.body!.getReader()
        return response
      },
      '/undefined': () => undefined,
      '/string': () => 'text',
      '/error': () => Response.error(),
      '/throws': () => {
        throw new Error('no answer')
      },
    }
    await serving(
      request => kinds[new URL(request.url).pathname]!() as Response,
      async (port, errors) => {
        const answers = await Promise.all(
          Object.keys(kinds).map(async path => {
            const response = await ask(port, path)
            const type = response.headers.get('content-type')?.split(/; ?/)[0]
            return [path, response.status, type, response.headers.get('x-a'), await response.text()]
          }),
        )
        const failed = [500, 'text/plain', null, '500 Internal Server Error\n']
        expect(answers).toEqual([
          ['/text', 200, 'text/plain', 'b', 'text'],
          ['/read', 200, 'text/plain', 'b', 'text'],
          ['/changed', 200, 'text/plain', 'changed', 'text'],
          ['/stream', 200, undefined, null, 'stream'],
          ['/form', 200, 'application/x-www-form-urlencoded', null, 'a=b'],
          ['/bytes', 200, undefined, null, 'AB'],
          ['/derived', 200, 'text/plain', null, 'derived'],
          ['/real', 200, 'text/plain', null, 'real'],
          ['/promise', 200, 'text/plain', 'b', 'text'],
          ['/used', ...failed],
          ['/locked', ...failed],
          ['/locked-stream', ...failed],
          ['/undefined', ...failed],
          ['/string', ...failed],
          ['/error', ...failed],
          ['/throws', ...failed],
        ])
        expect(errors).toHaveLength(7)
      },
    )
  })

  test('makes light Responses that are like those of the runtime', () => {
    fetchHandler(() => new Response())
    const attempts: [unknown, unknown?][] = [
      ['x', { status: 99 }],
      ['x', { status: 204 }],
      ['x', { status: 600 }],
      ['x', { headers: { 'a\r\nb': 'c' } }],
      ['x', { headers: { a: 'b\r\nc' } }],
      ['x', { statusText: 'a\nb' }],
      ['x', 5],
    ]
    for (const [body, init] of attempts) {
      const outcome = (make: () => unknown): unknown => {
        try {
          return make()
        } catch (error) {
          return (error as Error).constructor
        }
      }
      const expected = outcome(() => new Real.Response(body as never, init as never))
      expect(outcome(() => new Response(body as never, init as never))).toBe(expected)
    }
    const kept = new Uint8Array([65])
    const response = new Response(kept, { headers: { A: ' padded ', b: 'c', B: 'd' } as never })
    expect([response.headers.get('a'), response.headers.get('b')]).toEqual(['padded', 'c, d'])
    expect(new Response('x', { headers: { 'X-A': '1' } }).headers.get('content-type')).toBe('text/plain;charset=UTF-8')
    const light = new Response('x')
    expect([light.ok, light.type, light.url, light.redirected, light.status, light.statusText, light.bodyUsed]).toEqual(
      (real => [real.ok, real.type, real.url, real.redirected, real.status, real.statusText, real.bodyUsed])(
        new Real.Response('x'),
      ),
    )
    expect([
      light instanceof Response,
      light instanceof Real.Response,
      new Real.Response() instanceof Response,
    ]).toEqual([true, true, true])
    expect(inspect(light)).toBe(inspect(new Real.Response('x')))
  })

  test('checks and sends each value of a header, however often its name was used', () => {
    fetchHandler(() => new Response())
    const valueOf = (name: string, value: string): string | null =>
      new Response('x', { headers: { [name]: value, 'X-Other': 'o' } }).headers.get('x-repeated')
    for (const value of ['one', 'one', 'two', 'one', ' padded ', 'one']) {
      expect(valueOf('X-Repeated', value)).toBe(value.trim())
      expect(valueOf('x-rePeated', value)).toBe(value.trim())
      expect(() => valueOf('X-Repeated', `${value}\r\nX: y`)).toThrow(TypeError)
    }
  })

  test('Response is still the class of the runtime', async () => {
    fetchHandler(() => new Response())
    class Derived extends Response {
      get first(): Promise<string> {
        return this.text().then(text => text.slice(0, 1))
      }
    }
    const derived = new Derived('abc', { status: 201 })
    expect(derived).toBeInstanceOf(Derived)
    expect(derived).toBeInstanceOf(Real.Response)
    expect([await derived.first, derived.status]).toEqual(['a', 201])
    expect([Derived.json(1).status, Response.error().type, Response.redirect('http://a/', 302).status]).toEqual([
      200,
      'error',
      302,
    ])
    const { name, length, prototype } = Response
    expect([name, length, prototype]).toEqual([Real.Response.name, Real.Response.length, Real.Response.prototype])
    expect(() => (Response as unknown as () => unknown)()).toThrow(TypeError)
  })

  test('Response.json makes what it made before', async () => {
    fetchHandler(() => new Response())
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    const attempts: [unknown?, unknown?][] = [
      [{ a: 'ü' }],
      [[1], { status: 201, headers: { 'X-A': 'b' } }],
      ['x', { headers: { 'Content-Type': 'application/problem+json' } }],
      [null, { headers: [['a', 'b']] }],
      ['x', { status: 204 }],
      [cyclic],
      [undefined],
      [() => 1],
      [],
      [1n],
    ]
    for (const values of attempts) {
      const outcome = async (make: (...values: unknown[]) => Response): Promise<unknown> => {
        try {
          const response = make(...values)
          return [response.status, [...response.headers], await response.text()]
        } catch (error) {
          return (error as Error).constructor
        }
      }
      const now = Response.json.bind(Response) as (...values: unknown[]) => Response
      const before = Real.Response.json.bind(Real.Response) as (...values: unknown[]) => Response
      expect(await outcome(now)).toEqual(await outcome(before))
    }
    expect([Response.json.name, Response.json.length]).toEqual([Real.Response.json.name, Real.Response.json.length])
  })

  test('accepts bytes of another realm', () => {
    fetchHandler(() => new Response())
    for (const made of ['new Uint8Array([65, 66])', 'new Uint8Array([65, 66]).buffer']) {
      const bytes = runInNewContext(made) as ArrayBuffer
      expect(LightResponse.of(bytes, undefined)?.take().body).toEqual(Buffer.from('AB'))
    }
  })

  test('aborts the signal when the client resets', async () => {
    let aborted!: (reason: unknown) => void
    const abort = new Promise(resolve => (aborted = resolve))
    const handler = async (request: Request): Promise<Response> => {
      await once(request.signal, 'abort')
      aborted(request.signal.reason)
      return new Response('nobody waits')
    }
    await serving(handler, async (port, errors) => {
      const client = new HttpClient({ address: port })
      await once(client.socket, 'connect')
      client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      setTimeout(() => client.socket.resetAndDestroy(), 30)
      expect(await abort).toMatchObject({ name: 'AbortError' })
      expect(errors).toEqual([])
    })
  })

  test.each([
    ['TRACE / HTTP/1.1\r\nHost: x\r\n', 501],
    ['trace / HTTP/1.1\r\nHost: x\r\n', 501],
    ['Track / HTTP/1.1\r\nHost: x\r\n', 501],
    ['TRACK / HTTP/1.1\r\nHost: x\r\n', 501],
    ['connect / HTTP/1.1\r\nHost: x\r\n', 501],
    ['CoNNeCT / HTTP/1.1\r\nHost: x\r\n', 501],
    ['PATCH / HTTP/1.1\r\nHost: x\r\n', 200],
    ['GET / HTTP/1.1\r\nHost: a%zz.b\r\n', 400],
    ['OPTIONS * HTTP/1.1\r\nHost: x\r\n', 200],
    ['GET / HTTP/1.0\r\n', 200],
    ['get / HTTP/1.1\r\nHost: x\r\n', 200],
    ['GET http://EXAMPLE.com:80/x HTTP/1.1\r\nHost: y\r\n', 200],
  ])('%j is %i', async (head, status) => {
    const urls: string[] = []
    const handler = (request: Request): Response => {
      urls.push(request.url)
      return new Response()
    }
    await serving(handler, async port => {
      const client = new HttpClient({ address: port })
      client.send(`${head}Connection: close\r\n\r\n`)
      expect(Number((await client.end()).slice(9, 12))).toBe(status)
    })
    for (const url of urls) expect(url).toBe(new URL(url).href)
  })

  test.each([true, false])(
    'keeps a field named __proto__ in requests and responses (light objects: %j)',
    async light => {
      const handler = (request: Request): Response => {
        const headers = [...request.headers].filter(([name]) => name === '__proto__')
        return new Response(null, { headers: [...headers, ['x-cloned', request.clone().headers.get('__proto__')!]] })
      }
      const answer = async (port: number): Promise<string> => {
        const client = new HttpClient({ address: port })
        client.send('GET / HTTP/1.1\r\nHost: x\r\n__proto__: kept\r\nConnection: close\r\n\r\n')
        return client.end()
      }
      const text = await serving(handler, answer, { overrideGlobalObjects: light })
      expect(text).toMatch(/\r\n__proto__: kept\r\nx-cloned: kept\r\n/)
    },
  )

  test('keeps the Upgrade of a 426 alone', async () => {
    const handler = ({ url }: Request): Response =>
      new Response(null, { status: Number(url.slice(-3)), headers: { Upgrade: 'h2c', Connection: 'upgrade' } })
    const answer = async (port: number): Promise<string> => {
      const client = new HttpClient({ address: port })
      client.send('GET /426 HTTP/1.1\r\nHost: x\r\n\r\nGET /200 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      return client.end()
    }
    expect(await serving(handler, answer)).toBe(
      'HTTP/1.1 426 Upgrade Required\r\nDate: -\r\nContent-Length: 0\r\nupgrade: h2c\r\nConnection: Upgrade\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    )
  })

  describe('a Response of bytes', () => {
    const length = 64 * 1024
    const filled = (value: number): Uint8Array => new Uint8Array(length).fill(value)
    const bytesFrom = async (port: number, path?: string): Promise<Uint8Array> =>
      new Uint8Array(await (await ask(port, path)).arrayBuffer())

    test.each([100, 4096, length, 256 * 1024, 300_000])('has a copy of them: %i', async size => {
      const one = new Uint8Array(size)
      const handler = (): Response => {
        const response = new Response(one.fill(1))
        new Response(one.fill(2)) // nobody sends it
        one.fill(3)
        return response
      }
      await serving(handler, async port => {
        for (let i = 0; i < 3; i++) expect(await bytesFrom(port)).toEqual(new Uint8Array(size).fill(1))
      })
    })

    test('keeps its copy until it is sent, whatever others make meanwhile', async () => {
      const waiting: (() => void)[] = []
      const handler = async ({ url }: Request): Promise<Response> => {
        const number = Number(url.slice(-1))
        const response = new Response(filled(number))
        await new Promise<void>(resolve => waiting.push(resolve))
        const copy = number % 2 === 0 ? response : response.clone()
        await pause(1)
        return copy
      }
      await serving(handler, async port => {
        const answers = Array.from({ length: 8 }, (_, i) => bytesFrom(port, `/${i}`))
        while (waiting.length < answers.length) await pause(1)
        for (const resolve of waiting) resolve()
        expect(await Promise.all(answers)).toEqual(answers.map((_, i) => filled(i)))
      })
    })

    test.each([
      ['light', () => new Response(filled(1))],
      ['real', () => new Real.Response(filled(1))],
    ])('is sent once, a %s one', async (_, make) => {
      let kept: Response | undefined
      const handler = (): Response => (kept ??= make())
      const use = async (port: number, errors: unknown[]): Promise<void> => {
        expect(await bytesFrom(port)).toEqual(filled(1))
        expect(kept!.bodyUsed).toBe(true)
        expect((await ask(port)).status).toBe(500)
        expect(errors).toMatchObject([{ name: 'TypeError', code: 'ERR_INVALID_STATE' }])
        await expect(kept!.text()).rejects.toThrow(TypeError)
        expect(() => kept!.clone()).toThrow(TypeError)
      }
      await serving(handler, use)
    })

    test('gives an answer that may be kept to a handler around it', async () => {
      let made = 0
      const inner = fetchHandler(() => new Response(filled(++made)))
      const answers: unknown[] = []
      const outer: Handler = request => {
        const answer = inner(request) as HttpResponse
        answers.push(answer.body)
        return { ...answer, headers: { 'X-Outer': '1' } }
      }
      using server = serve(outer, {})
      for (let i = 1; i <= 3; i++) expect(await bytesFrom(server.port)).toEqual(filled(i))
      expect(answers).toEqual([1, 2, 3].map(value => Buffer.from(filled(value))))
    })

    // Memory of its own would be 64 KiB for each, 13 MB for all.
    test('is sent without memory of its own', async () => {
      const bytes = filled(1)
      using server = serve({ fetch: () => new Response(bytes) })
      using client = new Socket()
      client.connect(['127.0.0.1', server.port])
      const answer = Buffer.alloc(2 * length)
      const exchange = async (): Promise<void> => {
        client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        for (let count = 0; count < length || !answer.subarray(count - length, count).equals(bytes);) {
          count += client.tryRecvInto(answer.subarray(count)) ?? 0
          await new Promise(resolve => setImmediate(resolve))
        }
      }
      await exchange()
      const before = process.memoryUsage().arrayBuffers
      for (let i = 0; i < 200; i++) await exchange()
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6)
    })
  })

  const outcome = async (action: () => unknown): Promise<string> => {
    try {
      const value: unknown = await action()
      return value instanceof ArrayBuffer ? `ArrayBuffer ${Buffer.from(value).toString('hex')}` : JSON.stringify(value)
    } catch (error) {
      return (error as Error).name
    }
  }

  const readings: Record<string, (request: Request) => Promise<string>[]> = {
    'text twice': request => [outcome(() => request.text()), outcome(() => request.text())],
    'json, then text': request => [outcome(() => request.json()), outcome(() => request.text())],
    arrayBuffer: request => [outcome(() => request.arrayBuffer()), outcome(() => request.bodyUsed)],
    'bodyUsed before': request => [outcome(() => request.bodyUsed), outcome(() => request.text())],
    'clone, then both': request => {
      const clone = request.clone()
      return [outcome(() => clone.text()), outcome(() => request.json())]
    },
    'text, then clone': request => [outcome(() => request.text()), outcome(() => request.clone().method)],
    'text, then body': request => [outcome(() => request.text()), outcome(() => request.body === null)],
    'text, then another Request': request => [
      outcome(() => request.text()),
      outcome(() => new Request(request).method),
    ],
    'a reader, then text': request => [
      outcome(() => request.body?.getReader() === undefined),
      outcome(() => request.text()),
    ],
    'text, then blob': request => [outcome(() => request.text()), outcome(() => request.blob())],
  }
  const contents: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    'an object': Buffer.from('{"a":[1,"ü"]}'),
    'no JSON': Buffer.from('{"a":'),
    'a byte order mark': Buffer.from('\ufeff{"b":1}'),
    'what is no UTF-8': Buffer.from([0x22, 0xff, 0xc3, 0x22]),
  }

  describe.each(Object.keys(contents))('a body of %s is read as that of a Request', content => {
    test.each(Object.keys(readings))('%s', async reading => {
      const handler = async (request: Request): Promise<Response> =>
        new Response((await Promise.all(readings[reading]!(request))).join('\n'))
      // With the head, and in two pieces behind it.
      const answer = async (port: number): Promise<string[]> => {
        const body = contents[content]!
        const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`
        const whole = new HttpClient({ address: port })
        whole.send(head + body.toString('latin1'))
        const pieces = new HttpClient({ address: port })
        for (const piece of [head, body.toString('latin1', 0, 3), body.toString('latin1', 3)]) {
          pieces.send(piece)
          await pause(5)
        }
        return [await whole.end(), await pieces.end()]
      }
      const [light, real] = [
        await serving(handler, answer, { overrideGlobalObjects: true }),
        await serving(handler, answer, { overrideGlobalObjects: false }),
      ]
      expect(light).toEqual(real)
    })
  })

  test('works with the real objects, and replaces none', async () => {
    const before = { Request, Response, fetch }
    const handler = async (request: Request): Promise<Response> => new Response(await request.text())
    const answer = async (port: number): Promise<string> => (await ask(port, '/', { method: 'POST', body: 'x' })).text()
    expect(await serving(handler, answer, { overrideGlobalObjects: false })).toBe('x')
    expect({ Request, Response, fetch }).toEqual(before)
  })
})
