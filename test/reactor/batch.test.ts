// The loop receives for several connections before it calls the first handler. What one handler does must not affect what
// another gets.
import { describe, expect, it } from 'vitest'
import { options, setOption, Socket } from 'bsd-sockets'
import { connect, listen } from 'bsd-sockets/reactor'
import type { Connection, Handlers, Server } from 'bsd-sockets/reactor'

interface Scene {
  readonly server: Server
  readonly clients: Socket[]
  /** The server's side of each client. */
  readonly connections: Connection[]
  /** What each connection received, by index. */
  readonly got: string[]
  /** The indexes of the connections whose handlers were called, in order. */
  readonly order: number[]
}

const soon = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}
const turn = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 10))

const portOf = ({ address }: Server): number => ('port' in address ? address.port : 0)

/** Connects clients to a server. `first` is called in the first call of a handler. */
async function scene(
  count: number,
  use: (scene: Scene) => Promise<void>,
  first: (scene: Scene) => void = () => undefined,
  handlers: Handlers = {},
): Promise<void> {
  const opened: Connection[] = []
  const clients: Socket[] = []
  const connections: Connection[] = []
  const got: string[] = []
  const order: number[] = []
  const server = listen({
    ...handlers,
    open: connection => void opened.push(connection),
    data(connection, bytes) {
      // The kernel decides which of two is first. The tests call that one the first.
      if (order.length === 0 && connections.length === 2 && connection === connections[1]) {
        for (const list of [connections, clients, got]) list.reverse()
      }
      const index = connections.indexOf(connection)
      if (order.push(index) === 1) first(given)
      got[index] = `${got[index]}${bytes.toString()}` // the first handler must not have changed the bytes
    },
  })
  const given = { server, clients, connections, got, order }
  try {
    for (let i = 0; i < count; i++) {
      const client = new Socket()
      clients.push(client)
      client.connect({ address: '127.0.0.1', port: portOf(server) })
      await soon(() => opened.length === i + 1)
      connections.push(opened[i]!)
      got.push('')
    }
    await use(given)
  } finally {
    server.close()
    for (const client of clients) client.close()
  }
}

const pauseSecond = ({ connections }: Scene): void => connections[1]!.pause()

describe('a batch', () => {
  it('delivers to each connection its own bytes', () =>
    scene(200, async ({ clients, got, order }) => {
      for (let round = 1; round <= 3; round++) {
        clients.forEach((client, i) => client.sendall(`${i}:${'x'.repeat(i * round)};`))
        await soon(() => order.length >= 200 * round)
      }
      expect(got).toEqual(clients.map((_, i) => [1, 2, 3].map(n => `${i}:${'x'.repeat(i * n)};`).join('')))
    }))

  it('that is too large for the slab loses nothing', () =>
    scene(60, async ({ clients, got }) => {
      const text = 'abcdefgh'.repeat(2000) // the slab has room for 16 of these
      for (let round = 1; round <= 3; round++) {
        clients.forEach((client, i) => client.sendall(`${i}:${text}`))
        await soon(() => got.every((all, i) => all.length === round * `${i}:${text}`.length))
      }
      expect(got).toEqual(clients.map((_, i) => `${i}:${text}`.repeat(3)))
    }))

  it('delivers nothing to a connection that was closed in it', () =>
    scene(
      2,
      async ({ clients, order }) => {
        for (const client of clients) client.sendall('text')
        await soon(() => order.length > 0)
        await turn()
        expect(order).toEqual([0])
      },
      ({ connections }) => connections[1]!.destroy(),
    ))

  it('delivers nothing to a new connection with the descriptor number of a closed one', async () => {
    const taken: string[] = []
    let next: Connection | undefined
    let number = -1
    await scene(
      2,
      async ({ clients, order }) => {
        for (const client of clients) client.sendall('text')
        await soon(() => order.length > 0)
        await turn()
        expect(next!.fd).toBe(number)
        expect(taken).toEqual([])
        expect(order).toEqual([0])
        next!.destroy()
      },
      ({ connections, server }) => {
        number = connections[1]!.fd
        connections[1]!.destroy()
        next = connect({ port: portOf(server), data: (_, bytes) => void taken.push(bytes.toString()) })
      },
    )
  })

  it('is kept for a connection that was paused in it, before later bytes', () =>
    scene(
      2,
      async ({ clients, connections, got, order }) => {
        for (const client of clients) client.sendall('one ')
        await soon(() => order.length > 0)
        clients[0]!.sendall('1'.repeat(100)) // overwrites the slab
        clients[1]!.sendall('two ')
        await turn()
        expect(order).toEqual([0, 0])
        connections[1]!.resume()
        connections[1]!.pause() // before anything can be delivered
        await turn()
        expect(order).toEqual([0, 0])
        connections[1]!.resume()
        clients[1]!.sendall('three')
        await soon(() => got[1]!.length >= 13)
        expect(got).toEqual([`one ${'1'.repeat(100)}`, 'one two three'])
        clients[1]!.sendall(', four')
        await soon(() => got[1]!.length >= 19)
        expect(got[1]).toBe('one two three, four')
      },
      pauseSecond,
    ))

  it('is kept for a connection that was paused in it, before the end', async () => {
    const ended: Connection[] = []
    await scene(
      2,
      async ({ clients, connections, got, order }) => {
        for (const client of clients) {
          client.sendall('last')
          client.close()
        }
        await soon(() => ended.length > 0)
        await turn()
        expect(order).toEqual([0])
        expect(ended).toEqual([connections[0]])
        connections[1]!.resume()
        await soon(() => ended.length === 2)
        expect(got).toEqual(['last', 'last'])
      },
      pauseSecond,
      { end: connection => void ended.push(connection) },
    )
  })

  it('notifies of a reset a connection that was paused in it', async () => {
    const closed: (string | undefined)[] = []
    await scene(
      2,
      async ({ clients, order }) => {
        clients[0]!.sendall('text')
        setOption(clients[1]!, options.linger, { on: true, seconds: 0 })
        clients[1]!.close()
        await soon(() => closed.length > 0)
        expect(order).toEqual([0])
        expect(closed).toEqual(['ECONNRESET'])
      },
      pauseSecond,
      { close: (_, error?: NodeJS.ErrnoException) => void closed.push(error?.code) },
    )
  })

  it('is delivered though a handler stops the server', async () => {
    const finished: Connection[] = []
    let stopped: Promise<void> | undefined
    await scene(
      3,
      async ({ clients, got }) => {
        for (const client of clients) client.sendall('text')
        await soon(() => finished.length === 3)
        expect(got).toEqual(['text and more', 'text and more', 'text and more'])
        for (const client of clients) client.close()
        await stopped
      },
      ({ server, clients }) => {
        for (const client of clients) client.sendall(' and more')
        stopped = server.stop({ finish: connection => void finished.push(connection) })
      },
    )
  })
})
