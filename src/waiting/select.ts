// select(2) and poll(2): waiting for several descriptors.
import { FD_SETSIZE, POLLIN } from '../constants.js'
import { fdOf } from '../descriptors/descriptor.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { checkInteger, invalidType, invalidValue } from '../checks.js'
import { alarmDescriptor, drainAlarm } from './interrupter.js'
import { dataView, field, sizeOf, write } from '../syscalls/layout.js'
import { Pollfds } from './pollfds.js'
import { checkTimeout } from '../timers.js'
import * as sys from '../syscalls/index.js'
import { Wait } from './wait.js'

const second = field('timeval.tv_sec')
const microsecond = field('timeval.tv_usec')

type Three<T> = [readers: T[], writers: T[], errors: T[]]

/** Waits for three lists of descriptors. Returns a test of whether one is ready: by a list's number and an index. select(2) */
export function waitForSelect(fds: Three<number>, wait: Wait): (list: number, index: number) => boolean {
  const sets = fds.map(() => Buffer.alloc(sizeOf('fd_set'))) as [Buffer, Buffer, Buffer]
  const timeval = Buffer.alloc(sizeOf('timeval'))
  const ready = wait.slices(timeoutMs => {
    const alarm = alarmDescriptor() < FD_SETSIZE ? alarmDescriptor() : -1 // a higher one is checked at the end of each slice
    sets.forEach((set, list) => {
      sys.FD_ZERO(set)
      for (const fd of fds[list]!) sys.FD_SET(fd, set)
    })
    if (alarm >= 0) sys.FD_SET(alarm, sets[0])
    write(dataView(timeval), second, Math.floor(timeoutMs / 1000))
    write(dataView(timeval), microsecond, (timeoutMs % 1000) * 1000)
    const result = sys.select(Math.max(alarm, ...fds.flat()) + 1, ...sets, timeval)
    if (result <= 0 || alarm < 0 || !sys.FD_ISSET(alarm, sets[0])) return result
    drainAlarm()
    return result - 1
  })
  return (list, index) => ready > 0 && sys.FD_ISSET(fds[list]![index]!, sets[list]!) === 1
}

/**
 * Waits until some descriptors are readable, writable, or have an exceptional condition, for example urgent data. Returns the
 * three lists of these; all are empty when the time is over. `timeout` is in milliseconds; default and null: no limit. select(2)
 *
 * @throws RangeError for a descriptor of FD_SETSIZE or more, SocketError EBADF for one that is not open
 */
export function select<R extends Descriptor, W extends Descriptor, E extends Descriptor>(
  readers: Iterable<R>,
  writers: Iterable<W>,
  errors: Iterable<E>,
  timeout: number | null = null,
): [R[], W[], E[]] {
  const lists: [R[], W[], E[]] = [listOf('readers', readers), listOf('writers', writers), listOf('errors', errors)]
  const fds = lists.map(list => list.map(descriptor => fdOf(descriptor, 'select'))) as Three<number>
  const isReady = waitForSelect(fds, new Wait('select', checkTimeout(timeout), lists.flat()))
  const chosen = <T>(list: T[], number: number): T[] => list.filter((_, index) => isReady(number, index))
  return [chosen(lists[0], 0), chosen(lists[1], 1), chosen(lists[2], 2)]
}

function listOf<T>(name: string, given: Iterable<T>): T[] {
  if (typeof given?.[Symbol.iterator] !== 'function') throw invalidType(name, given, 'an iterable')
  try {
    return [...given]
  } catch (error) {
    throw ArrayBuffer.isView(given) ? invalidValue(name, given, 'must not be detached') : error // V8's has no code
  }
}

const isEntry = <T>(entry: T | readonly [T, events: number]): entry is readonly [T, events: number] =>
  Array.isArray(entry)

let latest = new Pollfds(0) // reused: the next call mostly waits for as many descriptors

/**
 * Waits until some descriptors have a requested event (default: POLLIN), or POLLERR, POLLHUP or POLLNVAL, which are always
 * reported. Returns these descriptors with their events. `timeout` is in milliseconds; default and null: no limit. A descriptor
 * can be of any number. poll(2)
 *
 * @throws SocketError EBADF for a closed object (a number that is not open has POLLNVAL); InterruptedError; TypeError
 *   or RangeError for a wrong argument
 */
export function poll<T extends Descriptor>(
  descriptors: Iterable<T | readonly [T, events: number]>,
  timeout: number | null = null,
): [T, events: number][] {
  const entries: (readonly [T, events: number])[] = []
  for (const entry of listOf('descriptors', descriptors)) entries.push(isEntry(entry) ? entry : [entry, POLLIN])
  const pollfds = latest.count === entries.length ? latest : (latest = new Pollfds(entries.length))
  entries.forEach(([descriptor, events], i) => {
    pollfds.set(i, fdOf(descriptor, 'poll'), checkInteger('events', events, 0, 0xffff))
  })
  const blocking = entries.map(([descriptor]) => descriptor)
  new Wait('poll', checkTimeout(timeout), blocking).slices(timeoutMs => pollfds.wait(timeoutMs))
  const ready: [T, events: number][] = []
  entries.forEach(([descriptor], i) => {
    const events = pollfds.revents(i)
    if (events !== 0) ready.push([descriptor, events])
  })
  return ready
}
