import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect as netConnect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { MessageChannel } from 'node:worker_threads'
import { CMSG_SPACE, getOption, options, poll, Socket } from 'bsd-sockets'
import { bind, connect, listen, listenInWorkers } from 'bsd-sockets/reactor'
import type { Connection, Handlers, ListenOptions, Server } from 'bsd-sockets/reactor'
import { batches } from '../../lib/tested.js'
import { Child, inline, script } from '../support/child.js'

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-reactor-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a program and returns what it prints. */
async function output(program: string): Promise<string> {
  const child = new Child(process.execPath, inline(program))
  await child.ended
  return child.stdout
}

const portOf = ({ address }: { address: Server['address'] }): number => {
  if (!('port' in address)) throw new Error('no port')
  return address.port
}

const echo: Handlers = { data: (connection, bytes) => void connection.write(bytes) }

async function serving<T>(given: ListenOptions & Handlers, use: (server: Server) => Promise<T>): Promise<T> {
  const server = listen(given)
  try {
    return await use(server)
  } finally {
    server.close()
  }
}

interface Ended {
  bytes: Buffer
  error: Error | undefined
}

/** Connects, sends, half-closes, and returns what it receives until the end. */
function talk(where: { port: number } | { path: string }, data: Buffer | string): Promise<Ended> {
  const chunks: Buffer[] = []
  return new Promise(resolve => {
    connect({
      ...where,
      open(connection) {
        connection.end(data)
      },
      data: (_, bytes) => void chunks.push(Buffer.from(bytes)),
      close: (_, error) => resolve({ bytes: Buffer.concat(chunks), error }),
    })
  })
}

const closed = (connection: Connection): Promise<void> =>
  new Promise(resolve => {
    const look = (): void => {
      if (connection.fd < 0) resolve()
      else setTimeout(look, 5)
    }
    look()
  })

const soon = (condition: () => boolean): Promise<void> =>
  new Promise(resolve => {
    const look = (): void => {
      if (condition()) resolve()
      else setTimeout(look, 5)
    }
    look()
  })

// ES2024. Node has it since 22, the library of the compiler does not.
type Transferable = ArrayBuffer & { transfer?(length?: number): ArrayBuffer }

const { port1, port2 } = new MessageChannel()
afterAll(() => {
  port1.close()
  port2.close()
})

describe('other connections still receive after a handler transfers the slab', () => {
  it.each<[string, (buffer: Transferable) => unknown]>([
    ['by a message', buffer => port1.postMessage(buffer, [buffer])],
    ['by a clone', buffer => structuredClone(buffer, { transfer: [buffer] })],
    ['by transfer(), where it exists', buffer => buffer.transfer?.()],
    ['by transfer(0), where it exists', buffer => buffer.transfer?.(0)],
  ])('%s', async (_, give) => {
    const handlers: Handlers = {
      data(connection, bytes) {
        const text = String(bytes)
        try {
          give(bytes.buffer as ArrayBuffer)
        } catch {
          // A transfer may fail, or send a copy.
        }
        connection.write(text)
      },
    }
    await serving(handlers, async server => {
      const address = { address: '127.0.0.1', port: portOf(server) }
      for (let round = 0; round < 3; round++) {
        const clients = Array.from({ length: 3 }, () => new Socket())
        try {
          clients.forEach(client => client.connect(address))
          await new Promise(resolve => setTimeout(resolve, 5)) // until they are accepted
          clients.forEach((client, i) => client.sendall(`from ${i}`)) // all in one batch of events
          for (const [i, client] of clients.entries()) {
            await soon(() => poll([client], 0).length > 0)
            expect(String(client.recv(99))).toBe(`from ${i}`)
          }
        } finally {
          clients.forEach(client => client.close())
        }
      }
    })
  })
})

