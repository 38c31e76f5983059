// Every function and method of every floor with values that nobody should give: test/programs/fuzz-floors.ts, in a process of its
// own. test/all/fuzz.js runs it for longer. What is wrong is told with the command that plays it again, alone.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

const program = join(root, 'build/programs/test/programs/fuzz-floors.js')
const calls = Number(process.env.FUZZ_FLOORS_CALLS ?? 3000)
const seed = Number(process.env.SEED ?? 1)

test(
  `seed ${seed}: each error has a code, nothing is written beside memory, nothing waits for ever, no descriptor is left`,
  { timeout: 7_200_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const at = join(folder, 'at')
    const child = new Child(process.execPath, [program, String(seed), String(calls)], { FUZZ_AT: at })
    const printed = await child.finished().catch((error: unknown) => {
      throw new Error(`died in call ${readFileSync(at, 'utf8').trim()} of seed ${seed}`, { cause: error })
    })
    const outcome = JSON.parse(printed) as { calls: number; thrown: number; wrong: string[] }
    expect(outcome.wrong).toEqual([])
    expect(outcome.calls).toBe(calls)
    expect(outcome.thrown).toBeGreaterThan(calls / 4)
  },
)
