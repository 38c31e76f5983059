// What the addon allocates may fail: that is an Error with a code, or does no harm. test/all/allocations.js fails each.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tool } from './tools.js'

const programs = join(import.meta.dirname, '../build/programs/test/programs')

/** glibc's names for its own functions are what the preloaded library calls. */
function glibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  if (header.glibcVersionRuntime !== undefined) return true
  console.warn('skipped: the failing malloc is for glibc')
  return false
}

test.skipIf(!glibc() || !tool('cc'))('an allocation that fails', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'failing-malloc-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const library = join(folder, 'failing_malloc.so')
  const source = join(import.meta.dirname, 'allocations/failing_malloc.c')
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { encoding: 'utf8' })
  expect(compiled.stderr).toBe('')
  const every = process.env.ALL_ALLOCATIONS === '1' ? 1 : 16
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(programs, 'failing-allocations.js'), library, String(every)],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  const { positions, failures, wrong } = JSON.parse(stdout) as Record<string, unknown>
  expect(wrong).toEqual([])
  expect(positions).toBeGreaterThan(60)
  expect(failures).toBeGreaterThan(60 / every)
})
