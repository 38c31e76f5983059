// The table of docs/reliability/faults.md.
import { cell, pageTable } from '../support/page-table.js'
import { errnos } from './errnos.js'

const ofProgram = (results, program) => results.filter(result => result.program === program)

/** The outcomes of several occurrences: each kind once, in a fixed order. */
function mark(outcomes) {
  const kinds = [...'✓cen'].filter(kind => outcomes.includes(kind))
  if (outcomes.some(outcome => outcome.length > 1)) kinds.push('WRONG')
  return kinds.join('')
}

function groupTable(results, group) {
  const mine = results.filter(({ program }) => program.group === group)
  const programs = [...new Set(mine.map(({ program }) => program))].sort((a, b) => (a.name < b.name ? -1 : 1))
  const lines = [
    `### ${group}`,
    '',
    `| call | errnos | ${programs.map(({ name }) => cell(name)).join(' | ')} |`,
    `|---|---|${programs.map(() => '---|').join('')}`,
  ]
  for (const call of Object.keys(errnos)) {
    // Errnos with the same outcomes in all programs are one row.
    const rows = new Map()
    for (const errno of errnos[call].errnos) {
      const marks = programs.map(program =>
        mark(
          ofProgram(mine, program)
            .filter(result => result.call === call && result.errno === errno)
            .map(({ outcome }) => outcome),
        ),
      )
      if (marks.every(each => each === '')) continue
      const key = marks.join(' | ')
      rows.set(key, [...(rows.get(key) ?? []), errno])
    }
    for (const [key, names] of rows) lines.push(`| ${call} | ${names.join(' ')} | ${key} |`)
  }
  const parts = programs.map(program =>
    mark(
      ofProgram(mine, program)
        .filter(({ call }) => call === 'parts')
        .map(({ outcome }) => outcome),
    ),
  )
  lines.push(`| any, a part only | | ${parts.join(' | ')} |`)
  return lines.join('\n')
}

/** Writes the outcomes of all cells, and the sum, to the page. */
export function writePage(results, summary) {
  const groups = [...new Set(results.map(({ program }) => program.group))].sort()
  const pages = ['| call | its errnos are from |', '|---|---|']
  for (const [call, { page }] of Object.entries(errnos)) {
    if (results.some(result => result.call === call)) pages.push(`| ${call} | ${page} |`)
  }
  pageTable('docs/reliability/faults.md', 'faults').write(
    `${[`${summary}.`, ...groups.map(group => groupTable(results, group)), '### The pages', pages.join('\n')].join('\n\n')}\n`,
  )
}
