import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../support/root.js'

interface State {
  readonly standard: unknown
  readonly descriptors: number
}

interface Outcome {
  readonly functions: number
  readonly calls: number
  readonly thrown: number
  readonly before: State
  readonly after: State
  readonly wrong: readonly string[]
}

const program = join(root, 'build/programs/test/programs/bad-arguments.js')

// In a separate process, so that a crash, a hang or a change of a standard descriptor is noticed, and harms no other test.
describe('every function of bsd-sockets/syscalls, with invalid values', () => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    timeout: 60_000,
  })

  test('neither crashes nor hangs', () => {
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  })

  const outcome = JSON.parse(stdout || '{}') as Outcome

  test('throws a TypeError or RangeError that names the argument, or accepts a valid value', () => {
    expect(outcome.wrong).toEqual([])
    expect(outcome.functions).toBeGreaterThan(45)
    expect(outcome.calls).toBeGreaterThan(10_000)
    expect(outcome.thrown).toBeGreaterThan(10_000)
  })

  test('leaves no descriptor open, and does not change the standard ones', () => {
    expect(outcome.after).toEqual(outcome.before)
  })
})
