// Runs a program, or joins one, and draws the conversation of its sockets.
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { extname } from 'node:path'
import { paint } from './colours.js'
import { defineCommand, integer, UsageError } from './command.js'
import { Conversation } from './trace/conversation.js'
import { filterOf } from './trace/filter.js'
import { ownSource } from './trace/own.js'
import { canStrace, straceSource } from './trace/source.js'
import type { Source, Target } from './trace/source.js'
import { outputs } from './trace/output.js'
import type { Output } from './trace/output.js'
import type { Step } from './trace/steps.js'

const formats = ['html', 'json', 'svg'] as const
type Format = (typeof formats)[number] | 'text'

const ofExtension: Readonly<Record<string, Format>> = {
  '.htm': 'html',
  '.html': 'html',
  '.json': 'json',
  '.jsonl': 'json',
  '.svg': 'svg',
}

function formatOf(
  values: { readonly [K in (typeof formats)[number]]?: boolean | undefined },
  output: string | undefined,
): Format {
  const chosen = formats.filter(format => values[format])
  if (chosen.length > 1) throw new UsageError(`--${chosen[1]}: not together with --${chosen[0]}`)
  const format = chosen[0] ?? ofExtension[extname(output ?? '')] ?? 'text'
  if (/html|svg/.test(format) && output === undefined) throw new UsageError(`--${format}: needs -o FILE`)
  return format
}

function targetOf(pid: string | undefined, command: string[]): Target {
  if (pid !== undefined && command.length > 0) throw new UsageError('--pid: not together with a command')
  if (pid !== undefined) return { pid: integer('--pid', pid, 1, 2 ** 31 - 1) }
  const [program, ...args] = command
  if (program === undefined) throw new UsageError('COMMAND or --pid: one is needed')
  return { command: /\.[cm]?[jt]s$/.test(program) ? [process.execPath, program, ...args] : [program, ...args] }
}

function sourceOf(target: Target, own: boolean, bytes: number, lines: boolean): Source {
  if (own && 'pid' in target) throw new UsageError('--own: not together with --pid')
  if (!own && canStrace()) return straceSource(target, bytes, lines)
  if ('pid' in target) throw new Error('--pid needs strace, which is not installed or may not trace')
  return ownSource(target.command, bytes)
}

export const command = defineCommand({
  operands: '[--] COMMAND [ARGUMENT]...',
  optionsFirst: true,
  options: {
    pid: { type: 'string', short: 'p', value: 'N', meaning: 'join this running process instead; Ctrl-C leaves it' },
    own: {
      type: 'boolean',
      meaning: 'by the trace of the library itself, without strace: its calls only, each with the line that made it',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      meaning: 'write to this file, not to standard error; its ending .svg, .html or .json chooses the form',
    },
    svg: { type: 'boolean', meaning: 'a picture' },
    html: { type: 'boolean', meaning: 'a page: search, zoom, and the bytes of each call; it needs nothing else' },
    json: { type: 'boolean', meaning: 'one event a line' },
    calls: {
      type: 'string',
      short: 'c',
      value: 'NAMES',
      meaning: 'only these: names, or close, connect, data, names, options, wait; with commas between',
    },
    sockets: {
      type: 'string',
      short: 's',
      value: 'WHICH',
      meaning: 'only sockets with one of these ports, addresses, paths or protocols (tcp, udp, unix)',
    },
    bytes: {
      type: 'string',
      short: 'b',
      value: 'N',
      default: '32',
      meaning: 'how many bytes of each message are shown; of a page, kept: ten times as many',
    },
    time: {
      type: 'string',
      short: 't',
      words: ['relative', 'clock', 'none'],
      default: 'relative',
      meaning: 'milliseconds since the first call, UTC, or nothing',
    },
    width: {
      type: 'string',
      short: 'w',
      value: 'N',
      meaning: 'columns of the text (default: those of the terminal, otherwise 120)',
    },
  },
  notes:
    'A file that ends in .js, .mjs, .cjs, .ts, .mts or .cts is run by Node. The exit status is that of the program.',
  async run(values, operands) {
    const target = targetOf(values.pid, operands)
    const format = formatOf(values, values.output)
    const shows = filterOf(values.calls, values.sockets)
    const bytes = integer('--bytes', values.bytes, 0, 1 << 20)
    const width = integer('--width', values.width ?? `${process.stderr.columns ?? 120}`, 20, 10_000)
    const lines = format === 'html' || format === 'json' // the others do not show them
    const source = sourceOf(target, values.own ?? false, format === 'html' ? bytes * 10 : bytes, lines)
    const out = values.output === undefined ? process.stderr : createWriteStream(values.output)
    const write = (text: string): void => void out.write(text)
    const toTerminal = values.output === undefined
    const output: Output = outputs[format]({
      ...{ write, width, bytes, time: values.time as 'clock' | 'none' | 'relative' },
      paint: (style, text) => (toTerminal ? paint(style, text, process.stderr) : text),
      title:
        'command' in target ? target.command.join(' ').replace(/\s+/g, ' ').slice(0, 200) : `process ${target.pid}`,
    })
    const conversation = new Conversation()
    const show = (step: Step): void => {
      if (shows(step)) output.step?.(step)
    }
    for await (const event of source.events) {
      if (event === 'idle') output.idle?.()
      else for (const step of conversation.add(event)) show(step)
    }
    for (const step of conversation.end()) show(step)
    output.end?.(conversation.steps.filter(shows))
    const { code, signal } = await source.ended
    if (values.output !== undefined) {
      out.end()
      await once(out, 'close')
    }
    if ('pid' in target && signal !== null) return 0
    if (signal !== null) process.kill(process.pid, signal)
    return code ?? 1
  },
})
