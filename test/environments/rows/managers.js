import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { commonJs, esm } from '../programs.js'
import { bun, deno, node, nodeOf, tool, tools } from '../tools.js'

const files = { 'package.json': '{ "private": true }', 'app.mjs': esm, 'app.cjs': commonJs }

/** Makes the folder a fresh checkout: it has the lock file, and nothing is installed. */
const checkOut = ({ folder }) => rmSync(join(folder, 'node_modules'), { recursive: true, force: true })

/** Throws unless the lock file has the package's checksum. */
const locked =
  (file, integrity = /integrity: ?"?sha512-|"integrity": "sha512-/) =>
  ({ folder }) => {
    if (!integrity.test(readFileSync(join(folder, file), 'utf8'))) throw new Error(`${file} has no sha512`)
  }

const npm = (version, on, what = 'bsd-sockets') => {
  const scripts = version < 12 ? [] : ['--dangerously-allow-all-scripts']
  const command = (...args) => nodeOf(on, join(tools, `npm-${version}/bin/npm-cli.js`), ...args, ...scripts)
  return [command('install', what), locked('package-lock.json'), checkOut, command('ci'), nodeOf(on, 'app.mjs')]
}
const pnpm = (...args) => tool('pnpm/bin/pnpm.cjs', ...args, '--config.dangerously-allow-all-builds=true')
const yarn = (...args) => tool('@yarnpkg/cli-dist/bin/yarn.js', ...args)
const linker = name => ({ ...files, 'yarn.lock': '', '.yarnrc.yml': `nodeLinker: ${name}\n` })
const yarnLocked = locked('yarn.lock', /checksum: /)

// By default a package that was just published is rejected.
const fresh = ['--minimum-dependency-age=0']

/** Each begins with an empty folder outside all packages. */
export const rows = [
  { name: 'npm 10, `install`, then `ci`', files, steps: npm(10, 20) },
  { name: 'npm 11, `install`, then `ci`', files, steps: npm(11, 20) },
  { name: 'npm 12, `install`, then `ci`', version: 26, files, steps: npm(12, 26) },
  {
    name: 'npm 10, `install` of the tarball, then `ci`',
    files,
    steps: [
      ({ folder, tarball }) => copyFileSync(tarball, join(folder, 'bsd-sockets.tgz')),
      ...npm(10, 20, './bsd-sockets.tgz'),
    ],
  },
  {
    name: 'pnpm',
    files,
    steps: [
      pnpm('add', 'bsd-sockets'),
      locked('pnpm-lock.yaml'),
      checkOut,
      pnpm('install', '--frozen-lockfile'),
      node('app.mjs'),
    ],
  },
  {
    name: 'yarn 4, node-modules',
    files: linker('node-modules'),
    steps: [yarn('add', 'bsd-sockets'), yarnLocked, checkOut, yarn('install', '--immutable'), node('app.mjs')],
  },
  {
    name: 'yarn 4, PnP',
    files: linker('pnp'),
    steps: [
      yarn('add', 'bsd-sockets'),
      yarnLocked,
      yarn('install', '--immutable'),
      yarn('node', 'app.cjs'),
      yarn('node', 'app.mjs'),
    ],
  },
  {
    name: '`bun add`, then `bun install`',
    on: 'Bun',
    files: { ...files, 'package.json': '{ "private": true, "trustedDependencies": ["bsd-sockets"] }' },
    steps: [
      bun('add', 'bsd-sockets'),
      locked('bun.lock', /"sha512-/),
      checkOut,
      bun('install', '--frozen-lockfile'),
      bun('app.cjs'),
      bun('app.mjs'),
    ],
  },
  {
    name: '`deno add`, then `deno install`',
    on: 'Deno',
    files,
    steps: [
      deno('add', '--quiet', ...fresh, 'npm:bsd-sockets'),
      locked('deno.lock'),
      checkOut,
      deno('install', '--quiet', '--frozen', '--allow-scripts', ...fresh),
      deno('run', '--quiet', '-A', 'app.cjs'),
      deno('run', '--quiet', '-A', 'app.mjs'),
    ],
  },
].map(row => ({ ...row, where: 'empty' }))
