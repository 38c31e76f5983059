// The thread of a pool of HTTP servers: its module exports `handler`, or `fetch` for the web-standard one, by that name or in
// its default export.
import { parentPort, workerData } from 'node:worker_threads'
import { invalidType } from '../errors.js'
import type { Task } from '../reactor/pool.js'
import { fetchHandler } from './fetch.js'
import type { FetchHandler } from './fetch.js'
import { serve } from './serve.js'
import type { Handler } from './service.js'

interface Application {
  handler?: Handler
  fetch?: FetchHandler
  default?: Application
}

const { module, options } = workerData as Task

function handlerOf(application: Application): Handler {
  const { handler, fetch } = (application.handler ?? application.fetch) ? application : (application.default ?? {})
  if (handler !== undefined) return handler
  if (fetch !== undefined) return fetchHandler(fetch)
  throw invalidType('module', module, 'one that exports `handler` or `fetch`')
}

const server = serve(handlerOf((await import(module)) as Application), options)

parentPort!.on('message', ({ stop }: { stop: { timeout: number | null } }) => {
  void server.stop(stop).then(() => parentPort!.unref())
})
parentPort!.postMessage('listening')
