// A kqueue: waits for many descriptors, on macOS. kqueue(2)
import { F_SETFD, FD_CLOEXEC } from '../constants.js'
import { checkInteger, invalidThis } from '../checks.js'
import { check } from '../syscalls/result.js'
import { interrupterOf } from './interrupter.js'
import type { Interrupter } from './interrupter.js'
import { dataView, field, read, sizeOf, write } from '../syscalls/layout.js'
import { OwnedFd } from '../descriptors/owned-fd.js'
import { checkTimeout } from '../timers.js'
import { callOwning } from '../syscalls/native.js'
import * as sys from '../syscalls/index.js'
import { Wait } from './wait.js'

/** A change or an event. `ident` is a descriptor for EVFILT_READ and EVFILT_WRITE. kqueue(2) */
export interface Kevent {
  /** What is observed: a descriptor, a process, a signal's number. */
  ident: number
  /** EVFILT_READ, EVFILT_WRITE… */
  filter: number
  /** EV_ADD, EV_DELETE, EV_CLEAR…; of an event also EV_EOF and EV_ERROR. */
  flags: number
  /** Flags of the filter; default: 0. */
  fflags?: number
  /** Data of the filter: the bytes that can be read, for example; default: 0. */
  data?: number
  /** A number of the caller, which comes back with the event; default: 0. */
  udata?: number
}

const kqueue = callOwning<typeof sys.kqueue>('kqueue')

const size = sizeOf('kevent_t')
const names = ['ident', 'filter', 'flags', 'fflags', 'data', 'udata'] as const
const fields = names.map(name => field(`kevent_t.${name}`))

function encode(changes: readonly Kevent[]): Buffer {
  const bytes = Buffer.alloc(changes.length * size)
  changes.forEach((change, i) => {
    const view = dataView(bytes.subarray(i * size))
    names.forEach((name, j) => write(view, fields[j]!, change[name] ?? 0))
  })
  return bytes
}

function decode(bytes: Buffer): Required<Kevent> {
  const view = dataView(bytes)
  const [ident, filter, flags, fflags, data, udata] = fields.map(one => read(view, one)) as [number, ...number[]]
  return { ident, filter: filter!, flags: flags!, fflags: fflags!, data: data!, udata: udata! }
}

const limit = Buffer.alloc(sizeOf('timespec'))
const seconds = field('timespec.tv_sec')
const nanoseconds = field('timespec.tv_nsec')

function timespec(ms: number): Buffer {
  write(dataView(limit), seconds, Math.floor(ms / 1000))
  write(dataView(limit), nanoseconds, (ms % 1000) * 1_000_000)
  return limit
}

/** Makes the changes, and waits until there are events. Returns at most `maxEvents` of them. kevent(2) */
export function waitForKqueue(
  kq: number,
  changes: readonly Kevent[],
  maxEvents: number,
  wait: Wait,
): Required<Kevent>[] {
  if (maxEvents === 0) {
    check(sys.kevent!(kq, encode(changes), null, timespec(0)), 'kevent')
    return []
  }
  const events = Buffer.alloc(maxEvents * size)
  let pending = changes.length > 0 ? encode(changes) : null // the first call makes them, even if it is interrupted
  const count = wait.within(kq, timeoutMs => {
    const made = pending
    pending = null
    return sys.kevent!(kq, made, events, timespec(timeoutMs))
  })
  return Array.from({ length: count }, (_, i) => decode(events.subarray(i * size)))
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: DarwinKqueue) => unknown

/** A kqueue. Python's select.kqueue */
export class DarwinKqueue extends OwnedFd {
  readonly #kqueue = true // by which its methods know it

  static {
    brand = self => {
      try {
        return self.#kqueue
      } catch {
        throw invalidThis('Kqueue')
      }
    }
  }

  /**
   * kqueue(2)
   *
   * @throws SocketError EMFILE or ENFILE if no descriptor is left
   */
  constructor() {
    super(check(kqueue!(), 'kqueue'))
    check(sys.fcntl(this.fd, F_SETFD, FD_CLOEXEC), 'fcntl') // kqueue has no flag for it
  }

  /**
   * Makes the changes, and waits until there are events. Returns at most `maxEvents` of them; with 0 it makes the changes and
   * does not wait. `timeout` is in milliseconds; null: no limit. kevent(2)
   *
   * @throws SocketError EBADF after close; InterruptedError if a signal or another thread ends the wait; TypeError or
   *   RangeError for a wrong argument. An error of one change is its event, with EV_ERROR, if there is room for it
   */
  control(changes: readonly Kevent[], maxEvents: number, timeout: number | null = null): Required<Kevent>[] {
    brand(this)
    checkInteger('maxEvents', maxEvents, 0, 2 ** 24)
    return waitForKqueue(this.fd, changes, maxEvents, new Wait('kevent', checkTimeout(timeout), [this]))
  }

  /**
   * A handle for other threads: `interrupt(handle)` ends `control` with an InterruptedError. socketpair(2)
   *
   * @throws SocketError EMFILE if there is no descriptor for the socket pair that wakes this thread, which the first
   *   call makes
   */
  interrupter(): Interrupter {
    brand(this)
    return interrupterOf(this)
  }
}

export type Kqueue = DarwinKqueue

/** A kqueue; undefined where the kernel has none. kqueue(2) */
export const Kqueue: typeof DarwinKqueue | undefined = sys.kqueue && DarwinKqueue
