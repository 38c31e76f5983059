// The pages: each link to a file of this repository leads to one.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

const pages = ['.', 'docs', 'packages', 'benchmarks', 'examples', 'test']
  .flatMap(folder =>
    readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' }).map(name => join(folder, name)),
  )
  .filter(file => file.endsWith('.md') && !file.includes('node_modules'))

const linksOf = (page: string): string[] => {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[^]*?^```$/gm, '')
  return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link!).filter(link => !/^(\w+:|#)/.test(link))
}

test.each(pages)('%s', page => {
  const missing = linksOf(page).filter(link => !existsSync(join(root, dirname(page), link.replace(/#.*/, ''))))
  expect(missing).toEqual([])
})

test('there are links', () => {
  expect(pages.length).toBeGreaterThan(20)
  expect(linksOf('README.md').length).toBeGreaterThan(20)
})
