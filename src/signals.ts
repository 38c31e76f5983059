// Signals that come while a call blocks the main thread, where their listeners cannot run.
import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { native } from './native.js'

const numbers: Readonly<Record<string, number>> = constants.signals

// On a terminal Node listens for SIGWINCH itself, unasked.
const isHeard = (name: string | symbol): name is string =>
  typeof name === 'string' && name in numbers && name !== 'SIGWINCH'

let come = 0
let told: number | undefined // how many had come when this run of JavaScript first asked, or was last told

/**
 * Whether a signal that `process` has a listener for has come since this run of JavaScript, from one turn of the event
 * loop to the next, first asked, or since `told`. In a worker none ever comes. signal(7)
 */
export function signalCame(): boolean {
  if (!isMainThread) return false
  const heard = process.eventNames().filter(isHeard)
  if (heard.length === 0) return false
  come = native.environment.signals(...heard.map(name => numbers[name]!))
  if (told === undefined) {
    told = come
    queueMicrotask(() => (told = undefined))
  }
  return come !== told
}

/** The program is being told of all signals that have come, and now their listeners will run, even if it ends at once. */
export function tellSignals(): void {
  if (told === undefined || told === come) return
  told = come
  setImmediate(() => setImmediate(() => {})) // two turns of the event loop: in its first one it may not look yet
}
