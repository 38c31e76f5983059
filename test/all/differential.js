// A thousand random programs of socket calls, beside Python's: test/sockets/differential.test.ts runs a hundred.
import { runPackage } from '../../scripts/run.js'

const env = { ...process.env, PROGRAMS: '1000' }
runPackage('vitest/vitest.mjs', ['run', 'test/sockets/differential.test.ts'], { env })
