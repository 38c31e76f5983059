// Runs the whole suite on one other Node, which the seed chooses, and the parts of it that apply on Bun and Deno.
// `--all` takes every Node except this one, which `npm test` uses. `--write` takes this one too, and writes the table of
// docs/platforms.md.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installPackages } from '../../scripts/packages.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'
import { runSuite } from '../../scripts/vitest.js'
import { runtimes } from '../runtimes/runtimes.js'
import { writeTable } from '../runtimes/table.js'

if (`${process.platform}-${process.arch}` !== 'linux-x64') {
  console.log(`skipped: the packages that hold the runtimes are listed for linux-x64 alone`)
  process.exit(77)
}
const write = process.argv.includes('--write')
const all = write || process.argv.includes('--all')

const folder = join(root, 'test/runtimes')
installPackages('test/runtimes')

const others = runtimes.flatMap(runtime => {
  const file = join(folder, 'node_modules', runtime.program)
  const version = /\d[\d.]+/.exec(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout)?.[0]
  if (version === undefined) throw new Error(`${file} does not run`)
  const own = `v${version}`.split('.')[0] === process.version.split('.')[0]
  return own && !write ? [] : [{ ...runtime, file, version }]
})
const nodes = others.filter(({ name }) => name.startsWith('Node'))
const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 86_400_000)) // another one each day
const left = all ? [] : nodes.filter((_, i) => i !== seed % nodes.length)

const rows = []
for (const { name, file, version, args = [] } of others) {
  if (left.some(runtime => runtime.name === name)) {
    console.log(`\n-- ${name}: ${version}: not by seed ${seed}; --all runs it`)
    continue
  }
  console.log(`\n-- ${name}: ${version}`)
  rows.push({ name, version, ...runSuite(file, args, { NO_COLOR: '1' }) })
}

// The loop of Bun and Deno, on Node.
const promises = join(root, 'build/programs/test/programs/promises-anywhere.js')
run(process.execPath, [promises], { env: { ...process.env, BSD_SOCKETS_LOOP: 'thread' } })

const sum = { passed: 0, failed: 0, skipped: 0 }
for (const row of rows) {
  console.log(`${row.name} (${row.version}): ${row.passed} passed, ${row.failed} failed, ${row.skipped} skipped`)
  for (const line of row.unsteady) console.log(`unsteady: ${row.name}: ${line}`)
  for (const line of row.failures) console.log(`failed: ${row.name}: ${line}`)
  for (const outcome of Object.keys(sum)) sum[outcome] += row[outcome]
}
if (process.env.SUM_FILE) writeFileSync(process.env.SUM_FILE, JSON.stringify(sum))
if (write) writeTable(rows)
process.exitCode = sum.failed > 0 ? 1 : 0
