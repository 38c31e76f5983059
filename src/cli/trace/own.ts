// The library's own trace as a source of events: programs of this package, and those that they start, append their calls to a
// file (src/syscalls/trace/file.ts).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TraceLine } from '../../syscalls/trace/file.js'
import type { Call, Descriptor, Event } from './event.js'
import { startProgram } from './program.js'
import type { Source } from './source.js'
import { addressOf, dataOf, withAddress } from './strace-lines.js'
import { tail } from './tail.js'

const LATE = 50 // milliseconds after which no line of an earlier call is expected

const timeOf = (line: TraceLine): number => (line.kind === 'call' ? line.ended : line.at)

/** Reads the lines of one trace; `offset` is from their clock to the milliseconds since 1970. */
export class OwnLines {
  readonly #offset: number
  readonly #known = new Set<number>() // threads
  #early: TraceLine[] = [] // in the order of their times: threads write their lines somewhat later

  constructor(offset: number) {
    this.#offset = offset
  }

  /** The events that are due with a line. */
  *read(text: string): Generator<Event> {
    const line = JSON.parse(text) as TraceLine
    const time = timeOf(line)
    const i = this.#early.findLastIndex(each => timeOf(each) <= time)
    this.#early.splice(i + 1, 0, line)
    const newest = timeOf(this.#early.at(-1)!)
    while (timeOf(this.#early[0]!) < newest - LATE) yield* this.#events(this.#early.shift()!)
  }

  /** The events that were held back. */
  *rest(): Generator<Event> {
    for (const line of this.#early.splice(0)) yield* this.#events(line)
  }

  *#events(line: TraceLine): Generator<Event> {
    const { pid, tid } = line
    const at = timeOf(line) + this.#offset
    if (line.kind === 'call') yield this.#call(line)
    else if (line.kind === 'end') yield { kind: 'exit', pid, tid, at, how: `exited with ${line.code}` }
    else if (!this.#known.has(tid)) {
      this.#known.add(tid)
      yield { kind: 'start', pid, tid, at, ...(!line.main && { parent: pid }) }
      if (line.main) yield { kind: 'exec', pid, tid, at, program: line.program }
    }
  }

  #call(line: TraceLine & { kind: 'call' }): Call {
    const { pid, tid, name, args, errno, note, source, sockets } = line
    const descriptor = (fd: number): Descriptor => {
      const found = sockets.find(each => each.fd === fd)
      if (found === undefined) return { fd }
      const { fd: number, ...socket } = found
      return { fd: number, socket }
    }
    const address = withAddress.test(name) ? addressOf(name, args) : undefined
    return {
      ...{ kind: 'call', pid, tid, name, args, result: `${line.result}` },
      ...{ began: line.began + this.#offset, ended: line.ended + this.#offset },
      ...{ descriptors: line.fds.map(descriptor), made: line.made.map(descriptor) },
      ...(errno !== undefined && { errno }),
      ...(note !== undefined && { note }),
      ...(source !== undefined && { source }),
      ...(address !== undefined && { address }),
      ...(errno === undefined && dataOf(name, args, line.result)),
    }
  }
}

/** Runs a command; of each buffer at most this many bytes are kept. */
export function ownSource([file, ...args]: readonly [string, ...string[]], bytes: number): Source {
  const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-trace-'))
  const lines = join(folder, 'lines')
  writeFileSync(lines, '')
  const env = { ...process.env, BSD_SOCKETS_TRACE_FILE: lines, BSD_SOCKETS_TRACE_BYTES: `${bytes}` }
  const program = startProgram(file, args, env, true)
  const reader = new OwnLines(performance.timeOrigin + performance.now() - Number(process.hrtime.bigint()) / 1e6)

  async function* events(): AsyncGenerator<Event | 'idle'> {
    try {
      for await (const { line, begun } of tail(lines, () => program.over)) {
        if (!begun) yield* reader.read(line)
        else {
          yield* reader.rest()
          yield 'idle'
        }
      }
      yield* reader.rest()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return { events: events(), ended: program.ended }
}
