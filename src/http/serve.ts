// HTTP/1.1 on the reactor.
import { constants } from 'node:os'
import { socketError } from '../errors.js'
import { threadFile } from '../place.js'
import { listen } from '../reactor/index.js'
import { startPool } from '../reactor/pool.js'
import type { Pool } from '../reactor/pool.js'
import type { Connection, ListenOptions, Server } from '../reactor/index.js'
import type { HttpRequest } from './request.js'
import { checkInterval, Service } from './service.js'
import type { Handler, ServiceOptions } from './service.js'
import { Session } from './session.js'

/** Where `serve` listens, and what it takes. */
export interface ServeOptions extends Omit<ListenOptions, 'idleTimeout'>, Omit<ServiceOptions, 'error'> {
  /**
   * Told what a handler threw, which the client sees as 500, and, without a request, that accepting has failed; printed on
   * standard error unless told otherwise.
   */
  error?: (error: unknown, request: HttpRequest | null) => void
}

/** A server of HTTP/1.1. `serve` makes one. */
export interface HttpServer {
  /** The listening socket and its connections. */
  readonly server: Server
  /** Where it listens. */
  readonly address: Server['address']
  readonly port: number
  /** Accepts no more, lets the requests under way finish, and resolves then; at most `timeout` milliseconds. */
  stop(options?: { timeout?: number | null }): Promise<void>
  /** Closes everything now. */
  close(): void
  [Symbol.dispose](): void
}

const sessionOf = (connection: Connection): Session => connection.context as Session

/**
 * Serves HTTP/1.1 (and 1.0) on a TCP port or a Unix path: keep-alive, pipelining in order, chunked bodies both ways,
 * Expect: 100-continue, limits of size and time. RFC 9110, RFC 9112
 *
 * @throws SocketError of bind(2) or listen(2)
 */
export function serve(handler: Handler, options: ServeOptions = {}): HttpServer {
  const { error = (thrown: unknown) => console.error(thrown), limits, timeouts, ...where } = options
  const service = new Service(handler, { limits, timeouts, error })
  const server = listen({
    ...where,
    open: connection => (connection.context = new Session(service, connection)),
    data: (connection, bytes) => sessionOf(connection).receive(bytes),
    drain: connection => sessionOf(connection).drained(),
    end: connection => sessionOf(connection).end(),
    close: connection => sessionOf(connection).closed(),
    error: thrown => error(thrown, null),
  })
  const checks = setInterval(() => {
    const now = performance.now()
    for (const connection of server) sessionOf(connection).check(now)
  }, checkInterval).unref()
  return {
    server,
    get address() {
      return server.address
    },
    get port() {
      const { address } = server
      if (!('port' in address)) throw socketError(constants.errno.ENOTCONN, 'getsockname', { address })
      return address.port
    },
    async stop({ timeout = null } = {}) {
      service.stopping = true
      await server.stop({ timeout, finish: connection => sessionOf(connection).check(performance.now()) })
      clearInterval(checks)
    },
    close() {
      clearInterval(checks)
      server.close()
    },
    [Symbol.dispose]() {
      this.close()
    },
  }
}

/**
 * Serves in `workers` threads on one port, which the kernel deals connections out to (SO_REUSEPORT, socket(7)). The module at
 * this URL exports `handler`, or a web-standard `fetch`: a function cannot be sent to a worker.
 */
export const serveInWorkers = async (
  module: string | URL,
  { workers, ...options }: Omit<ServeOptions, 'error'> & { workers: number },
): Promise<Pool> => startPool(threadFile('http/worker.js'), module, workers, options)
