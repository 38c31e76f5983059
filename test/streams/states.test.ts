// Each method of a stream in each of its states behaves as net.Socket's. The test runs on a socket of Node's own, on one of toNet
// and on a SocketDuplex. Intended differences are listed.
import { once } from 'node:events'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import { options, setOption, SHUT_WR, Socket } from 'bsd-sockets'
import { toDuplex, toNet } from 'bsd-sockets/streams'
import { describe, expect, test } from 'vitest'
import { codeOf, quiet, shown } from '../support/states.js'
import { closing, connected, listening, portOf } from '../support/tcp.js'

/** The methods and properties of net.Socket that a SocketDuplex has too. */
type Stream = Omit<net.Socket, 'connect' | 'setTimeout' | 'address'> & {
  connect(...given: unknown[]): unknown
  setTimeout(timeout: unknown, listener?: () => void): unknown
  address(): object
}

interface Scene {
  stream: Stream
  peer: Socket
}

/** Functions that create a connected stream. The peer is a Socket of this package. */
const makers: Record<string, (allowHalfOpen: boolean) => Scene | Promise<Scene>> = {
  async 'net.Socket'(allowHalfOpen) {
    const listener = listening()
    const stream = net.connect({ port: portOf(listener), host: '127.0.0.1', allowHalfOpen })
    await once(stream, 'connect')
    return { stream, peer: closing(listener.accept()[0]) }
  },
  toNet(allowHalfOpen) {
    const [client, peer] = connected()
    return { stream: toNet(client, { allowHalfOpen }), peer }
  },
  toDuplex(allowHalfOpen) {
    const [client, peer] = connected()
    return { stream: toDuplex(client, { allowHalfOpen }) as unknown as Stream, peer }
  },
}

function reset(peer: Socket): void {
  setOption(peer, options.linger, { on: true, seconds: 0 })
  peer.close()
}

const states: Record<string, (scene: Scene) => unknown> = {
  connected: () => undefined,
  'with data that nobody has read': ({ peer }) => peer.sendall('unread'),
  flowing: ({ stream }) => stream.resume(),
  paused: ({ stream, peer }) => {
    stream.resume().pause()
    peer.sendall('while it was paused')
  },
  ended: ({ stream }) => stream.end(),
  'ended by the peer, open by half': ({ stream, peer }) => {
    stream.resume()
    peer.shutdown(SHUT_WR)
  },
  'ended by the peer': ({ stream, peer }) => {
    stream.resume()
    peer.shutdown(SHUT_WR)
  },
  'ended by the peer, unread': ({ peer }) => {
    peer.sendall('last words')
    peer.shutdown(SHUT_WR)
  },
  'ended by both': ({ stream, peer }) => {
    stream.resume().end()
    peer.shutdown(SHUT_WR)
  },
  'reset by the peer': ({ stream, peer }) => {
    stream.resume()
    reset(peer)
  },
  'reset by the peer, unread': ({ peer }) => {
    peer.sendall('last words')
    reset(peer)
  },
  'reset by the peer, while it was paused': async ({ stream, peer }) => {
    stream.resume().pause()
    peer.sendall('last words')
    await quiet()
    reset(peer)
  },
  corked: ({ stream }) => {
    stream.cork()
    stream.write('corked')
  },
  'with a timeout': ({ stream }) => stream.setTimeout(60_000),
  "unref'ed": ({ stream }) => stream.unref(),
  destroyed: ({ stream }) => stream.destroy(),
  'destroyed by an error': ({ stream }) => stream.destroy(new Error('given')),
}
const halfOpen = /by half|^ended$/

const methods: Record<string, (stream: Stream, called: (value?: Error | string | null) => void) => unknown> = {
  nothing: () => null,
  write: (stream, called) => stream.write('some', called),
  'write of nothing': (stream, called) => stream.write('', called),
  'write of no bytes': stream => stream.write(5 as never),
  end: (stream, called) => stream.end(called),
  'end with the last': (stream, called) => stream.end('last', called),
  'end twice': (stream, called) => stream.end().end(called),
  'write after end': (stream, called) => stream.end().write('late', called),
  destroy: stream => stream.destroy(),
  'destroy by an error': stream => stream.destroy(new Error('why')),
  'destroy twice': stream => stream.destroy().destroy(new Error('late')),
  destroySoon: stream => stream.destroySoon(),
  'write and destroySoon': stream => {
    stream.write('before')
    return stream.destroySoon()
  },
  resetAndDestroy: stream => stream.resetAndDestroy(),
  pause: stream => stream.pause(),
  resume: stream => stream.resume(),
  'listen for data': (stream, called) => stream.on('data', chunk => called(String(chunk))),
  'read all': (stream, called) => void text(stream).then(called, called),
  read: stream => String(stream.read()),
  uncork: stream => stream.uncork(),
  setEncoding: stream => stream.setEncoding('utf8'),
  'setTimeout that ends': (stream, called) => stream.setTimeout(1, called),
  'setTimeout 0': (stream, called) => stream.setTimeout(0, called),
  'setTimeout of a fraction': stream => stream.setTimeout(60_000.5),
  'setTimeout of -1': stream => stream.setTimeout(-1),
  'setTimeout of a string': stream => stream.setTimeout('5'),
  setNoDelay: stream => stream.setNoDelay(),
  setKeepAlive: stream => stream.setKeepAlive(true, 7000),
  ref: stream => stream.ref(),
  unref: stream => stream.unref(),
  address: stream =>
    Object.entries(stream.address())
      .map(([name, value]) => (name === 'port' ? name : value))
      .sort(),
  remote: ({ remoteAddress, remotePort, remoteFamily }) => [remoteAddress, typeof remotePort, remoteFamily],
  local: ({ localAddress, localPort, localFamily }) => [localAddress, typeof localPort, localFamily],
  counts: ({ bytesRead, bytesWritten }) => [bytesRead, bytesWritten],
  'connect again': (stream, called) => stream.connect({ port: 1, host: '127.0.0.1' }, called),
}

