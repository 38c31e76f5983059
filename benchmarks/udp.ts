// The cost of a datagram there and back.
import { join } from 'node:path'
import { loadCase, loadColumns } from './load.js'
import { built, root } from './machine.js'
import { choose, startAll, stopAll } from './peer.js'
import type { Peer } from './peer.js'
import type { Prepared, Question } from './question.js'
import { bun, deno, native, newestNode, node, python } from './runtimes.js'

const compiled = (name: string): string[] => [join(import.meta.dirname, 'servers', name)]
const source = (name: string): string[] => [join(root, 'benchmarks/servers', name)]

const peers: readonly Peer[] = [
  { name: 'c-recvmmsg', runtime: native, args: [built('load'), 'answer'] },
  { name: 'syscalls-batch', runtime: node, args: compiled('udp-syscalls-batch.js') },
  { name: 'reactor', runtime: node, args: compiled('udp-reactor.js') },
  { name: 'messages', runtime: node, args: compiled('udp-messages.js') },
  { name: 'promises', runtime: node, args: compiled('udp-promises.js') },
  { name: 'blocking', runtime: node, args: compiled('udp-blocking.js') },
  { name: 'syscalls', runtime: node, args: compiled('udp-syscalls.js') },
  { name: 'dgram', runtime: node, args: compiled('udp-dgram.js') },
  { name: 'dgram-26', runtime: newestNode, args: compiled('udp-dgram.js') },
  { name: 'bun', runtime: bun, args: source('udp-bun.js') },
  { name: 'deno', runtime: deno, args: source('udp-deno.js') },
  { name: 'python', runtime: python, args: source('udp_blocking.py') },
  { name: 'c-recvfrom', runtime: native, args: [built('load'), 'answer-each'] },
]

export const udp: Question = {
  title: 'Echo over UDP',
  columns: [...loadColumns, { key: 'lost', title: 'lost', digits: 0 }],
  warm: true,
  async prepare(options): Promise<Prepared> {
    const { there, skipped } = choose(options, peers)
    const servers = await startAll(there)
    const shapes = [
      { size: 64, depth: 64 },
      { size: 1024, depth: 64 },
      { size: 64, depth: 1 },
    ]
    return {
      cases: (options.quick ? shapes.slice(1, 2) : shapes).map(shape =>
        loadCase({ mode: 'udp', ...shape }, servers, options.duration),
      ),
      skipped,
      close: () => stopAll(servers),
    }
  },
}
