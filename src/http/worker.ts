// A thread of a pool of HTTP servers. Its module exports `handler`, or a web-standard `fetch`: under that name, or as a
// property of the default export.
import { invalidType } from '../checks.js'
import { serveInPool } from '../reactor/pooled.js'
import type { FetchHandler } from './fetch/handler.js'
import { serve } from './serve.js'
import type { FetchApplication } from './serve.js'
import type { RequestBody } from './request-body.js'
import type { Handler } from './service.js'

interface Exports {
  handler?: Handler<Buffer | RequestBody>
  fetch?: FetchHandler
  default?: Exports
}

function applicationOf(exports: Exports, module: string): Handler<Buffer | RequestBody> | FetchApplication {
  const application = (exports.handler ?? exports.fetch) ? exports : (exports.default ?? {})
  const { handler, fetch } = application
  if (handler !== undefined) return handler
  if (typeof fetch === 'function') return { fetch: request => fetch.call(application, request) }
  throw invalidType('module', module, 'one that exports `handler` or `fetch`')
}

await serveInPool((exports, options, module) => serve(applicationOf(exports, module), options))
