// Each callback that the package calls, with the async context that it sees, and with each thing that it may do which is not
// its work; and the heap while signals, timers and sockets come and go. SEED is only printed: all cells run.
import { join } from 'node:path'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

const program = name => join(root, `test/lifetimes/${name}.js`)
run(process.execPath, ['--expose-gc', program('contexts')])
run(process.execPath, ['--expose-gc', program('hooks')])
run(process.execPath, [program('realms')])
run(process.execPath, ['--expose-gc', program('callbacks'), process.env.SEED ?? '1'])
run(process.execPath, ['--expose-gc', program('collected')])
run(process.execPath, ['--expose-gc', program('churn'), process.env.ROUNDS ?? '20000'])
