// Prints the options of sockets, and sets them: of new sockets, or of one of another process.
import { AF_INET6 } from '../constants.js'
import { isSocketError } from '../errors.js'
import type { SocketError } from '../errors.js'
import { getOption, options as sockopts } from '../options/index.js'
import { printable, printableJson } from '../printable.js'
import { constantName } from '../shown.js'
import { paint } from './colours.js'
import { defineCommand, integer, UsageError } from './command.js'
import type { Options, Values } from './command.js'
import { foreignSocket, isInet, kindAt, kindGiven, kindsOf, NewSockets } from './sockopts/sockets.js'
import { socketsOf, tcp, typeWords, udp, unix } from './sockopts/sockets.js'
import type { Kind } from './sockopts/sockets.js'
import { formOf, optionsNamed, optionWords, table } from './sockopts/table.js'
import type { Known } from './sockopts/table.js'
import { read, set, shown, valueOf } from './sockopts/values.js'
import type { Result } from './sockopts/values.js'

const options = {
  family: {
    type: 'string',
    short: 'f',
    value: 'NAME',
    meaning: 'of a new socket: inet, inet6, unix, packet, AF_VSOCK, 16…',
  },
  type: { type: 'string', short: 't', value: 'NAME', meaning: `its type: ${typeWords.join(', ')}, or a number` },
  protocol: { type: 'string', value: 'NAME', meaning: 'its protocol: udplite, mptcp, IPPROTO_ICMP, NETLINK_ROUTE, 6…' },
  pid: {
    type: 'string',
    short: 'p',
    value: 'N',
    meaning: 'a socket of this process instead; read and set there, by --fd',
  },
  fd: { type: 'string', value: 'N', meaning: 'its descriptor there' },
  json: { type: 'boolean', meaning: 'one array in JSON, with one option in each line' },
} as const satisfies Options

type Given = Values<typeof options>

/** Where options are read and set. */
interface Place {
  readonly fd: number
  readonly family: number
  readonly name: string
}

/** An operand: an option by its name, and its new value. */
interface Wish {
  /** Of several levels if the name is one at each. */
  readonly named: readonly Known[]
  readonly value: unknown
  readonly sets: boolean
}

function wishOf(operand: string): Wish {
  const at = operand.indexOf('=')
  const named = optionsNamed(at < 0 ? operand : operand.slice(0, at))
  return { named, sets: at >= 0, value: at < 0 ? undefined : valueOf(named[0]!, operand.slice(at + 1)) }
}

/** What became of a wish. */
interface Done {
  readonly known: Known
  readonly socket: string
  readonly before: Result | undefined
  /** Undefined if nothing was to be set. */
  readonly after?: Result | undefined
  readonly failure?: SocketError
}

function fulfil(known: Known, { sets, value }: Wish, { fd, name: socket }: Place): Done {
  const before = read(fd, known)
  if (!sets)
    return { known, socket, before, ...(before !== undefined && 'error' in before && { failure: before.error }) }
  try {
    set(fd, known, value)
    return { known, socket, before, after: read(fd, known) }
  } catch (error) {
    if (!isSocketError(error)) throw error
    return { known, socket, before, after: { error }, failure: error }
  }
}

const isUnknown = ({ failure }: Done): boolean => ['ENOPROTOOPT', 'ENOTSUP', 'EPROTO'].includes(failure?.code ?? '')

function nameOf({ family, type, protocol }: Kind): string {
  const words = [constantName('AF', family), constantName('SOCK', type)]
  if (protocol !== 0) words.push(isInet(family) ? constantName('IPPROTO', protocol) : `${protocol}`)
  return words.join(' ')
}

// On the first kind of socket that knows the option.
function fulfilAnywhere(wish: Wish, sockets: NewSockets): Done {
  const [known] = wish.named
  let done: Done | undefined
  for (const kind of kindsOf(known!.row.level)) {
    try {
      done = fulfil(known!, wish, { fd: sockets.of(kind), family: kind.family, name: nameOf(kind) })
    } catch (error) {
      if (!isSocketError(error)) throw error
      done ??= { known: known!, socket: nameOf(kind), before: { error }, failure: error }
      continue
    }
    if (!isUnknown(done)) break
  }
  return done!
}

const fulfilAt = (wish: Wish, place: Place): Done =>
  fulfil(
    wish.named.find(({ level }) => (level === 'IPPROTO_IPV6') === (place.family === AF_INET6)) ?? wish.named[0]!,
    wish,
    place,
  )

const cellOf = (result: Result | undefined): string =>
  result === undefined ? '' : 'error' in result ? result.error.code : printable(shown(result.value))

const json = (result: Result | undefined): object =>
  result === undefined ? {} : 'error' in result ? { error: result.error.code } : { value: result.value }

const described = (known: Known): object => ({
  option: known.option,
  name: known.name,
  level: known.level,
  takes: formOf(known),
})

const widest = 28 // characters of a cell in the list

const shortened = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text)

const cells = (known: Known, width = Infinity): string[] => [
  known.level,
  known.option,
  known.name,
  shortened(formOf(known), width),
]

