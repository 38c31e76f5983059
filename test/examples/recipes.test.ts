// Each page of docs/recipes is in the index, its code is a part of its program, and a test runs that program.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isPart } from '../support/parts.js'
import { root } from '../support/root.js'

const folder = 'docs/recipes'
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8')
const index = read(folder, 'README.md')
const pages = readdirSync(join(root, folder)).filter(name => name.endsWith('.md') && name !== 'README.md')

const tests = readdirSync(join(root, 'test/examples'))
  .filter(name => name.endsWith('.test.ts') && name !== 'recipes.test.ts')
  .map(name => read('test/examples', name))

/** The cells of the rows of a table, by the words of its head. */
function table(head: string): string[][] {
  const [, rows = ''] = index.split(`| ${head} |\n`)
  const [, ...lines] = rows.split('\n')
  const end = lines.findIndex(line => !line.startsWith('|'))
  return lines.slice(0, end).map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
}

const linkOf = (cell: string | undefined): string | undefined => /\]\(([^)]+)\)/.exec(cell ?? '')?.[1]
const jobs = table('question | page | program')
const words = table('error or option | page')

test('the index has each page once, and no others', () => {
  expect(jobs.map(([, page]) => linkOf(page)).sort()).toEqual([...pages].sort())
})

describe.each(jobs.map(cells => [linkOf(cells[1])!, ...cells] as const))('%s', (name, question, _, link) => {
  const page = read(folder, name)
  const program = relative(root, join(root, folder, linkOf(link)!))

  test('begins with its title, asks the question of the index, and names manual pages at its end', () => {
    expect(page).toMatch(/^# .+\n\n/)
    expect(page.replaceAll('\n', ' ')).toContain(question)
    expect(page).toMatch(/\nManual pages: .+\.\n$/)
  })

  test('its code is in its program, to which it links', () => {
    expect(page).toContain(`](../../${program})`)
    const blocks = Array.from(page.matchAll(/^```ts\n([^]*?)\n```$/gm), ([, block]) => block!)
    expect(blocks).not.toEqual([])
    for (const block of blocks) expect(isPart(block, read(program)), block).toBe(true)
  })

  test('a test runs its program', () => {
    expect(existsSync(join(root, program))).toBe(true)
    const [, called] = /^examples\/(.+)\.ts$/.exec(program)!
    const runs = [`('${called}'`, `/${called}.js'`]
    expect(tests.some(text => runs.some(call => text.includes(call)))).toBe(true)
  })
})

test.each(words)('%s leads to a page that tells of it', (word, cell) => {
  const [, code] = /^`(.+?)`/.exec(word)!
  const page = linkOf(cell)!
  expect(pages).toContain(page)
  expect(read(folder, page)).toContain(code)
})
