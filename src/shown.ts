// What console.log shows of the package's objects: one line. And names of constants. Loaded at the first use.
import { inspect } from 'node:util'
import type { InspectOptions } from 'node:util'
import type { SocketAddress } from './structs/address.js'
import { native } from './syscalls/native.js'

let names: Map<string, string> | undefined

// By a prefix, a space and the value. Of several names the first one counts, except for these.
const lesser = /^(AF_(LOCAL|FILE|ROUTE)|SOCK_(CLOEXEC|NONBLOCK|\w+_LOCK(_MASK)?)|\w+_(MAX|MIN))$/

/** The name of a constant in C, for example `'AF_INET'` for the prefix `'AF'`; the number as text if it has none. */
export function constantName(prefix: string, value: number): string {
  if (names === undefined) {
    names = new Map()
    for (const [name, number] of Object.entries(native.constants())) {
      const key = `${name.slice(0, name.indexOf('_'))} ${number}`
      if (!lesser.test(name) && !names.has(key)) names.set(key, name)
    }
  }
  return names.get(`${prefix} ${value}`) ?? String(value)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

// Null for one that is unnamed.
function addressText(address: SocketAddress): string | null {
  switch (address.family) {
    case 'IPv4':
      return `${address.address}:${address.port}`
    case 'IPv6':
      return `[${address.address}${address.scopeid === undefined ? '' : `%${address.scopeid}`}]:${address.port}`
    case 'unix':
      if ('path' in address) return String(address.path)
      return 'abstract' in address ? `@${String(address.abstract)}` : null
    case 'raw':
      return address.af === 0 ? null : inspect(address, oneLine)
    default:
      return inspect(address, oneLine)
  }
}

const oneLine = { breakLength: Infinity, compact: true } as const
const plain = /^[\w.:@[\]%/ -]+$/

function valueText(value: unknown, options: InspectOptions): string {
  if (typeof value !== 'string') return inspect(value, options)
  return plain.test(value) ? value : inspect(value, oneLine)
}

/** An object that console.log shows by itself. */
export interface Shown {
  [inspect.custom](depth: number, options: InspectOptions): string
}

/** The parts of an object, by name; those that are undefined are not shown. */
export type Parts = Readonly<Record<string, unknown>>

/**
 * The line for an object: the name of its class, its parts, and what a program has added to it. Never throws: of a prototype,
 * or of an object of another class, for which `parts` throws, it is the name of the class alone. `hidden` are the names of
 * properties that are not shown.
 */
export function shownObject(
  self: object,
  name: string,
  depth: number,
  options: InspectOptions,
  parts: () => Parts,
  hidden: readonly string[] = [],
): string {
  try {
    const inner = { ...options, ...oneLine, depth: depth - 1 }
    const shown: Record<string, unknown> = { ...parts() }
    const own = self.constructor.name
    const label = own === 'Object' || own === '' ? name : own.replace(/^(Linux|Darwin)(?=(Epoll|Kqueue)$)/, '')
    if (depth < 0) return `[${label}]`
    for (const key of Object.keys(self))
      if (!(key in shown) && !hidden.includes(key)) shown[key] = (self as Record<string, unknown>)[key]
    const texts = Object.entries(shown)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}: ${valueText(value, inner)}`)
    return texts.length === 0 ? `${label} {}` : `${label} { ${texts.join(', ')} }`
  } catch {
    return `${name} {}`
  }
}

/** An address as text, for a part. A failed call, as an errno, and an unnamed address have none. */
export function shownAddress(address: SocketAddress | number | undefined): string | undefined {
  return isObject(address) ? (addressText(address) ?? undefined) : undefined
}

/** A timeout as text. */
export const shownTimeout = (timeout: number | null): string => (timeout === null ? 'none' : `${timeout} ms`)
