// A waiter: for a result that a step gives once the descriptor is ready, or for the end of its patience.
import type { AddressLike } from '../structs/address.js'
import { socketError } from '../errors.js'
import { Timer } from '../timers.js'
import { onAbort } from './on-abort.js'

/** What can end a wait before its time. */
export interface WaitOptions {
  /** Rejects with an AbortError. */
  signal?: AbortSignal | undefined
  /** Milliseconds, null for ever; default: the socket's own timeout. Rejects with a TimeoutError. */
  timeout?: number | null | undefined
}

/**
 * What a step gives that is to be tried again of itself: after some milliseconds, 0 of which let the loop turn once. Infinity
 * leaves that to the descriptor, as null does, but something was done.
 */
export class Later {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

/** One try: the result, null where the descriptor will tell when to try again, or Later where it will not. */
export type Step<Result> = () => Result | Later | null

/** A waiter. */
export class Turn<Result = unknown> {
  /** Who stands behind it and before it, and whether it stands in line at all: for its queue. */
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
  #forget: (() => void) | undefined // the signal

  /** The call and the address are those that errors name. */
  constructor(step: Step<Result>, syscall: string, address?: AddressLike) {
    this.#step = step
    this.#syscall = syscall
    this.#address = address
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** The error for an errno; `timeout` where it is that of the wait. */
  failure(errno: number, timeout?: number | null): Error {
    return socketError(errno, this.#syscall, { address: this.#address, timeout })
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

  /** Calls `abort` when the signal fires. */
  heed(signal: AbortSignal, abort: () => void): void {
    this.#forget = onAbort(signal, abort)
  }

  /** Calls `timeOut` when the time is over; whether the timer keeps the process alive. */
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
