// Durations: one check for all of them, and one timer that takes any.
import { invalidType, outOfRange } from './checks.js'

/** A duration in milliseconds: a number that is at least 0, fractions too; null for ever, which Infinity is as well. */
export function checkTimeout(timeout: number | null, name = 'timeout'): number | null {
  if (timeout === null || timeout === Infinity) return null
  if (typeof timeout !== 'number') throw invalidType(name, timeout, 'of type number or null')
  if (!(timeout >= 0)) throw outOfRange(name, timeout, '>= 0')
  return timeout
}

const longest = 2 ** 31 - 1 // of a timer of Node's: it rings at once where it is given more

/**
 * Calls `ring` after so many milliseconds, rounded up; null and Infinity never do. It takes times that Node's own timers
 * do not, and keeps the process alive unless it is unref'ed.
 */
export class Timer {
  readonly #ms: number
  readonly #ring: () => void
  #left = 0 // milliseconds that follow those of the timer that is set
  #timer: NodeJS.Timeout | undefined
  #holds: boolean

  constructor(ms: number | null, ring: () => void, holds = true) {
    this.#ms = ms === null ? Infinity : Math.ceil(ms)
    this.#ring = ring
    this.#holds = holds
    this.#set(this.#ms)
  }

  /** Begins anew, even where it has rung; one that was cleared stays so. */
  refresh(): void {
    if (this.#timer === undefined) return
    if (this.#ms <= longest) return void this.#timer.refresh()
    clearTimeout(this.#timer)
    this.#set(this.#ms)
  }

  /** It never rings any more. */
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

/** Wake-ups after which a call had to wait all the same: when many follow each other closely, they are to be slowed down. */
export class Backoff {
  #inVain = 0
  #last = -Infinity

  /** One more: for how many milliseconds to let the descriptor be, 0 for the first few. */
  next(): number {
    const now = performance.now()
    if (now - this.#last > spread) this.#inVain = 0
    this.#last = now
    return ++this.#inVain <= patience ? 0 : Math.min(2 ** (this.#inVain - patience - 1), longestPause)
  }
}
