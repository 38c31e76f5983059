// Fifty thousand hostile requests to the HTTP server; `npm test` sends fewer, and the campaign half a million.
import { runPackage } from '../../scripts/run.js'

process.env.HOSTILE_REQUESTS = '50000'
runPackage('vitest/vitest.mjs', ['run', 'test/http/hostile.test.ts'])
