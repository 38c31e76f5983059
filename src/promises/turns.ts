// Waiting in turn: each direction of a socket serves its waiters in the order of their calls. An abort or a timeout ends a
// wait and nothing else: the call was not made, so it has received no byte.
import { constants } from 'node:os'
import { AbortError } from '../errors.js'
import { END, hold, READABLE, unwatch, watch, WRITABLE } from '../loop.js'
import type { Watched } from '../loop.js'
import { Backoff, Timer } from '../timers.js'
import type { Later, Turn } from './turn.js'

const { ECANCELED, ETIMEDOUT } = constants.errno

export type Direction = typeof READABLE | typeof WRITABLE

/** The waiters of one direction: a doubly linked list, so that each can be removed in constant time. */
class Queue {
  #first: Turn | undefined
  #last: Turn | undefined
  #length = 0
  #holds: boolean
  #timer: Timer | undefined
  #immediate: NodeJS.Immediate | undefined
  #backoff: Backoff | undefined

  constructor(holds: boolean) {
    this.#holds = holds
  }

  get length(): number {
    return this.#length
  }

  push(turn: Turn): void {
    turn.waits = true
    turn.previous = this.#last
    if (this.#last === undefined) this.#first = turn
    else this.#last.next = turn
    this.#last = turn
    this.#length++
    if (this.#holds) hold(1)
  }

  /** The descriptor may be ready. After repeated wake-ups in vain it is tried less often. */
  ready(): void {
    if (this.#scheduled || this.#first === undefined || this.serve()) return
    const ms = (this.#backoff ??= new Backoff()).next()
    if (ms > 0) this.serveLater(ms)
  }

  /** Tries the waiters in order until one has to wait. Returns whether any of them made progress. */
  serve(): boolean {
    let served = false
    for (let turn = this.#first; turn !== undefined; turn = this.#first) {
      const outcome = turn.try()
      if (outcome === null) return served
      served = true
      this.#backoff = undefined
      if (outcome !== true) {
        this.serveLater(outcome.ms)
        return true
      }
      this.#remove(turn)
    }
    return true
  }

  serveLater(ms: number): void {
    if (this.#scheduled || ms === Infinity) return
    const serve = (): void => {
      this.#unschedule()
      this.serve()
    }
    if (ms > 0) this.#timer = new Timer(ms, serve, this.#holds)
    else {
      this.#immediate = setImmediate(serve)
      if (!this.#holds) this.#immediate.unref()
    }
  }

  /** Rejects a waiter. The next one may be able to make its call. */
  reject(turn: Turn, error: Error): void {
    const first = turn === this.#first
    if (!turn.waits) return
    this.#remove(turn)
    turn.reject(error)
    if (first) this.serve()
  }

  rejectAll(errno: number): void {
    for (let turn = this.#first; turn !== undefined; turn = this.#first) {
      this.#remove(turn)
      turn.reject(turn.failure(errno))
    }
  }

  /** Whether waiters keep the process alive. */
  hold(holds: boolean): void {
    this.#holds = holds
    this.#timer?.hold(holds)
    for (let turn = this.#first; turn !== undefined; turn = turn.next) {
      hold(holds ? 1 : -1)
      turn.hold(holds)
    }
  }

  get #scheduled(): boolean {
    return this.#timer !== undefined || this.#immediate !== undefined
  }

  #unschedule(): void {
    this.#timer?.clear()
    clearImmediate(this.#immediate)
    this.#timer = this.#immediate = undefined
  }

  #remove(turn: Turn): void {
    if (!turn.waits) return // rejected during its own try
    const { previous, next } = turn
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    turn.next = turn.previous = undefined
    turn.waits = false
    this.#length--
    if (this.#holds) hold(-1)
    if (this.#length === 0) this.#unschedule()
  }
}

/** The waiters of one descriptor. It is registered with the poller from the first wait until it is closed. */
export class Turns implements Watched {
  /** Whether nothing can be received before the poller reports it. */
  dry = false
  /** Whether end-of-file, an error or urgent data was reported. */
  ended = false
  readonly #fd: number
  readonly #queues: Readonly<Record<Direction, Queue>>
  #holds: boolean

  /** `holds`: whether waiters keep the process alive. */
  constructor(fd: number, holds: boolean) {
    this.#fd = fd
    this.#holds = holds
    this.#queues = { [READABLE]: new Queue(holds), [WRITABLE]: new Queue(holds) }
    watch(fd, this)
  }

  /** Whether waiters keep the process alive. */
  set holds(holds: boolean) {
    if (holds === this.#holds) return
    this.#holds = holds
    this.#queues[READABLE].hold(holds)
    this.#queues[WRITABLE].hold(holds)
  }

  /** Whether this direction has waiters. */
  waiting(direction: Direction): boolean {
    return this.#queues[direction].length > 0
  }

  /** Waits in turn until the step gives a result. With `later` the step is tried again after that time. */
  take<Result>(
    direction: Direction,
    turn: Turn<Result>,
    signal: AbortSignal | undefined,
    timeout: number | null,
    later: Later | undefined,
  ): Promise<Result> {
    const queue = this.#queues[direction]
    const one = turn as Turn
    if (signal !== undefined) turn.heed(signal, () => queue.reject(one, new AbortError(signal.reason)))
    if (timeout !== null) {
      const timeOut = (): void => {
        queue.serve() // a busy loop runs timers before it reports descriptors
        queue.reject(one, one.failure(ETIMEDOUT, timeout))
      }
      turn.limit(timeout, timeOut, this.#holds)
    }
    queue.push(one)
    if (later !== undefined) queue.serveLater(later.ms)
    return turn.promise
  }

  /** Everything was received. New bytes are reported; an end-of-file behind the old ones was reported already. poller.h */
  drained(): void {
    this.dry = !this.ended
  }

  ready(readiness: number): void {
    if (readiness & END) this.ended = true
    if (readiness & READABLE) {
      this.dry = false
      this.#queues[READABLE].ready()
    }
    if (readiness & WRITABLE) this.#queues[WRITABLE].ready()
  }

  /** Rejects all waiters with ECANCELED: the descriptor is about to be closed or detached. */
  end(): void {
    unwatch(this.#fd, true) // with a duplicate open, close(2) would leave it registered
    this.#queues[READABLE].rejectAll(ECANCELED)
    this.#queues[WRITABLE].rejectAll(ECANCELED)
  }
}
