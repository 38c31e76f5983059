// musl's own loader loads the prebuilt addon for musl, which returns its version of Node-API.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { makePrebuilds } from '../../scripts/prebuilds.js'
import { root } from '../../scripts/stamp.js'
import { loadByMusl } from '../support/binaries/musl.js'

if (process.platform !== 'linux' || spawnSync('musl-gcc', ['--version']).error) {
  console.log('skipped: musl-tools is not installed')
  process.exit(process.platform === 'linux' && process.env.BSD_SOCKETS_REQUIRE_TOOLS ? 1 : 77)
}
const platform = `linux-${process.arch}`
makePrebuilds([platform])

const { stdout, stderr, status } = loadByMusl(join(root, 'prebuilds', platform, 'bsd-sockets.musl.node'))
if (status !== 0 || stdout !== '8\n') {
  console.log(`status ${status}: ${stdout}${stderr}`)
  process.exit(1)
}
console.log(`bound, of Node-API ${stdout.trim()}`)
