// What a signal ends: one listener for each signal, which stays as long as somebody may wait with it. Adding and removing one
// with each wait would cost half as much as the wait itself.
import { invalidType } from '../checks.js'
import { AbortError } from '../errors.js'

/** What a signal ends, and its neighbours in the list of that signal. */
export interface Abortable {
  nextAbortable: Abortable | undefined
  previousAbortable: Abortable | undefined
  /** Called when the signal is aborted, with the list still as it was: it removes itself. */
  abort(reason: unknown): void
}

/** A signal, and what it ends. */
export class Aborts {
  readonly signal: AbortSignal
  #first: Abortable | undefined
  #users = 0

  private constructor(signal: AbortSignal) {
    if (typeof signal.addEventListener !== 'function') throw invalid(signal)
    this.signal = signal
  }

  /** The only one of a signal. Throws if it has no listeners. */
  static of(signal: AbortSignal): Aborts {
    let aborts = known.get(signal)
    if (aborts === undefined) known.set(signal, (aborts = new Aborts(signal)))
    return aborts
  }

  /** Listens until the matching `drop`. The signal of Node's that has a listener may live as long as its source or its timer. */
  use(): void {
    if (this.#users++ === 0) this.signal.addEventListener('abort', this)
  }

  drop(): void {
    if (--this.#users === 0) this.signal.removeEventListener('abort', this)
  }

  add(one: Abortable): void {
    this.use()
    one.nextAbortable = this.#first
    if (this.#first !== undefined) this.#first.previousAbortable = one
    this.#first = one
  }

  delete(one: Abortable): void {
    const { nextAbortable: next, previousAbortable: previous } = one
    if (previous === undefined) this.#first = next
    else previous.nextAbortable = next
    if (next !== undefined) next.previousAbortable = previous
    one.nextAbortable = one.previousAbortable = undefined
    this.drop()
  }

  handleEvent(): void {
    const all: Abortable[] = [] // in the order of their calls
    for (let one = this.#first; one !== undefined; one = one.nextAbortable) all.push(one)
    for (const one of all.reverse()) one.abort(this.signal.reason)
  }
}

const known = new WeakMap<AbortSignal, Aborts>()

/** Calls `callback` when the signal is aborted. Returns a function that cancels that, to be called once. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const aborts = Aborts.of(signal)
  const one: Abortable = { nextAbortable: undefined, previousAbortable: undefined, abort: callback }
  aborts.add(one)
  return () => aborts.delete(one)
}

const invalid = (signal: unknown): Error => invalidType('options.signal', signal, 'an AbortSignal')

/** Checks that the signal, if any, is not aborted. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') throw invalid(signal)
  return checkAborted(signal)
}

/** As checkSignal, for those who call Aborts.of next, which checks the rest once for each signal. */
export function checkAborted(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined
  const aborted = typeof signal === 'object' && signal !== null ? (signal.aborted as unknown) : undefined
  if (typeof aborted !== 'boolean') throw invalid(signal)
  if (aborted) throw new AbortError(signal.reason)
  return signal
}
