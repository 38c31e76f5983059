// Compares the trace in the guide with a new one.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tool } from '../support/tools.js'
import { root } from '../support/root.js'

const canTrace = tool('curl') && tool('strace') && spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0
if (!canTrace) console.warn('skipped: strace cannot trace here')

test.skipIf(!canTrace)(`one request${canTrace ? '' : ' (skipped: no curl, or no strace that works)'}`, () => {
  const script = join(root, 'scripts/trace-request.js')
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
