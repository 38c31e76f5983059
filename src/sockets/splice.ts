// Moves bytes between two descriptors inside the kernel; one of them is a pipe. Linux.
import { constants } from 'node:os'
import { O_CLOEXEC, O_NONBLOCK, POLLIN, POLLOUT, SPLICE_F_NONBLOCK } from '../constants.js'
import { fdOf } from '../descriptors/descriptor.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { checkFlags, checkInteger } from '../checks.js'
import { socketError } from '../errors.js'
import { attempt, check } from '../syscalls/result.js'
import { OwnedFd } from '../descriptors/owned-fd.js'
import { checkTimeout } from '../timers.js'
import { callOwning } from '../syscalls/native.js'
import * as sys from '../syscalls/index.js'
import { Wait } from '../waiting/wait.js'

const { ENOSYS } = constants.errno

const pipe2 = callOwning<typeof sys.pipe2>('pipe2')

/**
 * A non-blocking, close-on-exec pipe: its read end and its write end. pipe(2)
 *
 * @throws SocketError EMFILE if no descriptor is left, ENOSYS on macOS
 */
export function pipe(): [OwnedFd, OwnedFd] {
  if (pipe2 === undefined) throw socketError(ENOSYS, 'pipe2')
  const fds = new Int32Array(2)
  check(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 'pipe2')
  return [new OwnedFd(fds[0]!), new OwnedFd(fds[1]!)]
}

/**
 * As splice, but returns null if it would have to wait. splice(2)
 *
 * @throws SocketError EINVAL if neither is a pipe, EBADF for a closed one, ENOSYS on macOS; TypeError or RangeError for
 *   a wrong argument
 */
export function trySplice(from: Descriptor, to: Descriptor, count: number, flags = 0): number | null {
  const [input, output] = [fdOf(from, 'splice'), fdOf(to, 'splice')]
  checkInteger('count', count, 0, 2 ** 31 - 1)
  const given = checkFlags(flags)
  const call = sys.splice
  if (call === undefined) throw socketError(ENOSYS, 'splice')
  return attempt(() => call(input, null, output, null, count, given | SPLICE_F_NONBLOCK!), 'splice', undefined, input)
}

/**
 * Moves at most `count` bytes between two descriptors, one of them a pipe, inside the kernel; returns how many, 0 at
 * end-of-file. `timeout` is in milliseconds; null: no limit. splice(2)
 *
 * @throws SocketError EINVAL if neither is a pipe, EBADF for a closed one, ENOSYS on macOS; TimeoutError,
 *   BlockingIOError or InterruptedError if the wait ends first; TypeError or RangeError for a wrong argument
 */
export function splice(
  from: Descriptor,
  to: Descriptor,
  count: number,
  flags = 0,
  timeout: number | null = null,
): number {
  const wait = new Wait('splice', checkTimeout(timeout), [from, to])
  for (;;) {
    const moved = trySplice(from, to, count, flags)
    if (moved !== null) return moved
    // The kernel does not report which of the two would block.
    wait.ready(fdOf(from, 'splice'), POLLIN)
    wait.ready(fdOf(to, 'splice'), POLLOUT)
  }
}
