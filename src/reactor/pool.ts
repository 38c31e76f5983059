// Worker threads that share one port: each listens on a socket of its own, and the kernel deals the connections out.
import { Worker } from 'node:worker_threads'
import type { SocketAddress } from '../address.js'
import { AF_INET, AF_INET6, SO_REUSEADDR, SO_REUSEPORT, SOCK_STREAM, SOL_SOCKET } from '../constants.js'
import { checkInteger } from '../errors.js'
import { Socket } from '../socket.js'
import type { ListenOptions } from './server.js'

/** What a worker is told to do, and by which module. */
export interface Task {
  module: string
  options: ListenOptions
}

/** Servers in worker threads. */
export interface Pool {
  readonly address: SocketAddress
  readonly workers: readonly Worker[]
  /** Lets each server finish, at most `timeout` milliseconds, and resolves when all threads have ended. */
  stop(options?: { timeout?: number | null }): Promise<void>
}

// A bound socket that does not listen gets no connection, but keeps the port until the workers have it. socket(7)
function reserve({ address = '127.0.0.1', port = 0 }: ListenOptions): Socket {
  const socket = new Socket(address.includes(':') ? AF_INET6 : AF_INET, SOCK_STREAM)
  try {
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
    socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true)
    socket.bind({ address, port })
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** Starts `count` workers on `script`, which listens as the task says and posts a message when it does. */
export async function startPool(
  script: string,
  module: string | URL,
  count: number,
  options: ListenOptions,
): Promise<Pool> {
  checkInteger('workers', count, 1, 1024)
  using reserved = reserve(options)
  const address = reserved.getsockname()
  const port = 'port' in address ? address.port : 0
  const task: Task = { module: String(module), options: { ...options, port, reusePort: true } }
  const workers = Array.from({ length: count }, () => new Worker(script, { workerData: task }))
  try {
    await Promise.all(
      workers.map(
        worker =>
          new Promise<void>((resolve, reject) => {
            worker.once('message', () => resolve())
            worker.once('error', reject)
            worker.once('exit', code => reject(new Error(`A worker ended before it listened, with status ${code}`)))
          }),
      ),
    )
  } catch (error) {
    await Promise.all(workers.map(worker => worker.terminate()))
    throw error
  }
  return {
    address,
    workers,
    async stop({ timeout = null } = {}) {
      await Promise.all(
        workers.map(worker => {
          const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()))
          worker.postMessage({ stop: { timeout } })
          return ended
        }),
      )
    },
  }
}
