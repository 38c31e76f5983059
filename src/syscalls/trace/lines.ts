// With BSD_SOCKETS_TRACE: each call is a line of standard error, under its name in C.
import { writeSync } from 'node:fs'
import type { CallMessage } from './message.js'

// Standard error may be a non-blocking pipe that is full: then try again. Other errors are ignored, as it may be closed.
function print(text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(2, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
    }
  }
}

/** Writes `name(arguments) = result`. */
export function writeLine(message: unknown): void {
  const { name, result, errno, ...call } = message as CallMessage
  print(`${name}(${call.args().join(', ')}) = ${errno === undefined ? result : `${result} ${errno}`}\n`)
}
