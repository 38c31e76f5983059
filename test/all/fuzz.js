// Fuzzing, for two minutes: the targets of libFuzzer (test/fuzz/run.js), and a hundred thousand calls with values that nobody
// should give: test/sockets/fuzz-floors.test.ts makes three thousand.
import { spawnSync } from 'node:child_process'
import { runPackage } from '../../scripts/run.js'

const { status } = spawnSync(process.execPath, ['test/fuzz/run.js', '--seconds', '20'], { stdio: 'inherit' })
if (status !== 0 && status !== 77) process.exit(1)

const env = { ...process.env, FUZZ_FLOORS_CALLS: '100000' }
runPackage('vitest/vitest.mjs', ['run', 'test/sockets/fuzz-floors.test.ts'], { env })
