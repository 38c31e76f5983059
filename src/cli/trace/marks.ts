// Gives the calls that strace saw the lines of the program that made them, if that tells them by marks (src/syscalls/trace/marks.ts).
import type { Mark } from '../../syscalls/trace/marks.js'
import { bytesOf } from './arguments.js'
import type { Call, Event } from './event.js'

const prefix = 'bsd-sockets:call ' // as there
const LATE = 1000 // milliseconds after which no mark of a call is expected
const MOST = 1000 // calls of a thread that wait for their marks

interface Held {
  event: Event
  /** Whether its mark may still come. */
  open: boolean
}

// undefined: no mark; null: the thread will mark its calls.
function markOf(event: Event): Mark | null | undefined {
  if (event.kind !== 'call' || !/^writev?$/.test(event.name) || event.args[0] !== '-1') return undefined
  const text = bytesOf(event.args[1] ?? '')?.toString() ?? ''
  if (!text.startsWith(prefix)) return undefined
  try {
    return JSON.parse(text.slice(prefix.length)) as Mark | null
  } catch {
    return null // it was shortened
  }
}

// The system calls that a function of the C library may make.
const alike = (name: string): string =>
  name
    .replace(/^(send|recv)(to|from)$/, '$1')
    .replace(/^accept4$/, 'accept')
    .replace(/^ppoll$/, 'poll')
    .replace(/^pselect6$/, 'select')
    .replace(/^epoll_p?wait2?$/, 'epoll_wait')

const isOf = ({ name, result, errno, first }: Mark, call: Call): boolean =>
  alike(name) === alike(call.name) &&
  result === Number(call.result) &&
  errno === call.errno &&
  (first === undefined || !/^-?\d+$/.test(call.args[0] ?? '') || first === Number(call.args[0]))

/**
 * Holds the calls of threads that mark them back until their marks have come. A mark is of an earlier call of its thread, and marks are
 * in the order of the calls. If it may be of two calls, neither gets its line.
 */
export class Marks {
  readonly #held: Held[] = [] // in the order of the events
  readonly #open = new Map<number, Held[]>() // by thread that marks: its calls without a mark

  #hold(event: Event): void {
    const calls = this.#open.get(event.tid)
    const held = { event, open: calls !== undefined && event.kind === 'call' && event.ended !== undefined }
    this.#held.push(held)
    if (calls === undefined) return
    if (held.open) calls.push(held)
    if (calls.length > MOST) calls.shift()!.open = false
    if (event.kind !== 'exit' && event.kind !== 'exec') return
    for (const each of calls) each.open = false
    this.#open.delete(event.tid)
  }

  #mark(tid: number, mark: Mark | null): void {
    const calls = this.#open.get(tid)
    if (calls === undefined) this.#open.set(tid, [])
    if (calls === undefined || mark === null) return
    const [first, ...more] = calls.filter(({ event }) => isOf(mark, event as Call))
    if (first === undefined) return
    if (more.length === 0 && mark.source !== undefined) first.event = { ...(first.event as Call), source: mark.source }
    for (const each of calls.splice(0, calls.indexOf(first) + 1)) each.open = false
  }

  /** The events that are due with one more. */
  *add(event: Event): Generator<Event> {
    const mark = markOf(event)
    if (mark === undefined) this.#hold(event)
    else if ((event as Call).ended !== undefined) this.#mark(event.tid, mark) // otherwise it comes once more
    const now = event.kind === 'call' ? (event.ended ?? event.began) : event.at
    for (let [first] = this.#held; first !== undefined; [first] = this.#held) {
      if (first.open && (first.event as Call).ended! > now - LATE) return
      yield this.#held.shift()!.event
    }
  }

  /** The events that were held back. */
  *rest(): Generator<Event> {
    for (const { event } of this.#held.splice(0)) yield event
  }
}
