// Waiting in turn: each direction of a socket serves its waiters in the order of their calls. An abort or a timeout ends a
// wait and nothing else: the call was not made, so it has received no byte. A wait that ends by itself costs no more with
// them: the queue goes on listening to the signal, and its timer goes on running; the next wait mostly has the same ones.
//
// For a waiter that only wants bytes the loop receives them, together with those of all others: then a message crosses the
// border to the addon once less. The loop does it only for the first waiter, and hands it the bytes at once: so whatever ends
// the wait comes before that or after it.
import { constants } from 'node:os'
import { END, hold, large, MORE, READABLE, receiveFirst, unwatch, watch, WRITABLE } from '../loop.js'
import type { Watched } from '../loop.js'
import { Backoff, clock, Timer } from '../timers.js'
import { Aborts } from './on-abort.js'
import type { Later, Turn, Waiting } from './turn.js'

const { EAGAIN, ECANCELED, EINTR, ETIMEDOUT } = constants.errno

export type Direction = typeof READABLE | typeof WRITABLE

/** The waiters of one direction: a doubly linked list, so that each can be removed in constant time. */
class Queue implements Waiting {
  #first: Turn | undefined
  #last: Turn | undefined
  #length = 0
  readonly #fd: number
  #holds: boolean
  readonly #receives: boolean
  #timer: Timer | undefined
  #immediate: NodeJS.Immediate | undefined
  #backoff: Backoff | undefined
  #aborts: Aborts | undefined // of the latest signal
  #limit: Timer | undefined
  #rings = Infinity // when the limit does: not after the first of the waits ends by its timeout

  /** `receives`: whether its waiters may be given what the loop has received. */
  constructor(fd: number, holds: boolean, receives: boolean) {
    this.#fd = fd
    this.#holds = holds
    this.#receives = receives
  }

  get first(): Turn | undefined {
    return this.#first
  }

  get length(): number {
    return this.#length
  }

