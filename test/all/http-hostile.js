// A hundred thousand hostile requests to the HTTP server; `npm test` sends fewer.
import { runPackage } from '../../scripts/run.js'

process.env.HOSTILE_REQUESTS = '100000'
runPackage('vitest/vitest.mjs', ['run', 'test/http/hostile.test.ts'])
