// Checks of arguments: their errors name the wrong argument, in the words and with the codes of Node's own. And checks of
// options objects, since a misspelt property would be ignored silently.
import { inspect } from 'node:util'
import { traceCaller } from './caller.js'

/** Gives an error its code, and a stack that begins at the caller's line. */
export const coded = <T extends Error>(error: T, code: string): T & { code: string } =>
  Object.assign(traceCaller(error), { code })

/** An error of a wrong argument has its name, as in the message; the property is not enumerable. */
interface OfArgument {
  readonly argument: string
}

/** Gives an error the name of its argument. */
export const named = <T extends Error>(name: string, error: T): T & OfArgument =>
  Object.defineProperty(error, 'argument', { configurable: true, value: name }) as T & OfArgument

// The received value, in the words of Node's own messages.
function shown(value: unknown): string {
  const text = inspected(value)
  return text.length > 128 ? `${text.slice(0, 128)}...` : text
}

function inspected(value: unknown): string {
  try {
    return inspect(value)
  } catch {
    return typeof value // a detached DataView, or an object whose inspection throws
  }
}

// The name of a function or a class; it may be anything, such as a static property of that name.
function nameOf(value: unknown): string {
  const name: unknown = typeof value === 'function' ? value.name : undefined
  return typeof name === 'string' ? name : ''
}

function typed(value: unknown): string {
  if (typeof value === 'function') return `function ${nameOf(value)}`
  if (typeof value === 'object' && value !== null) {
    const name = nameOf(value.constructor)
    return name === '' ? shown(value) : `an instance of ${name}`
  }
  return value === null || value === undefined ? String(value) : `type ${typeof value} (${shown(value)})`
}

const noun = (name: string): string => (name.includes('.') ? 'property' : 'argument')

/** The TypeError for an argument of the wrong type; `expected` is for example "of type number". */
export const invalidType = (name: string, value: unknown, expected: string): TypeError & OfArgument =>
  named(
    name,
    coded(
      new TypeError(`The "${name}" ${noun(name)} must be ${expected}. Received ${typed(value)}`),
      'ERR_INVALID_ARG_TYPE',
    ),
  )

/** The TypeError for an invalid value of an argument; `reason` is for example "must be an IPv4 address". */
export const invalidValue = (name: string, value: unknown, reason: string): TypeError & OfArgument =>
  named(
    name,
    coded(new TypeError(`The ${noun(name)} '${name}' ${reason}. Received ${shown(value)}`), 'ERR_INVALID_ARG_VALUE'),
  )

/** The RangeError for a number out of range; `range` is for example ">= 0 && <= 65535". */
export const outOfRange = (name: string, value: unknown, range: string): RangeError & OfArgument =>
  named(
    name,
    coded(
      new RangeError(`The value of "${name}" is out of range. It must be ${range}. Received ${shown(value)}`),
      'ERR_OUT_OF_RANGE',
    ),
  )

/** The TypeError for a method that is called on something else than an object of its class, `name`. */
export const invalidThis = (name: string): TypeError =>
  coded(new TypeError(`Value of "this" must be of type ${name}`), 'ERR_INVALID_THIS')

/** Checks an integer from `min` to `max`, and returns it. Throws a TypeError or RangeError that names it. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw invalidType(name, value, 'of type number')
  if (!Number.isInteger(value)) throw outOfRange(name, value, 'an integer')
  if (value < min || value > max) throw outOfRange(name, value, `>= ${min} && <= ${max}`)
  return value
}

/** Checks a boolean that may be left out. Throws a TypeError that names it for any other type. */
export function checkSwitch(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalidType(name, value, 'of type boolean')
}

/** Whether this is a URL, of any realm or library, such as that of jsdom. Node's own functions ask the same. */
export const isUrl = (value: unknown): value is URL =>
  typeof value === 'object' && value !== null && 'href' in value && 'protocol' in value

/** Checks the flags of a call. Anything else would be converted to a number, which may run code of the caller. */
export const checkFlags = (flags: number): number => checkInteger('flags', flags, -(2 ** 31), 2 ** 31 - 1)

const lacking = 'ERR_MEMORY_ALLOCATION_FAILED'

/**
 * Allocates memory of a size that the caller has chosen.
 *
 * @throws RangeError with Node's code for it (V8's own has none) if there is not enough memory
 */
export function allocated(
  name: string,
  size: number,
  how: 'alloc' | 'allocUnsafe' | 'allocUnsafeSlow' = 'alloc',
  more = 0,
): Buffer<ArrayBuffer> {
  if (typeof size !== 'number') throw invalidType(name, size, 'of type number')
  try {
    return Buffer[how](more === 0 ? size : size + more)
  } catch (cause) {
    const { code = lacking } = cause as NodeJS.ErrnoException // Node 26 sets the code, but does not name the argument
    if (!(cause instanceof RangeError) || code !== lacking) throw named(name, cause as Error) // the size is invalid
    const text = `Failed to allocate memory for ${noun(name)} '${name}'. Received ${size}`
    throw named(name, coded(new RangeError(text, { cause }), lacking))
  }
}

/** The properties that an options object may have, each an option or a handler. */
export type Properties<T> = Readonly<Record<keyof T, 'option' | 'handler'>>

/**
 * Checks an options object. An instance of a class, or a module, may have other properties too.
 *
 * @throws TypeError if a handler is not a function, or a plain object has an unknown property; it suggests a similar name
 */
export function checkProperties(name: string, given: unknown, known: Readonly<Record<string, string>>): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalidType(name, given, 'of type object')
  for (const [property, kind] of Object.entries(known)) {
    const value = (given as Record<string, unknown>)[property]
    if (kind === 'handler' && value !== undefined && typeof value !== 'function')
      throw invalidType(`${name}.${property}`, value, 'of type function')
  }
  const prototype: unknown = Object.getPrototypeOf(given)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return // not a plain object of any realm
  for (const [property, value] of Object.entries(given)) {
    if (value !== undefined && !Object.hasOwn(known, property))
      throw unknownProperty(`${name}.${property}`, property, value, known)
  }
}

function unknownProperty(name: string, property: string, value: unknown, known: object): TypeError {
  const names = Object.keys(known)
  const meant = nearest(property, names)
  const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean '${meant}'?`
  return invalidValue(name, value, `is not known (${hint})`)
}

/** The name most similar to `given`: with or without a leading `on`, or with at most two wrong letters; or undefined. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.replace(/^on(?=[A-Z])/, '').toLowerCase()
  const same = names.find(name => plain(name) === plain(given))
  if (same !== undefined) return same
  const [best] = names
    .map(name => ({ name, distance: distance(plain(given), plain(name)) }))
    .filter(({ name, distance }) => distance <= Math.min(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)
  return best?.name
}

/** The Levenshtein distance: how many letters must be inserted, removed or replaced. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++)
      next.push(Math.min(row[j]! + (letter === to[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1))
    row = next
  }
  return row[to.length]!
}
