// A light Request over an HttpRequest. The real one is created on use: that takes longer than all the rest.
import { real } from './forward.js'
import type { AnyRequest } from '../request.js'
import { RequestBody, streamOf } from '../request-body.js'

// A path and perhaps a query that a URL leaves unchanged: no segment begins with a dot. URL Standard, 4.4
const plainTarget = /^(?:\/(?!\.|%2e)[\w!$&'()*+,\-.:;=@~%]*)+(?:\?[\w!$&()*+,\-./:;=?@~%]+)?$/i

let lastAuthority = ''
let lastOrigin = 'http://localhost'

// The last one is kept: most requests have the same authority.
function originOf(authority: string): string {
  if (authority === lastAuthority) return lastOrigin
  const { origin } = new URL(`http://${authority || 'localhost'}`)
  lastAuthority = authority
  return (lastOrigin = origin)
}

/**
 * The URL of a request, as `Request.url` has it.
 *
 * @throws TypeError if target and authority make no URL
 */
export function urlOf(request: AnyRequest): string {
  const origin = originOf(request.authority)
  const { target } = request
  if (plainTarget.test(target)) return origin + target
  const { path, query } = request
  return new URL(`${origin}${path === '*' ? '/*' : path}${query === '' ? '' : '?'}${query}`).href
}

// Appended one by one: `new Headers(object)` would lose `__proto__`.
function headersOf(request: AnyRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) headers.append(name, value)
  return headers
}

/** A real Request. Fetch Standard, 5.3 */
export function newRequest(request: AnyRequest, url: string, headers = headersOf(request)): Request {
  const { method, body, signal } = request
  const init: RequestInit & { duplex?: 'half' } = { method, headers, signal }
  if (!/^(get|head)$/i.test(method)) {
    if (body instanceof RequestBody) Object.assign(init, { body: streamOf(body), duplex: 'half' })
    else if (body.length > 0) init.body = body
  }
  return new (real().Request)(url, init)
}

/** Answers itself what routers use: method, url, headers, signal. */
export class LightRequest {
  readonly url: string
  readonly #request: AnyRequest
  #headers: Headers | undefined
  #real: Request | undefined

  constructor(request: AnyRequest, url: string) {
    this.#request = request
    this.url = url
  }

  static real(request: LightRequest): Request {
    return (request.#real ??= newRequest(request.#request, request.url, request.#headers))
  }

  get method(): string {
    return this.#request.method
  }

  get headers(): Headers {
    return (this.#headers ??= this.#real?.headers ?? headersOf(this.#request))
  }

  get signal(): AbortSignal {
    return this.#real?.signal ?? this.#request.signal
  }
}
