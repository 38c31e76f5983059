// Worker threads that listen together: each on its own socket of a shared port, where the kernel distributes the connections,
// or all on one socket.
import type { Parts, Shown } from '../shown.js'
import { shownAddress, shownObject } from '../shown.js'
import { inspect } from 'node:util'
import { errorMonitor } from 'node:events'
import type { Worker } from 'node:worker_threads'
import type { SocketAddress } from '../structs/address.js'
import { SO_REUSEADDR, SO_REUSEPORT, SOCK_STREAM, SOL_SOCKET } from '../constants.js'
import { addressOf } from '../descriptors/names.js'
import { checkInteger, checkProperties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import { Thread } from '../thread.js'
import { checkTimeout, Timer } from '../timers.js'
import { openBound, openListener, endpointOf, setOption } from './listener.js'
import type { Bound } from './listener.js'
import type { ListenOptions } from './server.js'

/** The task of a thread: the module with the handlers, and the server's options. */
export interface PoolTask {
  module: string
  options: ListenOptions
}

/** The message of a thread when its server has stopped. */
export interface Stopped {
  stopped: true
}

/** The message of a thread when its own code ends it, with its exit status. */
export interface Exited {
  exited: number
}

/** The message of the pool to its threads. */
export interface Order {
  stop: { timeout: number | null }
}

/** Servers in worker threads. */
export interface Pool {
  /** The address that they listen on. */
  readonly address: SocketAddress
  /**
   * The threads. A thread that ends by an exception or `process.exit` emits `error`, which is uncaught if it has no listener. The
   * other threads continue.
   */
  readonly workers: readonly Worker[]
  /**
   * Stops each server, and resolves when all threads have ended. A thread that does not end itself is terminated `timeout`
   * milliseconds from now (default: null, no limit), or a second after its last connection.
   *
   * @throws TypeError or RangeError for a wrong option
   */
  stop(options?: { timeout?: number | null }): Promise<void>
}

// The milliseconds that a thread may take to end after its server has stopped, and to close after its timeout.
const endMs = 1000
const closeMs = 100

// The socket for the threads. If it is `shared`, they listen on duplicates of it. Otherwise each listens on its own socket; this
// one is bound, but does not listen, and reserves the port until they are bound. socket(7)
function open(options: ListenOptions): Bound & { shared: boolean } {
  if (options.fd !== undefined || options.path !== undefined) return { ...openListener(options), shared: true }
  const prepare = (fd: number): void => {
    setOption(fd, SOL_SOCKET, SO_REUSEADDR)
    setOption(fd, SOL_SOCKET, SO_REUSEPORT)
  }
  return { ...openBound(SOCK_STREAM, endpointOf(options), prepare), shared: false }
}

/** Starts `count` workers that run `script`, which calls `serveInPool`. */
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
  for (const { worker } of threads) reportExit(worker)
  const pool: Pool & Shown = {
    address,
    workers: threads.map(({ worker }) => worker),
    [inspect.custom](depth, options) {
      const parts = (): Parts => ({ address: shownAddress(address), workers: threads.length })
      return shownObject(this, 'Pool', depth, options, parts, ['address', 'workers', 'stop'])
    },
    async stop(options = {}) {
      checkProperties('options', options, { timeout: 'option' })
      const limit = checkTimeout(options.timeout ?? null)
      file?.remove()
      await Promise.all(threads.map(thread => stop(thread, limit)))
    },
  }
  return pool
}

// Emits an `error` event of a worker that exits by itself. An exception emits one already; `terminate` emits none.
function reportExit(worker: Worker): void {
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
