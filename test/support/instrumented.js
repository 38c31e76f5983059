// Builds of the addon and of the servers in C with other compiler flags, each in a folder of its own below build/, and copies
// of the checkout in which every test and every program uses such a build.
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, relative } from 'node:path'
import { nodeDirectory } from '../../scripts/headers.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

/**
 * Builds into build/`name` by CMake, which compiles only what has changed since. `variables` are CMake's. Returns the addon
 * and the two servers.
 */
export function buildWith(name, flags, targets, variables = {}) {
  const folder = join(root, 'build', name)
  const all = {
    CMAKE_BUILD_TYPE: 'None',
    CMAKE_C_FLAGS: flags.join(' '),
    CMAKE_CXX_FLAGS: flags.join(' '),
    CMAKE_JS_INC: join(nodeDirectory(root), 'include/node'),
    ...variables,
  }
  const definitions = Object.entries(all).map(([variable, value]) => `-D${variable}=${value}`)
  run('cmake', ['-S', root, '-B', folder, '--log-level=WARNING', ...definitions], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const parallel = ['--parallel', `${availableParallelism()}`]
  run('cmake', ['--build', folder, ...parallel, '--target', ...targets], { stdio: ['ignore', 'ignore', 'inherit'] })
  return {
    folder,
    addon: join(folder, 'bsd_sockets.node'),
    echo: join(folder, 'Release/echo'),
    http: join(folder, 'Release/http'),
  }
}

const left = new Set(['.git', 'build', 'build-cmake', 'node_modules'])

/** Copies the checkout to build/`name`; `files` are those of build/Release there, by their names. */
export function copyCheckout(name, files) {
  const copy = join(root, 'build', name)
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(join(copy, 'build/Release'), { recursive: true })
  for (const entry of readdirSync(root)) {
    if (left.has(entry)) continue
    cpSync(join(root, entry), join(copy, entry), { recursive: true, filter: file => !left.has(basename(file)) })
  }
  for (const folder of ['.', ...readdirSync(join(root, 'test')).map(entry => join('test', entry))]) {
    const packages = join(root, folder, 'node_modules')
    if (existsSync(packages)) symlinkSync(packages, join(copy, folder, 'node_modules'))
  }
  cpSync(join(root, 'build/programs'), join(copy, 'build/programs'), { recursive: true })
  for (const entry of readdirSync(join(root, 'build/Release'), { withFileTypes: true })) {
    if (entry.isFile()) copyFileSync(join(root, 'build/Release', entry.name), join(copy, 'build/Release', entry.name))
  }
  for (const [file, source] of Object.entries(files)) copyFileSync(source, join(copy, 'build/Release', file))
  return copy
}

/** The names of all test files. */
export const testFiles = () =>
  readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map(file => relative(root, join(root, 'test', file)))
    .sort()
