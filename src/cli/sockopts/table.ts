// The options of the package's table that this system has, by all their names.
import * as constants from '../../constants.js'
import { options } from '../../options/index.js'
import type { ReadableSockOpt, WritableSockOpt } from '../../options/index.js'
import { UsageError } from '../command.js'
import { didYouMean } from '../nearest.js'
import { units } from './units.js'

/** A row of the table, whose value may be one that can only be read or only be set. */
export interface Known {
  /** Its name in `options`. */
  readonly name: string
  /** Its name in C. */
  readonly option: string
  /** The level's name in C. */
  readonly level: string
  readonly row: ReadableSockOpt<unknown> | WritableSockOpt<unknown>
}

const levelNames = [
  ...['SOL_SOCKET', 'IPPROTO_IP', 'IPPROTO_IPV6', 'IPPROTO_TCP', 'IPPROTO_UDP', 'IPPROTO_UDPLITE', 'IPPROTO_ICMPV6'],
  ...['SOL_RAW', 'SOL_MPTCP', 'SOL_TLS', 'SOL_LOCAL', 'SOL_NETLINK', 'SOL_PACKET', 'AF_VSOCK', 'SOL_ALG'],
  ...['SOL_CAN_RAW', 'SOL_CAN_ISOTP', 'SOL_CAN_J1939'],
] as const

const levels: readonly string[] = levelNames

const numbers = constants as Readonly<Record<string, number | undefined>>

const levelOf = ({ level, option }: Known['row']): string =>
  option.startsWith('LOCAL_') ? 'SOL_LOCAL' : (levelNames.find(name => numbers[name] === level) ?? `${level}`)

// Also the former names, which are not enumerable: they come after the others.
const everyName: readonly Known[] = [...new Set([...Object.keys(options), ...Object.getOwnPropertyNames(options)])]
  .map(name => [name, (options as unknown as Record<string, Known['row']>)[name]!] as const)
  .filter(([, row]) => typeof row === 'object')
  .map(([name, row]) => ({ name, option: row.option, level: levelOf(row), row }))

/** The options that this system has, each once, by level and name in C. */
export const table: readonly Known[] = levelNames.flatMap(level => {
  const own = everyName.filter(known => known.level === level && known.row.name !== undefined)
  const once = new Map(own.toReversed().map(known => [known.option, known]))
  return [...once.values()].sort((a, b) => (a.option < b.option ? -1 : 1))
})

/** The options of this name, in C or in `options`: of several, each is at another level. */
export function optionsNamed(word: string): readonly Known[] {
  const same = (name: string): boolean => name.toLowerCase() === word.toLowerCase()
  const named = everyName.filter(({ name, option }) => name === word || same(option))
  if (named.length === 0) {
    const names = everyName.flatMap(({ name, option }) => [option, name])
    throw new UsageError(`${word}: no such option of sockets${didYouMean(word, names)}`)
  }
  const here = named.filter(({ row }) => row.level !== undefined && row.name !== undefined)
  if (here.length === 0) throw new UsageError(`${word}: ${process.platform} has no such option`)
  // Those of IPv4 first.
  return here.sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level))
}

/** What it takes or gives: `0 to 255`, `{ on, seconds }`, with the unit. */
export function formOf({ row, option }: Known): string {
  const { codec } = row as { codec: { form?: string; decode?: unknown; encode?: unknown } }
  const unit = units.get(option)
  const only = codec.encode === undefined ? ' (read only)' : codec.decode === undefined ? ' (set only)' : ''
  return `${codec.form ?? 'a value'}${unit === undefined ? '' : `, ${unit}`}${only}`
}

/** All names, for completion. */
export const optionWords = (): string[] => [...new Set(table.flatMap(({ option, name }) => [option, name]))]
