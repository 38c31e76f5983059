// A thread of a pool of HTTP servers. Its module exports `handler`, or a web-standard `fetch`: under that name, or as a
// property of the default export.
import { invalidType } from '../checks.js'
import { serveInPool } from '../reactor/pooled.js'
import { fetchHandler } from './fetch/handler.js'
import type { FetchHandler } from './fetch/handler.js'
import { serve } from './serve.js'
import type { RequestBody } from './request-body.js'
import type { Handler } from './service.js'

interface Application {
  handler?: Handler<Buffer | RequestBody>
  fetch?: FetchHandler
  default?: Application
}

function handlerOf(application: Application, module: string): Handler<Buffer | RequestBody> {
  const { handler, fetch } = (application.handler ?? application.fetch) ? application : (application.default ?? {})
  if (handler !== undefined) return handler
  if (fetch !== undefined) return fetchHandler(fetch)
  throw invalidType('module', module, 'one that exports `handler` or `fetch`')
}

await serveInPool((exports, options, module) => serve(handlerOf(exports, module), options))
