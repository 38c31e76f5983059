// The cost of loading, in files: each file that Node reads takes about half a millisecond.
import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

/** The files of lib/ that a program loads when it imports or requires the specifier. */
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
])('%s loads few files', (specifier, entry, files) => {
  expect(loaded(specifier, 'require')).toEqual(files)
  expect(loaded(specifier)).toEqual([...files, `${entry}.js`].sort())
})

test.each(['promises', 'streams', 'reactor', 'http', 'socketserver'])('%s loads only the files of floors', floor => {
  const files = loaded(`bsd-sockets/${floor}`)
  expect(
    files.filter(
      file => !/^(index|syscalls|promises|streams|reactor|http|socketserver|thread)(\.bundle)?\.c?js$/.test(file),
    ),
  ).toEqual([])
  expect(files.length).toBeLessThan(12)
})

test('bsd-sockets and its promises do not load the streams and workers of Node', () => {
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

test('http does not load undici (Request, Response) before fetchHandler is called', () => {
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

// Each client of `--mode threads` may have to wait for the start of a thread.
test.each([
  ['cli/servers/echo', []],
  ['cli/servers/http', ['http.bundle.cjs', 'reactor.bundle.cjs']],
])('a thread of %s loads only what it uses', async (folder, more) => {
  const program = `
    const { workerData: file, parentPort } = require('node:worker_threads')
    require(file)
    parentPort.postMessage(Object.keys(require.cache))
    parentPort.close()
  `
  const file = join(root, 'lib', folder, 'thread.cjs')
  const files = await new Promise<string[]>((resolve, reject) => {
    const worker = new Worker(program, { eval: true, workerData: file, execArgv: [] })
    worker.on('message', message => Array.isArray(message) && resolve(message as string[]))
    worker.on('error', reject)
  })
  const always = ['index.bundle.cjs', 'pooled.bundle.cjs', 'syscalls.bundle.cjs', 'thread.bundle.cjs', 'thread.cjs']
  expect(files.map(file => basename(file)).sort()).toEqual([...always, ...more].sort())
})

test('a floor does not load the floors above it', () => {
  expect(loaded('bsd-sockets').filter(file => !/^(index|syscalls)\./.test(file))).toEqual([])
  expect(loaded('bsd-sockets/promises').filter(file => /^(streams|reactor|http|socketserver)\./.test(file))).toEqual([])
})

test.each([
  ['encodeControl([], AF_UNIX)', ['control.bundle.cjs', 'structures.bundle.cjs']],
  ["getnameinfo(['127.0.0.1', 80], NI_NUMERICHOST | NI_NUMERICSERV)", ['lookups.bundle.cjs']],
  ['options.linger', ['options.bundle.cjs', 'structures.bundle.cjs']],
  ['tcpInfo', []],
  ['process.getBuiltinModule("node:util").inspect(new Socket())', ['shown.bundle.cjs']],
  ['new SocketError(-9, "recv")', []],
  ['new SocketError(-9, "recv").hint', ['hints.bundle.cjs']],
  ['new SocketError(-9, "recv").stack', ['frames.bundle.cjs']],
])('%s loads its files at the first use', (expression, files) => {
  const program = `
    import * as sockets from 'bsd-sockets'
    import { createRequire } from 'node:module'
    const loaded = () => Object.keys(createRequire(process.cwd() + '/program.js').cache)
    const before = loaded()
    const { AF_UNIX, NI_NUMERICHOST, NI_NUMERICSERV, encodeControl, getnameinfo, options, tcpInfo, Socket, SocketError } = sockets
    ${expression}
    console.log(JSON.stringify(loaded().slice(before.length)))
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  })
  expect((JSON.parse(stdout) as string[]).map(file => basename(file))).toEqual(files)
})

test('the table of options has every name before its values are loaded', () => {
  const program = `
    import { getOption, options } from 'bsd-sockets'
    const names = Object.keys(options)
    const { linger, byName, noDelay } = options
    const before = noDelay === options.tcpNoDelay && byName('TCP_NODELAY') === noDelay
    const kinds = new Set(Object.values(Object.getOwnPropertyDescriptors(options)).map(({ value }) => typeof value))
    console.log(names.length > 200 && names.join() === Object.keys(options).join(), before, linger.option, ...kinds)
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stdout).toBe('true true SO_LINGER object function\n')
})
