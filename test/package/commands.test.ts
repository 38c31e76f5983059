// docs/commands.md has the help of each command, and what its tables tell of statuses is so.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

const cli = join(root, 'bin/bsd-sockets.js')

test('the page has the help of each command: node test/support/commands-page.js --write', async () => {
  const file: string = '../support/commands-page.js' // a variable, because the file has no types
  const page = (await import(file)) as Record<'helps' | 'written', () => Record<string, string>>
  const helps = page.helps()
  expect(Object.keys(helps).length).toBeGreaterThan(10)
  expect(Object.entries(page.written())).toEqual(Object.entries(helps)) // in the same order, too
})

test.each([
  [0, ['help', 'nc']],
  [0, ['trace', '--', process.execPath, '--version']],
  [1, ['nc', '-U', '/nonexistent/socket']],
  [1, ['trace', '/nonexistent/program']],
  [2, ['nc']],
  [2, ['frobnicate']],
  [5, ['trace', '--', 'sh', '-c', 'exit 5']],
])('status %i: %j', (status, args) => {
  expect(spawnSync(process.execPath, [cli, ...args]).status).toBe(status)
})