  push(turn: Turn, signal: AbortSignal | undefined, timeout: number | null): void {
    if (signal !== undefined) this.#heed(turn, signal)
    if (timeout !== null) this.#limitTo(turn, timeout)
    turn.queue = this
    turn.previous = this.#last
    if (this.#last === undefined) this.#begin(turn)
    else this.#last.next = turn
    this.#last = turn
    this.#length++
    if (this.#holds) hold(1)
  }

  /** The descriptor may be ready. After repeated spurious wake-ups it is tried less often. */
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

  /** Ends the wait of the first, for which the loop has received. The next one may be able to make its call. */
  take(result: number, bytes: Buffer): void {
    const turn = this.#first!
    this.#backoff = undefined
    this.#remove(turn)
    turn.take(this.#fd, result, bytes)
  }

  /** Rejects a waiter. The next one may be able to make its call. */
  reject(turn: Turn, error: Error): void {
    const first = turn === this.#first
    if (turn.queue === undefined) return
    this.#remove(turn)
    turn.reject(error)
    if (first) this.serve()
  }

  /** Rejects all, for good. */
  end(errno: number): void {
    this.#limit?.clear()
    this.#aborts?.drop()
    this.#aborts = undefined
    for (let turn = this.#first; turn !== undefined; turn = this.#first) {
      this.#remove(turn)
      turn.reject(turn.failure(errno, this.#fd))
    }
  }

  /** Whether waiters keep the process alive. */
  hold(holds: boolean): void {
    this.#holds = holds
    this.#timer?.hold(holds)
    for (let turn = this.#first; turn !== undefined; turn = turn.next) hold(holds ? 1 : -1)
  }

  get #scheduled(): boolean {
    return this.#timer !== undefined || this.#immediate !== undefined
  }

  #unschedule(): void {
    this.#timer?.clear()
    clearImmediate(this.#immediate)
    this.#timer = this.#immediate = undefined
  }

  #heed(turn: Turn, signal: AbortSignal): void {
    let aborts = this.#aborts
    if (aborts?.signal !== signal) {
      const before = aborts
      aborts = Aborts.of(signal)
      before?.drop()
      this.#aborts = aborts
      aborts.use()
    }
    turn.aborts = aborts
    aborts.add(turn)
  }

  #limitTo(turn: Turn, timeout: number): void {
    turn.timeout = timeout
    turn.end = clock() + timeout
    if (turn.end < this.#rings) this.#ringAt(turn.end, timeout)
  }

  // The waiters hold the process, not the timer.
  #ringAt(end: number, ms: number): void {
    this.#limit?.clear()
    this.#limit = new Timer(ms, () => this.#ring(), false)
    this.#rings = end
  }

  // A timer of Node's counts whole milliseconds, so it may be early by a part of one. Where it is by more, it is a test's.
  #ring(): void {
    const early = this.#rings - clock()
    if (early > 0 && early < 1) return this.#ringAt(this.#rings, 1)
    const now = this.#rings - Math.min(early, 0)
    const over: Turn[] = []
    let next = Infinity
    for (let turn = this.#first; turn !== undefined; turn = turn.next) {
      if (turn.end === undefined) continue
      if (turn.end <= now) over.push(turn)
      else if (turn.end < next) next = turn.end
    }
    this.#rings = Infinity
    if (next < Infinity) this.#ringAt(next, next - now)
    if (over.length > 0) this.serve() // a busy loop runs timers before it reports descriptors
    over.sort((one, other) => one.end! - other.end!)
    for (const turn of over) this.reject(turn, turn.failure(ETIMEDOUT, this.#fd, turn.timeout))
  }

  #begin(turn: Turn | undefined): void {
    this.#first = turn
    if (this.#receives) receiveFirst(this.#fd, turn === undefined ? 0 : turn.room)
  }

  #remove(turn: Turn): void {
    if (turn.queue === undefined) return // rejected during its own try
    const { previous, next } = turn
    if (previous === undefined) this.#begin(next)
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    turn.next = turn.previous = undefined
    turn.queue = undefined
    turn.aborts?.delete(turn)
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
  readonly #emptied: boolean
  readonly #queues: Readonly<Record<Direction, Queue>>
  #holds: boolean
  #large = false // the latest piece was

  /**
   * `holds`: whether waiters keep the process alive. `emptied`: whether a receive of less than was asked for has received all
   * bytes, as that of a TCP socket. poller.h
   */
  constructor(fd: number, holds: boolean, emptied = false) {
    this.#fd = fd
    this.#holds = holds
    this.#emptied = emptied
    this.#queues = { [READABLE]: new Queue(fd, holds, true), [WRITABLE]: new Queue(fd, holds, false) }
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
    queue.push(turn as Turn, signal, timeout)
    if (later !== undefined) queue.serveLater(later.ms)
    return turn.promise
  }

  /** How many bytes the loop may receive for a waiter that wants `size`; 0: none. */
  roomFor(size: number): number {
    return this.#large ? 0 : size
  }

  /**
   * A receive that asked for `size` bytes gave `count`. If these were all, new bytes are reported; an end-of-file behind the old
   * ones was reported already. poller.h
   */
  took(count: number, size: number): void {
    this.#large = count >= large
    if (this.#emptied && count > 0 && count < size) this.drained()
  }

  /** Everything was received. */
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

  received(readiness: number, result: number, bytes: Buffer): void {
    this.dry = false
    const { first } = this.#queues[READABLE] // a callback of async_hooks may have ended its wait
    if (first !== undefined && result !== -EAGAIN && result !== -EINTR) {
      if (readiness & END) this.ended = true
      this.took(result, readiness & MORE ? result : first.room)
      this.#queues[READABLE].take(result, bytes)
    }
    // What others wait for may run code of users.
    if (this.waiting(READABLE) || this.waiting(WRITABLE)) queueMicrotask(() => this.ready(readiness))
  }

  /** Rejects all waiters with ECANCELED: the descriptor is about to be closed or detached. */
  end(): void {
    unwatch(this.#fd, true) // with a duplicate open, close(2) would leave it registered
    this.#queues[READABLE].end(ECANCELED)
    this.#queues[WRITABLE].end(ECANCELED)
  }
}
