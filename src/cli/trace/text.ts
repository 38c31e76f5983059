// Draws a conversation as text while it goes on: a column for each thread, a row for each call.
import type { Style } from '../colours.js'
import { arrowText, brief, briefCall, duration, failed as isFailure } from './brief.js'
import { beganAt, endedAt } from './steps.js'
import type { Arrow, Lane, Step } from './steps.js'

export interface TextOptions {
  readonly write: (text: string) => void
  /** Columns of the terminal. */
  readonly width: number
  readonly bytes: number
  readonly time: 'clock' | 'none' | 'relative'
  /** Whether the names of the threads are above their columns (default: they are). */
  readonly names?: boolean
  /** Colours text, where it can be seen. */
  readonly paint: (style: Style, text: string) => string
}

const NARROWEST = 26 // columns of a lane; if they do not fit, the lanes are named in each row instead
const LONG = 10 // milliseconds after which a call is said to wait

/** The ladder. */
export class TextLadder {
  readonly #options: TextOptions
  readonly #lanes: Lane[] = []
  readonly #waiting = new Set<Step>()
  readonly #toldWaiting = new Set<Step>()
  #origin: number | undefined

  constructor(options: TextOptions) {
    this.#options = options
  }

  /** A step that has begun to wait, or that has returned. */
  draw(step: Step): void {
    if (endedAt(step) === undefined) {
      if (!this.#toldWaiting.has(step)) this.#waiting.add(step)
      return
    }
    this.#waiting.delete(step)
    for (const other of this.#waiting) if (beganAt(other) < endedAt(step)! - LONG) this.#wait(other)
    this.#row(step, false)
  }

  /** Nothing has happened for a moment: what waits is shown as waiting. */
  idle(): void {
    for (const step of this.#waiting) if (Date.now() - beganAt(step) > LONG) this.#wait(step)
  }

  #wait(step: Step): void {
    this.#waiting.delete(step)
    this.#toldWaiting.add(step)
    this.#row(step, true)
  }

  #row(step: Step, waits: boolean): void {
    const place = this.#place(step.lane)
    const text = this.#textOf(step, waits)
    const failed = step.event.kind === 'call' && isFailure(step.event)
    const at = waits ? beganAt(step) : endedAt(step)!
    const width = this.#laneWidth
    if (width < NARROWEST) return this.#inRows(step, at, text, failed)
    const lines = wrapped(text, width - 2).map(line => this.#coloured(` ${line}`.padEnd(width), failed))
    const cells = this.#lanes.map((_, i) => this.#atOtherEnd(step, i).padEnd(width).slice(0, width))
    cells[place] = lines[0]!
    const arrow = step.arrows.find(
      ({ from, to }) => from.lane !== to.lane && (from.lane.place ?? to.lane.place) !== undefined,
    )
    if (arrow !== undefined && !waits) this.#arrow(cells, place, arrow, labelOf(step, arrow))
    this.#write(`${this.#time(at)}${cells.join('│')}`.trimEnd())
    for (const line of lines.slice(1)) {
      const more = this.#lanes.map((_, i) => (i === place ? line : ' '.repeat(width)))
      this.#write(`${this.#time(undefined)}${more.join('│')}`.trimEnd())
    }
  }

  // The states that a call caused at the other end, in the column of that end.
  #atOtherEnd({ lane, changes, event }: Step, place: number): string {
    const there = changes.filter(({ socket }) => socket.lane !== lane && socket.lane?.place === place)
    return event.kind === 'exit' || there.length === 0 ? '' : ` → ${there.map(({ state }) => state).join(', ')}`
  }

  // Fills the columns between this lane and the other one.
  #arrow(cells: string[], place: number, { from, to }: Arrow, label: string): void {
    const [start, end] = [from.lane.place, to.lane.place]
    if (start === undefined || end === undefined) return
    const other = start === place ? end : start
    const [first, last] = other < place ? [other, place - 1] : [place + 1, other]
    const length = (last - first + 1) * (this.#laneWidth + 1) - 1
    const half = Math.max(0, length - label.length - 4) / 2
    const line = `${'─'.repeat(Math.floor(half))} ${label} ${'─'.repeat(Math.ceil(half))}`
    const whole = end < start ? `◀${line}─` : `─${line}▶`
    cells.splice(first, last - first + 1, this.#options.paint('blue', whole))
  }

  #inRows(step: Step, at: number, text: string, failed: boolean): void {
    const name = `${step.lane.name} ${step.lane.tid}`
    const from = step.arrows.filter(({ to, kind }) => to === step && kind === 'bytes').map(each => each.from.lane.name)
    const told = from.length > 0 ? `  ◀ ${[...new Set(from)].join(', ')}` : ''
    this.#write(`${this.#time(at)} ${name}: ${this.#coloured(text + told, failed)}`)
  }

  #coloured(text: string, failed: boolean): string {
    const { paint } = this.#options
    if (failed) return paint('red', text)
    return text.replace(/→ [A-Z_0-9, ]*[A-Z0-9]/, found => paint('yellow', found))
  }

