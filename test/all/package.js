// The package: npm packs exactly the files that belong to it. It passes publint and attw, and installs into an empty
// folder by `npm install` and by `npm ci`, with scripts allowed and no compiler on the PATH. There it works from ESM, from
// require, in a worker, from TypeScript and in a bundle; and without its prebuilds, after it is built there. npm publishes
// the same files.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { nodeDirectory } from '../../scripts/headers.js'
import { installZig, makePrebuilds, prebuilds } from '../../scripts/prebuilds.js'
import { run, runPackage } from '../../scripts/run.js'
import { musl, sbomFile } from '../../scripts/sbom.js'
import { root } from '../../scripts/stamp.js'
import { execute } from '../environments/run-row.js'
import { programs } from '../support/package/programs.js'

if (process.platform !== 'linux') {
  console.log('skipped: the cross compiler is installed on Linux alone')
  process.exit(77)
}
makePrebuilds()

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-package-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

let failed = 0
function expect(truth, message) {
  if (truth) return
  console.log(`failed: ${message}`)
  failed++
}

// The prebuilds for macOS come from a workflow, whose artifacts do not keep file modes.
const executables = Object.keys(prebuilds).flatMap(platform =>
  ['echo', 'http'].map(name => `prebuilds/${platform}/${name}`),
)
for (const file of executables) if (file.includes('darwin')) chmodSync(join(root, file), 0o644)

const ours = ['package.json', 'README.md'].map(file => readFileSync(join(root, file), 'utf8'))
const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--loglevel=error', `--pack-destination=${folder}`], {
    cwd: root,
    encoding: 'utf8',
  }),
)
const tarball = join(folder, packed.filename)
const paths = packed.files.map(({ path }) => path)
console.log(`${packed.filename}: ${paths.length} files, ${Math.round(packed.size / 1024)} KiB`)

for (const [index, file] of ['package.json', 'README.md'].entries())
  expect(readFileSync(join(root, file), 'utf8') === ours[index], `${file} has changed since npm pack began`)

// Not binding.gyp in the root: with it npm would build the package.
const required = [
  ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'CMakeLists.txt', 'bin/bsd-sockets.js', sbomFile],
  ...['native/binding.gyp', 'native/flags.gypi', 'native/addon/exports.map'],
  ...['lib/index.js', 'lib/index.d.ts', 'lib/cli/main.js'],
  ...Object.entries(prebuilds).flatMap(([platform, files]) => files.map(file => `prebuilds/${platform}/${file}`)),
]
for (const { path, mode } of packed.files)
  expect(!executables.includes(path) || (mode & 0o111) === 0o111, `${path} is packed with the mode ${mode.toString(8)}`)
const belongs = path => required.includes(path) || /^lib\/.*\.(c?js|d\.c?ts)$|^native\/.*\.(c|cc|h)$/.test(path)
for (const path of required) expect(paths.includes(path), `${path} is not packed`)
for (const path of paths) expect(belongs(path), `${path} is packed`)

runPackage('publint/src/cli.js', ['run', '--strict', tarball])
runPackage('@arethetypeswrong/cli/dist/index.js', [tarball, '--profile', 'strict', '--format', 'ascii', '--quiet'])

const project = join(folder, 'project')
mkdirSync(project)
for (const [name, text] of Object.entries(programs)) writeFileSync(join(project, name), text)
writeFileSync(
  join(project, 'package.json'),
  '{ "name": "project", "version": "1.0.0", "private": true, "type": "module" }',
)
// A machine that has only Node and npm.
const bin = join(folder, 'bin')
mkdirSync(bin)
const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim()
symlinkSync(realpathSync(npm), join(bin, 'npm'))
symlinkSync(process.execPath, join(bin, 'node'))
const env = { ...process.env, PATH: bin }
const quietly = ['--no-audit', '--no-fund', '--loglevel=error']
run('npm', ['install', ...quietly, tarball], { cwd: project, env })
rmSync(join(project, 'node_modules'), { recursive: true })
run('npm', ['ci', ...quietly], { cwd: project, env })
const installed = join(project, 'node_modules/bsd-sockets')
const size = Number.parseInt(execFileSync('du', ['-sk', installed], { encoding: 'utf8' }))
console.log(`installed: ${size} KiB`)
expect(size <= 5 * 1024, `the package takes ${size} KiB`)

const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
for (const name of ['devDependencies', 'scripts', 'workspaces']) expect(!(name in manifest), `package.json has ${name}`)

