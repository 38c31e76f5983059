// Every case of the HTTP table, each in its own thread.
import { runPackage } from '../../scripts/run.js'

process.env.HTTP_EVERY_CASE = '1'
runPackage('vitest/vitest.mjs', ['run', 'test/cli/http-ts.test.ts', '-t', 'threads'])
