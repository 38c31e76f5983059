// Prints the list of the commands, or the help of one.
import { paint } from './colours.js'
import { defineCommand, helpOf, UsageError } from './command.js'
import type { Command, Entries, Entry } from './command.js'
import { didYouMean } from './nearest.js'

/** The list of the commands. */
export function helpOfAll(commands: Entries): string {
  const rows = [...commands].map(
    ([name, { purpose }]) => `  ${paint('bold', name)}${' '.repeat(12 - name.length)}${purpose}`,
  )
  const last = ['  help COMMAND, or --help after a command, tells its options', '  --version tells the version']
  return ['Usage: bsd-sockets COMMAND [OPTION]...', '', ...rows, '', ...last].join('\n')
}

/** The command of this name. Throws a UsageError, which names a similar one. */
export function entryOf(commands: Entries, name: string): Entry {
  const entry = commands.get(name)
  if (entry !== undefined) return entry
  const words = name.startsWith('-') ? ['--help', '--version'] : commands.keys()
  throw new UsageError(`${name}: no such ${name.startsWith('-') ? 'option' : 'command'}${didYouMean(name, words)}`)
}

/** `help`, for these commands. */
export const helpCommand = (commands: Entries): Command =>
  defineCommand({
    operands: '[COMMAND]',
    words: () => [...commands.keys()],
    options: {},
    async run(_, [name, ...rest]) {
      if (rest.length > 0) throw new UsageError(`${rest[0]}: at most one command`)
      if (name === undefined) console.log(helpOfAll(commands))
      else {
        const { purpose, load } = entryOf(commands, name)
        console.log(helpOf(name, purpose, (await load()).command))
      }
      return 0
    },
  })
