// Running another program in this one's place.
import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { once } from 'node:events'

const forwarded = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** A program that shares this one's standard streams, and what its end is worth. */
export interface Child {
  readonly process: ChildProcess
  /** The exit status; a program that a signal ended ends this one by the same. */
  readonly status: Promise<number>
}

/**
 * Starts a program. It has a session of its own, so that what a terminal sends to all at once, such as Ctrl-C, reaches
 * it once: from here, as every signal does that asks to end.
 */
export function startChild(file: string, args: readonly string[], stdio: StdioOptions = 'inherit'): Child {
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of forwarded) process.on(signal, forward) // first: one that came in between would leave an orphan
  const child = spawn(file, args, { stdio, detached: true })
  const status = once(child, 'exit').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
    for (const signal of forwarded) process.off(signal, forward)
    if (signal !== null) process.kill(process.pid, signal)
    return code as number
  })
  return { process: child, status }
}
