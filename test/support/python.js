// The interpreter itself. `python3` may be the script of a version manager, which starts programs of its own: a trace shows them.
import { spawnSync } from 'node:child_process'

const found = () =>
  spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout?.trim() || 'python3'

/**
 * The file of the Python interpreter. `python3` if there is none, and where a library is preloaded: that is not for Python, and the
 * `python3` of test/sanitizers leaves it out.
 */
export const python = process.env.LD_PRELOAD === undefined ? found() : 'python3'
