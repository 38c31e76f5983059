// What loading costs, by count: each file that Node reads to load a floor takes it about half a millisecond.
import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

/** The modules of lib/ that a program loads which imports this one, or requires it: Node's loaders tell of each. */
function loaded(specifier: string, by: 'import' | 'require' = 'import'): string[] {
  const program = `
    const { createRequire, register } = process.getBuiltinModule('node:module')
    const hooks = 'export const load = (url, context, next) => (process._rawDebug(url), next(url, context))'
    register('data:text/javascript,' + encodeURIComponent(hooks))
    const require = createRequire(process.cwd() + '/program.js')
    ${by === 'import' ? 'await import' : 'require'}('${specifier}')
    for (const file of Object.keys(require.cache)) process._rawDebug('file:' + file)
  `
  const args = ['--input-type=module', '-e', program]
  const { stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  expect(status).toBe(0)
  return [...stderr.matchAll(/^file:.*\/lib\/(.*)$/gm)].map(([, file]) => file!).sort()
}

test.each([
  ['bsd-sockets/syscalls', 'syscalls', ['syscalls.bundle.cjs', 'syscalls.cjs']],
  ['bsd-sockets', 'index', ['index.bundle.cjs', 'index.cjs', 'syscalls.bundle.cjs']],
])('%s is few files', (specifier, entry, files) => {
  expect(loaded(specifier, 'require')).toEqual(files)
  expect(loaded(specifier)).toEqual([...files, `${entry}.js`].sort())
})

test.each(['promises', 'streams', 'reactor', 'http', 'socketserver'])('%s adds only those of the floors', floor => {
  const files = loaded(`bsd-sockets/${floor}`)
  expect(
    files.filter(file => !/^(index|syscalls|promises|streams|reactor|http|socketserver)(\.bundle)?\.c?js$/.test(file)),
  ).toEqual([])
  expect(files.length).toBeLessThan(12)
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
  expect(loaded('bsd-sockets').filter(file => !/^(index|syscalls)\./.test(file))).toEqual([])
  expect(loaded('bsd-sockets/promises').filter(file => /^(streams|reactor|http|socketserver)\./.test(file))).toEqual([])
})

test.each([
  ['encodeControl([], AF_UNIX)', ['control.bundle.cjs', 'structures.bundle.cjs']],
  ["getnameinfo(['127.0.0.1', 80], NI_NUMERICHOST | NI_NUMERICSERV)", ['lookups.bundle.cjs']],
  ['options.linger', ['options.bundle.cjs', 'structures.bundle.cjs']],
  ['tcpInfo', []],
])('%s loads only what it needs, at its first use', (expression, files) => {
  const program = `
    import * as sockets from 'bsd-sockets'
    import { createRequire } from 'node:module'
    const loaded = () => Object.keys(createRequire(process.cwd() + '/program.js').cache)
    const before = loaded()
    const { AF_UNIX, NI_NUMERICHOST, NI_NUMERICSERV, encodeControl, getnameinfo, options, tcpInfo } = sockets
    ${expression}
    console.log(JSON.stringify(loaded().slice(before.length)))
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  })
  expect((JSON.parse(stdout) as string[]).map(file => basename(file))).toEqual(files)
})

test('the table of options is whole before its values are loaded', () => {
  const program = `
    import { getOption, options } from 'bsd-sockets'
    const names = Object.keys(options)
    const { linger } = options
    const kinds = new Set(Object.values(Object.getOwnPropertyDescriptors(options)).map(({ value }) => typeof value))
    console.log(names.length > 200 && names.join() === Object.keys(options).join(), linger.option, ...kinds)
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stdout).toBe('true SO_LINGER object\n')
})
