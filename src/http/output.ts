// The output buffer of answers, and the Date line.
import { outOfRange } from '../checks.js'
import { roomFor } from '../syscalls/room.js'
import { reasons } from './statuses.js'

const room = 64 * 1024

/** Collects answers until they are sent: the answers to requests that were received together are sent together. */
export class Output {
  #buffer = roomFor(room)
  #view = this.#buffer // the last result of `bytes`
  #written = 0 // bytes written to the buffer
  #text = '' // follows those bytes: many short texts are written to the buffer at once

  /** The number of bytes collected. */
  get length(): number {
    return this.#written + this.#text.length
  }

  /** The bytes collected; valid until something is added. */
  get bytes(): Buffer {
    this.#write()
    // Answers often have the length of the last one.
    if (this.#view.length !== this.#written) this.#view = this.#buffer.subarray(0, this.#written)
    return this.#view
  }

  /** Adds a text with one byte per character. */
  latin1(text: string): void {
    this.#text += text
  }

  add(bytes: Uint8Array): void {
    this.#write()
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#written)
    this.#written += bytes.length
  }

  clear(): void {
    this.#written = 0
    this.#text = ''
    if (this.#buffer.length > 4 * room) this.#view = this.#buffer = roomFor(room)
  }

  #write(): void {
    if (this.#text === '') return
    this.#reserve(this.#text.length)
    this.#written += this.#buffer.write(this.#text, this.#written, 'latin1')
    this.#text = ''
  }

  #reserve(size: number): void {
    const needed = this.#written + size
    if (needed <= this.#buffer.length) return
    const larger = roomFor(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.#written)
    this.#view = this.#buffer = larger
  }
}

/** The time of the Date header, formatted once a second. RFC 9110, 5.6.7 */
class Clock {
  /** The Date line. */
  date = ''
  #second = 0
  readonly #starts = new Map<number, string>()

  /** Reads the system clock. */
  tick(): void {
    const second = Math.floor(Date.now() / 1000)
    if (second === this.#second) return
    this.#second = second
    this.date = `Date: ${new Date(second * 1000).toUTCString()}\r\n`
    this.#starts.clear()
  }

  /** The status line with the standard reason phrase, and the Date line. */
  start(status: number): string {
    let start = this.#starts.get(status)
    if (start === undefined) this.#starts.set(status, (start = `${statusLine(status)}${this.date}`))
    return start
  }
}

export const clock = new Clock()

/** `HTTP/1.1 200 OK`; `reason` replaces the standard reason phrase. RFC 9112, 4 */
export function statusLine(status: number, reason = reasons[status] ?? ''): string {
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    throw outOfRange('status', status, 'an integer >= 200 && <= 999')
  }
  return `HTTP/1.1 ${status} ${reason}\r\n`
}
