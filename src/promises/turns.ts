// Waiting in turn: who asked first is served first, for each direction of a socket, and an abort or a timeout takes
// away nothing but the wait: a call that was not made has received no byte.
import { constants } from 'node:os'
import { AbortError, socketError } from '../errors.js'
import { hold, READABLE, unwatch, watch, WRITABLE } from '../poller.js'
import type { Watched } from '../poller.js'

const { ECANCELED, ETIMEDOUT } = constants.errno

/** What can end a wait before its time. */
export interface WaitOptions {
  /** Rejects with an AbortError. */
  signal?: AbortSignal | undefined
  /** Milliseconds, null for ever; the socket's own timeout unless told otherwise. Rejects with a TimeoutError. */
  timeout?: number | null | undefined
}

/** One who waits: `step` is tried each time that the descriptor may be ready, and null means not yet. */
class Turn<Result> {
  readonly promise: Promise<Result>
  readonly syscall: string
  readonly #step: () => Result | null
  #resolve!: (result: Result) => void
  #reject!: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #signal: AbortSignal | undefined
  #onAbort: (() => void) | undefined

  constructor(syscall: string, step: () => Result | null) {
    this.syscall = syscall
    this.#step = step
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    hold(1)
  }

  /** Whether it is over. */
  try(): boolean {
    try {
      const result = this.#step()
      if (result === null) return false
      this.#done()
      this.#resolve(result)
    } catch (error) {
      this.reject(error)
    }
    return true
  }

  reject(error: unknown): void {
    this.#done()
    this.#reject(error)
  }

  /** Calls `leave` with the error when the time is over or the signal fires. */
  limit({ signal, timeout }: WaitOptions, leave: (error: unknown) => void): void {
    if (timeout !== null && timeout !== undefined) {
      this.#timer = setTimeout(() => leave(socketError(ETIMEDOUT, this.syscall)), Math.min(timeout, 2 ** 31 - 1))
    }
    if (signal === undefined) return
    this.#signal = signal
    this.#onAbort = () => leave(new AbortError(signal.reason))
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  #done(): void {
    hold(-1)
    clearTimeout(this.#timer)
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort)
  }
}

type Queue = Turn<unknown>[]

const serve = (queue: Queue): void => {
  while (queue[0]?.try() === true) queue.shift()
}

/** Those who wait for one descriptor, which is registered with the poller from the first wait to its end. */
export class Turns implements Watched {
  readonly #fd: number
  readonly #queues: Record<typeof READABLE | typeof WRITABLE, Queue> = { [READABLE]: [], [WRITABLE]: [] }

  constructor(fd: number) {
    this.#fd = fd
    watch(fd, this)
  }

  /** Whether somebody waits for this direction already. */
  waiting(direction: typeof READABLE | typeof WRITABLE): boolean {
    return this.#queues[direction].length > 0
  }

  /** Waits in turn until `step` gives something else than null. */
  take<Result>(
    direction: typeof READABLE | typeof WRITABLE,
    syscall: string,
    step: () => Result | null,
    limits: WaitOptions,
  ): Promise<Result> {
    const queue = this.#queues[direction]
    const turn = new Turn(syscall, step)
    queue.push(turn as Turn<unknown>)
    turn.limit(limits, error => {
      const place = queue.indexOf(turn as Turn<unknown>)
      if (place < 0) return
      queue.splice(place, 1)
      turn.reject(error)
      if (place === 0) serve(queue) // the next one's call may be one that would not block
    })
    return turn.promise
  }

  ready(readiness: number): void {
    if (readiness & READABLE) serve(this.#queues[READABLE])
    if (readiness & WRITABLE) serve(this.#queues[WRITABLE])
  }

  /** The descriptor is about to be closed or handed on: rejects all who wait, with ECANCELED. */
  end(handedOn: boolean): void {
    unwatch(this.#fd, handedOn)
    for (const queue of Object.values(this.#queues)) {
      for (const turn of queue.splice(0)) turn.reject(socketError(ECANCELED, turn.syscall))
    }
  }
}
