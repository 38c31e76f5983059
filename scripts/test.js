// Runs the checks and prints a summary. Without an argument: types, lint, format, the rule of floors, unused code, and
// vitest (behaviour, traces). `all` adds the long checks, and `rest` runs only those. Each script of test/all is one
// check; they run sorted by name, and those of one core last. Status 0 means passed, and 77 skipped, with a printed
// reason. A script that runs many tests writes how many passed, failed and were skipped to the file SUM_FILE, as JSON;
// these numbers count in its place. SEED is the seed of all randomized tests; default: 1 for `npm test`, a new one each
// day for the long checks.
import { execFile, spawnSync } from 'node:child_process'
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
// They use a core each, and what they count does not depend on the time: they run beside each other.
const ofOneCore = new Set(['differential.js', 'instructions.js'])
process.env.SEED ??= which === 'short' ? '1' : `${Math.floor(began / 86_400_000)}`
console.log(durations[which])
if (which !== 'short') console.log(`${scripts.length} scripts: ${scripts.join(' ')}`)
console.log(`SEED=${process.env.SEED}`)
const sum = { passed: 0, failed: 0, skipped: 0 }
const failures = []
const unsteady = [] // see vitest.js
const rows = [] // name, milliseconds, outcome

const sumFile = join(root, 'build/sum.json')

function node(file, ...args) {
  rmSync(sumFile, { force: true })
  const env = { ...process.env, SUM_FILE: sumFile }
  return spawnSync(process.execPath, [join(root, file), ...args], { cwd: root, stdio: 'inherit', env }).status
}

function ended(name, start, status) {
  const outcome = status === 0 ? 'passed' : status === 77 ? 'skipped' : 'failed'
  if (outcome === 'failed') failures.push(name)
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

function check(name, file, ...args) {
  const start = Date.now()
  ended(name, start, node(file, ...args))
}

/** Runs these checks one after the other, beside others: so the output of each is printed at its end. */
async function beside(checks) {
  for (const [name, file, ...args] of checks) {
    const start = Date.now()
    await new Promise(resolve => {
      const options = { cwd: root, maxBuffer: Infinity }
      execFile(process.execPath, [join(root, file), ...args], options, (error, stdout, stderr) => {
        process.stdout.write(stdout + stderr)
        ended(name, start, error === null ? 0 : error.code)
        resolve()
      })
    })
  }
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
  rmSync(sumFile, { force: true })
  const floors = ['--config', 'test/tools/floors.js', 'src']
  await Promise.all([
    beside([['lint', 'node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.']]),
    beside([
      ['types', 'node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json'],
      ['format', 'scripts/format.js', '--check'],
      ['floors', 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs', ...floors],
      ['unused', 'node_modules/knip/bin/knip.js', '--config', 'test/tools/knip.js'],
    ]),
  ])
  vitest()
}
if (which !== 'short') {
  for (const file of scripts.filter(file => !ofOneCore.has(file))) {
    console.log(`\n== test/all/${file}`)
    check(file, join('test/all', file))
  }
  rmSync(sumFile, { force: true })
  console.log(`\n== ${[...ofOneCore].join(' beside ')}`)
  await Promise.all([...ofOneCore].map(file => beside([[file, join('test/all', file)]])))
}

console.log(secondsTable(`what ran, SEED=${process.env.SEED}`, rows))
const seconds = Math.round((Date.now() - began) / 1000)
console.log(`it took ${Math.floor(seconds / 60)} min ${seconds % 60} s`)
for (const line of unsteady) console.log(`unsteady: ${line}`)
for (const line of failures) console.log(`failed: ${line}`)
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed > 0 ? 1 : 0
