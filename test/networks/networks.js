// Every server on every bad network, one cell after another. `node test/networks/networks.js --help`
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Cell } from './cell.js'
import { conditions } from './conditions.js'
import { compile, noNetwork } from './network.js'
import { writePage } from './page.js'
import { programs } from './programs.js'

const usage = `usage: node test/networks/networks.js [OPTION]...
  --cells N           so many, chosen by the seed; default: all
  --seed N            default: the variable SEED, or the day
  --seconds N         begin no cell after so long
  --size BYTES        of a transfer; default: 262144
  --loopback BYTES    of a transfer over loopback, by echo; default: as --size
  --slow N            the bytes of a client that sends one a second; default: 2
  --condition REGEXP  the conditions whose name matches
  --program REGEXP    the programs whose name matches: GROUP, NAME
  --jobs N            cells at a time; default: 2
  --write             write the tables to docs/reliability/networks.md`

const { values: given } = parseArgs({
  options: {
    cells: { type: 'string', default: process.env.NETWORKS_CELLS ?? 'Infinity' },
    seed: { type: 'string', default: process.env.SEED ?? `${Math.floor(Date.now() / 86_400_000)}` },
    seconds: { type: 'string', default: 'Infinity' },
    size: { type: 'string', default: process.env.NETWORKS_SIZE ?? '262144' },
    loopback: { type: 'string', default: process.env.NETWORKS_LOOPBACK },
    slow: { type: 'string', default: process.env.NETWORKS_SLOW ?? '2' },
    condition: { type: 'string', default: '' },
    program: { type: 'string', default: '' },
    jobs: { type: 'string', default: process.env.NETWORKS_JOBS ?? `${Math.max(2, availableParallelism())}` },
    write: { type: 'boolean', default: process.env.NETWORKS_WRITE !== undefined },
    help: { type: 'boolean' },
  },
})
if (given.help) {
  console.log(usage)
  process.exit()
}
const impossible = noNetwork()
if (impossible !== null) {
  console.log(`skipped: ${impossible}`)
  process.exit(77)
}

const seed = Number(given.seed)
const sizes = {
  size: Number(given.size),
  loopback: Number(given.loopback ?? given.size),
  slow: Number(given.slow),
}
const titleOf = program => `${program.group}, ${program.name}`

/** The cells in the order of the seed: a number for each by FNV-1a, so that a cell has the same one wherever it is run. */
function hash(text) {
  let sum = 0x811c9dc5
  for (const byte of Buffer.from(text)) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0
  return sum
}
const cells = conditions
  .filter(({ name }) => new RegExp(given.condition).test(name))
  .flatMap(condition => programs.map(program => ({ condition, program })))
  .filter(({ program }) => new RegExp(given.program).test(titleOf(program)))
  .filter(({ condition, program }) => !(condition.stream && program.protocol === 'udp'))
  .map(cell => ({ ...cell, order: hash(`${seed} ${cell.condition.name} ${titleOf(cell.program)}`) }))
  .sort((a, b) => a.order - b.order)
  .slice(0, Number(given.cells))

const again = ({ condition, program }) =>
  `node test/networks/networks.js --seed ${seed} --size ${sizes.size} --loopback ${sizes.loopback} --slow ${sizes.slow}` +
  ` --condition '^${condition.name}$' --program '^${titleOf(program)}$'`

const folder = mkdtempSync(join(tmpdir(), 'networks-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const began = Date.now()
const results = []
const tunnel = compile(folder)
const queue = [...cells]
const work = async () => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (Date.now() - began > Number(given.seconds) * 1000) return
    const at = Date.now()
    const { condition, program, order } = next
    const cell = new Cell(tunnel, condition, program, order, sizes)
    const outcome = await cell.judge()
    const seconds = (Date.now() - at) / 1000
    results.push({ condition, program, outcome, seconds, counts: cell.counts })
    const wrong = outcome.length > 1
    console.log(
      `${wrong ? 'WRONG' : outcome} ${condition.name}: ${titleOf(program)}, ${cell.floor}, ${seconds.toFixed(1)} s${wrong ? `: ${outcome}\n  again: ${again(next)}` : ''}`,
    )
  }
}
await Promise.all(Array.from({ length: Number(given.jobs) }, work))

const sum = name => results.reduce((all, { counts }) => all + (counts[name] ?? 0), 0)
const count = kind => results.filter(({ outcome }) => outcome === kind).length
const failed = results.length - count('✓') - count('e')
const summary =
  `${results.length} cells in ${Math.round((Date.now() - began) / 1000)} s, seed ${seed}: ${count('✓')} unharmed, ${count('e')} reported, ` +
  `${failed} wrong; ${sum('clients')} clients, ${sum('datagrams')} datagrams, ${sum('bytes')} bytes received and compared, ${sum('errors')} documented errors; ` +
  `${sum('packets')} packets, of which ${sum('lost')} lost, ${sum('overflowed')} beyond the line, ${sum('reordered')} out of order, ` +
  `${sum('duplicated')} doubled, ${sum('flipped')} with a flipped bit`
console.log(summary)
if (given.write) writePage(results, summary, sizes)
process.exitCode = failed > 0 ? 1 : 0
