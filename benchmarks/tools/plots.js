// Draws the figures of a folder: NAME.svg for each NAME.json. With --publish it also writes them into benchmarks/README.md.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { barsOf, latenciesOf, linesOf } from './panels.js'
import { picture } from './picture.js'
import { publish } from './publish.js'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { publish: { type: 'boolean' } } })
const folder = positionals[0]
const reports = Object.fromEntries(
  readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .map(name => [name.replace('.json', ''), JSON.parse(readFileSync(join(folder, name), 'utf8'))]),
)

function draw(name, title, { machine }, panels, colours = '. Blue: bsd-sockets, grey: C, orange: others') {
  if (panels.length === 0) return
  const { cpu, family, caches, cores, kernel, node, date } = machine
  const caption = `${[cpu, family, caches].filter(Boolean).join(', ')}, ${cores} cores, ${kernel}, Node ${node}, ${date.slice(0, 10)}${colours}`
  writeFileSync(join(folder, `${name}.svg`), picture(title, caption, panels))
}

for (const [name, report] of Object.entries(reports)) {
  draw(name, report.title, report, barsOf(name, report))
  draw(`${name}-connections`, `${report.title}: throughput by connections`, report, linesOf(report), '')
  draw(`${name}-latency`, `${report.title}: latency`, report, latenciesOf(report))
}
if (values.publish) publish(folder, reports)
