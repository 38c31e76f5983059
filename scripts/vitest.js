// Runs the test files with vitest, on any runtime, and counts. Output that tells what failed stands at its end, where it is found.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './stamp.js'

// Returns vitest's report, or undefined if it left none.
function run(program, args, env, files, { folder, timeout, options }) {
  const report = join(folder, 'build/vitest.json')
  rmSync(report, { force: true })
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json']
  spawnSync(program, [...args, ...vitest, `--outputFile.json=${report}`, ...options, ...files], {
    cwd: folder,
    stdio: 'inherit',
    timeout,
    env: { ...process.env, ...env },
  })
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch (error) {
    console.error(`vitest left no report: ${error.message}`)
    return undefined
  }
}

const firstLine = text => text?.split('\n')[0]

// The files that failed, and a line for each failure.
function failedIn({ testResults }, folder) {
  const failed = testResults.filter(({ status }) => status === 'failed')
  const lines = failed.flatMap(({ name, message, assertionResults }) => {
    const file = relative(folder, name)
    const tests = assertionResults.filter(({ status }) => status === 'failed')
    if (tests.length === 0) return [`${file}: ${firstLine(message)}`]
    return tests.map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`)
  })
  return { files: failed.map(({ name }) => relative(folder, name)), lines }
}

// The files that took longest, each with its milliseconds.
const slowestIn = ({ testResults }) =>
  testResults
    .map(({ name, startTime, endTime }) => [relative(root, name), endTime - startTime])
    .sort(([, a], [, b]) => b - a)
    .slice(0, 10)

/**
 * Runs all test files, or those in `files`, in `folder`, a checkout; `options` are vitest's, and `timeout` is in milliseconds. If
 * at most three fail, these run once more, alone: what passes then failed for the load of the others, is counted as passed, and
 * is listed in `unsteady`; `failures` has a line for each test that failed at last.
 */
export function runSuite(program = process.execPath, args = [], env = {}, where = {}) {
  const { files = [], folder = root, timeout = 600_000, options = [] } = where
  const whole = run(program, args, env, files, { folder, timeout, options })
  if (whole === undefined) {
    return { passed: 0, failed: 1, skipped: 0, failures: ['vitest left no report'], unsteady: [], slowest: [] }
  }
  const first = failedIn(whole, folder)
  const few = first.files.length > 0 && first.files.length <= 3
  const again = few ? run(program, args, env, first.files, { folder, timeout, options }) : undefined
  const failures = again === undefined ? first.lines : failedIn(again, folder).lines
  if (!(again ?? whole).success && failures.length === 0) failures.push('an error outside of the tests')
  return {
    passed: whole.numPassedTests + Math.max(0, whole.numFailedTests - failures.length),
    failed: failures.length,
    skipped: whole.numPendingTests + whole.numTodoTests,
    failures,
    unsteady: again === undefined ? [] : first.lines,
    slowest: slowestIn(whole),
  }
}
