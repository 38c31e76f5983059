// Arguments as in other libraries are accepted. Mistakes are rejected with an error that says what is wrong and what to do.
import dns from 'node:dns/promises'
import { createServer as createNetServer } from 'node:net'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  createConnection,
  createServer,
  getOption,
  MySocket,
  options,
  recvExactly,
  setOption,
  SO_TYPE,
  SOCK_STREAM,
  Socket,
  SOL_SOCKET,
} from 'bsd-sockets'
import type { HostAndPort } from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'
import type { Handler, ServeOptions } from 'bsd-sockets/http'
import * as promises from 'bsd-sockets/promises'
import { bind, connect, listen } from 'bsd-sockets/reactor'
import { listenNet } from 'bsd-sockets/streams'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'

const invalid = (code: string, ...words: string[]): object =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(words.map(word => `(?=[^]*${word.replace(/[.?()[\]]/g, '\\$&')})`).join('')),
  })

describe('arguments as in other libraries', () => {
  test('createServer(port), createConnection({ host, port }) and createConnection(port)', () => {
    using server = createServer(0)
    const { address, port } = server.getsockname() as { address: string; port: number }
    expect(address).toBe('127.0.0.1')
    for (const where of [{ host: '127.0.0.1', port }, { address: 'localhost', port }, port, ['localhost', port]]) {
      using client = createConnection(where as HostAndPort)
      expect(client.getpeername()).toMatchObject({ address, port })
    }
    using other = createConnection({ host: 'localhost', port }, { family: 4 })
    expect(other.family).toBe(AF_INET)
  })

  test('the same with promises', async () => {
    using server = await promises.createServer(0)
    const { port } = server.getsockname() as { port: number }
    for (const where of [{ host: '127.0.0.1', port }, port]) {
      using client = await promises.createConnection(where, { family: 4 })
      expect(client.getpeername()).toMatchObject({ address: '127.0.0.1', port })
    }
    await expect(promises.createConnection(['127.0.0.1', port], { family: 6 })).rejects.toThrow(/EAI_/)
  })

  test('the result of dns.lookup', async () => {
    using server = createServer(0)
    const found = await dns.lookup('127.0.0.1') // { address, family: 4 }
    using client = new Socket()
    client.connect({ ...found, port: (server.getsockname() as { port: number }).port })
    expect(client.getpeername()).toMatchObject(server.getsockname())
  })

  test('listen(port) of the reactor, host for address, and connect by host', async () => {
    const heard = await new Promise(resolve => {
      const server = listen(0, {
        host: '127.0.0.1',
        data(connection, bytes) {
          resolve(bytes.toString())
          connection.destroy()
          server.close()
        },
      })
      connect({ host: '127.0.0.1', port: (server.address as { port: number }).port }).write('hi')
    })
    expect(heard).toBe('hi')
    const socket = bind({ host: '127.0.0.1' })
    expect(socket.address).toMatchObject({ address: '127.0.0.1' })
    socket.close()
  })

  test('serve({ fetch }), with a port and a hostname as in Bun, and with the application of a framework', async () => {
    const answer = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text()
    using server = serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('hello') })
    expect(await answer(server.port)).toBe('hello')
    const app = new Hono().get('/', context => context.text('from a framework'))
    using other = serve(app)
    expect(await answer(other.port)).toBe('from a framework')
  })
})

