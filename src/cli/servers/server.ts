// A server in its own thread: the listening socket, and the descriptor that requests a stop.
import { writeSync } from 'node:fs'
import { AcceptFailures } from '../../sockets/accepting.js'
import { POLLIN } from '../../constants.js'
import { isSocketError } from '../../errors.js'
import { printable } from '../../printable.js'
import type { Socket } from '../../sockets/socket.js'
import { Deadline } from '../../waiting/wait.js'
import type { Stop } from './stop.js'

/**
 * How long a stopping server still receives from clients that have got everything, in milliseconds. Closing a socket with unread
 * bytes resets it, and the reset may overtake the answer (RFC 1122, 4.2.2.13).
 */
export const linger = 1000

/** Reports a failure that the server survives; written directly, since process.stderr of a blocked thread writes nothing. */
export const warn = (error: Error): void => void writeSync(2, `bsd-sockets: ${printable(error.message)}\n`)

const quiet = new Map<string, Deadline>()

/** The same, at most once a second for each message. */
export function warnNowAndThen(error: Error): void {
  if ((quiet.get(error.message)?.left ?? 0) > 0) return
  quiet.set(error.message, new Deadline(1000))
  warn(error)
}

/** The pause after a failure for lack of descriptors or memory, in milliseconds. */
export const rest = 100

/**
 * Returns the result of `wait`. If the kernel lacked memory for it, returns null after a pause: then wait again. poll(2),
 * select(2)
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

/** Closes a socket. A failure is reported; the descriptor is closed anyway. close(2) */
export function release(socket: { close(): void }): void {
  try {
    socket.close()
  } catch (error) {
    if (!isSocketError(error)) throw error
    warnNowAndThen(error)
  }
}

/** The pause of a listener after accept found no free descriptor. */
export class Pause {
  readonly #failures = new AcceptFailures(warn)
  #end = new Deadline(0)

  /** The milliseconds left. */
  get left(): number {
    return this.#end.left
  }

  /** Begins if `error`, of accept, requires a pause; throws it if it is a failure of the listener. */
  failed(error: unknown): void {
    this.#end = new Deadline(this.#failures.pause(error))
  }

  /** Begins, and reports the reason, at most once a second. */
  begin(error: Error): void {
    this.#end = new Deadline(rest)
    warnNowAndThen(error)
  }

  /** Ends it: a descriptor is free. */
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

  /** Accepts a client. Null if none waits, or if the process lacks a descriptor; then the listener is paused. accept4(2) */
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

  /** Waits for clients, one after the other, until a stop is requested; then yields those that connected before it. */
  *clients(): Generator<Socket, void, void> {
    while (!this.stop.asked) {
      // poll(2) watches the stop too: accept(2) alone would not return for it.
      const client = this.stop.wait(this.listener, POLLIN) ? this.accept() : null
      if (client !== null) yield client
      else if (this.pause.left > 0) this.stop.wait(this.listener, 0, this.pause.left)
    }
    for (const clients of this.backlog()) yield* clients
  }

  /**
   * After a stop: the clients that connected before it. Yields all of them at once, and closes the listener. If descriptors are
   * lacking, it yields as many as possible, and the others when those are served.
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
