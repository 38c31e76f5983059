// Moves bytes from one socket to another inside the kernel, without blocking the thread. Linux.
import { checkInteger, invalidType } from '../checks.js'
import { sendingFailed } from '../errors.js'
import { pipe, trySplice } from '../sockets/splice.js'
import { goesOn } from './fairness.js'
import { Socket } from './socket.js'
import type { WaitOptions } from './turn.js'

const room = 65536 // of a pipe. pipe(7)

/**
 * Moves `count` bytes (default: all, until the peer of `from` stops sending) from one socket to another through a pipe, inside
 * the kernel. Resolves with the number of bytes. It closes nothing and shuts nothing down. The timeout is for each wait.
 * splice(2), pipe(7)
 *
 * ```ts
 * import { SHUT_WR } from 'bsd-sockets'
 * import { spliceAll } from 'bsd-sockets/promises'
 * import type { Socket } from 'bsd-sockets/promises'
 *
 * async function carry(from: Socket, to: Socket) {
 *   await spliceAll(from, to)
 *   to.shutdown(SHUT_WR)
 * }
 * ```
 *
 * @throws an error whose `sent` is the number of bytes that `to` got: SocketError of splice(2) or pipe(2) (ENOSYS on
 *   macOS), TimeoutError, AbortError. At most 65,536 more may have been taken from `from`. TypeError or RangeError for
 *   a wrong argument
 */
export async function spliceAll(
  from: Socket,
  to: Socket,
  count = Infinity,
  options: WaitOptions = {},
): Promise<number> {
  for (const [name, socket] of Object.entries({ from, to }))
    if (!(socket instanceof Socket)) throw invalidType(name, socket, 'a Socket of bsd-sockets/promises')
  if (count !== Infinity) checkInteger('count', count, 0, Number.MAX_SAFE_INTEGER)
  const [output, input] = pipe()
  let done = 0
  try {
    while (done < count) {
      if (!goesOn()) await new Promise(resolve => setImmediate(resolve))
      let held = trySplice(from, input, Math.min(room, count - done))
      if (held === 0) break
      if (held === null) {
        await from.readable(options) // the pipe is empty, so it is not the pipe that has no room
        continue
      }
      while (held > 0) {
        const moved = trySplice(output, to, held)
        if (moved === null) await to.writable(options)
        else {
          held -= moved
          done += moved
        }
      }
    }
    return done
  } catch (error) {
    throw sendingFailed(error, 'splice', done)
  } finally {
    output.close()
    input.close()
  }
}
