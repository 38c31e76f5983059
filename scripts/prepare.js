// Prepares `npm start` and `npm test`: installs dependencies and builds, each once. `start` installs and builds what the
// tour needs; `build` and `test` also build the examples and the benchmarks, and install what these and the tests need:
// some of the examples use other packages.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runStep } from './run.js'
import { digest, root } from './stamp.js'

const what = process.argv[2]
const stamp = join(root, 'node_modules/.installed')
const lock = digest(['package-lock.json'])
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
// The dependencies of the tests stay installed when the lock file changes.
const mode = what !== 'start' || installed.startsWith('test') ? 'test' : 'start'
const enough = mode === 'start' ? [`start ${lock}`, `test ${lock}`] : [`test ${lock}`]

if (!enough.includes(installed)) {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  if (mode === 'start') args.push('--workspaces=false')
  const npm = process.env.npm_execpath
  const [command, ...first] = npm ? [process.execPath, npm] : ['npm']
  await runStep('npm installs the dependencies', command, [...first, ...args])
  writeFileSync(stamp, `${mode} ${lock}`)
}

const { build } = await import('./build.js')
await build({ programs: what !== 'start' })
