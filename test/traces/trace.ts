// Runs a compiled program in plain node under strace, and returns the steps of its main thread.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { tool } from '../support/tools.js'
import { programs } from './programs.js'
import { stepsOf, timedOut } from './steps.js'
import type { Step } from './steps.js'

// Calls for memory, threads, clocks and signals are of the runtime. With the ? strace ignores a name that it does not know.
export const omitted =
  '%memory,futex,?rseq,membarrier,sched_yield,clock_gettime,getpid,gettid,rt_sigprocmask,rt_sigreturn,restart_syscall'
const options = ['-y', '-s', '64', '-e', `trace=!${omitted}`, '-e', 'signal=none', '-e', 'quiet=all']

function canTrace(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.warn('skipped: the tables of system calls are those of Linux on x64')
    return false
  }
  if (!tool('strace')) return false
  const { status, stderr } = spawnSync('strace', [...options, 'true'], { encoding: 'utf8' })
  if (status === 0) return true
  const reason = `strace may not trace here: ${stderr.trim().split('\n').at(-1)}`
  if (process.env.BSD_SOCKETS_REQUIRE_TOOLS === '1') throw new Error(reason)
  console.warn(`skipped: ${reason}`)
  return false
}

/** A test that needs strace. */
export const traced = test.skipIf(!canTrace())

/** The steps and the output of a traced program. */
export interface Trace {
  readonly steps: Step[]
  readonly stdout: string
  readonly stderr: string
}

export interface TracedProgram {
  /** Resolves with the standard output once that matches and the main thread waits. */
  said(pattern: RegExp): Promise<RegExpExecArray>
  /** Calls a function that makes the program continue; resolves once the main thread has done so and waits again. */
  after(action: () => unknown): Promise<void>
  /** Resolves once the main thread waits in a call, in several successive checks. */
  quiet(): Promise<void>
  /** Ends the program by a signal. */
  stop(): Promise<Trace>
  /** Resolves when the program has ended with status 0 or by `stop`. */
  readonly ended: Promise<Trace>
}

/** Starts build/programs/`program` in a new folder, which is removed at the end. */
export function start(program: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): TracedProgram {
  const folder = mkdtempSync(join(tmpdir(), 'trace-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const cwd = join(folder, 'cwd')
  mkdirSync(cwd)
  const node = [process.execPath, '--import', join(programs, 'test/programs/mark.js'), join(programs, program), ...args]
  const child = spawn('strace', ['-ff', '-o', join(folder, 'out'), ...options, ...node], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', TMPDIR: '/tmp', UV_USE_IO_URING: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stopped = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const stderr = text(child.stderr)

  // -ff gives each thread a file whose name ends with its number; the main thread's begins with execve.
  let mainThread: string | undefined
  const read = (): string => {
    const files = readdirSync(folder).filter(name => name.startsWith('out.'))
    mainThread ??= files.find(name => readFileSync(join(folder, name), 'latin1').startsWith('execve('))
    if (mainThread === undefined) throw new Error(`strace left no trace of ${program}`)
    return readFileSync(join(folder, mainThread), 'utf8')
  }
  const lines = (): number =>
    read()
      .split('\n')
      .filter(line => !line.endsWith(' = 0 (Timeout)')).length
  const pid = (): number => Number(mainThread!.slice('out.'.length))
  const state = (): string => {
    try {
      return /\) (.)/.exec(readFileSync(`/proc/${pid()}/stat`, 'utf8'))![1]! // proc(5)
    } catch (error) {
      if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) return 'gone'
      throw error
    }
  }
  const kill = (): void => {
    read()
    if (state() !== 'gone') process.kill(pid(), 'SIGKILL') // strace reaps it, and waits for what it has written
  }
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) kill()
  })

  const ended = (async () => {
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (!stopped) expect({ status, signal, stderr: await stderr }).toMatchObject({ status: 0, signal: null })
    return { steps: stepsOf(read().split('\n')), stdout, stderr: await stderr }
  })()
  ended.catch(() => undefined) // the rejection is reported where it is awaited

  async function until<Result>(look: () => Result | null): Promise<Result> {
    for (;;) {
      const result = look()
      if (result !== null) return result
      if (child.exitCode !== null) throw new Error(`${program} has ended: ${stdout}${await stderr}`)
      await pause(10)
    }
  }

  async function quiet(): Promise<void> {
    let before = -1
    let looks = 0
    await until(() => {
      const now = lines()
      const then = state()
      looks = then === 'S' && now === before ? looks + 1 : 0
      before = now
      return looks === 4 || then === 'gone' || null
    })
  }
  return {
    async said(pattern) {
      const found = await until(() => pattern.exec(stdout))
      await quiet()
      return found
    },
    async after(action) {
      const before = lines()
      await action()
      await until(() => lines() > before || null)
      await quiet()
    },
    quiet,
    async stop() {
      stopped = true
      kill()
      const { steps, ...output } = await ended
      // The number of slices of its last wait varies.
      const last = steps.findLastIndex(step => !step.calls.every(timedOut))
      return { steps: steps.slice(0, last + 1), ...output }
    },
    ended,
  }
}
