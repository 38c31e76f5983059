// The package: what npm packs is what belongs in it, passes publint and attw, and installs without running a script
// into an empty folder, where it works from ESM, from require, in a worker, from TypeScript and in a bundle; without its
// prebuilds, once it is built there.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { prebuild } from '../../scripts/prebuild.js'
import { nodeDirectory } from '../../scripts/headers.js'
import { run, runPackage } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'
import { programs } from '../package/programs.js'

if (process.platform !== 'linux') {
  console.log('skipped: the cross compiler is installed on Linux alone')
  process.exit(77)
}
prebuild()

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-package-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

let failed = 0
function expect(truth, message) {
  if (truth) return
  console.log(`failed: ${message}`)
  failed++
}

const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--loglevel=error', `--pack-destination=${folder}`], {
    cwd: root,
    encoding: 'utf8',
  }),
)
const tarball = join(folder, packed.filename)
const paths = packed.files.map(({ path }) => path)
console.log(`${packed.filename}: ${paths.length} files, ${Math.round(packed.size / 1024)} KiB`)

const prebuilds = {
  'darwin-arm64': ['bsd-sockets.node'],
  'darwin-x64': ['bsd-sockets.node'],
  'linux-arm64': ['bsd-sockets.glibc.node', 'bsd-sockets.musl.node'],
  'linux-x64': ['bsd-sockets.glibc.node', 'bsd-sockets.musl.node'],
}
const required = [
  ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'binding.gyp', 'CMakeLists.txt', 'bin/bsd-sockets.js'],
  ...['lib/index.js', 'lib/index.d.ts', 'lib/cli/main.js'],
  ...Object.entries(prebuilds).flatMap(([platform, addons]) =>
    [...addons, 'echo', 'http'].map(file => `prebuilds/${platform}/${file}`),
  ),
]
const belongs = path => required.includes(path) || /^lib\/.*\.(c?js|d\.c?ts)$|^native\/.*\.(c|cc|h)$/.test(path)
for (const path of required) expect(paths.includes(path), `${path} is not packed`)
for (const path of paths) expect(belongs(path), `${path} is packed`)

runPackage('publint/src/cli.js', ['run', '--strict', tarball])
runPackage('@arethetypeswrong/cli/dist/index.js', [tarball, '--profile', 'strict', '--format', 'ascii', '--quiet'])

const project = join(folder, 'project')
mkdirSync(project)
for (const [name, text] of Object.entries(programs)) writeFileSync(join(project, name), text)
writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
// A machine with Node and npm, and nothing else.
const bin = join(folder, 'bin')
mkdirSync(bin)
const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim()
symlinkSync(realpathSync(npm), join(bin, 'npm'))
symlinkSync(process.execPath, join(bin, 'node'))
const env = { ...process.env, PATH: bin }
const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', tarball]
run('npm', install, { cwd: project, env })

/** What a program prints. */
function output(file, ...args) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...args, file], { cwd: project, encoding: 'utf8' })
  return status === 0 && stderr === '' ? stdout.trim() : `status ${status}: ${stdout}${stderr}`
}
for (const file of ['esm.mjs', 'worker.mjs', 'every.mjs']) expect(output(file) === 'hello', `${file}: ${output(file)}`)
// Node 20 says that require() of an ES module is experimental, where it is allowed.
const commonJs = output('require.cjs', '--no-warnings')
expect(commonJs === 'hello', `require.cjs: ${commonJs}`)

for (const [module, moduleResolution] of [
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
]) {
  const compilerOptions = { module, moduleResolution, target: 'es2023', strict: true, noEmit: true, types: ['node'] }
  const config = { compilerOptions: { ...compilerOptions, typeRoots: [join(root, 'node_modules/@types')] } }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ ...config, files: ['typed.ts'] }))
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], {
    cwd: project,
    encoding: 'utf8',
  })
  expect(status === 0, `TypeScript, moduleResolution ${moduleResolution}:\n${stdout}`)
}

const bundling = ['esm.mjs', '--bundle', '--platform=node', '--format=esm', '--outfile=bundle/app.mjs']
run(process.execPath, [join(root, 'node_modules/esbuild/bin/esbuild'), ...bundling, '--log-level=warning'], {
  cwd: project,
})
expect(output('bundle/app.mjs') === 'hello', `the bundle: ${output('bundle/app.mjs')}`)

const help = spawnSync(join(project, 'node_modules/.bin/bsd-sockets'), ['echo', '--help'])
expect(help.status === 0, `bsd-sockets echo --help: status ${help.status}`)
const bench = spawnSync(join(project, 'node_modules/.bin/bsd-sockets'), ['bench'], { encoding: 'utf8' })
expect(bench.status === 1 && bench.stderr.includes('in the repository'), `bsd-sockets bench: ${bench.stderr}`)

/** The least of how many milliseconds each of these takes, run in turn. */
function times(...files) {
  const least = files.map(() => Infinity)
  for (let round = 0; round < 15; round++) {
    files.forEach((file, index) => {
      const start = performance.now()
      spawnSync(process.execPath, [file], { cwd: project })
      least[index] = Math.min(least[index], performance.now() - start)
    })
  }
  return least
}
writeFileSync(join(project, 'empty.mjs'), '')
writeFileSync(join(project, 'load.mjs'), "import 'bsd-sockets'\n")
const [empty, load] = times('empty.mjs', 'load.mjs')
console.log(`loading takes ${(load - empty).toFixed(1)} ms more than the ${empty.toFixed(1)} ms of an empty script`)

// For a platform without a prebuilt addon the error says by which command it is made.
rmSync(join(project, 'node_modules/bsd-sockets/prebuilds'), { recursive: true })
const [, command] = /build it by '(.*)'/.exec(output('esm.mjs')) ?? []
expect(command !== undefined, `without an addon: ${output('esm.mjs')}`)
if (command !== undefined) {
  run('sh', ['-c', command], {
    cwd: project,
    env: { ...process.env, npm_config_nodedir: nodeDirectory(root) },
    stdio: 'ignore',
  })
  expect(output('esm.mjs') === 'hello', `built from its sources: ${output('esm.mjs')}`)
}

process.exitCode = failed > 0 ? 1 : 0
