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
  #first: Abortable | undefined // the latest
  #uses = 0 // besides those in the list

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
    if (this.#uses++ === 0 && this.#first === undefined) this.#listen()
  }

  drop(): void {
    if (--this.#uses === 0 && this.#first === undefined) this.#leave()
  }

  add(one: Abortable): void {
    const first = this.#first
    this.#first = one
    if (first === undefined) return this.#uses === 0 ? this.#listen() : undefined
    one.nextAbortable = first
    first.previousAbortable = one
  }

  /** To be called once, for one that was added: it is not used again. */
  delete({ nextAbortable: next, previousAbortable: previous }: Abortable): void {
    if (next !== undefined) next.previousAbortable = previous
    if (previous !== undefined) previous.nextAbortable = next
    else if ((this.#first = next) === undefined && this.#uses === 0) this.#leave()
  }

  #listen(): void {
    this.signal.addEventListener('abort', this)
  }

  #leave(): void {
    this.signal.removeEventListener('abort', this)
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
  const aborted: unknown = (signal as AbortSignal | null)?.aborted
  if (aborted === false) return signal
  throw aborted === true ? new AbortError(signal.reason) : invalid(signal)
}
