// A server as its thread has it: the socket that it listens on, and what tells it to stop.
import { writeSync } from 'node:fs'
import { POLLIN } from '../constants.js'
import { isSocketError } from '../errors.js'
import type { SocketError } from '../errors.js'
import type { Socket } from '../socket.js'
import { Deadline } from '../wait.js'
import type { Stop } from './stop.js'

/**
 * How long a server that stops listens to clients that are owed nothing, in milliseconds: a socket closed with bytes
 * unread is reset, and the reset overtakes the answer (RFC 1122, 4.2.2.13).
 */
export const linger = 1000

/** Whether it was the client that left the queue, or its connection that broke in it: the next one may be well. accept(2) */
export const isPassing = ({ code }: SocketError): boolean => ['ECONNABORTED', 'EPERM', 'EPROTO'].includes(code)

/** Reports a failure that the server survives. A thread that blocks has no time for its process.stderr. */
export const warn = (error: Error): void => void writeSync(2, `bsd-sockets: ${error.message}\n`)

/** The time for which a listener is left alone, since accept found no free descriptor. */
export class Pause {
  #end = new Deadline(0)
  #quiet = new Deadline(0)

  /** Milliseconds that are left. */
  get left(): number {
    return this.#end.left
  }

  /** Begins, and tells why, once a second at most. */
  begin(error: Error): void {
    this.#end = new Deadline(100)
    if (this.#quiet.left > 0) return
    this.#quiet = new Deadline(1000)
    warn(error)
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
        if (!isSocketError(error)) throw error
        if (isPassing(error)) continue
        this.pause.begin(error)
        return null
      }
    }
  }

  /** Waits for clients, one after the other, until a stop is asked for. */
  *clients(): Generator<Socket, void, void> {
    while (!this.stop.asked) {
      // poll(2) watches the stop, too: accept(2) alone would sleep through it.
      const client = this.stop.wait(this.listener, POLLIN) ? this.accept() : null
      if (client !== null) yield client
      else if (this.pause.left > 0) this.stop.wait(this.listener, 0, this.pause.left)
    }
  }
}
