// Divides the constants of the reference: one page for each prefix (AF_, SO_, TCP_…), since all on one page are half a
// megabyte.

const heading = '## Variables\n'

/** A prefix has a page of its own if so many constants have it; the others are on one page. */
const enough = 5
const others = 'others'

const introduction = 'Those of all systems, by what their names begin with. One that this system lacks is undefined.'

const plain = name => name.replaceAll('\\', '')
const isConstant = name => /^[A-Z\d]+(?:_|$)/.test(name) // AF_DECnet too, and no class

/** EPOLLIN and POLLIN are named without `_` in C. */
const prefixOf = name => /^E?POLL|^[A-Z\d]+(?=_)/.exec(name)?.[0] ?? others

const titleOf = prefix =>
  prefix === others ? 'Other constants' : `${prefix}${/^E?POLL$/.test(prefix) ? '…' : '\\_'} constants`

// The page is in a folder of its own; and the line of the generated file tells nothing.
const moved = text =>
  text
    .replace(/^Defined in: .*\n\n/m, '')
    .replace(/^\*\*\*\n/m, '')
    .replaceAll(/\]\((?!\w+:|#|\/)/g, '](../')
    .trim()

/** The constants by their pages: those of each prefix, in the order of the names. */
function grouped(constants) {
  const groups = new Map()
  for (const one of constants) {
    const prefix = prefixOf(one.name)
    groups.set(prefix, [...(groups.get(prefix) ?? []), one])
  }
  const pages = new Map()
  for (const [prefix, all] of [...groups].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const page = all.length >= enough ? prefix : others
    pages.set(page, [...(pages.get(page) ?? []), ...all])
  }
  const rest = pages.get(others)
  pages.delete(others)
  return rest === undefined ? pages : pages.set(others, rest)
}

/**
 * Takes the constants out of the page of the module. Returns the page, with a link to the list of them in their place,
 * and the pages of the folder `constants`, by their names: README.md is that list.
 */
export function divided(page) {
  const start = page.indexOf(`\n${heading}`) + 1
  if (start === 0) throw new Error('The page of the module has no variables')
  const after = page.indexOf('\n## ', start + heading.length)
  const end = after < 0 ? page.length : after + 1
  const parts = page.slice(start + heading.length, end).split(/^(?=### )/m)
  const variables = parts
    .filter(part => part.startsWith('### '))
    .map(text => ({ name: plain(/^### (.*)$/m.exec(text)[1]), text }))
  const constants = variables.filter(({ name }) => isConstant(name))
  const kept = variables.filter(({ name }) => !isConstant(name)).map(({ text }) => text)
  const pages = grouped(constants)
  const list = [...pages].map(([prefix, all]) =>
    `- [${titleOf(prefix)}](${prefix}.md): ${all.length}, ${all[0].name} to ${all.at(-1).name}`.replaceAll(
      /(?<!\\)_(?=[A-Z\d])/g,
      '\\_',
    ),
  )
  const files = new Map([
    ['README.md', `# Constants\n\n${introduction}\n\n${list.join('\n')}\n`],
    ...[...pages].map(([prefix, all]) => [
      `${prefix}.md`,
      `# ${titleOf(prefix)}\n\n${all.map(({ text }) => moved(text).replace(/^###/, '##')).join('\n\n')}\n`,
    ]),
  ])
  const link = `## Constants\n\n[${constants.length} constants](constants/README.md), by what their names begin with.\n\n`
  return { page: `${page.slice(0, start)}${link}${heading}${['\n', ...kept].join('')}${page.slice(end)}`, files }
}
