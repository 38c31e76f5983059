// Reads a file while others append to it.
import { closeSync, openSync, readSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const INTERVAL = 20 // milliseconds between looks for more
const QUIET = 3 // looks without more, after which what is begun is told

/** The complete lines of a file that exists; and once nothing was added for a moment, what may be there of the next. */
export async function* tail(
  file: string,
  isOver: () => boolean,
): AsyncGenerator<{ readonly line: string; readonly begun: boolean }> {
  const fd = openSync(file, 'r')
  const buffer = Buffer.allocUnsafe(1 << 16)
  let rest = ''
  let looks = 0
  try {
    for (;;) {
      const over = isOver() // before the read: then nothing follows it
      const size = readSync(fd, buffer)
      if (size === 0) {
        if (over) return
        if (++looks === QUIET) yield { line: rest, begun: true }
        await pause(INTERVAL)
        continue
      }
      looks = 0
      const lines = (rest + buffer.toString('latin1', 0, size)).split('\n')
      rest = lines.pop()!
      for (const line of lines) yield { line, begun: false }
    }
  } finally {
    closeSync(fd)
  }
}
