// The web-standard handler, fetch(Request) → Response, on ours.
import { invalidType, checkProperties } from '../../checks.js'
import { real } from './forward.js'
import { spentBody } from '../header-lines.js'
import { override } from './light-globals.js'
import { LightRequest, newRequest, urlOf } from './light-request.js'
import type { AnyRequest } from './light-request.js'
import { LightResponse } from './light-response.js'
import type { RequestBody } from '../request-body.js'
import type { HttpResponse } from '../response.js'
import { plain } from '../service.js'
import type { Handler } from '../service.js'

/** The handler of a framework: Hono's `app.fetch` and its like. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/** What fetchHandler can be told. */
export interface FetchOptions {
  /**
   * Whether `Request`, `Response` and `fetch` of this thread may be replaced by ones that do the same and make the streams
   * of a body only for who asks for them, which takes longer than all the rest; default: true. What they make
   * are instances of the classes that were there. On Node alone: other runtimes have no need of it.
   */
  overrideGlobalObjects?: boolean
}

// A Request has none of these methods, in any case. Fetch Standard, 2.2.1
const forbidden = /^(?:connect|trace|track)$/i

// Those that are about the connection are the server's own. RFC 9110, 7.6.1
const connectionHeaders = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

const isTheirs = ([name, value]: readonly [string, string]): boolean =>
  !connectionHeaders.has(name) || (name === 'connection' && value.toLowerCase() === 'close')

// What a 426 is for is to say which protocol is needed. RFC 9110, 15.5.22
const headersOf = (status: number, pairs: [string, string][]): [string, string][] =>
  pairs.every(isTheirs) ? pairs : pairs.filter(pair => isTheirs(pair) || (status === 426 && pair[0] === 'upgrade'))

function toResponse(response: Response | LightResponse): HttpResponse {
  if (typeof response !== 'object' || response === null || !('headers' in response)) {
    throw invalidType('response', response, 'a Response')
  }
  if (response instanceof LightResponse) {
    const { status, pairs, body } = response.content
    if (body !== undefined) return { status, headers: headersOf(status, pairs), body }
  }
  const { status, statusText, headers, body, bodyUsed } = response as Response
  if (bodyUsed) throw spentBody()
  return { status, ...(statusText && { statusText }), headers: headersOf(status, [...headers]), body }
}

const isPromise = (value: Response | Promise<Response>): value is Promise<Response> =>
  typeof (value as Promise<Response> | undefined)?.then === 'function'

const fetchHandlers = new WeakSet<object>()

/** Whether it was made by fetchHandler: it takes a body that is whole as well as one that is streamed. */
export const isFetchHandler = (handler: object): boolean => fetchHandlers.has(handler)

/**
 * Lets a web-standard handler answer the requests of `serve`. Its `request.body` is streamed where it did not come with the
 * head. Fetch Standard
 */
export function fetchHandler(handler: FetchHandler, options: FetchOptions = {}): Handler<Buffer | RequestBody> {
  if (typeof handler !== 'function') throw invalidType('handler', handler, 'of type function')
  checkProperties('options', options, { overrideGlobalObjects: 'option' })
  const { overrideGlobalObjects = true } = options
  real() // as they are now
  const light = overrideGlobalObjects && override()

  const answer = (request: AnyRequest, url: string): HttpResponse | Promise<HttpResponse> => {
    const given = light ? (new LightRequest(request, url) as unknown as Request) : newRequest(request, url)
    const response = handler(given)
    return isPromise(response) ? response.then(toResponse) : toResponse(response)
  }

  const made: Handler<Buffer | RequestBody> = request => {
    if (forbidden.test(request.method)) return plain(501)
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
