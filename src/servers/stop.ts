// What tells a server to stop, in every thread of it.
import { POLLIN } from '../constants.js'
import { poll } from '../select.js'
import type { Socket } from '../socket.js'

/** A descriptor that is readable from the first SIGINT or SIGTERM on, for ever: it is polled, and never read from. */
export class Stop {
  readonly fd: number
  /** Whether somebody saw that a stop was asked for. */
  asked = false

  constructor(fd: number) {
    this.fd = fd
  }

  /**
   * Waits until `socket` has one of poll(2)'s `events`, a stop was asked for, or `timeout` milliseconds have passed;
   * null waits for ever. Returns whether the socket has them.
   */
  wait(socket: Socket, events: number, timeout: number | null = null): boolean {
    const watched: [Socket | Stop, number][] = [
      [socket, events],
      [this, POLLIN],
    ]
    const ready = poll(watched, timeout)
    this.asked ||= ready.some(([descriptor]) => descriptor === this)
    return ready.some(([descriptor]) => descriptor === socket)
  }
}
