// The kernel of a selector by kqueue(2), on macOS.
import { EV_ADD, EV_DELETE, EVFILT_READ, EVFILT_WRITE } from '../../constants.js'
import { SocketError } from '../../errors.js'
import { Kqueue, waitForKqueue } from '../kqueue.js'
import type { Wait } from '../wait.js'
import { EVENT_READ, EVENT_WRITE } from './kernel.js'
import type { Kernel, Registered } from './kernel.js'

const filters: readonly (readonly [event: number, filter: number | undefined])[] = [
  [EVENT_READ, EVFILT_READ],
  [EVENT_WRITE, EVFILT_WRITE],
]

export class KqueueKernel implements Kernel {
  readonly syscall = 'kevent'
  #kqueue = new Kqueue!()

  add(fd: number, events: number): void {
    try {
      this.change(fd, events, 0)
    } catch (error) {
      this.remove(fd, events)
      throw error
    }
  }

  change(fd: number, events: number, before: number): void {
    for (const [event, filter] of filters) {
      if ((events & ~before & event) !== 0) this.#control(fd, filter!, EV_ADD!)
      if ((before & ~events & event) !== 0) this.#control(fd, filter!, EV_DELETE!)
    }
  }

  remove(fd: number, before: number): void {
    for (const [event, filter] of filters) {
      if ((before & event) === 0) continue
      try {
        this.#control(fd, filter!, EV_DELETE!)
      } catch (error) {
        if (!(error instanceof SocketError)) throw error // it is closed, and the kernel has removed it
      }
    }
  }

  wait(registered: ReadonlyMap<number, unknown>, wait: Wait): Iterable<[fd: number, events: number]> {
    const ready = new Map<number, number>()
    for (const { ident, filter } of waitForKqueue(this.#kqueue.fd, [], Math.max(1, 2 * registered.size), wait)) {
      ready.set(ident, (ready.get(ident) ?? 0) | (filter === EVFILT_READ ? EVENT_READ : EVENT_WRITE))
    }
    return ready
  }

  renew(registered: ReadonlyMap<number, Registered>): void {
    const fresh = new KqueueKernel()
    try {
      for (const [fd, { events }] of registered) fresh.add(fd, events)
    } catch (error) {
      fresh.close()
      throw error
    }
    this.#kqueue.close()
    this.#kqueue = fresh.#kqueue
  }

  close(): void {
    this.#kqueue.close()
  }

  #control(ident: number, filter: number, flags: number): void {
    this.#kqueue.control([{ ident, filter, flags }], 0, 0)
  }
}
