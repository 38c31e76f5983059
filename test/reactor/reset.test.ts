// A connection that ends by an error: the bytes that the kernel received before are delivered first. recv(2)
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { AF_INET, AF_UNIX, options, setOption, SHUT_WR, Socket } from 'bsd-sockets'
import { connect, listen } from 'bsd-sockets/reactor'
import type { Connection, Handlers, ListenOptions } from 'bsd-sockets/reactor'

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-reset-'))
afterAll(() => rmSync(folder, { recursive: true }))

const soon = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}
const turn = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 20))

const nameOf = (error: Error | undefined): string => (error === undefined ? '' : ` ${error.message}`)

interface Scene {
  readonly connection: Connection
  readonly peer: Socket
  /** The calls of handlers, in order. Successive data is one entry. */
  readonly log: string[]
}

const paths = Array.from({ length: 40 }, (_, i) => join(folder, `${i}`))

const places = { TCP: () => ({}), Unix: () => ({ path: paths.pop()! }) } as const

/** A connection of a server, and its peer. */
async function scene(place: keyof typeof places, handlers: Handlers = {}, limits: ListenOptions = {}): Promise<Scene> {
  const log: string[] = []
  let connection: Connection | undefined
  const data = (text: string): void => {
    const last = log.at(-1)?.startsWith('data') === true ? log.pop()! : 'data '
    log.push(`${last}${text}`)
  }
  const server = listen({
    ...limits,
    ...places[place](),
    ...handlers,
    open: one => void (connection = one),
    data(one, bytes) {
      data(bytes.toString())
      handlers.data?.(one, bytes)
    },
    end(one) {
      log.push('end')
      handlers.end?.(one)
    },
    reset(one, error) {
      log.push(`reset${nameOf(error)}`)
      handlers.reset?.(one, error)
    },
    close: (_, error) => void log.push(`close${nameOf(error)}`),
  })
  onTestFinished(() => server.close())
  const peer = new Socket(place === 'TCP' ? AF_INET : AF_UNIX)
  onTestFinished(() => peer.close())
  peer.connect(server.address)
  await soon(() => connection !== undefined)
  return { connection: connection!, peer, log }
}

// Closing a Unix socket with unread data is a reset. unix(7)
function reset(peer: Socket, connection: Connection): void {
  if (peer.family === AF_INET) setOption(peer, options.linger, { on: true, seconds: 0 })
  else connection.write('unread')
  peer.close()
}

/** A paused connection that has unread data when its peer resets it. */
async function brokenOff(place: keyof typeof places): Promise<Scene> {
  const made = await scene(place)
  const { connection, peer, log } = made
  connection.pause()
  peer.sendall('last words')
  reset(peer, connection)
  await soon(() => log.length > 0)
  await turn()
  expect(log).toEqual(['reset recv ECONNRESET'])
  return made
}

describe.each(['TCP', 'Unix'] as const)('a reset, over %s', place => {
  it('of a paused connection: a write after it returns false, and closes it, since no `drain` will come', async () => {
    const { connection, log } = await brokenOff(place)
    expect(connection.write('more')).toBe(false)
    await soon(() => log.length > 1)
    expect(log).toEqual(['reset recv ECONNRESET', 'close recv ECONNRESET'])
  })

  it('of a paused connection is notified at once; resume delivers the data before it', async () => {
    const { connection, log } = await brokenOff(place)
    expect(connection.write('lost')).toBe(false)
    connection.resume()
    await soon(() => log.length === 3)
    await turn()
    expect(log.slice(1)).toEqual(['data last words', 'close recv ECONNRESET'])
  })

  it('of a paused connection without unread data closes it', async () => {
    const { connection, peer, log } = await scene(place)
    connection.pause()
    reset(peer, connection)
    await soon(() => log.length > 0)
    expect(log).toEqual(['close recv ECONNRESET'])
  })

  it('right after the data at which a handler pauses closes the connection', async () => {
    const { connection, peer, log } = await scene(place, { data: one => one.pause() })
    peer.sendall('request')
    reset(peer, connection)
    await soon(() => log.length === 2)
    expect(log).toEqual(['data request', 'close recv ECONNRESET'])
  })

  it('does not discard data for a handler that pauses at each piece', async () => {
    const { connection, peer, log } = await scene(place, {
      data(one) {
        one.pause()
        setTimeout(() => one.resume(), 1)
      },
    })
    const sent = peer.trySend(Buffer.alloc(60_000, 'x'))
    reset(peer, connection)
    await soon(() => log.at(-1)?.startsWith('close') === true)
    expect(log.filter(line => line.startsWith('data')).reduce((sum, line) => sum + line.length - 5, 0)).toBe(sent)
    expect(log.at(-1)).toBe('close recv ECONNRESET')
    expect(log).not.toContain('end')
  })

  it('is the error of close where the handler destroys the connection', async () => {
    const { connection, peer, log } = await scene(place, { reset: one => one.destroy() })
    connection.pause()
    peer.sendall('request')
    reset(peer, connection)
    await soon(() => log.length === 2)
    expect(log).toEqual(['reset recv ECONNRESET', 'close recv ECONNRESET'])
  })

  it('is notified after the end, also where nothing is sent', async () => {
    const { connection, peer, log } = await scene(place)
    peer.shutdown(SHUT_WR)
    await soon(() => log.length === 1)
    reset(peer, connection)
    await soon(() => log.length === 2)
    expect(log).toEqual(['end', expect.stringMatching(/^close (recv|send) (ECONNRESET|EPIPE)$/)])
  })

  it('while data is queued is notified after the received data', async () => {
    const { connection, peer, log } = await scene(place)
    connection.write(Buffer.alloc(16 << 20))
    peer.recv(1000)
    peer.sendall('too large')
    peer.close()
    await soon(() => log.length === 2)
    expect(log).toEqual(['data too large', expect.stringMatching(/^close (recv|send) ECONNRESET$/)])
    expect(connection.queued).toBe(0)
  })

  it('that a write meets first is notified after the received data', async () => {
    const { connection, peer, log } = await scene(place)
    const sent = peer.trySend(Buffer.alloc(60_000, 'x'))!
    reset(peer, connection)
    expect(connection.write('too late')).toBe(false)
    expect(log).toEqual([])
    await soon(() => log.length === 2)
    expect(log[0]).toHaveLength(sent + 5)
    expect(log[1]).toMatch(/^close (recv|send) ECONNRESET$/)
  })

  it('that a write meets while it is paused waits for resume', async () => {
    const { connection, peer, log } = await scene(place)
    connection.pause()
    peer.sendall('last words')
    reset(peer, connection)
    expect(connection.write('too late')).toBe(false)
    await soon(() => log.length === 1)
    await turn()
    expect(log).toEqual([expect.stringMatching(/^reset (recv|send) ECONNRESET$/)])
    connection.resume()
    await soon(() => log.length === 3)
    expect(log.slice(1)).toEqual(['data last words', expect.stringMatching(/^close (recv|send) ECONNRESET$/)])
  })

  it('that a write in a handler meets is notified after the received data', async () => {
    const { connection, peer, log } = await scene(place, { data: (one, bytes) => void one.write(bytes) })
    connection.pause()
    const sent = peer.trySend(Buffer.alloc(60_000, 'x'))!
    reset(peer, connection)
    connection.resume()
    await soon(() => log.at(-1)?.startsWith('close') === true)
    const got = log.filter(line => line.startsWith('data'))
    expect(got.reduce((sum, line) => sum + line.length - 5, 0)).toBe(sent)
  })
})

