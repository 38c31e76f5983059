// The interpreter itself. `python3` may be the script of a version manager, which starts programs of its own: a trace shows them.
import { spawnSync } from 'node:child_process'

/** The file of the Python interpreter; `python3` if there is none. */
export const python =
  spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout?.trim() || 'python3'
