// What the published declarations import is published too.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

test('each declaration imports only files of the package', () => {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ files }] = JSON.parse(printed) as [{ files: { path: string }[] }]
  const paths = new Set(files.map(({ path }) => path))
  const declarations = [...paths].filter(path => path.endsWith('.d.cts') || path.endsWith('.d.ts'))
  expect(declarations.length).toBeGreaterThan(50)
  const missing = declarations.flatMap(path =>
    Array.from(readFileSync(join(root, path), 'utf8').matchAll(/from '(\.[^']+)\.(c?)js'/g), ([, target, c]) =>
      join(dirname(path), `${target}.d.${c}ts`),
    )
      .filter(target => !paths.has(target))
      .map(target => `${path}: ${target}`),
  )
  expect(missing).toEqual([])
})
