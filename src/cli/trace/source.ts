// Where events come from: strace(1), or the library's own trace.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { traced } from './calls.js'
import type { Event } from './event.js'
import { Marks } from './marks.js'
import { startProgram } from './program.js'
import type { Ending } from './program.js'
import { StraceLines } from './strace-lines.js'
import { tail } from './tail.js'

/** What to trace: a command, or a process that runs. */
export type Target = { readonly command: readonly [string, ...string[]] } | { readonly pid: number }

export interface Source {
  /** In the order in which calls return. `idle`: nothing has happened for a moment. */
  readonly events: AsyncIterable<Event | 'idle'>
  readonly ended: Promise<Ending>
}

// With seccomp only the traced calls stop the program. It needs strace 5.3, and a command.
const options = ['-f', '-yy', '-ttt', '-T', '-e', 'quiet=attach,personality,thread-execve']

const longestName = 256 // of files and addresses, which strace shortens like bytes

/** Whether strace is installed and may trace. ptrace(2) */
export const canStrace = (): boolean =>
  spawnSync('strace', [...options, '--seccomp-bpf', '-o', '/dev/null', 'true']).status === 0

/**
 * Traces by strace; of each string at most this many bytes. With `lines`, programs of this package mark their calls: each has the line
 * that made it.
 */
export function straceSource(target: Target, bytes: number, lines = false): Source {
  const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-trace-'))
  const file = join(folder, 'lines')
  writeFileSync(file, '')
  const joins = 'pid' in target
  const args = [
    ...[...options, '-s', `${Math.max(bytes, longestName)}`, '-e', `trace=${traced.join(',')}`, '-o', file],
    ...(joins ? ['-p', `${target.pid}`] : ['--seccomp-bpf', '--', ...target.command]),
  ]
  const env = { ...process.env, ...(lines && { BSD_SOCKETS_TRACE_MARKS: '1' }) }
  const program = startProgram('strace', args, env, joins)
  const reader = new StraceLines(processOf)
  const marks = new Marks()

  async function* events(): AsyncGenerator<Event | 'idle'> {
    try {
      for await (const { line, begun } of tail(file, () => program.over)) {
        if (begun) {
          const call = reader.begun(line)
          if (call !== undefined) yield* marks.add(call)
          yield 'idle'
          continue
        }
        for (const event of reader.read(line)) {
          if (event.kind === 'start' && event.tid === event.pid && !joins) program.found(event.pid)
          if (event.kind === 'exit' && event.tid === event.pid) program.lost(event.pid)
          yield* marks.add(event)
          if (event.kind === 'start' && event.parent === undefined && joins)
            yield* programOf(event.pid, event.tid, event.at)
        }
      }
      yield* marks.rest()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return { events: events(), ended: program.ended }
}

// The process of a thread that runs. proc_pid_status(5)
function processOf(tid: number): number | undefined {
  try {
    return Number(/^Tgid:\s+(\d+)/m.exec(readFileSync(`/proc/${tid}/status`, 'latin1'))![1])
  } catch {
    return undefined // it has ended
  }
}

// What a process that was joined executes. proc_pid_cmdline(5)
function* programOf(pid: number, tid: number, at: number): Generator<Event> {
  try {
    const program = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
    if (program.length > 0) yield { kind: 'exec', pid, tid, at, program }
  } catch {
    // it has ended
  }
}
