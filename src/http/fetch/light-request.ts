// A light Request over an HttpRequest. The real one is created on use: that takes longer than all the rest.
import { isDisturbed, real } from './forward.js'
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

// A Request of these methods has no body. Fetch Standard, 5.4
const bodyless = /^(?:get|head)$/i

/** A real Request. Fetch Standard, 5.3 */
export function newRequest(
  request: AnyRequest,
  url: string,
  headers = headersOf(request),
  body: Buffer | RequestBody | ReadableStream = request.body,
): Request {
  const { method, signal } = request
  const init: RequestInit & { duplex?: 'half' } = { method, headers, signal }
  if (!bodyless.test(method)) {
    if (Buffer.isBuffer(body)) init.body = body.length > 0 ? body : null
    else Object.assign(init, { body: body instanceof RequestBody ? streamOf(body) : body, duplex: 'half' })
  }
  return new (real().Request)(url, init)
}

async function allOf(body: RequestBody): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of body) pieces.push(piece)
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

// Without the byte order mark. Encoding Standard, 6.1
const textOf = (bytes: Buffer): string => {
  const text = bytes.toString('utf8')
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

const anything = Buffer.from(' ')

/** Answers itself what routers use: method, url, headers, signal. It also reads its body without a stream. */
export class LightRequest {
  readonly url: string
  readonly #request: AnyRequest
  #headers: Headers | undefined
  #real: Request | undefined
  #used = false // the body was read here: the real one then has another, which is used too
  #stream: ReadableStream<Uint8Array> | undefined // of the body, once somebody has asked for it

  constructor(request: AnyRequest, url: string) {
    this.#request = request
    this.url = url
  }

  static real(request: LightRequest): Request {
    if (request.#real === undefined) {
      const body = request.#used ? anything : request.#stream
      request.#real = newRequest(request.#request, request.url, request.#headers, body)
      if (request.#used) void request.#real.text()
    }
    return request.#real
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

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#real !== undefined || this.#used) return LightRequest.real(this).body
    if (this.#stream !== undefined) return this.#stream
    const content = this.#content
    if (content === null) return null
    return (this.#stream = streamOf(content))
  }

  get bodyUsed(): boolean {
    if (this.#real !== undefined) return this.#real.bodyUsed
    return this.#used || (this.#stream !== undefined && isDisturbed(this.#stream))
  }

  async text(): Promise<string> {
    return this.#isReal ? LightRequest.real(this).text() : textOf(await this.#read())
  }

  async json(): Promise<unknown> {
    return this.#isReal ? LightRequest.real(this).json() : JSON.parse(textOf(await this.#read()))
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#isReal ? LightRequest.real(this).arrayBuffer() : new Uint8Array(await this.#read()).buffer
  }

  // Whether only the real one can read the body, or refuse to.
  get #isReal(): boolean {
    return this.#real !== undefined || this.#used || this.#stream !== undefined
  }

  #read(): Buffer | Promise<Buffer> {
    const content = this.#content
    if (content === null) return Buffer.alloc(0)
    this.#used = true
    return content instanceof RequestBody ? allOf(content) : content
  }

  // The body, or null if there is none. Fetch Standard, 5.4
  get #content(): Buffer | RequestBody | null {
    const { method, body } = this.#request
    return bodyless.test(method) || (Buffer.isBuffer(body) && body.length === 0) ? null : body
  }
}
