// kqueue(2), macOS.
import {
  EV_ADD,
  EV_CLEAR,
  EV_DELETE,
  EV_EOF,
  EVFILT_READ,
  EVFILT_WRITE,
  F_SETFD,
  FD_CLOEXEC,
} from '../../../constants.js'
import { check } from '../../../errors.js'
import { dataView, field, read, sizeOf, write } from '../../../syscalls/layout.js'
import { close, fcntl, kevent, kqueue } from '../../../syscalls/index.js'
import { Wait } from '../../../waiting/wait.js'
import type { Poller, Ready } from './poller.js'

const capacity = 256
const size = sizeOf('kevent_t')
const identField = field('kevent_t.ident')
const filterField = field('kevent_t.filter')
const flagsField = field('kevent_t.flags')
const second = field('timespec.tv_sec')
const nanosecond = field('timespec.tv_nsec')

const viewsOf = (events: Buffer): DataView[] =>
  Array.from({ length: events.length / size }, (_, i) => dataView(events.subarray(i * size, (i + 1) * size)))

export class KqueuePoller implements Poller {
  readonly #fd = check(kqueue!(), 'kqueue')
  readonly #events = Buffer.alloc(capacity * size)
  readonly #views = viewsOf(this.#events)

  constructor() {
    check(fcntl(this.#fd, F_SETFD, FD_CLOEXEC), 'fcntl') // kqueue(2) has no flag for it
  }

  add(fd: number): void {
    this.#change(fd, EV_ADD! | EV_CLEAR!)
  }

  remove(fd: number): void {
    this.#change(fd, EV_DELETE!)
  }

  wait(timeout: number | null): Ready[] {
    const limit = Buffer.alloc(sizeOf('timespec'))
    const wait = (timeoutMs: number): number => {
      write(dataView(limit), second, Math.floor(timeoutMs / 1000))
      write(dataView(limit), nanosecond, (timeoutMs % 1000) * 1_000_000)
      return kevent!(this.#fd, null, this.#events, limit)
    }
    const count = new Wait('kevent', timeout, []).slices(wait)
    return this.#views.slice(0, count).map(view => ({
      fd: read(view, identField),
      // The end of a peer ends every wait, whatever it waited for, as epoll's EPOLLHUP does.
      readable: read(view, filterField) === EVFILT_READ || (read(view, flagsField) & EV_EOF!) !== 0,
    }))
  }

  close(): void {
    check(close(this.#fd), 'close')
  }

  // The two filters of a descriptor, one for each direction.
  #change(fd: number, flags: number): void {
    const changes = Buffer.alloc(2 * size)
    viewsOf(changes).forEach((view, i) => {
      write(view, identField, fd)
      write(view, filterField, [EVFILT_READ!, EVFILT_WRITE!][i]!)
      write(view, flagsField, flags)
    })
    check(kevent!(this.#fd, changes, null, null), 'kevent')
  }
}
