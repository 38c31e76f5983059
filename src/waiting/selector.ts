// Selectors wait for many descriptors, each registered once: Python's selectors module.
import type { Parts } from '../shown.js'
import { shownObject } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import { constants } from 'node:os'
import { fdOf } from '../descriptors/descriptor.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { checkInteger, invalidThis, invalidValue } from '../checks.js'
import { socketError } from '../errors.js'
import { Epoll } from './epoll.js'
import { interrupterOf } from './interrupter.js'
import type { Interrupter } from './interrupter.js'
import { Kqueue } from './kqueue.js'
import { EpollKernel } from './selectors/epoll.js'
import { EVENT_READ, EVENT_WRITE } from './selectors/kernel.js'
import type { Kernel } from './selectors/kernel.js'
import { KqueueKernel } from './selectors/kqueue.js'
import { PollKernel } from './selectors/poll.js'
import { SelectKernel } from './selectors/select.js'
import { checkTimeout } from '../timers.js'
import { Wait } from './wait.js'

export { EVENT_READ, EVENT_WRITE }

/** A registration. Python's SelectorKey */
export interface SelectorKey<T = unknown> {
  /** The registered socket or number. */
  readonly fileobj: Descriptor
  /** Its descriptor. */
  readonly fd: number
  /** The requested events: EVENT_READ, EVENT_WRITE or both. */
  readonly events: number
  /** The data given to `register`. */
  readonly data: T
}

/**
 * The argument is optional if its type includes undefined.
 *
 * @inline
 */
type DataOf<T> = undefined extends T ? [data?: T] : [data: T]

const best = (): Kernel => (Epoll ? new EpollKernel() : Kqueue ? new KqueueKernel() : new PollKernel())

// Refuses a `this` of another class; each method begins with it.
let brand: (self: Selector) => unknown

/**
 * Waits for many descriptors, each registered once, by the best call of this system. It is level-triggered: a descriptor is
 * reported as long as it is ready. Unregister a descriptor before you close it. A socket that was closed first is not reported
 * any more, and another one with its number can be registered; but a plain number does not tell its owner. Python's
 * DefaultSelector
 */
export class Selector<T = unknown> {
  readonly #kernel: Kernel
  readonly #keys = new Map<number, SelectorKey<T>>() // by descriptor
  #closed = false

  static {
    brand = self => {
      try {
        return self.#kernel
      } catch {
        throw invalidThis('Selector')
      }
    }
  }

  /** Waits by the best that the system has: epoll(7), kqueue(2), poll(2). */
  constructor(kernel: Kernel = best()) {
    this.#kernel = kernel
  }

