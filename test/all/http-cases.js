// Every case of the HTTP table in every mode; in the mode threads each has its own.
import { runPackage } from '../../scripts/run.js'

process.env.HTTP_EVERY_CASE = '1'
runPackage('vitest/vitest.mjs', ['run', 'test/cli/http-ts.test.ts'])
