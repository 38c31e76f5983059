// Requests that depend on the state of a file, and requests for a part of it. RFC 9110, 13 and 14
import type { AnyRequest } from '../request.js'

/** What tells one state of a file from another. */
export interface Validators {
  /** A strong entity tag. */
  readonly etag: string
  /** The time of the last change, in whole seconds. */
  readonly seconds: number
}

const tags = (list: string): string[] => Array.from(list.matchAll(/(?:W\/)?"[^"]*"/g), ([tag]) => tag)
const opaque = (tag: string): string => tag.replace(/^W\//, '')

// Undefined if it is no date: the header is ignored then.
function secondsOf(date: string | undefined): number | undefined {
  const time = date === undefined ? NaN : Date.parse(date)
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000)
}

/** The status that answers the conditions of a GET or HEAD instead of the file: 304 or 412. RFC 9110, 13.2.2 */
export function conditionOf(request: AnyRequest, { etag, seconds }: Validators): 304 | 412 | undefined {
  const { headers } = request
  const match = headers['if-match']
  const unmodified = secondsOf(headers['if-unmodified-since'])
  if (match !== undefined) {
    if (match.trim() !== '*' && !tags(match).includes(etag)) return 412
  } else if (unmodified !== undefined && seconds > unmodified) return 412
  const none = headers['if-none-match']
  const since = secondsOf(headers['if-modified-since'])
  if (none !== undefined) return none.trim() === '*' || tags(none).map(opaque).includes(etag) ? 304 : undefined
  return since !== undefined && seconds <= since ? 304 : undefined
}

/** A range of bytes. */
export interface Range {
  readonly start: number
  readonly length: number
}

/**
 * The range that a GET asks for. Null: none of it is in the file (416). Undefined: the whole file, also for several ranges and
 * for what is not understood. RFC 9110, 14.2
 */
export function rangeOf(request: AnyRequest, size: number, { etag, seconds }: Validators): Range | null | undefined {
  const { range, 'if-range': condition } = request.headers
  if (range === undefined || request.method !== 'GET') return undefined
  if (condition !== undefined && condition !== etag && secondsOf(condition) !== seconds) return undefined
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? null : { start: size - length, length }
  }
  const start = Number(first)
  const end = last === '' ? Infinity : Number(last)
  if (end < start) return undefined
  return start >= size ? null : { start, length: Math.min(end, size - 1) - start + 1 }
}
