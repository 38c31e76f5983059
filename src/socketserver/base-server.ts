// The loop of every server: wait for a request, handle it, repeat. The server waits on the event loop, and handles one
// request at a time. Its handlers may block.
import { checkProperties, checkSwitch, invalidThis } from '../checks.js'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { AcceptFailures, settleMs } from '../sockets/accepting.js'
import type { SocketAddress } from '../structs/address.js'
import { AbortError, isSocketError, TimeoutError } from '../errors.js'
import type { WaitOptions } from '../promises/turn.js'
import { checkTimeout } from '../timers.js'
import type { HandlerClass, ServerInfo } from './handlers.js'

/** A request and its client's address. */
export type Arrival<Request> = [request: Request, clientAddress: SocketAddress]

// Errors that an earlier datagram caused: the next receive can succeed. udp(7)
const ofDatagrams = new Set(['ECONNREFUSED', 'ECONNRESET'])

// Refuses a `this` of another class; each method begins with it.
let brand: <Request>(self: BaseServer<Request>) => unknown

/** The base of all servers: derived classes say where requests come from. Python's BaseServer */
export abstract class BaseServer<Request> implements ServerInfo {
  /** The class that handles requests. */
  readonly handler: HandlerClass<Request> | undefined
  /** Where the server listens. */
  abstract readonly serverAddress: SocketAddress
  abstract readonly data: unknown
  /** The timeout of `handleRequest`, in milliseconds; null: no limit. */
  timeout: number | null = null
  #stop = new AbortController()
  #serving: Promise<void> | undefined
  #finishes = false
  readonly #failures = new AcceptFailures()

  static {
    brand = self => {
      try {
        return self.#serving
      } catch {
        throw invalidThis('BaseServer')
      }
    }
  }

  /** `handler`: the class of which each request gets an object; undefined if another way finishes them. */
  constructor(handler: HandlerClass<Request> | undefined) {
    this.handler = handler
  }

  /**
   * Waits for a request.
   *
   * @throws AbortError or TimeoutError when `wait` ends it; SocketError of accept(2) or recvfrom(2), ECANCELED when the
   *   server is closed
   */
  abstract getRequest(wait: WaitOptions): Promise<Arrival<Request>>

  /** The descriptor that is readable when a request waits; −1 once the server is closed. */
  abstract fileno(): number

  /**
   * Closes the source of requests, and waits for the requests under way.
   *
   * @throws what a derived class throws; SocketServer: SocketError if close(2) reports an error
   */
  abstract serverClose(): Promise<void>

