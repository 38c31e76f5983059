// Short benchmarks: tests that they write figures and that every byte is right, not how fast anything is.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

if (process.platform !== 'linux') {
  console.log('skipped: the load generator is for Linux')
  process.exit(77)
}

const results = mkdtempSync(join(tmpdir(), 'bench-'))
try {
  run(process.execPath, [join(root, 'bin/bsd-sockets.js'), 'bench', '--quick', '--results', results])
  const files = readdirSync(results).filter(name => name.endsWith('.json'))
  if (files.length === 0) throw new Error('the benchmarks wrote no figures')
  for (const file of files) {
    const { cases } = JSON.parse(readFileSync(join(results, file), 'utf8'))
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
