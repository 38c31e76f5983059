// The thread of a pool of servers: its module exports the handlers, each by its name.
import { parentPort, workerData } from 'node:worker_threads'
import type { Handlers } from './handlers.js'
import { listen } from './index.js'
import type { Task } from './pool.js'

const { module, options } = workerData as Task
const handlers = (await import(module)) as Handlers
const server = listen({ ...handlers, ...options })

parentPort!.on('message', ({ stop }: { stop: { timeout: number | null } }) => {
  void server.stop(stop).then(() => parentPort!.unref())
})
parentPort!.postMessage('listening')
