// Runs tests for hours, started by hand: a campaign is a randomized test with more rounds. `npm run campaigns` runs all,
// `npm run campaigns -- differential` runs one, and `npm run campaigns -- --list` prints the table. SEED is the first seed;
// the default changes each day. A setting that the environment has is taken from there: `PROGRAMS=100 npm run campaigns`.
// The figures of a campaign are committed in docs/reliability.
import { spawnSync } from 'node:child_process'
import { secondsTable } from './seconds.js'
import { root } from './stamp.js'

// Bytes of a transfer, of one over loopback, of a client that sends one a second; most cells wait.
const networks = {
  NETWORKS_SIZE: `${2 ** 23}`,
  NETWORKS_LOOPBACK: `${2 ** 30}`,
  NETWORKS_SLOW: '5',
  NETWORKS_JOBS: '6',
  NETWORKS_WRITE: '1',
}

// `file`: test files for vitest, by the beginning of their path; or `script`: a program for node. `hours`: what it took on two
// cores. All others are environment variables.
const campaigns = {
  differential: { file: 'test/sockets/differential.test.ts', PROGRAMS: '20000' },
  faults: { script: 'test/all/faults.js', FAULTS: 'all' },
  prebuilds: { script: 'test/all/prebuilds.js', PREBUILDS_AGAIN: 'linux-x64 linux-arm64 darwin-x64 darwin-arm64' },
  'http-hostile': { file: 'test/http/hostile.test.ts', HOSTILE_REQUESTS: '500000' },
  'fuzz-calls': { file: 'test/fuzz/calls', FUZZ_CALLS: '1000000' },
  'fuzz-targets': { script: 'test/fuzz/run.js', FUZZ_SECONDS: '3600' }, // for each of five, two at a time
  soak: { script: 'test/load/soak.js', SOAK_SECONDS: '3600' },
  connections: { script: 'test/all/connections.js', CONNECTIONS: '18000' },
  lifetimes: { script: 'test/all/lifetimes.js', ROUNDS: '100000' },
  messages: { script: 'test/load/messages.js', MESSAGES: '10000000' },
  stop: { script: 'test/load/stop.js', STOP_ROUNDS: '20' },
  networks: { script: 'test/networks/networks.js', ...networks },
  terminate: { script: 'test/all/terminate.js', TIMES: '10' },
  coverage: { script: 'test/coverage/coverage.js' },
  sanitizers: { script: 'test/all/sanitizers.js', SANITIZERS: 'whole' },
}

const expected = hours => (hours === undefined ? '' : `, about ${hours} h`)

const names = process.argv.slice(2)
if (names.includes('--list')) {
  for (const [name, { file, script, hours, ...settings }] of Object.entries(campaigns)) {
    const set = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
    console.log(`${name}: ${file ?? script} ${set.join(' ')}${expected(hours)}`)
  }
  process.exit()
}
const unknown = names.find(name => !(name in campaigns))
if (unknown !== undefined)
  throw new Error(`no such campaign: ${unknown}; there are ${Object.keys(campaigns).join(', ')}`)

const SEED = process.env.SEED ?? `${Math.floor(Date.now() / 86_400_000)}`
const rows = []
for (const name of names.length > 0 ? names : Object.keys(campaigns)) {
  const { file, script, hours, ...settings } = campaigns[name]
  const args = script === undefined ? ['node_modules/vitest/vitest.mjs', 'run', file] : [script]
  console.log(`\n== ${name}: ${args.join(' ')}, SEED=${SEED}${expected(hours)}`)
  const start = Date.now()
  const env = { SEED, ...settings, ...process.env }
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env })
  rows.push([name, Date.now() - start, status === 0 ? 'passed' : 'failed'])
}
console.log(secondsTable(`the campaigns, SEED=${SEED}`, rows))
process.exitCode = rows.some(([, , outcome]) => outcome === 'failed') ? 1 : 0
