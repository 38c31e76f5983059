// One who waits: for a result that a step gives once the descriptor is ready, or for the end of its patience.
import type { AddressLike } from '../address.js'
import { socketError } from '../errors.js'
import { Timer } from '../timers.js'
import { onAbort } from './on-abort.js'

/** What can end a wait before its time. */
export interface WaitOptions {
  /** Rejects with an AbortError. */
  signal?: AbortSignal | undefined
  /** Milliseconds, null for ever; the socket's own timeout unless told otherwise. Rejects with a TimeoutError. */
  timeout?: number | null | undefined
}

/** What a step gives that is to be tried again of itself: after some milliseconds, 0 of which let the loop turn once. */
export class Later {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

/** One try: the result, null where the descriptor will tell when to try again, or Later where it will not. */
export type Step<Result> = () => Result | Later | null

/** One who waits. */
export class Turn<Result = unknown> {
  readonly promise: Promise<Result>
  readonly #step: Step<Result>
  readonly #syscall: string
  readonly #address: AddressLike | undefined
  #resolve!: (result: Result) => void
  #reject!: (error: unknown) => void
  #timer: Timer | undefined
  #forget: (() => void) | undefined // the signal

  /** The call and the address are those that errors tell of. */
  constructor(step: Step<Result>, syscall: string, address?: AddressLike) {
    this.#step = step
    this.#syscall = syscall
    this.#address = address
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** The error for an errno. */
  failure(errno: number): Error {
    return socketError(errno, this.#syscall, { address: this.#address })
  }

  /** Tries: true when it is over. */
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

  /** Calls `abort` when the signal fires, `timeOut` when the time is over. */
  limit(signal: AbortSignal | undefined, timeout: number | null, abort: () => void, timeOut: () => void): void {
    if (signal !== undefined) this.#forget = onAbort(signal, abort)
    if (timeout !== null) this.#timer = new Timer(timeout, timeOut)
  }

  #unlimit(): void {
    this.#timer?.clear()
    this.#forget?.()
  }
}
