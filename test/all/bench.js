// Short benchmarks, of the given questions or of all: tests that they write figures and that every byte is right, not how fast anything is.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { root } from '../../scripts/stamp.js'

if (process.platform !== 'linux') {
  console.log('skipped: the load generator is for Linux')
  process.exit(77)
}

const results = mkdtempSync(join(tmpdir(), 'bench-'))
try {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'bin/bsd-sockets.js'), 'bench', '--quick', '--json', '--results', results, ...process.argv.slice(2)],
    { encoding: 'utf8', stdio: ['inherit', 'pipe', 'inherit'], maxBuffer: 64 * 1024 ** 2 },
  )
  if (status !== 0) throw new Error(`the benchmarks failed: exit status ${status}`)
  // --json prints what is in the files, and nothing else.
  const printed = new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
      .map(({ question, ...report }) => [`${question}.json`, report]),
  )
  const files = readdirSync(results).filter(name => name.endsWith('.json'))
  if (files.length === 0) throw new Error('the benchmarks wrote no figures')
  if (printed.size !== files.length) throw new Error(`--json printed ${printed.size} of ${files.length} questions`)
  for (const file of files) {
    const report = JSON.parse(readFileSync(join(results, file), 'utf8'))
    if (!isDeepStrictEqual(printed.get(file), report)) throw new Error(`${file}: --json printed other figures`)
    const { cases } = report
    for (const { name, rows } of cases) {
      for (const { name: entrant, figures } of rows) {
        const [first] = Object.values(figures)
        const errors = figures.errors?.median ?? 0
        // The memory of a connection can be 0 or less if the server frees a page meanwhile.
        if (!Number.isFinite(first?.median) || (first.median <= 0 && file !== 'memory.json') || errors > 0)
          throw new Error(`${file}: ${name}: ${entrant} has no figure, or errors`)
      }
    }
    if (!readdirSync(results).includes(file.replace('.json', '.svg'))) throw new Error(`${file}: there is no plot`)
  }
} finally {
  rmSync(results, { recursive: true, force: true })
}
