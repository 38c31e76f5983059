// Writes the results of benchmarks/README.md: the machine, the versions and the plots. Nothing else writes figures there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from '../../scripts/stamp.js'
import { moved } from './moved.js'

const shown = {
  'echo-connections': 'Echo over TCP: messages a second by connections',
  'echo-latency': 'Echo over TCP at 10,000 messages a second: latency from the median to the worst',
  http: 'HTTP: requests a second',
  calls: 'The cost of a call in nanoseconds',
}
const begin = '<!-- benchmarks: npm run bench -- --publish writes this -->'
const end = '<!-- /benchmarks -->'

// A report of an older version of the benchmark lacks the family and the caches.
function whereOf({ machine, options }) {
  const { cpu, family, caches, cores, memoryGiB, kernel, date, pinned } = machine
  const kind = [family, caches].filter(Boolean).join('; ')
  const versions = [
    ['Node', machine.node],
    ['Node', machine.newestNode],
    ['Bun', machine.bun],
    ['Deno', machine.deno],
    ['Python', machine.python],
    ['nginx', machine.nginx],
  ].flatMap(([name, version]) => (version ? [`${name} ${version}`] : []))
  return (
    `measured on ${date.slice(0, 10)}: ${cpu}${kind && ` (${kind})`}, ${cores} cores, ${memoryGiB} GiB, ${kernel}; ${versions.join(', ')}. ` +
    `${pinned ? 'Server and load each have a core, over loopback' : 'Server and load share the cores, over loopback'}; ` +
    `medians of ${options.rounds} rounds of ${options.duration} ms.`
  )
}

/** Writes the plots of `folder` into benchmarks/README.md, between the two marks. */
export function publish(folder, reports) {
  const file = join(root, 'benchmarks/README.md')
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from)
    throw new Error(`benchmarks/README.md: the marks of the benchmarks are gone: ${begin} … ${end}`)
  const measured = new Map() // what is told of each measurement, and the questions that have it
  for (const name of ['echo', 'http', 'calls'].filter(name => name in reports)) {
    const where = whereOf(reports[name])
    measured.set(where, [...(measured.get(where) ?? []), name])
  }
  const where = [...measured].flatMap(([where, names]) => [`${names.join(', ')}: ${where}`, ''])
  const plots = Object.entries(shown)
    .map(([name, text]) => ({ text, path: join(folder, `${name}.svg`) }))
    .filter(({ path }) => existsSync(path))
    .map(({ text, path }) => `![${text}](${relative(join(root, 'benchmarks'), path)})`)
  const section = [begin, '', ...where, ...plots.flatMap(plot => [plot, '']), ''].join('\n')
  writeFileSync(file, text.slice(0, from) + section + text.slice(to))
  for (const line of moved(folder, reports)) console.warn(`warning: ${line}`)
}
