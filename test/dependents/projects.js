// Two projects with the packages of package.json, as users have them: one with the peers, compiled here, and one with the
// drop-ins of packages/ in their place by npm's `overrides`. Our packages are installed from what npm packs.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makePrebuilds } from '../../scripts/prebuilds.js'
import { run } from '../../scripts/run.js'
import { digest, root, unless } from '../../scripts/stamp.js'

const made = 'build/dependents'
const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

/** The packages that have a drop-in. */
export const peers = readdirSync(join(root, 'packages')).sort()

/** Packs the package of a folder, and returns the file, below the root. */
function pack(folder) {
  const packed = join(made, 'packed')
  const args = [
    'pack',
    '--json',
    '--foreground-scripts=false',
    '--loglevel=error',
    `--pack-destination=${join(root, packed)}`,
  ]
  const options = { cwd: join(root, folder), encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
  return join(packed, JSON.parse(execFileSync('npm', args, options))[0].filename)
}

function packAll() {
  makePrebuilds([`${process.platform}-${process.arch}`])
  mkdirSync(join(root, made, 'packed'), { recursive: true })
  return {
    bsdSockets: pack('.'),
    dropIns: Object.fromEntries(peers.map(peer => [peer, pack(join('packages', peer))])),
  }
}

const lockFile = 'test/dependents/package-lock.json'
const manifestFile = 'test/dependents/package.json'

/** Installs the project of this name, unless it was installed from the same files before. Returns its folder. */
function install(name, { bsdSockets, dropIns }) {
  const folder = join(root, made, name)
  const files = [bsdSockets, ...Object.values(dropIns)]
  unless(join(made, name, '.installed'), digest([manifestFile, lockFile, ...files]), () => {
    console.log(`npm installs the dependents: ${name}`)
    const { dependencies, ...manifest } = JSON.parse(readFileSync(join(root, manifestFile), 'utf8'))
    const file = path => `file:${join(root, path)}`
    const replaced = Object.fromEntries(Object.entries(dropIns).map(([peer, path]) => [peer, file(path)]))
    // npm wants a direct dependency and its override to be the same.
    const direct = Object.entries(dependencies).map(([each, version]) => [each, replaced[each] ?? version])
    const all = { ...Object.fromEntries(direct), 'bsd-sockets': file(bsdSockets) }
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ ...manifest, dependencies: all, overrides: replaced }, null, 2),
    )
    copyFileSync(join(root, lockFile), join(folder, 'package-lock.json'))
    run('npm', ['install', '--prefer-offline', ...quietly], { cwd: folder })
  })
  return folder
}

/** The folders of a package in a project: npm installs each version that is asked for. */
function foldersOf(project, name) {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
  return Object.keys(packages)
    .filter(path => path.endsWith(`node_modules/${name}`))
    .map(path => join(project, path))
    .filter(path => existsSync(path))
}

/** Why the peers cannot be compiled here; undefined if they can. */
function whyNoPeers() {
  for (const program of ['g++', 'make', 'python3'])
    if (spawnSync(program, ['--version']).error) return `${program} is not installed`
  const headers = join(dirname(dirname(process.execPath)), 'include/node/v8.h')
  return existsSync(headers) ? undefined : 'the headers of Node and V8 are not beside this node'
}

function compile(folder) {
  const nodeGyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js')
  const nodedir = dirname(dirname(process.execPath))
  console.log(`node-gyp compiles ${basename(folder)}`)
  const args = [nodeGyp, 'rebuild', '--directory', folder, `--nodedir=${nodedir}`, '--loglevel=error']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) console.log(`it does not compile:\n${stdout}${stderr}`)
}

/** Whether a peer was compiled in a project: some do not compile on every Node. */
export const isCompiled = (project, peer) =>
  foldersOf(project, peer).every(folder => {
    const release = join(folder, 'build/Release')
    return existsSync(release) && readdirSync(release).some(file => file.endsWith('.node'))
  })

/** Installs the project with the peers and compiles them. Returns its folder, or why they cannot be compiled here. */
function installPeers(packed) {
  const missing = whyNoPeers()
  if (missing !== undefined) return { missing }
  const folder = install('peer', { ...packed, dropIns: {} })
  unless(join(made, 'peer/.compiled'), `${process.version} ${peers}`, () => {
    for (const peer of peers) for (const each of foldersOf(folder, peer)) compile(each)
  })
  return { folder }
}

function installDropIns(packed) {
  const folder = install('drop-in', packed)
  for (const peer of peers) {
    for (const each of foldersOf(folder, peer)) {
      const { name } = JSON.parse(readFileSync(join(each, 'package.json'), 'utf8'))
      if (name !== `@bsd-sockets/${peer}`) throw new Error(`${each} is ${name}: npm has not followed the overrides`)
    }
  }
  return { folder }
}

/** Both projects: `folder`, or why there is none. */
export function installProjects() {
  const packed = packAll()
  return { peer: installPeers(packed), 'drop-in': installDropIns(packed) }
}
