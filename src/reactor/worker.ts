// A thread of a pool of servers. The program's module exports the handlers, each by its name.
import { invalidType } from '../checks.js'
import { handlerProperties } from './handlers.js'
import type { Handlers } from './handlers.js'
import { listen } from './index.js'
import { serveInPool } from './pooled.js'

const names = Object.keys(handlerProperties)

// Other exports of the module are ignored: they are not options of the server.
function handlersOf(exports: object, module: string): Handlers {
  const handlers = Object.entries(exports).filter(([name]) => names.includes(name))
  if (handlers.length > 0) return Object.fromEntries(handlers)
  throw invalidType('module', module, `one that exports a handler: ${names.join(', ')}`)
}

await serveInPool((exports, options, module) => listen({ ...handlersOf(exports, module), ...options }))
