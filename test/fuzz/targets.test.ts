// The inputs that libFuzzer has found, through its targets: `node test/fuzz/run.js` finds more. Those of HTTP are in C.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as library from 'bsd-sockets'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../support/root.js'
import { tool } from '../support/tools.js'

type Target = (bytes: Buffer) => void
const file: string = './targets.js' // a variable, because the file has no types
const targets = (await import(file)) as Record<string, (from: typeof library) => Target>

/** Each line is a JSON string of which each character is a byte. */
const corpusOf = (name: string): Buffer[] =>
  [`${name}.txt`, `${name}.by-hand.txt`]
    .map(file => join(root, 'test/fuzz/corpus', file))
    .filter(file => existsSync(file))
    .flatMap(file => readFileSync(file, 'utf8').split('\n'))
    .filter(line => line !== '')
    .map(line => Buffer.from(JSON.parse(line) as string, 'latin1'))

test.each(Object.keys(targets))('%s', name => {
  const target = targets[name]!(library)
  const corpus = corpusOf(name)
  expect(corpus.length).toBeGreaterThan(20)
  for (const bytes of corpus) target(bytes)
})

const parser = readdirSync(join(root, 'native/http')).filter(name => name.endsWith('.c'))

test.skipIf(!tool('cc'))('the parser of HTTP, with AddressSanitizer and UndefinedBehaviorSanitizer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const run = (command: string, args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return stdout
  }
  for (const target of ['http_head', 'http_chunks']) {
    const program = join(folder, target)
    const sources = ['main.c', `${target}.c`].map(name => `test/fuzz/${name}`)
    const flags = ['-std=c11', '-D_GNU_SOURCE', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']
    run('cc', [...flags, ...sources, ...parser.map(name => `native/http/${name}`), '-o', program])
    const inputs = corpusOf(target).map((bytes, i) => {
      const input = join(folder, `${target}-${i}`)
      writeFileSync(input, bytes)
      return input
    })
    expect(inputs.length).toBeGreaterThan(100)
    expect(run(program, inputs)).toBe(`${inputs.length} files\n`)
  }
})
