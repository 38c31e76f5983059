// The tables of docs/reliability/networks.md.
import { cell, pageTable } from '../support/page-table.js'

const unique = values => [...new Set(values)]
const row = cells => `| ${cells.join(' | ')} |`

function outcomes(results, group) {
  const mine = results.filter(({ program }) => program.group === group)
  const names = unique(mine.map(({ program }) => program.name)).sort()
  const mark = (condition, name) => {
    const found = mine.find(each => each.condition === condition && each.program.name === name)
    if (found === undefined) return ''
    return found.outcome.length > 1 ? 'WRONG' : found.outcome
  }
  return [
    `### ${group}`,
    '',
    row(['condition', ...names.map(cell)]),
    row(['---', ...names.map(() => '---')]),
    ...unique(mine.map(({ condition }) => condition))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(condition => row([condition.name, ...names.map(name => mark(condition, name))])),
  ].join('\n')
}

function counted(results) {
  const names = [
    'clients',
    'datagrams',
    'bytes',
    'errors',
    'packets',
    'lost',
    'overflowed',
    'reordered',
    'duplicated',
    'flipped',
  ]
  const heads = [
    'clients',
    'datagrams',
    'bytes',
    'errors',
    'packets',
    'lost',
    'beyond the line',
    'out of order',
    'doubled',
    'flipped',
  ]
  return [
    row(['condition', 'cells', 'seconds', ...heads]),
    row(['---', '---', '---', ...heads.map(() => '---')]),
    ...unique(results.map(({ condition }) => condition))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(condition => {
        const mine = results.filter(each => each.condition === condition)
        const sum = of => mine.reduce((all, each) => all + (of(each) ?? 0), 0)
        const seconds = Math.round(sum(each => each.seconds))
        return row([condition.name, mine.length, seconds, ...names.map(name => sum(({ counts }) => counts[name]))])
      }),
  ].join('\n')
}

/** Writes the outcomes of all cells, and the sums, to the page. */
export function writePage(results, summary, { size, loopback, slow }) {
  const groups = unique(results.map(({ program }) => program.group)).sort()
  const sizes = `Each transfer has ${size} bytes, one through an echo server over loopback ${loopback}; the slow client sends ${slow}.`
  pageTable('docs/reliability/networks.md', 'networks').write(
    `${[`${summary}. ${sizes}`, counted(results), ...groups.map(group => outcomes(results, group))].join('\n\n')}\n`,
  )
}
