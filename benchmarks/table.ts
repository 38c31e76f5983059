// Prints the figures.
import type { Column } from './question.js'
import type { CaseResult, Summary } from './rounds.js'

const number = (value: number, digits: number): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })

const cell = (summary: Summary | undefined, digits: number): string =>
  summary === undefined ? '–' : number(summary.median, digits)

const range = (summary: Summary | undefined, digits: number): string =>
  summary === undefined ? '–' : `${number(summary.min, digits)}–${number(summary.max, digits)}`

/** A table: the median of each figure, the minimum and maximum of the first figure, and the ratios to the first row.
 * Figures that the case lacks are left out. */
export function table({ name, rows }: CaseResult, all: readonly Column[]): string {
  const columns = all.filter(({ key }) => rows.some(({ figures }) => key in figures))
  const lines = [
    [
      name,
      ...columns.flatMap(({ title, ratio }, i) => [title, ...(i === 0 ? ['least–most'] : []), ...(ratio ? ['×'] : [])]),
    ],
    ...rows.map(row => [
      row.name,
      ...columns.flatMap(({ key, digits, ratio }, i) => [
        cell(row.figures[key], digits),
        ...(i === 0 ? [range(row.figures[key], digits)] : []),
        ...(ratio ? [cell(row.ratios[key], 2)] : []),
      ]),
    ]),
  ]
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map(line => line[i]!.length)))
  const pad = (text: string, i: number): string => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))
  return lines.map(line => line.map(pad).join('  ').trimEnd()).join('\n')
}

/** Overwrites one line of the terminal; prints nothing if there is no terminal. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
