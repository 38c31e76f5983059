// The figures as bars, in SVG: a panel for each case, a bar for each entrant, and its least and its most on it.
import type { Question } from './question.js'
import type { CaseResult } from './rounds.js'

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

const left = 150
const width = 420
const line = 18

function panel({ name, rows }: CaseResult, { columns }: Question, top: number): string {
  const { key, digits } = columns[0]!
  const most = Math.max(...rows.map(row => row.figures[key]!.max))
  const x = (value: number): number => Math.round(left + (value / most) * width)
  const bars = rows.map((row, i) => {
    const { median, min, max } = row.figures[key]!
    const y = top + line * (i + 1.5)
    const text = median.toLocaleString('en', { maximumFractionDigits: digits })
    return [
      `<text x="${left - 6}" y="${y + 10}" text-anchor="end">${escape(row.name)}</text>`,
      `<rect x="${left}" y="${y}" width="${x(median) - left}" height="${line - 5}" fill="${i === 0 ? '#888' : '#3b78c3'}"/>`,
      `<line x1="${x(min)}" x2="${x(max)}" y1="${y + 6.5}" y2="${y + 6.5}" stroke="#000"/>`,
      `<text x="${left + width + 8}" y="${y + 10}">${text}</text>`,
    ].join('\n')
  })
  return [`<text x="${left}" y="${top + 16}" font-weight="bold">${escape(name)}</text>`, ...bars].join('\n')
}

/** A picture of all cases of a question. */
export function plot(question: Question, cases: readonly CaseResult[], caption: string): string {
  let height = 44
  const panels = cases.map(one => {
    const text = panel(one, question, height)
    height += line * (one.rows.length + 2)
    return text
  })
  const title = `${question.title}: ${question.columns[0]!.title}${question.more ? '' : ' (less is better)'}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + width + 90}" height="${height + 8}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="12" y="20" font-size="15" font-weight="bold">${escape(title)}</text>`,
    `<text x="12" y="36" fill="#555">${escape(caption)}</text>`,
    ...panels,
    '</svg>\n',
  ].join('\n')
}
