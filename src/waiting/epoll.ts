// An epoll descriptor: waits for many descriptors, on Linux. epoll(7)
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
} from '../constants.js'
import { fdOf } from '../descriptors/descriptor.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { allocated, checkInteger, invalidThis } from '../checks.js'
import { check } from '../syscalls/result.js'
import { interrupterOf } from './interrupter.js'
import type { Interrupter } from './interrupter.js'
import { dataView, field, littleEndian, sizeOf, write } from '../syscalls/layout.js'
import { OwnedFd } from '../descriptors/owned-fd.js'
import { checkTimeout } from '../timers.js'
import { callOwning } from '../syscalls/native.js'
import * as sys from '../syscalls/index.js'
import { Wait } from './wait.js'

const epoll_create1 = callOwning<typeof sys.epoll_create1>('epoll_create1')

const size = sizeOf('epoll_event')
const eventsField = field('epoll_event.events')
const dataField = field('epoll_event.data')

const event = Buffer.alloc(size)

function eventBytes(fd: number, events: number): Buffer {
  // EPOLLET is the highest of 32 bits: `|` makes a negative number of it.
  write(dataView(event), eventsField, checkInteger('events', events, -(2 ** 31), 2 ** 32 - 1))
  write(dataView(event), dataField, fd)
  return event
}

const kept = 1024 // the largest room, in events, that is kept between two waits
let room = Buffer.alloc(0)

function eventsFor(maxEvents: number): Buffer {
  const length = maxEvents * size
  if (room.length === length) return room
  const made = allocated('maxEvents', length, 'allocUnsafeSlow')
  if (maxEvents <= kept) room = made
  return made
}

/** Waits until some are ready. Returns at most `maxEvents` of them, none when the time is over. epoll_wait(2) */
export function waitForEpoll(epfd: number, maxEvents: number, wait: Wait): [fd: number, events: number][] {
  const events = eventsFor(maxEvents)
  const count = wait.within(epfd, timeoutMs => sys.epoll_wait!(epfd, events, timeoutMs))
  const view = dataView(events)
  const ready: [fd: number, events: number][] = []
  for (let at = 0; at < count * size; at += size) {
    ready.push([
      view.getInt32(at + dataField.offset, littleEndian),
      view.getUint32(at + eventsField.offset, littleEndian),
    ])
  }
  return ready
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: LinuxEpoll) => unknown

/** An epoll descriptor. Default interest: EPOLLIN, EPOLLPRI and EPOLLOUT. Python's select.epoll */
export class LinuxEpoll extends OwnedFd {
  static {
    brand = self => {
      try {
        return self.#control // oxlint-disable-line typescript/unbound-method -- is it one?
      } catch {
        throw invalidThis('Epoll')
      }
    }
  }

  /**
   * epoll_create1(2)
   *
   * @throws SocketError EMFILE or ENFILE if no descriptor is left, EINVAL for unknown flags
   */
  constructor(flags: number = EPOLL_CLOEXEC!) {
    super(check(epoll_create1!(flags), 'epoll_create1'))
  }

  /**
   * Adds a descriptor. epoll_ctl(2), EPOLL_CTL_ADD
   *
   * @throws FileExistsError if it is registered already; SocketError EBADF for a closed one, ENOSPC if the user has too
   *   many; PermissionError for a regular file; TypeError or RangeError for a wrong argument
   */
  register(descriptor: Descriptor, events: number = EPOLLIN! | EPOLLPRI! | EPOLLOUT!): void {
    brand(this)
    this.#control(EPOLL_CTL_ADD!, descriptor, events)
  }

  /**
   * Changes the events of a descriptor. epoll_ctl(2), EPOLL_CTL_MOD
   *
   * @throws FileNotFoundError if it is not registered; SocketError EBADF for a closed one; TypeError or RangeError for
   *   a wrong argument
   */
  modify(descriptor: Descriptor, events: number): void {
    brand(this)
    this.#control(EPOLL_CTL_MOD!, descriptor, events)
  }

  /**
   * Removes a descriptor. epoll_ctl(2), EPOLL_CTL_DEL
   *
   * @throws FileNotFoundError if it is not registered; SocketError EBADF for a closed one; TypeError or RangeError for
   *   a wrong argument
   */
  unregister(descriptor: Descriptor): void {
    brand(this)
    this.#control(EPOLL_CTL_DEL!, descriptor, 0)
  }

  /**
   * Waits until some are ready. Returns at most `maxEvents` of them with their events, none when the time is over. `timeout` is
   * in milliseconds; null: no limit. epoll_wait(2)
   *
   * @throws SocketError EBADF after close; InterruptedError if a signal or another thread ends the wait; TypeError or
   *   RangeError for a wrong argument
   */
  poll(timeout: number | null = null, maxEvents = 1024): [fd: number, events: number][] {
    brand(this)
    checkInteger('maxEvents', maxEvents, 1, 2 ** 24)
    return waitForEpoll(this.fd, maxEvents, new Wait('epoll_wait', checkTimeout(timeout), [this]))
  }

  /**
   * A handle for other threads: `interrupt(handle)` ends `poll` with an InterruptedError. socketpair(2)
   *
   * @throws SocketError EMFILE if there is no descriptor for the socket pair that wakes this thread, which the first
   *   call makes
   */
  interrupter(): Interrupter {
    brand(this)
    return interrupterOf(this)
  }

  #control(operation: number, descriptor: Descriptor, events: number): void {
    const fd = fdOf(descriptor, 'epoll_ctl')
    check(sys.epoll_ctl!(this.fd, operation, fd, eventBytes(fd, events)), 'epoll_ctl', undefined, fd)
  }
}

export type Epoll = LinuxEpoll

/** An epoll descriptor; undefined where the kernel has none. epoll(7) */
export const Epoll: typeof LinuxEpoll | undefined = sys.epoll_create1 && LinuxEpoll
