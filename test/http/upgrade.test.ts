// A response that switches its connection to another protocol. RFC 9110, 7.8
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from 'bsd-sockets/http'
import type { Handler, HttpRequest, HttpResponse, ServeOptions } from 'bsd-sockets/http'
import type { Handlers } from 'bsd-sockets/reactor'
import { expect, onTestFinished, test } from 'vitest'
import { HttpClient } from '../support/http-exchange.js'

function start(handler: Handler, options: ServeOptions = {}) {
  const errors: unknown[] = []
  const server = serve(handler, { error: error => void errors.push(error), ...options })
  onTestFinished(() => server.close())
  return Object.assign(server, { errors })
}

function client({ port }: { port: number }): HttpClient {
  const made = new HttpClient({ address: port })
  onTestFinished(() => void made.socket.destroy())
  return made
}

const asks = (protocol = 'shout', path = '/'): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`

const switched = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: shout\r\nConnection: Upgrade\r\n\r\n'

/** Answers each piece in capitals, until the peer ends. */
const shout = (log: string[] = []): Handlers => ({
  open: connection => {
    log.push('open')
    connection.context = 'shouts'
  },
  data: (connection, bytes) => {
    log.push(`data ${bytes.toString()} ${String(connection.context)}`)
    connection.write(bytes.toString().toUpperCase())
  },
  end: connection => {
    log.push('end')
    connection.end('BYE')
  },
  close: () => void log.push('close'),
})

const upgraded = (upgrade: Handlers): HttpResponse => ({ status: 101, headers: { Upgrade: 'shout' }, upgrade })

test('the handlers of the new protocol get the connection, with the bytes behind the request', async () => {
  const log: string[] = []
  const server = start(({ path }) => (path === '/' ? upgraded(shout(log)) : { body: 'plain' }))
  const one = client(server)
  one.send('GET /plain HTTP/1.1\r\nHost: x\r\n\r\n' + asks() + 'GET / is no request')
  const plain =
    'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nplain'
  await one.has(plain + switched + 'GET / IS NO REQUEST')
  one.send('more')
  await one.has(plain + switched + 'GET / IS NO REQUESTMORE')
  one.finish()
  expect(await one.end()).toBe(plain + switched + 'GET / IS NO REQUESTMOREBYE')
  expect(log).toEqual(['open', 'data GET / is no request shouts', 'data more shouts', 'end', 'close'])
  expect(server.errors).toEqual([])
})

test('no byte is lost that arrives before the handler answers', async () => {
  let answer!: (response: HttpResponse) => void
  const server = start(() => new Promise(resolve => (answer = resolve)))
  const one = client(server)
  await one.sendBytes(asks() + 'one ')
  while ((answer as unknown) === undefined) await sleep(1)
  one.send('two ')
  await sleep(20)
  answer(upgraded(shout()))
  one.send('three')
  await one.has(switched + 'ONE TWO THREE')
  one.finish()
  expect(await one.end()).toBe(switched + 'ONE TWO THREEBYE')
})

test('a protocol that pauses in open gets the bytes after resume', async () => {
  const log: string[] = []
  let resume!: () => void
  const upgrade: Handlers = {
    ...shout(log),
    open: connection => {
      log.push('open')
      connection.pause()
      resume = () => connection.resume()
    },
  }
  const server = start(() => upgraded(upgrade))
  const one = client(server)
  one.send(asks() + 'early ')
  await one.has(switched)
  one.send('late')
  await sleep(20)
  expect(log).toEqual(['open'])
  resume()
  await one.has(switched + 'EARLY LATE')
})

test('its handlers run in the async context of serve; what they throw ends the connection', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const thrown = new Error('thrown')
  const upgrade: Handlers = {
    data: () => {
      seen.push(storage.getStore())
      throw thrown
    },
    error: error => void seen.push(error),
    close: (_, error) => void seen.push(error),
  }
  const server = storage.run('the server', () => start(() => upgraded(upgrade)))
  const one = client(server)
  one.send(asks() + 'x')
  expect(await one.end()).toBe(switched)
  expect(seen).toEqual(['the server', thrown, thrown])
  expect(server.errors).toEqual([])
})

test('timeouts and limits end with HTTP; stop waits for the connection', async () => {
  const server = start(() => upgraded(shout()), {
    timeouts: { first: 1, idle: 1, head: 1 },
    limits: { headerBytes: 100 },
  })
  const one = client(server)
  one.send(asks())
  await one.has(switched)
  await sleep(600) // the server checks timeouts twice in this time
  const stopped = server.stop()
  one.send('x'.repeat(1000))
  await one.has(switched + 'X'.repeat(1000))
  one.finish()
  expect(await one.end()).toContain('BYE')
  await stopped
  const two = start(() => upgraded(shout()))
  const kept = client(two)
  kept.send(asks())
  await kept.has(switched)
  const gone = once(kept.socket, 'close')
  await two.stop({ timeout: 10 })
  kept.finish()
  await gone
})

const refused: [string, string, (request: HttpRequest) => HttpResponse][] = [
  ['that the client did not ask for', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', () => upgraded({})],
  ['to another protocol', asks('whisper'), () => upgraded({})],
  ['without Connection', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: shout\r\n\r\n', () => upgraded({})],
  ['of HTTP/1.0', asks().replace('1.1', '1.0').replace('Upgrade\r\n', 'Upgrade, keep-alive\r\n'), () => upgraded({})],
  ['without a protocol', asks(), () => ({ status: 101, upgrade: {} })],
  ['without a protocol, where the client named none', asks(','), () => ({ status: 101, upgrade: {} })],
  ['with another status', asks(), () => ({ status: 200, headers: { Upgrade: 'shout' }, upgrade: {} })],
  ['with a body', asks(), () => ({ ...upgraded({}), body: 'x' })],
  ['to an invalid handler', asks(), () => upgraded({ data: 5 } as never)],
  ['to a number', asks(), () => upgraded(5 as never)],
  ['without handlers', asks(), () => ({ status: 101, headers: { Upgrade: 'shout' } })],
]

test.each(refused)('an upgrade %s is an error, and the connection goes on with HTTP', async (_, request, handler) => {
  const server = start(given => (given.path === '/' ? handler(given) : { body: 'on' }))
  const one = client(server)
  one.send(request + 'GET /on HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const answer = await one.end()
  expect(answer).toMatch(/^HTTP\/1\.1 500 Internal/)
  expect(answer).toMatch(/\r\n\r\non$/)
  expect(server.errors).toEqual([expect.objectContaining({ code: expect.stringMatching(/^ERR_/) })])
})

test('a streamed body must be read first', async () => {
  const errors: unknown[] = []
  const server = serve(
    async request => {
      if (request.path === '/read') for await (const piece of request.body) expect(piece.length).toBeGreaterThan(0)
      return upgraded(shout())
    },
    { streamBody: true, error: error => void errors.push(error) },
  )
  onTestFinished(() => server.close())
  const post = (path: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: shout\r\nContent-Length: 4\r\n\r\n`
  const one = client(server)
  one.send(post('/read') + 'bo')
  await sleep(10)
  one.send('dyafter')
  await one.has(switched + 'AFTER')
  const two = client(server)
  two.send(post('/unread') + 'bo')
  while (!two.text.startsWith('HTTP/1.1 500')) await sleep(1)
  expect(errors).toEqual([expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' })])
})
