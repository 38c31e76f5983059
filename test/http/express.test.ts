// Express on sockets of this package, by bsd-sockets/streams.
import http from 'node:http'
import { createRequire } from 'node:module'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { listenNet, toDuplex } from 'bsd-sockets/streams'
import { SO_REUSEADDR, Socket, SOL_SOCKET } from 'bsd-sockets'
import { describe, expect, onTestFinished, test } from 'vitest'

interface Exchange {
  params: Record<string, string>
  body: unknown
}

interface Answer {
  json(value: unknown): void
  status(code: number): Answer
  type(name: string): Answer
  send(text: string): void
  write(text: string): void
  end(): void
}

type Route = (path: string, ...handlers: ((request: Exchange, response: Answer) => void)[]) => void

interface Express {
  (): http.RequestListener & { get: Route; post: Route; use(handler: unknown): void }
  json(): unknown
}

function application(): http.RequestListener {
  const express = createRequire(import.meta.url)('express') as Express
  const app = express()
  app.use(express.json())
  app.get('/products/:id', (request, response) => response.json({ id: request.params.id }))
  app.post('/products', (request, response) => response.status(201).json({ got: request.body }))
  app.get('/page', (_, response) => response.type('html').send('<h1>page</h1>'))
  app.get('/pieces', (_, response) => {
    for (let i = 0; i < 3; i++) response.write(`piece ${i};`)
    response.end()
  })
  return app
}

/** An http server of Node that listens on a socket of this package. */
async function byListenNet(): Promise<number> {
  const socket = new Socket()
  socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
  socket.bind(['127.0.0.1', 0])
  socket.listen()
  const { port } = socket.getsockname() as { port: number }
  const server = await listenNet(http.createServer(application()), socket)
  onTestFinished(() => server.closeAllConnections())
  onTestFinished(() => void server.close())
  return port
}

/** An http server of Node that does not listen. It gets each accepted connection as a stream. */
function byDuplex(): number {
  const server = http.createServer(application())
  const listener = new AsyncSocket()
  onTestFinished(() => listener.close())
  listener.bind(['127.0.0.1', 0])
  listener.listen()
  const accept = async (): Promise<void> => {
    for await (const [client] of listener) {
      const stream = toDuplex(client)
      stream.on('error', () => undefined)
      onTestFinished(() => void stream.destroy())
      server.emit('connection', stream)
    }
  }
  accept().catch(() => undefined) // rejects when the listener is closed
  return (listener.getsockname() as { port: number }).port
}

describe.each([
  ['listenNet', byListenNet],
  ['toDuplex', byDuplex],
])('Express by %s', (_, start) => {
  test('routes, reads JSON, answers, and streams', async () => {
    const port = await start()
    const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, init)
    expect(await (await ask('/products/7')).json()).toEqual({ id: '7' })
    const headers = { 'Content-Type': 'application/json' }
    const posted = await ask('/products', { method: 'POST', headers, body: '{"name":"socket"}' })
    expect([posted.status, await posted.json()]).toEqual([201, { got: { name: 'socket' } }])
    const page = await ask('/page')
    expect([page.headers.get('content-type'), await page.text()]).toEqual(['text/html; charset=utf-8', '<h1>page</h1>'])
    expect(await (await ask('/pieces')).text()).toBe('piece 0;piece 1;piece 2;')
    expect((await ask('/nothing')).status).toBe(404)
  })
})
