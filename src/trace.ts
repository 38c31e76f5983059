// The library's own trace of its calls, for where strace is not installed.
import { writeSync } from 'node:fs'
import { constants } from 'node:os'
import type { NativeFunction } from './native.js'

const errnoNames = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]))

function describe(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(describe).join(', ')}]`
  if (typeof value === 'string') return JSON.stringify(value)
  if (!ArrayBuffer.isView(value)) return String(value)
  const bytes = Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, 32))
  const more = value.byteLength > bytes.length ? '...' : ''
  return `${JSON.stringify(bytes.toString('latin1'))}${more}, ${value.byteLength}`
}

/** A table of the same functions, each of which writes `name(arguments) = result` to standard error when called. */
export function traced(functions: Readonly<Record<string, NativeFunction>>): Record<string, NativeFunction> {
  const wrap = (name: string, call: NativeFunction): NativeFunction =>
    function (...values) {
      const result = call(...values)
      const shown = typeof result === 'number' && result < 0 ? `-1 ${errnoNames.get(-result) ?? -result}` : result
      writeSync(2, `${name}(${values.map(describe).join(', ')}) = ${shown}\n`)
      return result
    }
  return Object.fromEntries(Object.entries(functions).map(([name, call]) => [name, wrap(name, call)]))
}
