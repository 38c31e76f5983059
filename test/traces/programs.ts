// The paths of the compiled programs, and the lines of their sources.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const programs = join(dirname(dirname(import.meta.dirname)), 'build/programs')

const sources = new Map<string, string[]>()

/** The text of a line, which is given as file:line; an empty string for none. */
export function sourceLine(where: string): string {
  const [file, line] = where.split(':')
  if (!file) return ''
  const source = sources.get(file) ?? readFileSync(join(programs, file), 'utf8').split('\n')
  sources.set(file, source)
  return source[Number(line) - 1]!.trim().replace(/;(\s*\/\/.*)?$/, '$1')
}
