// The web-standard handler, fetch(Request) → Response, on ours.
import { invalidType } from '../errors.js'
import { real } from './forward.js'
import { override } from './light-globals.js'
import { LightRequest, newRequest, urlOf } from './light-request.js'
import { LightResponse } from './light-response.js'
import type { HttpRequest } from './request.js'
import type { HttpResponse } from './response.js'
import { plain } from './service.js'
import type { Handler } from './service.js'

/** The handler of a framework: Hono's `app.fetch` and its like. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/** What fetchHandler can be told. */
export interface FetchOptions {
  /**
   * Whether `Request`, `Response` and `fetch` of this thread may be replaced by ones that do the same and make the streams
   * of a body only for who asks for them, which takes longer than all the rest; true unless told otherwise. What they make
   * are instances of the classes that were there. On Node alone: other runtimes have no need of it.
   */
  overrideGlobalObjects?: boolean
}

// Those that are about the connection are the server's own. RFC 9110, 7.6.1
const connectionHeaders = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

const isOurs = ([name, value]: readonly [string, string]): boolean =>
  !connectionHeaders.has(name) || (name === 'connection' && value.toLowerCase() === 'close')

function toResponse(response: Response | LightResponse): HttpResponse {
  if (typeof response !== 'object' || response === null || !('headers' in response)) {
    throw invalidType('response', response, 'a Response')
  }
  if (response instanceof LightResponse) {
    const { status, pairs, body } = response.content
    if (body !== undefined) return { status, headers: pairs.every(isOurs) ? pairs : pairs.filter(isOurs), body }
  }
  const { status, statusText, headers, body, bodyUsed } = response as Response
  if (bodyUsed) throw new TypeError('The body of the Response has been read already')
  return { status, ...(statusText && { statusText }), headers: [...headers].filter(isOurs), body }
}

const isPromise = (value: Response | Promise<Response>): value is Promise<Response> =>
  typeof (value as Promise<Response> | undefined)?.then === 'function'

/** Lets a web-standard handler answer the requests of `serve`. Fetch Standard */
export function fetchHandler(handler: FetchHandler, { overrideGlobalObjects = true }: FetchOptions = {}): Handler {
  real() // as they are now
  const light = overrideGlobalObjects && override()

  const answer = (request: HttpRequest, url: string): HttpResponse | Promise<HttpResponse> => {
    const given = light ? (new LightRequest(request, url) as unknown as Request) : newRequest(request, url)
    const response = handler(given)
    return isPromise(response) ? response.then(toResponse) : toResponse(response)
  }

  return request => {
    if (request.method === 'TRACE' || request.method === 'TRACK') return plain(501) // a Request has none of these
    let url: string
    try {
      url = urlOf(request)
    } catch {
      return plain(400)
    }
    return answer(request, url)
  }
}
