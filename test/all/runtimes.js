// The other runtimes: the heart of the suite on newer Nodes (one addon serves all); the promises on Node with the loop of
// the others, on Bun and on Deno.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

if (`${process.platform}-${process.arch}` !== 'linux-x64') {
  console.log(`skipped: the packages that hold the runtimes are listed for linux-x64 alone`)
  process.exit(77)
}

const folder = join(root, 'test/runtimes')
run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })

const installed = path => {
  const file = join(folder, 'node_modules', path)
  if (!existsSync(file)) throw new Error(`${file} was not installed`)
  return file
}

const nodes = ['node-22', 'node-24', 'node-26'].map(name => installed(`${name}/bin/node`))
const bun = installed('@oven/bun-linux-x64/bin/bun')
const deno = installed('@deno/linux-x64-glibc/deno')
const promises = join(root, 'build/programs/test/programs/promises-anywhere.js')

let failed = 0
function attempt(name, command, args, env = {}) {
  console.log(`-- ${name}`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  if (status === 0) return
  console.log(`${name}: failed with status ${status}`)
  failed++
}

attempt('the promises on Node, watched by a thread', process.execPath, [promises], { BSD_SOCKETS_LOOP: 'thread' })
attempt('the promises on Bun', bun, [promises])
attempt('the promises on Deno', deno, ['run', '-A', promises])
const files = ['address', 'promises', 'reactor', 'select', 'socket', 'streams'].map(name => `test/${name}.test.ts`)
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...files]
for (const node of nodes) {
  const name = basename(dirname(dirname(node)))
  attempt(`the promises on ${name}`, node, [promises])
  attempt(`${files.join(', ')} on ${name}`, node, vitest)
}
process.exitCode = failed > 0 ? 1 : 0
