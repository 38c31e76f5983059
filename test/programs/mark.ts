// Loaded before a program that is traced (node --import): each function of the native table makes, before it runs and
// after it, a system call that nobody else makes, access(2) on a name that tells which function it is and which line of
// the program asked for it.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

type Functions = Record<string, (...values: unknown[]) => unknown>

// Before the library takes its functions from the table.
const addon = fileURLToPath(new URL('../build/Release/bsd_sockets.node', import.meta.resolve('bsd-sockets')))
const native = createRequire(import.meta.url)(addon) as { functions: Functions }
const programs = new URL('../../', import.meta.url).href

/** The innermost line of a program of ours, as file:line; empty where the event loop called. */
function caller(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 50
  const frames = new Error().stack!.split('\n')
  Error.stackTraceLimit = limit
  const frame = frames.find(frame => frame.includes(programs) && !frame.includes(import.meta.url))
  return frame === undefined ? '' : /:\d+/.exec(frame.split(programs)[1]!)!.input.replace(/:\d+\)?$/, '')
}

for (const [name, call] of Object.entries(native.functions)) {
  native.functions[name] = (...values) => {
    existsSync(`call:${name} ${caller()}`)
    try {
      return call(...values)
    } finally {
      existsSync('return:')
    }
  }
}
