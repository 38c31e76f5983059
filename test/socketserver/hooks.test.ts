// A hook of a server or a handler throws, closes or shuts down: the result is the same as in Python's socketserver, which
// runs each case in its own process. Intended differences are listed.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { SHUT_RDWR, Socket } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { StreamRequestHandler, TCPServer } from 'bsd-sockets/socketserver'
import { expect, test } from 'vitest'
import { tool } from '../support/tools.js'
import { root } from '../support/root.js'

interface Case {
  way: 'handle' | 'serve' | 'timeout'
  hook: string
  action: string
  /** The handler's wbufsize. */
  buffer: number
}

interface Outcome {
  /** The hooks that were called, serviceActions once. */
  events: string[]
  /** Whether handleRequest or serveForever has thrown what a hook threw. */
  raised: boolean
  /** The bytes that the client received. */
  got: string | null
  /** Whether the server was closed. */
  closed: boolean
  /** The bytes that the next client received. */
  again: string | null
}

const ofRequest = [
  ...['verifyRequest', 'processRequest', 'finishRequest', 'setup', 'handle', 'finish'],
  ...['shutdownRequest', 'closeRequest'],
]
const cases: Case[] = []
for (const buffer of [0, 100]) {
  for (const hook of ofRequest) {
    for (const action of ['nothing', 'throw', 'close', 'shutdown', 'serverClose']) {
      cases.push({ way: 'handle', hook, action, buffer })
      // Python's serve_forever loops for ever once its socket is closed.
      if (action !== 'serverClose') cases.push({ way: 'serve', hook, action, buffer })
    }
  }
  for (const way of ['handle', 'serve'] as const) {
    cases.push({ way, hook: 'verifyRequest', action: 'refuse', buffer })
    cases.push({ way, hook: 'serviceActions', action: 'throw', buffer })
  }
}
for (const action of ['nothing', 'throw', 'serverClose']) {
  cases.push({ way: 'timeout', hook: 'handleTimeout', action, buffer: 0 })
}

class Failure extends Error {}

async function play({ way, hook, action, buffer }: Case): Promise<Outcome> {
  const events: string[] = []
  let acts = true
  async function step(name: string, request?: Socket): Promise<void> {
    events.push(name)
    if (name !== hook || !acts) return
    if (action === 'throw') throw new Failure(name)
    if (action === 'close') request!.close()
    if (action === 'shutdown') request!.shutdown(SHUT_RDWR)
    if (action === 'serverClose') await server.serverClose()
  }
  // The same, for hooks that return no promise.
  function stepNow(name: string, request: Socket): void {
    events.push(name)
    if (name !== hook || !acts) return
    if (action === 'throw') throw new Failure(name)
    if (action === 'close') request.close()
    if (action === 'shutdown') request.shutdown(SHUT_RDWR)
    if (action === 'serverClose') void server.serverClose()
  }
  class Handler extends StreamRequestHandler {
    override wbufsize = buffer
    override async setup(): Promise<void> {
      await step('setup', this.request)
      await super.setup()
    }
    override async handle(): Promise<void> {
      this.wfile.write(this.rfile.readline())
      await step('handle', this.request)
    }
    override async finish(): Promise<void> {
      await step('finish', this.request)
      await super.finish()
    }
  }
  class Server extends TCPServer {
    override timeout = way === 'timeout' ? 50 : null
    override async verifyRequest(request: Socket): Promise<boolean> {
      await step('verifyRequest', request)
      return !(acts && hook === 'verifyRequest' && action === 'refuse')
    }
    override async processRequest(request: Socket, address: SocketAddress): Promise<void> {
      await step('processRequest', request)
      await super.processRequest(request, address)
    }
    override async finishRequest(request: Socket, address: SocketAddress): Promise<void> {
      await step('finishRequest', request)
      await super.finishRequest(request, address)
    }
    override shutdownRequest(request: Socket): void {
      stepNow('shutdownRequest', request)
      super.shutdownRequest(request)
    }
    override closeRequest(request: Socket): void {
      stepNow('closeRequest', request)
      super.closeRequest(request)
    }
    override handleError(): void {
      events.push('handleError')
    }
    override serviceActions(): Promise<void> {
      return events.includes('serviceActions') ? Promise.resolve() : step('serviceActions')
    }
    override handleTimeout(): Promise<void> {
      return step('handleTimeout')
    }
  }
  const server = new Server(['127.0.0.1', 0], Handler)
  const { serverAddress } = server
  const ask = (text: string): AsyncSocket => {
    const client = new Socket()
    client.connect(serverAddress)
    client.sendall(text)
    return new AsyncSocket(client.family, client.type, client.protocol, client.detach())
  }
  const all = async (client: AsyncSocket): Promise<string> => {
    let got = ''
    try {
      for (let data; (data = await client.recv(100, 0, { timeout: 5000 })).length > 0;) got += String(data)
    } catch {
      got = 'error'
    }
    client.close()
    return got
  }
  const client = way === 'timeout' ? undefined : ask('hello\n')
  let raised = false
  const run = (way === 'serve' ? server.serveForever(10) : server.handleRequest()).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error
    raised = true
  })
  if (way !== 'serve') await run
  const got = client === undefined ? null : await all(client)
  if (way === 'serve') {
    await server.shutdown()
    await run
  }
  const closed = server.fileno() < 0
  const outcome = { events: [...events], raised, got, closed, again: null as string | null }
  if (client !== undefined && !closed && way === 'handle') {
    acts = false
    const other = ask('again\n')
    await server.handleRequest()
    outcome.again = await all(other)
  }
  await server.serverClose()
  return outcome
}

/** The intended differences, and why. */
function differs({ hook, action, buffer }: Case): string | undefined {
  if (hook === 'verifyRequest' && action === 'throw')
    return 'handleError is called for it too, and the request is closed; Python leaves it open, and its server ends'
  if (buffer > 0 && action === 'shutdown' && ofRequest.indexOf(hook) < ofRequest.indexOf('shutdownRequest'))
    return 'a client that does not receive its answer is not an error; Python ignores that in flush, but not in close'
  if (buffer > 0 && action === 'close' && (hook === 'handle' || hook === 'finish'))
    return 'a closed request is closed; in Python wfile keeps the descriptor open, and sends its buffer'
  return undefined
}

const python = tool('python3')

test.skipIf(!python)(
  `each hook behaves as in Python (${cases.length} cases)${python ? '' : ' (skipped: no python3)'}`,
  { timeout: 120_000 },
  async () => {
    const program = join(root, 'test/python/socketserver_hooks.py')
    const input = cases.map(one => JSON.stringify(one)).join('\n')
    const { stdout, stderr, status } = spawnSync('python3', [program], { input, encoding: 'utf8', timeout: 100_000 })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const expected = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Outcome)
    expect(expected).toHaveLength(cases.length)
    const different: unknown[] = []
    for (const [i, one] of cases.entries()) {
      const outcome = await play(one)
      if (isDeepStrictEqual(outcome, expected[i]) !== (differs(one) === undefined))
        different.push({
          case: JSON.stringify(one),
          here: JSON.stringify(outcome),
          python: JSON.stringify(expected[i]),
        })
    }
    expect(different).toEqual([])
  },
)
