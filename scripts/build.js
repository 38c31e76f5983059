// Builds the addon and the C programs into build/Release, lib/ from src/ by tsc and then bundled, and the examples and
// benchmarks into build/programs; a step with unchanged inputs is skipped. The addon and lib/ are built at the
// same time, and make compiles as many files at once as there are processors.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { generateConstants } from './generate-constants.js'
import { nodeDirectory } from './headers.js'
import { run, runStep } from './run.js'
import { digest, root, unless } from './stamp.js'

const packages = join(root, 'node_modules')

// The old folder stays until the new one is complete.
async function compile(project, folder, finish = () => undefined) {
  const name = folder.replaceAll('/', '-')
  const fresh = join(root, `build/new-${name}-${process.pid}`)
  const old = join(root, `build/old-${name}-${process.pid}`)
  const args = [join(packages, 'typescript/bin/tsc'), '-p', project, '--outDir', fresh]
  await runStep(`tsc builds ${folder}`, process.execPath, args)
  finish(fresh)
  if (existsSync(join(root, folder))) renameSync(join(root, folder), old)
  renameSync(fresh, join(root, folder))
  rmSync(old, { recursive: true, force: true })
}

async function buildNative() {
  const inputs = ['binding.gyp', 'native', 'benchmarks/calls', 'benchmarks/load', 'scripts/headers.js']
  const runtime = [process.platform, process.arch]
  await unless('build/.native', digest([...inputs, 'package-lock.json'], runtime), () => {
    mkdirSync(join(root, 'build'), { recursive: true })
    const options = ['--loglevel=error', `--nodedir=${nodeDirectory(root)}`, `--jobs=${availableParallelism()}`]
    return runStep(
      'node-gyp builds the addon and the programs in C',
      process.execPath,
      [join(packages, 'node-gyp/bin/node-gyp.js'), 'configure', 'build', ...options],
      { counted: /^ +(CC|CXX)\(/gm },
    )
  })
}

async function buildLib() {
  await unless('build/.lib', digest(['src', 'scripts/bundle.js', 'tsconfig.json', 'package-lock.json']), () =>
    compile('tsconfig.json', 'lib', fresh => run(process.execPath, [join(root, 'scripts/bundle.js'), fresh])),
  )
}

async function buildPrograms() {
  const folders = ['src', 'examples', 'benchmarks', 'test/programs']
  const inputs = [...folders, 'tsconfig.json', 'tsconfig.programs.json', 'package-lock.json']
  await unless('build/.programs', digest(inputs), () => compile('tsconfig.programs.json', 'build/programs'))
}

/** Builds everything, or only what the package contains: without the examples and the benchmarks. */
export async function build({ programs = true } = {}) {
  generateConstants()
  await Promise.all([buildNative(), buildLib()])
  if (programs) await buildPrograms()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build()
