// Loaded before a traced program (node --import). Each function of the addon makes a system call before and after it runs:
// access(2) with a path that has the name of the function and the line of the program that called it. Nothing else makes
// that call.
import { existsSync } from 'node:fs'

type Functions = Record<string, (...values: unknown[]) => unknown>

const programs = new URL('../../', import.meta.url).href

/** The innermost line of this project on the stack, as file:line; empty for a call by the event loop. */
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

// Must run before the library reads the functions of the addon.
const dlopen = process.dlopen.bind(process)
process.dlopen = (module: { exports: { functions: Functions } }, ...rest: [filename: string, flags?: number]) => {
  dlopen(module, ...rest)
  mark(module.exports.functions)
}