describe('connections', () => {
  it('echo all bytes of 200 clients', async () => {
    await serving(echo, async server => {
      await Promise.all(
        Array.from({ length: 200 }, async (_, i) => {
          const data = Buffer.alloc(100_000, `client ${i} `)
          const { bytes, error } = await talk({ port: portOf(server) }, data)
          expect(error).toBeUndefined()
          expect(bytes.equals(data)).toBe(true)
        }),
      )
      await soon(() => server.connections === 0)
    })
  })

  it('work over a Unix path, which is removed', async () => {
    const path = join(folder, 'echo.sock')
    await serving({ ...echo, path }, async () => {
      expect(String((await talk({ path }, 'hello')).bytes)).toBe('hello')
    })
    expect(existsSync(path)).toBe(false)
  })

  it('work over IPv6', async () => {
    await serving({ ...echo, address: '::1' }, async server => {
      expect(server.address).toMatchObject({ family: 'IPv6', address: '::1' })
      const socket = netConnect(portOf(server), '::1').end('hello')
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      expect(String(Buffer.concat(chunks))).toBe('hello')
    })
  })

  it('have options, addresses and a context', async () => {
    await serving(
      {
        open(connection) {
          connection.context = 'mine'
          expect(getOption(connection, options.tcpNoDelay)).toBe(true)
          expect(connection.localAddress).toMatchObject({ family: 'IPv4', address: '127.0.0.1' })
          expect(connection.remoteAddress).toMatchObject({ family: 'IPv4', address: '127.0.0.1' })
        },
        data: connection => connection.end(String(connection.context)),
      },
      async server => {
        expect(String((await talk({ port: portOf(server) }, 'x')).bytes)).toBe('mine')
      },
    )
  })

  it('queue what the kernel does not accept; write returns false, and drain is called', async () => {
    const data = Buffer.alloc(8 << 20, 'drained')
    let refused = 0
    let drained = 0
    await serving(
      {
        open(connection) {
          refused += connection.write(data) ? 0 : 1
          expect(connection.queued).toBeGreaterThan(0)
        },
        drain(connection) {
          drained++
          connection.end()
        },
        end: () => undefined, // by default the connection would be ended
      },
      async server => {
        const { bytes } = await talk({ port: portOf(server) }, '')
        expect(bytes.equals(data)).toBe(true)
      },
    )
    expect({ refused, drained }).toEqual({ refused: 1, drained: 1 })
  })

  it('can send after the peer has ended, with an end handler', async () => {
    let connection: Connection | undefined
    await serving(
      {
        end(one) {
          connection = one
          setTimeout(() => one.end('after the end'), 20)
        },
      },
      async server => {
        expect(String((await talk({ port: portOf(server) }, 'x')).bytes)).toBe('after the end')
      },
    )
    expect(connection?.fd).toBe(-1)
  })

  it('throw at a write after end, and drop a write after close', async () => {
    await serving(
      {
        open(connection) {
          connection.end('last')
          expect(() => connection.write('more')).toThrow(expect.objectContaining({ code: 'EPIPE' }))
        },
        close: connection => expect(connection.write('lost')).toBe(false),
      },
      async server => {
        expect(String((await talk({ port: portOf(server) }, '')).bytes)).toBe('last')
      },
    )
  })

  it('pause and resume without losing a byte', async () => {
    const data = Buffer.alloc(4 << 20, 'paused')
    await serving(
      {
        data(connection, bytes) {
          connection.write(bytes)
          connection.pause()
          setTimeout(() => connection.resume(), 1)
        },
      },
      async server => {
        const { bytes } = await talk({ port: portOf(server) }, data)
        expect(bytes.equals(data)).toBe(true)
      },
    )
  })

  it('can be reset', async () => {
    let resets = 0
    await serving({ open: connection => connection.reset(), close: () => (resets += 1) }, async server => {
      const client = new Socket()
      client.connect({ address: '127.0.0.1', port: portOf(server) })
      await soon(() => resets === 1)
      expect(() => client.recv(1)).toThrow(expect.objectContaining({ code: 'ECONNRESET' }))
      client.close()
    })
  })

  it('are closed with the error of a reset', async () => {
    const errors: (string | undefined)[] = []
    await serving(
      { data: () => {}, close: (_, error) => void errors.push((error as { code?: string } | undefined)?.code) },
      async server => {
        const client = new Socket()
        client.connect({ address: '127.0.0.1', port: portOf(server) })
        client.send('x')
        const linger = new Int32Array([1, 0])
        client.setsockopt(1, 13, linger) // SOL_SOCKET, SO_LINGER on Linux
        client.close()
        await soon(() => errors.length > 0)
      },
    )
    expect(errors).toEqual(['ECONNRESET'])
  })

  it('end where a handler throws; the others go on', async () => {
    const errors: unknown[] = []
    await serving(
      {
        data(connection, bytes) {
          if (String(bytes) === 'throw') throw new Error('thrown')
          connection.write(bytes)
        },
        error: error => void errors.push((error as Error).message),
      },
      async server => {
        const [thrown, other] = await Promise.all([
          talk({ port: portOf(server) }, 'throw'),
          talk({ port: portOf(server) }, 'other'),
        ])
        expect(thrown.bytes.length).toBe(0)
        expect(String(other.bytes)).toBe('other')
      },
    )
    expect(errors).toEqual(['thrown'])
  })

  it('without an error handler, an error of a handler is an uncaught exception', async () => {
    const program = `
      import { connect, listen } from 'bsd-sockets/reactor'
      process.on('uncaughtException', error => { console.log('uncaught', error.message); process.exit() })
      const server = listen({ data() { throw new Error('thrown') } })
      connect({ port: server.address.port, open: connection => connection.write('x') })`
    expect(await output(program)).toBe('uncaught thrown\n')
  })

  it('are served beside one that sends without a pause', async () => {
    let loud = 0
    let quietAt = -1
    await serving(
      {
        data(connection, bytes) {
          if (bytes.length > 1) loud += bytes.length
          else {
            quietAt = loud
            connection.end('heard')
          }
        },
      },
      async server => {
        const sender = netConnect(portOf(server), '127.0.0.1')
        const chunk = Buffer.alloc(1 << 20)
        const send = (): void => {
          if (sender.writable) sender.write(chunk, send)
        }
        sender.on('error', () => {})
        send()
        await soon(() => loud > 8 << 20)
        expect(String((await talk({ port: portOf(server) }, 'q')).bytes)).toBe('heard')
        sender.destroy()
      },
    )
    expect(quietAt).toBeGreaterThan(0)
  })

  it('get at most two bursts of receives in a turn of the event loop', async () => {
    const path = join(folder, 'flood.sock')
    let calls = 0
    await serving({ path, data: () => (calls += 1) }, async () => {
      const sender = script(
        `import { connect } from 'node:net'
        const socket = connect(process.argv.at(-1))
        const send = () => { while (socket.write(Buffer.alloc(65536))); socket.once('drain', send) }
        send()`,
        path,
      )
      await soon(() => calls > 0)
      // A burst has four receives. There is one with each batch of events (one a turn of the event loop of Node), and one more.
      let before = batches.count
      const excess: number[] = []
      await new Promise<void>(resolve => {
        const turn = (): void => {
          if (calls > 0) excess.push(calls - 4 * (batches.count - before + 1))
          calls = 0
          before = batches.count
          if (excess.length < 500) setImmediate(turn)
          else resolve()
        }
        setImmediate(turn)
      })
      sender.process.kill()
      expect(Math.max(...excess.slice(1))).toBeLessThanOrEqual(0)
    })
  })
})

