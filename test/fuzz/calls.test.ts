// Every function and method of every floor with any values: test/fuzz/calls/run.js, in its own process. test/all/fuzz.js makes
// more calls. A failure prints the fewest calls that still fail, as a program; add them to test/fuzz/calls/corpus.txt.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

const folder = join(root, 'test/fuzz/calls')
const calls = process.env.FUZZ_CALLS ?? '3000'
const seed = process.env.SEED ?? '1'

test('the calls that have failed once', async () => {
  const texts = readFileSync(join(folder, 'corpus.txt'), 'utf8').split('\n').filter(Boolean)
  expect(texts.length).toBeGreaterThan(20)
  const temporary = mkdtempSync(join(tmpdir(), 'fuzz-'))
  onTestFinished(() => rmSync(temporary, { recursive: true }))
  const list = join(temporary, 'calls.json')
  writeFileSync(list, JSON.stringify(texts))
  const printed = await new Child(process.execPath, [join(folder, 'play.js'), list], {}, temporary).finished()
  const outcome = JSON.parse(printed) as { calls: number; wrong: unknown[] }
  expect(outcome.wrong).toEqual([])
  expect(outcome.calls).toBe(texts.length)
})

test(
  `seed ${seed}: each error has a code, no byte is written outside a view, each wait ends, no descriptor is left open`,
  { timeout: 7_200_000 },
  async () => {
    const child = new Child(process.execPath, [join(folder, 'run.js'), seed, calls])
    const printed = await child.finished()
    if (Number(calls) > 3000) console.log(printed)
    expect(printed).toMatch(new RegExp(`^${calls} calls in \\d+ s, seed ${seed}: \\d+ threw, 0 findings$`, 'm'))
    expect(printed).toMatch(/^(\d+) of \1 functions and methods reached/m)
    expect(readdirSync(root, { withFileTypes: true }).filter(entry => entry.isSocket())).toEqual([])
  },
)
