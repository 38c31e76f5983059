// The kernel of a selector by poll(2), on every system, for any descriptor.
import { POLLIN, POLLOUT } from '../../constants.js'
import { Pollfds } from '../pollfds.js'
import type { Wait } from '../wait.js'
import { EVENT_READ, EVENT_WRITE, StatelessKernel } from './kernel.js'
import type { Kernel, Registered } from './kernel.js'

/** The events to request of poll(2). */
export const pollEvents = (events: number): number =>
  (events & EVENT_READ ? POLLIN : 0) | (events & EVENT_WRITE ? POLLOUT : 0)

/** The events that poll(2) has reported. An error or a hang-up counts as readable and writable. */
export const eventsOfPoll = (revents: number): number =>
  (revents & ~POLLOUT ? EVENT_READ : 0) | (revents & ~POLLIN ? EVENT_WRITE : 0)

export class PollKernel extends StatelessKernel implements Kernel {
  readonly syscall = 'poll'

  wait(registered: ReadonlyMap<number, Registered>, wait: Wait): [fd: number, events: number][] {
    const fds = [...registered]
    const pollfds = new Pollfds(fds.length)
    fds.forEach(([fd, { events }], i) => pollfds.set(i, fd, pollEvents(events)))
    if (wait.slices(timeoutMs => pollfds.wait(timeoutMs)) === 0) return []
    return fds.map(([fd], i) => [fd, eventsOfPoll(pollfds.revents(i))])
  }
}
