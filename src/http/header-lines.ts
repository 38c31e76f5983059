// The headers of a response. Each is exactly one line, whatever its name and value contain.
import { inspect } from 'node:util'
import { invalidType } from '../checks.js'
import type { HttpResponse } from './response.js'

/** The name of a header, or of a method. RFC 9110, 5.6.2 */
export const token = /^[!#$%&'*+\-.^_`|~\w]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
const number = /^\d+$/

const invalid = (message: string, code: string): TypeError => Object.assign(new TypeError(message), { code })

/** The error for a body that was read before. */
export const spentBody = (): TypeError => invalid('The body was read already, or is being read', 'ERR_INVALID_STATE')

/** The error for a body whose length is not that of Content-Length. */
export const lengthMismatch = (message: string): TypeError => invalid(message, 'ERR_HTTP_CONTENT_LENGTH_MISMATCH')

/** Checks that a value cannot leave its line. RFC 9110, 5.5 */
export function checkValue(name: string, value: unknown): asserts value is string {
  if (typeof value === 'string' && fieldValue.test(value)) return
  throw invalid(`Invalid character in ${name}: ${inspect(value)}`, 'ERR_INVALID_CHAR')
}

// The last line of each name: most headers are repeated in every response.
const lines = new Map<string, { value: string; line: string }>()
const mostLines = 256

function lineOf(name: string, value: string): string {
  const last = lines.get(name)
  if (last?.value === value) return last.line
  const line = newLine(name, value)
  if (last !== undefined || lines.size < mostLines) lines.set(name, { value, line })
  return line
}

function newLine(name: string, value: string): string {
  if (typeof name !== 'string' || !token.test(name))
    throw invalid(`Header name must be a token: ${inspect(name)}`, 'ERR_INVALID_HTTP_TOKEN')
  checkValue(`header ${name}`, value)
  return `${name}: ${value}\r\n`
}

const refused = (name: string, value: unknown): TypeError =>
  invalid(`${name} is the server's own: ${inspect(value)}`, 'ERR_HTTP_INVALID_HEADER_VALUE')

const wrongHeaders = (name: string, value: unknown): TypeError =>
  invalidType(name, value, 'an object of names and values, or pairs: [name, value]')

/** The headers with a place or a meaning of their own, and the lines of all others. */
export class HeaderLines {
  /** The line of Content-Type, if there is one. */
  type = ''
  /** Content-Length. */
  length: number | undefined
  /** Whether Connection has `close`. */
  close = false
  /** Whether Date is among the others. */
  date = false
  /** Upgrade, if it is among the others: Connection then has to name it. RFC 9110, 7.8 */
  upgrade = ''
  others = ''
  #namesUpgrade = false

  constructor(headers: HttpResponse['headers']) {
    if (headers === undefined) return
    if (typeof headers !== 'object' || (headers as unknown) === null) throw wrongHeaders('headers', headers)
    if (Symbol.iterator in headers) {
      for (const pair of headers) {
        if (!Array.isArray(pair) || pair.length !== 2) throw wrongHeaders('header', pair)
        this.#add(pair[0], pair[1])
      }
    } else {
      for (const [name, value] of Object.entries(headers)) {
        if (isList(value)) for (const one of value) this.#add(name, one)
        else this.#add(name, value)
      }
    }
    if (this.#namesUpgrade && this.upgrade === '') throw refused('Connection', 'upgrade')
  }

  /** Checks that Content-Length, if given, is the length of the body. */
  checkLength(length: number): void {
    if (this.length === undefined || this.length === length) return
    throw lengthMismatch(`Content-Length is ${this.length}, the body has ${length} bytes`)
  }

  #add(name: string, given: string | number): void {
    const value = typeof given === 'number' ? String(given) : given
    if (!this.#keep(name.length, name, value)) this.others += lineOf(name, value)
  }

  // Keeps a header that is not among the others. Returns whether it is one.
  #keep(size: number, name: string, value: string): boolean {
    switch (size) {
      case 4:
        if (name.toLowerCase() === 'date') this.date = true
        return false
      case 7:
        if (name.toLowerCase() === 'upgrade') this.upgrade = value
        return false
      case 10:
        if (name.toLowerCase() !== 'connection') return false
        checkValue('header Connection', value)
        for (const option of value.split(',')) this.#connect(option.trim().toLowerCase(), value)
        return true
      case 12:
        if (name.toLowerCase() !== 'content-type') return false
        this.type = lineOf('Content-Type', value)
        return true
      case 14:
        if (name.toLowerCase() !== 'content-length') return false
        this.length = Number(value)
        if (!number.test(value) || !Number.isSafeInteger(this.length)) throw refused(name, value)
        return true
      case 17:
        // Frameworks set it for bodies that are sent in chunks anyway.
        if (name.toLowerCase() !== 'transfer-encoding') return false
        if (!/^chunked$/i.test(value)) throw refused(name, value)
        return true
      default:
        return false
    }
  }

  // One of the options of Connection. RFC 9110, 7.6.1
  #connect(option: string, value: string): void {
    if (option === 'close') this.close = true
    else if (option === 'upgrade') this.#namesUpgrade = true
    else if (option !== 'keep-alive') throw refused('Connection', value)
  }
}

const isList = (value: unknown): value is readonly string[] => Array.isArray(value)
