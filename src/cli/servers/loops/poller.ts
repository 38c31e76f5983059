// Waits for many descriptors whose list the kernel keeps: epoll(7), or kqueue(2) on macOS.
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../../../constants.js'
import { EV_ADD, EV_CLEAR, EV_DELETE, EV_EOF, EVFILT_READ, EVFILT_WRITE } from '../../../constants.js'
import { Epoll } from '../../../waiting/epoll.js'
import { Kqueue } from '../../../waiting/kqueue.js'

/** A descriptor that has become readable or, if not `readable`, writable. */
export interface Ready {
  fd: number
  readable: boolean
}

/** Edge-triggered: a descriptor is reported once when it becomes ready. */
export interface Poller {
  /** Watches a descriptor, in both directions, until it is removed or closed. One that is ready already is reported too. */
  add(fd: number): void
  remove(fd: number): void
  /** Waits until some are ready, and returns these. `timeout` is in milliseconds; null: no limit. */
  wait(timeout: number | null): Ready[]
  close(): void
}

const capacity = 256

class EpollPoller implements Poller {
  readonly #epoll = new Epoll!()

  add(fd: number): void {
    this.#epoll.register(fd, EPOLLIN! | EPOLLOUT! | EPOLLRDHUP! | EPOLLET!)
  }

  remove(fd: number): void {
    this.#epoll.unregister(fd)
  }

  wait(timeout: number | null): Ready[] {
    const readable = EPOLLIN! | EPOLLRDHUP! | EPOLLHUP! | EPOLLERR!
    return this.#epoll.poll(timeout, capacity).map(([fd, events]) => ({ fd, readable: (events & readable) !== 0 }))
  }

  close(): void {
    this.#epoll.close()
  }
}

class KqueuePoller implements Poller {
  readonly #kqueue = new Kqueue!()

  add(fd: number): void {
    this.#change(fd, EV_ADD! | EV_CLEAR!)
  }

  remove(fd: number): void {
    this.#change(fd, EV_DELETE!)
  }

  wait(timeout: number | null): Ready[] {
    return this.#kqueue.control([], capacity, timeout).map(({ ident, filter, flags }) => ({
      fd: ident,
      // The end of the peer ends every wait, as EPOLLHUP does.
      readable: filter === EVFILT_READ || (flags & EV_EOF!) !== 0,
    }))
  }

  close(): void {
    this.#kqueue.close()
  }

  // The two filters of a descriptor, one for each direction.
  #change(ident: number, flags: number): void {
    this.#kqueue.control(
      [EVFILT_READ!, EVFILT_WRITE!].map(filter => ({ ident, filter, flags })),
      0,
    )
  }
}

export const newPoller = (): Poller => (Epoll === undefined ? new KqueuePoller() : new EpollPoller())
