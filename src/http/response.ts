// A response as a handler gives it, and its way into bytes.
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { invalidType, outOfRange } from '../errors.js'
import { reasons } from './statuses.js'

/** A body that comes in pieces. */
export type StreamingBody = AsyncIterable<Data> | Iterable<Data> | ReadableStream<Uint8Array>

/** What a handler answers with. */
export interface HttpResponse {
  /** 200 unless told otherwise. */
  status?: number
  /** The text behind the status; the usual one unless told otherwise. */
  statusText?: string
  /** Names and values; several values make several lines. The framing is the server's own. */
  headers?: Readonly<Record<string, string | number | readonly string[]>> | readonly (readonly [string, string])[]
  /** A text is UTF-8; pieces are sent as they come. */
  body?: Data | StreamingBody | null
}

/** How a connection goes on after a response. RFC 9112, 9.3 */
export interface Manner {
  /** The method is HEAD: everything but the content. */
  head: boolean
  /** The connection is closed after this. */
  close: boolean
  /** Said to a client of HTTP/1.0, which would not expect it. */
  keepAlive: boolean
}

const token = /^[!#$%&'*+\-.^_`|~\w]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

const invalid = (message: string, code: string): TypeError => Object.assign(new TypeError(message), { code })

function line(name: string, value: string): string {
  if (!token.test(name)) throw invalid(`Header name must be a token: ${JSON.stringify(name)}`, 'ERR_INVALID_HTTP_TOKEN')
  if (!fieldValue.test(value)) throw invalid(`Invalid character in header ${JSON.stringify(name)}`, 'ERR_INVALID_CHAR')
  return `${name}: ${value}\r\n`
}

/** A response's headers: those with a place of their own, and the lines of all others. */
class Headers {
  type: string | undefined
  length: number | undefined
  close = false
  date = false
  lines = ''

  constructor(headers: HttpResponse['headers']) {
    if (headers === undefined) return
    if (Array.isArray(headers)) for (const [name, value] of headers as [string, string][]) this.#add(name, value)
    else {
      for (const name in headers as Record<string, string | number | string[]>) {
        const value = (headers as Record<string, string | number | string[]>)[name]!
        if (Array.isArray(value)) for (const one of value) this.#add(name, one)
        else this.#add(name, value)
      }
    }
  }

  #add(name: string, given: string | number): void {
    const value = String(given)
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'date') this.date = true
        break
      case 10:
        if (name.toLowerCase() !== 'connection') break
        this.close = value.toLowerCase() === 'close'
        if (!this.close)
          throw invalid(`Connection must be close, or left to the server: ${value}`, 'ERR_HTTP_INVALID_HEADER_VALUE')
        return
      case 12:
        if (name.toLowerCase() !== 'content-type') break
        this.type = line('Content-Type', value)
        return
      case 14:
        if (name.toLowerCase() !== 'content-length') break
        this.length = Number(value)
        if (!/^\d+$/.test(value) || !Number.isSafeInteger(this.length)) {
          throw invalid(`Content-Length must be a number of bytes: ${value}`, 'ERR_HTTP_INVALID_HEADER_VALUE')
        }
        return
      case 17:
        if (name.toLowerCase() !== 'transfer-encoding') break
        throw invalid("Transfer-Encoding is the server's own", 'ERR_HTTP_INVALID_HEADER_VALUE')
    }
    this.lines += line(name, value)
  }
}

/** The time as a response tells it, written once a second. RFC 9110, 5.6.7 */
class Clock {
  #second = 0
  #starts = new Map<number, string>()

  /** The status line, and the date behind it. */
  start(status: number, reason: string | undefined, dated: boolean): string {
    if (reason !== undefined || dated) return this.#write(status, reason, dated)
    let start = this.#starts.get(status)
    if (start === undefined) this.#starts.set(status, (start = this.#write(status, reason, dated)))
    return start
  }

  tick(): void {
    const second = Math.floor(Date.now() / 1000)
    if (second === this.#second) return
    this.#second = second
    this.#starts.clear()
  }

  #write(status: number, reason: string | undefined, dated: boolean): string {
    if (!Number.isInteger(status) || status < 200 || status > 999)
      throw outOfRange('status', status, '>= 200 && <= 999')
    const phrase = reason ?? reasons[status] ?? 'Unknown'
    if (!fieldValue.test(phrase)) throw invalid('Invalid character in statusText', 'ERR_INVALID_CHAR')
    const date = dated ? '' : `Date: ${new Date(this.#second * 1000).toUTCString()}\r\n`
    return `HTTP/1.1 ${status} ${phrase}\r\n${date}`
  }
}

