// Runs the load generator of benchmarks/load, on a core of its own.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { built, loadCore, pinned } from './machine.js'
import type { Sample } from './question.js'
import type { Server } from './server.js'

const run = promisify(execFile)

/** What is asked of a server; `benchmarks/load/load.c` says what each means. */
export interface Load {
  readonly mode: 'connect' | 'echo' | 'udp'
  readonly connections?: number
  readonly size?: number
  readonly depth?: number
  readonly rate?: number
}

interface Report {
  messages: number
  errors: number
  lost: number
  perSecond: number
  latencyUs: Record<'p50' | 'p90' | 'p99' | 'p99.9' | 'max', number>
  cpuSeconds: number
  userSeconds: number
  kernelSeconds: number
}

/** One round. The warm-up, a quarter of it, comes on top. It fails where a byte was wrong or a connection was lost. */
export async function measureLoad(server: Server, load: Load, duration: number): Promise<Sample> {
  const { mode, ...rest } = load
  const values = {
    ...rest,
    port: server.port,
    pid: server.pid,
    warmup: Math.round(duration / 4),
    duration,
  }
  const args = Object.entries(values).flatMap(([name, value]) => [`--${name}`, `${value}`])
  const [file, ...command] = pinned(loadCore, [built('load'), mode, ...args])
  const { stdout } = await run(file!, command)
  const report = JSON.parse(stdout) as Report
  const { messages, errors, lost, perSecond, latencyUs, cpuSeconds } = report
  const user = report.userSeconds / Math.max(report.userSeconds + report.kernelSeconds, 0.01)
  return {
    perSecond,
    perCpuSecond: messages / cpuSeconds,
    userNs: (cpuSeconds * user * 1e9) / messages,
    kernelNs: (cpuSeconds * (1 - user) * 1e9) / messages,
    ...latencyUs,
    errors,
    lost,
  }
}
