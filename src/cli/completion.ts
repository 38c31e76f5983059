// Prints a script by which a shell completes this command's words. bash(1), zshcompsys(1), fish's complete(1)
import { defineCommand, oneOf, optionsOf, UsageError } from './command.js'
import type { Command, Entries, Option } from './command.js'

interface Known {
  readonly name: string
  readonly purpose: string
  readonly operands: readonly string[]
  /** Whether files are completed as operands. */
  readonly files: boolean
  readonly options: readonly (readonly [string, Option])[]
}

// A string for a shell, in single quotes.
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

// The kind of value that a shell completes by itself.
const kindOf = ({ value }: Option): 'file' | 'folder' | 'none' =>
  value === 'FILE' ? 'file' : value === 'FOLDER' ? 'folder' : 'none'

const flagsOf = ([long, { short }]: readonly [string, Option]): string[] =>
  short === undefined ? [`--${long}`] : [`-${short}`, `--${long}`]

function bash(commands: readonly Known[]): string {
  const lines = [
    '# bash completion of bsd-sockets; to use it: source <(bsd-sockets completion bash)',
    '_bsd_sockets() {',
    '  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}',
    '  COMPREPLY=()',
    '  if ((COMP_CWORD == 1)); then',
    `    COMPREPLY=($(compgen -W ${quoted([...commands.map(({ name }) => name), '--help', '--version'].join(' '))} -- "$word"))`,
    '    return',
    '  fi',
    '  case ${COMP_WORDS[1]}:$before in',
  ]
  for (const { name, options } of commands) {
    for (const option of options) {
      if (option[1].type === 'boolean') continue
      const pattern = flagsOf(option)
        .map(flag => `${name}:${flag}`)
        .join('|')
      const kind = kindOf(option[1])
      const words = `-W ${quoted((option[1].words ?? []).join(' '))}`
      const how = kind === 'file' ? '-f' : kind === 'folder' ? '-d' : words
      lines.push(`    ${pattern}) COMPREPLY=($(compgen ${how} -- "$word")); return ;;`)
    }
  }
  lines.push('  esac', '  case ${COMP_WORDS[1]}:$word in')
  for (const { name, options, operands, files } of commands) {
    lines.push(`    ${name}:-*) COMPREPLY=($(compgen -W ${quoted(options.flatMap(flagsOf).join(' '))} -- "$word")) ;;`)
    const how = files ? '-f' : `-W ${quoted(operands.join(' '))}`
    lines.push(`    ${name}:*) COMPREPLY=($(compgen ${how} -- "$word")) ;;`)
  }
  lines.push('  esac', '}', 'complete -F _bsd_sockets bsd-sockets')
  return lines.join('\n')
}

function zsh(commands: readonly Known[]): string {
  // In a specification of _arguments, `:`, `[` and `]` have a meaning.
  const plain = (text: string): string => text.replaceAll(/[:[\]\\]/g, character => `\\${character}`)
  const lines = [
    '#compdef bsd-sockets',
    '# zsh completion of bsd-sockets; to use it: source <(bsd-sockets completion zsh)',
    '_bsd_sockets() {',
    '  local -a commands',
    '  if ((CURRENT == 2)); then',
    '    commands=(',
    ...commands.map(({ name, purpose }) => `      ${quoted(`${name}:${purpose}`)}`),
    '    )',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words',
    '  ((CURRENT--))',
    '  case $command in',
  ]
  for (const { name, options, operands, files } of commands) {
    lines.push(`    ${name}) _arguments -s \\`)
    for (const option of options) {
      const [long, { type, words, value, meaning }] = option
      const kind = kindOf(option[1])
      const action = kind === 'file' ? '_files' : kind === 'folder' ? '_files -/' : words ? `(${words.join(' ')})` : ' '
      const argument = type === 'boolean' ? '' : `:${plain(value ?? long)}:${action}`
      for (const flag of flagsOf(option)) lines.push(`      ${quoted(`${flag}[${plain(meaning)}]${argument}`)} \\`)
    }
    lines.push(`      ${quoted(files ? '*:file:_files' : `*:operand:(${operands.join(' ')})`)} ;;`)
  }
  lines.push('  esac', '}', 'compdef _bsd_sockets bsd-sockets')
  return lines.join('\n')
}

function fish(commands: readonly Known[]): string {
  const complete = 'complete -c bsd-sockets'
  const lines = [
    '# fish completion of bsd-sockets; to use it: bsd-sockets completion fish | source',
    `${complete} -f`,
    ...commands.map(({ name, purpose }) => `${complete} -n __fish_use_subcommand -a ${name} -d ${quoted(purpose)}`),
  ]
  for (const { name, options, operands, files } of commands) {
    const within = `${complete} -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`
    if (files) lines.push(`${within} -F`)
    if (operands.length > 0) lines.push(`${within} -a ${quoted(operands.join(' '))}`)
    for (const [long, option] of options) {
      const { short, type, words, meaning } = option
      const value =
        type === 'boolean'
          ? ''
          : words
            ? ` -x -a ${quoted(words.join(' '))}`
            : kindOf(option) === 'none'
              ? ' -x'
              : ' -r -F'
      lines.push(`${within}${short === undefined ? '' : ` -s ${short}`} -l ${long}${value} -d ${quoted(meaning)}`)
    }
  }
  return lines.join('\n')
}

const shells: Readonly<Record<string, (commands: readonly Known[]) => string>> = { bash, zsh, fish }

async function known(commands: Entries): Promise<Known[]> {
  return Promise.all(
    [...commands].map(async ([name, { purpose, load }]) => {
      const { command } = await load()
      const options = Object.entries(optionsOf(command))
      const files = command.operands?.includes('FILE') ?? false
      return { name, purpose, operands: command.words?.() ?? [], files, options }
    }),
  )
}

/** `completion`, for these commands. */
export const completionCommand = (commands: Entries): Command =>
  defineCommand({
    operands: 'bash|zsh|fish',
    words: () => Object.keys(shells),
    options: {},
    async run(_, [shell = '', ...rest]) {
      if (rest.length > 0) throw new UsageError(`${rest[0]}: one shell is needed`)
      const script = shells[oneOf('SHELL', shell, Object.keys(shells))]!
      console.log(script(await known(commands)))
      return 0
    },
  })