export const clock = new Clock()

/** Whether a status has no content, whatever its headers say. RFC 9110, 6.4.1 */
const bodiless = (status: number): boolean => status === 204 || status === 304

/** Where responses gather until they are sent, those to requests that came together in one piece. */
export class Output {
  #buffer = Buffer.allocUnsafeSlow(64 * 1024)
  length = 0

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.length)
  }

  latin1(text: string): void {
    this.#reserve(text.length)
    this.length += this.#buffer.write(text, this.length, 'latin1')
  }

  add(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.length)
    this.length += bytes.length
  }

  clear(): void {
    this.length = 0
    if (this.#buffer.length > 1 << 20) this.#buffer = Buffer.allocUnsafeSlow(64 * 1024)
  }

  #reserve(size: number): void {
    const needed = this.length + size
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.length)
    this.#buffer = larger
  }
}

/** What is left to do once the head is written: pieces to send, and how. */
export interface Streaming {
  pieces: StreamingBody
  /** By chunks; else by the length that was told, or by the connection's end. */
  chunked: boolean
  length: number | undefined
  /** Whether the connection ends with it. */
  close: boolean
}

const isStream = (body: unknown): body is StreamingBody =>
  typeof body === 'object' &&
  body !== null &&
  !ArrayBuffer.isView(body) &&
  (Symbol.asyncIterator in body || Symbol.iterator in body || body instanceof ReadableStream)

const connectionLine = (manner: Manner): string =>
  manner.close ? 'Connection: close\r\n\r\n' : manner.keepAlive ? 'Connection: keep-alive\r\n\r\n' : '\r\n'

/**
 * Writes a response in the order that the C server keeps: status, Date, Content-Type, Content-Length, others, Connection. What
 * it returns is left to do; `manner.close` may have become true.
 *
 * @throws TypeError for a header that would not be one line
 */
export function writeResponse(
  out: Output,
  response: HttpResponse,
  manner: Manner,
  version: number,
): Streaming | undefined {
  const { status = 200, body = null } = response
  const headers = new Headers(response.headers)
  if (headers.close) manner.close = true
  let head = clock.start(status, response.statusText, headers.date)
  if (isStream(body)) return writeStreaming(out, response, headers, body, head, manner, version)
  const text = typeof body === 'string' ? body : ''
  const bytes = body === null || typeof body === 'string' ? undefined : bytesOf(body)
  const length = bytes === undefined ? Buffer.byteLength(text) : bytes.byteLength
  if (headers.length !== undefined && headers.length !== length && !manner.head && status !== 304) {
    throw invalid(
      `Content-Length is ${headers.length}, the body has ${length} bytes`,
      'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
    )
  }
  if (headers.type !== undefined) head += headers.type
  else if (typeof body === 'string') head += 'Content-Type: text/plain; charset=utf-8\r\n'
  if (!bodiless(status)) head += `Content-Length: ${headers.length ?? length}\r\n`
  head += headers.lines + connectionLine(manner)
  if (manner.head || bodiless(status) || length === 0) out.latin1(head)
  else if (bytes !== undefined) {
    out.latin1(head)
    out.add(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } else if (length === text.length) {
    out.latin1(head + text) // all of it ASCII
  } else {
    out.latin1(head)
    out.add(Buffer.from(text))
  }
  return undefined
}

function writeStreaming(
  out: Output,
  { status = 200 }: HttpResponse,
  headers: Headers,
  pieces: StreamingBody,
  start: string,
  manner: Manner,
  version: number,
): Streaming | undefined {
  const none = manner.head || bodiless(status)
  const chunked = headers.length === undefined && version > 0
  if (!chunked && headers.length === undefined && !none) manner.close = true // its end is the content's. RFC 9112, 6.3
  const framing = bodiless(status)
    ? ''
    : chunked
      ? 'Transfer-Encoding: chunked\r\n'
      : headers.length === undefined
        ? ''
        : `Content-Length: ${headers.length}\r\n`
  out.latin1(start + (headers.type ?? '') + framing + headers.lines + connectionLine(manner))
  return none ? undefined : { pieces, chunked, length: headers.length, close: manner.close }
}

/** Anything that a handler gives must at least be an object. */
export function checkResponse(response: HttpResponse): HttpResponse {
  if (typeof response !== 'object' || response === null) throw invalidType('response', response, 'an object')
  return response
}
