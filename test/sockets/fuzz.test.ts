// The Sockets with invalid values: test/programs/fuzz-sockets.ts, in its own process.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

const program = join(root, 'build/programs/test/programs/fuzz-sockets.js')
const calls = Number(process.env.FUZZ_CALLS ?? 4000)

describe.each([1, 2, 3])('seed %i', seed => {
  test(
    'each error has a code, no byte is written outside a view, no descriptor is left',
    { timeout: 600_000 },
    async () => {
      const child = new Child(process.execPath, [program, String(seed), String(calls)])
      const outcome = JSON.parse(await child.finished()) as { calls: number; thrown: number; wrong: string[] }
      expect(outcome.wrong).toEqual([])
      expect(outcome.calls).toBe(calls)
      expect(outcome.thrown).toBeGreaterThan(calls / 2)
    },
  )
})
