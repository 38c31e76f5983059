// Formats steps as a table, and compares it with the stored one.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ofTheCLibrary, textOf, timedOut } from './steps.js'
import type { Step, SystemCall } from './steps.js'
import { sourceLine } from './programs.js'

const time = /(, \d+|\{tv_sec=\d+, tv_nsec=\d+\}, NULL)$/
const isSlice = (call: SystemCall, next: SystemCall): boolean =>
  timedOut(call) && call.name === next.name && call.given.replace(time, '') === next.given.replace(time, '')

/** Joins the slices of a wait, whose number varies, into one call: with the timeout of the first and the result of the last. */
function joined(calls: readonly SystemCall[]): SystemCall[] {
  const result: SystemCall[] = []
  for (const call of calls) {
    const before = result.at(-1)
    if (before !== undefined && isSlice(before, call)) result[result.length - 1] = { ...call, given: before.given }
    else result.push(call)
  }
  return result
}

/** Groups successive steps of the same line; those of the event loop too. */
function groups(steps: readonly Step[]): Step[][] {
  const result: Step[][] = []
  for (const step of steps) {
    if (result.at(-1)?.[0]?.where === step.where) result.at(-1)!.push(step)
    else result.push([step])
  }
  return result
}

/** Rows of a line of TypeScript and a system call that it made. The line is only in the row of its first call. */
export function table(steps: readonly Step[]): string {
  const rows = groups(steps).flatMap(group => {
    const { where } = group[0]!
    const needs = group.filter(step => ofTheCLibrary.test(step.name)).map(step => `what ${step.name}(3) needs`)
    const made = joined(group.flatMap(step => step.calls)).map(call => code(textOf(call)))
    const calls = needs.length + made.length > 0 || where === '' ? [...needs, ...made] : ['none']
    return calls.map((call, i) => {
      const line = i > 0 ? '' : where === '' ? 'the event loop' : code(sourceLine(where))
      return `| ${cell(line)} | ${cell(call)} |\n`
    })
  })
  return `| TypeScript | system call |\n|---|---|\n${rows.join('')}`
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``)

/** Compares a table with test/traces/`name`.md; with UPDATE_TRACES set it writes the file instead. */
export function expectTable(name: string, title: string, steps: readonly Step[]): void {
  const file = join(import.meta.dirname, `${name}.md`)
  const actual = `# ${title}\n\n${table(steps)}`
  if (process.env.UPDATE_TRACES) writeFileSync(file, actual)
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : ''
  expect(actual, `test/traces/${name}.md; UPDATE_TRACES=1 npm run test:traces updates it`).toBe(kept)
}
