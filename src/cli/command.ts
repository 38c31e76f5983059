// What a command is, and how its command line is read.
import { parseArgs } from 'node:util'

/** An option, as node:util's parseArgs takes it, and what --help says of it. */
export interface Option {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  readonly default?: string
  /** The words that the value may be. */
  readonly words?: readonly string[]
  /** What stands in --help for a value that is none of a few words: `N`. */
  readonly value?: string
  readonly meaning: string
}

export type Options = Readonly<Record<string, Option>>

/** What the command line says of the options: undefined where it says nothing and there is no default. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { type: 'boolean' }
    ? boolean | undefined
    : O[K] extends { default: string }
      ? string
      : string | undefined
}

/** A command; each module of one exports it as `command`. */
export interface Command<O extends Options = Options> {
  /** What follows the options in --help, where something may: `HOST PORT`. */
  readonly operands?: string
  readonly options: O
  /** Runs to the end, and returns the exit status. */
  run(values: Values<O>, operands: string[]): number | Promise<number>
}

/** The command, whose `run` gets the types of its options. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command<O> => command

/** A command line that makes no sense: the exit status is 2. The message names the option. */
export class UsageError extends Error {}

/** The number that an option was given, within its range. */
export function integer(name: string, text: string, smallest: number, largest: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= smallest && number <= largest) return number
  throw new UsageError(`${name}: not a number from ${smallest} to ${largest}: '${text}'`)
}

const help = { type: 'boolean', meaning: 'this text' } as const satisfies Option

/** Reads the command line and runs the command, or prints its help. */
export async function runCommand(name: string, purpose: string, command: Command, args: string[]): Promise<number> {
  const options: Options = { ...command.options, help }
  const { values, positionals } = parse(options, args, command.operands !== undefined)
  if (values.help === true) {
    console.log(helpOf(name, purpose, command.operands ?? '', options))
    return 0
  }
  return command.run(values as Values<Options>, positionals)
}

function parse(options: Options, args: string[], allowPositionals: boolean): ReturnType<typeof parseArgs> {
  try {
    const result = parseArgs({ args, options, allowPositionals })
    for (const [name, { words }] of Object.entries(options)) {
      const value = result.values[name]
      if (words !== undefined && typeof value === 'string' && !words.includes(value)) {
        throw new UsageError(`--${name}: no such word: '${value}'`)
      }
    }
    return result
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(error.message.split(/[.\n]\s/)[0], { cause: error })
  }
}

function helpOf(name: string, purpose: string, operands: string, options: Options): string {
  const lines = [
    `bsd-sockets ${name}: ${purpose}`,
    '',
    `Usage: bsd-sockets ${name} [OPTION]... ${operands}`.trimEnd(),
    '',
  ]
  for (const [long, { short, words, value, meaning, default: byDefault }] of Object.entries(options)) {
    const names = short === undefined ? `--${long}` : `-${short}, --${long}`
    lines.push(`  ${names} ${words?.join('|') ?? value ?? ''}`.trimEnd())
    lines.push(`      ${meaning}${byDefault === undefined ? '' : ` (default ${byDefault})`}`)
  }
  return lines.join('\n')
}
