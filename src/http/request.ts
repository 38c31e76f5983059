// The request that a handler gets.
import { inspect } from 'node:util'
import type { InspectOptions } from 'node:util'
import { invalidThis, invalidType } from '../checks.js'
import type { Parts } from '../shown.js'
import { shownObject } from '../shown.js'
import { KEEP_ALIVE, limitsOf, newRequest, parseRequest, REQUEST } from './parser.js'
import type { Reading } from './reading.js'
import type { RequestBody } from './request-body.js'

const anything = limitsOf(
  { requestLine: 65536, headerCount: 256, headerBytes: 1 << 20, body: Number.MAX_SAFE_INTEGER },
  true,
)
const scratch = newRequest()
const empty = Buffer.alloc(0)

// Headers that may occur once: the first one counts, as in node:http. A joined list would be another value.
const single = new Set(
  [
    'age',
    'authorization',
    'content-length',
    'content-type',
    'etag',
    'expires',
    'from',
    'host',
    'if-modified-since',
  ].concat(
    [
      'if-unmodified-since',
      'last-modified',
      'location',
      'max-forwards',
      'proxy-authorization',
      'referer',
      'retry-after',
    ],
    ['server', 'user-agent'],
  ),
)

/** Aborts the request's signal: nobody waits for its answer any more. */
export let abandon: (request: HttpRequest<unknown>) => void

// Refuses a `this` of another class; each method begins with it.
let brand: (self: HttpRequest<unknown>) => unknown

/**
 * One request of HTTP/1.x. A handler may keep it: its head was copied into one string, and each part is cut out of that
 * when it is first used. RFC 9110, RFC 9112
 */
export class HttpRequest<Body = Buffer> {
  /** The content, empty if there is none; a RequestBody if it is streamed. */
  readonly body: Body
  readonly #head: string
  readonly #reading: Reading
  readonly #generation: number
  #words: Uint32Array | undefined
  #headers: Record<string, string> | undefined
  #abandoned: AbortController | undefined

  static {
    brand = self => {
      try {
        return self.#head
      } catch {
        throw invalidThis('HttpRequest')
      }
    }
  }

  /** `head` is the head that `reading` has just parsed. */
  constructor(head: string, body: Body | undefined, reading: Reading) {
    this.#head = head
    this.body = body ?? (empty as Body)
    this.#reading = reading
    this.#generation = reading.generation
  }

  static {
    abandon = request => {
      if (request.#abandoned === undefined) request.#abandoned = new AbortController()
      request.#abandoned.abort()
    }
  }

  /** The method as the client spelled it: `GET`. */
  get method(): string {
    brand(this)
    return this.#cut(REQUEST.method)
  }

  /** The request target as it was sent, mostly `/a?b`. RFC 9112, 3.2 */
  get target(): string {
    brand(this)
    return this.#cut(REQUEST.target)
  }

  /** The target's path; `/` if it has none. */
  get path(): string {
    brand(this)
    return this.#cut(REQUEST.path) || '/'
  }

  /** The target's query, without the `?`; empty if there is none. */
  get query(): string {
    brand(this)
    return this.#cut(REQUEST.query)
  }

  /** Host and port: the target's if it has them, otherwise those of the Host header. */
  get authority(): string {
    brand(this)
    return this.#cut(REQUEST.authority)
  }

  /**
   * The headers, by names in lower case. The values of a repeated header are joined by `, `. Of a header that may occur once
   * only, as Content-Type, the first value counts.
   */
  get headers(): Readonly<Record<string, string>> {
    brand(this)
    if (this.#headers !== undefined) return this.#headers
    const headers = Object.create(null) as Record<string, string>
    const count = this.#offsets[REQUEST.headerCount]!
    for (let i = 0; i < count; i++) {
      const name = this.#cut(REQUEST.headers + 4 * i).toLowerCase()
      const value = this.#cut(REQUEST.headers + 4 * i + 2)
      const before = headers[name]
      if (before === undefined) headers[name] = value
      else if (name === 'cookie')
        headers[name] = `${before}; ${value}` // RFC 6265, 5.4
      else if (!single.has(name)) headers[name] = `${before}, ${value}` // RFC 9110, 5.3
    }
    return (this.#headers = headers)
  }

  /**
   * The value of a header. `name` is in lower case. RFC 9110, 5
   *
   * @throws TypeError if the name is no string
   */
  header(name: string): string | undefined {
    brand(this)
    if (typeof name !== 'string') throw invalidType('name', name, 'of type string')
    return this.headers[name]
  }

  /** `1.1` or `1.0`. */
  get version(): string {
    brand(this)
    return `1.${this.#offsets[REQUEST.minorVersion]}`
  }

  /** Whether the client may send another request after this one. */
  get keepAlive(): boolean {
    brand(this)
    return (this.#offsets[REQUEST.flags]! & KEEP_ALIVE) !== 0
  }

  /** Aborted when the connection is lost before the answer is complete. */
  get signal(): AbortSignal {
    brand(this)
    return (this.#abandoned ??= new AbortController()).signal
  }

  /** @internal For console.log: one line, without the headers, which may have secrets. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({
      method: this.method,
      target: this.target,
      authority: this.authority || undefined,
      version: this.version,
      body: Buffer.isBuffer(this.body) ? `${this.body.length} bytes` : 'streamed',
    })
    return shownObject(this, 'HttpRequest', depth, options, parts)
  }

  // The part at these two words, an offset and a length.
  #cut(at: number): string {
    const words = this.#offsets
    const offset = words[at]!
    return this.#head.slice(offset, offset + words[at + 1]!)
  }

  // The parser's words as long as this is the last request that it parsed; after that the head is parsed again.
  get #offsets(): Uint32Array {
    if (this.#words !== undefined) return this.#words
    if (this.#reading.generation === this.#generation) return this.#reading.request
    const bytes = Buffer.from(this.#head, 'latin1')
    scratch[REQUEST.stage] = 0
    parseRequest(bytes, 0, bytes.length, anything, new Uint8Array(scratch.buffer))
    return (this.#words = scratch.slice(0, REQUEST.headers + 4 * scratch[REQUEST.headerCount]!))
  }
}

/**
 * A request, whether its body is whole or streamed.
 *
 * @inline
 */
export type AnyRequest = HttpRequest<Buffer | RequestBody>
