// Writes a conversation as one HTML page, which fetches nothing.
import { script } from './page-script.js'
import { layoutOf } from './layout.js'
import { recordOf } from './json.js'
import { manualOf } from './manual.js'
import { style } from './page-style.js'
import type { Step } from './steps.js'
import { escapeXml } from './svg.js'

const group = 100 // records in an element: the page parses them when one is shown, since all would take too long

const longest = 100 // characters of an argument: the bytes are shown by themselves

const jsonOf = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c')

/** Members of a record that the page has elsewhere. */
const elsewhere = /^(kind|number|pid|tid|program|manual|states|arrows)$/

function detailsOf(step: Step): Record<string, unknown> {
  const details = Object.fromEntries(Object.entries(recordOf(step)).filter(([name]) => !elsewhere.test(name)))
  const args = details.args as string[] | undefined
  return { ...details, args: args?.map(arg => (arg.length > longest ? `${arg.slice(0, longest)}…` : arg)) }
}

const manualsOf = (steps: readonly Step[]): Record<string, string | undefined> =>
  Object.fromEntries(steps.flatMap(({ event }) => (event.kind === 'call' ? [[event.name, manualOf(event.name)]] : [])))

function* groupsOf(records: readonly string[]): Generator<string> {
  for (let i = 0; i < records.length; i += group)
    yield `<script type="application/json" id="records-${i / group}">[${records.slice(i, i + group).join(',\n')}]</script>`
}

/** The page; of bytes in its ladder at most so many, in its details all that the trace has. */
export function htmlOf(steps: readonly Step[], bytes: number, title: string): string {
  const { lanes, placed, marks, times, origin } = layoutOf(steps, bytes)
  const abouts = new Map<string, number>()
  const aboutOf = (step: Step): number => {
    const about = step.sockets.map(({ protocol, local, peer }) => `${protocol} ${local} ${peer}`).join(' ')
    if (!abouts.has(about)) abouts.set(about, abouts.size)
    return abouts.get(about)!
  }
  const data = {
    ...{ title, origin, times: times.map(time => Math.round(time * 1000) / 1000), group },
    lanes: lanes.map(({ name, pid, tid }) => ({ name, pid, tid })),
    // Arrays, since ten thousand objects of this shape would be twice as long.
    placed: placed.map(({ step, lane, first, last, text, result, states, failed }) => [
      ...[step.number, lane, first, last, text, result, states, failed ? 1 : 0, aboutOf(step)],
    ]),
    marks: marks.map(({ kind, from, to, text, steps }) => [kind, from.lane, from.row, to.lane, to.row, text, ...steps]),
    abouts: [...abouts.keys()],
    manuals: manualsOf(steps),
  }
  const records = placed.map(({ step }) => jsonOf(detailsOf(step)))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeXml(title)}</h1>
<label>Search <input id="search" type="search" autocomplete="off" placeholder="/"></label>
<span id="found" role="status"></span>
<label>Zoom in time <input id="zoom" type="range" min="0" max="12" value="0"></label>
<details><summary>Keys</summary><p><kbd>↓</kbd> <kbd>↑</kbd> next and previous call, <kbd>Enter</kbd> its details, <kbd>Esc</kbd> closes them, <kbd>f</kbd> follows its bytes, <kbd>/</kbd> search, <kbd>n</kbd> <kbd>N</kbd> next and previous match, <kbd>+</kbd> <kbd>-</kbd> zoom, <kbd>Home</kbd> <kbd>End</kbd></p></details>
</header>
<main>
<div id="ladder" role="listbox" tabindex="0" aria-label="Calls"><div id="names" aria-hidden="true"></div><div id="space"><svg id="picture" role="presentation"></svg></div></div>
<aside id="details" aria-label="Details of the call" tabindex="-1" hidden></aside>
</main>
<script type="application/json" id="data">${jsonOf(data)}</script>
${[...groupsOf(records)].join('\n')}
<script>${script}</script>
</body>
</html>
`
}
