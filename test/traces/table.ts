// Steps as a table to read, and the comparison with the one that is kept.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Step } from './steps.js'
import { sourceLine } from './programs.js'

/** What is not the library's to promise: these read files and ask name servers, as the C library sees fit. */
export const ofTheCLibrary = /^(getaddrinfo|getnameinfo|if_indextoname|if_nameindex|if_nametoindex)$/

interface Row {
  readonly where: string
  readonly call: string
}

const rowsOf = ({ where, name, calls }: Step): Row[] =>
  ofTheCLibrary.test(name)
    ? [{ where, call: `what ${name}(3) needs` }]
    : calls.map(({ text }) => ({ where, call: code(text) }))

const wait = /^`(poll|pselect6|epoll_wait)\(/
const withoutTime = (call: string): string => call.replace(/(, \d+\)|\{tv_sec=.*\}, NULL\)) = .*/, '')

/** Whether a row is a slice of a wait that goes on: how many of them there are is chance. */
function goesOn(row: Row, next: Row | undefined): boolean {
  if (!wait.test(row.call) || !/ = 0( \(|`$)/.test(row.call)) return false
  return next?.where === row.where && withoutTime(next.call) === withoutTime(row.call)
}

/** The steps that follow each other and are of one line; those of the event loop are one as well. */
function groups(steps: readonly Step[]): Step[][] {
  const result: Step[][] = []
  for (const step of steps) {
    if (result.at(-1)?.[0]?.where === step.where) result.at(-1)!.push(step)
    else result.push([step])
  }
  return result
}

/** Rows of a line of TypeScript and a system call that it made; the line stands before the first of its calls. */
export function table(steps: readonly Step[]): string {
  const rows = groups(steps).flatMap(group => {
    const made = group.flatMap(rowsOf)
    const calls = made.filter((row, i) => !goesOn(row, made[i + 1])).map(({ call }) => call)
    const { where } = group[0]!
    if (where === '' && calls.length === 0) return []
    return (calls.length === 0 ? ['none'] : calls).map((call, i) => {
      const line = i > 0 ? '' : where === '' ? 'the event loop' : code(sourceLine(where))
      return `| ${cell(line)} | ${cell(call)} |\n`
    })
  })
  return `| TypeScript | system call |\n|---|---|\n${rows.join('')}`
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``)

/** Holds a table to test/traces/`name`.md; with UPDATE_TRACES set it is written there instead. */
export function expectTable(name: string, title: string, steps: readonly Step[]): void {
  const file = join(import.meta.dirname, `${name}.md`)
  const actual = `# ${title}\n\n${table(steps)}`
  if (process.env.UPDATE_TRACES) writeFileSync(file, actual)
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : ''
  expect(actual, `test/traces/${name}.md; UPDATE_TRACES=1 npm run trace writes it anew`).toBe(kept)
}
