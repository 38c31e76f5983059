import { join } from 'node:path'
import { run } from './run.js'
import { digest, root, unless } from './stamp.js'

/** Installs the packages of the lock file in `folder` (below the root), unless that was the last installation there. */
export function installPackages(folder) {
  unless(join(folder, 'node_modules/.installed'), digest([join(folder, 'package-lock.json')]), () => {
    console.log(`npm installs the packages of ${folder}`)
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: join(root, folder) })
  })
}
