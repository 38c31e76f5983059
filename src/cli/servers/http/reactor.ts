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
    const error = (thrown: unknown): void => warn(thrown as Error)
    const server = serve(handlerOf({ app, root }), {
      fd: listener.detach(),
      maxConnections: connections,
      limits,
      timeouts,
      error,
    })
    await asked(stop)
    await server.stop()
  }
