// A peer: a server that is compared. It is a process on the servers' core. Once it listens, it prints
// `listening on HOST:PORT`, or `listening on` with the path of its socket.
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
  /** The arguments instead of `args` to listen on a Unix socket, for peers that can. */
  readonly unix?: (path: string) => readonly string[]
  /** The maximum number of connections that it can serve at a time. */
  readonly most?: number
  /** Whether it and the load generator may use all cores. */
  readonly everywhere?: boolean
}

export interface Server {
  readonly pid: number
  /** The address that the load generator connects to. */
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
  if (place === undefined) throw new Error(`${command.join(' ')}: it did not print where it listens, but '${line}'`)
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

/** The peers that the command line selects and that are installed; and why others are skipped. */
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

/** Starts the peers, and returns each with its server. */
export const startAll = (
  peers: readonly Peer[],
  args: (peer: Peer) => readonly string[] = ({ args }) => args,
): Promise<Running[]> =>
  Promise.all(peers.map(async peer => ({ ...peer, server: await startServer(peer, args(peer)) })))

export async function stopAll(peers: readonly Running[]): Promise<void> {
  await Promise.all(peers.map(({ server }) => server.stop()))
}

const ticksPerSecond = 100 // Linux's USER_HZ, the same on every machine. time(7)

/** The user time and the kernel time of a process, in seconds. proc_pid_stat(5), fields 14 and 15 */
export function cpuOf(pid: number): { user: number; kernel: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { user: Number(fields[11]) / ticksPerSecond, kernel: Number(fields[12]) / ticksPerSecond }
}

/** The resident memory of a process, in bytes. proc_pid_status(5), VmRSS */
export function memoryOf(pid: number): number {
  return Number(/VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) * 1024
}
