// Waiting in turn: who asked first is served first, for each direction of a socket, and an abort or a timeout takes
// away nothing but the wait: a call that was not made has received no byte.
import { constants } from 'node:os'
import { AbortError } from '../errors.js'
import { END, hold, READABLE, unwatch, watch, WRITABLE } from '../poller.js'
import type { Watched } from '../poller.js'
import type { Later, Turn } from './turn.js'

const { ECANCELED, ETIMEDOUT } = constants.errno

export type Direction = typeof READABLE | typeof WRITABLE

/** Those who wait for one direction. */
class Queue {
  #first: Turn | undefined // mostly the only one
  readonly #others: Turn[] = []
  readonly #hold: (change: 1 | -1) => void
  #scheduled = false

  constructor(hold: (change: 1 | -1) => void) {
    this.#hold = hold
  }

  get length(): number {
    return this.#first === undefined ? 0 : 1 + this.#others.length
  }

  push(turn: Turn): void {
    this.#hold(1)
    if (this.#first === undefined) this.#first = turn
    else this.#others.push(turn)
  }

  /** Tries those in front until one has to wait. */
  serve(): void {
    for (let turn = this.#first; turn !== undefined; turn = this.#first) {
      const outcome = turn.try()
      if (outcome === null) return
      if (outcome !== true) return this.serveLater(outcome)
      this.#remove(turn)
    }
  }

  serveLater({ ms }: Later): void {
    if (this.#scheduled) return
    this.#scheduled = true
    const serve = (): void => {
      this.#scheduled = false
      this.serve()
    }
    if (ms === 0) setImmediate(serve)
    else setTimeout(serve, ms)
  }

  /** Rejects one who still waits; who comes next may have a call that need not. */
  reject(turn: Turn, error: Error): void {
    const first = turn === this.#first
    if (!this.#remove(turn)) return
    turn.reject(error)
    if (first) this.serve()
  }

  rejectAll(errno: number): void {
    for (const turn of [this.#first, ...this.#others]) {
      if (turn !== undefined && this.#remove(turn)) turn.reject(turn.failure(errno))
    }
  }

  #remove(turn: Turn): boolean {
    if (turn === this.#first) this.#first = this.#others.shift()
    else {
      const place = this.#others.indexOf(turn)
      if (place < 0) return false
      this.#others.splice(place, 1)
    }
    this.#hold(-1)
    return true
  }
}

/** Those who wait for one descriptor, which is registered with the poller from the first wait to its end. */
export class Turns implements Watched {
  /** Whether nothing can be received until the poller tells of it. */
  dry = false
  readonly #fd: number
  readonly #queues: Readonly<Record<Direction, Queue>>
  #holds: boolean
  #ended = false // end-of-file, an error or urgent data was told of

  /** Each who waits keeps the process alive where `holds` is true. */
  constructor(fd: number, holds: boolean) {
    const change = (by: 1 | -1): void => {
      if (this.#holds) hold(by)
    }
    this.#fd = fd
    this.#holds = holds
    this.#queues = { [READABLE]: new Queue(change), [WRITABLE]: new Queue(change) }
    watch(fd, this)
  }

  /** Whether those who wait keep the process alive. */
  set holds(holds: boolean) {
    if (holds === this.#holds) return
    this.#holds = holds
    const waiting = this.#queues[READABLE].length + this.#queues[WRITABLE].length
    for (let i = 0; i < waiting; i++) hold(holds ? 1 : -1)
  }

  /** Whether somebody waits for this direction already. */
  waiting(direction: Direction): boolean {
    return this.#queues[direction].length > 0
  }

  /** Waits in turn until the step gives a result; `later` where that is to be tried of itself. */
  take<Result>(
    direction: Direction,
    turn: Turn<Result>,
    signal: AbortSignal | undefined,
    timeout: number | null,
    later: Later | undefined,
  ): Promise<Result> {
    const queue = this.#queues[direction]
    const one = turn as Turn
    if (signal !== undefined || timeout !== null) {
      const abort = (): void => queue.reject(one, new AbortError(signal?.reason))
      const timeOut = (): void => {
        queue.serve() // a busy loop is told of the time before it is told of the descriptor
        queue.reject(one, one.failure(ETIMEDOUT))
      }
      turn.limit(signal, timeout, abort, timeOut)
    }
    queue.push(one)
    if (later !== undefined) queue.serveLater(later)
    return turn.promise
  }

  /** Everything was received: what comes next is told of, but what stands behind the bytes was told of before. poller.h */
  drained(): void {
    this.dry = !this.#ended
  }

  ready(readiness: number): void {
    if (readiness & END) this.#ended = true
    if (readiness & READABLE) {
      this.dry = false
      this.#queues[READABLE].serve()
    }
    if (readiness & WRITABLE) this.#queues[WRITABLE].serve()
  }

  /** The descriptor is about to be closed or handed on: rejects all who wait, with ECANCELED. */
  end(): void {
    unwatch(this.#fd, true) // others may hold the same open file: closing it would leave it registered
    this.#queues[READABLE].rejectAll(ECANCELED)
    this.#queues[WRITABLE].rejectAll(ECANCELED)
  }
}
