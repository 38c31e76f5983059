// The package as users install it: packed once, published to a registry on loopback, and installed from there into empty
// projects outside the repository, with scripts allowed and no compiler on the PATH. Then a small program runs in each
// environment of test/environments/rows.js. `--write` writes the table of docs/platforms.md. Other arguments select the
// rows to run by parts of their names; default: all rows.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../../scripts/build.js'
import { installPackages } from '../../scripts/packages.js'
import { makePrebuilds } from '../../scripts/prebuilds.js'
import { root } from '../../scripts/stamp.js'
import { startRegistry } from '../environments/registry.js'
import { rows } from '../environments/rows.js'
import { execute, runRow } from '../environments/run-row.js'
import { writeTable } from '../environments/table.js'
import { nodeFile, tools } from '../environments/tools.js'

if (`${process.platform}-${process.arch}` !== 'linux-x64') {
  console.log('skipped: the packages that hold the runtimes are listed for linux-x64 alone')
  process.exit(77)
}
const write = process.argv.includes('--write')
const wanted = process.argv.slice(2).filter(word => word !== '--write')
const chosen = rows.filter(
  ({ name, on }) =>
    wanted.length === 0 || wanted.some(word => `${name} ${on}`.toLowerCase().includes(word.toLowerCase())),
)

installPackages('test/environments')
installPackages('test/runtimes')
await build({ programs: false })
makePrebuilds(['linux-x64'])

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-environments-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
const inside = (...names) => join(folder, ...names)
const app = inside('tooled/app') // the tools are above it
for (const name of ['bin', 'home', 'packed', 'empty', 'moved', 'tooled/app'])
  mkdirSync(inside(name), { recursive: true })
symlinkSync(tools, inside('tooled/node_modules'))

const registry = await startRegistry(inside('registry'))

// A machine with a shell and Node, no user settings, and this registry.
const shell = execFileSync('sh', ['-c', 'command -v sh'], { encoding: 'utf8' }).trim()
symlinkSync(shell, inside('bin/sh'))
symlinkSync(nodeFile(20), inside('bin/node'))
const host = new URL(registry.url).host
writeFileSync(inside('home/.npmrc'), `registry=${registry.url}\n//${host}/:_authToken=local\nupdate-notifier=false\n`)
const env = {
  PATH: inside('bin'),
  HOME: inside('home'),
  TMPDIR: folder,
  NO_COLOR: '1',
  NPM_CONFIG_REGISTRY: registry.url,
  YARN_NPM_REGISTRY_SERVER: registry.url,
  YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
  YARN_ENABLE_TELEMETRY: '0',
  YARN_NPM_MINIMAL_AGE_GATE: '0',
}

async function npm(cwd, ...args) {
  const command = [nodeFile(20), join(tools, 'npm-10/bin/npm-cli.js'), ...args]
  const { status, stdout, stderr } = await execute(command, { cwd, env })
  if (status !== 0) throw new Error(`npm ${args.join(' ')}: status ${status}\n${stdout}${stderr}`)
}

await npm(root, 'pack', '--loglevel=error', `--pack-destination=${inside('packed')}`)
const tarball = inside('packed', readdirSync(inside('packed'))[0])
await npm(inside('home'), 'publish', tarball)
writeFileSync(join(app, 'package.json'), '{ "private": true }')
await npm(app, 'install', 'bsd-sockets')

const place = {
  app,
  empty: inside('empty'),
  env,
  installed: join(app, 'node_modules/bsd-sockets'),
  moved: inside('moved'),
  tarball,
  tooled: inside('tooled'),
}
const results = new Map()
const waiting = [...chosen]
async function work() {
  for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
    const result = await runRow(row, place)
    results.set(row, result)
    console.log(`${row.name} (${row.on}): ${result.outcome}${result.why === undefined ? '' : `: ${result.why}`}`)
  }
}
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work))
registry.close()

const count = outcome => [...results.values()].filter(result => result.outcome === outcome).length
const sum = { passed: count('passed'), failed: count('failed'), skipped: count('not here') }
if (process.env.SUM_FILE) writeFileSync(process.env.SUM_FILE, JSON.stringify(sum))
if (write && wanted.length === 0) writeTable(results)
console.log(`${sum.passed} environments passed, ${sum.failed} failed, ${sum.skipped} are not here`)
process.exitCode = sum.failed > 0 ? 1 : 0
