// A server under test: a process of its own on the servers' core, which says `listening on HOST:PORT` once it does.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pinned, serverCore } from './machine.js'

export interface Server {
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

/** A server that can be started, by the name that the tables give it. */
export interface Contestant {
  readonly name: string
  readonly command: readonly string[]
  /** How many connections it can serve at a time. */
  readonly most?: number
}

// No server outlives the benchmarks.
const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach(child => child.kill('SIGKILL')))

export async function startServer(command: readonly string[]): Promise<Server> {
  const [file, ...args] = pinned(serverCore, command)
  const child = spawn(file!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  running.add(child)
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
    ended.then(() => ''),
  ])
  const port = Number(/^listening on .*:(\d+)$/.exec(line)?.[1])
  if (!(port > 0)) throw new Error(`${command.join(' ')}: it did not say where it listens, but '${line}'`)
  return {
    pid: child.pid!,
    port,
    async stop() {
      child.kill('SIGKILL')
      await ended
      running.delete(child)
    },
  }
}

/** Starts all of them, and gives each with its name. */
export const startAll = (contestants: readonly Contestant[]): Promise<(Contestant & { server: Server })[]> =>
  Promise.all(contestants.map(async one => ({ ...one, server: await startServer(one.command) })))

export async function stopAll(servers: readonly { server: Server }[]): Promise<void> {
  await Promise.all(servers.map(({ server }) => server.stop()))
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