describe('a mistake', () => {
  test('a host and a port in one string', async () => {
    const where = 'localhost:80' as unknown as HostAndPort
    const error = invalid('ERR_INVALID_ARG_VALUE', "'where' must be a host and a port, such as ['localhost', 80]")
    expect(() => createConnection(where)).toThrow(error)
    expect(() => createServer(where)).toThrow(error)
    await expect(promises.createConnection(where)).rejects.toThrow(error)
    await expect(promises.createServer(where)).rejects.toThrow(error)
    expect(() => createConnection('[::1]:80' as unknown as HostAndPort)).toThrow("['::1', 80]")
  })

  test('an option that does not exist', () => {
    using socket = new Socket()
    const missing = (options as Record<string, unknown>).keepCount as never
    const error = invalid('ERR_INVALID_ARG_TYPE', '"option" argument must be one of `options`', 'undefined')
    expect(() => getOption(socket, missing)).toThrow(error)
    expect(() => setOption(socket, missing, 1)).toThrow(error)
  })

  test("an unknown property of an option's structure", () => {
    using socket = new Socket()
    const linger = { on: true, secondes: 5 } as unknown as { on: boolean; seconds: number }
    const error = invalid('ERR_INVALID_ARG_VALUE', "'value.secondes' is not known (did you mean 'seconds'?)")
    expect(() => setOption(socket, options.linger, linger)).toThrow(error)
  })

  test('a misspelt handler or option, and a handler that is not a function', async () => {
    const tried: [() => unknown, ...string[]][] = [
      [() => listen({ onData() {} } as object), 'options.onData', "did you mean 'data'"],
      [() => listen({ ondata() {} } as object), 'options.ondata'],
      [() => listen({ idleTimout: 5 } as object), 'options.idleTimout', "did you mean 'idleTimeout'"],
      [() => listen({ hello: 5 } as object), 'options.hello', 'there are', 'noDelay'],
      [() => connect({ port: 1, onOpen() {} } as never), 'options.onOpen', "did you mean 'open'"],
      [() => bind({ onMessages() {} } as object), 'options.onMessages', "did you mean 'messages'"],
      [() => serve(() => ({}), { data() {} } as ServeOptions), 'options.data'],
      [() => serve(() => ({}), { limits: { bodi: 1 } as object }), 'limits.bodi', "did you mean 'body'"],
      [() => serve(() => ({}), { timeouts: { headd: 1 } as object }), 'timeouts.headd', "did you mean 'head'"],
      [() => createServer(0, { reuseport: true } as object), 'options.reuseport', "did you mean 'reusePort'"],
      [() => createConnection(1, { timeOut: 1 } as object), 'options.timeOut', "did you mean 'timeout'"],
    ]
    for (const [call, ...words] of tried) expect(call).toThrow(invalid('ERR_INVALID_ARG_VALUE', ...words))
    await expect(promises.createServer(0, { backlogg: 1 } as object)).rejects.toThrow(/'backlog'/)
    await expect(promises.createConnection(1, { signals: 1 } as object)).rejects.toThrow(/'signal'/)
    for (const call of [
      () => listen({ data: 5 as never }),
      () => connect({ port: 1, data: 'x' as never }),
      () => bind({ messages: {} as never }),
      () => serve(() => ({}), { error: 5 as never }),
    ]) {
      expect(call).toThrow(invalid('ERR_INVALID_ARG_TYPE', 'options.', 'of type function'))
    }
    expect(() => listen(null as never)).toThrow(invalid('ERR_INVALID_ARG_TYPE', '"options"'))
  })

  test('an object of a class may have other properties', () => {
    class Chat {
      members = new Set<unknown>()
      open(): void {}
    }
    using server = listen(new Chat() as object)
    expect(server.fd).toBeGreaterThan(0)
  })

  test('a handler of node:http, an application of express, and no handler', () => {
    const node = (request: unknown, response: unknown): void => {
      console.log(request, response)
    }
    expect(() => serve(node as unknown as Handler)).toThrow(
      invalid('ERR_INVALID_ARG_VALUE', "'handler' must take a request and return a response", 'node:http', 'listenNet'),
    )
    for (const given of [undefined, null, {}, 'x'])
      expect(() => serve(given as Handler)).toThrow(invalid('ERR_INVALID_ARG_TYPE', '"handler"'))
  })

  test('a socket of bsd-sockets/promises given to recvExactly and MySocket', () => {
    const [a, b] = promises.Socket.pair()
    const error = invalid('ERR_INVALID_ARG_TYPE', '"socket"', 'bsd-sockets/promises')
    expect(() => recvExactly(a as unknown as Socket, 1)).toThrow(error)
    expect(() => new MySocket(1, a as unknown as Socket)).toThrow(error)
    a.close()
    b.close()
  })

  test('a socket without an address given to listenNet', async () => {
    using socket = new Socket()
    const server = createNetServer()
    await expect(listenNet(server, socket)).rejects.toThrow(invalid('ERR_INVALID_ARG_VALUE', "'socket' must be bound"))
    expect(socket.closed).toBe(false)
  })

  test('connect() of the reactor without a port', () => {
    expect(() => connect({ host: '127.0.0.1' })).toThrow(invalid('ERR_INVALID_ARG_TYPE', 'options.port'))
  })

  test('a constant that this system lacks, which is undefined', () => {
    const error = (name: string): object => invalid('ERR_INVALID_ARG_TYPE', `"${name}" argument must be of type number`)
    expect(() => Socket.pair(undefined)).toThrow(error('family'))
    expect(() => promises.Socket.pair(AF_UNIX, undefined)).toThrow(error('type'))
    for (const Kind of [Socket, promises.Socket]) {
      expect(() => new Kind(undefined)).toThrow(error('family'))
      expect(() => new Kind(AF_INET6, undefined)).toThrow(error('type'))
      expect(() => new Kind(AF_INET6, SOCK_STREAM, undefined)).toThrow(error('protocol'))
      using socket = new Kind()
      expect(socket.family).toBe(AF_INET)
      const lacking = undefined as unknown as number
      expect(() => socket.getsockopt(lacking, SO_TYPE)).toThrow(error('level'))
      expect(() => socket.getsockopt(SOL_SOCKET, lacking)).toThrow(error('name'))
      expect(() => socket.setsockopt(lacking, SO_TYPE, 1)).toThrow(error('level'))
      expect(() => socket.setsockopt(SOL_SOCKET, lacking, 1)).toThrow(error('name'))
    }
  })
})