  /**
   * Handles requests until `shutdown` is called or the server is closed. It calls `serviceActions` after each request, and at
   * least every `pollInterval` milliseconds. The event loop runs meanwhile, unless a handler blocks it: signals and messages are
   * reported between two requests.
   *
   * @throws Error if it is serving already; what `getRequest` throws that is neither the end of a wait nor a lost
   *   client; what `handleError` or `serviceActions` throws; TypeError or RangeError for a wrong interval
   */
  serveForever(pollInterval = 500): Promise<void> {
    brand(this)
    if (this.#serving !== undefined) return Promise.reject(new Error('this server is serving already'))
    this.#serving = this.#serve(checkTimeout(pollInterval)).finally(() => {
      this.#serving = undefined
      this.#stop = new AbortController()
    })
    return this.#serving
  }

  /**
   * Ends `serveForever` after the request under way, and waits for that. If `serveForever` is not running, its next call ends at
   * once. A handler may call `shutdown`, but must not await it.
   *
   * With `backlog`, the clients that have connected by now are served before that, and no others: without it, `serverClose` resets
   * those that wait to be accepted, as in Python. "By now" is 100 ms after the call, so that handshakes under way end. On Linux no
   * handshake begins meanwhile. Such a server is to be closed: it may not serve again.
   *
   * @throws TypeError for an unknown property, or one of a wrong type
   */
  async shutdown(options: { backlog?: boolean } = {}): Promise<void> {
    brand(this)
    checkProperties('options', options, { backlog: 'option' })
    checkSwitch('options.backlog', options.backlog)
    this.#finishes = options.backlog ?? false
    this.#stop.abort()
    await this.#serving?.catch(() => {}) // reported to the caller of serveForever
  }

  /**
   * Handles one request, or calls `handleTimeout` if none arrives in `timeout` milliseconds.
   *
   * @throws what `getRequest` throws that is neither the end of a wait nor a lost client; what `handleError` or
   *   `handleTimeout` throws; TypeError or RangeError for a wrong `timeout`
   */
  async handleRequest(): Promise<void> {
    brand(this)
    const arrival = await this.#next({ timeout: checkTimeout(this.timeout) })
    if (arrival !== null) await this.#handle(...arrival)
    else if (this.fileno() >= 0) await this.handleTimeout()
  }

  async #serve(pollInterval: number | null): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted && this.fileno() >= 0) {
      const arrival = await this.#next({ signal, timeout: pollInterval })
      if (arrival !== null) await this.#handle(...arrival)
      else if (signal.aborted) break
      await this.serviceActions()
      await turn()
    }
    if (this.#finishes) await this.#finish()
  }

  // Handles the requests that have arrived until now, or do so a short time later.
  async #finish(): Promise<void> {
    let waiting = this.refuse?.() ?? 0
    for (const end = performance.now() + settleMs; this.fileno() >= 0;) {
      const left = end - performance.now()
      const arrival = await this.#next({ timeout: this.full ? settleMs : Math.max(left, 0) })
      if (arrival !== null) await this.#handle(...arrival)
      if (left <= 0 && !this.full && (arrival === null || --waiting <= 0)) return
      await turn()
    }
  }

  /** Keeps new clients out, as far as the kernel can. Returns how many may wait to be accepted. */
  protected refuse?(): number

  /** Whether so many requests are under way that the next one waits. */
  protected get full(): boolean {
    return false
  }

  // Null if none arrived.
  async #next(wait: WaitOptions): Promise<Arrival<Request> | null> {
    try {
      return await this.getRequest(wait)
    } catch (error) {
      if (error instanceof AbortError || error instanceof TimeoutError || this.fileno() < 0) return null
      if (isSocketError(error) && ofDatagrams.has(error.code)) return null
      const pause = this.#failures.pause(error)
      if (pause > 0) await sleep(pause)
      return null
    }
  }

  async #handle(request: Request, clientAddress: SocketAddress): Promise<void> {
    try {
      if (await this.verifyRequest(request, clientAddress)) await this.processRequest(request, clientAddress)
      else this.shutdownRequest(request)
    } catch (error) {
      try {
        await this.handleError(error, request, clientAddress)
      } finally {
        this.#end(request)
      }
    }
  }

  #end(request: Request): void {
    try {
      this.shutdownRequest(request)
    } catch (error) {
      this.abandon?.(request)
      throw error
    }
  }

  /** Whether to handle a request. */
  verifyRequest(_request: Request, _clientAddress: SocketAddress): boolean | Promise<boolean> {
    brand(this)
    return true
  }

  /**
   * Handles a request and closes it.
   *
   * @throws what the handler throws, for `handleError`
   */
  async processRequest(request: Request, clientAddress: SocketAddress): Promise<void> {
    brand(this)
    await this.finishRequest(request, clientAddress)
    this.shutdownRequest(request)
  }

  /**
   * Handles the request with a new instance of the handler.
   *
   * @throws what the handler throws, for `handleError`
   */
  async finishRequest(request: Request, clientAddress: SocketAddress): Promise<void> {
    brand(this)
    await new this.handler!(request, clientAddress, this).run()
  }

  /** Tells the client that no more follows, then closes the request. */
  shutdownRequest(request: Request): void {
    brand(this)
    this.closeRequest(request)
  }

  /** Closes a request. */
  abstract closeRequest(request: Request): void

  /** Closes a request after `shutdownRequest` or `closeRequest` has thrown twice: it must not stay open. */
  protected abandon?(request: Request): void

  /** Called by `serveForever` between two requests. */
  serviceActions(): void | Promise<void> {
    brand(this)
  }

  /** Called by `handleRequest` if no request arrives in time. */
  handleTimeout(): void | Promise<void> {
    brand(this)
  }

  /** Called with what a handler or `verifyRequest` has thrown; the request is then closed. Default: prints it. */
  handleError(error: unknown, _request: Request, clientAddress: SocketAddress): void | Promise<void> {
    brand(this)
    console.error('The request of', clientAddress, 'failed:', error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    brand(this)
    return this.serverClose()
  }
}
