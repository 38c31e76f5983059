// The heap that a wait with a signal or a timeout takes, compared with a wait without. test/all/instructions.js counts
// instructions.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

const counts = process.versions.node.startsWith('20.')
if (!counts) console.warn('skipped: the figures are those of Node 20')

// The deadline of a wait is a number on the heap, which is about 2 % more.
const most = { signal: 1.05, timeout: 1.05, both: 1.05 }

test.skipIf(!counts)('a signal and a timeout take little more of the heap', { timeout: 120_000 }, async () => {
  const program = join(root, 'build/programs/test/programs/waits.js')
  const flags = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64']
  const { none, ...taken } = JSON.parse(await new Child(process.execPath, [...flags, program]).finished()) as Record<
    string,
    number
  >
  expect(none).toBeGreaterThan(100)
  for (const [kind, limit] of Object.entries(most)) expect(taken[kind], kind).toBeLessThan(none! * limit)
})