  #textOf(step: Step, waits: boolean): string {
    const { event } = step
    if (event.kind === 'signal') return `▲ ${event.signal}`
    const own = step.changes.filter(({ socket }) => event.kind === 'exit' || socket.lane === step.lane)
    const states = own.length === 0 ? '' : `  → ${own.map(({ state }) => state).join(', ')}`
    if (event.kind === 'exit') return `■ ${event.how}${states}`
    if (waits) return `${briefCall(event, this.#options.bytes)} ⋯${states}`
    const took = event.ended! - event.began
    const after = took >= LONG ? `  after ${duration(took)}` : ''
    return `${this.#toldWaiting.delete(step) ? '⋯ ' : ''}${brief(event, this.#options.bytes)}${states}${after}`
  }

  #place(lane: Lane): number {
    if (lane.place === undefined) {
      lane.place = this.#lanes.length
      this.#lanes.push(lane)
      this.#header()
    }
    return lane.place
  }

  get #laneWidth(): number {
    const room = this.#options.width - this.#timeWidth
    return Math.floor((room - this.#lanes.length + 1) / this.#lanes.length)
  }

  #header(): void {
    const width = this.#laneWidth
    if (width < NARROWEST || this.#options.names === false) return
    const titles = this.#lanes.map(({ name, pid, tid }) =>
      ` ${name} ${pid}${tid === pid ? '' : `/${tid}`}`.slice(0, width),
    )
    const { paint } = this.#options
    const pad = ' '.repeat(this.#timeWidth)
    this.#write(`${pad}${titles.map(title => paint('bold', title.padEnd(width))).join('│')}`.trimEnd())
    this.#write(`${'─'.repeat(this.#timeWidth)}${titles.map(() => '─'.repeat(width)).join('┼')}`)
  }

  get #timeWidth(): number {
    return { clock: 16, none: 0, relative: 11 }[this.#options.time]
  }

  #time(at: number | undefined): string {
    if (this.#options.time === 'none') return ''
    const width = this.#timeWidth
    if (at === undefined) return ' '.repeat(width)
    this.#origin ??= at
    const text =
      this.#options.time === 'clock'
        ? `${new Date(at).toISOString().slice(11, 23)}${String(Math.round((at * 1000) % 1000)).padStart(3, '0')}`
        : (at - this.#origin).toFixed(3)
    return this.#options.paint('dim', `${text.padStart(width - 1)} `)
  }

  #write(line: string): void {
    this.#options.write(`${line}\n`)
  }
}

const sizeOf = ({ arrows }: Step, kind: string): number =>
  arrows.reduce((sum, arrow) => sum + (arrow.kind === kind ? arrow.size : 0), 0)

// What passed, and the states at its beginning, which the arrow covers.
function labelOf(step: Step, { kind }: Arrow): string {
  const states = step.changes.filter(({ socket }) => socket.lane !== step.lane).map(({ state }) => ` → ${state}`)
  return `${arrowText(kind, sizeOf(step, kind))}${states.join('')}`
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (let rest = text; rest !== '';) {
    const space = rest.length > width ? rest.lastIndexOf(' ', width) : -1
    const end = rest.length <= width ? rest.length : space > width / 2 ? space : width
    lines.push(rest.slice(0, end))
    rest = rest.slice(end).trimStart()
    if (rest !== '') rest = `  ${rest}`
  }
  return lines
}
