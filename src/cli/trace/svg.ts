// Draws a conversation as an SVG image, which is light or dark as its viewer wants.
import { manualOf } from './manual.js'
import type { Layout, Mark, Placed } from './layout.js'

const ROW = 22 // pixels
const CHARACTER = 7.3 // pixels of the font, at most
const TIME = 76
const TOP = 56
const NARROWEST = 150
const WIDEST = 460
const LABEL = 52 // pixels from the right one of two lanes to the middle of an arrow's label

/** Colours of pictures and pages: on light, and on dark. */
export const colours = `--back:#fff;--ink:#1f2328;--faint:#656d76;--line:#d0d7de;--wait:#bf8700;--bytes:#0969da;--state:#1a7f37;--bad:#cf222e`
export const darkColours = `--back:#0d1117;--ink:#e6edf3;--faint:#8b949e;--line:#30363d;--wait:#d29922;--bytes:#58a6ff;--state:#3fb950;--bad:#ff7b72`

const style = `svg{${colours};background:var(--back)}
@media (prefers-color-scheme:dark){svg{${darkColours}}}
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);paint-order:stroke;stroke:var(--back);stroke-width:4px;stroke-linejoin:round;white-space:pre}
.name{font-weight:bold}.time{fill:var(--faint);text-anchor:end}.lane{stroke:var(--line);stroke-width:2}
.wait{stroke:var(--wait);stroke-width:6;stroke-linecap:round}.point{fill:var(--ink)}.bad{fill:var(--bad)}
.state{fill:var(--state);font-weight:bold}.bytes,.connection,.end{stroke:var(--bytes);stroke-width:1.5;fill:none}
.connection{stroke:var(--state)}.end{stroke:var(--faint);stroke-dasharray:5 3}.label{fill:var(--bytes);text-anchor:middle}
.head{fill:var(--bytes);stroke:none}`

export const escapeXml = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- XML allows none of them, not even escaped
  text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '·').replace(/[&<>"]/g, found => `&#${found.charCodeAt(0)};`)

const short = (text: string, width: number): string => {
  const most = Math.floor(width / CHARACTER)
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

// The picture's columns: where each lane's line is, and how wide its texts may be.
function columnsOf({ lanes, placed }: Layout): { x: number; width: number }[] {
  const widest = lanes.map(({ name, pid }) => `${name} ${pid}`.length)
  for (const { lane, text, result, states } of placed) {
    widest[lane] = Math.max(widest[lane]!, text.length + states.length + 3, result.length + states.length + 3)
  }
  let x = TIME + 12
  return widest.map(characters => {
    const width = Math.min(WIDEST, Math.max(NARROWEST, characters * CHARACTER + 34))
    const column = { x, width: width - 30 }
    x += width
    return column
  })
}

/** The image, as text. */
export function svgOf(layout: Layout, title: string): string {
  const columns = columnsOf(layout)
  const end = columns.at(-1)
  const width = Math.ceil(end === undefined ? 300 : end.x + end.width + 30)
  const height = TOP + layout.times.length * ROW + 12
  const y = (row: number): number => TOP + row * ROW + ROW / 2
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title><style>${style}</style>`,
    `<rect width="${width}" height="${height}" style="fill:var(--back)"/>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>',
  ]
  for (const [i, { name, pid, tid }] of layout.lanes.entries()) {
    const { x } = columns[i]!
    parts.push(
      `<text class="name" x="${x - 6}" y="22">${escapeXml(name)}</text>`,
      `<text x="${x - 6}" y="38" class="number" style="fill:var(--faint)">process ${pid}${pid === tid ? '' : `, thread ${tid}`}</text>`,
      `<line class="lane" x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${height - 8}"/>`,
    )
  }
  for (const mark of layout.marks) if (mark.kind !== 'state') parts.push(arrow(mark, columns, y))
  for (const [row, time] of layout.times.entries()) {
    parts.push(`<text class="time" x="${TIME - 6}" y="${y(row) + 4}">${time.toFixed(3)}</text>`)
  }
  for (const each of layout.placed) parts.push(call(each, columns, y))
  for (const { kind, to, text } of layout.marks) {
    if (kind === 'state')
      parts.push(`<text class="state" x="${columns[to.lane]!.x + 12}" y="${y(to.row) + 4}">${text}</text>`)
  }
  return `${parts.join('\n')}\n</svg>\n`
}

function arrow({ kind, from, to, text }: Mark, columns: { x: number }[], y: (row: number) => number): string {
  if (from.lane === to.lane) return ''
  const [x1, x2] = [columns[from.lane]!.x, columns[to.lane]!.x]
  const [y1, y2] = [y(from.row), y(to.row)]
  const gap = x1 < x2 ? -5 : 5
  const near = (x1 < x2 ? x2 - x1 - LABEL : LABEL) / Math.abs(x2 - x1) // the label is left of the right lane, where no text is
  return `<g><line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2 + gap}" y2="${y2}" marker-end="url(#head)"/><text class="label" x="${Math.max(x1, x2) - LABEL}" y="${y1 + (y2 - y1) * near - 5}">${text}</text></g>`
}

function call(
  { step, lane, first, last, text, result, states, failed }: Placed,
  columns: { x: number; width: number }[],
  y: (row: number) => number,
): string {
  const { x, width } = columns[lane]!
  const name = step.event.kind === 'call' ? manualOf(step.event.name) : undefined
  const room = width - (states.length + 2) * CHARACTER
  const state = states === '' ? '' : `<tspan class="state">  ${states}</tspan>`
  const line = (row: number, words: string, more: string): string =>
    `<circle class="point${failed ? ' bad' : ''}" cx="${x}" cy="${y(row)}" r="3"/><text x="${x + 12}" y="${y(row) + 4}"${failed ? ' class="bad"' : ''}>${escapeXml(short(words, more === '' ? width : room))}${more}</text>`
  const whole = `<title>${escapeXml(`${text} ${result}${name === undefined ? '' : `\n${name}`}`)}</title>`
  if (first === last) return `<g>${whole}${line(first, text, state)}</g>`
  const bar = `<line class="wait" x1="${x}" y1="${y(first)}" x2="${x}" y2="${y(last)}"/>`
  return `<g>${whole}${bar}${line(first, text, '')}${result === '' && states === '' ? '' : line(last, result, state)}</g>`
}
