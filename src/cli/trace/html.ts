// Writes a conversation as one HTML page, which fetches nothing.
import { script } from './page-script.js'
import { layoutOf } from './layout.js'
import { recordOf } from './json.js'
import { style } from './page-style.js'
import type { Step } from './steps.js'
import { escapeXml } from './svg.js'

/** The page; of bytes in its ladder at most so many, in its details all that the trace has. */
export function htmlOf(steps: readonly Step[], bytes: number, title: string): string {
  const { lanes, placed, marks, times, origin } = layoutOf(steps, bytes)
  const data = {
    ...{ title, origin, times: times.map(time => Math.round(time * 1000) / 1000) },
    lanes: lanes.map(({ name, pid, tid }) => ({ name, pid, tid })),
    // Arrays, since ten thousand objects of this shape would be twice as long.
    placed: placed.map(({ step, lane, first, last, text, result, states, failed }) => [
      ...[step.number, lane, first, last, text, result, states, failed ? 1 : 0],
    ]),
    marks: marks.map(({ kind, from, to, text, steps }) => [kind, from.lane, from.row, to.lane, to.row, text, ...steps]),
    records: placed.map(({ step }) => recordOf(step)),
  }
  const json = JSON.stringify(data).replaceAll('<', '\\u003c')
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
<script type="application/json" id="data">${json}</script>
<script>${script}</script>
</body>
</html>
`
}
