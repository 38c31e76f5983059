// A request as a handler gets it.
import { KEEP_ALIVE, limitsOf, newRequest, parseRequest, REQUEST } from './parser.js'
import type { Reading } from './reading.js'

const anything = limitsOf(
  { requestLine: 65536, headerCount: 256, headerBytes: 1 << 20, body: Number.MAX_SAFE_INTEGER },
  true,
)
const scratch = newRequest()
const empty = Buffer.alloc(0)

// Of these the first counts, as in node:http; a list of several would be another value.
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

/** Tells a request that nobody waits for its answer any more. */
export let abandon: (request: HttpRequest<unknown>) => void

/**
 * One request of HTTP/1.x. It is a handler's to keep: its head was copied as one string, from which the parts are cut when
 * they are asked for. RFC 9110, RFC 9112
 */
export class HttpRequest<Body = Buffer> {
  /** The content; empty where there is none. A RequestBody where it is streamed. */
  readonly body: Body
  readonly #head: string
  readonly #reading: Reading
  readonly #generation: number
  #words: Uint32Array | undefined
  #headers: Record<string, string> | undefined
  #abandoned: AbortController | undefined

  /** `head` is what `reading` has just read. */
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

  /** Such as `GET`, as the client spelled it. */
  get method(): string {
    return this.#cut(REQUEST.method)
  }

  /** The request target as it was sent: `/a?b` in most cases. RFC 9112, 3.2 */
  get target(): string {
    return this.#cut(REQUEST.target)
  }

  /** The target's path; `/` where it has none. */
  get path(): string {
    return this.#cut(REQUEST.path) || '/'
  }

  /** What follows the target's `?`; empty where nothing does. */
  get query(): string {
    return this.#cut(REQUEST.query)
  }

  /** Host and port: the target's where it has them, else those of Host. */
  get authority(): string {
    return this.#cut(REQUEST.authority)
  }

  /**
   * The headers by their names in lower case. The values of one that came several times are joined by `, `, unless there
   * can be but one, such as Content-Type: then the first counts.
   */
  get headers(): Readonly<Record<string, string>> {
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

  /** The value of a header, whose name is in lower case. */
  header(name: string): string | undefined {
    return this.headers[name]
  }

  /** `1.1` or `1.0`. */
  get version(): string {
    return `1.${this.#offsets[REQUEST.minorVersion]}`
  }

  /** Whether the client may send another request after this one. */
  get keepAlive(): boolean {
    return (this.#offsets[REQUEST.flags]! & KEEP_ALIVE) !== 0
  }

  /** Aborted when the connection is gone before the answer has been given whole. */
  get signal(): AbortSignal {
    return (this.#abandoned ??= new AbortController()).signal
  }

  // Two words: an offset and a length.
  #cut(at: number): string {
    const words = this.#offsets
    const offset = words[at]!
    return this.#head.slice(offset, offset + words[at + 1]!)
  }

  // The parser's own while this is the request that it read last; later the head is read once more.
  get #offsets(): Uint32Array {
    if (this.#words !== undefined) return this.#words
    if (this.#reading.generation === this.#generation) return this.#reading.request
    const bytes = Buffer.from(this.#head, 'latin1')
    scratch[REQUEST.stage] = 0
    parseRequest(bytes, 0, bytes.length, anything, new Uint8Array(scratch.buffer))
    return (this.#words = scratch.slice(0, REQUEST.headers + 4 * scratch[REQUEST.headerCount]!))
  }
}
