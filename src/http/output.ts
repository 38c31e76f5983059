// What is about to be sent, and the time as it is told there.
import { outOfRange } from '../checks.js'
import { reasons } from './statuses.js'

const room = 64 * 1024

/** Where answers gather until they are sent: those to requests that came together go in one piece. */
export class Output {
  #buffer = Buffer.allocUnsafeSlow(room)
  #view = this.#buffer // what of it was asked for last
  #written = 0 // bytes of it
  #text = '' // what follows them: many short texts are written at once

  /** How many bytes have gathered. */
  get length(): number {
    return this.#written + this.#text.length
  }

  /** What has gathered; it lies here until something is added. */
  get bytes(): Buffer {
    this.#write()
    // Answers are often as long as the last.
    if (this.#view.length !== this.#written) this.#view = this.#buffer.subarray(0, this.#written)
    return this.#view
  }

  /** Adds a text of one byte a character. */
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
    if (this.#buffer.length > 4 * room) this.#view = this.#buffer = Buffer.allocUnsafeSlow(room)
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
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.#written)
    this.#view = this.#buffer = larger
  }
}

/** The time as answers tell it, written once a second. RFC 9110, 5.6.7 */
class Clock {
  /** The line of Date. */
  date = ''
  #second = 0
  readonly #starts = new Map<number, string>()

  /** Reads the time. */
  tick(): void {
    const second = Math.floor(Date.now() / 1000)
    if (second === this.#second) return
    this.#second = second
    this.date = `Date: ${new Date(second * 1000).toUTCString()}\r\n`
    this.#starts.clear()
  }

  /** The line of the status with its usual reason, and Date behind it. */
  start(status: number): string {
    let start = this.#starts.get(status)
    if (start === undefined) this.#starts.set(status, (start = `${statusLine(status)}${this.date}`))
    return start
  }
}

export const clock = new Clock()

/** `HTTP/1.1 200 OK`, with the usual reason or another one. RFC 9112, 4 */
export function statusLine(status: number, reason = reasons[status] ?? ''): string {
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    throw outOfRange('status', status, 'an integer >= 200 && <= 999')
  }
  return `HTTP/1.1 ${status} ${reason}\r\n`
}
