// Reading a request out of bytes: native/servers/http/http_reading.c in TypeScript.
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

/** How far the bytes of one request were read. RFC 9112 */
export class Reading {
  /** What the parser knows of it; see REQUEST. */
  readonly request = newRequest()
  readonly #bytes = new Uint8Array(this.request.buffer)
  /** Counts the requests that `request` has reported. */
  generation = 0
  /** The bytes of the head, once that is whole; 0 before. */
  head = 0
  /** The bytes of the content, which lie behind the head, without any framing. */
  content = 0
  /** Where the bytes end that were not used up: chunks that were decoded leave no framing behind. */
  end = 0
  /** How many bytes head and content have together, where the head has told the content's length; else 0. */
  whole = 0
  /** How many bytes of the content are still to come, where `read` gave 0 and the head told its length. */
  left = 0
  #chunked: Uint32Array | undefined

  /**
   * Reads on, in the same bytes as before with more behind them: where the request ends, once it is whole; 0 while it is
   * not; or a negative status to refuse it with. `start` is where it begins, `end` where the bytes do.
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
   * Reads on in a body that is taken away as it comes, in bytes that follow those before: what they hold of it then stands
   * at their beginning, `content` bytes. Returns what `read` does.
   */
  readOn(bytes: Buffer, limits: Uint8Array): number {
    this.content = 0
    if (this.has(CHUNKED)) return this.#readChunks(bytes, 0, bytes.length, limits)
    this.content = Math.min(this.left, bytes.length)
    this.left -= this.content
    return this.left === 0 ? this.content : 0
  }

  /** Whether the head told of this; one of the parser's flags. */
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

  /** The next call of `read` begins another request. */
  reset(): void {
    this.head = this.left = this.whole = 0
    this.#chunked = undefined
    this.request[REQUEST.stage] = 0
  }

  // Moves the content of the chunks together, from `start` on, behind what stands there.
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
