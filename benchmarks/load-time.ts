// What it takes to start: a process that imports the module and ends, beside one that imports nothing.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pinned, root, serverCore } from './machine.js'
import { wanted } from './question.js'
import type { Prepared, Question } from './question.js'

const run = promisify(execFile)

const imports: Readonly<Record<string, string>> = {
  nothing: '',
  'node:net': "import 'node:net'",
  syscalls: "import 'bsd-sockets/syscalls'",
  sockets: "import 'bsd-sockets'",
  promises: "import 'bsd-sockets/promises'",
  reactor: "import 'bsd-sockets/reactor'",
}

export const loadTime: Question = {
  title: 'Starting a process that imports',
  columns: [{ key: 'ms', title: 'ms', digits: 1, ratio: true }],
  more: false,
  prepare(options): Promise<Prepared> {
    const entrants = Object.entries(imports)
      .filter(([name]) => wanted(options, name))
      .map(([name, text]) => ({
        name,
        async measure() {
          const [file, ...args] = pinned(serverCore, [process.execPath, '--input-type=module', '-e', text])
          const before = performance.now()
          await run(file!, args, { cwd: root })
          return { ms: performance.now() - before }
        },
      }))
    return Promise.resolve({ cases: [{ name: 'import', entrants }], skipped: [], close: () => Promise.resolve() })
  },
}
