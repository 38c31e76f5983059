// Loads the package by `require`, by `import` and in a bundle, and where that must fail.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addonFile } from '../../lib/tested.js'
import { inline } from '../support/child.js'
import { root } from '../support/root.js'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  engines: { node: string }
  exports: Record<string, unknown>
}
const paths = Object.keys(manifest.exports).filter(path => path !== './package.json' && !path.endsWith('*'))
const entryOf = (path: string): string => (path === '.' ? 'index' : path.slice(2))
const specifierOf = (path: string): string => `bsd-sockets${path.slice(1)}`

/** Runs Node with these arguments. */
function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, BSD_SOCKETS_ADDON: '' }
  return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env })
}
const commonJs = (program: string): string[] => ['-e', program]

describe.each(paths)('%s', path => {
  test('has the same values by import, by require and for a bundler', () => {
    const program = `
      import * as imported from '${specifierOf(path)}'
      import * as bundled from './lib/${entryOf(path)}.bundler.js'
      import { createRequire } from 'node:module'
      const required = createRequire(process.cwd() + '/program.js')('${specifierOf(path)}')
      const names = Object.keys(imported)
      console.log(JSON.stringify({
        imported: names.length,
        different: names.filter(name => imported[name] !== required[name] || imported[name] !== bundled[name]),
        more: [...Object.keys(required), ...Object.keys(bundled)].filter(name => !names.includes(name)),
      }))
    `
    const { imported, ...rest } = JSON.parse(run(...inline(program)).stdout) as { imported: number }
    expect(imported).toBeGreaterThan(2)
    expect(rest).toEqual({ different: [], more: [] })
  })
})
test('errors and sockets are instances of the same classes by import and by require', () => {
  const program = `
    import { createRequire } from 'node:module'
    import { ConnectionRefusedError, Socket, SocketError } from 'bsd-sockets'
    const required = createRequire(process.cwd() + '/program.js')('bsd-sockets')
    try {
      new required.Socket().connect(['127.0.0.1', 1])
    } catch (error) {
      console.log(error instanceof SocketError, error instanceof ConnectionRefusedError, new Socket() instanceof required.Socket)
    }
  `
  expect(run(...inline(program)).stdout).toBe('true true true\n')
})

test('two copies in one process each have an event loop of their own', () => {
  const program = `
    const copies = [1, 2].map(() => {
      for (const file of Object.keys(require.cache)) if (file.includes('/lib/')) delete require.cache[file]
      return require('bsd-sockets/promises')
    })
    const talk = async ({ Socket }) => {
      const [left, right] = Socket.pair()
      const received = right.recv(16)
      await new Promise(resolve => setImmediate(resolve))
      await left.sendall('hello')
      console.log(String(await received))
      left.close()
      right.close()
    }
    Promise.all(copies.map(talk)).then(() => console.log(copies[0] === copies[1]))
  `
  expect(run(...commonJs(program)).stdout).toBe('hello\nhello\nfalse\n')
})

test.each([
  ['import', inline("await import('bsd-sockets')")],
  ['require', commonJs("require('bsd-sockets')")],
])('an older Node gets an error with the version that is needed, by %s', (_, args) => {
  const older = `
    Object.defineProperty(process.versions, 'node', { value: '18.20.8' })
    const { getBuiltinModule } = process
    process.getBuiltinModule = undefined
  `
  const preload = join(folder, 'older.cjs')
  writeFileSync(preload, older)
  const { stderr, status } = run('--require', preload, ...args)
  expect(status).toBe(1)
  expect(stderr).toMatch(/^(Uncaught )?error: bsd-sockets needs Node 20\.19 or newer: this is Node 18\.20\.8/im)
})

test('that version is the one of package.json', () => {
  expect(manifest.engines.node).toBe('>=20.19')
})

const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'
test.each([
  ['with --permission', [permission, '--allow-fs-read=*']],
  ['with --no-addons', ['--no-addons']],
])('%s the error names the flag that is missing', (_, flags) => {
  const { stderr, status } = run(...flags, ...commonJs("require('bsd-sockets')"))
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /error: bsd-sockets is a native addon, which Node loads only without --no-addons and, .* --allow-addons\n/i,
  )
  expect(run(permission, '--allow-fs-read=*', '--allow-addons', ...commonJs("require('bsd-sockets')")).status).toBe(0)
})

test('the error of an invalid addon has its path and the message of the linker', () => {
  const file = join(folder, 'none.node')
  writeFileSync(file, 'no addon')
  const program = `process.env.BSD_SOCKETS_ADDON = '${file}'; require('bsd-sockets')`
  expect(run(...commonJs(program)).stderr).toMatch(
    new RegExp(`error: bsd-sockets cannot load its addon ${file}: .+`, 'i'),
  )
})

let folder = ''
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-modules-'))))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(['esm', 'cjs'] as const)('a bundle, %s', format => {
  const program = `
    import { Socket } from 'bsd-sockets'
    import { listenInWorkers } from 'bsd-sockets/reactor'
    const [left, right] = Socket.pair()
    left.sendall('hello')
    console.log(String(right.recv(16)))
    listenInWorkers('data:text/javascript,', { workers: 1 }).then(pool => pool.stop(), error => console.log(error.message))
  `
  let bundle = ''
  let place = ''
  // Outside the repository, so that the package is not found.
  beforeAll(async () => {
    place = join(folder, format)
    mkdirSync(join(place, 'prebuilds'), { recursive: true })
    bundle = join(place, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs')
    await build({
      stdin: { contents: program, resolveDir: root },
      bundle: true,
      format,
      platform: 'node',
      outfile: bundle,
    })
  })

  test('without an addon, fails with the places where it is looked for', () => {
    const { stderr, status } = run(bundle)
    expect(status).toBe(1)
    expect(stderr).toContain(`rror: bsd-sockets has no addon in ${place}, where it was bundled to: copy prebuilds/`)
    expect(stderr).toContain('BSD_SOCKETS_ADDON')
  })

  test('loads the addon of BSD_SOCKETS_ADDON', () => {
    const { stdout } = spawnSync(process.execPath, [bundle], {
      env: { ...process.env, BSD_SOCKETS_ADDON: addonFile() },
      encoding: 'utf8',
    })
    expect(stdout).toMatch(/^hello\n/)
  })

  test('finds the addon beside it; starting workers fails with the file that is missing', () => {
    copyFileSync(addonFile(), join(place, basename(addonFile())))
    const { stdout } = run(bundle)
    expect(stdout).toMatch(
      /^hello\nbsd-sockets starts this thread from its file lib\/reactor\/worker\.js, which no bundle has/,
    )
  })
})
