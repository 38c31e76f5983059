// The properties of options objects: a misspelt one would be ignored without a word.
import { invalidType, invalidValue } from './errors.js'

/** The properties that an object of options may have, each an option or a handler. */
export type Properties<T> = Readonly<Record<keyof T, 'option' | 'handler'>>

/**
 * Throws a TypeError where a handler is no function, or a plain object has a property that is not known, with the one that
 * was probably meant. An object of a class, or a module, may hold whatever else it needs.
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
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return // a plain object of any realm's ends there
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

/** The name that one was probably meant to be: with or without `on` before it, or with at most two letters wrong. */
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

/** How many letters have to be put in, taken out or changed. Levenshtein's distance */
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
