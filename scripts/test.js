// Runs the checks and prints a summary. Without an argument: types, lint, format, the rule of floors, unused code, and
// vitest (behaviour, traces). `all` adds the long checks, and `rest` runs only those. Each script of test/all is one
// check; they run sorted by name, and those in `lanes` last. Status 0 means passed, and 77 skipped, with a printed
// reason. A script that runs many tests writes how many passed, failed and were skipped to the file SUM_FILE, as JSON;
// these numbers count in its place. SEED is the seed of all randomized tests; default: 1 for `npm test`, a new one each
// day for the long checks.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { secondsTable } from './seconds.js'
import { root } from './stamp.js'
import { runSuite } from './vitest.js'

const which = process.argv[2] ?? 'short'
const began = Date.now()
const durations = {
  short: 'types, lint, format, floors and the test files: up to five minutes on two cores that do nothing else',
  rest: 'the scripts of test/all: some half an hour on two cores',
  all: 'types, lint, format, floors, the test files and the scripts of test/all: some 35 minutes on two cores',
}
const scripts = readdirSync(join(root, 'test/all'))
  .filter(file => file.endsWith('.js'))
  .sort()
// What these find does not depend on the time, and each uses a core at most: two lanes of them run beside each other.
const lanes = [
  ['terminate.js', 'faults.js', 'lifetimes.js', 'differential.js'],
  ['dependents.js', 'load.js', 'waits.js', 'instructions.js'],
]
process.env.SEED ??= which === 'short' ? '1' : `${Math.floor(began / 86_400_000)}`
console.log(durations[which])
if (which !== 'short') console.log(`${scripts.length} scripts: ${scripts.join(' ')}`)
console.log(`SEED=${process.env.SEED}`)
const sum = { passed: 0, failed: 0, skipped: 0 }
const failures = []
const last = [] // what each failed check said last
const unsteady = [] // see vitest.js
const rows = [] // name, milliseconds, outcome

/** Runs a check, and prints what it says: as it comes, or at its end, if others run beside it. */
async function check(name, file, args = [], { beside = false } = {}) {
  const start = Date.now()
  if (!beside) console.log(`\n== ${file}`)
  const sumFile = join(root, `build/sum-${name}.json`)
  rmSync(sumFile, { force: true })
  const env = { ...process.env, SUM_FILE: sumFile }
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text
      if (!beside) process.stdout.write(text)
    })
  }
  const [status] = await once(child, 'close')
  if (beside) process.stdout.write(`\n== ${file}\n${output}`)
  const outcome = status === 0 ? 'passed' : status === 77 ? 'skipped' : 'failed'
  if (outcome === 'failed') {
    failures.push(name)
    last.push(`\n== what ${name} said last\n${output.trimEnd().split('\n').slice(-20).join('\n')}`)
  }
  if (existsSync(sumFile)) {
    const counted = JSON.parse(readFileSync(sumFile, 'utf8'))
    for (const each of Object.keys(sum)) sum[each] += counted[each]
    if (outcome === 'failed' && counted.failed === 0) sum.failed++ // it broke off
  } else {
    sum[outcome]++
  }
  rows.push([name, Date.now() - start, outcome])
  console.log(`${name}: ${outcome}`)
}

/** Runs lanes of checks beside each other; those of a lane run one after the other. */
async function checkBeside(...lanes) {
  const runLane = async lane => {
    for (const [name, file, ...args] of lane) await check(name, file, args, { beside: true })
  }
  await Promise.all(lanes.map(runLane))
}

function vitest() {
  const start = Date.now()
  const suite = runSuite()
  for (const outcome of Object.keys(sum)) sum[outcome] += suite[outcome]
  failures.push(...suite.failures)
  unsteady.push(...suite.unsteady)
  rows.push(['test files', Date.now() - start, suite.failed > 0 ? 'failed' : 'passed'])
  console.log(secondsTable('the slowest test files, each in one of several processes', suite.slowest))
}

if (which !== 'rest') {
  const floors = ['--config', 'test/tools/floors.js', 'src']
  const lint = ['--report-unused-disable-directives', '--deny-warnings', '.']
  await checkBeside(
    [['lint', 'node_modules/oxlint/bin/oxlint', ...lint]],
    [
      ['types', 'node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json'],
      ['format', 'scripts/format.js', '--check'],
      ['floors', 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs', ...floors],
      ['unused', 'node_modules/knip/bin/knip.js', '--config', 'test/tools/knip.js'],
    ],
  )
  vitest()
}
if (which !== 'short') {
  const unknown = lanes.flat().filter(file => !scripts.includes(file))
  if (unknown.length > 0) throw new Error(`not in test/all: ${unknown.join(', ')}`)
  for (const file of scripts.filter(file => !lanes.flat().includes(file))) await check(file, join('test/all', file))
  await checkBeside(...lanes.map(lane => lane.map(file => [file, join('test/all', file)])))
}

console.log(secondsTable(`what ran, SEED=${process.env.SEED}`, rows))
const seconds = Math.round((Date.now() - began) / 1000)
console.log(`it took ${Math.floor(seconds / 60)} min ${seconds % 60} s`)
for (const lines of last) console.log(lines)
for (const line of unsteady) console.log(`unsteady: ${line}`)
for (const line of failures) console.log(`failed: ${line}`)
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed > 0 ? 1 : 0
