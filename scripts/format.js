// Formats the code: TypeScript and JavaScript by prettier, C and C++ by clang-format. With --check it changes nothing and
// reports whether all files are formatted.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run, runPackage } from './run.js'
import { root } from './stamp.js'

const sources = () =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.c', '*.h', '*.cc'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter(Boolean)

/** The path of the clang-format that npm installed. */
function clangFormat() {
  const { getNativeBinary } = createRequire(join(root, 'package.json'))('clang-format')
  return getNativeBinary()
}

export function format(check) {
  runPackage('prettier/bin/prettier.cjs', [check ? '--check' : '--write', '--log-level=warn', '.'])
  run(clangFormat(), [...(check ? ['--dry-run', '-Werror'] : ['-i']), ...sources()])
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) format(process.argv.includes('--check'))
