// bsd-sockets/http, unchanged.
import { serve } from '../../../http/index.js'
import { handlerOf } from './app.js'
import type { HttpSettings } from './settings.js'
import { asked } from '../promises.js'
import type { Mode } from '../serve.js'
import { warn } from '../server.js'

/** Serves by the reactor. */
export const serveByReactor =
  ({ app, root, connections, limits, timeouts }: HttpSettings): Mode =>
  async (listener, stop) => {
    const over = new AbortController() // the listener has failed
    let stopping = false
    const error = (thrown: unknown): void =>
      server.server.fd < 0 && !stopping ? over.abort(thrown) : warn(thrown as Error)
    using server = serve(handlerOf({ app, root }), {
      fd: listener.detach(),
      maxConnections: connections,
      limits,
      timeouts,
      error,
    })
    await asked(stop, over.signal)
    stopping = true
    await server.stop()
    over.signal.throwIfAborted()
  }
