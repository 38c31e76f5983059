// Runs the benchmarks of the repository. They are not in the package, since they need C programs and a compiler.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startChild } from './child.js'
import { defineCommand, integer, UsageError } from './command.js'

const root = dirname(dirname(import.meta.dirname))

interface Benchmarks {
  bench(
    names: string[],
    options: { quick: boolean; only: string[]; duration: number; rounds: number },
    folder: string,
    json: boolean,
  ): Promise<boolean>
}

const milliseconds = 10 * 60 * 1000

/** Runs a script of the repository; false if it fails. What it prints goes to the descriptor `output`. */
const script = async (output: number, file: string, ...args: string[]): Promise<boolean> =>
  (await startChild(process.execPath, [join(root, file), ...args], [0, output, 2]).status) === 0

export const command = defineCommand({
  operands: '[QUESTION]...',
  options: {
    only: { type: 'string', value: 'NAME,NAME', default: '', meaning: 'who is compared' },
    quick: { type: 'boolean', meaning: 'whether they run, not how fast: short rounds, few cases' },
    duration: { type: 'string', value: 'MS', meaning: 'the length of a round (default 300, quick 60)' },
    rounds: { type: 'string', value: 'N', meaning: 'how many of them (default 3, quick 1)' },
    results: {
      type: 'string',
      value: 'FOLDER',
      meaning: 'for the figures (default benchmarks/results, or build/benchmarks with --quick or --only)',
    },
    json: {
      type: 'boolean',
      meaning: 'one object in JSON for each question, in a line; progress is on standard error',
    },
    install: { type: 'boolean', meaning: 'installs Bun, Deno and the newest Node first, for linux-x64, by npm' },
    publish: { type: 'boolean', meaning: 'shows the plots in README.md' },
  },
  async run({ quick = false, only, duration, rounds, results, json = false, install, publish }, names) {
    if (!existsSync(join(root, 'benchmarks/main.ts'))) {
      console.error(
        'bsd-sockets bench: the benchmarks are in the repository, not in this package. In a clone of it, on Linux with a\n' +
          'C++17 compiler, make and Python 3 (and taskset, wrk, nginx for all of them): npm run bench',
      )
      return 1
    }
    const part = quick || only !== ''
    if (publish && part) throw new UsageError('--publish: not together with --quick or --only')
    if (process.platform !== 'linux') {
      console.error('bsd-sockets bench: the load generator is for Linux')
      return 1
    }
    const folder = results ?? join(root, part ? 'build/benchmarks' : 'benchmarks/results')
    const options = {
      quick,
      only: only.split(',').filter(name => name !== ''),
      duration: integer('--duration', duration ?? (quick ? '60' : '300'), 1, milliseconds),
      rounds: integer('--rounds', rounds ?? (quick ? '1' : '3'), 1, 1000),
    }
    const output = json ? 2 : 1
    if (!(await script(output, 'benchmarks/prepare.js', ...(install ? ['--install'] : [])))) return 1
    const main = join(root, 'build/programs/benchmarks/main.js')
    const well = await ((await import(main)) as Benchmarks).bench(names, options, folder, json)
    const drawn = await script(output, 'benchmarks/tools/plots.js', folder, ...(publish && well ? ['--publish'] : []))
    return well && drawn ? 0 : 1
  },
})
