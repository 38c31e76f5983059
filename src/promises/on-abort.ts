// Who is notified of an abort: one listener for each signal, however many waiters it has.
import { invalidType } from '../checks.js'
import { AbortError } from '../errors.js'

/** The listener of a signal while somebody waits with it. */
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

/** Calls back when the signal is aborted, unless the function that is returned is called before. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let aborted = listeners.get(signal)
  if (aborted === undefined) listeners.set(signal, (aborted = new Aborted(signal)))
  aborted.add(callback)
  return () => aborted.delete(callback)
}

/** A signal that has not been aborted, or none. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined
  if (typeof signal !== 'object' || signal === null || !('aborted' in signal))
    throw invalidType('options.signal', signal, 'an AbortSignal')
  if (signal.aborted) throw new AbortError(signal.reason)
  return signal
}
