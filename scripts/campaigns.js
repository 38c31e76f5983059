// Runs tests for hours, started by hand: a campaign is a randomized test with more rounds. `npm run campaigns` runs all,
// `npm run campaigns -- differential` runs one. SEED is the first seed; the default changes each day.
import { runPackage } from './run.js'

const campaigns = {
  differential: { file: 'test/sockets/differential.test.ts', PROGRAMS: '20000' },
  fuzz: { file: 'test/sockets/fuzz', FUZZ_CALLS: '100000', FUZZ_FLOORS_CALLS: '1000000' }, // both test files
}

const names = process.argv.slice(2)
const unknown = names.find(name => !(name in campaigns))
if (unknown !== undefined)
  throw new Error(`no such campaign: ${unknown}; there are ${Object.keys(campaigns).join(', ')}`)

const today = `${Math.floor(Date.now() / 86_400_000)}`
for (const name of names.length > 0 ? names : Object.keys(campaigns)) {
  const { file, ...settings } = campaigns[name]
  runPackage('vitest/vitest.mjs', ['run', file], { env: { SEED: today, ...process.env, ...settings } })
}
