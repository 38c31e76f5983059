// Every function and method of every floor with invalid values: test/programs/fuzz-floors.ts, in its own process.
// test/all/fuzz.js runs it for longer. A failure is printed with the command that repeats only that call.
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
  `seed ${seed}: each error has a code, no byte is written outside a view, no wait is endless, no descriptor is left open`,
  { timeout: 7_200_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const at = join(folder, 'at')
    const child = new Child(process.execPath, [program, String(seed), String(calls)], { FUZZ_AT: at }, folder)
    const printed = await child.finished().catch((error: unknown) => {
      throw new Error(`died in call ${readFileSync(at, 'utf8').trim()} of seed ${seed}`, { cause: error })
    })
    const outcome = JSON.parse(printed) as { calls: number; thrown: number; wrong: string[] }
    expect(outcome.wrong).toEqual([])
    expect(outcome.calls).toBe(calls)
    expect(outcome.thrown).toBeGreaterThan(calls / 4)
  },
)
