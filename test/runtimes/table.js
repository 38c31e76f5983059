// The tables of docs/platforms.md about the runtimes: the results on each, and the parts that do not apply.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runtimes } from './runtimes.js'

const page = join(import.meta.dirname, '../../docs/platforms.md')
const region = /(?<=<!-- runtimes -->\n)[^]*(?=<!-- \/runtimes -->)/

const row = cells => `| ${cells.join(' | ')} |\n`
const head = cells => row(cells) + row(cells.map(() => '---'))

const leftOut = ({ lacks }) => Object.values(lacks ?? {}).filter(reasons => typeof reasons === 'string').length

/** The rows of one runtime: each reason once, with the files that are skipped for it, as a whole or in part. */
function reasonsOf({ name, lacks = {} }) {
  const files = new Map()
  for (const [file, reasons] of Object.entries(lacks)) {
    for (const reason of new Set(typeof reasons === 'string' ? [reasons] : Object.values(reasons)))
      files.set(reason, [...(files.get(reason) ?? []), typeof reasons === 'string' ? `**${file}**` : file])
  }
  return [...files].map(([reason, names]) => row([name, reason, names.join(', ')])).join('')
}

const reasons = () => head(['runtime', 'it', 'test files: **all of it**, or some']) + runtimes.map(reasonsOf).join('')

/** Throws unless the page has a row for each runtime, in their order, and the current reasons. */
function check() {
  const [figures, told] = region.exec(readFileSync(page, 'utf8'))[0].trim().split('\n\n')
  const names = figures.split('\n').slice(2)
  assert.deepEqual(
    names.map(line => /^\| (.*?) \| [\d.]+ \| [^|]+( \| \d+){3} \|$/.exec(line)?.[1]),
    runtimes.map(({ name }) => name),
  )
  assert.equal(`${told}\n`, reasons(), 'node test/runtimes/table.js --write')
}

export function writeTable(rows) {
  const figures = rows.map(({ name, version, passed, failed, skipped }) => {
    const files = leftOut(runtimes.find(runtime => runtime.name === name))
    const what = files === 0 ? 'the whole suite' : `the suite without ${files} files`
    return row([name, version, what, passed, failed, skipped])
  })
  const table = head(['runtime', 'version', 'what ran', 'passed', 'failed', 'skipped']) + figures.join('')
  const text = readFileSync(page, 'utf8')
  writeFileSync(
    page,
    text.replace(region, () => `\n${table}\n${reasons()}\n`),
  )
}

/** Writes only the reasons. */
function writeReasons() {
  const text = readFileSync(page, 'utf8')
  const [figures] = region.exec(text)[0].trim().split('\n\n')
  writeFileSync(
    page,
    text.replace(region, () => `\n${figures}\n\n${reasons()}\n`),
  )
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv[2] === '--write') writeReasons()
  else check()
}
