// The matrix of faults for most of a minute, with the cells that the seed chooses: `npm test` makes fewer, and
// `npm run campaigns -- faults` all.
import { join } from 'node:path'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

if (process.platform !== 'linux') {
  console.log('skipped: the faults are those of Linux')
  process.exit(77)
}
run(process.execPath, [join(root, 'test/faults/matrix.js'), '--quiet', '--cells', '2500', '--seconds', '45'])
