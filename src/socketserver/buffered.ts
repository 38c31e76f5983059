// The buffered reader and writer of a handler: Python's rfile and wfile.
import { constants } from 'node:os'
import { bytesOf, viewed } from '../data.js'
import type { Data } from '../data.js'
import { checkInteger, invalidThis } from '../checks.js'
import { isSocketError, socketError } from '../errors.js'

const newline = 10
const closed = (syscall: string): Error => socketError(constants.errno.EBADF, syscall)

const checkLimit = (name: string, limit: number): number =>
  limit === Infinity ? limit : checkInteger(name, limit, 0, Number.MAX_SAFE_INTEGER)

// Refuses a `this` of another class; each method begins with it.
let brandReader: (self: BufferedReader) => unknown

/**
 * Reads bytes and lines. `receive` gives at most so many bytes, and 0 bytes at the end. A call that fails loses no bytes: the
 * next one reads them.
 */
export class BufferedReader {
  readonly #receive: (size: number) => Buffer
  readonly #size: number
  #chunks: Buffer[] = [] // received, not read yet
  #length = 0 // of all of them
  #closed = false

  static {
    brandReader = self => {
      try {
        return self.#size
      } catch {
        throw invalidThis('BufferedReader')
      }
    }
  }

  /**
   * `size`: the bytes of one receive.
   *
   * @throws TypeError or RangeError for a wrong size
   */
  constructor(receive: (size: number) => Buffer, size = 8192) {
    this.#receive = receive
    this.#size = checkInteger('size', size, 1, 2 ** 31 - 1)
  }

  /** Whether it was closed. */
  get closed(): boolean {
    brandReader(this)
    return this.#closed
  }

  /**
   * Reads `size` bytes (default: all); fewer only at the end.
   *
   * @throws SocketError EBADF after close; what receiving throws; TypeError or RangeError for a wrong size
   */
  read(size = Infinity): Buffer {
    brandReader(this)
    checkLimit('size', size)
    while (this.#length < size && this.#fill());
    return this.#take(size)
  }

  /**
   * Reads at most `size` received bytes; waits if there are none. 0 bytes mean the end.
   *
   * @throws SocketError EBADF after close; what receiving throws; TypeError or RangeError for a wrong size
   */
  read1(size = Infinity): Buffer {
    brandReader(this)
    if (checkLimit('size', size) > 0 && this.#length === 0) this.#fill()
    return this.#take(size)
  }

  /**
   * Reads a line with its newline, at most `limit` bytes. The last line may lack the newline; 0 bytes mean the end.
   *
   * @throws SocketError EBADF after close; what receiving throws; TypeError or RangeError for a wrong limit
   */
  readline(limit = Infinity): Buffer {
    brandReader(this)
    checkLimit('limit', limit)
    let searched = 0
    for (let i = 0; searched < limit && (i < this.#chunks.length || this.#fill()); i++) {
      const chunk = this.#chunks[i]!
      const end = chunk.indexOf(newline)
      if (end >= 0) return this.#take(Math.min(limit, searched + end + 1))
      searched += chunk.length
    }
    return this.#take(limit)
  }

  /** The remaining lines. */
  *[Symbol.iterator](): Generator<Buffer, void, void> {
    brandReader(this)
    for (let line = this.readline(); line.length > 0; line = this.readline()) yield line
  }

  /** Closes the reader; its source stays open. */
  close(): void {
    brandReader(this)
    this.#closed = true
    this.#chunks = []
    this.#length = 0
  }

  // Returns false at the end.
  #fill(): boolean {
    if (this.#closed) throw closed('read')
    const chunk = this.#receive(this.#size)
    if (chunk.length === 0) return false
    this.#chunks.push(chunk)
    this.#length += chunk.length
    return true
  }

  #take(size: number): Buffer {
    if (this.#closed) throw closed('read')
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length)
    const taken = all.subarray(0, size)
    this.#length -= taken.length
    this.#chunks = this.#length > 0 ? [all.subarray(taken.length)] : []
    return taken
  }
}

// Refuses a `this` of another class; each method begins with it.
let brandWriter: (self: BufferedWriter) => unknown

/** Writes bytes by `send`, which sends all of its argument: at once, or in portions of at least `size` bytes. */
export class BufferedWriter {
  readonly #send: (bytes: Data) => unknown
  readonly #size: number
  #chunks: Buffer[] = [] // written, not sent yet
  #length = 0 // of all of them
  #closed = false

  static {
    brandWriter = self => {
      try {
        return self.#size
      } catch {
        throw invalidThis('BufferedWriter')
      }
    }
  }

  /**
   * `size`: how many bytes are collected before they are sent; 0: none.
   *
   * @throws TypeError or RangeError for a wrong size
   */
  constructor(send: (bytes: Data) => unknown, size = 0) {
    this.#send = send
    this.#size = checkLimit('size', size)
  }

  /** Whether it was closed. */
  get closed(): boolean {
    brandWriter(this)
    return this.#closed
  }

  /**
   * Writes all of `data`. Returns the number of bytes.
   *
   * @throws SocketError EBADF after close; what sending throws; TypeError for wrong data
   */
  write(data: Data): number {
    brandWriter(this)
    if (this.#closed) throw closed('write')
    const { buffer, byteOffset, byteLength } = viewed('data', bytesOf(data))
    const bytes = Buffer.from(buffer, byteOffset, byteLength)
    if (this.#size === 0) {
      this.#send(bytes)
      return byteLength
    }
    this.#chunks.push(Buffer.from(bytes)) // a copy: the caller may reuse its memory
    this.#length += byteLength
    if (this.#length >= this.#size) this.flush()
    return byteLength
  }

  /**
   * Sends the buffered bytes. If that fails, the unsent ones stay buffered.
   *
   * @throws what sending throws
   */
  flush(): void {
    brandWriter(this)
    if (this.#length === 0) return
    const bytes = this.take()
    try {
      this.#send(bytes)
    } catch (error) {
      const rest = bytes.subarray(isSocketError(error) ? (error.sent ?? 0) : 0)
      this.#chunks = [rest]
      this.#length = rest.length
      throw error
    }
  }

  /** Takes the buffered bytes out of the buffer. */
  take(): Buffer {
    brandWriter(this)
    const bytes = Buffer.concat(this.#chunks, this.#length)
    this.#chunks = []
    this.#length = 0
    return bytes
  }

  /**
   * Sends the buffered bytes and closes the writer; its destination stays open.
   *
   * @throws what sending throws; it is closed nevertheless
   */
  close(): void {
    brandWriter(this)
    if (this.#closed) return
    this.#closed = true
    this.flush()
  }
}
