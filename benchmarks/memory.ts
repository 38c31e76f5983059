// The memory of an idle connection: the growth of the server's memory, divided by the number of new connections.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { echoPeers } from './echo-peers.js'
import { built } from './machine.js'
import { choose, memoryOf, startServer } from './peer.js'
import type { Peer } from './peer.js'
import type { Prepared, Question, Sample } from './question.js'

const compared = ['c-epoll', 'reactor', 'promises', 'streams', 'net', 'net-onread', 'net-26', 'bun', 'deno', 'asyncio']

async function hold(place: object, count: number): Promise<{ close(): Promise<void> }> {
  const where = Object.entries(place).flatMap(([name, value]) => [`--${name}`, `${value}`])
  const load = spawn(built('load'), ['idle', `--connections`, `${count}`, ...where], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(load.stdout), 'line')) as [string]
  if (line !== 'open') throw new Error(`load: ${line}`)
  return {
    async close() {
      load.stdin.end()
      await once(load, 'exit')
    },
  }
}

// Some connections are opened before the first measurement: they cause growth that is not per connection, for example of
// a heap's young generation.
async function measure(peer: Peer, count: number): Promise<Sample> {
  const server = await startServer(peer)
  try {
    const few = await hold(server.place, count / 10)
    const before = memoryOf(server.pid)
    const many = await hold(server.place, count)
    const bytes = (memoryOf(server.pid) - before) / count
    await many.close()
    await few.close()
    return { bytes }
  } finally {
    await server.stop()
  }
}

export const memory: Question = {
  title: 'Memory of an idle connection',
  columns: [{ key: 'bytes', title: 'bytes', digits: 0, ratio: true }],
  warm: false,
  prepare(options): Promise<Prepared> {
    const count = options.quick ? 500 : 10_000
    const { there, skipped } = choose(
      options,
      echoPeers.filter(({ name }) => compared.includes(name)),
    )
    const entrants = there.map(peer => ({ name: peer.name, measure: () => measure(peer, count) }))
    return Promise.resolve({ cases: [{ name: `${count.toLocaleString('en')} connections`, entrants }], skipped })
  },
}
