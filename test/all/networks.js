// Servers on bad networks, for half a minute: the cells that the seed chooses. `npm test` runs a few, `npm run campaigns -- networks` all,
// with larger transfers.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

const program = join(root, 'test/networks/networks.js')
const { status } = spawnSync(process.execPath, [program, '--seconds', '22', '--jobs', '4'], { stdio: 'inherit' })
process.exitCode = status ?? 1
