// With BSD_SOCKETS_TRACE_MARKS: strace(1) sees the line of the program that made each call. After the call comes a mark, a writev(2)
// to descriptor −1, which fails and does nothing else. `bsd-sockets trace` reads it (src/cli/trace/marks.ts).
import { call } from '../native.js'
import type { CallMessage } from './message.js'
import { lineOf } from './line.js'

/** A mark: the call that it is of, by what strace sees of that too. */
export interface Mark {
  readonly name: string
  readonly result: number
  readonly errno?: string | undefined
  /** The first argument if it is a number: mostly the descriptor. */
  readonly first?: number | undefined
  readonly source?: string | undefined
}

const PIECE = 200 // bytes: strace shows 256 of each buffer, or more

const writev = call<(fd: number, views: readonly Uint8Array[]) => number>('writev')

/** Marks a call. */
export function writeMark(message: unknown): void {
  const of = message as CallMessage
  const { name, result, errno, values } = of
  const first = typeof values[0] === 'number' ? values[0] : undefined
  const mark: Mark = { name, result, errno, first, source: lineOf(of, first) }
  const bytes = Buffer.from(`bsd-sockets:call ${JSON.stringify(mark)}`)
  const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, i) =>
    bytes.subarray(i * PIECE, (i + 1) * PIECE),
  )
  writev(-1, pieces)
}
