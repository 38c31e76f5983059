// The thread of a pool of HTTP servers: its module exports `handler`, or `fetch` for the web-standard one, by that name or in
// its default export.
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
