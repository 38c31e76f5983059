// Draws the figures of a folder: NAME.svg for each NAME.json. With --publish it also writes them into README.md.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as Plot from '@observablehq/plot'
import { JSDOM } from 'jsdom'
import { barsOf, latenciesOf, linesOf } from './panels.js'
import { publish } from './publish.js'

const { document } = new JSDOM('').window

const columns = 2
const width = 560
const gap = 20
const top = 62

const escape = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

// An SVG file in an <img> cannot inherit colours of its page, so it defines those for light and for dark.
const style = `
  svg { color: #1f2328; fill: currentColor; font: 12px system-ui, sans-serif }
  .background { fill: #fff }
  @media (prefers-color-scheme: dark) { svg { color: #e6edf3 } .background { fill: #0d1117 } }`

/** An image of panels, two beside each other, each with its own scales. */
function picture(title, caption, panels) {
  const drawn = panels.map(panel => Plot.plot({ document, width, style: { background: 'none' }, ...panel.plot }))
  const heights = drawn.map(svg => Number(svg.getAttribute('height')) + 24)
  let y = top
  const placed = []
  for (let row = 0; row < drawn.length; row += columns) {
    for (let i = row; i < Math.min(row + columns, drawn.length); i++) {
      const x = (i - row) * (width + gap)
      drawn[i].setAttribute('x', x)
      drawn[i].setAttribute('y', y + 24)
      placed.push(`<text x="${x + 8}" y="${y + 16}" font-weight="bold">${escape(panels[i].title)}</text>`)
      placed.push(drawn[i].outerHTML)
    }
    y += Math.max(...heights.slice(row, row + columns)) + gap
  }
  const all = Math.max(840, Math.min(columns, drawn.length) * (width + gap))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all} ${y}" width="${all}" height="${y}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${style}</style>`,
    '<rect class="background" width="100%" height="100%"/>',
    `<text x="8" y="22" font-size="16" font-weight="bold">${escape(title)}</text>`,
    `<text x="8" y="42">${escape(caption)}</text>`,
    ...placed,
    '</svg>\n',
  ].join('\n')
}

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
