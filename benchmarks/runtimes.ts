// The runtimes of the programs that are compared. The peers of one that is not installed are skipped.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, version } from './machine.js'

export interface Runtime {
  /** The command, to which the program's arguments are appended; null if it is not installed. */
  readonly command: readonly string[] | null
  /** Why it may be missing, or how to install it. */
  readonly missing: string
  readonly version: string | null
}

const install = 'it comes with npm run bench -- --install'

function fromPackage(file: string, ...args: string[]): Runtime {
  const path = join(root, 'test/runtimes/node_modules', file)
  const there = existsSync(path) ? version(path, '--version') : null
  return { command: there === null ? null : [path, ...args], missing: install, version: there }
}

function fromSystem(name: string, flag: string): Runtime {
  const there = version(name, flag)
  return { command: there === null ? null : [name], missing: 'it is not installed', version: there }
}

function withModule(path: string, missing: string): Runtime {
  const there = existsSync(join(root, path))
  return { command: there ? [process.execPath] : null, missing, version: null }
}

/** A program of the native build. */
export const native: Runtime = { command: [], missing: '', version: null }
export const node: Runtime = { command: [process.execPath], missing: '', version: process.versions.node }
export const newestNode = fromPackage('node-26/bin/node')
export const bun = fromPackage('@oven/bun-linux-x64/bin/bun')
export const deno = fromPackage('@deno/linux-x64-glibc/deno', 'run', '-A', '--no-config', '--unstable-net')
export const python = fromSystem('python3', '--version')
export const nginx = fromSystem('nginx', '-v')
export const wrk = fromSystem('wrk', '-v')
export const hono = withModule('node_modules/hono', 'npm test installs it')
export const koffi = withModule('benchmarks/tools/node_modules/koffi', install)
export const unixDgram = withModule(
  'build/dependents/peer/node_modules/unix-dgram/build/Release/unix_dgram.node',
  `${install}, if there is a compiler`,
)

/** Recorded with each result. */
export const versions: Readonly<Record<string, string | null>> = {
  node: node.version,
  newestNode: newestNode.version,
  bun: bun.version,
  deno: deno.version,
  python: python.version,
  nginx: nginx.version,
  wrk: wrk.version,
}
