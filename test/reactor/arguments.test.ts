// Wrong arguments of the streams and the reactor: each error has a code.
import { createServer, MySocket } from 'bsd-sockets'
import { createServer as createServerLater } from 'bsd-sockets/promises'
import { serve } from 'bsd-sockets/http'
import { bind, connect, listen, listenInWorkers } from 'bsd-sockets/reactor'
import type { Pool } from 'bsd-sockets/reactor'
import { listenNet, SocketDuplex, toDgram, toDuplex, toNet, toWeb } from 'bsd-sockets/streams'
import net from 'node:net'
import { describe, expect, test } from 'vitest'
import { closing, connected } from '../support/tcp.js'

const code = 'ERR_INVALID_ARG_TYPE'

describe('an option that must be a boolean', () => {
  const calls: Record<string, (given: never) => unknown> = {
    'listen noDelay': noDelay => listen({ noDelay }),
    'listen reusePort': reusePort => listen({ reusePort }),
    'serve noDelay': noDelay => serve(() => ({ status: 200 }), { noDelay }),
    'serve reusePort': reusePort => serve(() => ({ status: 200 }), { reusePort }),
    'connect noDelay': noDelay => connect({ port: 9, noDelay }),
    'bind reusePort': reusePort => bind({ reusePort }),
    'bind gro': gro => bind({ gro }),
    'createServer reusePort': reusePort => createServer(0, { reusePort }),
    'createServer dualstackIpv6': dualstackIpv6 => createServer(0, { dualstackIpv6 }),
    'createServer of the promises, reusePort': reusePort => createServerLater(0, { reusePort }),
  }
  test.each(Object.entries(calls))('%s', async (_, call) => {
    for (const given of [1, 0, 'true', null, {}]) {
      await expect(Promise.resolve().then(() => call(given as never))).rejects.toMatchObject({ code })
    }
  })
})

test.each([undefined, null, {}, 5, 'x'])('%o is refused as a socket', async given => {
  const socket = given as never
  for (const call of [toDuplex, toNet, toWeb, (one: never) => new SocketDuplex(one)]) {
    expect(() => call(socket)).toThrow(expect.objectContaining({ code }))
  }
  await expect(toDgram(socket)).rejects.toMatchObject({ code })
  await expect(listenNet(net.createServer(), socket)).rejects.toMatchObject({ code })
  if (given !== undefined) expect(() => new MySocket(3, socket)).toThrow(expect.objectContaining({ code }))
})

test('what cannot be sent is refused', () => {
  const socket = closing(bind({}))
  for (const batch of [undefined, {}, 5]) {
    expect(() => socket.send(batch as never)).toThrow(expect.objectContaining({ code }))
  }
  const buffer = new ArrayBuffer(8)
  const view = new DataView(buffer)
  structuredClone(buffer, { transfer: [buffer] })
  const detached = { code: 'ERR_INVALID_ARG_VALUE' }
  const server = closing(listen({}))
  const connection = connect({ port: (server.address as { port: number }).port })
  for (const data of [view, buffer]) expect(() => connection.write(data)).toThrow(expect.objectContaining(detached))
  connection.destroy()
})

test('the delay of setKeepAlive is a number', () => {
  const stream = toDuplex(connected()[0])
  expect(() => stream.setKeepAlive(true, '5' as never)).toThrow(expect.objectContaining({ code }))
  stream.destroy()
})

test('the options of a stop of a pool are an object too', async () => {
  const module = new URL('../../build/programs/benchmarks/servers/echo-handlers.js', import.meta.url)
  const pool = await listenInWorkers(module, { workers: 1 })
  await expect(pool.stop(null as never)).rejects.toMatchObject({ code })
  await expect(pool.stop({ timout: 1 } as never)).rejects.toThrow(/did you mean 'timeout'/)
  await pool.stop()
})

test('the options of a pool are an object, without handlers, which its module has', async () => {
  const module = new URL('../../build/programs/benchmarks/servers/echo-handlers.js', import.meta.url)
  const open = async (options: unknown): Promise<Pool> => await listenInWorkers(module, options as never)
  await expect(open(undefined)).rejects.toMatchObject({ code })
  await expect(open({ wrokers: 1 })).rejects.toThrow(/did you mean 'workers'/)
  await expect(open({ workers: 1, data: () => undefined })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
})

test('the options of a stop are an object', async () => {
  const server = listen({ port: 0 })
  await expect(server.stop(null as never)).rejects.toMatchObject({ code })
  await expect(server.stop({ timout: 1 } as never)).rejects.toThrow(/did you mean 'timeout'/)
  await server.stop()
})
