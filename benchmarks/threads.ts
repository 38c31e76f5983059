// Threads for clients, where their start counts: each figure is of a server that has just started.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { echoPeers } from './echo-peers.js'
import { connectOnce, measureLoad } from './load.js'
import { root } from './machine.js'
import { choose, startServer } from './peer.js'
import type { Peer, Server } from './peer.js'
import type { Prepared, Question, Sample } from './question.js'
import { node, python } from './runtimes.js'

const threads = ['python-threads', 'threads', 'c-threads'].map(name => echoPeers.find(peer => peer.name === name)!)

const peers: readonly Peer[] = [
  ...threads,
  { name: 'socketserver', runtime: node, args: [join(import.meta.dirname, 'servers/echo-socketserver.js')] }, // no command
  { name: 'python-socketserver', runtime: python, args: [join(root, 'benchmarks/servers/echo_socketserver.py')] },
]

/** `age`: how long the server has listened before, in milliseconds. */
interface Shape {
  readonly age: number
  readonly connections: number
  readonly size: number
}

const perSecond = async (server: Server, { connections, size }: Shape, duration: number): Promise<Sample> => {
  const { perSecond } = await measureLoad(server, { mode: 'echo', connections, size }, duration, 0)
  return { perSecond: perSecond! }
}

const wait = async (server: Server, { connections, size }: Shape): Promise<Sample> => {
  const { p50, max } = await connectOnce(server, connections, size)
  return { waitMs: max / 1e3, medianWaitMs: p50 / 1e3 }
}

const waitAfter =
  (before: number) =>
  async (server: Server, shape: Shape): Promise<Sample> => {
    await connectOnce(server, before, shape.size)
    return wait(server, shape)
  }

const slices: readonly {
  name: string
  shape: Shape
  measure: (server: Server, shape: Shape, duration: number) => Promise<Sample>
}[] = [
  { name: '10 clients: the first second', shape: { age: 0, connections: 10, size: 64 }, measure: perSecond },
  { name: '10 clients, 2 s after the start', shape: { age: 2000, connections: 10, size: 64 }, measure: perSecond },
  { name: '16 clients at once', shape: { age: 0, connections: 16, size: 64 }, measure: wait },
  { name: '16 clients at once, 2 s after the start', shape: { age: 2000, connections: 16, size: 64 }, measure: wait },
  { name: 'a client after 40 that left', shape: { age: 0, connections: 1, size: 64 }, measure: waitAfter(40) },
]

export const threadStarts: Question = {
  title: 'Threads for clients: the first second, and the wait of the first',
  columns: [
    { key: 'perSecond', title: 'a second', digits: 0, ratio: true },
    { key: 'waitMs', title: 'longest wait ms', digits: 1 },
    { key: 'medianWaitMs', title: 'median wait ms', digits: 1 },
  ],
  warm: false,
  prepare(options): Promise<Prepared> {
    const { there, skipped } = choose(options, peers)
    const duration = options.quick ? options.duration : 1000
    const cases = slices.map(({ name, shape, measure }) => ({
      name,
      shape,
      entrants: there.map(peer => ({
        name: peer.name,
        async measure() {
          const server = await startServer(peer)
          try {
            await pause(options.quick ? 0 : shape.age)
            return await measure(server, shape, duration)
          } finally {
            await server.stop()
          }
        },
      })),
    }))
    return Promise.resolve({ cases: options.quick ? [cases[0]!, cases[4]!] : cases, skipped })
  },
}
