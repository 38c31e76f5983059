// Servers on bad networks: a sample of the cells, chosen by SEED. test/all/networks.js runs more of them, `npm run campaigns -- networks`
// all, with larger transfers.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'
import { tool } from '../support/tools.js'

const possible = process.platform === 'linux' && [tool('cc'), tool('ip'), tool('nft')].every(Boolean)

test.skipIf(!possible)('a sample', { timeout: 120_000 }, async ({ skip }) => {
  const program = join(root, 'test/networks/networks.js')
  const child = new Child(process.execPath, [program, '--cells', '3', '--size', '65536'])
  const { code } = await child.ended
  if (code === 77) {
    console.warn(child.stdout)
    skip(child.stdout)
  }
  expect(child.stdout.replace(/^[✓e] .*\n/gm, '') + child.stderr).toMatch(
    /^3 cells in [^:]*: \d unharmed, \d reported, 0 wrong;.*\n$/,
  )
})
