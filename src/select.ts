// Waiting for several descriptors at once.
import { POLLIN } from './constants.js'
import { fdOf } from './descriptor.js'
import type { Descriptor } from './descriptor.js'
import { checkInteger } from './errors.js'
import { dataView, field, read, sizeOf, write } from './layout.js'
import * as sys from './syscalls.js'
import { Deadline, waitInSlices } from './wait.js'

const second = field('timeval.tv_sec')
const microsecond = field('timeval.tv_usec')

/**
 * Waits until some of these can be read, written, or have an exceptional condition such as urgent data: the three
 * lists of those. `timeout` is in milliseconds, null or nothing for ever; all three are empty when it is over. select(2)
 *
 * @throws RangeError for a descriptor of FD_SETSIZE or more, SocketError EBADF for one that is not open
 */
export function select<R extends Descriptor, W extends Descriptor, E extends Descriptor>(
  readers: Iterable<R>,
  writers: Iterable<W>,
  errors: Iterable<E>,
  timeout: number | null = null,
): [R[], W[], E[]] {
  const lists: [R[], W[], E[]] = [[...readers], [...writers], [...errors]]
  const fds = lists.map(list => list.map(descriptor => fdOf(descriptor, 'select')))
  const sets = lists.map(() => Buffer.alloc(sizeOf('fd_set'))) as [Buffer, Buffer, Buffer]
  const nfds = Math.max(-1, ...fds.flat()) + 1
  const timeval = Buffer.alloc(sizeOf('timeval'))
  const wait = (timeoutMs: number): number => {
    sets.forEach((set, i) => {
      sys.FD_ZERO(set)
      for (const fd of fds[i]!) sys.FD_SET(fd, set)
    })
    write(dataView(timeval), second, Math.floor(timeoutMs / 1000))
    write(dataView(timeval), microsecond, (timeoutMs % 1000) * 1000)
    return sys.select(nfds, ...sets, timeval)
  }
  const ready = waitInSlices(wait, new Deadline(timeout), 'select') > 0
  const chosen = <T>(i: number): T[] =>
    (lists[i] as unknown[] as T[]).filter((_, j) => ready && sys.FD_ISSET(fds[i]![j]!, sets[i]!))
  return [chosen<R>(0), chosen<W>(1), chosen<E>(2)]
}

const pollfdSize = sizeOf('pollfd')
const fdField = field('pollfd.fd')
const eventsField = field('pollfd.events')
const reventsField = field('pollfd.revents')

/**
 * Waits until some of these have an event that was asked for (POLLIN unless told otherwise), or POLLERR, POLLHUP or
 * POLLNVAL, which nobody asks for: those and their events. `timeout` is in milliseconds, null or nothing for ever.
 * There is no limit to their numbers. poll(2)
 */
export function poll<T extends Descriptor>(
  descriptors: Iterable<T | readonly [T, events: number]>,
  timeout: number | null = null,
): [T, events: number][] {
  const entries = Array.from(descriptors, entry => (Array.isArray(entry) ? entry : [entry, POLLIN]) as [T, number])
  const pollfds = Buffer.alloc(entries.length * pollfdSize)
  const views = entries.map((_, i) => dataView(pollfds.subarray(i * pollfdSize, (i + 1) * pollfdSize)))
  entries.forEach(([descriptor, events], i) => {
    write(views[i]!, fdField, fdOf(descriptor, 'poll'))
    write(views[i]!, eventsField, checkInteger('events', events, 0, 0xffff))
  })
  waitInSlices(timeoutMs => sys.poll(pollfds, timeoutMs), new Deadline(timeout), 'poll')
  return entries.flatMap(([descriptor], i): [T, number][] => {
    const revents = read(views[i]!, reventsField) & 0xffff
    return revents === 0 ? [] : [[descriptor, revents]]
  })
}