const events = ['connect', 'ready', 'data', 'end', 'finish', 'drain', 'timeout', 'error', 'close']

/** The bytes that the peer has received, and whether end-of-file follows. */
function heard(peer: Socket): string {
  if (peer.closed) return 'closed'
  let bytes = ''
  try {
    for (let chunk; (chunk = peer.tryRecv(65536)) !== null; bytes += chunk.toString()) {
      if (chunk.length === 0) return `${bytes}, the end`
    }
    return bytes
  } catch (error) {
    return `${bytes}, ${codeOf(error)}`
  }
}

interface Outcome {
  returned: unknown
  told: string[]
  after: object
  heard: string
}

async function play(maker: string, state: string, method: string): Promise<Outcome> {
  const { stream, peer } = await makers[maker]!(halfOpen.test(state))
  const told: string[] = []
  stream.on('error', () => undefined)
  await states[state]!({ stream, peer })
  await quiet()
  for (const event of events) {
    if (event === 'data' && !stream.readableFlowing) continue // it would make it flow
    stream.on(event, (...given: unknown[]) => void told.push(shown(event, given)))
  }
  const called = (...given: unknown[]): void => void told.push(shown('callback', given))
  let returned: unknown
  try {
    const value = methods[method]!(stream, called)
    returned = value === stream ? 'itself' : value
  } catch (error) {
    returned = `throws ${codeOf(error)}`
  }
  await quiet()
  const { destroyed, closed, readable, writable, readableEnded, writableEnded, writableFinished } = stream
  const { connecting, pending, readyState, errored } = stream
  const after = { destroyed, closed, readable, writable, readableEnded, writableEnded, writableFinished }
  const outcome = {
    returned,
    told,
    after: { ...after, connecting, pending, readyState, errored: errored && codeOf(errored) },
    heard: heard(peer),
  }
  stream.destroy()
  peer.close()
  return JSON.parse(JSON.stringify(outcome)) as Outcome
}

interface Difference {
  why: string
  state: RegExp
  method: RegExp
  /** The parts of the outcome that differ. */
  of: readonly string[]
}

const all = ['returned', 'told', 'after', 'heard']
const differences: Record<'toNet' | 'toDuplex', readonly Difference[]> = {
  toNet: [
    {
      why: 'Node connects again a socket that was created from a descriptor, but not one that it has connected itself',
      state: /./,
      method: /^connect again$/,
      of: all,
    },
  ],
  toDuplex: [
    {
      why: 'it is connected, and another connect fails with that',
      state: /./,
      method: /^connect again$/,
      of: all,
    },
    {
      why: 'shutdown(2) is called at once: it has finished before a later write fails, or a read',
      state: /./,
      method: /^write after end$|^read all$/,
      of: ['told', 'after'],
    },
    {
      why: 'the error of a write after the peer’s end is that of each Duplex; net.Socket has its own EPIPE',
      state: /^ended by the peer$|^ended by both$/,
      method: /^write/,
      of: ['returned', 'told'],
    },
    {
      why: 'nothing is received before a read: the bytes stay in the kernel, which resets if the socket is closed before. RFC 2525, 2.17',
      state: /nobody has read|by the peer, unread/,
      method: /^destroy|^read$|^counts$/,
      of: all,
    },
    {
      why: 'the bytes before a reset are delivered, and then the reset is reported; net.Socket loses one of the two',
      state: /reset by the peer, /,
      method: /./,
      of: all,
    },
    {
      why: 'the addresses are kept, for log messages about a peer that is gone',
      state: /destroyed|reset|^ended by the peer$|^ended by both$/,
      method: /^address$|^remote$|^local$/,
      of: ['returned'],
    },
    { why: 'it counts sent bytes, not buffered ones', state: /^corked$/, method: /^counts$/, of: ['returned'] },
  ],
}

/** An outcome without its intended differences. */
function compared(outcome: Outcome, known: readonly Difference[]): Partial<Outcome> {
  const differ = new Set(known.flatMap(({ of }) => of))
  return Object.fromEntries(Object.entries(outcome).filter(([name]) => !differ.has(name)))
}

describe.each(['toNet', 'toDuplex'] as const)('%s does what net.Socket does', maker => {
  const met = new Set<Difference>()

  test.each(Object.keys(states))('%s', async state => {
    const cell = async (method: string): Promise<void> => {
      const [theirs, ours] = await Promise.all([play('net.Socket', state, method), play(maker, state, method)])
      const known = differences[maker].filter(row => row.state.test(state) && row.method.test(method))
      if (!isDeepStrictEqual(theirs, ours)) for (const difference of known) met.add(difference)
      expect(compared(ours, known), method).toEqual(compared(theirs, known))
    }
    await Promise.all(Object.keys(methods).map(cell))
  })

  test('every listed difference is one', () => {
    expect(differences[maker].filter(row => !met.has(row)).map(({ why }) => why)).toEqual([])
  })
})
