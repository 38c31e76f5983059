// Waiting: the one place for the policy of what can end a wait.
//
// poll(2) is never restarted after a signal (signal(7)), and it is called in slices: between two of them this thread
// runs JavaScript, where worker.terminate() and process.exit() take hold, and asks what else has come.
import { constants } from 'node:os'
import type { AddressLike } from './address.js'
import { socketError } from './errors.js'
import { isInterrupted, tellInterrupted } from './interrupter.js'
import { Pollfds } from './pollfds.js'
import { signalCame, tellSignals } from './signals.js'

const { EAGAIN, EINTR, ETIMEDOUT } = constants.errno

/** The longest that a blocked thread goes without looking up, in milliseconds. */
export const slice = 100

/** A point in time, `timeout` milliseconds from now; null is never. */
export class Deadline {
  readonly #end: number

  constructor(timeout: number | null) {
    this.#end = timeout === null ? Infinity : performance.now() + timeout
  }

  /** Milliseconds that are left, rounded up, at least 0. */
  get left(): number {
    return this.#end === Infinity ? Infinity : Math.max(0, Math.ceil(this.#end - performance.now()))
  }
}

const one = new Pollfds(1)
const none = new Pollfds(0)

/**
 * The waiting of one call: as often as it has to, until one deadline. An interrupter of one of `blocking`, or a signal
 * that `process` has a listener for, ends it with an InterruptedError; any other signal is no reason to. PEP 475
 */
export class Wait {
  readonly #syscall: string
  readonly #timeout: number | null
  readonly #blocking: readonly unknown[]
  readonly #address: AddressLike | undefined
  readonly #deadline: Deadline

  /** `timeout` is in milliseconds, null for ever. The address is for the errors. */
  constructor(syscall: string, timeout: number | null, blocking: readonly unknown[], address?: AddressLike) {
    this.#syscall = syscall
    this.#timeout = timeout
    this.#blocking = blocking
    this.#address = address
    this.#deadline = new Deadline(timeout)
  }

  /**
   * As `until`, for a call that has to be done in time.
   *
   * @throws TimeoutError when the time is over; BlockingIOError where there was none
   */
  ready(fd: number, events: number): void {
    if (!this.until(fd, events)) throw this.#error(this.#timeout === 0 ? EAGAIN : ETIMEDOUT)
  }

  /** Waits until `fd` has one of `events`, or an error: true; or the time is over: false. poll(2) */
  until(fd: number, events: number): boolean {
    if (this.#timeout === 0) return false
    one.set(0, fd, events)
    return this.slices(timeoutMs => one.wait(timeoutMs)) > 0
  }

  /** Waits some milliseconds, where nothing tells when it is worth to try again; throws as `ready` does. */
  pause(ms: number): void {
    const { left } = this.#deadline
    if (left === 0) throw this.#error(ETIMEDOUT)
    this.slices(timeoutMs => none.wait(timeoutMs), new Deadline(Math.min(ms, left)))
  }

  /** Calls `wait` with the milliseconds of a slice until it returns more than 0, or 0 when the time is over. */
  slices(wait: (timeoutMs: number) => number, deadline = this.#deadline): number {
    for (;;) {
      const result = wait(this.#interrupted() ? 0 : Math.min(deadline.left, slice))
      if (result > 0) return result
      if (result < 0 && result !== -EINTR) throw this.#error(result)
      if (this.#timeout !== 0 && this.#interrupted()) {
        tellInterrupted(this.#blocking)
        tellSignals()
        throw this.#error(EINTR)
      }
      if (deadline.left === 0) return 0
    }
  }

  #interrupted(): boolean {
    return isInterrupted(this.#blocking) || signalCame()
  }

  #error(errno: number): Error {
    return socketError(errno, this.#syscall, { address: this.#address })
  }
}
