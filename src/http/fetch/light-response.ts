// A light Response with a string, bytes or a stream. The real one is created on use: that takes longer than all the rest.
import { types } from 'node:util'
import { token } from '../header-lines.js'
import { isDisturbed, real } from './forward.js'

type Pairs = [name: string, value: string][]
type Body = string | Buffer | ReadableStream | null

const plainValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

const textType: Pairs = [['content-type', 'text/plain;charset=UTF-8']]
const jsonType: Pairs = [['content-type', 'application/json']]
const none: Pairs = []

// The pairs that a Headers object would have, or null if only a real one can tell; `type` is added if there is none.
function pairsOf(headers: unknown, type: Pairs): Pairs | null {
  if (headers === undefined) return type
  const pairs = given(headers)
  if (pairs === null || type === none || pairs.some(([name]) => name === 'content-type')) return pairs
  return [...pairs, ...type]
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
  readonly #body: Body
  readonly #pairs: Pairs
  #headers: Headers | undefined
  #real: Response | undefined

  constructor(status: number, body: Body, pairs: Pairs) {
    this.status = status
    this.#body = body
    this.#pairs = pairs
  }

  /** A light one for `new Response(body, init)`; null if that needs a real one, or throws. */
  static of(body: unknown, init: unknown, type?: Pairs): LightResponse | null {
    if (init !== undefined && (typeof init !== 'object' || init === null)) return null
    const { status = 200, statusText = '', headers } = (init ?? {}) as { [name in keyof ResponseInit]: unknown }
    if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return null
    if (statusText !== '') return null
    const content = body ?? null
    const isText = typeof content === 'string'
    const isBytes = types.isUint8Array(content) || types.isArrayBuffer(content) // of any realm
    const isStream = content instanceof ReadableStream && !content.locked && !isDisturbed(content)
    if (!isText && content !== null && !isBytes && !isStream) return null
    if (content !== null && (status === 204 || status === 205 || status === 304)) return null
    const pairs = pairsOf(headers, type ?? (isText ? textType : none))
    if (pairs === null) return null
    return new LightResponse(status, isBytes ? Buffer.from(new Uint8Array(content)) : content, pairs)
  }

  /** A light one for `Response.json(data, init)`; null if that needs a real one, or throws. */
  static ofJson(data: unknown, init: unknown): LightResponse | null {
    const text = JSON.stringify(data) as string | undefined
    return text === undefined ? null : LightResponse.of(text, init, jsonType)
  }

  static real(response: LightResponse): Response {
    return (response.#real ??= new (real().Response)(response.#body, {
      status: response.status,
      headers: response.headers,
    }))
  }

  /** Its parts; `body` is undefined once the real one was created. */
  get content(): { status: number; pairs: Pairs; body: Body | undefined } {
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
    if (this.#real !== undefined) return this.#real.bodyUsed
    return this.#body instanceof ReadableStream && isDisturbed(this.#body)
  }

  /** A real Response with a copy of the body. */
  clone(): Response {
    const { body } = LightResponse.real(this).clone()
    return new (real().Response)(body, { status: this.status, headers: this.headers })
  }
}
