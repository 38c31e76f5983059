import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

const list: string = '../tools/floors.js' // a variable, because the file has no types
const { floors } = (await import(list)) as { floors: string[][] }
const names = floors.flat()

test('docs/architecture.md lists the floors in their order', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const [, table] = /\n\| floor \|.*\n\|.*\n([^]*?)\n\n/.exec(page)!
  expect([...table!.matchAll(/^\| `(\w+)\/?` \|/gm)].map(([, name]) => name)).toEqual(names)
})

test('each folder and file of src/ is a floor', () => {
  const found = readdirSync(join(root, 'src')).map(name => name.replace(/\.ts$/, ''))
  expect([...found].sort()).toEqual([...names].sort())
})
