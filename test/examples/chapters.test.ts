// Each chapter of docs/guide: its code is in its programs, which do the same in both languages, and its exercise has an answer.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isPart } from '../support/parts.js'
import { program } from '../support/child.js'
import { root } from '../support/root.js'
import { tool } from '../support/tools.js'

const folder = join(root, 'examples/guide')
const compiled = 'build/programs/examples/guide'
const { check } = (await import(join(root, compiled, 'check.js'))) as typeof import('../../examples/guide/check.js')

const chapters = readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
  entry.isDirectory() ? [entry.name] : [],
)
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const compiler = tool('gcc')
const lacking = existsSync('/proc/net/tcp') ? [] : ['looking']
for (const chapter of lacking) console.warn(`skipped: the programs of ${chapter} read /proc/net/tcp, which is missing`)

test('the guide has each chapter once', () => {
  const index = read('docs/guide/README.md')
  for (const name of chapters)
    expect(index.split(`](${name}.md) | [${name}](../../examples/guide/${name}) |`)).toHaveLength(2)
})

/** The program in C of a chapter, compiled; it is removed with the test. */
function compile(chapter: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'guide-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, chapter)
  const flags = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-O1', '-pthread']
  execFileSync('gcc', [...flags, '-o', file, join(folder, chapter, `${chapter}.c`)])
  return file
}

describe.each(chapters)('%s', chapter => {
  const page = read(`docs/guide/${chapter}.md`)
  const script = (name: string): string => join(root, compiled, chapter, `${name}.js`)

  test('its code is in its programs', () => {
    for (const language of ['ts', 'c']) {
      const path = `examples/guide/${chapter}/${chapter}.${language}`
      expect(page).toContain(`](../../${path})`)
      const blocks = Array.from(
        page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)\n\`\`\`$`, 'gm')),
        ([, block]) => block!,
      )
      expect(blocks).not.toEqual([])
      for (const block of blocks) expect(isPart(block, read(path)), block).toBe(true)
    }
    expect(page).toContain(`The check \`${chapter}\``)
    expect(page).toMatch(/\nManual pages: .+\.\n$/)
  })

  const cannot = lacking.includes(chapter)
  const runs = test.skipIf(cannot)

  runs('the program in TypeScript', () => check(chapter, 'program', process.execPath, script(chapter)))

  test.skipIf(cannot || !compiler)('the program in C does the same', () => check(chapter, 'program', compile(chapter)))

  runs('the answer solves the exercise', () => check(chapter, 'exercise', process.execPath, script('solution')))

  runs('the program of the chapter does not', async () => {
    await expect(check(chapter, 'exercise', process.execPath, script(chapter))).rejects.toThrow()
  })

  runs('it prints what the page shows', async () => {
    const [, output] = /<!-- output -->\n\n```\n([^]*?)```/.exec(page) ?? []
    if (output !== undefined) expect(await program(`guide/${chapter}/${chapter}`).finished()).toBe(output)
    else expect(existsSync(script(chapter))).toBe(true)
  })
})

interface Results {
  cases: {
    rows: { name: string; ratios: { perSecond: { median: number } }; figures: { bytes: { median: number } } }[]
  }[]
}

test('the cost of many clients is that of the published benchmarks', () => {
  const rows = (name: string): Results['cases'][0]['rows'] =>
    (JSON.parse(read(`benchmarks/results/${name}.json`)) as Results).cases[0]!.rows
  const names: Record<string, string> = {
    'C, epoll': 'c-epoll',
    'C, a thread for each': 'c-threads',
    'C, poll': 'c-poll',
    'C, select': 'c-select',
    reactor: 'reactor',
    promises: 'promises',
    'TypeScript, poll': 'poll',
    'TypeScript, select': 'select',
    '`net`': 'net',
    'Python, a thread for each': 'python-threads',
    'Python, asyncio': 'asyncio',
  }
  const lines = Object.entries(names).map(([way, name]) => {
    const ratio = rows('echo').find(row => row.name === name)!.ratios.perSecond.median
    const bytes = rows('memory').find(row => row.name === name)?.figures.bytes.median
    const memory = bytes === undefined ? '' : Math.round(bytes).toLocaleString('en')
    return `| ${way} | ${ratio.toFixed(2)} | ${memory} |`.replace('|  |', '| |')
  })
  const [, table] = /<!-- cost -->\n\n\|.*\n\|.*\n([^]*?)\n\n<!-- \/cost -->/.exec(read('docs/guide/clients.md'))!
  expect(table!.split('\n')).toEqual(lines)
})

test('the cost of a call, of a copy and of a wait is that of the published benchmarks', () => {
  interface Figures {
    cases: { name: string; rows: { name: string; figures: Record<string, { median: number }> }[] }[]
  }
  const microseconds = (question: string, of: string, row: string, figure: string, unit: number): string => {
    const { cases } = JSON.parse(read(`benchmarks/results/${question}.json`)) as Figures
    const found = cases.find(({ name }) => name === of)!.rows.find(({ name }) => name === row)
    return found === undefined ? '' : `${(found.figures[figure]!.median * unit).toPrecision(2)} `
  }
  const both = (what: string, question: string, of: string, c: string, ours: string, figure: string, unit: number) =>
    `| ${what} | ${microseconds(question, of, c, figure, unit)}| ${microseconds(question, of, ours, figure, unit)}|`
  const ns = 1 / 1000
  const [, table] = /<!-- cost -->\n\n\|.*\n\|.*\n([^]*?)\n\n<!-- \/cost -->/.exec(read('docs/guide/speed.md'))!
  expect(table!.split('\n')).toEqual([
    both('a call that does nothing, `getppid`', 'calls', 'getppid', 'c', 'socket', 'ns', ns),
    both('`send` and `recv` of 64 bytes', 'calls', 'send + recv, 64 B', 'c', 'socket', 'ns', ns),
    both('`send` and `recv` of 16 KiB', 'calls', 'send + recv, 16 KiB', 'c', 'socket', 'ns', ns),
    both(
      '64 bytes to another process and back',
      'echo',
      '1 connections, 64 B, depth 1',
      'c-blocking',
      'blocking',
      'p50',
      1,
    ),
  ])
})

test('the command says whether an exercise is solved, and which chapters there are', async () => {
  expect(
    await program('guide/check', 'sockets', process.execPath, join(root, compiled, 'sockets/solution.js')).finished(),
  ).toBe('solved\n')
  const wrong = program('guide/check', 'sockets', process.execPath, '-e', 'console.log(1)')
  expect(await wrong.ended).toMatchObject({ code: 1 })
  expect(wrong.stdout).toMatch(/^not solved: two lines are to be printed/)
  const unknown = program('guide/check', 'none', 'true')
  expect(await unknown.ended).toMatchObject({ code: 2 })
  expect(unknown.stderr).toContain(chapters.join(', '))
})
