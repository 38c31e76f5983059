// The stack traces of the package's errors begin at the line of the caller.
import { callersLine, firstLine } from './frames.js'

/** Turns stack traces off, and returns the limit to be given to `resumeTraces`: what is captured in between would be dropped. */
export function pauseTraces(): unknown {
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', 0) // does nothing with --frozen-intrinsics
  return stackTraceLimit
}

export function resumeTraces(limit: unknown): void {
  Reflect.set(Error, 'stackTraceLimit', limit)
}

// How many frames of the package there are at most before the caller's.
const inner = 12

/**
 * Gives an error the stack of this moment. The text is made when it is read, and begins at the first frame that is neither the
 * package's nor Node's.
 */
export function traceCaller<T extends Error>(error: T): T {
  // V8 makes the text when it is first read; `prepareStackTrace` of a program gets this object instead of the error.
  const trace: { name: string; message: string; stack?: string } = { name: error.name, message: error.message }
  const limit: unknown = Error.stackTraceLimit
  if (typeof limit === 'number') Reflect.set(Error, 'stackTraceLimit', limit + inner)
  Error.captureStackTrace?.(trace, traceCaller)
  Reflect.set(Error, 'stackTraceLimit', limit)
  return Object.defineProperty(error, 'stack', {
    configurable: true,
    get: () => callersLine(trace.stack, limit),
    set(value: unknown) {
      Object.defineProperty(error, 'stack', { configurable: true, writable: true, value })
    },
  })
}

const deepest = 64 // frames

/** The line of the program that has called `inner`, at some distance: `file:line:column`; undefined if no program's code runs. */
export function callerOf(inner: (...values: never[]) => void): string | undefined {
  const trace: { stack?: string } = {}
  const limit: unknown = Error.stackTraceLimit
  Reflect.set(Error, 'stackTraceLimit', deepest)
  Error.captureStackTrace?.(trace, inner)
  const { stack } = trace // made here, with this limit
  Reflect.set(Error, 'stackTraceLimit', limit)
  return firstLine(stack)
}
