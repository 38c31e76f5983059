// Runs the traced program, so that signals reach it as they would without a trace.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

const forwarded = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const

/** How the program ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Program {
  /** Whether it has ended; its trace is complete then. */
  readonly over: boolean
  readonly ended: Promise<Ending>
  /** The process that the trace is of is known: it gets the signals from now on. */
  found(pid: number): void
  /** It has ended; those that it has started may still run, and get the signals. */
  lost(pid: number): void
}

// A terminal sends the signals of its keys to all processes of its foreground group, the program among them. proc_pid_stat(5)
function fromTerminal(signal: NodeJS.Signals): boolean {
  if (signal === 'SIGTERM') return false
  try {
    const [, , group, , , foreground] = readFileSync('/proc/self/stat', 'latin1').replace(/.*\) /s, '').split(' ')
    return group === foreground
  } catch {
    return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY // not Linux
  }
}

/**
 * Starts a tracer, or the program itself, in this process group. A signal for this process goes to the program, once; `direct`
 * tells that the child is the program, otherwise its number comes by `found`.
 */
export function startProgram(file: string, args: readonly string[], env: NodeJS.ProcessEnv, direct: boolean): Program {
  const targets = new Set<number>()
  const early: NodeJS.Signals[] = [] // before the program's number is known
  const send = (pid: number, signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it has just ended
    }
  }
  const forward = (signal: NodeJS.Signals): void => {
    if (fromTerminal(signal)) return
    if (targets.size === 0) early.push(signal)
    else send([...targets][0]!, signal)
  }
  for (const signal of forwarded) process.on(signal, forward)
  const child = spawn(file, args, { stdio: 'inherit', env })
  let over = false
  const ended = once(child, 'exit').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
    over = true
    return { code, signal } as Ending
  })
  void ended
    .catch(() => undefined)
    .finally(() => {
      over = true
      for (const signal of forwarded) process.off(signal, forward)
    })
  const found = (pid: number): void => {
    targets.add(pid)
    for (const signal of early.splice(0)) send(pid, signal)
  }
  if (direct && child.pid !== undefined) found(child.pid)
  return {
    get over() {
      return over
    },
    ended,
    found,
    lost: pid => targets.delete(pid),
  }
}
