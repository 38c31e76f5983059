// HTTP/1.1 on the reactor.
import { shownObject } from '../shown.js'
import type { Shown } from '../shown.js'
import { inspect } from 'node:util'
import { constants } from 'node:os'
import { checkProperties, checkSwitch, invalidType, invalidValue } from '../checks.js'
import { socketError } from '../errors.js'
import { threadFile } from '../syscalls/place.js'
import type { Properties } from '../checks.js'
import { listen } from '../reactor/index.js'
import { listenAddressProperties } from '../reactor/listener.js'
import { startPool } from '../reactor/pool.js'
import type { Pool } from '../reactor/pool.js'
import type { Connection, ListenOptions, Server } from '../reactor/index.js'
import { checkTimeout } from '../timers.js'
import { answerOf, fetchHandler, responseHandlerOf } from './fetch/handler.js'
import type { FetchHandler } from './fetch/handler.js'
import type { HttpRequest } from './request.js'
import type { RequestBody } from './request-body.js'
import { checkInterval, Service } from './service.js'
import type { Handler, ServiceOptions } from './service.js'
import { Session } from './session.js'

/** Where `serve` listens, its limits and its timeouts. */
export interface ServeOptions extends Omit<ListenOptions, 'idleTimeout'>, Omit<ServiceOptions, 'error'> {
  /**
   * Called with what a handler threw (the client gets 500), and, with null for the request, with the error of a failed accept.
   * Default: prints it on standard error; one that has closed the listening socket is an uncaught exception.
   */
  error?: (error: unknown, request: HttpRequest | null) => void
}

/** Where `serve` listens, and whether it streams. */
export interface StreamBodyOptions extends ServeOptions {
  /**
   * When a handler is called. True: when the head of a request has been received; `request.body` is a RequestBody, or a stream
   * for a `fetch` handler. False: when the whole request has been received; `request.body` is its content. Default: true for
   * `fetch` handlers, which get the body whole if it came with the head; false for plain handlers.
   *
   * If the handler does not read a streamed body, at most one receive (256 KiB) of it is kept. `Expect: 100-continue` is answered
   * when the handler first reads. Trailers are checked and dropped. `limits.body` and `timeouts.body` apply. If the body exceeds
   * them, or its chunks are malformed, reading it throws; unless an answer has begun, the client gets 413, 408 or 400 and
   * `signal` is aborted. If the client disconnects, reading the body throws and `signal` is aborted.
   *
   * Once the answer is complete, up to 256 KiB of an unread body are received and dropped, and the connection stays open. If
   * more is left, or the client waits for 100, the connection is closed after the answer (RFC 9112, 9.6). The same holds after
   * a `cancel`, and for a handler that throws.
   */
  streamBody: boolean
}

/** An HTTP/1.1 server, as `serve` returns it. */
export interface HttpServer {
  /** The listening socket and its connections. */
  readonly server: Server
  /** Where it listens. */
  readonly address: Server['address']
  /** The port that it listens on. */
  readonly port: number
  /**
   * Stops accepting, and resolves when the requests under way have finished, after at most `timeout` milliseconds.
   *
   * @throws TypeError or RangeError for a wrong option
   */
  stop(options?: { timeout?: number | null }): Promise<void>
  /** Closes everything now. */
  close(): void
  [Symbol.dispose](): void
}

const common: Properties<Omit<StreamBodyOptions, 'error'>> = {
  ...listenAddressProperties,
  highWaterMark: 'option',
  limits: 'option',
  maxConnections: 'option',
  noDelay: 'option',
  streamBody: 'option',
  timeouts: 'option',
}
const serveProperties: Properties<StreamBodyOptions> = { ...common, error: 'handler' }

/** An application in the convention of Bun and Deno, as Hono makes it. It may also say where to listen. */
export interface FetchApplication {
  /** Answers a request. */
  fetch: FetchHandler
  /** The host to listen on, unless the options name one. */
  hostname?: string
  /** The port to listen on, unless the options name one. */
  port?: number
}

// Bun and Deno call them `hostname` and `port`.
const placeOfApplication = ({ hostname, port }: FetchApplication): { host?: string; port?: number } => ({
  ...(typeof hostname === 'string' && { host: hostname }),
  ...(typeof port === 'number' && { port }),
})

const nodeHandler =
  'must take a request and return a response (one of node:http, which takes both, runs on a server of node:http: listenNet gives that a socket)'

type AnyHandler = Handler<Buffer | RequestBody>