describe('a server', () => {
  it('accepts at most maxConnections, and goes on when one closes', async () => {
    let most = 0
    let open = 0
    await serving(
      {
        ...echo,
        maxConnections: 3,
        open() {
          most = Math.max(most, ++open)
        },
        close() {
          open--
        },
      },
      async server => {
        await Promise.all(Array.from({ length: 20 }, () => talk({ port: portOf(server) }, 'x')))
      },
    )
    expect(most).toBe(3)
  })

  it('closes connections that are idle too long', async () => {
    const errors: (string | undefined)[] = []
    await serving(
      { idleTimeout: 100, close: (_, error) => void errors.push((error as { code?: string } | undefined)?.code) },
      async server => {
        const client = new Socket()
        client.connect({ address: '127.0.0.1', port: portOf(server) })
        await soon(() => errors.length > 0)
        expect(client.recv(1).length).toBe(0)
        client.close()
      },
    )
    expect(errors).toEqual(['ETIMEDOUT'])
  })

  it('stops when the last connection is closed, and calls finish for each', async () => {
    const server = listen({ ...echo, end: connection => connection.end() })
    const client = new Promise<Connection>(resolve => {
      connect({ port: portOf(server), open: resolve })
    })
    const connection = await client
    await soon(() => server.connections === 1)
    const finished: Connection[] = []
    const stopped = server.stop({ finish: one => void finished.push(one) })
    await soon(() => server.fd === -1)
    await soon(() => finished.length === 1)
    connection.end()
    await stopped
    expect(server.connections).toBe(0)
    await closed(connection)
  })

  it('stops at a timeout', async () => {
    const server = listen(echo)
    const connection = connect({ port: portOf(server) })
    await soon(() => server.connections === 1)
    await server.stop({ timeout: 20 })
    await closed(connection)
  })

  it('refuses wrong options', () => {
    expect(() => listen({ port: 70000 })).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
    expect(() => listen({ address: 'localhost' })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }))
    expect(() => listen({ maxConnections: 0 })).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
    const server = listen({})
    expect(() => listen({ port: portOf(server) })).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }))
    server.close()
  })

  it('leaves no descriptor open', async () => {
    const count = (): number => readdirSync('/proc/self/fd').length
    await serving(echo, server => talk({ port: portOf(server) }, 'first')) // creates the poller
    const before = count()
    await serving(echo, async server => {
      await Promise.all(Array.from({ length: 50 }, () => talk({ port: portOf(server) }, 'x')))
      connect({ port: portOf(server) })
      await soon(() => server.connections === 1)
    })
    await soon(() => count() <= before)
    expect(count()).toBe(before)
  })

  it('survives having no descriptor left, without a busy loop', async () => {
    const program = `
      import { listen } from 'bsd-sockets/reactor'
      let errors = 0
      const server = listen({ data: (c, b) => c.write(b), error: error => { errors++; console.error(error.code) } })
      console.log(server.address.port)
      setTimeout(() => { console.log('cpu', process.cpuUsage().user + process.cpuUsage().system < 1.5e6, errors < 4); process.exit() }, 1500)`
    const child = new Child('prlimit', ['--nofile=40:40', process.execPath, ...inline(program)])
    const [port] = await child.printed(/\d+/)
    for (let i = 0; i < 60; i++) netConnect(Number(port), '127.0.0.1').on('error', () => {})
    await child.ended
    const { stdout, stderr } = child
    expect(stderr).toContain('EMFILE')
    expect(stdout).toContain('cpu true true')
  })

  it('can be closed in the error handler of a failed accept', async () => {
    const program = `
      import { listen } from 'bsd-sockets/reactor'
      const server = listen({ error(error, connection) { console.log(error.code, connection); server.close() } })
      console.log(server.address.port)`
    const child = new Child('prlimit', ['--nofile=40:40', process.execPath, ...inline(program)])
    const [port] = await child.printed(/\d+/)
    const clients = Array.from({ length: 60 }, () => netConnect(Number(port), '127.0.0.1').on('error', () => {}))
    expect(await child.finished()).toMatch(/EMFILE null\n$/)
    for (const client of clients) client.destroy()
  })

  it('keeps the process alive while it listens, and no longer', async () => {
    const program = `
      import { listen } from 'bsd-sockets/reactor'
      const server = listen({})
      setTimeout(() => { console.log('alive'); server.close() }, 50).unref()`
    expect(await output(program)).toBe('alive\n')
  })

  it('shares a port between workers', async () => {
    const module = join(folder, 'echo.mjs')
    writeFileSync(module, 'export function data(connection, bytes) { connection.write(bytes) }\n')
    const pool = await listenInWorkers(pathToFileURL(module), { workers: 2 })
    const results = await Promise.all(Array.from({ length: 40 }, (_, i) => talk({ port: portOf(pool) }, `client ${i}`)))
    expect(results.map(({ bytes }) => String(bytes))).toEqual(results.map((_, i) => `client ${i}`))
    await pool.stop()
  })

  it('serves at a stop the connections that are not accepted yet', async () => {
    const server = listen({ data: (connection, bytes) => void connection.write(bytes) })
    const clients = Array.from({ length: 100 }, () => {
      const client = new Socket()
      client.connect(server.address)
      client.sendall('hello')
      return client
    })
    expect(server.connections).toBe(0)
    await server.stop({ finish: connection => connection.destroy() })
    for (const client of clients) {
      expect(String(client.recv(10))).toBe('hello')
      client.close()
    }
  })

  it('rejects with the error of a worker that does not start', async () => {
    await expect(listenInWorkers('file:///no/such/module.mjs', { workers: 2 })).rejects.toThrow(/module\.mjs/)
  })
})

