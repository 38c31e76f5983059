// A peer: a server that is compared. It is a process of its own on the servers' core, which says
// `listening on HOST:PORT`, or the path of its socket, once it does.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { pinned, serverCore } from './machine.js'
import type { Options } from './question.js'
import type { Runtime } from './runtimes.js'

export interface Peer {
  readonly name: string
  readonly runtime: Runtime
  readonly args: readonly string[]
  /** What follows instead of `args` where it is to listen on a Unix socket, for those that can. */
  readonly unix?: (path: string) => readonly string[]
  /** How many connections it can serve at a time. */
  readonly most?: number
  /** Whether it has all cores, and its load too. */
  readonly everywhere?: boolean
}

export interface Server {
  readonly pid: number
  /** Either is what the load generator connects to. */
  readonly place: { readonly port: number } | { readonly path: string }
  readonly everywhere: boolean
  stop(): Promise<void>
}

export type Running = Peer & { readonly server: Server }

// No server outlives the benchmarks.
const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach(child => child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const patience = 30_000 // milliseconds, for a server to listen

function placeOf(line: string): Server['place'] | undefined {
  const [, path, port] = /^listening on (?:(\/.*)|.*:(\d+))$/.exec(line) ?? []
  if (path !== undefined) return { path }
  return port === undefined ? undefined : { port: Number(port) }
}

export async function startServer(
  { runtime, args, everywhere = false }: Peer,
  instead: readonly string[] = args,
): Promise<Server> {
  const command = [...runtime.command!, ...instead]
  const [file, ...rest] = pinned(everywhere ? null : serverCore, command)
  const child = spawn(file!, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  running.add(child)
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
    ended.then(() => ''),
    pause(patience, '', { ref: false }),
  ])
  const place = placeOf(line)
  if (place === undefined) throw new Error(`${command.join(' ')}: it did not say where it listens, but '${line}'`)
  return {
    pid: child.pid!,
    place,
    everywhere,
    async stop() {
      child.kill('SIGKILL')
      await ended
      running.delete(child)
    },
  }
}

/** Those of the peers that the command line asks for and that are installed, and why others are left out. */
export function choose<One extends { name: string; runtime: Runtime }>(
  { only }: Options,
  peers: readonly One[],
): { there: One[]; skipped: string[] } {
  const wanted = peers.filter(({ name }) => only.length === 0 || only.includes(name))
  return {
    there: wanted.filter(({ runtime }) => runtime.command !== null),
    skipped: wanted
      .filter(({ runtime }) => runtime.command === null)
      .map(({ name, runtime }) => `${name}: ${runtime.missing}`),
  }
}

/** Starts them, and gives each with its server. */
export const startAll = (
  peers: readonly Peer[],
  args: (peer: Peer) => readonly string[] = ({ args }) => args,
): Promise<Running[]> =>
  Promise.all(peers.map(async peer => ({ ...peer, server: await startServer(peer, args(peer)) })))

export async function stopAll(peers: readonly Running[]): Promise<void> {
  await Promise.all(peers.map(({ server }) => server.stop()))
}

const ticksPerSecond = 100 // Linux's USER_HZ, the same on every machine. time(7)

/** The seconds of user time and of the kernel's that a process has used. proc_pid_stat(5), fields 14 and 15 */
export function cpuOf(pid: number): { user: number; kernel: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { user: Number(fields[11]) / ticksPerSecond, kernel: Number(fields[12]) / ticksPerSecond }
}

/** The bytes of memory that a process has in use. proc_pid_status(5), VmRSS */
export function memoryOf(pid: number): number {
  return Number(/VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) * 1024
}
