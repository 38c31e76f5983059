// The script of the page that html.ts writes: it draws only the rows that are visible.

export const script = String.raw`'use strict'
const data = JSON.parse(document.getElementById('data').textContent)
const byId = id => document.getElementById(id)
const [ladder, names, space, picture, details, search, found, zoom] =
  ['ladder', 'names', 'space', 'picture', 'details', 'search', 'found', 'zoom'].map(byId)
const ROW = 22, CHARACTER = 7.3, TIME = 86
const calls = data.placed.map(([number, lane, first, last, text, result, states, failed, about], index) =>
  ({ number, lane, first, last, text, result, states, failed, about: data.abouts[about], index }))
const recordOf = ({ index }) => JSON.parse(byId('records-' + Math.floor(index / data.group)).textContent)[index % data.group]
const order = [...calls].sort((a, b) => a.first - b.first)
order.forEach((call, i) => { call.place = i })
const byNumber = new Map(calls.map(call => [call.number, call]))
const marks = data.marks.map(([kind, lane1, row1, lane2, row2, text, from, to]) => ({ kind, lane1, row1, lane2, row2, text, from, to }))
let chosen = 0, scale = 0, matches = []

// Columns
const widths = data.lanes.map(({ name }) => name.length)
for (const { lane, text, result, states } of calls) widths[lane] = Math.max(widths[lane], text.length + states.length + 3, result.length + states.length + 3)
let right = TIME + 12
const columns = widths.map(characters => {
  const width = Math.min(520, Math.max(170, characters * CHARACTER + 34))
  const column = { x: right, width: width - 26 }
  right += width
  return column
})
data.lanes.forEach(({ name, pid, tid }, i) => {
  const title = document.createElement('span')
  const small = document.createElement('small')
  title.textContent = name || 'process'
  small.textContent = pid === tid ? pid : pid + ', thread ' + tid
  title.append(small)
  title.style.left = columns[i].x - 6 + 'px'
  title.style.maxWidth = columns[i].width + 'px'
  names.append(title)
})
names.style.width = right + 'px'

// A row is at its number, and its time stretches the picture when zoomed.
const y = row => row * ROW + data.times[row] * scale + ROW / 2
const height = () => (data.times.length === 0 ? 0 : y(data.times.length - 1) + ROW)
function rowAt(pixels) {
  let low = 0, high = data.times.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (y(middle) < pixels) low = middle + 1
    else high = middle
  }
  return low
}

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = text => text.replace(/[&<>"]/g, found => escapes[found])
const cut = (text, width) => {
  const most = Math.max(4, Math.floor(width / CHARACTER))
  return text.length > most ? text.slice(0, most - 1) + '…' : text
}

let drawn = ''
function draw() {
  const top = Math.max(0, ladder.scrollTop - 300)
  const bottom = ladder.scrollTop + ladder.clientHeight + 300
  const first = rowAt(top), last = rowAt(bottom)
  const state = [first, last, scale, chosen, matches.length, search.value].join()
  if (state === drawn) return
  drawn = state
  const parts = ['<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="context-stroke"/></marker></defs>']
  const clip = pixels => Math.min(bottom, Math.max(top, pixels))
  for (const { x } of columns) parts.push('<line class="lane" x1="' + x + '" x2="' + x + '" y1="' + top + '" y2="' + Math.min(bottom, height()) + '"/>')
  for (const mark of marks) {
    if (mark.kind === 'state' || mark.lane1 === mark.lane2 || Math.max(mark.row1, mark.row2) < first || Math.min(mark.row1, mark.row2) > last) continue
    const x1 = columns[mark.lane1].x, x2 = columns[mark.lane2].x + (columns[mark.lane1].x < columns[mark.lane2].x ? -5 : 5)
    const y1 = y(mark.row1), y2 = y(mark.row2)
    parts.push('<line class="' + mark.kind + '" x1="' + x1 + '" y1="' + y1 + '" x2="' + x2 + '" y2="' + y2 + '" marker-end="url(#head)"/>')
    parts.push('<text class="label" x="' + (Math.max(x1, x2) - 52) + '" y="' + (y1 + (y2 - y1) * (x1 < x2 ? 1 - 52 / (x2 - x1) : 52 / (x1 - x2)) - 5) + '">' + mark.text + '</text>')
  }
  for (let row = first; row <= last && row < data.times.length; row++) parts.push('<text class="time" x="' + (TIME - 8) + '" y="' + (y(row) + 4) + '">' + data.times[row].toFixed(3) + '</text>')
  const matching = new Set(matches)
  for (const call of calls) {
    if (call.last < first || call.first > last) continue
    const { x, width } = columns[call.lane]
    const bad = call.failed ? ' class="bad"' : ''
    const states = call.states && '<tspan class="state">  ' + call.states + '</tspan>'
    const line = (row, text, more) => row < first || row > last ? '' : '<circle' + bad + ' cx="' + x + '" cy="' + y(row) + '" r="3"/><text' + bad + ' x="' + (x + 12) + '" y="' + (y(row) + 4) + '">' + escape(cut(text, more ? width - (call.states.length + 2) * CHARACTER : width)) + more + '</text>'
    const apart = call.first !== call.last
    const kind = (call.place === chosen ? 'chosen' : '') + (matching.has(call) ? ' found' : '')
    parts.push('<g role="option" id="call-' + call.index + '" data-index="' + call.index + '" aria-selected="' + (call.place === chosen) + '" class="' + kind + '">' +
      '<rect x="' + (x - 8) + '" y="' + (clip(y(call.first)) - 11) + '" width="' + (width + 22) + '" height="22"/>' +
      (apart ? '<line class="wait" x1="' + x + '" x2="' + x + '" y1="' + clip(y(call.first)) + '" y2="' + clip(y(call.last)) + '"/>' : '') +
      line(call.first, call.text, apart ? '' : states) + (apart && (call.result || states) ? line(call.last, call.result, states) : '') + '</g>')
  }
  for (const { kind, lane2, row2, text } of marks) if (kind === 'state' && row2 >= first && row2 <= last) parts.push('<text class="state" x="' + (columns[lane2].x + 12) + '" y="' + (y(row2) + 4) + '">' + text + '</text>')
  picture.innerHTML = parts.join('')
  const call = order[chosen]
  if (call && byId('call-' + call.index)) ladder.setAttribute('aria-activedescendant', 'call-' + call.index)
  else ladder.removeAttribute('aria-activedescendant')
}
let waits = false
function redraw() {
  if (waits) return
  waits = true
  requestAnimationFrame(() => { waits = false; draw() })
}
function resize() {
  space.style.height = height() + 20 + 'px'
  space.style.width = right + 'px'
  picture.setAttribute('width', right)
  picture.setAttribute('height', Math.max(1, height()))
  redraw()
}

function choose(place) {
  if (order.length === 0) return
  chosen = Math.min(order.length - 1, Math.max(0, place))
  if (details.hidden) reveal()
  else show()
  redraw()
}
// Scrolls to the chosen call, if it is not visible.
function reveal() {
  const call = order[chosen], at = y(call.first), names = 42, { x, width } = columns[call.lane]
  if (at < ladder.scrollTop + ROW || at > ladder.scrollTop + ladder.clientHeight - names - ROW) ladder.scrollTop = at - ladder.clientHeight / 2
  const end = x + Math.min(width, ladder.clientWidth - 20)
  if (x - 12 < ladder.scrollLeft || end > ladder.scrollLeft + ladder.clientWidth) ladder.scrollLeft = call.lane === 0 ? 0 : x - 12
}

function hexOf(bytes) {
  const lines = []
  for (let i = 0; i < bytes.length; i += 8) {
    const part = [...bytes.slice(i, i + 8)].map(character => character.charCodeAt(0))
    const hex = part.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    lines.push(i.toString(16).padStart(4, '0') + '  ' + hex.padEnd(23) + '  ' + part.map(byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join(''))
  }
  return lines.join('\n')
}

function element(name, text, parent) {
  const made = document.createElement(name)
  made.textContent = text
  parent.append(made)
  return made
}
function show() {
  fill()
  reveal() // the ladder may be smaller now
}
function fill() {
  const call = order[chosen], record = recordOf(call)
  details.replaceChildren()
  details.hidden = false
  element('h2', call.text + (call.result ? ' ' + call.result : ''), details)
  if (data.manuals[record.call]) element('p', data.manuals[record.call], details)
  const list = element('dl', '', details)
  const row = (name, value) => { if (value !== undefined && value !== '') { element('dt', name, list); element('dd', value, list) } }
  const lane = data.lanes[call.lane]
  row('in', lane.name + ' ' + lane.pid + (lane.tid === lane.pid ? '' : ', thread ' + lane.tid))
  if (record.call) row('call', record.call + '(' + record.args.join(', ') + ')')
  row('result', record.result === undefined ? undefined : record.result + (record.errno ? ' ' + record.errno : '') + (record.note ? ' (' + record.note + ')' : ''))
  const began = record.began ?? record.at
  row('began', new Date(began).toISOString() + ', ' + (began - data.origin).toFixed(3) + ' ms')
  if (record.began !== undefined) row('took', record.ended === undefined ? 'it did not return' : (record.ended - record.began).toFixed(3) + ' ms')
  for (const socket of record.sockets ?? []) row('socket ' + socket.number, [socket.protocol, socket.local, socket.peer && '→ ' + socket.peer].filter(Boolean).join(' '))
  row('states', call.states)
  row('source', record.source)
  for (const mark of marks) {
    if (mark.kind === 'state' || (mark.from !== call.number && mark.to !== call.number)) continue
    const other = byNumber.get(mark.from === call.number ? mark.to : mark.from)
    const button = element('button', (mark.from === call.number ? 'to: ' : 'from: ') + mark.text + ', ' + other.text, details)
    button.onclick = () => { choose(other.place); details.focus() }
  }
  if (record.bytes === undefined) return
  const bytes = atob(record.bytes)
  element('h3', record.size + ' bytes' + (bytes.length < record.size ? ', the first ' + bytes.length + ' of them' : ''), details)
  element('pre', hexOf(bytes), details)
  element('h3', 'as text', details)
  element('pre', new TextDecoder().decode(Uint8Array.from(bytes, character => character.charCodeAt(0))), details)
}
function close() {
  details.hidden = true
  ladder.focus()
  redraw()
}

function find() {
  const text = search.value.toLowerCase()
  matches = text === '' ? [] : order.filter(call => (call.text + ' ' + call.result + ' ' + call.states + ' ' + call.about).toLowerCase().includes(text))
  found.textContent = text === '' ? '' : matches.length + ' found'
  redraw()
}
function next(step) {
  const places = matches.map(call => call.place)
  const place = step > 0 ? places.find(each => each > chosen) ?? places[0] : places.findLast(each => each < chosen) ?? places.at(-1)
  if (place !== undefined) choose(place)
}
function setZoom(value) {
  zoom.value = value
  const middle = ladder.scrollTop + ladder.clientHeight / 2
  const row = rowAt(middle), offset = y(row) - ladder.scrollTop
  const most = 15e6 / Math.max(1, data.times.at(-1) ?? 0) // browsers limit heights
  scale = Number(zoom.value) === 0 ? 0 : Math.min(most, 0.005 * 2.5 ** Number(zoom.value))
  resize()
  ladder.scrollTop = y(row) - offset
}

// To the call that got its bytes, otherwise to the one that they came from.
function follow() {
  const call = order[chosen]
  if (call === undefined) return
  const arrows = marks.filter(mark => mark.kind !== 'state')
  const mark = arrows.find(({ from }) => from === call.number) ?? arrows.find(({ to }) => to === call.number)
  const other = mark && byNumber.get(mark.from === call.number ? mark.to : mark.from)
  if (other) choose(other.place)
}

ladder.addEventListener('scroll', redraw, { passive: true })
addEventListener('resize', redraw)
zoom.addEventListener('input', () => setZoom(Number(zoom.value)))
search.addEventListener('input', () => { find(); if (matches.length > 0 && !matches.includes(order[chosen])) next(1) })
search.addEventListener('keydown', event => {
  if (event.key === 'Enter') next(event.shiftKey ? -1 : 1)
  if (event.key === 'Escape') { search.value = ''; find(); ladder.focus() }
})
picture.addEventListener('click', event => {
  const option = event.target.closest('[role=option]')
  if (option) { choose(calls[option.dataset.index].place); show(); redraw() }
})
addEventListener('keydown', event => {
  if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return
  const inButton = event.target.closest && event.target.closest('button,summary,input')
  const keys = {
    ArrowDown: () => choose(chosen + 1), j: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1), k: () => choose(chosen - 1),
    PageDown: () => choose(chosen + 20), PageUp: () => choose(chosen - 20), Home: () => choose(0), End: () => choose(order.length - 1),
    Enter: () => order.length > 0 && (show(), redraw()), Escape: close, '/': () => search.focus(), n: () => next(1), N: () => next(-1),
    '+': () => setZoom(Number(zoom.value) + 1), '-': () => setZoom(Number(zoom.value) - 1), 0: () => setZoom(0),
    f: follow,
  }
  const action = keys[event.key]
  if (action === undefined || (inButton && !['Escape', '/'].includes(event.key))) return
  event.preventDefault()
  action()
})
resize()
ladder.focus({ preventScroll: true })
`
