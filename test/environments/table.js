// The table of environments in docs/platforms.md: each row with its result.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rows } from './rows.js'

const page = join(import.meta.dirname, '../../docs/platforms.md')
const region = /(?<=<!-- environments -->\n)[^]*(?=<!-- \/environments -->)/

const line = cells => `| ${cells.join(' | ')} |\n`

/** `told` returns the last column of a row. */
function table(told) {
  const lines = rows.map(row => line([row.name, row.on, told(row)]))
  return `\n${line(['environment', 'on', 'result'])}${line(['---', '---', '---'])}${lines.join('')}\n`
}

export function writeTable(results) {
  const text = readFileSync(page, 'utf8')
  const told = row => {
    const { outcome, why } = results.get(row)
    return outcome === 'passed' ? row.result : outcome === 'not here' ? `not here: ${why}` : '**fails**'
  }
  writeFileSync(
    page,
    text.replace(region, () => table(told)),
  )
}

/** Throws unless the page has each row, with its result or why it cannot run here. */
function check() {
  const [told] = region.exec(readFileSync(page, 'utf8'))
  const results = told.trim().split('\n').slice(2)
  const allowed = rows.map(row => {
    const first = line([row.name, row.on, '']).slice(0, -3)
    return [row.result, ...(row.notHere ? [`not here: ${row.notHere[1]}`] : [])].map(result => `${first}${result} |`)
  })
  results.forEach((result, index) => assert(allowed[index]?.includes(result), `no such result: ${result}`))
  assert.equal(results.length, rows.length, 'node test/all/environments.js --write')
}

if (process.argv[1] === import.meta.filename) check()
