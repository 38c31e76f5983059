// Waiting: the one place for the policy of what can end a wait.
//
// poll(2) is never restarted after a signal (signal(7)), and it is called in slices: between two of them this thread
// runs JavaScript, where worker.terminate() and process.exit() take hold, and asks what else has come.
import { constants } from 'node:os'
import type { AddressLike } from '../structs/address.js'
import { POLLIN } from '../constants.js'
import { socketError } from '../errors.js'
import { attempt } from '../syscalls/result.js'
import { alarmDescriptor, isInterrupted, tellInterrupted } from './interrupter.js'
import { Pollfds } from './pollfds.js'
import { signalCame, tellSignals } from './signals.js'
import { Backoff } from '../timers.js'

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

const over = new Deadline(0)
const one = new Pollfds(1)
const none = new Pollfds(0)

/**
 * The waiting of one call: as often as it has to, until one deadline. An interrupter of one of `blocking`, or a signal
 * that `process` has a listener for, ends it with an InterruptedError; any other signal is no reason to. PEP 475
 *
 * The kernel may call a descriptor ready for a call that it then refuses, again and again: each of these ends the wait
 * even so, and what is ready in vain is asked for less and less often.
 */
export class Wait {
  readonly #syscall: string
  readonly #timeout: number | null
  readonly #blocking: readonly unknown[]
  readonly #address: AddressLike | undefined
  readonly #deadline: Deadline
  #ending = false // the call has had its last try
  #woken = false // and the call had to wait again
  #backoff: Backoff | undefined

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
    if (this.#woken) this.#rest((this.#backoff ??= new Backoff()).next())
    this.#woken = true
    one.set(0, fd, events)
    return this.slices(timeoutMs => one.wait(timeoutMs)) > 0
  }

  /**
   * For a call that can wait by itself, as epoll_wait(2) does: it is made with the milliseconds to wait, and its result
   * returned; 0 when the time is over. Where another thread may wake this one, which such a call would not see, `fd` is
   * waited for instead, and the call does not wait.
   */
  within(fd: number, call: (timeoutMs: number) => number): number {
    if (alarmDescriptor() < 0) return this.slices(call)
    let result: number
    do result = attempt(() => call(0), this.#syscall) ?? 0
    while (result === 0 && this.until(fd, POLLIN))
    return result
  }

  /** Something was done since the last wake-up: it was not in vain. */
  progressed(): void {
    this.#woken = false
    this.#backoff = undefined
  }

  /** Throws as `ready` does where the time is over or the wait is to end, for a call that goes on without waiting. */
  check(): void {
    if (this.#timeout === 0) return
    this.slices(() => 0, over)
    if (this.#deadline.left === 0) throw this.#error(ETIMEDOUT)
  }

  /** Waits some milliseconds, where nothing tells when it is worth to try again; throws as `ready` does. */
  pause(ms: number): void {
    if (this.#deadline.left === 0) throw this.#error(ETIMEDOUT)
    this.#rest(ms)
  }

  #rest(ms: number): void {
    if (ms === 0) return
    this.slices(timeoutMs => none.wait(timeoutMs), new Deadline(Math.min(ms, this.#deadline.left)))
  }

  /**
   * Calls `wait` with the milliseconds of a slice until it returns more than 0, or 0 when the time is over. What ends the
   * wait gives the call one more try, and no other, however ready the descriptor is.
   */
  slices(wait: (timeoutMs: number) => number, deadline = this.#deadline): number {
    for (;;) {
      const ending = this.#interrupted() || deadline.left === 0 // in this order: a call that never waits begins to count signals, too
      const result = ending && this.#ending ? 0 : wait(ending ? 0 : Math.min(deadline.left, slice))
      if (result > 0) {
        this.#ending = ending
        return result
      }
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
    const timeout = errno === ETIMEDOUT ? this.#timeout : null
    return socketError(errno, this.#syscall, { address: this.#address, timeout })
  }
}
