// A server as its thread has it: the socket that it listens on, and what tells it to stop.
import { writeSync } from 'node:fs'
import { POLLIN } from '../constants.js'
import { isSocketError } from '../errors.js'
import type { Socket } from '../socket.js'
import { Deadline } from '../wait.js'
import type { Stop } from './stop.js'

/** How long to leave the listener alone when accept found no free descriptor, in milliseconds. */
const pause = 100

/**
 * How long a server that stops listens to clients that are owed nothing, in milliseconds: a socket closed with bytes
 * unread is reset, and the reset overtakes the answer (RFC 1122, 4.2.2.13).
 */
export const linger = 1000

// A client that left the queue, or whose connection broke in it: the next one may be well. accept(2)
const passing = new Set(['ECONNABORTED', 'EPERM', 'EPROTO'])

/** Reports a failure that the server survives. A thread that blocks has no time for its process.stderr. */
export const warn = (error: Error): void => void writeSync(2, `bsd-sockets: ${error.message}\n`)

export class Server {
  readonly listener: Socket
  readonly stop: Stop
  #paused = new Deadline(0)
  #quiet = new Deadline(0)

  constructor(listener: Socket, stop: Stop) {
    this.listener = listener
    this.stop = stop
  }

  /** How long the listener is to be left alone, in milliseconds. */
  get paused(): number {
    return this.#paused.left
  }

  /** A client, or null: none waits, or the process has no descriptor for it, and the listener is paused. accept4(2) */
  accept(): Socket | null {
    for (;;) {
      try {
        return this.listener.tryAccept()?.[0] ?? null
      } catch (error) {
        if (!isSocketError(error)) throw error
        if (passing.has(error.code)) continue
        this.pause(error)
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
      else if (this.paused > 0) this.stop.wait(this.listener, 0, this.paused)
    }
  }

  /** A client was closed: there is a descriptor again. */
  resume(): void {
    this.#paused = new Deadline(0)
  }

  /** There was no descriptor: leaves the listener alone for a while. Tells of it once a second at most. */
  pause(error: Error): void {
    this.#paused = new Deadline(pause)
    if (this.#quiet.left > 0) return
    this.#quiet = new Deadline(1000)
    warn(error)
  }
}
