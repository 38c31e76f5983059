// The methods of a class, for tables that must have a row for each.
import { expect } from 'vitest'
import { sourceLine } from './programs.js'
import type { Step } from './steps.js'

const hidden = new Set([
  'connected',
  'constructor',
  'isShut',
  'last',
  'released',
  'sending',
  'sendingFds',
  'sendingFile',
])

/** The names of a class's own methods, without protected ones. */
export function methodsOf(prototype: object): string[] {
  const members = Object.entries(Object.getOwnPropertyDescriptors(prototype))
  return members.filter(([name, { value }]) => typeof value === 'function' && !hidden.has(name)).map(([name]) => name)
}

/** Expects a line for each method except those that make no system call. */
export function expectMethods(steps: readonly Step[], program: string, names: string[], without: Set<string>): void {
  const lines = [...new Set(steps.map(step => sourceLine(step.where)))]
  const shown = names.filter(name => lines.some(line => line.includes(`.${name}(`)))
  const wanted = names.filter(name => !without.has(name))
  expect(shown.sort(), `test/programs/${program} has a line for each method`).toEqual(wanted.sort())
}
