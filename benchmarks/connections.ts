// Connections per second: connect, one message there and back, close.
import { echoPeers } from './echo-peers.js'
import { loadCase, loadColumns } from './load.js'
import { choose, startAll, stopAll } from './peer.js'
import type { Prepared, Question } from './question.js'

const compared = [
  'c-epoll',
  'c-plain',
  'reactor',
  'promises',
  'epoll',
  'net',
  'net-26',
  'bun',
  'deno',
  'asyncio',
  'python-threads',
  'c-threads',
]

export const connections: Question = {
  title: 'Connect, one echo, close',
  columns: loadColumns,
  warm: true,
  async prepare(options): Promise<Prepared> {
    const { there, skipped } = choose(
      options,
      echoPeers.filter(({ name }) => compared.includes(name)),
    )
    const servers = await startAll(there)
    return {
      cases: [loadCase({ mode: 'connect', connections: 32, size: 64 }, servers, options.duration)],
      skipped,
      close: () => stopAll(servers),
    }
  },
}
