// The ten mistakes of docs/guide: each program shows what its section says.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program } from '../support/child.js'
import { isPart } from '../support/parts.js'
import { root } from '../support/root.js'

const page = readFileSync(join(root, 'docs/guide/mistakes.md'), 'utf8')
const sections = new Map(
  page
    .split(/^## .*\n/m)
    .slice(1)
    .map(section => [/<!-- output (\S+) -->/.exec(section)![1]!, section]),
)

// How long a delayed acknowledgement takes is the kernel's own choice.
const untimed = (text: string): string => text.replace(/\d+ ms/g, 'N ms')

test('each program has a section', () => {
  const programs = readdirSync(join(root, 'examples/mistakes'))
    .filter(name => name !== 'connection.ts')
    .sort()
  expect(programs).toEqual(Array.from(sections.keys(), name => `${name}.ts`).sort())
  expect(programs).toHaveLength(10)
})

describe.each(Array.from(sections.keys()))('%s', name => {
  const section = sections.get(name)!

  test('its code is in its program', () => {
    const path = `examples/mistakes/${name}.ts`
    expect(section).toContain(`](../../${path})`)
    const blocks = Array.from(section.matchAll(/^```ts\n([^]*?)\n```$/gm), ([, block]) => block!)
    expect(blocks).not.toEqual([])
    for (const block of blocks) expect(isPart(block, readFileSync(join(root, path), 'utf8')), block).toBe(true)
  })

  test('it prints what the page shows', async () => {
    const [, output] = /```\n(mistake: [^]*?)```/.exec(section)!
    expect(untimed(await program(`mistakes/${name}`).finished())).toBe(untimed(output!))
  })
})
