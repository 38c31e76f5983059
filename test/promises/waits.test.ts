// A wait that a signal or a timeout may end takes hardly more of the heap than one that has neither; what the processor does
// for it is counted by test/all/instructions.js.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

// The time when a wait is over is a number on the heap: a fiftieth more.
const most = { signal: 1.05, timeout: 1.05, both: 1.05 }

test('a signal and a timeout take hardly more of the heap', { timeout: 120_000 }, async () => {
  const program = join(root, 'build/programs/test/programs/waits.js')
  const flags = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64']
  const { none, ...taken } = JSON.parse(await new Child(process.execPath, [...flags, program]).finished()) as Record<
    string,
    number
  >
  expect(none).toBeGreaterThan(100)
  for (const [kind, limit] of Object.entries(most)) expect(taken[kind], kind).toBeLessThan(none! * limit)
})
