// Worker threads that listen together: each on a socket of its own that shares one port, where the kernel deals the
// connections out, or all on one socket.
import { errorMonitor } from 'node:events'
import type { Worker } from 'node:worker_threads'
import type { SocketAddress } from '../structs/address.js'
import { SO_REUSEADDR, SO_REUSEPORT, SOCK_STREAM, SOL_SOCKET } from '../constants.js'
import { addressOf } from '../descriptors/names.js'
import { checkInteger } from '../checks.js'
import * as sys from '../syscalls/index.js'
import { Thread } from '../thread.js'
import { checkTimeout, Timer } from '../timers.js'
import { openBound, openListener, endpointOf, setOption } from './listener.js'
import type { Bound } from './listener.js'
import type { ListenOptions } from './server.js'

/** What a thread is told to do, and by which module. */
export interface PoolTask {
  module: string
  options: ListenOptions
}

/** What a thread of a pool says when its server has stopped. */
export interface Stopped {
  stopped: true
}

/** What it says when it was ended from within, with which status. */
export interface Exited {
  exited: number
}

/** What a pool says to its threads. */
export interface Order {
  stop: { timeout: number | null }
}

/** Servers in worker threads. */
export interface Pool {
  /** Where they listen. */
  readonly address: SocketAddress
  /**
   * The threads. One that dies of an exception, or calls `process.exit`, emits `error`, which is uncaught where nobody
   * listens for it; the others go on.
   */
  readonly workers: readonly Worker[]
  /**
   * Lets each server finish, at most `timeout` milliseconds, and resolves when all threads have ended. What does not end by
   * itself is terminated: at the timeout, or a second after the last connection.
   */
  stop(options?: { timeout?: number | null }): Promise<void>
}

// How long a thread whose server has stopped may take to end, and how long after its timeout one may take to close.
const endMs = 1000
const closeMs = 100

// What the threads listen on: duplicates of one socket, where it is `shared`; else sockets of their own beside this one, which
// is bound, does not listen, gets no connection, and keeps the port until they have it. socket(7)
function open(options: ListenOptions): Bound & { shared: boolean } {
  if (options.fd !== undefined || options.path !== undefined) return { ...openListener(options), shared: true }
  const prepare = (fd: number): void => {
    setOption(fd, SOL_SOCKET, SO_REUSEADDR)
    setOption(fd, SOL_SOCKET, SO_REUSEPORT)
  }
  return { ...openBound(SOCK_STREAM, endpointOf(options), prepare), shared: false }
}

/** Starts `count` workers on `script`, which calls `serveInPool`. */
export async function startPool(
  script: URL | string,
  module: string | URL,
  count: number,
  options: ListenOptions,
): Promise<Pool> {
  checkInteger('workers', count, 1, 1024)
  const { fd, shared, file } = open(options)
  const address = addressOf(fd, 'getsockname')
  const { fd: given, ...others } = options
  delete others.path
  const where = 'port' in address ? { port: address.port, reusePort: true } : {}
  const task: PoolTask = { module: String(module), options: shared ? others : { ...others, ...where } }
  const threads: Thread[] = []
  try {
    for (let i = 0; i < count; i++) threads.push(new Thread(script, task, shared ? fd : undefined))
    await Promise.all(threads.map(({ begun }) => begun))
  } catch (error) {
    await Promise.all(threads.map(({ worker, ended }) => Promise.all([worker.terminate(), ended])))
    file?.remove()
    if (given === undefined) sys.close(fd)
    throw error
  }
  sys.close(fd) // each thread has its own
  for (const { worker } of threads) tellDeath(worker)
  return {
    address,
    workers: threads.map(({ worker }) => worker),
    async stop({ timeout = null } = {}) {
      const limit = checkTimeout(timeout)
      file?.remove()
      await Promise.all(threads.map(thread => stop(thread, limit)))
    },
  }
}

// An exception is an `error` event of the worker already; an exit becomes one. Who terminates a worker knows of it.
function tellDeath(worker: Worker): void {
  let failed = false
  let status: number | undefined
  worker.on(errorMonitor, () => (failed = true))
  worker.on('message', (report: Partial<Exited> | null) => (status = report?.exited ?? status))
  worker.on('exit', () => {
    if (!failed && status !== undefined)
      worker.emit('error', new Error(`A worker of the pool has exited, with status ${status}`))
  })
}

async function stop({ worker, ended }: Thread, timeout: number | null): Promise<void> {
  const terminate = (): void => void worker.terminate()
  const timers = [new Timer(timeout === null ? null : timeout + closeMs, terminate)]
  worker.on('message', (report: Partial<Stopped> | null) => {
    if (report?.stopped === true) timers.push(new Timer(endMs, terminate))
  })
  worker.postMessage({ stop: { timeout } } satisfies Order)
  await ended
  for (const timer of timers) timer.clear()
}
