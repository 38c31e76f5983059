// The messages of the channel, loaded with the first one.
import { errnoName } from '../../errors.js'
import { callerOf } from '../../caller.js'
import { decoded } from './decoded.js'
import { noteOf } from './structures.js'

/**
 * One system call that the package has made, as the channel `bsd-sockets:call` of `node:diagnostics_channel` has it:
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * import type { CallMessage } from 'bsd-sockets'
 *
 * subscribe('bsd-sockets:call', message => {
 *   const { name, result, errno, began, ended, ...call } = message as CallMessage
 *   console.log(name, result, errno, ended - began)
 * })
 * ```
 *
 * A subscriber is called in the thread that made the call, at once after it; the calls that the event loop makes for a batch come
 * after the last of them. Its own calls are not published while it runs. What it throws is an uncaughtException, as for any channel,
 * and the call returns what it would. Wrong arguments make no system call, and no message; nor do the functions of the C library
 * (getaddrinfo(3), byteorder(3), cmsg(3)), and what the addon does for itself: waking threads, and closing at a worker's end.
 */
export interface CallMessage {
  /** As in C: `recv`, or on Linux `epoll_ctl` of the event loop. */
  readonly name: string
  /** As the function of `bsd-sockets/syscalls` got them. Views are those of the caller: read them in the subscriber, and do not write. */
  readonly values: readonly unknown[]
  /** What the call returned; −1 if it failed. */
  readonly result: number
  /** The name of the error if it failed: `EAGAIN`. errno(3) */
  readonly errno: string | undefined
  /** Nanoseconds, as of `process.hrtime.bigint()`. */
  readonly began: bigint
  /** Nanoseconds, as of `process.hrtime.bigint()`. */
  readonly ended: bigint
  /** The process. */
  readonly pid: number
  /** As in `node:worker_threads`: 0 is the main thread. */
  readonly threadId: number
  /** The system's number of the thread, which strace(1) writes. gettid(2) */
  readonly tid: number
  /**
   * The arguments as strace(1) writes them: constants by name, addresses as `127.0.0.1:80`, at most `bytes` bytes of each buffer (default:
   * 32). Call it in the subscriber: the memory of the buffers is used again.
   */
  args(bytes?: number): string[]
  /** What a wait returned besides its result, as strace(1) writes it; undefined for other calls. Call it in the subscriber. */
  note(): string | undefined
  /**
   * The line of the program that made the call, `file:line:column`: the first that is neither the package's nor Node's. Undefined if
   * the event loop made it. Call it in the subscriber: it reads the stack of this moment.
   */
  source(): string | undefined
}

// The poller's calls have other names in each kernel. native/poller/
const kernel =
  process.platform === 'darwin'
    ? { poller_add: 'kevent', poller_create: 'kqueue', poller_remove: 'kevent', poller_wait: 'kevent' }
    : { poller_add: 'epoll_ctl', poller_create: 'epoll_create1', poller_remove: 'epoll_ctl', poller_wait: 'epoll_wait' }
const names: Readonly<Record<string, string>> = { ...kernel, setsockopt_fprog: 'setsockopt' }

let threadId: number | undefined

/** The message of a call; `inner` is the function whose caller made it. */
export function messageOf(
  name: string,
  values: readonly unknown[],
  result: number,
  began: bigint,
  ended: bigint,
  tid: number,
  inner: (...values: never[]) => void,
): CallMessage {
  threadId ??= process.getBuiltinModule('node:worker_threads').threadId
  return {
    name: names[name] ?? name,
    values,
    result: result < 0 ? -1 : result,
    errno: result < 0 ? errnoName(result) : undefined,
    began,
    ended,
    pid: process.pid,
    threadId,
    tid,
    args: (bytes = 32) => decoded({ name, values, result, bytes }),
    note: () => noteOf({ name, values, result, bytes: 0 }),
    source: () => callerOf(inner),
  }
}
