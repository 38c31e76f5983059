// Runs another program in place of this one.
import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { once } from 'node:events'

const forwarded = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** A program with the standard streams of this one. */
export interface Child {
  readonly process: ChildProcess
  /** The exit status. If a signal ended the program, this process ends by the same signal. */
  readonly status: Promise<number>
}

/**
 * Starts a program in a session of its own. A terminal sends Ctrl-C to all processes of its session; so the program gets each
 * signal only once, forwarded by this process.
 */
export function startChild(file: string, args: readonly string[], stdio: StdioOptions = 'inherit'): Child {
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of forwarded) process.on(signal, forward) // before the start, since a signal in between would end only this process
  const child = spawn(file, args, { stdio, detached: true })
  const status = once(child, 'exit').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
    for (const signal of forwarded) process.off(signal, forward)
    if (signal !== null) process.kill(process.pid, signal)
    return code as number
  })
  return { process: child, status }
}
