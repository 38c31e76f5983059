// A request as a handler gets it.
import { KEEP_ALIVE, limitsOf, newRequest, parseRequest, REQUEST } from './parser.js'

/** What is parsed at the moment; a request looks here for its offsets while they are its own. */
export interface Parsing {
  /** How many requests were parsed. */
  generation: number
  readonly request: Uint32Array
}

const anything = limitsOf({ requestLine: 65536, headerCount: 256, headerBytes: 1 << 20, body: Number.MAX_SAFE_INTEGER })

const empty = Buffer.alloc(0)

/**
 * One request of HTTP/1.x. It is a handler's to keep: its head was copied as one string, from which the parts are cut when
 * they are asked for. RFC 9110, RFC 9112
 */
export class HttpRequest {
  /** The content; empty where there is none. */
  readonly body: Buffer
  readonly #head: string
  readonly #parsing: Parsing
  readonly #generation: number
  #offsets: Uint32Array | undefined
  #headers: Record<string, string> | undefined

  constructor(head: string, body: Buffer | undefined, parsing: Parsing) {
    this.#head = head
    this.body = body ?? empty
    this.#parsing = parsing
    this.#generation = parsing.generation
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

  /** The headers by their names in lower case; the values of one that came several times are joined by `, `. */
  get headers(): Readonly<Record<string, string>> {
    if (this.#headers !== undefined) return this.#headers
    const headers: Record<string, string> = Object.create(null) as Record<string, string>
    const count = this.#words()[REQUEST.headerCount]!
    for (let i = 0; i < count; i++) {
      const name = this.#cut(REQUEST.headers + 4 * i).toLowerCase()
      const value = this.#cut(REQUEST.headers + 4 * i + 2)
      headers[name] = name in headers ? `${headers[name]}${name === 'cookie' ? '; ' : ', '}${value}` : value
    }
    return (this.#headers = headers)
  }

  /** The value of a header, whose name is in lower case. */
  header(name: string): string | undefined {
    return this.headers[name]
  }

  /** `1.1` or `1.0`. */
  get version(): string {
    return `1.${this.#words()[REQUEST.minorVersion]}`
  }

  /** Whether the client may send another request after this one. */
  get keepAlive(): boolean {
    return (this.#words()[REQUEST.flags]! & KEEP_ALIVE) !== 0
  }

  // Two words: an offset and a length.
  #cut(at: number): string {
    const words = this.#words()
    const offset = words[at]!
    return this.#head.slice(offset, offset + words[at + 1]!)
  }

  // The parser's own while this is the request it read last; later the head is read again.
  #words(): Uint32Array {
    if (this.#offsets !== undefined) return this.#offsets
    if (this.#parsing.generation === this.#generation) return this.#parsing.request
    const bytes = Buffer.from(this.#head, 'latin1')
    this.#offsets = newRequest()
    parseRequest(bytes, 0, bytes.length, anything, this.#offsets)
    return this.#offsets
  }
}
