// The loop of every server: wait for a request, have it handled, again. It waits on the event loop and handles one
// request at a time, by calls that may block.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { AcceptFailures } from '../sockets/accepting.js'
import type { SocketAddress } from '../structs/address.js'
import { AbortError, isSocketError, TimeoutError } from '../errors.js'
import type { WaitOptions } from '../promises/turn.js'
import { checkTimeout } from '../timers.js'
import type { HandlerClass, ServerInfo } from './handlers.js'

/** A request, and who it is from. */
export type Arrival<Request> = [request: Request, clientAddress: SocketAddress]

// What the network says of an earlier datagram: the next one may be well. udp(7)
const ofDatagrams = new Set(['ECONNREFUSED', 'ECONNRESET'])

/** A server by itself: where its requests come from, its children say. Python's BaseServer */
export abstract class BaseServer<Request> implements ServerInfo {
  /** What handles requests: a class. */
  readonly handler: HandlerClass<Request> | undefined
  abstract readonly serverAddress: SocketAddress
  abstract readonly data: unknown
  /** How long `handleRequest` waits for a request, in milliseconds; null for ever. */
  timeout: number | null = null
  #stop = new AbortController()
  #serving: Promise<void> | undefined
  readonly #failures = new AcceptFailures()

  constructor(handler: HandlerClass<Request> | undefined) {
    this.handler = handler
  }

  /** Waits for a request. It rejects with an AbortError or a TimeoutError where that is not worth while any more. */
  abstract getRequest(wait: WaitOptions): Promise<Arrival<Request>>

  /** The descriptor that is readable when a request waits, −1 once it is closed. */
  abstract fileno(): number

  /** Closes what requests come from, and waits for what is still being done. */
  abstract serverClose(): Promise<void>

  /**
   * Handles requests until `shutdown` is called or the server is closed. Every `pollInterval` milliseconds at least, and
   * after each request, it calls `serviceActions`. Meanwhile the event loop runs, unless a handler blocks it: it tells
   * of signals and messages between two requests.
   */
  serveForever(pollInterval = 500): Promise<void> {
    if (this.#serving !== undefined) return Promise.reject(new Error('this server is serving already'))
    this.#serving = this.#serve(checkTimeout(pollInterval)).finally(() => {
      this.#serving = undefined
      this.#stop = new AbortController()
    })
    return this.#serving
  }

  /**
   * Ends `serveForever` once the request that is being handled is done, and waits for that; where it is not running, the
   * next one ends at once. A handler may call it, but must not wait for itself.
   */
  async shutdown(): Promise<void> {
    this.#stop.abort()
    await this.#serving?.catch(() => {}) // whoever called serveForever is told
  }

  /** Handles one request, or calls `handleTimeout` where none comes in `timeout` milliseconds. */
  async handleRequest(): Promise<void> {
    const arrival = await this.#next({ timeout: checkTimeout(this.timeout) })
    if (arrival !== null) await this.#handle(...arrival)
    else if (this.fileno() >= 0) await this.handleTimeout()
  }

  async #serve(pollInterval: number | null): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted && this.fileno() >= 0) {
      const arrival = await this.#next({ signal, timeout: pollInterval })
      if (arrival !== null) await this.#handle(...arrival)
      else if (signal.aborted) return
      await this.serviceActions()
      await turn()
    }
  }

  // Null where none came.
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

  /** Whether a request is to be handled at all. */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- those who override it use them
  verifyRequest(_request: Request, _clientAddress: SocketAddress): boolean | Promise<boolean> {
    return true
  }

  /** Handles a request and closes it. */
  async processRequest(request: Request, clientAddress: SocketAddress): Promise<void> {
    await this.finishRequest(request, clientAddress)
    this.shutdownRequest(request)
  }

  /** Has a handler of its own handle the request. */
  async finishRequest(request: Request, clientAddress: SocketAddress): Promise<void> {
    await new this.handler!(request, clientAddress, this).run()
  }

  /** Ends a request, then closes it. */
  shutdownRequest(request: Request): void {
    this.closeRequest(request)
  }

  /** Closes a request. */
  abstract closeRequest(request: Request): void

  /** Closes a request where `shutdownRequest` or `closeRequest` throws for the second time: it must not stay open. */
  protected abandon?(request: Request): void

  /** Called between two requests of `serveForever`. */
  serviceActions(): void | Promise<void> {}

  /** Called by `handleRequest` where no request came in time. */
  handleTimeout(): void | Promise<void> {}

  /** Told of what a handler, or the verification, has thrown; the request is then closed. It prints it. */
  handleError(error: unknown, _request: Request, clientAddress: SocketAddress): void | Promise<void> {
    console.error('The request of', clientAddress, 'failed:', error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.serverClose()
  }
}
