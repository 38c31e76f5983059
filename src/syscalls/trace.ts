// The package's own trace of its calls, if strace is not installed: the same calls in the same order, under their names
// in C.
import { writeSync } from 'node:fs'
import { types } from 'node:util'
import { errnoName } from '../errors.js'
import type { NativeFunction } from './native.js'

/** Functions that make no system call; they are not shown. */
export const silent = /^(CMSG_|FD_|hton|inet_|ntoh)/

/** Functions whose result is the number of bytes in their second argument. */
const receives = /^(read|readv|recv|recvfrom|recvmsg)$/

const shown = 32 // bytes of a view

const escapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' }
const escape = (byte: string): string => escapes[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`
const quote = (text: string): string => `"${text.replace(/[^ -~]|["\\]/g, escape)}"`

// The first `length` bytes of a view, and its size.
function bytes({ buffer, byteOffset, byteLength }: ArrayBufferView, length: number): string {
  const size = Math.min(byteLength, length)
  const text = Buffer.from(buffer, byteOffset, Math.min(size, shown)).toString('latin1')
  return `${quote(text)}${size > shown ? '...' : ''}, ${byteLength}`
}

const numbers = (value: unknown): value is Int32Array | Uint32Array | BigInt64Array =>
  types.isInt32Array(value) || types.isUint32Array(value) || types.isBigInt64Array(value)

function describe(value: unknown, length = Infinity): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return quote(value)
  if (numbers(value)) return `[${value.join(', ')}]`
  if (ArrayBuffer.isView(value)) return bytes(value, length)
  if (!Array.isArray(value)) return `${value as number}`
  let left = length
  const views = value.map((view: ArrayBufferView) => {
    const text = bytes(view, left)
    left = Math.max(0, left - view.byteLength)
    return `{${text}}`
  })
  return `[${views.join(', ')}]`
}

function line(name: string, values: readonly unknown[], result: number | string): string {
  const given = values.filter(value => value !== undefined)
  const filled = typeof result === 'number' && receives.test(name) ? Math.max(0, result) : Infinity
  const failed = typeof result === 'number' && result < 0
  return `${name}(${given.map(value => describe(value, filled)).join(', ')}) = ${failed ? `-1 ${errnoName(result)}` : result}\n`
}

// Standard error may be a non-blocking pipe that is full: then try again. Other errors are ignored, as it may be closed.
function print(text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(2, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
    }
  }
}

/** The same functions; each writes `name(arguments) = result` to standard error when it returns. */
export function traced(functions: Readonly<Record<string, NativeFunction>>): Record<string, NativeFunction> {
  const wrap = (name: string, call: NativeFunction): NativeFunction =>
    function (...values) {
      const result = call(...values)
      print(line(name, values, result))
      return result
    }
  return Object.fromEntries(
    Object.entries(functions).map(([name, call]) => [name, silent.test(name) ? call : wrap(name, call)]),
  )
}