  /**
   * Registers a descriptor for EVENT_READ, EVENT_WRITE or both. `data` is kept in its key.
   *
   * @throws TypeError if it is registered already, or for a wrong argument; RangeError for other events; SocketError
   *   EBADF if the selector is closed, or the object is
   */
  register(fileobj: Descriptor, events: number, ...[data]: DataOf<T>): SelectorKey<T> {
    brand(this)
    const key = { fileobj, fd: this.#fdOf(fileobj), events: checkEvents(events), data: data as T }
    const before = this.#keys.get(key.fd)
    if (before !== undefined) {
      if (isOpen(before)) throw invalidValue('fileobj', fileobj, 'is registered already')
      this.unregister(before.fileobj)
    }
    this.#kernel.add(key.fd, events)
    this.#keys.set(key.fd, key)
    return key
  }

  /**
   * Changes the events and the data of a registration.
   *
   * @throws TypeError if it is not registered; RangeError for other events; SocketError EBADF if the selector is
   *   closed, or the object is
   */
  modify(fileobj: Descriptor, events: number, ...[data]: DataOf<T>): SelectorKey<T> {
    brand(this)
    const before = this.getKey(fileobj)
    if (!isOpen(before)) throw socketError(constants.errno.EBADF, this.#kernel.syscall)
    const key = { ...before, events: checkEvents(events), data: data as T }
    if (events !== before.events) this.#kernel.change(key.fd, events, before.events)
    this.#keys.set(key.fd, key)
    return key
  }

  /**
   * Removes a registration; the socket may be closed already.
   *
   * @throws TypeError if it is not registered; SocketError EBADF if the selector is closed
   */
  unregister(fileobj: Descriptor): SelectorKey<T> {
    brand(this)
    const key = this.getKey(fileobj)
    this.#keys.delete(key.fd)
    this.#kernel.remove(key.fd, key.events)
    return key
  }

  /**
   * Waits until some are ready. Returns their keys and events, none when the time is over. `timeout`: milliseconds;
   * null: no limit. epoll_wait(2), kevent(2), poll(2), select(2)
   *
   * @throws InterruptedError if a signal or another thread ends the wait; SocketError EBADF if the selector is closed;
   *   TypeError or RangeError for a timeout that is neither null nor a number of 0 or more
   */
  select(timeout: number | null = null): [key: SelectorKey<T>, events: number][] {
    brand(this)
    this.#check()
    const wait = new Wait(this.#kernel.syscall, checkTimeout(timeout), [this])
    for (;;) {
      const open = this.#open()
      const ready: [SelectorKey<T>, number][] = []
      let closed = false
      for (const [fd, told] of this.#kernel.wait(open, wait)) {
        const key = open.get(fd)
        if (key === undefined) closed = true
        else if ((told & key.events) !== 0) ready.push([key, told & key.events])
      }
      if (ready.length > 0 || !closed) return ready
      this.#kernel.renew(open)
    }
  }

  // The registrations, except those of closed sockets: another socket may have their number.
  #open(): ReadonlyMap<number, SelectorKey<T>> {
    for (const key of this.#keys.values()) {
      if (!isOpen(key)) return new Map([...this.#keys].filter(([, key]) => isOpen(key)))
    }
    return this.#keys
  }

  /**
   * The registration of a descriptor.
   *
   * @throws TypeError if it is not registered; SocketError EBADF if the selector is closed
   */
  getKey(fileobj: Descriptor): SelectorKey<T> {
    brand(this)
    this.#check()
    const likely = this.#keys.get(typeof fileobj === 'object' ? fileobj?.fd : fileobj)
    if (likely !== undefined && likely.fileobj === fileobj) return likely
    for (const key of this.#keys.values()) if (key.fileobj === fileobj) return key // it is closed
    const key = this.#keys.get(this.#fdOf(fileobj))
    if (key === undefined) throw invalidValue('fileobj', fileobj, 'is not registered')
    return key
  }

  /** The registrations, by descriptor. */
  getMap(): ReadonlyMap<Descriptor, SelectorKey<T>> {
    brand(this)
    return new Map([...this.#keys.values()].map(key => [key.fileobj, key]))
  }

  /** Removes all registrations; the descriptors stay open. A second call does nothing. */
  close(): void {
    brand(this)
    if (this.#closed) return
    this.#closed = true
    this.#keys.clear()
    this.#kernel.close()
  }

  [Symbol.dispose](): void {
    brand(this)
    this.close()
  }

  /**
   * A handle for other threads: `interrupt(handle)` ends `select` with an InterruptedError. socketpair(2)
   *
   * @throws SocketError EMFILE if there is no descriptor for the socket pair that wakes this thread, which the first
   *   call makes
   */
  interrupter(): Interrupter {
    brand(this)
    return interrupterOf(this)
  }

  /** @internal For console.log: one line. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({
      call: this.#kernel.syscall,
      registered: this.#keys.size,
      state: this.#closed ? 'closed' : 'open',
    })
    return shownObject(this, 'Selector', depth, options, parts)
  }

  #check(): void {
    if (this.#closed) throw socketError(constants.errno.EBADF, this.#kernel.syscall)
  }

  #fdOf(fileobj: Descriptor): number {
    this.#check()
    return fdOf(fileobj, this.#kernel.syscall)
  }
}

const isOpen = ({ fileobj, fd }: SelectorKey): boolean => typeof fileobj === 'number' || fileobj.fd === fd

function checkEvents(events: number): number {
  return checkInteger('events', events, EVENT_READ, EVENT_READ | EVENT_WRITE)
}

/** A Selector by poll(2). */
export class PollSelector<T = unknown> extends Selector<T> {
  /** An empty selector. */
  constructor() {
    super(new PollKernel())
  }
}

/** A Selector by select(2), for descriptors below FD_SETSIZE. */
export class SelectSelector<T = unknown> extends Selector<T> {
  /** An empty selector. */
  constructor() {
    super(new SelectKernel())
  }
}

class SelectorByEpoll<T = unknown> extends Selector<T> {
  constructor() {
    super(new EpollKernel())
  }
}

class SelectorByKqueue<T = unknown> extends Selector<T> {
  constructor() {
    super(new KqueueKernel())
  }
}

/** A Selector by epoll(7); undefined where the kernel has none. */
export const EpollSelector: typeof SelectorByEpoll | undefined = Epoll && SelectorByEpoll

/** A Selector by kqueue(2); undefined where the kernel has none. */
export const KqueueSelector: typeof SelectorByKqueue | undefined = Kqueue && SelectorByKqueue
