// Loaded when the stack of one of the package's errors is first read.
import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

// The package's lib/. A bundle of a program has the program's own code in the same file.
const own =
  typeof __dirname === 'string' && existsSync(join(__dirname, 'syscalls.bundle.cjs')) ? __dirname + sep : undefined
const url = own === undefined ? undefined : pathToFileURL(own).href

const isFrame = (line: string): boolean => /^\s+at /.test(line)

// Of the package or the runtime, or without a file, for example `at new Promise (<anonymous>)`.
const isInner = (line: string): boolean =>
  own === undefined ||
  line.includes(own) ||
  line.includes(url!) ||
  /\b(node|ext|native):|\(<anonymous>\)$|\(native|(\[source:\d+\]|\bunknown):\d|\(index \d+\)$/.test(line)

/** A stack trace from the first frame of the program on, of at most `limit` frames; from the first of all if it has none. */
export function callersLine(stack: string | undefined, limit: unknown): string | undefined {
  if (typeof stack !== 'string') return stack // `prepareStackTrace` may return anything
  const lines = stack.split('\n')
  const first = lines.findIndex(isFrame)
  const caller = lines.findIndex((line, i) => i >= first && isFrame(line) && !isInner(line))
  if (first < 0) return stack
  const begin = caller < 0 ? first : caller
  return [...lines.slice(0, first), ...lines.slice(begin, begin + Number(limit))].join('\n')
}

/** The place of the first frame of the program, `file:line:column`. */
export function firstLine(stack: unknown): string | undefined {
  if (typeof stack !== 'string') return undefined
  const frame = stack.split('\n').find(line => isFrame(line) && !isInner(line))
  const place = frame === undefined ? undefined : /((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/.exec(frame)?.[1]
  return place?.startsWith('file:') ? place.replace(/^file:.*?(?=:\d+:\d+$)/, found => fileURLToPath(found)) : place
}
