// HTTP/1.1 on the reactor.
import { constants } from 'node:os'
import { socketError } from '../errors.js'
import { listen } from '../reactor/index.js'
import { startPool } from '../reactor/pool.js'
import type { Pool } from '../reactor/pool.js'
import type { Connection, ListenOptions, Server } from '../reactor/index.js'
import type { Limits } from './parser.js'
import type { HttpRequest } from './request.js'
import { Service, Session } from './session.js'
import type { Handler, Phase, Transport } from './session.js'

/** How long a connection may take, in milliseconds; null, for ever. Slow clients are told 408 where they have begun a request. */
export interface Timeouts {
  /** Until the first byte; 10 s unless told otherwise. */
  first?: number | null
  /** Until another request; 10 s. */
  idle?: number | null
  /** For the rest of a head; 10 s. */
  head?: number | null
  /** For the rest of a body; 30 s. */
  body?: number | null
  /** For the handler; null. */
  handler?: number | null
  /** For the client to take an answer; 30 s. */
  write?: number | null
  /** For the client to close after the last answer; 2 s. */
  linger?: number | null
}

const defaults: Required<Timeouts> = {
  first: 10_000,
  idle: 10_000,
  head: 10_000,
  body: 30_000,
  handler: null,
  write: 30_000,
  linger: 2_000,
}

/** Where `serve` listens, and what it takes. */
export interface ServeOptions extends ListenOptions {
  limits?: Limits
  timeouts?: Timeouts
  /** Told what a handler threw, which the client sees as 500; printed on standard error unless told otherwise. */
  error?: (error: unknown, request: HttpRequest | null) => void
}

/** A server of HTTP/1.1. `serve` makes one. */
export interface HttpServer {
  readonly server: Server
  /** Where it listens. */
  readonly address: Server['address']
  readonly port: number
  /** Accepts no more, lets what is under way finish, and resolves then; at most `timeout` milliseconds. */
  stop(options?: { timeout?: number | null }): Promise<void>
  /** Closes everything now. */
  close(): void
}

// How often the sessions are looked at, in milliseconds.
const sweepMs = 250

// A session on a connection of the reactor.
class Client implements Transport {
  readonly session: Session
  readonly #connection: Connection
  /** The phase when it was last looked at, and since when. */
  phase: Phase = 'first'
  since: number
  /** A phase that began again shows by this. */
  seen = 0

  constructor(connection: Connection, service: Service, now: number) {
    this.#connection = connection
    this.session = new Session(service, this)
    this.since = now
  }

  write(bytes: Uint8Array): boolean {
    return this.#connection.write(bytes)
  }

  finish(): void {
    this.#connection.end()
  }

  abort(): void {
    this.#connection.reset()
  }

  pause(): void {
    this.#connection.pause()
  }

  resume(): void {
    this.#connection.resume()
  }

  /** Ends what takes too long. */
  check(now: number, timeouts: Required<Timeouts>): void {
    const { session } = this
    if (session.phase !== this.phase || session.answered !== this.seen) {
      this.phase = session.phase
      this.seen = session.answered
      this.since = now
    }
    const limit = timeouts[this.phase]
    if (limit === null || now - this.since < limit) return
    if (this.phase === 'head' || this.phase === 'body') session.timeOut()
    else if (this.phase === 'idle' || this.phase === 'first' || this.phase === 'linger') this.#connection.destroy()
    else this.#connection.reset()
  }
}

const client = (connection: Connection): Client => connection.context as Client

/**
 * Serves HTTP/1.1 (and 1.0) on a TCP port or a Unix path: keep-alive, pipelining in order, chunked bodies both ways,
 * Expect: 100-continue, limits of size and time. RFC 9110, RFC 9112
 *
 * @throws SocketError of bind(2) or listen(2)
 */
export function serve(handler: Handler, options: ServeOptions = {}): HttpServer {
  const { limits = {}, error = (thrown: unknown) => console.error(thrown), ...where } = options
  const timeouts = { ...defaults, ...options.timeouts }
  const service = new Service(handler, limits, error)
  const clients = new Set<Client>()
  const server = listen({
    ...where,
    open(connection) {
      const opened = new Client(connection, service, performance.now())
      connection.context = opened
      clients.add(opened)
    },
    data: (connection, bytes) => client(connection).session.receive(bytes),
    drain: connection => client(connection).session.drained(),
    end(connection) {
      if (client(connection).session.clientEnded()) connection.end()
    },
    close(connection) {
      client(connection).session.closed()
      clients.delete(client(connection))
    },
    error: (thrown: unknown) => error(thrown, null),
  })
  const sweeper = setInterval(() => {
    const now = performance.now()
    for (const one of clients) one.check(now, timeouts)
  }, sweepMs).unref()
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
      await server.stop({
        timeout,
        finish: connection => {
          if (client(connection).session.idle) connection.end()
        },
      })
      clearInterval(sweeper)
    },
    close() {
      clearInterval(sweeper)
      server.close()
    },
  }
}

/**
 * Serves in `workers` threads on one port, which the kernel deals connections out to (SO_REUSEPORT, socket(7)). The module at
 * this URL exports `handler`, or a web-standard `fetch`: a function cannot be sent to a worker.
 */
export const serveInWorkers = (
  module: string | URL,
  { workers, ...options }: Omit<ServeOptions, 'error'> & { workers: number },
): Promise<Pool> => startPool(new URL('./worker.js', import.meta.url), module, workers, options)
