// What a selector needs of a kernel; epoll.ts, kqueue.ts, poll.ts and select.ts give it, each by the calls of its name.
import type { Wait } from '../wait.js'

/** It can be read from, or has a connection to accept, an end-of-file or an error. */
export const EVENT_READ = 1
/** It can be written to, has connected, or has an error. */
export const EVENT_WRITE = 2

/** What is waited for of a descriptor. */
export interface Registered {
  readonly events: number
}

/** A way to wait for many descriptors. `events` are EVENT_READ, EVENT_WRITE or both; a failure is a SocketError. */
export interface Kernel {
  /** The name of the call that waits. */
  readonly syscall: string
  add(fd: number, events: number): void
  change(fd: number, events: number, before: number): void
  /** The descriptor may have been closed by now. */
  remove(fd: number, before: number): void
  /** Who is ready, and for what: level-triggered; nobody when the time is over. `registered` are those that were added. */
  wait(registered: ReadonlyMap<number, Registered>, wait: Wait): Iterable<[fd: number, events: number]>
  /** Forgets all but these: one that was closed was reported, since a duplicate of it is open. epoll(7) */
  renew(registered: ReadonlyMap<number, Registered>): void
  close(): void
}

/** One that keeps nothing in the kernel between two waits. */
export abstract class StatelessKernel {
  add(): void {}
  change(): void {}
  remove(): void {}
  renew(): void {}
  close(): void {}
}
