// Samples of the programs of this folder; test/all/lifetimes.js runs them whole.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

const run = (program: string, ...args: string[]): Promise<string> => {
  const gc = process.versions.deno === undefined ? ['--expose-gc'] : ['run', '-A', '--v8-flags=--expose-gc']
  return new Child(process.execPath, [...gc, join(root, `test/lifetimes/${program}.js`), ...args]).finished()
}

test('each callback sees the store of AsyncLocalStorage of the place that it was given at', async () => {
  expect(await run('contexts')).toMatch(/^\d+ callbacks in \d+ operations, 0 wrong\n$/)
})

test('each callback runs in a resource that async_hooks know, and that descends from the place that it was given at', async () => {
  expect(await run('hooks')).toMatch(/^\d+ callbacks in \d+ operations, 0 wrong\n$/)
})

test('a callback may throw, reject, close its object, collect garbage, exit or be terminated', async () => {
  const cells = await run('callbacks', process.env.SEED ?? '1', '10')
  expect(cells).toMatch(/^10 cells of \d+, seed \d+, 0 wrong\n$/)
})

test('objects of another copy of the package, and values of another realm, work or are refused with a code', async () => {
  expect(await run('realms')).toMatch(/^\d+ cells, 0 wrong\n$/)
})

test('a socket that only its waiter refers to is not collected before the wait has ended, and is collected then', async () => {
  expect(await run('collected', 'promises Socket')).toMatch(/^\d+ cells, 0 wrong\n$/)
})
