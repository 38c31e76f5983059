// Draws a soak: node benchmarks/tools/soak.js SAMPLES.json OUT.svg. test/load/soak.js writes the samples.
import { readFileSync, writeFileSync } from 'node:fs'
import * as Plot from '@observablehq/plot'
import { picture } from './picture.js'

const [samples, out] = process.argv.slice(2)
const { servers, machine, seconds, total } = JSON.parse(readFileSync(samples, 'utf8'))

const blue = '#2f81f7'
const orange = '#db6d28'
const grey = '#8b949e'
const minutes = ({ at }) => at / 60
const mib = what => one => one[what] / 2 ** 20

const panel = (title, label, marks) => ({
  title,
  plot: {
    height: 170,
    marginLeft: 48,
    x: { label: 'minutes →', labelArrow: 'none' },
    y: { label, labelArrow: 'none', grid: true, zero: true },
    marks: [...marks, Plot.ruleY([0], { stroke: 'currentColor' })],
  },
})

const panels = servers.flatMap(({ name, samples, rests }) => [
  panel(`${name}: memory`, '↑ MiB', [
    Plot.line(samples, { x: minutes, y: mib('rss'), stroke: grey }),
    Plot.dot(rests, { x: minutes, y: mib('rss'), fill: blue, r: 2 }),
    Plot.dot(rests, { x: minutes, y: mib('heapUsed'), fill: orange, r: 2 }),
  ]),
  panel(`${name}: descriptors`, '↑', [
    Plot.line(samples, { x: minutes, y: 'descriptors', stroke: grey }),
    Plot.dot(rests, { x: minutes, y: 'descriptors', fill: blue, r: 2 }),
  ]),
])

const title = `${Math.round(seconds / 60)} minutes of ${total.connections.toLocaleString('en')} connections`
const caption =
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date.slice(0, 10)}. ` +
  'Grey: under load; blue: without a connection, resident memory and descriptors; orange: the heap'
writeFileSync(out, picture(title, caption, panels))
