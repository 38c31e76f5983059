// What a conversation consists of: lanes and steps. docs/trace.md documents their form in JSON.
import type { Call, Exit, Signal } from './event.js'
import type { Change, TracedSocket } from './states.js'

/** A thread, or the only one of a process. */
export interface Lane {
  /** Its place in the picture, from the left; undefined until it has a step that is shown. */
  place?: number
  readonly pid: number
  readonly tid: number
  /** The program's name and its first argument. */
  name: string
}

/** What passed from one call to another. */
export interface Arrow {
  readonly kind: 'bytes' | 'connection' | 'end'
  readonly from: Step
  readonly to: Step
  /** How many bytes. */
  readonly size: number
}

/** One call in the conversation, or a signal, or the end of a thread. */
export interface Step {
  readonly number: number
  readonly lane: Lane
  /** Without `ended` while a call waits. */
  event: Call | Exit | Signal
  /** The sockets that it is about; the first is the one that it was made with. */
  readonly sockets: TracedSocket[]
  /** The states that it caused. */
  readonly changes: Change[]
  /** Those that end or begin here; one whose other end came later is with that. */
  readonly arrows: Arrow[]
}

export const beganAt = ({ event }: Step): number => (event.kind === 'call' ? event.began : event.at)
export const endedAt = ({ event }: Step): number | undefined => (event.kind === 'call' ? event.ended : event.at)