// It depends on nothing, as npm sees it too; and its bill of materials has each prebuild.
const bill = JSON.parse(readFileSync(join(installed, sbomFile), 'utf8'))
const ofNpm = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format=cyclonedx'], { cwd: project, encoding: 'utf8', env }),
)
const names = ofNpm.components.map(({ name, version }) => `${name} ${version}`)
expect(names.join() === `bsd-sockets ${manifest.version}`, `npm sbom lists ${names.join()}`)
expect(bill.metadata.component.purl === ofNpm.components[0].purl, `it is ${bill.metadata.component.purl}`)
const hashes = new Map(bill.components.flatMap(({ name, hashes = [] }) => hashes.map(({ content }) => [name, content])))
for (const path of paths.filter(path => path.startsWith('prebuilds/'))) {
  const hash = createHash('sha256')
    .update(readFileSync(join(installed, path)))
    .digest('hex')
  expect(hashes.get(path) === hash, `${sbomFile} has another hash of ${path}`)
}
const muslVersion = join(dirname(installZig()), 'lib/libc/musl/src/internal/version.h')
expect(readFileSync(muslVersion, 'utf8').includes(`"${musl}"`), `${sbomFile} has another version of musl`)

// Each file of types is reachable from an entry.
const reached = new Set(paths.filter(path => /^lib\/(\w+\/)?(index|syscalls)\.d\.c?ts$/.test(path)))
for (const path of reached) {
  const text = readFileSync(join(installed, path), 'utf8')
  for (const [, file, c] of text.matchAll(/['"](\.[^'"]+)\.(c?)js['"]/g))
    reached.add(join(dirname(path), `${file}.d.${c}ts`))
}
for (const path of paths) expect(!/\.d\.c?ts$/.test(path) || reached.has(path), `no entry reaches the types of ${path}`)
const { repository } = JSON.parse(ours[0])
expect(manifest.homepage.startsWith(repository) && manifest.bugs.url.startsWith(repository), 'other addresses')
const linked = [...readFileSync(join(installed, 'README.md'), 'utf8').matchAll(/\]\(([^)]*)\)/g)].map(
  ([, link]) => link,
)
const relative = linked.filter(link => !/^(https?:|#)/.test(link))
expect(linked.length > 0 && relative.length === 0, `README.md links to ${relative.join(', ')}`)

/** Returns what a program prints. */
function output(file, ...args) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...args, file], { cwd: project, encoding: 'utf8' })
  return status === 0 && stderr === '' ? stdout.trim() : `status ${status}: ${stdout}${stderr}`
}
for (const file of ['esm.mjs', 'worker.mjs', 'worker-only.mjs', 'every.mjs'])
  expect(output(file) === 'hello', `${file}: ${output(file)}`)
// Some versions of Node 20 print that require() of an ES module is experimental.
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

/** Runs these in turn, and returns the minimum time of each in milliseconds. */
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

// npm publishes from a copy, to a registry that records what it receives.
const copy = join(folder, 'copy')
for (const file of execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean))
  cpSync(join(root, file), join(copy, file))
for (const made of ['lib', 'prebuilds', 'build/.native', 'build/.lib'])
  cpSync(join(root, made), join(copy, made), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
const sent = []
const registry = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', text => (body += text))
  request.on('end', () => {
    if (request.method === 'PUT') sent.push(JSON.parse(body))
    response.writeHead(request.method === 'PUT' ? 201 : 404, { 'content-type': 'application/json' }).end('{}')
  })
}).listen(0, '127.0.0.1')
const { port } =
  registry.address() ?? (await new Promise(done => registry.once('listening', () => done(registry.address()))))
const publish = () => {
  const arguments_ = ['publish', `--registry=http://127.0.0.1:${port}/`, `--//127.0.0.1:${port}/:_authToken=none`]
  return execute(['npm', ...arguments_, ...quietly], { cwd: copy, env: process.env })
}
const refused = await publish()
expect(
  refused.status !== 0 && refused.stderr.includes('no repository'),
  `published: ${refused.stdout}${refused.stderr}`,
)
const address = 'https://example.com/bsd-sockets'
writeFileSync(join(copy, 'package.json'), ours[0].replace(repository, address))
const published = await publish()
registry.close()
expect(published.status === 0 && sent.length === 1, `npm publish: ${published.stdout}${published.stderr}`)
if (sent.length === 1) {
  const [manifest] = Object.values(sent[0].versions)
  for (const name of ['devDependencies', 'scripts', 'workspaces']) expect(!(name in manifest), `${name} is published`)
  expect(manifest.bugs.url === `${address}/issues`, `${manifest.bugs.url} is published`)
  expect(manifest.readme.includes(`](${address}/blob/`), 'README.md is published with relative links')
}

// On a platform without a prebuilt addon the error has the command that builds it.
rmSync(join(installed, 'prebuilds'), { recursive: true })
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
rmSync(join(installed, 'native/build'), { recursive: true, force: true })

// cmake-js builds it too.
if (spawnSync('cmake', ['--version']).error) {
  expect(!process.env.BSD_SOCKETS_REQUIRE_TOOLS, 'cmake is not installed')
} else {
  runPackage('cmake-js/bin/cmake-js', ['compile', '--directory', installed, '--log-level', 'error'])
  expect(output('esm.mjs') === 'hello', `built by cmake-js: ${output('esm.mjs')}`)
}

process.exitCode = failed > 0 ? 1 : 0
