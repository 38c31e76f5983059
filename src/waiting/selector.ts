// Waiting for many descriptors that are registered once: Python's selectors module.
import { constants } from 'node:os'
import { fdOf } from '../descriptors/descriptor.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { checkInteger, invalidValue } from '../checks.js'
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
  /** What was registered: a socket or a number. */
  readonly fileobj: Descriptor
  readonly fd: number
  /** What is waited for: EVENT_READ, EVENT_WRITE or both. */
  readonly events: number
  /** Whatever was given with it. */
  readonly data: T
}

// It can be left out where it may be undefined.
type DataOf<T> = undefined extends T ? [data?: T] : [data: T]

const best = (): Kernel => (Epoll ? new EpollKernel() : Kqueue ? new KqueueKernel() : new PollKernel())

/**
 * Waits for many descriptors, each registered once, in the best way that this system has. It is level-triggered: who
 * is ready is reported until that is over. What is registered is to be unregistered before it is closed: of a socket that
 * was not nothing is told any more, and whoever has its number next can be registered, but a number alone says nothing
 * of its owner. Python's DefaultSelector
 */
export class Selector<T = unknown> {
  readonly #kernel: Kernel
  readonly #keys = new Map<number, SelectorKey<T>>() // by descriptor
  #closed = false

  constructor(kernel: Kernel = best()) {
    this.#kernel = kernel
  }

  /** Registers a descriptor for EVENT_READ, EVENT_WRITE or both, and whatever is to be found in its key again. */
  register(fileobj: Descriptor, events: number, ...[data]: DataOf<T>): SelectorKey<T> {
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

  /** Changes what is waited for, and the data. */
  modify(fileobj: Descriptor, events: number, ...[data]: DataOf<T>): SelectorKey<T> {
    const before = this.getKey(fileobj)
    if (!isOpen(before)) throw socketError(constants.errno.EBADF, this.#kernel.syscall)
    const key = { ...before, events: checkEvents(events), data: data as T }
    if (events !== before.events) this.#kernel.change(key.fd, events, before.events)
    this.#keys.set(key.fd, key)
    return key
  }

  /** Waits for it no longer; one that was closed meanwhile can be given here too. */
  unregister(fileobj: Descriptor): SelectorKey<T> {
    const key = this.getKey(fileobj)
    this.#keys.delete(key.fd)
    this.#kernel.remove(key.fd, key.events)
    return key
  }

  /** Waits until some are ready: their keys, and for what; none when the time is over. `timeout`: milliseconds, null for ever. */
  select(timeout: number | null = null): [key: SelectorKey<T>, events: number][] {
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

  // The registrations, without those of sockets that were closed: their numbers may be somebody else's.
  #open(): ReadonlyMap<number, SelectorKey<T>> {
    for (const key of this.#keys.values()) {
      if (!isOpen(key)) return new Map([...this.#keys].filter(([, key]) => isOpen(key)))
    }
    return this.#keys
  }

  /** The registration of what is registered. */
  getKey(fileobj: Descriptor): SelectorKey<T> {
    this.#check()
    const likely = this.#keys.get(typeof fileobj === 'object' ? fileobj?.fd : fileobj)
    if (likely?.fileobj === fileobj) return likely
    for (const key of this.#keys.values()) if (key.fileobj === fileobj) return key // one that was closed
    const key = this.#keys.get(this.#fdOf(fileobj))
    if (key === undefined) throw invalidValue('fileobj', fileobj, 'is not registered')
    return key
  }

  /** All that is registered now. */
  getMap(): ReadonlyMap<Descriptor, SelectorKey<T>> {
    return new Map([...this.#keys.values()].map(key => [key.fileobj, key]))
  }

  /** Ends all registrations, and closes nothing that was registered. Doing so again does nothing. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#keys.clear()
    this.#kernel.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** A handle for other threads: `interrupt(handle)` there ends `select` with an InterruptedError. */
  interrupter(): Interrupter {
    return interrupterOf(this)
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
  constructor() {
    super(new PollKernel())
  }
}

/** A Selector by select(2), for descriptors below FD_SETSIZE. */
export class SelectSelector<T = unknown> extends Selector<T> {
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
