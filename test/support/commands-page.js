// The help of each command in docs/commands.md, as the command prints it. `node test/support/commands-page.js --write` writes it.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

const page = join(root, 'docs/commands.md')

const env = { ...process.env, FORCE_COLOR: '0' }

const printed = (...args) =>
  execFileSync(process.execPath, [join(root, 'bin/bsd-sockets.js'), ...args], { env, encoding: 'utf8' })

/** What each command prints, by its name, and the list of all by the title of the page. */
export function helps() {
  const all = printed('help')
  const names = Array.from(all.matchAll(/^ {2}(\w+) {2,}\S/gm), ([, name]) => name)
  return Object.fromEntries([['The commands', all], ...names.map(name => [name, printed('help', name)])])
}

const sections = () => readFileSync(page, 'utf8').split(/^(?=##? )/m)
const titleOf = section => /^##? (.*)$/m.exec(section)[1]
const block = /(?<=^```text\n)[^]*?(?=^```$)/m

/** The same, as the page has it: the block of each section that has one. */
export const written = () =>
  Object.fromEntries(
    sections()
      .filter(section => block.test(section))
      .map(section => [titleOf(section), block.exec(section)[0]]),
  )

if (process.argv[2] === '--write') {
  const text = helps()
  writeFileSync(
    page,
    sections()
      .map(section => section.replace(block, () => text[titleOf(section)]))
      .join(''),
  )
}
