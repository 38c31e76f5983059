// The state that all sessions of one server share: handler, limits, timeouts, output buffer.
import { checkProperties } from '../checks.js'
import type { Properties } from '../checks.js'
import { checkTimeout } from '../timers.js'
import { Output } from './output.js'
import { limitsOf } from './parser.js'
import type { Limits } from './parser.js'
import { Reading } from './reading.js'
import type { AnyRequest, HttpRequest } from './request.js'
import type { RequestBody } from './request-body.js'
import type { HttpResponse } from './response.js'
import { reasons } from './statuses.js'

/**
 * Answers a request, at once or by a promise. With `streamBody` its `body` is a RequestBody. It is called in the async context
 * (AsyncLocalStorage) of `serve`; what it enters by `enterWith` is not seen by the next request.
 */
export type Handler<Body = Buffer> = (request: HttpRequest<Body>) => HttpResponse | PromiseLike<HttpResponse>

/** Time limits for a client, in milliseconds; null, Infinity and 0: no limit. A client that has begun a request gets 408. */
export interface Timeouts {
  /** Until its first byte; default: 10 s. */
  first?: number | null
  /** Until the next request; default: 60 s. */
  idle?: number | null
  /** For the rest of a head; default: 10 s. */
  head?: number | null
  /** For the rest of a body; of a streamed body, for each 64 KiB while the handler waits. Default: 30 s. */
  body?: number | null
  /** Until it receives more of an answer; default: 30 s. */
  write?: number | null
  /** To close after the last answer; default: 2 s. */
  linger?: number | null
  /**
   * Between two pieces of an answer, once the client has stopped sending; default: 5 s. Such a client either waits with its
   * half closed (RFC 9112, 9.6) or is gone: only time tells the two apart. When the time is over, the stream of the answer is
   * cancelled, the request's `signal` is aborted, and the connection is reset.
   */
  halfClose?: number | null
}

/** What a connection waits for: in `handler` the handler, in every other phase the client. */
export type Phase = keyof Timeouts | 'handler'

const defaults: Readonly<Record<keyof Timeouts, number>> = {
  first: 10_000,
  idle: 60_000,
  head: 10_000,
  body: 30_000,
  write: 30_000,
  linger: 2_000,
  halfClose: 5_000,
}

/** The interval between calls of `Session.check`, in milliseconds. */
export const checkInterval = 250

/** The limits and timeouts of a server, and where it reports errors. */
export interface ServiceOptions {
  /** The limits of a request's size. */
  limits?: Limits | undefined
  /** The time limits for a client, in milliseconds. */
  timeouts?: Timeouts | undefined
  /** Called with what a handler threw; the client gets 500. Default: prints it on standard error. */
  error?: (error: unknown, request: HttpRequest) => void
}

const limitsProperties: Properties<Limits> = {
  body: 'option',
  headerBytes: 'option',
  headerCount: 'option',
  requestLine: 'option',
}

const timeoutsProperties: Properties<Timeouts> = {
  body: 'option',
  first: 'option',
  halfClose: 'option',
  head: 'option',
  idle: 'option',
  linger: 'option',
  write: 'option',
}

/** How a handler gets the content: `whole`; `streamed`; or `either`, streamed unless it came with the head. */
export type Bodies = 'whole' | 'streamed' | 'either'

export class Service {
  readonly handler: (request: AnyRequest) => unknown
  /** Makes an answer of what the handler returned, or resolved to. The answer is for this moment: it has to be written at once. */
  readonly answerOf: (returned: unknown) => HttpResponse
  readonly bodies: Bodies
  readonly limits: Uint8Array
  readonly timeouts: Readonly<Record<keyof Timeouts, number>>
  /** Whether the server stops: each answer is then the last of its connection. */
  stopping = false
  /** The output buffer of the session that runs now. The session leaves it empty. */
  readonly out = new Output()
  /** The reading of a request that is received whole: an idle session needs none of its own. */
  reading = new Reading()
  readonly #error: NonNullable<ServiceOptions['error']>

  constructor(
    handler: Handler | Handler<RequestBody> | ((request: AnyRequest) => unknown),
    { limits = {}, timeouts = {}, error = print }: ServiceOptions,
    bodies: Bodies = 'whole',
    answerOf = (returned: unknown) => returned as HttpResponse,
  ) {
    checkProperties('limits', limits, limitsProperties)
    checkProperties('timeouts', timeouts, timeoutsProperties)
    this.handler = handler as (request: AnyRequest) => unknown
    this.answerOf = answerOf
    this.bodies = bodies
    this.limits = limitsOf(limits, bodies !== 'whole')
    this.timeouts = patienceOf(timeouts)
    this.#error = error
  }

  /** Hands the reading to a session whose request is incomplete. */
  takeReading(): Reading {
    const { reading } = this
    this.reading = new Reading()
    return reading
  }

  /** Reports what a handler threw. */
  report(error: unknown, request: HttpRequest<unknown>): void {
    try {
      this.#error(error, request as HttpRequest)
    } catch (thrown) {
      // Thrown in a task of its own: it becomes an uncaught exception, and interrupts no session.
      setImmediate(() => {
        throw thrown
      })
    }
  }

  /** As `report`, for an answer that nobody waits for any more. An AbortError is expected then, and not reported. */
  reportLate(error: unknown, request: HttpRequest<unknown>): void {
    if ((error as Partial<Error> | null)?.name !== 'AbortError') this.report(error, request)
  }
}

// Infinity: no limit.
function patienceOf(timeouts: Timeouts): Record<keyof Timeouts, number> {
  const patience: Record<keyof Timeouts, number> = { ...defaults }
  for (const phase of Object.keys(defaults) as (keyof Timeouts)[]) {
    const timeout = timeouts[phase]
    if (timeout !== undefined) patience[phase] = checkTimeout(timeout, `timeouts.${phase}`) || Infinity
  }
  return patience
}

const print = (error: unknown): void => console.error(error)

/** A response whose body is the status and its reason phrase. */
export const plain = (status: number): HttpResponse => ({ status, body: `${status} ${reasons[status]}\n` })
