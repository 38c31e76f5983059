// Runs a compiled program as plain node under strace, and gives what its main thread did, step by step.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { programs } from './programs.js'
import { stepsOf } from './steps.js'
import type { Step } from './steps.js'

// Memory, threads, clocks and signals are the runtime's own; a name that this strace does not know is left out by the ?.
const omitted = '%memory,futex,?rseq,membarrier,sched_yield,clock_gettime,getpid,gettid,rt_sigprocmask,restart_syscall'
const options = ['-y', '-s', '64', '-e', `trace=!${omitted}`, '-e', 'signal=none', '-e', 'quiet=all']

/** Why there can be no traces here; empty where there can. */
function whyNot(): string {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the tables are those of Linux on x64'
  const { error, status, stderr } = spawnSync('strace', [...options, 'true'], { encoding: 'utf8' })
  if (error) return 'strace is not installed'
  return status === 0 ? '' : `strace cannot trace here: ${stderr.trim().split('\n').at(-1)}`
}

const reason = whyNot()

/** A test that needs strace: skipped where there is none, which fails with BSD_SOCKETS_REQUIRE_TOOLS set. */
export function traced(name: string, run: () => Promise<void>): void {
  const required = process.env.BSD_SOCKETS_REQUIRE_TOOLS !== undefined
  if (reason === '') test(name, run)
  else if (required) test(name, () => expect.fail(reason))
  else test.skip(`${name}: skipped, ${reason}`, run)
}

/** How a traced program ended, and what it did. */
export interface Trace {
  readonly steps: Step[]
  readonly stdout: string
  readonly stderr: string
}

export interface TracedProgram {
  /** Resolves with what the program has written to its standard output once that matches. */
  said(pattern: RegExp): Promise<RegExpExecArray>
  /**
   * Resolves once the program's main thread has done all that there was to do, and waits: two slices of a wait that
   * began after the call are over, and nothing had come.
   */
  idle(): Promise<void>
  /** Ends the program by a signal. */
  stop(): Promise<Trace>
  /** Resolves when the program has ended with status 0 or by `stop`. */
  readonly ended: Promise<Trace>
}

/** Starts build/programs/`program` in a fresh folder, which is removed in the end. */
export function start(program: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): TracedProgram {
  const folder = mkdtempSync(join(tmpdir(), 'trace-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const cwd = join(folder, 'cwd')
  mkdirSync(cwd)
  const node = [process.execPath, '--import', join(programs, 'test/programs/mark.js'), join(programs, program), ...args]
  const child = spawn('strace', ['-ff', '-o', join(folder, 'out'), ...options, ...node], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', UV_USE_IO_URING: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill())
  let stdout = ''
  let stopped = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const stderr = text(child.stderr)

  // -ff gives each thread a file whose name ends with its number; the main thread's begins with execve.
  const mainThread = (): string => {
    const files = readdirSync(folder).filter(name => name.startsWith('out.'))
    const file = files.find(name => beginning(join(folder, name)) === 'execve(')
    if (file === undefined) throw new Error(`strace left no trace of ${program}`)
    return join(folder, file)
  }
  const read = (): string => readFileSync(mainThread(), 'utf8')

  const ended = (async () => {
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (!stopped) expect({ status, signal, stderr: await stderr }).toMatchObject({ status: 0, signal: null })
    return { steps: stepsOf(read().split('\n')), stdout, stderr: await stderr }
  })()
  ended.catch(() => undefined) // who awaits it learns of it

  async function until<Result>(look: () => Result | null): Promise<Result> {
    for (;;) {
      const result = look()
      if (result !== null) return result
      if (child.exitCode !== null) throw new Error(`${program} has ended: ${stdout}${await stderr}`)
      await pause(10)
    }
  }
  const timeouts = (): number => read().split(' = 0 (Timeout)').length
  return {
    said: pattern => until(() => pattern.exec(stdout)),
    idle: async () => {
      const before = timeouts()
      await until(() => timeouts() >= before + 2 || null)
    },
    stop: () => {
      stopped = true
      process.kill(Number(mainThread().split('.').at(-1)), 'SIGKILL')
      return ended
    },
    ended,
  }
}

function beginning(file: string): string {
  const bytes = Buffer.alloc(7)
  const fd = openSync(file, 'r')
  const count = readSync(fd, bytes)
  closeSync(fd)
  return bytes.toString('latin1', 0, count)
}
