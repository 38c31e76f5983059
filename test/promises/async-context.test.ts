// AsyncLocalStorage: a handler is called in the context in which it was registered, as with `net` and `node:http`.
import { AsyncLocalStorage } from 'node:async_hooks'
import { Socket as BlockingSocket } from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'
import { createConnection, Socket } from 'bsd-sockets/promises'
import { bind, connect, listen } from 'bsd-sockets/reactor'
import { expect, onTestFinished, test } from 'vitest'
import { Child, inline } from '../support/child.js'

const storage = new AsyncLocalStorage<string>()

const portOf = ({ address }: { address: unknown }): number => (address as { port: number }).port

/** Waits first in this process, in a context of its own. No handler may run in that context. */
async function waitFirst(): Promise<void> {
  const [a, b] = Socket.pair()
  await storage.run('another', async () => {
    const waiting = a.recv(1)
    b.trySend('x')
    await waiting
    expect(storage.getStore()).toBe('another') // await keeps the context
  })
  a.close()
  b.close()
}

test("a reactor's handlers are called in the context of listen and of connect", async () => {
  await waitFirst()
  const seen: string[] = []
  const note = (what: string): void => void seen.push(`${what}: ${storage.getStore()}`)
  const server = storage.run('server', () =>
    listen({
      open: () => note('open'),
      data(connection) {
        note('data')
        connection.end('y')
        throw new Error('on purpose')
      },
      error: () => note('error'),
      close: () => note('close'),
    }),
  )
  onTestFinished(() => server.close())
  await new Promise<void>(resolve =>
    storage.run('client', () =>
      connect({
        port: portOf(server),
        open(connection) {
          note('open')
          connection.write('x')
        },
        data: () => note('data'),
        end(connection) {
          note('end')
          setImmediate(() => storage.run('the closer', () => connection.destroy()))
        },
        close() {
          note('close')
          resolve()
        },
      }),
    ),
  )
  expect(seen.sort()).toEqual([
    'close: client',
    'close: server',
    'data: client',
    'data: server',
    'end: client',
    'error: server',
    'open: client',
    'open: server',
  ])
})

test('enterWith in a handler does not affect later connections', async () => {
  const seen: string[] = []
  const server = listen({
    open: () => seen.push(`open: ${storage.getStore()}`),
    data(connection, bytes) {
      seen.push(`data: ${storage.getStore()}`)
      storage.enterWith(String(bytes))
      connection.end()
    },
  })
  onTestFinished(() => server.close())
  for (const name of ['a', 'b', 'c']) {
    using client = new BlockingSocket()
    client.connect(['127.0.0.1', portOf(server)])
    client.sendall(name)
    await new Promise<void>(resolve => {
      const look = (): void => {
        if (client.tryRecv(1)?.length === 0) resolve()
        else setTimeout(look, 1)
      }
      look()
    })
  }
  const each = ['open: undefined', 'data: undefined']
  expect(seen).toEqual([...each, ...each, ...each])
})

test('enterWith in a handler affects neither other open connections nor the server', async () => {
  const seen = new Map<string, Set<unknown>>()
  const server = storage.run('given', () =>
    listen({
      open: () => expect(storage.getStore()).toBe('given'),
      data(connection, bytes) {
        const name = String(bytes)
        seen.set(name, (seen.get(name) ?? new Set()).add(storage.getStore()))
        storage.enterWith(name)
        connection.write(bytes)
      },
    }),
  )
  onTestFinished(() => server.close())
  const clients = await Promise.all(
    ['a', 'b', 'c'].map(async name => ({ name, socket: await createConnection(['127.0.0.1', portOf(server)]) })),
  )
  for (let i = 0; i < 3; i++) {
    for (const { name, socket } of clients) {
      await socket.sendall(name)
      expect(String(await socket.recv(1))).toBe(name)
    }
  }
  for (const { name, socket } of clients) {
    expect(['given', name]).toEqual(expect.arrayContaining([...seen.get(name)!]))
    socket.close()
  }
})

test("a datagram socket's handlers are called in the context of bind", async () => {
  await waitFirst()
  const seen = await new Promise<unknown[]>(resolve => {
    const stores: unknown[] = []
    const socket = storage.run('binder', () =>
      bind({
        messages(one) {
          stores.push(storage.getStore())
          setImmediate(() => storage.run('the closer', () => one.close()))
          throw new Error('on purpose')
        },
        error: () => stores.push(storage.getStore()),
        close() {
          stores.push(storage.getStore())
          resolve(stores)
        },
      }),
    )
    storage.run('sender', () => socket.sendto('x', ['127.0.0.1', portOf(socket)]))
  })
  expect(seen).toEqual(['binder', 'binder', 'binder'])
})

test('a handler of HTTP is called in the context of serve, and keeps it over await', async () => {
  await waitFirst()
  const seen: unknown[] = []
  const server = storage.run('server', () =>
    serve(async () => {
      seen.push(storage.getStore())
      await new Promise(resolve => setImmediate(resolve))
      seen.push(storage.getStore())
      return { status: 204 }
    }),
  )
  onTestFinished(() => server.close())
  await storage.run('client', () => fetch(`http://127.0.0.1:${server.port}/`))
  expect(seen).toEqual(['server', 'server'])
})

test.each([
  ['', {}],
  [', with a thread that polls', { BSD_SOCKETS_LOOP: 'thread' }], // as on Bun and Deno
])('the store of the first waiter of a process is garbage-collected%s', async (_, env) => {
  const program = `
    import { AsyncLocalStorage } from 'node:async_hooks'
    import { createConnection, Socket } from 'bsd-sockets/promises'
    const storage = new AsyncLocalStorage()
    const [a, b] = Socket.pair()
    const turn = () => new Promise(resolve => setImmediate(resolve))
    async function wait() {
      const store = { of: 'the first' }
      await storage.run(store, async () => {
        const waiting = a.recv(1)
        await turn()
        b.trySend('x')
        await waiting
      })
      return new WeakRef(store)
    }
    const ref = await wait()
    for (let i = 0; i < 100 && ref.deref() !== undefined; i++) {
      await turn()
      gc()
    }
    console.log(ref.deref() === undefined)
    a.close()
    b.close()`
  expect(await new Child(process.execPath, inline(program), env).finished()).toBe('true\n')
})
