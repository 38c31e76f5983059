import { copyFileSync, cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { esm } from '../programs.js'
import { bun, deno, node, nodeFile, tool } from '../tools.js'

const files = { 'app.mjs': esm, 'package.json': '{ "type": "module" }' }

const webpack = externals => `import { resolve } from 'node:path'
import webpack from 'webpack'
const externals = ${JSON.stringify(externals)}
const output = { path: resolve('out'), filename: 'app.cjs' }
webpack({ mode: 'production', target: 'node', entry: './app.mjs', output, externals }, (error, stats) => {
  if (!error && !stats.hasErrors() && !stats.hasWarnings()) return
  console.error(error ?? stats.toString())
  process.exitCode = 1
})
`

/** Copies the package into the project, so that it can be removed there. */
const copy = ({ folder, installed }) => cpSync(installed, join(folder, 'node_modules/bsd-sockets'), { recursive: true })

/** Copies the bundle to a folder without the package, with the addon beside it, and removes the package. */
function move({ folder, moved, installed }) {
  cpSync(join(folder, 'out'), moved, { recursive: true })
  copyFileSync(join(installed, 'prebuilds/linux-x64/bsd-sockets.glibc.node'), join(moved, 'bsd-sockets.glibc.node'))
  rmSync(join(folder, 'node_modules'), { recursive: true })
}
const movedFile =
  file =>
  ({ moved }) =>
    join(moved, file)

const esbuild = (...args) =>
  tool('esbuild/bin/esbuild', 'app.mjs', '--bundle', '--platform=node', '--log-level=warning', ...args)
const rollup = (...args) => tool('rollup/dist/bin/rollup', 'app.mjs', '--silent', '--file', 'out/app.mjs', ...args)
const vite = tool('vite/bin/vite.js', 'build', '--ssr', 'app.mjs', '--outDir', 'out', '--logLevel', 'warn')
const viteConfig = ssr =>
  `export default ${JSON.stringify({ build: { rollupOptions: { output: { entryFileNames: '[name].mjs' } } }, ssr })}`

const external = (name, more, build, file) => ({
  name: `${name}, external`,
  files: { ...files, ...more },
  steps: [build, node(file)],
})
const bundled = (name, more, build, file) => ({
  name: `${name}, bundled`,
  where: 'tooled',
  files: { ...files, ...more },
  steps: [copy, build, move, node(movedFile(file))],
})

const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
const sea = { main: 'app.cjs', output: 'app.blob', disableExperimentalSEAWarning: true }

export const rows = [
  external('esbuild', {}, esbuild('--packages=external', '--format=esm', '--outfile=out/app.mjs'), 'out/app.mjs'),
  bundled('esbuild to ESM', {}, esbuild('--format=esm', '--outfile=out/app.mjs'), 'app.mjs'),
  bundled('esbuild to CommonJS', {}, esbuild('--format=cjs', '--outfile=out/app.cjs'), 'app.cjs'),
  external('rollup', {}, rollup('--external', 'bsd-sockets'), 'out/app.mjs'),
  bundled('rollup', {}, rollup('-p', 'node-resolve', '-p', 'commonjs'), 'app.mjs'),
  external(
    'webpack',
    { 'build.mjs': webpack({ 'bsd-sockets': 'commonjs bsd-sockets' }) },
    node('build.mjs'),
    'out/app.cjs',
  ),
  bundled('webpack', { 'build.mjs': webpack({}) }, node('build.mjs'), 'app.cjs'),
  external('Vite, SSR', { 'vite.config.mjs': viteConfig({}) }, vite, 'out/app.mjs'),
  bundled('Vite, SSR', { 'vite.config.mjs': viteConfig({ noExternal: true }) }, vite, 'app.mjs'),

  {
    name: 'a single executable (SEA)',
    where: 'tooled',
    files: { ...files, 'sea.json': JSON.stringify(sea) },
    steps: [
      copy,
      esbuild('--format=cjs', '--outfile=app.cjs'),
      node('--experimental-sea-config', 'sea.json'),
      ({ folder }) => cpSync(nodeFile(20), join(folder, 'out/app'), { recursive: true }),
      tool('postject/dist/cli.js', 'out/app', 'NODE_SEA_BLOB', 'app.blob', '--sentinel-fuse', fuse),
      move,
      [movedFile('app')],
    ],
  },
  {
    name: '`bun build --compile`',
    where: 'tooled',
    on: 'Bun',
    files,
    steps: [copy, bun('build', '--compile', 'app.mjs', '--outfile', 'out/app'), move, [movedFile('app')]],
  },
  {
    name: '`deno compile`',
    where: 'tooled',
    on: 'Deno',
    files,
    steps: [copy, deno('compile', '-A', '--quiet', '--output', 'out/app', 'app.mjs'), move, [movedFile('app')]],
    notHere: [/denort|[Dd]ownload/, 'it downloads a program to append to, and not from a package registry'],
  },
]