function printJson(objects: readonly object[]): void {
  const lines = objects.map(printableJson)
  console.log(lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n]`)
}

// Columns that are as wide as their widest cell; the last one is not padded.
function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, i) => rows.reduce((width, row) => Math.max(width, row[i]!.length), title.length))
  const lineOf = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()
  console.log(paint('bold', lineOf(head)))
  for (const row of rows) console.log(lineOf(row))
}

const about = ['level', 'option', 'name', 'takes']

function report(all: readonly Done[], asJson: boolean | undefined): number {
  const sets = all.some(({ after }) => after !== undefined)
  if (asJson)
    printJson(
      all.map(({ known, socket, before, after, failure }) => ({
        ...described(known),
        socket,
        ...(after === undefined && failure === undefined && json(before)),
        ...(after !== undefined && { before: json(before), after: json(after) }),
        ...(failure !== undefined && { error: failure.code }),
      })),
    )
  else
    printTable(
      [...about, 'socket', ...(sets ? ['before', 'after'] : ['value'])],
      all.map(({ known, socket, before, after }) => [
        ...cells(known),
        socket,
        cellOf(before),
        ...(sets ? [cellOf(after)] : []),
      ]),
    )
  const failures = all.flatMap(({ failure }) => failure ?? [])
  for (const failure of failures) {
    console.error(`bsd-sockets sockopts: ${failure.message}`)
    if (failure.hint !== undefined) console.error(failure.hint)
  }
  return failures.length === 0 ? 0 : 1
}

/** A column of the list: a socket for each level. */
type Column = readonly [title: string, fdAt: (level: string) => number]

function listAll(columns: readonly Column[], asJson: boolean | undefined): number {
  const resultsOf = (known: Known): (Result | undefined)[] =>
    columns.map(([, fdAt]) => resultAt(known, () => fdAt(known.level)))
  if (asJson)
    printJson(
      table.map(known => {
        const results = resultsOf(known).map(json)
        const all = Object.fromEntries(columns.map(([title], i) => [title, results[i]]))
        return { ...described(known), ...(columns.length === 1 ? results[0] : { sockets: all }) }
      }),
    )
  else
    printTable(
      [...about, ...columns.map(([title]) => title)],
      table.map(known => [
        ...cells(known, widest),
        ...resultsOf(known).map(result => shortened(cellOf(result), widest)),
      ]),
    )
  return 0
}

// A family that the machine lacks is no reason to end: it has an errno too.
function resultAt(known: Known, open: () => number): Result | undefined {
  try {
    return read(open(), known)
  } catch (error) {
    if (!isSocketError(error)) throw error
    return { error }
  }
}

function foreignOf({ pid, fd, ...kind }: Given): [pid: number, fd: number] | undefined {
  if (pid === undefined) {
    if (fd !== undefined) throw new UsageError('--fd: only together with --pid')
    return undefined
  }
  const number = integer('--pid', pid, 1, 2 ** 31 - 1)
  if (fd === undefined) throw new UsageError(`--pid: needs --fd: process ${number} has ${socketsOf(number)}`)
  for (const option of ['family', 'type', 'protocol'] as const)
    if (kind[option] !== undefined) throw new UsageError(`--${option}: not together with --pid`)
  return [number, integer('--fd', fd, 0, 2 ** 31 - 1)]
}

export const command = defineCommand({
  operands: '[OPTION[=VALUE]]...',
  words: optionWords,
  options,
  notes: [
    'OPTION is a name in C or in `options` of the package: TCP_KEEPCNT, tcpKeepCount. It is read, or set and read before and after',
    "that. Without --family, --type, --protocol and --pid it is that of a new socket of the option's kind. Without OPTION all options",
    'are listed that this system has. A name such as ENOPROTOOPT is the errno of the attempt to read it: the option is one of other',
    'sockets, or of a connection. VALUE: a number, 1 or 0, true or false, a text, bytes in hexadecimal, or an object in JSON.',
    '--pid needs Linux 5.6, and the right to trace that process: root, or the same user where kernel.yama.ptrace_scope is 0.',
    'Status: 0, 1 if a named option could not be read or set, 2 for a wrong command line.',
    '',
    'Examples:',
    '  bsd-sockets sockopts                                    all options, of new TCP, UDP and Unix sockets',
    '  bsd-sockets sockopts TCP_KEEPIDLE receiveBuffer         two of them',
    '  bsd-sockets sockopts SO_RCVBUF=100000                   whether it may be set, and what the kernel makes of it',
    '  bsd-sockets sockopts \'SO_LINGER={"on":true,"seconds":5}\'',
    '  bsd-sockets sockopts --family netlink --protocol route  all, of another kind of socket',
    '  bsd-sockets sockopts --pid 1234 --fd 20 TCP_NODELAY=1   of a connection of a running program (`ss -tp` has both numbers)',
  ].join('\n'),
  run(given, operands) {
    const foreign = foreignOf(given)
    const kind = kindGiven(given)
    const wishes = operands.map(wishOf)
    if (foreign !== undefined) {
      using socket = foreignSocket(...foreign)
      const name = `process ${foreign[0]}, fd ${foreign[1]}`
      if (wishes.length === 0) return listAll([[name, () => socket.fd]], given.json)
      const family = getOption(socket, sockopts.domain)
      return report(
        wishes.map(wish => fulfilAt(wish, { fd: socket.fd, family, name })),
        given.json,
      )
    }
    using sockets = new NewSockets()
    if (wishes.length === 0) {
      const titles: [string, Kind][] =
        kind === undefined
          ? [
              ['TCP', tcp],
              ['UDP', udp],
              ['Unix', unix],
            ]
          : [[nameOf(kind), kind]]
      const columns = titles.map(([title, own]): Column => [title, level => sockets.of(kind ?? kindAt(level, own))])
      return listAll(columns, given.json)
    }
    const done =
      kind === undefined
        ? wishes.map(wish => fulfilAnywhere(wish, sockets))
        : wishes.map(wish => fulfilAt(wish, { fd: sockets.of(kind), family: kind.family, name: nameOf(kind) }))
    return report(done, given.json)
  },
})
