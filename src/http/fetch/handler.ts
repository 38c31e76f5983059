// Adapts a web-standard handler, fetch(Request) → Response, to `serve`.
import type { AnyRequest } from '../request.js'
import { invalidType, checkProperties } from '../../checks.js'
import { real } from './forward.js'
import { spentBody } from '../header-lines.js'
import { override } from './light-globals.js'
import { LightRequest, newRequest, urlOf } from './light-request.js'
import { LightResponse } from './light-response.js'
import { piecesBehind } from '../request-body.js'
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

const isApplications = ([name, value]: readonly [string, string]): boolean =>
  !connectionHeaders.has(name) || (name === 'connection' && value.toLowerCase() === 'close')

// A 426 must name the protocol that it requires. RFC 9110, 15.5.22
const headersOf = (status: number, pairs: [string, string][]): [string, string][] =>
  pairs.every(isApplications)
    ? pairs
    : pairs.filter(pair => isApplications(pair) || (status === 426 && pair[0] === 'upgrade'))

function toResponse(response: Response | LightResponse): HttpResponse {
  if (typeof response !== 'object' || response === null || !('headers' in response)) {
    throw invalidType('response', response, 'a Response')
  }
  if (response instanceof LightResponse) {
    const { status, pairs, body } = response.content
    if (body !== undefined) return { status, headers: headersOf(status, pairs), body: unread(body, response.bodyUsed) }
  }
  const { status, statusText, headers, body, bodyUsed } = response as Response
  const rest = unread(body, bodyUsed)
  return { status, ...(statusText && { statusText }), headers: headersOf(status, [...headers]), body: rest }
}

// A body that nobody has read; for the request's own, the pieces that its stream is made of.
function unread<Body>(body: Body, used: boolean): Body | AsyncIterable<Buffer> {
  if (used) throw spentBody()
  return body instanceof ReadableStream ? (piecesBehind(body) ?? body) : body
}

const isPromise = (value: Response | Promise<Response>): value is Promise<Response> =>
  typeof (value as Promise<Response> | undefined)?.then === 'function'

const fetchHandlers = new WeakSet<object>()

/** Whether fetchHandler made it. Such a handler takes whole and streamed bodies. */
export const isFetchHandler = (handler: object): boolean => fetchHandlers.has(handler)

/**
 * Makes a handler for `serve` of a web-standard one. Its `request.body` is streamed unless it came with the head. Fetch
 * Standard
 */
export function fetchHandler(handler: FetchHandler, options: FetchOptions = {}): Handler<Buffer | RequestBody> {
  if (typeof handler !== 'function') throw invalidType('handler', handler, 'of type function')
  checkProperties('options', options, { overrideGlobalObjects: 'option' })
  const { overrideGlobalObjects = true } = options
  real() // saves the original classes
  const light = overrideGlobalObjects && override()

  const answer = (request: AnyRequest, url: string): HttpResponse | Promise<HttpResponse> => {
    const given = light ? (new LightRequest(request, url) as unknown as Request) : newRequest(request, url)
    const response = handler(given)
    return isPromise(response) ? response.then(toResponse) : toResponse(response)
  }

  const made: Handler<Buffer | RequestBody> = request => {
    if (isForbidden(request.method)) return plain(501)
    let url: string
    try {
      url = urlOf(request)
    } catch {
      return plain(400)
    }
    return answer(request, url)
  }
  fetchHandlers.add(made)
  return made
}
