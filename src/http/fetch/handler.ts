// Adapts a web-standard handler, fetch(Request) → Response, to `serve`.
import type { AnyRequest } from '../request.js'
import { invalidType, checkProperties } from '../../checks.js'
import { real } from './forward.js'
import { spentBody } from '../header-lines.js'
import { override } from './light-globals.js'
import { LightRequest, newRequest, urlOf } from './light-request.js'
import { LightResponse } from './light-response.js'
import type { Pair } from './light-response.js'
import { contentBehind } from '../request-body.js'
import type { RequestBody } from '../request-body.js'
import type { HttpResponse } from '../response.js'
import { plain } from '../service.js'
import type { Handler } from '../service.js'

/** A web-standard handler, as Hono's `app.fetch`. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/** The options of fetchHandler. */
export interface FetchOptions {
  /**
   * Whether `Request`, `Response` and `fetch` of this thread may be replaced; default: true. The replacements behave the same,
   * but create the streams of a body only on use, since that takes longer than all the rest. Their objects are instances of
   * the original classes. Node only: other runtimes do not need it.
   */
  overrideGlobalObjects?: boolean
}

// A Request cannot have these methods, in upper or lower case: their lengths tell most others apart. Fetch Standard, 2.2.1
const forbidden = /^(?:connect|trace|track)$/i
const isForbidden = (method: string): boolean => (method.length === 5 || method.length === 7) && forbidden.test(method)

// The headers of the connection belong to the server. RFC 9110, 7.6.1
const connectionHeaders = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

const isApplications = ([name, value]: Pair): boolean =>
  !connectionHeaders.has(name) || (name === 'connection' && value.toLowerCase() === 'close')

// A 426 must name the protocol that it requires. RFC 9110, 15.5.22
const headersOf = (status: number, pairs: readonly Pair[]): readonly Pair[] =>
  pairs.every(isApplications)
    ? pairs
    : pairs.filter(pair => isApplications(pair) || (status === 426 && pair[0] === 'upgrade'))

/**
 * @internal What a session sends for a Response. The bytes of a light one have to be sent or copied before any code of users runs.
 *
 * @throws TypeError if it is none, or its body was read
 */
export function answerOf(returned: unknown): HttpResponse {
  const response = returned as Response | LightResponse
  if (response instanceof LightResponse) {
    const { status, pairs, body } = response.take()
    if (body !== undefined) return { status, headers: headersOf(status, pairs), body: contentOf(body) }
  } else if (typeof response !== 'object' || response === null || !('headers' in response)) {
    throw invalidType('response', response, 'a Response')
  }
  const { status, statusText, headers, body, bodyUsed } = response as Response
  if (bodyUsed) throw spentBody()
  return { status, ...(statusText && { statusText }), headers: headersOf(status, [...headers]), body: contentOf(body) }
}

// As `answerOf`, for those who may keep it.
function keptAnswerOf(response: Response | LightResponse): HttpResponse {
  const answer = answerOf(response)
  return Buffer.isBuffer(answer.body) ? { ...answer, body: Buffer.from(answer.body) } : answer
}

// For the stream of a request's body, what it is made of.
const contentOf = <Body>(body: Body): Body | Buffer | AsyncIterable<Buffer> =>
  body instanceof ReadableStream ? (contentBehind(body) ?? body) : body

const isPromise = (value: Response | LightResponse | Promise<Response>): value is Promise<Response> =>
  typeof (value as Promise<Response> | undefined)?.then === 'function'

/** @internal A handler that returns a Response, which `answerOf` makes an answer of. */
export type ResponseHandler = (request: AnyRequest) => Response | LightResponse | Promise<Response>

const responseHandlers = new WeakMap<object, ResponseHandler>()

/**
 * @internal The handler behind one that fetchHandler made, or undefined for any other. Those of fetchHandler take whole and streamed
 * bodies.
 */
export const responseHandlerOf = (handler: object): ResponseHandler | undefined => responseHandlers.get(handler)

const refusal = (status: number): LightResponse =>
  new LightResponse(status, plain(status).body as string, [['content-type', 'text/plain; charset=utf-8']])

/**
 * Makes a handler for `serve` of a web-standard one. Its `request.body` is streamed unless it came with the head.
 * RFC 9110, Fetch Standard
 *
 * @throws TypeError if the handler is no function, or for an unknown option
 */
export function fetchHandler(handler: FetchHandler, options: FetchOptions = {}): Handler<Buffer | RequestBody> {
  if (typeof handler !== 'function') throw invalidType('handler', handler, 'of type function')
  checkProperties('options', options, { overrideGlobalObjects: 'option' })
  const { overrideGlobalObjects = true } = options
  real() // saves the original classes
  const light = overrideGlobalObjects && override()

  const respond: ResponseHandler = request => {
    if (isForbidden(request.method)) return refusal(501)
    let url: string
    try {
      url = urlOf(request)
    } catch {
      return refusal(400)
    }
    return handler(light ? (new LightRequest(request, url) as unknown as Request) : newRequest(request, url))
  }

  const made: Handler<Buffer | RequestBody> = request => {
    const response = respond(request)
    return isPromise(response) ? response.then(keptAnswerOf) : keptAnswerOf(response)
  }
  responseHandlers.set(made, respond)
  return made
}
