// The stop of a server, in each of its threads.
import { POLLIN } from '../../constants.js'
import { Pollfds } from '../../waiting/pollfds.js'
import type { Socket } from '../../sockets/socket.js'
import { Wait } from '../../waiting/wait.js'
import { patiently } from './server.js'

const pollfds = new Pollfds(2) // one for the thread, which does one wait at a time

/** A descriptor that is readable from the first SIGINT or SIGTERM on, for ever: it is polled, never read. */
export class Stop {
  readonly fd: number
  /** Whether this thread has seen that a stop was requested. */
  asked = false

  constructor(fd: number) {
    this.fd = fd
  }

  /**
   * Waits until `socket` has one of `events`, a stop is requested, or `timeout` milliseconds have passed; null: no limit.
   * Returns whether the socket has one of them. poll(2)
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