describe('a client', () => {
  it('gets the error of a failed connect', async () => {
    const error = await new Promise(resolve => {
      connect({ port: 1, close: (_, reason) => resolve(reason) })
    })
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', name: 'ConnectionRefusedError' })
  })

  it('sends after the connect what was written before', async () => {
    await serving(echo, async server => {
      const chunks: string[] = []
      await new Promise<void>(resolve => {
        const connection = connect({
          port: portOf(server),
          data: (_, bytes) => void chunks.push(String(bytes)),
          close: () => resolve(),
        })
        connection.write('early')
        connection.end()
      })
      expect(chunks.join('')).toBe('early')
    })
  })
})

describe('datagrams', () => {
  it('are received and sent in batches', async () => {
    const server = bind({ messages: (socket, batch, count) => void socket.send(batch, count) })
    const got = new Set<string>()
    await new Promise<void>(resolve => {
      const client = bind({
        messages(socket, batch, count) {
          for (let i = 0; i < count; i++) got.add(String(batch.bytes(i)))
          if (got.size < 100) return
          socket.close()
          resolve()
        },
      })
      for (let i = 0; i < 100; i++) expect(client.sendto(`message ${i}`, server.address)).toBe(true)
    })
    server.close()
    expect(got.size).toBe(100)
  })

  it('are joined (GRO) and split (GSO) by the kernel', async () => {
    const sizes: number[] = []
    await new Promise<void>(resolve => {
      const receiver = bind({
        gro: true,
        receiveBuffer: 1 << 20,
        messages(socket, batch, count) {
          for (let i = 0; i < count; i++) {
            const segment = batch.control(i).find(message => 'segmentSize' in message)
            sizes.push(batch.bytes(i).length, segment === undefined ? 0 : Number(segment.segmentSize))
          }
          socket.close()
          resolve()
        },
      })
      const sender = bind({ segment: 100 })
      sender.sendto(Buffer.alloc(1000, 'segment'), receiver.address)
      sender.close()
    })
    expect(sizes).toEqual([1000, 100])
    expect(CMSG_SPACE(4)).toBeGreaterThan(4)
  })

  it('report what a handler throws', async () => {
    const error = await new Promise(resolve => {
      const socket = bind({
        messages() {
          throw new Error('thrown')
        },
        error(thrown, one) {
          one.close()
          resolve(thrown)
        },
      })
      socket.sendto('x', socket.address)
    })
    expect(error).toMatchObject({ message: 'thrown' })
  })
})
