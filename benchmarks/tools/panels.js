// The panels of the plots, one for each case.
import * as Plot from '@observablehq/plot'

const ours =
  /^(reactor|promises|streams|epoll|poll|select|threads|blocking|syscalls|sockets?|fetchHandler|hono|http|drop-in)(-\d+| × \d+)?$/

function colorOf(name) {
  if (/^c(-|$)/.test(name)) return '#8b949e'
  return ours.test(name) ? '#2f81f7' : '#db6d28'
}

/** The figure that a question compares, and its axis. */
const axes = {
  calls: { key: 'ns', label: 'nanoseconds for a call (less is better) →' },
  http: { key: 'perSecond', label: 'requests a second →' },
  connections: { key: 'perSecond', label: 'connections a second →' },
  memory: { key: 'bytes', label: 'bytes for a connection (less is better) →' },
  'load-time': { key: 'ms', label: 'milliseconds (less is better) →' },
}
const messages = { key: 'perSecond', label: 'messages a second →' }
const wait = { key: 'waitMs', label: 'milliseconds until the last is answered (less is better) →' }

const axisOf = (question, { rows }) => [axes[question] ?? messages, wait].find(({ key }) => key in rows[0].figures)

const short = value => value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })

/** The throughput by the buffer's offset from the beginning of a page: a curve. */
function placementOf({ cases }) {
  return cases.map(({ name, rows }) => {
    const data = rows
      .map(({ name, figures }) => ({ offset: Number(/\d+/.exec(name)[0]), ...figures.perSecond }))
      .sort((a, b) => a.offset - b.offset)
    const place = { x: 'offset', y: 'median' }
    return {
      title: name,
      plot: {
        height: 260,
        marginLeft: 56,
        marginBottom: 40,
        x: { type: 'point', label: "bytes from a page's beginning to the buffer →", labelArrow: 'none' },
        y: { label: '↑ messages a second', labelArrow: 'none', grid: true, zero: true, tickFormat: '~s' },
        marks: [
          Plot.ruleX(data, { x: 'offset', y1: 'min', y2: 'max', stroke: lines.reactor, strokeOpacity: 0.5 }),
          Plot.line(data, { ...place, stroke: lines.reactor, strokeWidth: 2 }),
          Plot.dot(data, { ...place, fill: lines.reactor, r: 3 }),
          Plot.ruleY([0], { stroke: 'currentColor' }),
        ],
      },
    }
  })
}

/** Bars: the median of each entrant, with its minimum and maximum. */
export function barsOf(question, report) {
  if (question === 'placement') return placementOf(report)
  const { cases } = report
  return cases
    .filter(({ shape, rows }) => shape?.rate === undefined && rows.length > 0)
    .map(({ name, rows }) => {
      const { key, label } = axisOf(question, { rows })
      const data = rows.map(row => ({ name: row.name, ...row.figures[key] }))
      return {
        title: name,
        plot: {
          height: 44 + data.length * 18,
          marginLeft: 124,
          marginRight: 76,
          marginTop: 4,
          marginBottom: 36,
          x: { label, labelAnchor: 'right', labelArrow: 'none', grid: true, nice: true, ticks: 5, tickFormat: '~s' },
          y: { domain: data.map(({ name }) => name), label: null, tickSize: 0 },
          marks: [
            Plot.barX(data, { x: 'median', y: 'name', fill: ({ name }) => colorOf(name), insetTop: 1, insetBottom: 1 }),
            Plot.ruleY(data, { x1: 'min', x2: 'max', y: 'name', stroke: 'currentColor' }),
            Plot.text(data, { x: 'max', y: 'name', text: ({ median }) => short(median), textAnchor: 'start', dx: 5 }),
            Plot.ruleX([0], { stroke: 'currentColor' }),
          ],
        },
      }
    })
}

