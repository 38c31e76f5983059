// A waiter: it waits until its step gives a result, or until a signal or a timeout ends the wait.
import type { AddressLike } from '../structs/address.js'
import { traceCaller } from '../caller.js'
import { copied } from '../data.js'
import { AbortError, SocketError, socketError } from '../errors.js'
import type { Abortable, Aborts } from './on-abort.js'

/** What can end a wait early. */
export interface WaitOptions {
  /** Rejects with an AbortError. */
  signal?: AbortSignal | undefined
  /** Milliseconds; null: no limit. Default: the socket's own timeout. Rejects with a TimeoutError. */
  timeout?: number | null | undefined
}

/**
 * The outcome of a step that is to be tried again after `ms` milliseconds, whatever the descriptor does; 0: after one turn of
 * the loop. Infinity: when the descriptor is ready, as for null, but the step has made progress.
 */
export class Later {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

/** One try. Returns the result; null to try again when the descriptor is ready; or Later to try again after a time. */
export type Step<Result> = () => Result | Later | null

const empty = Buffer.alloc(0)

/** Where a waiter waits. */
export interface Waiting {
  /** Ends its wait, unless that is over. */
  reject(turn: Turn, error: Error): void
}

const turn = Promise.resolve()

// A waiter's error is made by the event loop, under which V8 finds no caller. From a microtask that the waiter's promise depends
// on, it follows the promises up to the `await`: the first turn of microtasks makes it depend, the next one has the stack.
async function rejected(error: unknown): Promise<never> {
  await turn
  await turn
  throw error instanceof SocketError || error instanceof AbortError ? traceCaller(error) : error
}

/** A waiter. */
export class Turn<Result = unknown> implements Abortable {
  /** Its queue while it waits, and its neighbours there. */
  queue: Waiting | undefined
  next: Turn | undefined
  previous: Turn | undefined
  /** The signal that ends the wait, and its neighbours there. */
  aborts: Aborts | undefined
  nextAbortable: Abortable | undefined
  previousAbortable: Abortable | undefined
  /** When the wait ends by its timeout, by `clock`. */
  end: number | undefined
  timeout: number | null = null
  /** How many bytes the loop may receive in its place, before it calls `take`; 0: none, the step receives. */
  room = 0
  readonly promise: Promise<Result>
  readonly #step: Step<Result>
  readonly #syscall: string
  readonly #address: AddressLike | undefined
  #resolve!: (result: Result | Promise<never>) => void

  /** Errors name the call and the address. */
  constructor(step: Step<Result>, syscall: string, address?: AddressLike) {
    this.#step = step
    this.#syscall = syscall
    this.#address = address
    this.promise = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  /** The error for an errno, of a call with this descriptor; with `timeout` for that of the wait. */
  failure(errno: number, fd: number, timeout?: number | null): Error {
    return socketError(errno, this.#syscall, { address: this.#address, fd, timeout })
  }

  /** Tries once. Returns true when the wait is over. */
  try(): true | Later | null {
    try {
      const result = this.#step()
      if (result === null) return null
      if (result instanceof Later) return result
      this.#resolve(result)
    } catch (error) {
      this.reject(error)
    }
    return true
  }

  /** Ends the wait with what the loop has received: `result` is that of recv(2), a length or −errno. */
  take(fd: number, result: number, bytes: Buffer): void {
    if (result < 0) this.reject(this.failure(result, fd))
    else this.#resolve(copied(result === 0 ? empty : bytes) as Result)
  }

  reject(error: unknown): void {
    this.#resolve(rejected(error))
  }

  /** Ends the wait: its signal is aborted. */
  abort(reason: unknown): void {
    this.queue?.reject(this as Turn, new AbortError(reason))
  }
}
