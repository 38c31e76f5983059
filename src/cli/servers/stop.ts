// What tells a server to stop, in every thread of it.
import { POLLIN } from '../../constants.js'
import { Pollfds } from '../../waiting/pollfds.js'
import type { Socket } from '../../sockets/socket.js'
import { Wait } from '../../waiting/wait.js'
import { patiently } from './server.js'

const pollfds = new Pollfds(2) // of this thread, which waits for one thing at a time

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
    pollfds.set(0, socket.fd, events)
    pollfds.set(1, this.fd, POLLIN)
    const wait = new Wait('poll', timeout, [socket])
    while (patiently(() => wait.slices(timeoutMs => pollfds.wait(timeoutMs))) === null) continue
    this.asked ||= pollfds.revents(1) !== 0
    return pollfds.revents(0) !== 0
  }
}
