// A waiter: it waits until its step gives a result, or until a signal or a timeout ends the wait.
import type { AddressLike } from '../structs/address.js'
import { socketError } from '../errors.js'
import { Timer } from '../timers.js'
import { onAbort } from './on-abort.js'

/** What can end a wait early. */
export interface WaitOptions {
  /** Rejects with an AbortError. */
  signal?: AbortSignal | undefined
  /** Milliseconds; null: no limit. Default: the socket's own timeout. Rejects with a TimeoutError. */
  timeout?: number | null | undefined
}

/**
 * The outcome of a step that is to be tried again after `ms` milliseconds, whatever the descriptor does; 0: after one turn of
 * the loop. Infinity: when the descriptor is ready, as for null, but the step has made progress.
 */
export class Later {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

/** One try. Returns the result; null to try again when the descriptor is ready; or Later to try again after a time. */
export type Step<Result> = () => Result | Later | null

/** A waiter. */
export class Turn<Result = unknown> {
  /** For its queue: the neighbours, and whether it is in the queue. */
  next: Turn | undefined
  previous: Turn | undefined
  waits = false
  readonly promise: Promise<Result>
  readonly #step: Step<Result>
  readonly #syscall: string
  readonly #address: AddressLike | undefined
  #resolve!: (result: Result) => void
  #reject!: (error: unknown) => void
  #timer: Timer | undefined
  #forget: (() => void) | undefined // removes the callback of the signal

  /** Errors name the call and the address. */
  constructor(step: Step<Result>, syscall: string, address?: AddressLike) {
    this.#step = step
    this.#syscall = syscall
    this.#address = address
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** The error for an errno; with `timeout` for that of the wait. */
  failure(errno: number, timeout?: number | null): Error {
    return socketError(errno, this.#syscall, { address: this.#address, timeout })
  }

  /** Tries once. Returns true when the wait is over. */
  try(): true | Later | null {
    try {
      const result = this.#step()
      if (result === null) return null
      if (result instanceof Later) return result
      this.#unlimit()
      this.#resolve(result)
    } catch (error) {
      this.reject(error)
    }
    return true
  }

  reject(error: unknown): void {
    this.#unlimit()
    this.#reject(error)
  }

  /** Calls `abort` when the signal fires. */
  heed(signal: AbortSignal, abort: () => void): void {
    this.#forget = onAbort(signal, abort)
  }

  /** Calls `timeOut` after `timeout` milliseconds. `holds`: whether the timer keeps the process alive. */
  limit(timeout: number, timeOut: () => void, holds: boolean): void {
    this.#timer = new Timer(timeout, timeOut, holds)
  }

  hold(holds: boolean): void {
    this.#timer?.hold(holds)
  }

  #unlimit(): void {
    this.#timer?.clear()
    this.#forget?.()
  }
}
