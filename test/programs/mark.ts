// Loaded before a program that is traced (node --import): each function of the native table makes, before it runs and
// after it, a system call that nobody else makes, access(2) on a name that tells which function it is and which line of
// the program asked for it.
import { existsSync } from 'node:fs'

type Functions = Record<string, (...values: unknown[]) => unknown>

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

function mark(functions: Functions): void {
  for (const [name, call] of Object.entries(functions)) {
    functions[name] = (...values) => {
      existsSync(`call:${name} ${caller()}`)
      try {
        return call(...values)
      } finally {
        existsSync('return:')
      }
    }
  }
}

// Before the library takes its functions from the table.
const dlopen = process.dlopen.bind(process)
process.dlopen = (module: { exports: { functions: Functions } }, ...rest: [filename: string, flags?: number]) => {
  dlopen(module, ...rest)
  mark(module.exports.functions)
}
