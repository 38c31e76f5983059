// A light Response with a string or bytes. The real one is created on use: its body is a stream from the start.
import { types } from 'node:util'
import { token } from '../header-lines.js'
import { real } from './forward.js'

type Pairs = [name: string, value: string][]

const plainValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

const textType: Pairs = [['content-type', 'text/plain;charset=UTF-8']]
const none: Pairs = []

// The pairs that a Headers object would have, or null if only a real one can tell.
function pairsOf(headers: unknown, isText: boolean): Pairs | null {
  if (headers === undefined) return isText ? textType : none
  const pairs = given(headers)
  if (pairs === null || !isText || pairs.some(([name]) => name === 'content-type')) return pairs
  return [...pairs, ...textType]
}

function given(headers: unknown): Pairs | null {
  if (headers instanceof Headers) return [...headers]
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers) return null
  const pairs: Pairs = []
  for (const [name, value] of Object.entries(headers as Record<string, unknown>)) {
    if (typeof value !== 'string' || !token.test(name) || !plainValue.test(value)) return null
    pairs.push([name.toLowerCase(), value])
  }
  return pairs
}

/** Fetch Standard, 5.5 */
export class LightResponse {
  readonly status: number
  readonly #body: string | Buffer | null
  readonly #pairs: Pairs
  #headers: Headers | undefined
  #real: Response | undefined

  constructor(status: number, body: string | Buffer | null, pairs: Pairs) {
    this.status = status
    this.#body = body
    this.#pairs = pairs
  }

  /** A light one for `new Response(body, init)`; null if that needs a real one, or throws. */
  static of(body: unknown, init: unknown): LightResponse | null {
    if (init !== undefined && (typeof init !== 'object' || init === null)) return null
    const { status = 200, statusText = '', headers } = (init ?? {}) as { [name in keyof ResponseInit]: unknown }
    if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return null
    if (statusText !== '') return null
    const content = body ?? null
    const isText = typeof content === 'string'
    const isBytes = types.isUint8Array(content) || types.isArrayBuffer(content) // of any realm
    if (!isText && content !== null && !isBytes) return null
    if (content !== null && (status === 204 || status === 205 || status === 304)) return null
    const pairs = pairsOf(headers, isText)
    if (pairs === null) return null
    return new LightResponse(status, isBytes ? Buffer.from(new Uint8Array(content)) : content, pairs)
  }

  static real(response: LightResponse): Response {
    return (response.#real ??= new (real().Response)(response.#body, {
      status: response.status,
      headers: response.headers,
    }))
  }

  /** Its parts; `body` is undefined once the real one was created. */
  get content(): { status: number; pairs: Pairs; body: string | Buffer | null | undefined } {
    const pairs = this.#headers === undefined ? this.#pairs : [...this.#headers]
    return { status: this.status, pairs, body: this.#real === undefined ? this.#body : undefined }
  }

  get headers(): Headers {
    return (this.#headers ??= new Headers(this.#pairs))
  }

  get ok(): boolean {
    return this.status < 300
  }

  get statusText(): string {
    return ''
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? false
  }

  /** A real Response with a copy of the body. */
  clone(): Response {
    const { body } = LightResponse.real(this).clone()
    return new (real().Response)(body, { status: this.status, headers: this.headers })
  }
}
