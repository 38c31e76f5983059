// Where each step of a picture is: its lane from the left, its rows from the top.
import { arrowText, brief, briefCall, briefResult, duration, failed as isFailure } from './brief.js'
import { beganAt, endedAt } from './steps.js'
import type { Lane, Step } from './steps.js'

/** A step in a picture. */
export interface Placed {
  readonly step: Step
  readonly lane: number
  /** The row where it begins, and where it ends: the same unless something else happened in between. */
  readonly first: number
  readonly last: number
  /** What stands at the first row, and at the last one if that is another. */
  readonly text: string
  readonly result: string
  /** The states of its own sockets. */
  readonly states: string
  readonly failed: boolean
}

/** An arrow or a state at another lane. */
export interface Mark {
  readonly kind: 'bytes' | 'connection' | 'end' | 'state'
  readonly from: { readonly lane: number; readonly row: number }
  readonly to: { readonly lane: number; readonly row: number }
  readonly text: string
  /** The numbers of the steps. */
  readonly steps: readonly [number, number]
}

export interface Layout {
  readonly lanes: readonly Lane[]
  readonly placed: readonly Placed[]
  readonly marks: readonly Mark[]
  /** The time of each row, in milliseconds since the first. */
  readonly times: readonly number[]
  /** Milliseconds since 1970 of the first row. */
  readonly origin: number
}

const LONG = 10 // milliseconds after which a call says how long it took

/** Places the steps; of bytes in their texts at most so many. */
export function layoutOf(steps: readonly Step[], bytes: number): Layout {
  const last = Math.max(...steps.slice(-1000).map(step => endedAt(step) ?? beganAt(step)), 0)
  const points = steps
    .flatMap(step => [
      { step, at: beganAt(step), ends: false },
      { step, at: endedAt(step) ?? last, ends: true },
    ])
    .sort((a, b) => a.at - b.at || a.step.number - b.step.number || Number(a.ends) - Number(b.ends))
  const times: number[] = []
  const firstRow = new Map<Step, number>()
  const lastRow = new Map<Step, number>()
  const origin = points[0]?.at ?? 0
  for (const [i, { step, at, ends }] of points.entries()) {
    if (ends && points[i - 1]?.step === step) {
      lastRow.set(step, times.length - 1)
      continue
    }
    times.push(at - origin)
    ;(ends ? lastRow : firstRow).set(step, times.length - 1)
  }
  const lanes = [...new Set([...steps].sort((a, b) => firstRow.get(a)! - firstRow.get(b)!).map(({ lane }) => lane))]
  const laneOf = new Map(lanes.map((lane, i) => [lane, i]))
  const placed = steps.map(step => {
    const [first, end] = [firstRow.get(step)!, lastRow.get(step)!]
    return { step, lane: laneOf.get(step.lane)!, first, last: end, ...textsOf(step, first !== end, bytes) }
  })
  const at = (step: Step, row: Map<Step, number>): Mark['to'] => ({ lane: laneOf.get(step.lane)!, row: row.get(step)! })
  const arrows = steps.flatMap(({ arrows }) => arrows).filter(({ from, to }) => firstRow.has(from) && firstRow.has(to))
  const marks = arrows.map(({ kind, from, to, size }): Mark => ({
    ...{ kind, from: at(from, firstRow), to: at(to, lastRow), text: arrowText(kind, size) },
    steps: [from.number, to.number],
  }))
  const states = steps.flatMap(step =>
    step.changes.flatMap(({ socket, state }): Mark[] => {
      const lane = socket.lane === undefined || socket.lane === step.lane ? undefined : laneOf.get(socket.lane)
      if (lane === undefined || step.event.kind === 'exit') return []
      const place = { lane, row: lastRow.get(step)! }
      return [{ kind: 'state', from: place, to: place, text: state, steps: [step.number, step.number] }]
    }),
  )
  return { lanes, placed, marks: [...marks, ...states], times, origin }
}

function textsOf(step: Step, apart: boolean, bytes: number): Pick<Placed, 'failed' | 'result' | 'states' | 'text'> {
  const { event, lane, changes } = step
  const own = changes.filter(({ socket }) => event.kind === 'exit' || socket.lane === lane || socket.lane === undefined)
  const states = own.map(({ state }) => state).join(', ')
  if (event.kind !== 'call') {
    return { text: event.kind === 'exit' ? `■ ${event.how}` : `▲ ${event.signal}`, result: '', states, failed: false }
  }
  const failed = isFailure(event)
  if (event.ended === undefined) return { text: briefCall(event, bytes), result: '', states, failed }
  const took = event.ended - event.began
  const after = took >= LONG ? ` after ${duration(took)}` : ''
  if (!apart) return { text: `${brief(event, bytes)}${after}`, result: '', states, failed }
  return { text: briefCall(event, bytes), result: `= ${briefResult(event)}${after}`, states, failed }
}
