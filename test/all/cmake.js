// The other build: cmake-js builds the same addon from the same files, in its own folder. The addon loads.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { run, runPackage } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

if (spawnSync('cmake', ['--version']).error) {
  console.log('skipped: cmake is not installed')
  process.exit(process.env.BSD_SOCKETS_REQUIRE_TOOLS ? 1 : 77)
}
runPackage('cmake-js/bin/cmake-js', ['compile', '--out', 'build-cmake', '--log-level', 'error'])

const require = createRequire(import.meta.url)
const names = addon =>
  [addon.functions, addon.constants(), addon.layouts].map(table =>
    Object.entries(table)
      .map(([name, value]) => (typeof value === 'number' ? `${name}=${value}` : name))
      .sort(),
  )
const [theirs, ours] = [
  join(root, 'build-cmake/Release/bsd_sockets.node'),
  join(root, 'build/Release/bsd_sockets.node'),
].map(file => JSON.stringify(names(require(file))))
if (theirs !== ours) throw new Error('the two builds export different tables')
run(join(root, 'build-cmake/Release/echo'), ['--help'], { stdio: 'ignore' })
run(join(root, 'build-cmake/Release/http'), ['--help'], { stdio: 'ignore' })
