// Writes src/constants.ts from the blocks of native/addon/constants.cc and scripts/constant-docs.js, if it changes. With --check, writes nothing and
// exits with status 1 if the file is out of date.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { documenter } from './constant-docs.js'
import { root } from './stamp.js'

const target = join(root, 'src/constants.ts')

/** The rows of each block by its name: `{ POSIX: [{ name: 'AF_INET' }, …], LINUX_KERNEL: [{ name: 'TCP_INQ', value: '36' }, …], … }`. */
export function readBlocks() {
  const table = readFileSync(join(root, 'native/addon/constants.cc'), 'utf8')
  const blocks = {}
  for (const [, block, lines] of table.matchAll(/^#define (\w+)_CONSTANTS\(X\) \\\n((?:.*\\\n)*.*)$/gm)) {
    blocks[block] = lines.split(' \\\n').map(line => {
      const row = /^ {2}X\((\w+)(?:, (-?\w+))?\)$/.exec(line)
      if (!row) throw new Error(`constants.cc: not a row of ${block}_CONSTANTS: ${line}`)
      return { name: row[1], value: row[2] }
    })
  }
  return blocks
}

function render(blocks) {
  const names = (...of) => new Set(of.flatMap(block => blocks[block].map(row => row.name)))
  const linux = names('LINUX', 'LINUX_KERNEL')
  const darwin = names('DARWIN', 'DARWIN_KERNEL')
  const everywhere = [...names('POSIX', 'PROTOCOL'), ...[...linux].filter(name => darwin.has(name))].sort()
  const all = [...names(...Object.keys(blocks))].sort()
  const union = names => names.map(name => `  | '${name}'`).join('\n')
  const only = names => union([...names].filter(name => !everywhere.includes(name)).sort())
  const docOf = documenter()
  return `// Generated from native/addon/constants.cc by scripts/generate-constants.js; do not edit.
import type { AddressFamilies } from './structs/address.js'
import { native } from './syscalls/native.js'

type Everywhere =
${union(everywhere)}

type Linux =
${only(linux)}

type Darwin =
${only(darwin)}

type AllOf<Names extends string> = {
  readonly [Name in Names]: Name extends keyof AddressFamilies ? NonNullable<AddressFamilies[Name]> : number
}

/** The constants of each system: all that it has, none of them undefined. */
export interface SystemConstants {
  /** Those of Linux. */
  readonly linux: AllOf<Everywhere | Linux>
  /** Those of macOS. */
  readonly darwin: AllOf<Everywhere | Darwin>
}

// One destructuring pattern loads in three quarters of the time of separate statements.
export const {
${all.map(name => `  /** ${docOf(name)} */\n  ${name},`).join('\n')}
} = native.constants() as AddressFamilies & Readonly<Record<Exclude<Everywhere, keyof AddressFamilies>, number>> & Readonly<Record<string, number | undefined>>
`
}

function current() {
  try {
    return readFileSync(target, 'utf8')
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return undefined
  }
}

export function generateConstants() {
  const text = render(readBlocks())
  if (text !== current()) writeFileSync(target, text)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv[2] !== '--check') generateConstants()
  else if (render(readBlocks()) !== current()) {
    console.error('src/constants.ts is stale: run node scripts/generate-constants.js')
    process.exitCode = 1
  }
}