function handlerOf(given: AnyHandler | FetchApplication): AnyHandler {
  if (typeof given === 'function') {
    if (given.length > 1) throw invalidValue('handler', given, nodeHandler)
    return given
  }
  if (typeof given?.fetch !== 'function')
    throw invalidType('handler', given, 'of type function, or an object with a fetch')
  return fetchHandler(request => given.fetch(request))
}

const sessionOf = (connection: Connection): Session => connection.context as Session

// A connection that was handed to another protocol has none.
function check(connection: Connection, now: number): void {
  if (connection.context instanceof Session) connection.context.check(now)
}

/**
 * Serves HTTP/1.1 (and 1.0) on a TCP port or a Unix path: keep-alive, pipelining in order, chunked bodies in both directions,
 * Expect: 100-continue, limits of size and time. The handler is plain, or the `fetch` of an application. RFC 9110, RFC 9112
 *
 * @throws SocketError of bind(2) or listen(2); TypeError for an unknown property
 */
export function serve(handler: Handler<RequestBody>, options: StreamBodyOptions & { streamBody: true }): HttpServer
export function serve(handler: Handler | FetchApplication, options?: ServeOptions): HttpServer
export function serve(handler: FetchApplication | Handler<Buffer | RequestBody>, options: StreamBodyOptions): HttpServer
export function serve(given: unknown, options: ServeOptions & Partial<StreamBodyOptions> = {}): HttpServer {
  checkProperties('options', options, serveProperties)
  const { error = (thrown: unknown) => console.error(thrown), limits, timeouts, streamBody, ...where } = options
  const application = given as AnyHandler | FetchApplication
  const handler = handlerOf(application)
  const responding = responseHandlerOf(handler)
  const isFetch = responding !== undefined
  checkSwitch('options.streamBody', streamBody)
  const bodies = (streamBody ?? isFetch) ? (isFetch ? 'either' : 'streamed') : 'whole'
  const service = new Service(
    responding ?? handler,
    { limits, timeouts, error },
    bodies,
    isFetch ? answerOf : undefined,
  )
  const server = listen({
    ...(typeof application === 'object' && placeOfApplication(application)),
    ...where,
    open: connection => (connection.context = new Session(service, connection)),
    data: (connection, bytes) => {
      connection.stores = undefined // what a handler has entered by AsyncLocalStorage.enterWith is not for the next request
      sessionOf(connection).receive(bytes)
    },
    drain: connection => sessionOf(connection).drained(),
    end: connection => sessionOf(connection).end(),
    reset: connection => connection.destroy(), // no client is left to answer
    close: connection => sessionOf(connection).closed(),
    error(thrown, connection) {
      // Nobody is served any more. A program that does not ask for its errors must not go on as if nothing had happened.
      if (options.error === undefined && connection === null && server.fd < 0) throw thrown
      error(thrown, null)
    },
  })
  const checks = setInterval(() => {
    if (server.fd < 0 && server.connections === 0) return clearInterval(checks)
    if (service.stopping && server.fd >= 0) return // clients that have just connected have not sent their request yet
    const now = performance.now()
    for (const connection of server) check(connection, now)
  }, checkInterval).unref()
  const made: HttpServer & Shown = {
    server,
    get address() {
      return server.address
    },
    get port() {
      const { address } = server
      if (!('port' in address)) throw socketError(constants.errno.ENOTCONN, 'getsockname', { address })
      return address.port
    },
    [inspect.custom](depth, options) {
      return shownObject(this, 'HttpServer', depth, options, () => ({ server }), ['address', 'port', 'stop', 'close'])
    },
    async stop(options = {}) {
      checkProperties('options', options, { timeout: 'option' })
      const timeout = checkTimeout(options.timeout ?? null)
      service.stopping = true
      await server.stop({ timeout, finish: connection => check(connection, performance.now()) })
    },
    close() {
      server.close()
    },
    [Symbol.dispose]() {
      this.close()
    },
  }
  return made
}

/**
 * Serves in `workers` threads on one port; the kernel distributes the connections among them (SO_REUSEPORT, socket(7)). The
 * module at this URL exports `handler`, or a web-standard `fetch`: a function cannot be sent to a worker. With `fd` or `path`
 * the threads listen on duplicates of one socket. The pool owns the given `fd`, and has closed it once all threads listen.
 *
 * @throws SocketError of bind(2) or listen(2); the error of a worker that cannot load the module; TypeError or
 *   RangeError for a wrong option. All workers have ended then
 */
export const serveInWorkers = async (
  module: string | URL,
  options: Omit<ServeOptions & Partial<StreamBodyOptions>, 'error'> & { workers: number },
): Promise<Pool> => {
  checkProperties('options', options, { ...common, workers: 'option' })
  const { workers, ...each } = options
  return startPool(threadFile('http/worker.js'), module, workers, each)
}
