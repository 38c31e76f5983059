// An image of plots, for light and for dark pages.
import * as Plot from '@observablehq/plot'
import { JSDOM } from 'jsdom'

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
export function picture(title, caption, panels) {
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
