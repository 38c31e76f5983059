// The effect of the receive buffer's address: the same plain server in C, with its buffer at several offsets from the
// beginning of a page. docs/placement.md
import { loadCase, loadColumns } from './load.js'
import { built } from './machine.js'
import { choose, startAll, stopAll } from './peer.js'
import type { Peer } from './peer.js'
import type { Prepared, Question } from './question.js'
import { native } from './runtimes.js'

/** Offsets in bytes. The first is that of `roomFor`; 16 is that of malloc(3) for 128 KiB and more. */
const offsets = [128, 0, 16, 32, 48, 64, 256, 512, 1024, 2048]

const peers = offsets.map((offset): Peer => ({
  name: `page + ${offset}`,
  runtime: native,
  args: [built('load'), 'serve', '--offset', `${offset}`],
}))

export const placement: Question = {
  title: 'Where received bytes land',
  columns: loadColumns,
  warm: true,
  async prepare(options): Promise<Prepared> {
    const { there, skipped } = choose(options, peers)
    const servers = await startAll(there)
    const shapes = [
      { connections: 10, size: 16384, depth: 1 },
      { connections: 10, size: 16384, depth: 16 },
      { connections: 10, size: 262144, depth: 1 },
    ]
    return {
      cases: (options.quick ? shapes.slice(0, 1) : shapes).map(shape =>
        loadCase({ mode: 'echo', ...shape }, servers, options.duration),
      ),
      skipped,
      close: () => stopAll(servers),
    }
  },
}
