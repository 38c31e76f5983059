// A hundred thousand calls with values that nobody should give: test/sockets/fuzz-floors.test.ts makes three thousand.
import { runPackage } from '../../scripts/run.js'

const env = { ...process.env, FUZZ_FLOORS_CALLS: '100000' }
runPackage('vitest/vitest.mjs', ['run', 'test/sockets/fuzz-floors.test.ts'], { env })
