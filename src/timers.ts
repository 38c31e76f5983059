// Durations: one check for all of them, and one timer that takes any.
import { invalidType, outOfRange } from './checks.js'

/** Checks a duration in milliseconds: a number of at least 0, also a fraction; null and Infinity: no limit. */
export function checkTimeout(timeout: number | null, name = 'timeout'): number | null {
  if (timeout === null || timeout === Infinity) return null
  if (typeof timeout !== 'number') throw invalidType(name, timeout, 'of type number or null')
  if (!(timeout >= 0)) throw outOfRange(name, timeout, '>= 0')
  return timeout
}

const { hrtime } = process // a look at `process` or at `performance` costs more than the clock itself

/** The milliseconds of the monotonic clock. */
export function clock(): number {
  const time = hrtime()
  return time[0] * 1e3 + time[1] / 1e6
}

const longest = 2 ** 31 - 1 // of Node's timers: with a longer time they fire at once

/**
 * Calls `ring` after so many milliseconds, rounded up; null and Infinity: never. It accepts longer times than Node's own timers,
 * and keeps the process alive unless it is unref'ed.
 */
export class Timer {
  readonly #ms: number
  readonly #ring: () => void
  #left = 0 // milliseconds after those of the current timer
  #timer: NodeJS.Timeout | undefined
  #holds: boolean

  constructor(ms: number | null, ring: () => void, holds = true) {
    this.#ms = ms === null ? Infinity : Math.ceil(ms)
    this.#ring = ring
    this.#holds = holds
    this.#set(this.#ms)
  }

  /** Starts again, even after it has rung; a cleared one stays cleared. */
  refresh(): void {
    if (this.#timer === undefined) return
    if (this.#ms <= longest) return void this.#timer.refresh()
    clearTimeout(this.#timer)
    this.#set(this.#ms)
  }

  /** Stops the timer for good. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Whether it keeps the process alive. */
  hold(holds: boolean): void {
    this.#holds = holds
    if (holds) this.#timer?.ref()
    else this.#timer?.unref()
  }

  #set(ms: number): void {
    if (ms === Infinity) return
    const part = Math.min(ms, longest)
    this.#left = ms - part
    this.#timer = setTimeout(() => this.#over(), part)
    if (!this.#holds) this.#timer.unref()
  }

  #over(): void {
    if (this.#left > 0) this.#set(this.#left)
    else this.#ring()
  }
}

const patience = 16
const spread = 100
const longestPause = 10

/** Counts spurious wake-ups, after which a call had to wait again: many in close succession are slowed down. */
export class Backoff {
  #inVain = 0
  #last = -Infinity

  /** Counts one more. Returns the milliseconds to wait before the descriptor is watched again; 0 for the first few. */
  next(): number {
    const now = performance.now()
    if (now - this.#last > spread) this.#inVain = 0
    this.#last = now
    return ++this.#inVain <= patience ? 0 : Math.min(2 ** (this.#inVain - patience - 1), longestPause)
  }
}
