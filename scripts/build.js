// Builds the addon and the C programs into build/Release, lib/ from src/ by tsc and then bundled, and the examples and
// benchmarks into build/programs; a step whose inputs are what they were is skipped.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { generateConstants } from './generate-constants.js'
import { nodeDirectory } from './headers.js'
import { run, runPackage } from './run.js'
import { digest, root, unless } from './stamp.js'

const runtime = [process.platform, process.arch]

// The old folder stays until the new one is whole.
function compile(project, folder, finish = () => undefined) {
  const fresh = join(root, `build/new-${process.pid}`)
  const old = join(root, `build/old-${process.pid}`)
  runPackage('typescript/bin/tsc', ['-p', project, '--outDir', fresh])
  finish(fresh)
  if (existsSync(join(root, folder))) renameSync(join(root, folder), old)
  renameSync(fresh, join(root, folder))
  rmSync(old, { recursive: true, force: true })
}

export function build() {
  unless(
    'build/.native',
    digest(
      [
        'binding.gyp',
        'native',
        'benchmarks/calls/calls.c',
        'benchmarks/load',
        'scripts/headers.js',
        'package-lock.json',
      ],
      runtime,
    ),
    () => {
      mkdirSync(join(root, 'build'), { recursive: true })
      runPackage(
        'node-gyp/bin/node-gyp.js',
        ['configure', 'build', '--loglevel=error', `--nodedir=${nodeDirectory(root)}`],
        {
          stdio: ['ignore', process.env.BSD_SOCKETS_VERBOSE ? 'inherit' : 'ignore', 'inherit'],
        },
      )
    },
  )
  generateConstants()
  unless('build/.lib', digest(['src', 'scripts/bundle.js', 'tsconfig.json', 'package-lock.json']), () => {
    compile('tsconfig.json', 'lib', fresh => run(process.execPath, [join(root, 'scripts/bundle.js'), fresh]))
  })
  const programs = [
    'src',
    'examples',
    'benchmarks',
    'test/programs',
    'tsconfig.json',
    'tsconfig.programs.json',
    'package-lock.json',
  ]
  unless('build/.programs', digest(programs), () => {
    compile('tsconfig.programs.json', 'build/programs')
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) build()
