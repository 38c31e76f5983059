// The table of docs/options.md, from the options themselves and their declarations. `node test/support/options-page.js --write`
// writes it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { options } from 'bsd-sockets'
import { root } from '../../scripts/stamp.js'
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

/** The table as it should be. */
export function table() {
  const found = declared()
  const rows = Object.entries(options).flatMap(([name, option]) => {
    const { type, text } = found.get(name)
    const { meaning, placeOf } = described(text, option.names)
    return option.names.map(each => [each, name, valueOf(type), meaning, placeOf(each)])
  })
  return ['| in C | here | value | | where |', '|---|---|---|---|---|']
    .concat(
      rows
        .sort(([one, ours], [other, theirs]) => (`${one} ${ours}` < `${other} ${theirs}` ? -1 : 1))
        .map(
          ([each, name, value, meaning, place]) =>
            `| ${each} | \`${name}\` | ${cell(value)} | ${cell(meaning)} | ${place} |`,
        ),
    )
    .map(line => `${line}\n`)
    .join('')
}

/** The table of the page. */
export const { written } = page

if (process.argv[2] === '--write') page.write(table())
