// The three tiers of tests: `npm test`, test/all, and the campaigns.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

const campaigns = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'scripts/campaigns.js'), ...args], { cwd: root, encoding: 'utf8' })

test('npm run campaigns -- --list has each campaign with its files, which are there', () => {
  const { status, stdout } = campaigns('--list')
  expect(status).toBe(0)
  const lines = stdout.trim().split('\n')
  expect(lines.length).toBeGreaterThan(1)
  for (const line of lines) {
    const [, name, file] = /^([\w-]+): .*?\b((?:test|scripts)\/\S+)/.exec(line) ?? []
    expect(name, line).toBeDefined()
    const folder = join(root, file!, '..')
    expect(
      readdirSync(folder).some(other => join(folder, other).startsWith(join(root, file!))),
      line,
    ).toBe(true)
  }
})

test('a campaign that does not exist is refused', () => {
  const { status, stderr } = campaigns('none')
  expect(status).toBe(1)
  expect(stderr).toContain('no such campaign: none')
})

test('each randomized test takes its seed from SEED', () => {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter(
    file => file.endsWith('.test.ts') && existsSync(join(root, 'test', file)) && !file.includes('node_modules'),
  )
  const wrong = files.filter(file => {
    const text = readFileSync(join(root, 'test', file), 'utf8')
    return /Math\.random\(|\bseed\w* = Number\((?!process\.env\.SEED\b)/i.test(text) && file !== 'package/tiers.test.ts'
  })
  expect(wrong).toEqual([])
})
