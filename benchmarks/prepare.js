// Prepares the benchmarks: builds, and installs the packages of benchmarks/tools. With --install it also installs the
// other runtimes, which are large, and the peers of packages/.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../scripts/run.js'
import { digest, root } from '../scripts/stamp.js'

function install(folder) {
  const stamp = join(root, folder, 'node_modules/.installed')
  const lock = digest([join(folder, 'package-lock.json')])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: join(root, folder) })
  writeFileSync(stamp, lock)
}

run(process.execPath, [join(root, 'scripts/prepare.js'), 'test'])
install('benchmarks/tools')
if (process.argv.includes('--install')) {
  install('test/runtimes')
  const { installProjects } = await import('../test/dependents/projects.js')
  installProjects()
}
