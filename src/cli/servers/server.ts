// A server as its thread has it: the socket that it listens on, and what tells it to stop.
import { writeSync } from 'node:fs'
import { AcceptFailures } from '../../sockets/accepting.js'
import { POLLIN } from '../../constants.js'
import { isSocketError } from '../../errors.js'
import type { Socket } from '../../sockets/socket.js'
import { Deadline } from '../../waiting/wait.js'
import type { Stop } from './stop.js'

/**
 * How long a server that stops listens to clients that are owed nothing, in milliseconds: a socket closed with bytes
 * unread is reset, and the reset overtakes the answer (RFC 1122, 4.2.2.13).
 */
export const linger = 1000

/** Reports a failure that the server survives. A thread that blocks has no time for its process.stderr. */
export const warn = (error: Error): void => void writeSync(2, `bsd-sockets: ${error.message}\n`)

const quiet = new Map<string, Deadline>()

/** The same, once a second at most for each message. */
export function warnNowAndThen(error: Error): void {
  if ((quiet.get(error.message)?.left ?? 0) > 0) return
  quiet.set(error.message, new Deadline(1000))
  warn(error)
}

// For how long to leave alone what failed since there was none of something, in milliseconds.
const rest = 100

/**
 * What `wait` returns; null where the kernel had no memory for it, after a while in which it may have some again: then ask
 * anew. poll(2), select(2)
 */
export function patiently<Result>(wait: () => Result): Result | null {
  try {
    return wait()
  } catch (error) {
    if (!isSocketError(error) || !['EAGAIN', 'ENOBUFS', 'ENOMEM'].includes(error.code)) throw error
    warnNowAndThen(error)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, rest)
    return null
  }
}

/** Closes a socket. What fails is reported, and the descriptor gone even so. close(2) */
export function release(socket: { close(): void }): void {
  try {
    socket.close()
  } catch (error) {
    if (!isSocketError(error)) throw error
    warnNowAndThen(error)
  }
}

/** The time for which a listener is left alone, since accept found no free descriptor. */
export class Pause {
  readonly #failures = new AcceptFailures(warn)
  #end = new Deadline(0)

  /** Milliseconds that are left. */
  get left(): number {
    return this.#end.left
  }

  /** Begins where `error`, of accept, asks for one; the listener's own failure is thrown. */
  failed(error: unknown): void {
    this.#end = new Deadline(this.#failures.pause(error))
  }

  /** Begins, and tells why, once a second at most. */
  begin(error: Error): void {
    this.#end = new Deadline(rest)
    warnNowAndThen(error)
  }

  /** There is a descriptor again. */
  end(): void {
    this.#end = new Deadline(0)
  }
}

export class Server {
  readonly listener: Socket
  readonly stop: Stop
  readonly pause = new Pause()

  constructor(listener: Socket, stop: Stop) {
    this.listener = listener
    this.stop = stop
  }

  /** A client, or null: none waits, or the process has no descriptor for it, and the listener is paused. accept4(2) */
  accept(): Socket | null {
    for (;;) {
      try {
        return this.listener.tryAccept()?.[0] ?? null
      } catch (error) {
        this.pause.failed(error)
        if (this.pause.left > 0) return null
      }
    }
  }

  /** Waits for clients, one after the other, until a stop is asked for; then come those who had connected by then. */
  *clients(): Generator<Socket, void, void> {
    while (!this.stop.asked) {
      // poll(2) watches the stop, too: accept(2) alone would sleep through it.
      const client = this.stop.wait(this.listener, POLLIN) ? this.accept() : null
      if (client !== null) yield client
      else if (this.pause.left > 0) this.stop.wait(this.listener, 0, this.pause.left)
    }
    for (const clients of this.backlog()) yield* clients
  }

  /**
   * After a stop: who had connected by then. All of them at once, and the listener is closed; where there are too few
   * descriptors, as many as there are for, and the others when those are served.
   */
  *backlog(): Generator<Socket[], void, void> {
    for (let left = true; left;) {
      const clients = []
      for (let client = this.accept(); client !== null; client = this.accept()) clients.push(client)
      left = this.pause.left > 0 && clients.length > 0
      if (!left) release(this.listener)
      yield clients
    }
  }
}
