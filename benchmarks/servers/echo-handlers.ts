// The handlers of a worker of echo-reactor-workers.ts.
import type { Handlers } from 'bsd-sockets/reactor'

export const data: Handlers['data'] = (connection, bytes) => {
  if (!connection.write(bytes)) connection.pause()
}
export const drain: Handlers['drain'] = connection => connection.resume()
