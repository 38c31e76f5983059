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

// In a process of its own, so that what crashes, hangs or meddles with a standard descriptor is seen and not suffered.
describe('every function of the floor, with values that it should not be given', () => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    timeout: 60_000,
  })

  test('neither crashes nor hangs', () => {
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  })

  const outcome = JSON.parse(stdout || '{}') as Outcome

  test('throws a TypeError or RangeError that names the argument, or takes what is legal for it', () => {
    expect(outcome.wrong).toEqual([])
    expect(outcome.functions).toBeGreaterThan(45)
    expect(outcome.calls).toBeGreaterThan(10_000)
    expect(outcome.thrown).toBeGreaterThan(10_000)
  })

  test('leaves no descriptor behind, and the standard ones alone', () => {
    expect(outcome.after).toEqual(outcome.before)
  })
})
