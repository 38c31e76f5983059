// The cost of one call: in C, on the syscalls floor, on Socket, by a foreign function interface, in Python; each in its
// own process.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { built, pinned, root, serverCore } from './machine.js'
import { choose } from './peer.js'
import type { Prepared, Question } from './question.js'
import { koffi, native, node, python } from './runtimes.js'

const run = promisify(execFile)

const program = (name: string): string[] => [join(import.meta.dirname, 'calls', name)]

const peers = [
  { name: 'c', runtime: native, args: [built('calls')] },
  { name: 'c-thread', runtime: native, args: [built('calls'), 'thread'] },
  { name: 'syscalls', runtime: node, args: program('floor.js') },
  { name: 'socket', runtime: node, args: program('socket.js') },
  { name: 'koffi', runtime: koffi, args: program('koffi.js') },
  { name: 'python', runtime: python, args: [join(root, 'benchmarks/calls/calls.py')] },
]

type Costs = Readonly<Record<string, number>>

export const calls: Question = {
  title: 'The cost of a call',
  columns: [{ key: 'ns', title: 'ns', digits: 0, ratio: true }],
  warm: false,
  async prepare(options): Promise<Prepared> {
    if (!existsSync(join(root, 'benchmarks/tools/node_modules/mitata'))) {
      return { cases: [], skipped: ['all: mitata comes with npm run bench'] }
    }
    const { there, skipped } = choose(options, peers)
    const measure = async ({ runtime, args }: (typeof peers)[number], milliseconds: number): Promise<Costs> => {
      const [file, ...rest] = pinned(serverCore, [...runtime.command!, ...args, `${milliseconds}`])
      return JSON.parse((await run(file!, rest)).stdout) as Costs
    }
    // A process measures all of its calls. The first run tells which calls there are; each case then runs the process and
    // takes its own figure.
    const entrants = await Promise.all(
      there.map(async peer => ({ peer, names: Object.keys(await measure(peer, 1)), rounds: [] as Costs[] })),
    )
    const names = new Set(entrants.flatMap(({ names }) => names))
    return {
      cases: [...names].map(call => ({
        name: call,
        entrants: entrants
          .filter(({ names }) => names.includes(call))
          .map(({ peer, rounds }) => {
            let round = 0
            return {
              name: peer.name,
              async measure() {
                if (rounds.length <= round) rounds.push(await measure(peer, Math.round(options.duration / 2)))
                return { ns: rounds[round++]![call]! }
              },
            }
          }),
      })),
      skipped,
    }
  },
}
