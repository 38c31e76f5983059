// The server of a pool's thread.
import { parentPort } from 'node:worker_threads'
import { begin, takeOver } from '../thread.js'
import type { Exited, Order, Stopped, PoolTask } from './pool.js'
import type { ListenOptions } from './server.js'

interface Stoppable {
  stop(options: { timeout: number | null }): Promise<void>
}

/** Starts the server that `listen` creates from the exports of the pool's module, and stops it when the pool orders it. */
export async function serveInPool(
  listen: (exports: object, options: ListenOptions, module: string) => Stoppable,
): Promise<void> {
  const { task, fd } = takeOver<PoolTask>()
  const { module, options } = task
  const server = listen((await import(module)) as object, fd === undefined ? options : { ...options, fd }, module)
  let stopping = false
  parentPort!.on('message', (order: Partial<Order> | null) => {
    if (order?.stop === undefined) return
    stopping = true
    void server.stop(order.stop).then(() => {
      parentPort!.postMessage({ stopped: true } satisfies Stopped)
      parentPort!.unref()
    })
  })
  process.once('exit', code => {
    if (!stopping) parentPort!.postMessage({ exited: code } satisfies Exited)
  })
  begin()
}