describe('without a handler `reset`, a connection that waits for `drain` is closed by a reset', () => {
  // The usual way to send only as fast as the peer receives.
  async function echo(): Promise<{ peer: Socket; connection: Connection; closed: () => string | undefined }> {
    let connection: Connection | undefined
    let closed: string | undefined
    const server = listen({
      open: one => void (connection = one),
      data(one, bytes) {
        if (!one.write(bytes)) one.pause()
      },
      drain: one => one.resume(),
      close: (_, error) => void (closed = `close${nameOf(error)}`),
    })
    onTestFinished(() => server.close())
    const peer = new Socket()
    onTestFinished(() => peer.close())
    peer.connect(server.address)
    await soon(() => connection !== undefined)
    return { peer, connection: connection!, closed: () => closed }
  }

  it('while bytes are queued, and others unread', async () => {
    const { peer, connection, closed } = await echo()
    const piece = Buffer.alloc(1 << 20)
    while (peer.trySend(piece) !== null || connection.queued === 0) await turn()
    reset(peer, connection)
    await soon(() => closed() !== undefined)
    expect(closed()).toMatch(/^close (recv|send) ECONNRESET$/)
  })

  it('that a write meets, while bytes are unread', async () => {
    const { peer, connection, closed } = await echo()
    setOption(connection.fd, options.receiveBuffer, 4 << 20) // more than one receive takes
    connection.pause()
    for (const piece = Buffer.alloc(1 << 20); peer.trySend(piece) !== null;) continue
    reset(peer, connection)
    connection.resume()
    await soon(() => closed() !== undefined)
    expect(closed()).toMatch(/^close (recv|send) (ECONNRESET|EPIPE)$/)
  })
})

it('closes a connection that is resumed by `reset`, and then waits for a `drain` again', async () => {
  const { connection, peer, log } = await scene('TCP', {
    data(one, bytes) {
      if (!one.write(bytes)) one.pause()
    },
    reset: one => one.resume(),
  })
  setOption(connection.fd, options.receiveBuffer, 4 << 20) // more than one receive takes
  connection.pause()
  for (const piece = Buffer.alloc(1 << 20); peer.trySend(piece) !== null;) continue
  reset(peer, connection)
  await soon(() => log.at(-1)?.startsWith('close') === true)
  expect(log[0]).toBe('reset recv ECONNRESET')
})

it('a client that is reset before the loop polls it is still opened and gets its data', async () => {
  const listener = new Socket()
  onTestFinished(() => listener.close())
  listener.bind(['127.0.0.1', 0])
  listener.listen()
  const address = listener.getsockname() as { port: number }
  const log: string[] = []
  const connection = connect({
    port: address.port,
    open: () => log.push('open'),
    data: (_, bytes) => log.push(`data ${bytes.toString()}`),
    end: () => log.push('end'),
    close: (_, error) => log.push(`close${nameOf(error)}`),
  })
  const [peer] = listener.accept()
  peer.sendall('busy')
  setOption(peer, options.linger, { on: true, seconds: 0 })
  peer.close()
  await soon(() => connection.fd < 0)
  expect(log).toEqual(['open', 'data busy', 'close recv ECONNRESET'])
})

describe('a peer that has closed', () => {
  it('is read to its end before the error of a late write', async () => {
    for (const place of ['TCP', 'Unix'] as const) {
      const { connection, peer, log } = await scene(place)
      connection.pause()
      peer.sendall('all of it')
      peer.close()
      await soon(() => !connection.write('too late')) // over TCP the first write succeeds, and the peer answers with a reset
      connection.resume()
      await soon(() => log.at(-1)?.startsWith('close') === true)
      expect(log.filter(line => !line.startsWith('reset'))).toEqual([
        'data all of it',
        'end',
        expect.stringMatching(/^close (recv|send) EPIPE$/),
      ])
    }
  })
})
