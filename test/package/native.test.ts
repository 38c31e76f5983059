import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

const folder = join(root, 'native/addon')

/** The lines with `#if` inside a function: a brace is open that is not of a namespace or of `extern`. */
function withinFunctions(text: string): string[] {
  const found: string[] = []
  let depth = 0
  const code = text.replace(/\/\*[^]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, '')
  for (const line of code.split('\n')) {
    if (/^\s*#\s*if/.test(line) && depth > 0) found.push(line)
    if (/^\s*#/.test(line)) continue
    if (/^\s*(namespace\b|extern\s*\{)/.test(line)) continue
    for (const brace of line.match(/[{}]/g) ?? []) depth += brace === '{' ? 1 : -1
    depth = Math.max(depth, 0) // the brace that closes a namespace
  }
  return found
}

test('no function of the addon has an #if: a system has files of its own, or blocks of the tables', () => {
  const files = readdirSync(folder).filter(file => /\.(cc|h)$/.test(file))
  const found = files.flatMap(file =>
    withinFunctions(readFileSync(join(folder, file), 'utf8')).map(line => `${file}: ${line}`),
  )
  expect(files.length).toBeGreaterThan(20)
  expect(found).toEqual([])
})

test('the check finds an #if inside a function', () => {
  expect(withinFunctions('namespace a {\n#if X\nint f() {\n  return 0;\n}\n#endif\n}\n')).toEqual([])
  expect(withinFunctions('namespace a {\nint f() {\n#if X\n  return 0;\n#endif\n}\n}\n')).toEqual(['#if X'])
})

test('both builds have the same flags', () => {
  const flagsOf = (...files: string[]): string[] => {
    const text = files.map(file => readFileSync(join(root, file), 'utf8')).join('\n')
    const given = text.replace(/"\w+!": \[.*?\]/g, '') // `!` removes the flags of Node
    const flags = given.match(/(?<=["\s:;(])-[WfO][\w.,+-]+/g) ?? []
    return [...new Set(flags)].filter(flag => flag !== '-Wl,-dead_strip').sort() // gyp has a setting for it
  }
  const gyp = flagsOf('native/flags.gypi', 'native/binding.gyp')
  expect(gyp.length).toBeGreaterThan(10)
  expect(flagsOf('CMakeLists.txt')).toEqual(gyp)
})
