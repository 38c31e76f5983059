// What loading costs, by count: each file that Node reads to load a floor takes it about half a millisecond.
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'

const root = dirname(import.meta.dirname)

/** The modules of lib/ that a program loads which imports this one; Node tells of each by its URL. */
function loaded(specifier: string): string[] {
  const program = `
    import { register } from 'node:module'
    const hooks = 'export const load = (url, context, next) => (process._rawDebug(url), next(url, context))'
    register('data:text/javascript,' + encodeURIComponent(hooks))
    await import('${specifier}')
  `
  const args = ['--input-type=module', '-e', program]
  const { stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  expect(status).toBe(0)
  return [...stderr.matchAll(/^file:.*\/lib\/(.*)$/gm)].map(([, file]) => file!).sort()
}

test.each([
  ['bsd-sockets/syscalls', ['syscalls.bundle.js', 'syscalls.js']],
  ['bsd-sockets', ['index.bundle.js', 'index.js', 'syscalls.bundle.js']],
])('%s is few files', (specifier, files) => {
  expect(loaded(specifier)).toEqual(files)
})

test.each(['promises', 'streams', 'reactor', 'http', 'socketserver'])('%s adds only those of the floors', floor => {
  const files = loaded(`bsd-sockets/${floor}`)
  expect(files.filter(file => !/^(\w+\/)?(index|syscalls)(\.bundle)?\.js$/.test(file))).toEqual([])
  expect(files.length).toBeLessThan(10)
})

test('no floor loads what streams or workers stand on in Node', () => {
  const program = `
    const before = new Set(process.moduleLoadList)
    for (const floor of ['', '/promises']) await import('bsd-sockets' + floor)
    console.log(process.moduleLoadList.filter(name => !before.has(name) && /stream|worker/.test(name)))
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stdout).toBe('[]\n')
})

test('http leaves out what Request and Response stand on, until a handler asks for them', () => {
  const program = `
    const { fetchHandler } = await import('bsd-sockets/http')
    const loaded = () => process.moduleLoadList.some(name => name.includes('undici'))
    const before = loaded()
    fetchHandler(() => new Response())
    console.log(before, loaded())
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stdout).toBe('false true\n')
})

test('a floor leaves those above it out', () => {
  expect(loaded('bsd-sockets').filter(file => file.includes('/'))).toEqual([])
  expect(loaded('bsd-sockets/promises').filter(file => /^(streams|reactor|http|socketserver)\//.test(file))).toEqual([])
})
