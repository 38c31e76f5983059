// The contract between a selector and its kernel. epoll.ts, kqueue.ts, poll.ts and select.ts implement it, each by its call.
import type { Wait } from '../wait.js'

/** Readable: it has bytes, a connection to accept, an end-of-file or an error. */
export const EVENT_READ = 1
/** Writable: it can take bytes, has connected, or has an error. */
export const EVENT_WRITE = 2

/** The requested events of a descriptor. */
export interface Registered {
  readonly events: number
}

/** A way to wait for many descriptors. `events` are EVENT_READ, EVENT_WRITE or both; a failure is a SocketError. */
export interface Kernel {
  /** The name of the call that waits, for errors. */
  readonly syscall: string
  add(fd: number, events: number): void
  change(fd: number, events: number, before: number): void
  /** Removes a descriptor, which may be closed already. */
  remove(fd: number, before: number): void
  /** Waits. Returns the ready descriptors and their events, level-triggered; none when the time is over. `registered`: all that were added. */
  wait(registered: ReadonlyMap<number, Registered>, wait: Wait): Iterable<[fd: number, events: number]>
  /** Removes all but these: the kernel has reported a closed one, of which a duplicate is open. epoll(7) */
  renew(registered: ReadonlyMap<number, Registered>): void
  close(): void
}

/** A kernel that keeps no state between two waits. */
export abstract class StatelessKernel {
  add(): void {}
  change(): void {}
  remove(): void {}
  renew(): void {}
  close(): void {}
}
