// The guide tells what happens: its trace is held to a fresh one.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tool } from '../support/tools.js'
import { root } from '../support/root.js'

const may = tool('curl') && tool('strace') && spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0
if (!may) console.warn('skipped: strace may not trace here')

test.skipIf(!may)(`one request${may ? '' : ' (skipped: no curl, or no strace that may trace)'}`, () => {
  const script = join(root, 'scripts/trace-request.js')
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
