// Waiting of blocked threads. What can end a wait is decided here only.
//
// poll(2) is never restarted after a signal (signal(7)), and is called in slices. Between two slices this thread runs
// JavaScript, so that worker.terminate() and process.exit() take effect, and checks for signals and interrupters.
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

/** The longest slice, in milliseconds. */
export const slice = 100

/** A point in time, `timeout` milliseconds from now; null: never. */
export class Deadline {
  readonly #end: number

  constructor(timeout: number | null) {
    this.#end = timeout === null ? Infinity : performance.now() + timeout
  }

  /** The milliseconds left, rounded up, at least 0. */
  get left(): number {
    return this.#end === Infinity ? Infinity : Math.max(0, Math.ceil(this.#end - performance.now()))
  }
}

const over = new Deadline(0)
const one = new Pollfds(1)
const none = new Pollfds(0)

/**
 * The waits of one call, with one deadline for all. An interrupter of one of `blocking`, or a signal that `process` has a
 * listener for, ends them with an InterruptedError; any other signal does not. PEP 475
 *
 * The kernel may report a descriptor ready and then refuse the call, again and again. An interrupt
 * and the deadline end the waits even then, and after repeated spurious wake-ups the tries are slowed down.
 */
export class Wait {
  readonly #syscall: string
  readonly #timeout: number | null
  readonly #blocking: readonly unknown[]
  readonly #address: AddressLike | undefined
  readonly #deadline: Deadline
  #ending = false // the call makes its last try
  #woken = false // the call has waited since it last made progress
  #backoff: Backoff | undefined

  /** `timeout` is in milliseconds; null: no limit. The address is for the errors. */
  constructor(syscall: string, timeout: number | null, blocking: readonly unknown[], address?: AddressLike) {
    this.#syscall = syscall
    this.#timeout = timeout
    this.#blocking = blocking
    this.#address = address
    this.#deadline = new Deadline(timeout)
  }

  /**
   * As `until`, but throws when the time is over.
   *
   * @throws TimeoutError when the time is over; BlockingIOError if the timeout is 0
   */
  ready(fd: number, events: number): void {
    if (!this.until(fd, events)) throw this.#error(this.#timeout === 0 ? EAGAIN : ETIMEDOUT)
  }

  /** Waits until `fd` has one of `events` or an error, and returns true; false when the time is over. poll(2) */
  until(fd: number, events: number): boolean {
    if (this.#timeout === 0) return false
    if (this.#woken) this.#rest((this.#backoff ??= new Backoff()).next())
    this.#woken = true
    one.set(0, fd, events)
    return this.slices(timeoutMs => one.wait(timeoutMs)) > 0
  }

  /**
   * For a call that can wait itself, as epoll_wait(2): calls it with the milliseconds to wait, and returns its result; 0 when the
   * time is over. If another thread may wake this one, which such a call would not notice, it waits for `fd` in poll(2)
   * instead, and then calls without waiting.
   */
  within(fd: number, call: (timeoutMs: number) => number): number {
    if (alarmDescriptor() < 0) return this.slices(call)
    let result: number
    do result = attempt(() => call(0), this.#syscall) ?? 0
    while (result === 0 && this.until(fd, POLLIN))
    return result
  }

  /** To be called after progress: the last wake-up was not spurious. */
  progressed(): void {
    this.#woken = false
    this.#backoff = undefined
  }

  /** For a call that goes on without waiting: throws as `ready` does, if the time is over or the call was interrupted. */
  check(): void {
    if (this.#timeout === 0) return
    this.slices(() => 0, over)
    if (this.#deadline.left === 0) throw this.#error(ETIMEDOUT)
  }

  /** Waits some milliseconds, when no event tells when to try again. Throws as `ready` does. */
  pause(ms: number): void {
    if (this.#deadline.left === 0) throw this.#error(ETIMEDOUT)
    this.#rest(ms)
  }

  #rest(ms: number): void {
    if (ms === 0) return
    this.slices(timeoutMs => none.wait(timeoutMs), new Deadline(Math.min(ms, this.#deadline.left)))
  }

  /**
   * Calls `wait` with the milliseconds of a slice until it returns more than 0, or returns 0 when the time is over. An interrupt
   * or the deadline gives the call exactly one more try, even if the descriptor is ready.
   */
  slices(wait: (timeoutMs: number) => number, deadline = this.#deadline): number {
    for (;;) {
      const ending = this.#interrupted() || deadline.left === 0 // in this order: a call with timeout 0 begins to count signals too
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
    const { fd } = Object(this.#blocking.length === 1 ? this.#blocking[0] : undefined) as { fd?: unknown }
    return socketError(errno, this.#syscall, {
      address: this.#address,
      fd: typeof fd === 'number' ? fd : undefined,
      timeout,
    })
  }
}
