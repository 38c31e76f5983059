// Which lines the tests run: of src/ by V8's coverage of each process and thread (NODE_V8_COVERAGE), of native/ by gcov. Runs all
// tests in a copy of the checkout, and writes docs/reliability/coverage.md. Started by hand: `npm run campaigns -- coverage`.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from '../../scripts/build.js'
import { installPackages } from '../../scripts/packages.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'
import { runSuite } from '../../scripts/vitest.js'
import { buildWith, copyCheckout } from '../support/instrumented.js'
import { pageTable } from '../support/page-table.js'

if (process.platform !== 'linux' || spawnSync('gcov', ['--version']).error) {
  console.log('skipped: no gcov here')
  process.exit(77)
}
installPackages('test/coverage')
const { countersOf, linesOfNative, linesOfSource } = await import('./lines.js')

await build()
const began = Date.now()
const flags = ['-O0', '-g', '--coverage', '-fprofile-update=atomic', '-fprofile-abs-path']
const built = buildWith('coverage/native', flags, ['echo', 'http', 'bsd_sockets'], {
  CMAKE_EXE_LINKER_FLAGS: '--coverage',
  CMAKE_MODULE_LINKER_FLAGS: '--coverage',
})
countersOf(built.folder).forEach(unlinkSync)

const copy = copyCheckout('coverage/checkout', {
  'bsd_sockets.node': built.addon,
  echo: built.echo,
  http: built.http,
})
const lib = join(copy, 'lib')
rmSync(lib, { recursive: true })
const tsc = join(root, 'node_modules/typescript/bin/tsc')
run(process.execPath, [tsc, '-p', 'tsconfig.json', '--sourceMap', '--outDir', 'lib'], { cwd: copy })
const maps = join(copy, 'build/maps')
mkdirSync(maps)
run(process.execPath, ['scripts/bundle.js', lib], { cwd: copy, env: { ...process.env, BUNDLE_MAPS: maps } })

const written = join(root, 'build/coverage/v8')
rmSync(written, { recursive: true, force: true })
const files = process.argv.slice(2)
const suite = runSuite(
  process.execPath,
  [],
  { NODE_V8_COVERAGE: written },
  {
    files,
    options: ['--root', '.', '--config', 'test/sanitizers/vitest.config.js'],
    folder: copy,
    timeout: 3_600_000,
  },
)
for (const line of suite.failures) console.log(`failed: ${line}`)

const lines = new Map([...(await linesOfSource(copy, maps, written)), ...linesOfNative(built.folder)])

// 3, 4, 5, 9 -> '3-5, 9'
function ranges(numbers) {
  const parts = []
  for (const number of numbers) {
    const last = parts.at(-1)
    if (last?.[1] === number - 1) last[1] = number
    else parts.push([number, number])
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
}

// The code for macOS: on Linux gcov does not see it at all, and V8 does only where a module has nothing else.
const elsewhere = /_darwin\.|kqueue/
const folderOf = file => {
  const parts = dirname(file).split('/')
  return parts.length === 1 ? 'src/*.ts' : `${parts.slice(0, parts[0] === 'native' ? 3 : 2).join('/')}/`
}
const sums = new Map()
const count = (key, total, hit) => {
  const sum = sums.get(key) ?? [0, 0]
  sums.set(key, [sum[0] + total, sum[1] + hit])
}
const missed = []
for (const [file, counts] of [...lines].sort(([a], [b]) => (a < b ? -1 : 1))) {
  if (elsewhere.test(file)) continue
  const all = Object.entries(counts)
  const without = all.filter(([, times]) => times === 0).map(([number]) => Number(number))
  for (const key of [folderOf(file), `${file.split('/')[0]}/`]) count(key, all.length, all.length - without.length)
  if (without.length > 0) missed.push([file, without.sort((a, b) => a - b)])
}
const percent = ([total, hit]) => `${((100 * hit) / total).toFixed(1)} %`
const row = key => `| \`${key}\` | ${sums.get(key)[0]} | ${sums.get(key)[1]} | ${percent(sums.get(key))} |`
const whole = ['native/', 'src/']
const folders = [...sums.keys()].filter(key => !whole.includes(key)).sort()
const table = ['| folder | lines | run | |', '|---|---|---|---|', ...[...whole, ...folders].map(row)].join('\n')
const list = [
  '| file | lines that no test runs |',
  '|---|---|',
  ...missed.map(([file, numbers]) => `| \`${file}\` | ${ranges(numbers)} |`),
].join('\n')
const seconds = Math.round((Date.now() - began) / 1000)
console.log(`${table}\n\n${list}`)
console.log(`${suite.passed} tests passed, ${suite.failed} failed; ${seconds} s`)
if (files.length === 0) {
  const page = 'docs/reliability/coverage.md'
  const facts = [
    `${suite.passed} tests passed, ${suite.skipped} were skipped, ${suite.failed} failed in ${seconds} s, on ${new Date().toISOString().slice(0, 10)}, under the counting${suite.failed > 0 ? ':' : '.'}`,
    '',
    ...suite.failures.map(line => `- ${line.split(': ').slice(0, 2).join(': ')}`),
  ]
  pageTable(page, 'folders').write(`${facts.join('\n')}\n\n${table}`)
  pageTable(page, 'uncovered').write(list)
}
rmSync(written, { recursive: true })
