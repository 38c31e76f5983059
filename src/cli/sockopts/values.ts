// The values of options as text, both ways.
import { inspect, types } from 'node:util'
import { OwnedFd } from '../../descriptors/owned-fd.js'
import { isSocketError } from '../../errors.js'
import type { SocketError } from '../../errors.js'
import { getOption, setOption } from '../../options/index.js'
import type { ReadableSockOpt, WritableSockOpt } from '../../options/index.js'
import { UsageError } from '../command.js'
import { formOf } from './table.js'
import type { Known } from './table.js'

/** What reading an option gave. */
export type Result = { readonly value: unknown } | { readonly error: SocketError }

/** Reads an option. Undefined for one that can only be set. */
export function read(fd: number, { row }: Known): Result | undefined {
  if (!('decode' in row.codec)) return undefined
  try {
    return { value: plain(getOption(fd, row as ReadableSockOpt<unknown>)) }
  } catch (error) {
    if (!isSocketError(error)) throw error
    return { error }
  }
}

// The same value without what JSON lacks.
function plain(value: unknown): unknown {
  if (value instanceof OwnedFd) {
    value.close()
    return 'a descriptor'
  }
  if (types.isUint8Array(value)) return Buffer.from(value).toString('hex')
  return typeof value === 'bigint' ? `${value}` : value
}

/** A value for a person: in one line. */
export const shown = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? inspect(value, { breakLength: Infinity, compact: true, depth: 4 })
    : typeof value === 'string'
      ? value || "''"
      : String(value)

// What a text may stand for.
function* meanings(text: string): Generator {
  if (/^[[{]/.test(text)) yield parsed(text)
  if (/^-?\d+(\.\d+)?$/.test(text)) yield Number(text)
  if (text === 'Infinity') yield Infinity
  if (text === 'null') yield null
  if (['1', 'true', 'on', 'yes'].includes(text)) yield true
  if (['0', 'false', 'off', 'no'].includes(text)) yield false
  yield text
  if (/^([0-9a-f]{2})*$/i.test(text)) yield Buffer.from(text, 'hex')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no option takes that
  }
}

/**
 * The value that a text stands for: the first of its meanings that the option takes. Throws a UsageError if it takes none.
 */
export function valueOf(known: Known, text: string): unknown {
  const { codec } = known.row as WritableSockOpt<unknown>
  if (!('encode' in codec)) throw new UsageError(`${known.option}: it can only be read`)
  let reason = ''
  for (const value of meanings(text)) {
    try {
      codec.encode(value)
      return value
    } catch (error) {
      if (isSocketError(error)) return value // an interface that does not exist: setting it says so
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error
      if (typeof value === 'object') reason ||= `: ${error.message}`
    }
  }
  throw new UsageError(`${known.option}: takes ${formOf(known)}, not '${text}'${reason}`)
}

/** Sets an option. Throws a SocketError with the option's name. */
export const set = (fd: number, { row }: Known, value: unknown): void =>
  setOption(fd, row as WritableSockOpt<unknown>, value)
