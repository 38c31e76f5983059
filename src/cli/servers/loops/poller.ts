// Waiting for many descriptors that the kernel remembers. A kernel is a file: poller-epoll.ts for Linux, poller-kqueue.ts
// for macOS.
import { EpollPoller } from './poller-epoll.js'
import { KqueuePoller } from './poller-kqueue.js'

/** A descriptor that has become ready, to be read or, where not `readable`, to be written. */
export interface Ready {
  fd: number
  readable: boolean
}

/** Edge-triggered: a descriptor is told of when it becomes ready, and not again while it is. */
export interface Poller {
  /** Watches a descriptor, in both directions, until it is removed or closed. What is ready already is told of too. */
  add(fd: number): void
  remove(fd: number): void
  /** Waits until some are ready: those. `timeout` is in milliseconds, null for ever. */
  wait(timeout: number | null): Ready[]
  close(): void
}

export const newPoller = (): Poller => (process.platform === 'darwin' ? new KqueuePoller() : new EpollPoller())
