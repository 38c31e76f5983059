// The cost of an echo: messages there and back over persistent TCP connections.
import { echoPeers } from './echo-peers.js'
import { loadCase, loadColumns } from './load.js'
import type { Load } from './load.js'
import { choose, startAll, stopAll } from './peer.js'
import type { Prepared, Question } from './question.js'

/** The best of each kind, for cases where all peers would take too long. */
const chief = [
  'c-epoll',
  'c-plain',
  'reactor',
  'promises',
  'streams',
  'net',
  'net-onread',
  'net-26',
  'bun',
  'deno',
  'asyncio',
]

const everyone = (load: Omit<Load, 'mode'>) => ({ load: { mode: 'echo', ...load } as const, among: undefined })
const chiefly = (load: Omit<Load, 'mode'>) => ({ load: { mode: 'echo', ...load } as const, among: chief })

const slices = [
  everyone({ connections: 100, size: 64, depth: 1 }),
  everyone({ connections: 1000, size: 64, depth: 1 }),
  everyone({ connections: 10, size: 64, depth: 1 }),
  everyone({ connections: 1, size: 64, depth: 1 }),
  everyone({ connections: 100, size: 64, depth: 16 }),
  chiefly({ connections: 10, size: 1024, depth: 1 }),
  chiefly({ connections: 10, size: 16384, depth: 1 }),
  chiefly({ connections: 10, size: 262144, depth: 1 }),
  chiefly({ connections: 10, size: 16384, depth: 16 }),
  // At a fixed rate: the latency of servers that are not saturated.
  chiefly({ connections: 100, size: 64, depth: 16, rate: 10000 }),
]

export const echo: Question = {
  title: 'Echo over TCP',
  columns: loadColumns,
  warm: true,
  async prepare(options): Promise<Prepared> {
    const { there, skipped } = choose(options, echoPeers)
    const servers = await startAll(there)
    const asked = options.quick ? [slices[4]!, slices[6]!] : slices
    return {
      cases: asked
        .map(({ load, among }) =>
          loadCase(load, among ? servers.filter(({ name }) => among.includes(name)) : servers, options.duration),
        )
        .filter(({ entrants }) => entrants.length > 0),
      skipped,
      close: () => stopAll(servers),
    }
  },
}
