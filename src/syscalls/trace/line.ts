// The line of the program to which a call belongs.
import type { CallMessage } from './message.js'

const repeated = /^(accept|connect|read|recv|send|write)/ // by the event loop, for a waiter
const lines = new Map<string, string>()

/**
 * The line that made a call with this descriptor. A call that the event loop repeats for a waiter has no line of the program: it has
 * that of the waiter's first one.
 */
export function lineOf(call: CallMessage, fd: number | undefined): string | undefined {
  const { name } = call
  const line = call.source()
  if (name === 'close') for (const each of [...lines.keys()]) if (each.endsWith(` ${fd}`)) lines.delete(each)
  const kind = repeated.exec(name)?.[0]
  if (kind === undefined) return line
  const key = `${kind} ${fd}`
  if (line !== undefined) lines.set(key, line)
  return line ?? lines.get(key)
}
