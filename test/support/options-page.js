// The table of docs/options.md, from the options themselves and their declarations. `node test/support/options-page.js --write`
// writes it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { options } from 'bsd-sockets'
import { root } from '../../scripts/stamp.js'
import { kernels } from './option-kernels.js'
import { cell, pageTable } from './page-table.js'

const page = pageTable('docs/options.md', 'options')

const kinds = { SockOpt: '', ReadableSockOpt: ', read only', WritableSockOpt: ', set only' }

// `import("./option.cjs").SockOpt<number | null>` is "number | null".
function valueOf(type) {
  if (type.endsWith('InterfaceSockOpt')) return '`number`; a name can be set too'
  const [, kind, value] = /^(?:import\("[^"]*"\)\.)?(\w+)<(.*)>$/.exec(type)
  const shown = value.replace(
    /import\("[^"]*"\)\.|\b(families|ip|multicast|peer|socket|tcp|tcpInfos)\.|<ArrayBufferLike>/g,
    '',
  )
  return `\`${shown}\`${kinds[kind]}`
}

/** The type and the description of each option, from the declarations. */
function declared() {
  const text = readFileSync(join(root, 'lib/options/table.d.cts'), 'utf8')
  const rows = text.matchAll(/^ {4}\/\*\*((?:(?!\*\/)[^])*)\*\/\n {4}(\w+): (.*);$/gm)
  const words = comment =>
    comment
      .replace(/^\s*\*/gm, ' ')
      .replace(/\s+/g, ' ')
      .trim()
  return new Map([...rows].map(([, comment, name, type]) => [name, { type, text: words(comment) }]))
}

/** The sentences before the first name in C; and the manual page of each name, which is that of the one before if it has none. */
function described(text, names) {
  const at = Math.min(...names.map(name => text.search(new RegExp(`(?<=[.…] )${name}\\b`))).filter(i => i >= 0))
  const places = new Map(
    text
      .slice(at)
      .split('; ')
      .map(part => /^(?:for \w+, )?([A-Z][A-Z\d_]+)(?:, (.*))?$/.exec(part) ?? [])
      .map(([, name, place]) => [name, place]),
  )
  const [first] = places.values()
  return { meaning: text.slice(0, at).trim(), placeOf: name => places.get(name) ?? first ?? '' }
}

/** The names of the constants of each system, as src/constants.ts tells them. */
function constantsOf() {
  const text = readFileSync(join(root, 'src/constants.ts'), 'utf8')
  const named = type => {
    const [, names] = new RegExp(`^type ${type} =\\n((?: {2}\\| '\\w+'\\n)+)`, 'm').exec(text)
    return Array.from(names.matchAll(/\w+/g), ([name]) => name)
  }
  const everywhere = named('Everywhere')
  return { Linux: new Set([...everywhere, ...named('Linux')]), macOS: new Set([...everywhere, ...named('Darwin')]) }
}

/** The systems that have each name, and the first kernel of Linux that has it. */
export function origins() {
  const systems = Object.entries(constantsOf())
  const names = Object.values(options).flatMap(option => option.names)
  return new Map(
    names.map(name => [
      name,
      { systems: systems.filter(([, has]) => has.has(name)).map(([system]) => system), kernel: kernels.get(name) },
    ]),
  )
}

/** The table as it should be. */
export function table() {
  const from = origins()
  const found = declared()
  const rows = Object.entries(options).flatMap(([name, option]) => {
    const { type, text } = found.get(name)
    const { meaning, placeOf } = described(text, option.names)
    return option.names.map(each => [each, name, valueOf(type), meaning, placeOf(each)])
  })
  return ['| in C | here | value | | systems | Linux from | where |', '|---|---|---|---|---|---|---|']
    .concat(
      rows
        .sort(([one, ours], [other, theirs]) => (`${one} ${ours}` < `${other} ${theirs}` ? -1 : 1))
        .map(([each, name, value, meaning, place]) => {
          const { systems, kernel = '—' } = from.get(each)
          return `| ${each} | \`${name}\` | ${cell(value)} | ${cell(meaning)} | ${systems.join(', ')} | ${kernel} | ${place} |`
        }),
    )
    .map(line => `${line}\n`)
    .join('')
}

/** The table of the page. */
export const { written } = page

if (process.argv[2] === '--write') page.write(table())
