// What the sessions of one server share.
import { checkProperties } from '../checks.js'
import type { Properties } from '../checks.js'
import { checkTimeout } from '../timers.js'
import { Output } from './output.js'
import { limitsOf } from './parser.js'
import type { Limits } from './parser.js'
import { Reading } from './reading.js'
import type { HttpRequest } from './request.js'
import type { RequestBody } from './request-body.js'
import type { HttpResponse } from './response.js'
import { reasons } from './statuses.js'

/** Answers a request, at once or by a promise. With `streamBody` its `body` is a RequestBody. */
export type Handler<Body = Buffer> = (request: HttpRequest<Body>) => HttpResponse | PromiseLike<HttpResponse>

/** How long a client may take, in milliseconds; null, Infinity and 0, for ever. One that has begun a request is told 408. */
export interface Timeouts {
  /** Until its first byte; default: 10 s. */
  first?: number | null
  /** Until the next request; default: 60 s. */
  idle?: number | null
  /** For the rest of a head; default: 10 s. */
  head?: number | null
  /** For the rest of a body, or, where it is streamed, for each 64 KiB of it while the handler waits; default: 30 s. */
  body?: number | null
  /** To take any more of an answer; default: 30 s. */
  write?: number | null
  /** To close after the last answer; default: 2 s. */
  linger?: number | null
  /**
   * For an answer to go on, each time that some of it is sent, once the client has done sending; default: 5 s. It may only have
   * closed its half and wait (RFC 9112, 9.6), or be gone: nothing else tells. Then the stream of the answer is cancelled,
   * the request's `signal` aborted, and the connection reset.
   */
  halfClose?: number | null
}

/** What a connection waits for: the client, but for `handler`. */
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

/** How often `Session.check` is to be called, in milliseconds. */
export const checkInterval = 250

/** What a server takes from its clients. */
export interface ServiceOptions {
  limits?: Limits | undefined
  timeouts?: Timeouts | undefined
  /** Is given what a handler threw, which the client sees as 500. Default: prints it on standard error. */
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

/** How a handler gets the content: whole, streamed, or streamed where it did not come with the head. */
export type Bodies = 'whole' | 'streamed' | 'either'

export class Service {
  readonly handler: Handler<Buffer | RequestBody>
  readonly bodies: Bodies
  readonly limits: Uint8Array
  readonly timeouts: Readonly<Record<keyof Timeouts, number>>
  /** Whether each answer is to be the last of its connection. */
  stopping = false
  /** Where the session whose turn it is writes its answers; it leaves nothing. */
  readonly out = new Output()
  /** For a request that comes whole, so that an idle session holds none. */
  reading = new Reading()
  readonly #error: NonNullable<ServiceOptions['error']>

  constructor(
    handler: Handler | Handler<RequestBody>,
    { limits = {}, timeouts = {}, error = print }: ServiceOptions,
    bodies: Bodies = 'whole',
  ) {
    checkProperties('limits', limits, limitsProperties)
    checkProperties('timeouts', timeouts, timeoutsProperties)
    this.handler = handler as Handler<Buffer | RequestBody>
    this.bodies = bodies
    this.limits = limitsOf(limits, bodies !== 'whole')
    this.timeouts = patienceOf(timeouts)
    this.#error = error
  }

  /** The reading becomes that of a session whose request has not come whole. */
  takeReading(): Reading {
    const { reading } = this
    this.reading = new Reading()
    return reading
  }

  /** Tells of what a handler threw. */
  report(error: unknown, request: HttpRequest<unknown>): void {
    try {
      this.#error(error, request as HttpRequest)
    } catch (thrown) {
      // From a task of its own, so that it is uncaught, and breaks off no session.
      setImmediate(() => {
        throw thrown
      })
    }
  }

  /** The same, where nobody waited for the answer any more: that it was broken off for that is no news. */
  reportLate(error: unknown, request: HttpRequest<unknown>): void {
    if ((error as Partial<Error> | null)?.name !== 'AbortError') this.report(error, request)
  }
}

// Infinity where a client may take for ever.
function patienceOf(timeouts: Timeouts): Record<keyof Timeouts, number> {
  const patience: Record<keyof Timeouts, number> = { ...defaults }
  for (const phase of Object.keys(defaults) as (keyof Timeouts)[]) {
    const timeout = timeouts[phase]
    if (timeout !== undefined) patience[phase] = checkTimeout(timeout, `timeouts.${phase}`) || Infinity
  }
  return patience
}

const print = (error: unknown): void => console.error(error)

/** A response that says what its status means. */
export const plain = (status: number): HttpResponse => ({ status, body: `${status} ${reasons[status]}\n` })
