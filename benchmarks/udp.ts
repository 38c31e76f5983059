// What a datagram there and back costs.
import { join } from 'node:path'
import { measureLoad } from './load.js'
import { built, compiled, root, version } from './machine.js'
import { loadColumns, wanted } from './question.js'
import type { Prepared, Question } from './question.js'
import { startAll, stopAll } from './server.js'
import type { Contestant } from './server.js'

const servers: readonly Contestant[] = [
  { name: 'c-recvmmsg', command: [built('load'), 'answer'] },
  { name: 'reactor', command: [process.execPath, compiled('udp-reactor.js')] },
  { name: 'dgram', command: [process.execPath, compiled('udp-dgram.js')] },
  { name: 'python', command: ['python3', join(root, 'benchmarks/servers/udp_blocking.py')] },
]

export const udp: Question = {
  title: 'Echo over UDP',
  columns: [...loadColumns, { key: 'lost', title: 'lost', digits: 0 }],
  more: true,
  async prepare(options): Promise<Prepared> {
    const skipped = version('python3', '--version') === null ? ['python: python3 is not installed'] : []
    const running = await startAll(
      servers.filter(({ name }) => wanted(options, name) && !(name === 'python' && skipped.length > 0)),
    )
    const shapes = options.quick ? [{ size: 64, depth: 16 }] : [64, 1024].map(size => ({ size, depth: 64 }))
    return {
      cases: shapes.map(({ size, depth }) => ({
        name: `${size} B, ${depth} under way`,
        entrants: running.map(({ name, server }) => ({
          name,
          measure: () => measureLoad(server, { mode: 'udp', size, depth }, options.duration),
        })),
      })),
      skipped,
      close: () => stopAll(running),
    }
  },
}
