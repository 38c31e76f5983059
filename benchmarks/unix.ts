// The cost of an echo over a Unix socket.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { echoPeers } from './echo-peers.js'
import { loadCase, loadColumns } from './load.js'
import { choose, startAll, stopAll } from './peer.js'
import type { Prepared, Question } from './question.js'

const compared = ['c-epoll', 'reactor', 'promises', 'net', 'net-onread', 'net-26', 'bun', 'deno', 'asyncio']

export const unix: Question = {
  title: 'Echo over a Unix socket',
  columns: loadColumns,
  warm: true,
  async prepare(options): Promise<Prepared> {
    const { there, skipped } = choose(
      options,
      echoPeers.filter(({ name }) => compared.includes(name)),
    )
    const folder = mkdtempSync(join(tmpdir(), 'bench-unix-'))
    const servers = await startAll(there, ({ name, unix }) => unix!(join(folder, name)))
    const shapes = [
      { connections: 100, size: 64, depth: 1 },
      { connections: 10, size: 16384, depth: 1 },
    ]
    return {
      cases: (options.quick ? shapes.slice(1) : shapes).map(shape =>
        loadCase({ mode: 'echo', ...shape }, servers, options.duration),
      ),
      skipped,
      async close() {
        await stopAll(servers)
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
