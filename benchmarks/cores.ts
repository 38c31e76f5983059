// The gain of a second core: servers that share a port. They and the load generator may use all cores.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { loadCase, loadColumns } from './load.js'
import { built } from './machine.js'
import { choose, startAll, stopAll } from './peer.js'
import type { Peer } from './peer.js'
import type { Prepared, Question } from './question.js'
import { native, node } from './runtimes.js'

const cores = availableParallelism()

const counts = cores > 1 ? [1, cores] : [1]

const peer = (name: string, file: string, count: number): Peer => ({
  name: `${name} × ${count}`,
  runtime: node,
  args: [join(import.meta.dirname, 'servers', file), `${count}`],
  everywhere: true,
})

const peers: readonly Peer[] = [
  { name: 'c-epoll × 1', runtime: native, args: [built('echo'), '--port=0', '--mode=epoll'], everywhere: true },
  { name: 'c-threads', runtime: native, args: [built('echo'), '--port=0', '--mode=threads'], everywhere: true },
  ...counts.map(count => peer('reactor', 'echo-reactor-workers.js', count)),
  ...counts.map(count => peer('net cluster', 'echo-net-cluster.js', count)),
]

export const manyCores: Question = {
  title: 'Echo by workers, on all cores',
  // The CPU time of a cluster is that of several processes; the load generator reads it of one only.
  columns: loadColumns.filter(({ key }) => !/cpu|Ns/i.test(key)),
  warm: true,
  async prepare(options): Promise<Prepared> {
    const { there, skipped } = choose(options, peers)
    const servers = await startAll(there)
    return {
      cases: [loadCase({ mode: 'echo', connections: 100, size: 64, depth: 1 }, servers, options.duration)],
      skipped,
      close: () => stopAll(servers),
    }
  },
}
