// The application may do anything to its connection and its server, wherever its code runs. Each place where it runs is tested
// with each action, in a new process, which must end by itself.
import { describe, expect, it } from 'vitest'
import { script } from '../support/child.js'

// By place: a handler that calls `act` there. `resets`: the client resets after half of its request; `rest`: it sends this then.
const places = `{
  handler: { handler: () => { act(); return { body: 'x' } } },
  'handler that streams': { handler: () => { act(); return { body: generate() } } },
  'handler that waits': { handler: request => { act(); return wait(request) } },
  'handler that has read': { handler: async request => { await first(request.body); act(); return { body: 'x' } } },
  'handler that reads later': { handler: async request => { act(); return { body: String(await count(request.body)) } } },
  later: { handler: async () => { await sleep(1); act(); return { body: 'x' } } },
  'later, then a stream': { handler: async () => { await sleep(1); act(); return { body: generate() } } },
  'the headers': { handler: () => ({ headers: (function* () { act(); yield ['a', 'b'] })(), body: generate() }) },
  'a getter': { handler: () => ({ get body() { act(); return 'x' } }) },
  'the iterator': { handler: () => ({ body: { [Symbol.asyncIterator]() { act(); return generate() } } }) },
  'the iterator of a body that is not sent': { handler: () => ({ status: 204, body: { [Symbol.iterator]() { act(); return [][Symbol.iterator]() } } }) },
  'the first piece': { handler: () => ({ body: (function* () { opened++; try { act(); yield 'a'; yield 'b' } finally { opened-- } })() }) },
  'a later piece': { handler: () => ({ body: (async function* () { opened++; try { yield 'a'; await sleep(1); act(); yield 'b' } finally { opened-- } })() }) },
  pull: { handler: () => ({ body: new ReadableStream({ async pull(controller) { await sleep(1); controller.enqueue(Buffer.from('a')); act() } }) }) },
  'an echo of the body': { handler: request => ({ body: (async function* () { for await (const piece of request.body) { act(); yield piece } })() }) },
  'return, as the client resets': { resets: true, handler: () => ({ body: { [Symbol.iterator]: () => ({ next: () => ({ value: Buffer.alloc(100000) }), return() { act(); return {} } }) } }) },
  'cancel, as the client resets': { resets: true, handler: () => ({ body: new ReadableStream({ start: controller => controller.enqueue(Buffer.from('a')), cancel: () => act() }) }) },
  'destroy, as the client resets': { resets: true, handler: () => ({ body: { [Symbol.iterator]: () => ({ next: () => ({ value: Buffer.alloc(100000) }) }), destroy: () => act() } }) },
  'abort, as the client resets': { resets: true, handler: async request => { request.signal.addEventListener('abort', act); await count(request.body); return {} } },
  'abort, as the body is invalid': { rest: 'zzz\\r\\n', handler: async request => { request.signal.addEventListener('abort', act); await count(request.body); return {} } },
  'reading, as the client resets': { resets: true, handler: async request => { try { await count(request.body) } catch { act() } return {} } },
  'reading, as the body is invalid': { rest: 'zzz\\r\\n', handler: async request => { try { await count(request.body) } catch { act() } return {} } },
  'reading, after the response': { handler: request => { count(request.body).catch(act).catch(() => 0); return {} } },
  error: { error: () => act(), handler: () => { throw new Error('of the handler') } },
  'error, later': { error: () => act(), handler: async () => { await sleep(1); throw new Error('of the handler') } },
  'error, of a stream': { error: () => act(), handler: () => ({ body: (async function* () { yield 'a'; throw new Error('of the stream') })() }) },
  fetch: { fetch: () => { act(); return new Response('x') } },
  'fetch, then a stream': { fetch: () => { act(); return new Response(ReadableStream.from(generate())) } },
  'fetch, later': { fetch: async () => { await sleep(1); act(); return new Response('x') } },
  'fetch that has read': { fetch: async request => { const reader = request.body.getReader(); await reader.read(); act(); return new Response('x') } },
  'fetch that reads later': { fetch: async request => { act(); return new Response(await request.text()) } },
}`

