// The commands, and how their command lines are parsed.
import { parseArgs } from 'node:util'

/** An option, in the form for parseArgs of node:util, with its text for --help. */
export interface Option {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  readonly default?: string
  /** The possible values. */
  readonly words?: readonly string[]
  /** The name of the value in --help, if it has no `words`: `N`. */
  readonly value?: string
  readonly meaning: string
}

export type Options = Readonly<Record<string, Option>>

/** The values of the options; undefined for an option that is not given and has no default. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { type: 'boolean' }
    ? boolean | undefined
    : O[K] extends { default: string }
      ? string
      : string | undefined
}

/** A command; its module exports it as `command`. */
export interface Command<O extends Options = Options> {
  /** The operands after the options, for --help: `HOST PORT`. Undefined if there are none. */
  readonly operands?: string
  readonly options: O
  /** Runs the command and returns the exit status. */
  run(values: Values<O>, operands: string[]): number | Promise<number>
}

/** Defines a command; `run` gets values of the types of its options. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command<O> => command

/** An invalid command line; the exit status is 2. The message names the option. */
export class UsageError extends Error {}

/** Parses the value of a numeric option. Throws a UsageError if it is not an integer in its range. */
export function integer(name: string, text: string, smallest: number, largest: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= smallest && number <= largest) return number
  throw new UsageError(`${name}: not a number from ${smallest} to ${largest}: '${text}'`)
}

const help = { type: 'boolean', meaning: 'this text' } as const satisfies Option

/** Parses the command line and runs the command, or prints its help. */
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
