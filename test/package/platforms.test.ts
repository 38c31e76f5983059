import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

test('docs/platforms.md lists each file that has a block for macOS, and no other', () => {
  const files = readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' })
    .filter(file => /\.(c|cc|h)$/.test(file))
    .map(file => `native/${file}`)
    .filter(file =>
      /^#(if|elif) (defined\(__APPLE__\)|__has_include\(<sys\/event\.h>\))$/m.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    )
  const page = readFileSync(join(root, 'docs/platforms.md'), 'utf8')
  const listed = [...page.matchAll(/^\| (native\/\S+)/gm)].map(([, file]) => file)
  expect(listed).toEqual(files.sort())
})

test('it lists each runtime, with the reasons why tests do not apply', () => {
  execFileSync(process.execPath, [join(root, 'test/runtimes/table.js')], { stdio: ['ignore', 'ignore', 'inherit'] })
})

test('it lists each environment, with the expected results only', () => {
  execFileSync(process.execPath, [join(root, 'test/environments/table.js')], { stdio: ['ignore', 'ignore', 'inherit'] })
})

test('each test file runs for arm64, or has a reason why not', async () => {
  const list: string = '../arm64/files.js' // a variable, because the file has no types
  const { undecided } = (await import(list)) as { undecided: (names: string[]) => string[] }
  const names = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts') && !/^(all|traces)\/|node_modules/.test(file))
    .map(file => file.slice(0, -'.test.ts'.length))
  expect(names.length).toBeGreaterThan(50)
  expect(undecided(names)).toEqual([])
})
