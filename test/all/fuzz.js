// Fuzzing: the targets of libFuzzer for a minute each, two at a time, and then a hundred thousand calls with any values in two
// processes, of which `npm test` makes three thousand. Both begin anew each day; SEED repeats a run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 86_400_000))

async function run(file, ...args) {
  const child = spawn(process.execPath, [join(root, file), ...args.map(String)], { cwd: root, stdio: 'inherit' })
  const [status] = await once(child, 'close')
  return status
}

const targets = await run('test/fuzz/run.js', '--seconds', 60, '--seed', seed)
const calls = await Promise.all([seed, seed + 1].map(each => run('test/fuzz/calls/run.js', each, 50_000)))
process.exitCode = [0, 77].includes(targets) && calls.every(status => status === 0) ? 0 : 1
