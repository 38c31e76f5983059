// epoll(7), Linux.
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL } from '../../../constants.js'
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../../../constants.js'
import { check } from '../../../errors.js'
import { dataView, field, read, sizeOf, write } from '../../../syscalls/layout.js'
import { close, epoll_create1, epoll_ctl, epoll_wait } from '../../../syscalls/index.js'
import { Wait } from '../../../waiting/wait.js'
import type { Poller, Ready } from './poller.js'

const capacity = 256
const size = sizeOf('epoll_event')
const eventsField = field('epoll_event.events')
const fdField = { ...field('epoll_event.data'), size: 4, signed: true } // data.fd, a member of the union

export class EpollPoller implements Poller {
  readonly #fd = check(epoll_create1!(EPOLL_CLOEXEC!), 'epoll_create1')
  readonly #event = Buffer.alloc(size)
  readonly #events = Buffer.alloc(capacity * size)
  readonly #views = Array.from({ length: capacity }, (_, i) =>
    dataView(this.#events.subarray(i * size, (i + 1) * size)),
  )

  add(fd: number): void {
    const view = dataView(this.#event)
    write(view, eventsField, EPOLLIN! | EPOLLOUT! | EPOLLRDHUP! | EPOLLET!)
    write(view, fdField, fd)
    check(epoll_ctl!(this.#fd, EPOLL_CTL_ADD!, fd, this.#event), 'epoll_ctl')
  }

  remove(fd: number): void {
    check(epoll_ctl!(this.#fd, EPOLL_CTL_DEL!, fd, null), 'epoll_ctl')
  }

  wait(timeout: number | null): Ready[] {
    const wait = (timeoutMs: number): number => epoll_wait!(this.#fd, this.#events, timeoutMs)
    const count = new Wait('epoll_wait', timeout, []).slices(wait)
    return this.#views.slice(0, count).map(view => ({
      fd: read(view, fdField),
      readable: (read(view, eventsField) & (EPOLLIN! | EPOLLRDHUP! | EPOLLHUP! | EPOLLERR!)) !== 0,
    }))
  }

  close(): void {
    check(close(this.#fd), 'close')
  }
}
