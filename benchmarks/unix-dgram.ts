// The cost of a Unix datagram in one direction, by unix-dgram and by its drop-in.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCase, loadColumns } from './load.js'
import { root } from './machine.js'
import { choose, startAll, stopAll } from './peer.js'
import type { Prepared, Question } from './question.js'
import { node, unixDgram } from './runtimes.js'

const program = join(import.meta.dirname, 'servers/unix-dgram.js')

/** Installs the drop-in and the package in a folder, as npm would. Returns the drop-in's path. */
function installDropIn(folder: string): string {
  const installed = join(folder, 'node_modules/unix-dgram')
  mkdirSync(join(folder, 'node_modules'))
  cpSync(join(root, 'packages/unix-dgram'), installed, { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/bsd-sockets'))
  return installed
}

export const unixDatagrams: Question = {
  title: 'Unix datagrams',
  columns: loadColumns.filter(({ key }) => !/^p\d/.test(key)), // nothing is answered
  warm: true,
  async prepare(options): Promise<Prepared> {
    const folder = mkdtempSync(join(tmpdir(), 'bench-unix-dgram-'))
    const peer = join(root, 'build/dependents/peer/node_modules/unix-dgram')
    const entrants = [
      { name: 'unix-dgram', runtime: unixDgram, args: [program, join(folder, 'peer'), peer] },
      { name: 'drop-in', runtime: node, args: [program, join(folder, 'drop-in'), installDropIn(folder)] },
    ]
    const { there, skipped } = choose(options, entrants)
    const servers = await startAll(there)
    const shapes = (['dgram-receive', 'dgram-send'] as const).flatMap(mode => [
      { mode, size: 64 },
      { mode, size: 1024 },
    ])
    return {
      cases: (options.quick ? shapes.filter(({ size }) => size === 64) : shapes).map(shape =>
        loadCase(shape, servers, options.duration),
      ),
      skipped,
      async close() {
        await stopAll(servers)
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
