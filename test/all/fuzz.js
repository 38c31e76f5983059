// Fuzzing, for two minutes: the targets of libFuzzer, two at a time, and a hundred thousand calls with any values, of which
// `npm test` makes three thousand. Both begin anew each day; SEED repeats a run.
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { root } from '../../scripts/stamp.js'

const seed = process.env.SEED ?? `${Math.floor(Date.now() / 86_400_000)}`
const run = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status

const targets = run(join(root, 'test/fuzz/run.js'), '--seconds', '20', '--seed', seed)
const calls = run(join(root, 'test/fuzz/calls/run.js'), seed, '100000')
process.exitCode = [0, 77].includes(targets) && calls === 0 ? 0 : 1