const program = (place: string): string => `
  import { serve } from 'bsd-sockets/http'
  import net from 'node:net'
  const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
  const soon = async condition => { for (let i = 0; i < 500 && !condition(); i++) await sleep(2) }
  const connections = () => [...server.server]
  const actions = {
    throw: () => { throw new Error('thrown') },
    destroy: () => connections().forEach(one => one.destroy()),
    'destroy and throw': () => { connections().forEach(one => one.destroy()); throw new Error('thrown') },
    reset: () => connections().forEach(one => one.reset()),
    end: () => connections().forEach(one => one.end()),
    'end and throw': () => { connections().forEach(one => one.end()); throw new Error('thrown') },
    pause: () => connections().forEach(one => { one.pause(); one.resume() }),
    close: () => server.close(),
    'close twice': () => { server.close(); server[Symbol.dispose]() },
    stop: () => void server.stop(),
    'stop now': () => void server.stop({ timeout: 0 }),
    'stop twice, and throw': () => { void server.stop(); void server.stop({ timeout: 1 }); throw new Error('thrown') },
  }
  const wrong = []
  let server, name, acted, opened, aborts
  const act = () => {
    if (acted++ > 0) return
    actions[name]()
  }
  async function* generate() {
    opened++
    try {
      yield 'a'
      await sleep(1)
      yield 'b'
    } finally {
      opened--
    }
  }
  const first = async body => { for await (const piece of body) return piece }
  const count = async body => { let n = 0; for await (const piece of body) n += piece.length; return n }
  const wait = ({ signal }) => new Promise((resolve, reject) => {
    const abort = () => { aborts++; reject(signal.reason) }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
  })
  process.on('uncaughtException', error => { if (error.message !== 'thrown') wrong.push([name, 'uncaught', String(error.stack)]) })
  process.on('unhandledRejection', error => wrong.push([name, 'unhandled', String(error?.stack)]))
  const place = (${places})[${JSON.stringify(place)}]
  for (name of Object.keys(actions)) {
    acted = opened = aborts = 0
    let over = false
    let late = 0
    let begun = false
    const timeouts = { halfClose: 50 }
    const error = (...values) => { late += over; place.error?.(...values) }
    const watched = handler => request => { late += over; begun = true; return handler(request) }
    server = place.fetch
      ? serve({ fetch: watched(place.fetch) }, { error, timeouts })
      : serve(watched(place.handler), { error, timeouts, streamBody: true })
    const client = net.connect(server.port, '127.0.0.1')
    client.on('error', () => 0).resume()
    client.write('POST / HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n')
    await soon(() => begun)
    if (place.resets) await sleep(20)
    if (place.resets) client.resetAndDestroy()
    else client.write(place.rest ?? '3\\r\\ndef\\r\\n0\\r\\n\\r\\n')
    await soon(() => acted > 0)
    await sleep(10)
    client.destroy()
    await soon(() => server.server.connections === 0)
    if (server.server.connections !== 0) wrong.push([name, 'open', server.server.connections])
    server.close()
    over = true
    await soon(() => opened === 0)
    await sleep(5)
    if (acted === 0) wrong.push([name, 'never'])
    if (opened !== 0) wrong.push([name, 'a stream is not closed'])
    if (late !== 0) wrong.push([name, 'late'])
    if (${JSON.stringify(place)} === 'handler that waits' && aborts !== 1 && !/throw/.test(name)) wrong.push([name, 'not aborted'])
    if (server.server.fd !== -1) wrong.push([name, 'listens'])
  }
  console.log(JSON.stringify(wrong))`

const names = [...places.matchAll(/^ {2}'?(.*?)'?: \{/gm)].map(([, name]) => name!)

describe('the process ends by itself after each action in', () => {
  it('finds the places', () => expect(names.length).toBeGreaterThan(30))
  it.each(names)('%s', async place => {
    expect(await script(program(place)).finished()).toBe('[]\n')
  })
})

// What shuts the listener down stands for another process that has the socket. accept(2): EINVAL
describe.runIf(process.platform === 'linux')('a listener that fails', () => {
  const fails = (options: string): string => `
    import { SHUT_RDWR } from 'bsd-sockets'
    import { serve } from 'bsd-sockets/http'
    import * as sys from 'bsd-sockets/syscalls'
    const error = (thrown, request) => console.log('told', thrown.message, request)
    process.once('uncaughtException', ({ message }) => console.log('uncaught', message))
    const server = serve(() => ({ body: '' }), ${options})
    process.once('exit', () => console.log(server.server.fd))
    sys.shutdown(server.server.fd, SHUT_RDWR)`
  it('is an uncaught exception by default, since nobody is served any more', async () => {
    expect(await script(fails('{}')).finished()).toBe('uncaught accept EINVAL\n-1\n')
  })
  it('is told to the handler of errors', async () => {
    expect(await script(fails('{ error }')).finished()).toBe('told accept EINVAL null\n-1\n')
  })
})
