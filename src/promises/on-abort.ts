// Callbacks for an abort: one listener for each signal, however many waiters it has.
import { invalidType } from '../checks.js'
import { AbortError } from '../errors.js'

/** The listener of a signal, as long as a waiter uses it. */
class Aborted {
  readonly #signal: AbortSignal
  readonly #callbacks = new Set<() => void>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  handleEvent(): void {
    for (const callback of this.#callbacks) callback()
  }

  add(callback: () => void): void {
    if (this.#callbacks.size === 0) this.#signal.addEventListener('abort', this)
    this.#callbacks.add(callback)
  }

  delete(callback: () => void): void {
    if (this.#callbacks.delete(callback) && this.#callbacks.size === 0) this.#signal.removeEventListener('abort', this)
  }
}

const listeners = new WeakMap<AbortSignal, Aborted>()

/** Calls `callback` when the signal is aborted. Returns a function that cancels that. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let aborted = listeners.get(signal)
  if (aborted === undefined) listeners.set(signal, (aborted = new Aborted(signal)))
  aborted.add(callback)
  return () => aborted.delete(callback)
}

/** Checks that the signal, if any, is not aborted. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined
  if (typeof signal !== 'object' || signal === null || !('aborted' in signal))
    throw invalidType('options.signal', signal, 'an AbortSignal')
  if (signal.aborted) throw new AbortError(signal.reason)
  return signal
}
