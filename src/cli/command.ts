// The commands. Each is one table: its command line is parsed by it, and the help, the completion scripts and "did you mean"
// are derived from it.
import { parseArgs } from 'node:util'
import { paint } from './colours.js'
import { didYouMean } from './nearest.js'

/** An option, in the form for parseArgs of node:util, with its text for --help. */
export interface Option {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  readonly default?: string
  /** The possible values. */
  readonly words?: readonly string[]
  /** The name of the value in --help, if it has no `words`: `N`. FILE and FOLDER are completed as such. */
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
  /** The possible operands, if they are words; for completion. */
  readonly words?: () => readonly string[]
  /** Whether the first operand ends the options: what follows is a command with options of its own. */
  readonly optionsFirst?: boolean
  readonly options: O
  /** What --help says after the options. */
  readonly notes?: string
  /** Runs the command and returns the exit status. */
  run(values: Values<O>, operands: string[]): number | Promise<number>
}

/** A command in the list of all. */
export interface Entry {
  /** A short description for the help. */
  readonly purpose: string
  readonly load: () => Promise<{ command: Command }>
}

export type Entries = ReadonlyMap<string, Entry>

/** Defines a command; `run` gets values of the types of its options. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command<O> => command

/** An invalid command line; the exit status is 2. The message names the option. */
export class UsageError extends Error {}

/** Parses the value of a numeric option. Throws a UsageError if it is not an integer in its range. */
export function integer(name: string, text: string, smallest: number, largest: number): number {
  const number = Number(text)
  if (/^-?\d+$/.test(text) && number >= smallest && number <= largest) return number
  throw new UsageError(`${name}: not a number from ${smallest} to ${largest}: '${text}'`)
}

/** Returns the word if it is one of `words`; otherwise throws a UsageError, which names a similar one. */
export function oneOf(name: string, word: string, words: readonly string[]): string {
  if (words.includes(word)) return word
  throw new UsageError(`${name}: no such word: '${word}'${didYouMean(word, words)}`)
}

const help = { type: 'boolean', short: 'h', meaning: 'this text' } as const satisfies Option

/** All options of a command. */
export const optionsOf = (command: Command): Options => ({ ...command.options, help })

/** Parses the command line and runs the command, or prints its help. */
export async function runCommand(name: string, purpose: string, command: Command, args: string[]): Promise<number> {
  const options = optionsOf(command)
  const { values, operands } = parse(options, args, command)
  if (values.help === true) {
    console.log(helpOf(name, purpose, command))
    return 0
  }
  return command.run(values, operands)
}

const namesOf = (options: Options): string[] => Object.keys(options).map(name => `--${name}`)

interface Parsed {
  values: Values<Options> & { readonly help?: boolean }
  operands: string[]
}

function parse(options: Options, args: string[], { operands: allowed, optionsFirst }: Command): Parsed {
  const split = (args: string[]) =>
    parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true } as const)
  const first = optionsFirst === true ? split(args).tokens.find(({ kind }) => kind === 'positional')?.index : undefined
  const { tokens, positionals } = split(args.slice(0, first))
  const operands = first === undefined ? positionals : args.slice(first)
  const values: Record<string, string | boolean | undefined> = {}
  for (const [name, option] of Object.entries(options)) if (option.default !== undefined) values[name] = option.default
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    const option = Object.hasOwn(options, name) ? options[name] : undefined
    if (option === undefined)
      throw new UsageError(
        `${rawName}: no such option${rawName.startsWith('--') ? didYouMean(rawName, namesOf(options)) : ''}`,
      )
    if (option.type === 'string' && value === undefined) throw new UsageError(`${rawName}: needs a value`)
    if (option.type === 'boolean' && value !== undefined) throw new UsageError(`${rawName}: takes no value: '${value}'`)
    if (option.words !== undefined) oneOf(rawName, value!, option.words)
    values[name] = value ?? true
  }
  if (values.help !== true && allowed === undefined && operands.length > 0)
    throw new UsageError(`${operands[0]}: not an option, and there are no operands`)
  return { values: values as Parsed['values'], operands }
}

/** The text of --help. */
export function helpOf(name: string, purpose: string, command: Command): string {
  const lines = [
    `${paint('bold', `bsd-sockets ${name}`)}: ${purpose}`,
    '',
    `Usage: bsd-sockets ${name} [OPTION]... ${command.operands ?? ''}`.trimEnd(),
    '',
  ]
  for (const [long, { short, words, value, meaning, default: byDefault }] of Object.entries(optionsOf(command))) {
    const names = short === undefined ? `--${long}` : `-${short}, --${long}`
    lines.push(`  ${paint('bold', names)} ${words?.join('|') ?? value ?? ''}`.trimEnd())
    lines.push(`      ${meaning}${byDefault ? ` (default ${byDefault})` : ''}`)
  }
  if (command.notes !== undefined) lines.push('', command.notes)
  return lines.join('\n')
}
