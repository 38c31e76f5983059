// examples/recipes/files.ts: what a browser gets.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { example } from '../support/child.js'

test('serves the files of a folder and the report, and says what is not there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recipes-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'a.txt'), 'hello')
  const server = example('recipes/files', '--folder', folder, '--report', join(folder, 'a.txt'))
  const base = `http://127.0.0.1:${await server.port()}`
  const got = async (path: string): Promise<[number, string | null, string]> => {
    const response = await fetch(base + path, { headers: { Connection: 'close' } })
    return [response.status, response.headers.get('content-type'), await response.text()]
  }
  expect(await got('/a.txt')).toEqual([200, 'text/plain; charset=utf-8', 'hello'])
  expect(await got('/report')).toEqual([200, 'application/pdf', 'hello'])
  expect((await got('/'))[2]).toContain('href="./a.txt"')
  expect((await got('/b.txt'))[0]).toBe(404)
})
