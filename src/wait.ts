// Waiting for a descriptor in poll(2): the one place for the policy of what can end a wait.
//
// poll is never restarted after a signal (signal(7)), and it is called in slices: between two of them this thread runs
// JavaScript, where worker.terminate() and process.exit() take hold.
import { constants } from 'node:os'
import { socketError } from './errors.js'
import { dataView, field, sizeOf, write } from './layout.js'
import * as sys from './syscalls.js'

const { EINTR, ETIMEDOUT, EAGAIN } = constants.errno

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
    return Math.max(0, Math.ceil(this.#end - performance.now()))
  }
}

/** Whether somebody listens for a signal. Then one that comes ends a blocking call: the listener runs after it. PEP 475 */
const signalsAreHeard = (): boolean =>
  process.eventNames().some(name => typeof name === 'string' && name in constants.signals)

/**
 * Calls `wait` with at most a slice's milliseconds until it returns more than 0 or the deadline is over; returns its
 * result then, or 0. A signal that nobody listens for is no reason to end.
 *
 * @throws InterruptedError when a signal comes that somebody listens for
 */
export function waitInSlices(wait: (timeoutMs: number) => number, deadline: Deadline, syscall: string): number {
  for (;;) {
    const left = deadline.left
    const result = wait(Math.min(left, slice))
    if (result > 0) return result
    if (result === 0 && left <= slice) return 0
    if (result < 0 && (result !== -EINTR || signalsAreHeard())) throw socketError(result, syscall)
  }
}

const pollfd = Buffer.alloc(sizeOf('pollfd'))
const view = dataView(pollfd)
const fdField = field('pollfd.fd')
const eventsField = field('pollfd.events')
const reventsField = field('pollfd.revents')

/**
 * Waits until `fd` has one of `events`, or an error, for `syscall`.
 *
 * @throws TimeoutError when the deadline is over; BlockingIOError when there was none to wait for (`timeout` 0)
 */
export function waitFor(fd: number, events: number, deadline: Deadline, timeout: number | null, syscall: string): void {
  if (timeout === 0) throw socketError(EAGAIN, syscall)
  const wait = (timeoutMs: number): number => {
    write(view, fdField, fd)
    write(view, eventsField, events)
    write(view, reventsField, 0)
    return sys.poll(pollfd, timeoutMs)
  }
  if (waitInSlices(wait, deadline, syscall) === 0) throw socketError(ETIMEDOUT, syscall)
}

/** Waits some milliseconds for `syscall`; throws TimeoutError when the deadline is over before that. */
export function pause(ms: number, deadline: Deadline, syscall: string): void {
  const nothing = Buffer.alloc(0)
  if (deadline.left === 0) throw socketError(ETIMEDOUT, syscall)
  waitInSlices(timeoutMs => sys.poll(nothing, timeoutMs), new Deadline(Math.min(ms, deadline.left)), syscall)
}
