// A light Response with a string, bytes or a stream. The real one is created on use: that takes longer than all the rest.
import { types } from 'node:util'
import { roomFor } from '../../syscalls/room.js'
import { spentBody, token } from '../header-lines.js'
import { isDisturbed, real } from './forward.js'

export type Pair = readonly [name: string, value: string]
type Pairs = readonly Pair[]
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
  const pairs: Pair[] = []
  for (const name of Object.keys(headers)) {
    const pair = pairOf(name, (headers as Record<string, unknown>)[name])
    if (pair === null) return null
    pairs.push(pair)
  }
  return pairs
}

// The last pair of each name: most headers are repeated in every response.
const lastPairs = new Map<string, Pair>()
const mostPairs = 256

function pairOf(name: string, value: unknown): Pair | null {
  const last = lastPairs.get(name)
  if (last !== undefined && last[1] === value) return last
  if (typeof value !== 'string' || !token.test(name) || !plainValue.test(value)) return null
  const pair = Object.freeze([name.toLowerCase(), value] as const)
  if (last !== undefined || lastPairs.size < mostPairs) lastPairs.set(name, pair)
  return pair
}

// A Response has a copy of its bytes. Most are sent before the next Response with bytes is made: so the copies of this many
// bytes use one memory, instead of one each, whose pages the kernel would have to provide and the collector to free.
const leastShared = 4 * 1024
const mostShared = 256 * 1024
let shared: Buffer | undefined
let view: Buffer | undefined // the latest part of it: many bodies have the same length
let holder: LightResponse | undefined // its bytes are there, and it has not been taken

function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length)
  copy.set(bytes)
  return copy
}

function sharedCopyOf(bytes: Uint8Array): Buffer {
  shared ??= roomFor(mostShared)
  if (view?.length !== bytes.length) view = shared.subarray(0, bytes.length)
  view.set(bytes)
  return view
}

const anything = Buffer.from(' ')

/** Fetch Standard, 5.5 */
export class LightResponse {
  readonly status: number
  #body: Body
  readonly #pairs: Pairs
  #headers: Headers | undefined
  #real: Response | undefined
  #used = false // its bytes were taken

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
    if (!isBytes) return new LightResponse(status, content, pairs)
    return LightResponse.#ofBytes(status, types.isUint8Array(content) ? content : new Uint8Array(content), pairs)
  }

  static #ofBytes(status: number, bytes: Uint8Array, pairs: Pairs): LightResponse {
    if (bytes.length < leastShared || bytes.length > mostShared) return new LightResponse(status, copyOf(bytes), pairs)
    if (holder !== undefined) holder.#body = copyOf(holder.#body as Buffer)
    holder = undefined
    return (holder = new LightResponse(status, sharedCopyOf(bytes), pairs))
  }

  /** A light one for `Response.json(data, init)`; null if that needs a real one, or throws. */
  static ofJson(data: unknown, init: unknown): LightResponse | null {
    const text = JSON.stringify(data) as string | undefined
    return text === undefined ? null : LightResponse.of(text, init, jsonType)
  }

  static real(response: LightResponse): Response {
    if (response.#real === undefined) {
      const { status, headers } = response
      response.#real = new (real().Response)(response.#used ? anything : response.#body, { status, headers })
      if (response.#used) void response.#real.text()
    }
    return response.#real
  }

  /**
   * Its parts; `body` is undefined once the real one was created. Bytes can be taken once, and are valid until the next
   * Response is made: they have to be sent or copied before any code of users runs.
   *
   * @throws TypeError ERR_INVALID_STATE if the body was taken or read before
   */
  take(): { status: number; pairs: Pairs; body: Body | undefined } {
    const pairs = this.#headers === undefined ? this.#pairs : [...this.#headers]
    if (this.#real !== undefined) return { status: this.status, pairs, body: undefined }
    if (this.bodyUsed) throw spentBody()
    const body = this.#body
    if (Buffer.isBuffer(body)) {
      this.#used = true
      if (holder === this) holder = undefined
    }
    return { status: this.status, pairs, body }
  }

  get headers(): Headers {
    return (this.#headers ??= new Headers(this.#pairs as [string, string][]))
  }

  get ok(): boolean {
    return this.status < 300
  }

  get statusText(): string {
    return ''
  }

  get bodyUsed(): boolean {
    if (this.#real !== undefined) return this.#real.bodyUsed
    return this.#used || (this.#body instanceof ReadableStream && isDisturbed(this.#body))
  }

  /** A real Response with a copy of the body. */
  clone(): Response {
    const { body } = LightResponse.real(this).clone()
    return new (real().Response)(body, { status: this.status, headers: this.headers })
  }
}
