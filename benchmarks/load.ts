// Runs the load generator of benchmarks/load on its own core.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { built, loadCore, pinned } from './machine.js'
import type { Running, Server } from './peer.js'
import type { Case, Column, Sample } from './question.js'

const run = promisify(execFile)

/** The load on a server. `benchmarks/load/load.c` describes each option. */
export interface Load {
  readonly mode: 'connect' | 'echo' | 'udp' | 'dgram-send' | 'dgram-receive'
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

/** The figures of a load of messages. */
export const loadColumns: readonly Column[] = [
  { key: 'perSecond', title: 'a second', digits: 0, ratio: true },
  // This figure does not depend on what other programs take from the cores.
  { key: 'perCpuSecond', title: 'a CPU second', digits: 0, ratio: true },
  { key: 'userNs', title: 'user ns', digits: 0 },
  { key: 'kernelNs', title: 'kernel ns', digits: 0 },
  { key: 'p50', title: 'p50 µs', digits: 0 },
  { key: 'p99', title: 'p99 µs', digits: 0 },
  { key: 'p99.9', title: 'p99.9 µs', digits: 0 },
  { key: 'errors', title: 'errors', digits: 0 },
]

const sizeOf = (size: number): string => (size < 1024 ? `${size} B` : `${size / 1024} KiB`)

// What the server does.
const directions: Readonly<Partial<Record<Load['mode'], string>>> = { 'dgram-send': 'receive', 'dgram-receive': 'send' }

const titleOf = ({ mode, connections, size = 0, depth, rate }: Load): string =>
  [
    ...(mode in directions ? [directions[mode]!] : []),
    ...(connections === undefined
      ? []
      : [mode === 'connect' ? `${connections} at a time` : `${connections} connections`]),
    sizeOf(size),
    ...(depth === undefined ? [] : [mode === 'udp' ? `${depth} under way` : `depth ${depth}`]),
    ...(rate === undefined ? [] : [`${rate.toLocaleString('en')} a second`]),
  ].join(', ')

async function runLoad(mode: string, values: object, { place, everywhere }: Server): Promise<Report> {
  const args = Object.entries({ ...values, ...place }).flatMap(([name, value]) => [`--${name}`, `${value}`])
  const [file, ...command] = pinned(everywhere ? null : loadCore, [built('load'), mode, ...args])
  const { stdout } = await run(file!, command)
  return JSON.parse(stdout) as Report
}

/** Connects at once and sends one message over each. Returns the times until each was answered, in microseconds. */
export async function connectOnce(server: Server, connections: number, size: number): Promise<Report['latencyUs']> {
  return (await runLoad('once', { connections, size }, server)).latencyUs
}

/** One round, by default after a warm-up of a quarter of its length. It fails if a byte was wrong or a connection was lost. */
export async function measureLoad(
  server: Server,
  load: Load,
  duration: number,
  warmup = Math.round(duration / 4),
): Promise<Sample> {
  const { mode, ...rest } = load
  const report = await runLoad(mode, { ...rest, pid: server.pid, warmup, duration }, server)
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

/** This load on each server that can serve so many connections. */
export const loadCase = (load: Load, servers: readonly Running[], duration: number): Case => ({
  name: titleOf(load),
  shape: load,
  entrants: servers
    .filter(({ most = Infinity }) => (load.connections ?? 1) <= most)
    .map(({ name, server }) => ({ name, measure: () => measureLoad(server, load, duration) })),
})
