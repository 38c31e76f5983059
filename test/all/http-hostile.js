// A hundred thousand hostile requests to the HTTP server, instead of the few of every day.
import { runPackage } from '../../scripts/run.js'

process.env.HOSTILE_REQUESTS = '100000'
runPackage('vitest/vitest.mjs', ['run', 'test/http/hostile.test.ts'])
