// What a handler reads from and writes to: Python's rfile and wfile.
import { constants } from 'node:os'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { checkInteger } from '../checks.js'
import { isSocketError, socketError } from '../errors.js'

const newline = 10
const closed = (syscall: string): Error => socketError(constants.errno.EBADF, syscall)

const checkLimit = (name: string, limit: number): number =>
  limit === Infinity ? limit : checkInteger(name, limit, 0, Number.MAX_SAFE_INTEGER)

/**
 * Reads bytes and lines from what `receive` gives: at most so many bytes, none at all at the end. A call that fails
 * loses none of them: the next one reads what had come.
 */
export class BufferedReader {
  readonly #receive: (size: number) => Buffer
  readonly #size: number
  #chunks: Buffer[] = [] // received and not read yet
  #length = 0 // of all of them
  #closed = false

  /** `size` is how many bytes are received at a time. */
  constructor(receive: (size: number) => Buffer, size = 8192) {
    this.#receive = receive
    this.#size = checkInteger('size', size, 1, 2 ** 31 - 1)
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closed
  }

  /** Reads `size` bytes, or all; fewer at the end alone. */
  read(size = Infinity): Buffer {
    checkLimit('size', size)
    while (this.#length < size && this.#fill());
    return this.#take(size)
  }

  /** Reads what has come, at most `size` bytes; waits where there is nothing, and gives nothing at the end alone. */
  read1(size = Infinity): Buffer {
    if (checkLimit('size', size) > 0 && this.#length === 0) this.#fill()
    return this.#take(size)
  }

  /** Reads a line with its newline, or `limit` bytes of it; without a newline at the end alone, and nothing behind that. */
  readline(limit = Infinity): Buffer {
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

  /** The lines that are left. */
  *[Symbol.iterator](): Generator<Buffer, void, void> {
    for (let line = this.readline(); line.length > 0; line = this.readline()) yield line
  }

  /** Reads no more; what it reads from stays open. */
  close(): void {
    this.#closed = true
    this.#chunks = []
    this.#length = 0
  }

  // False at the end.
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

/** Writes bytes by `send`, which sends all that it is given: at once, or once `size` bytes have been written. */
export class BufferedWriter {
  readonly #send: (bytes: Data) => unknown
  readonly #size: number
  #chunks: Buffer[] = [] // written and not sent yet
  #length = 0 // of all of them
  #closed = false

  constructor(send: (bytes: Data) => unknown, size = 0) {
    this.#send = send
    this.#size = checkLimit('size', size)
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closed
  }

  /** Writes all of `data`; returns how many bytes that are. */
  write(data: Data): number {
    if (this.#closed) throw closed('write')
    const { buffer, byteOffset, byteLength } = bytesOf(data)
    const bytes = Buffer.from(buffer, byteOffset, byteLength)
    if (this.#size === 0) {
      this.#send(bytes)
      return byteLength
    }
    this.#chunks.push(Buffer.from(bytes)) // the caller may use its memory again
    this.#length += byteLength
    if (this.#length >= this.#size) this.flush()
    return byteLength
  }

  /** Sends what is buffered. What did not go, where that fails, is kept. */
  flush(): void {
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

  /** What is buffered, which is no longer. */
  take(): Buffer {
    const bytes = Buffer.concat(this.#chunks, this.#length)
    this.#chunks = []
    this.#length = 0
    return bytes
  }

  /** Sends what is buffered, and writes no more; what it writes to stays open. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.flush()
  }
}
