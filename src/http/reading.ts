// Reads a request from bytes; native/servers/http/http_reading.c is the same in C.
import {
  CHUNKED,
  CHUNKED_END,
  CHUNKED_MORE,
  CHUNKS,
  decodeChunked,
  newChunked,
  newRequest,
  parseRequest,
  REQUEST,
} from './parser.js'

/** The progress of reading one request. RFC 9112 */
export class Reading {
  /** The parser's results; REQUEST has their positions. */
  readonly request = newRequest()
  readonly #bytes = new Uint8Array(this.request.buffer)
  /** Counts the requests that `request` has reported. */
  generation = 0
  /** The length of the head in bytes when it is complete; 0 before. */
  head = 0
  /** The length in bytes of the content, which follows the head without any framing. */
  content = 0
  /** The end of the bytes that are still needed: after chunks are decoded, their framing is removed. */
  end = 0
  /** The number of bytes of head and content together, if the head has a Content-Length and the content is incomplete; else 0. */
  whole = 0
  /** The number of bytes of the content that are missing, if `read` returned 0 and the head has a Content-Length. */
  left = 0
  #chunked: Uint32Array | undefined

  /**
   * Reads the bytes from `start`, where the request begins, to `end`. If it is called again for the request, more bytes follow
   * the previous ones. Returns the position after the request if it is complete, 0 if it is not, or the negative status of the
   * answer that refuses it.
   */
  read(bytes: Buffer, start: number, end: number, limits: Uint8Array): number {
    this.end = end
    if (this.head === 0) {
      this.generation++
      const size = parseRequest(bytes, start, end, limits, this.#bytes)
      if (size <= 0) return size
      this.head = size
      this.content = 0
    }
    if (this.has(CHUNKED)) return this.#readChunks(bytes, start + this.head, end, limits)
    const length = this.request[REQUEST.contentLength]! + this.request[REQUEST.contentLength + 1]! * 2 ** 32
    const next = start + this.head + length
    if (next > end) {
      this.whole = next - start
      this.left = next - end
      return 0
    }
    this.content = length
    return next
  }

  /**
   * Reads the next bytes of a body that is consumed in pieces. Moves the content among them to their beginning, and sets
   * `content` to its length. Returns the same as `read`.
   */
  readOn(bytes: Buffer, limits: Uint8Array): number {
    this.content = 0
    if (this.has(CHUNKED)) return this.#readChunks(bytes, 0, bytes.length, limits)
    this.content = Math.min(this.left, bytes.length)
    this.left -= this.content
    return this.left === 0 ? this.content : 0
  }

  /** Whether the head has this flag of the parser. */
  has(flag: number): boolean {
    return (this.request[REQUEST.flags]! & flag) !== 0
  }

  /** Whether the method is this one. */
  hasMethod(bytes: Buffer, start: number, method: string): boolean {
    const { request } = this
    if (request[REQUEST.method + 1] !== method.length) return false
    const at = start + request[REQUEST.method]!
    for (let i = 0; i < method.length; i++) if (bytes[at + i] !== method.charCodeAt(i)) return false
    return true
  }

  /** Prepares for another request. */
  reset(): void {
    this.head = this.left = this.whole = 0
    this.#chunked = undefined
    this.request[REQUEST.stage] = 0
  }

  // Appends the content of the chunks to the `content` bytes from `start`.
  #readChunks(bytes: Buffer, start: number, end: number, limits: Uint8Array): number {
    const chunked = (this.#chunked ??= newChunked())
    let at = start + this.content
    for (;;) {
      const result = decodeChunked(bytes, at, end, limits, chunked)
      if (result < 0) return result
      const from = at + chunked[CHUNKS.data]!
      const length = chunked[CHUNKS.data + 1]!
      at += chunked[CHUNKS.consumed]!
      if (result === CHUNKED_END) return at
      const to = start + this.content
      if (result === CHUNKED_MORE) {
        this.end = to
        return 0
      }
      bytes.copyWithin(to, from, from + length)
      this.content += length
    }
  }
}
