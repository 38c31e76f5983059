// The kernel of a selector by epoll(7), on Linux.
import { EPOLLIN, EPOLLOUT } from '../../constants.js'
import { Epoll, waitForEpoll } from '../epoll.js'
import { SocketError } from '../../errors.js'
import type { Wait } from '../wait.js'
import { EVENT_READ, EVENT_WRITE } from './kernel.js'
import type { Kernel, Registered } from './kernel.js'

const epollEvents = (events: number): number =>
  (events & EVENT_READ ? EPOLLIN! : 0) | (events & EVENT_WRITE ? EPOLLOUT! : 0)

// An error or a hang-up counts as readable and writable.
const eventsOfEpoll = (told: number): number =>
  (told & ~EPOLLOUT! ? EVENT_READ : 0) | (told & ~EPOLLIN! ? EVENT_WRITE : 0)

export class EpollKernel implements Kernel {
  readonly syscall = 'epoll_wait'
  #epoll = new Epoll!()

  add(fd: number, events: number): void {
    this.#epoll.register(fd, epollEvents(events))
  }

  change(fd: number, events: number): void {
    this.#epoll.modify(fd, epollEvents(events))
  }

  remove(fd: number): void {
    try {
      this.#epoll.unregister(fd)
    } catch (error) {
      if (!(error instanceof SocketError)) throw error // it is closed, and the kernel has removed it
    }
  }

  wait(registered: ReadonlyMap<number, unknown>, wait: Wait): [fd: number, events: number][] {
    const told = waitForEpoll(this.#epoll.fd, Math.max(1, registered.size), wait)
    return told.map(([fd, events]) => [fd, eventsOfEpoll(events)])
  }

  renew(registered: ReadonlyMap<number, Registered>): void {
    const fresh = new EpollKernel()
    try {
      for (const [fd, { events }] of registered) fresh.add(fd, events)
    } catch (error) {
      fresh.close()
      throw error
    }
    this.#epoll.close()
    this.#epoll = fresh.#epoll
  }

  close(): void {
    this.#epoll.close()
  }
}