// The best of each kind, in colours that are visible on light and on dark pages.
const lines = {
  'c-epoll': '#8b949e',
  reactor: '#2f81f7',
  promises: '#1b9e9e',
  streams: '#8957e5',
  'net-26': '#db6d28',
  net: '#b08800',
  bun: '#d1577f',
  deno: '#2da44e',
  asyncio: '#a5673f',
}

/** Labels beside the ends of lines, moved apart if they would overlap. */
function spread(ends, least) {
  const sorted = [...ends].sort((a, b) => b.median - a.median)
  let below = Infinity
  return sorted.map(end => ({ ...end, at: (below = Math.min(end.median, below - least)) }))
}

/** Throughput by connections: a line for each entrant, over the cases that differ only in connections. */
export function linesOf({ cases }) {
  const same = cases.filter(({ shape }) => shape?.mode === 'echo' && shape.size === 64 && shape.depth === 1)
  if (same.length < 3) return []
  const data = same
    .flatMap(({ shape, rows }) =>
      rows.map(({ name, figures }) => ({ name, connections: shape.connections, ...figures.perSecond })),
    )
    .filter(({ name }) => name in lines)
    .sort((a, b) => a.connections - b.connections)
  const most = Math.max(...data.map(({ connections }) => connections))
  const highest = Math.max(...data.map(({ max }) => max))
  const stroke = ({ name }) => lines[name]
  const ends = spread(
    data.filter(({ connections }) => connections === most),
    highest / 28,
  )
  return [
    {
      title: '64 B, depth 1',
      plot: {
        width: 820,
        height: 460,
        marginLeft: 56,
        marginRight: 90,
        marginTop: 28,
        marginBottom: 40,
        x: { type: 'log', label: 'connections →', ticks: same.map(({ shape }) => shape.connections), tickFormat: ',' },
        y: { domain: [0, highest], label: '↑ messages a second', labelArrow: 'none', grid: true, tickFormat: '~s' },
        marks: [
          Plot.ruleX(data, { x: 'connections', y1: 'min', y2: 'max', stroke, strokeOpacity: 0.5 }),
          Plot.line(data, { x: 'connections', y: 'median', z: 'name', stroke, strokeWidth: 2 }),
          Plot.dot(data, { x: 'connections', y: 'median', fill: stroke, r: 3 }),
          Plot.text(ends, { x: most, y: 'at', text: 'name', fill: stroke, textAnchor: 'start', dx: 8 }),
        ],
      },
    },
  ]
}

const percentiles = ['p50', 'p90', 'p99', 'p99.9', 'max']

/** The latency of each entrant, from the median to the maximum, for messages at a fixed rate. */
export function latenciesOf({ cases }) {
  return cases
    .filter(({ shape, rows }) => shape?.rate > 0 && rows.length > 0)
    .map(({ name, rows }) => {
      const data = rows.flatMap(row =>
        percentiles.map(percentile => ({ name: row.name, percentile, us: row.figures[percentile].median })),
      )
      const place = { x: 'us', y: 'name' }
      return {
        title: `${name}: ${percentiles.join(', ')}`,
        plot: {
          width: 820,
          height: 60 + rows.length * 34,
          marginLeft: 124,
          marginRight: 30,
          marginTop: 12,
          marginBottom: 36,
          x: {
            type: 'log',
            label: 'microseconds →',
            labelAnchor: 'right',
            labelArrow: 'none',
            grid: true,
            tickFormat: ',',
          },
          y: { domain: rows.map(({ name }) => name), label: null, tickSize: 0 },
          marks: [
            Plot.line(data, { ...place, z: 'name', stroke: ({ name }) => colorOf(name), strokeWidth: 2 }),
            Plot.dot(data, { ...place, fill: ({ name }) => colorOf(name), r: 3.5 }),
            ...[-9, 10].map((dy, i) => {
              const some = data.filter(({ percentile }) => percentiles.indexOf(percentile) % 2 === i)
              return Plot.text(some, { ...place, text: 'percentile', dy, fontSize: 9 })
            }),
          ],
        },
      }
    })
}
