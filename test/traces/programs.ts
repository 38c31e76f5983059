// Where the compiled programs are, and what stands in them.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const programs = join(dirname(dirname(import.meta.dirname)), 'build/programs')

const sources = new Map<string, string[]>()

/** The text of a line, given as file:line; empty for none. */
export function sourceLine(where: string): string {
  const [file, line] = where.split(':')
  if (!file) return ''
  const source = sources.get(file) ?? readFileSync(join(programs, file), 'utf8').split('\n')
  sources.set(file, source)
  return source[Number(line) - 1]!.trim().replace(/;(\s*\/\/.*)?$/, '$1')
}
