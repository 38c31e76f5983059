// What one call costs: in C, here on two floors, in Python; each in a process of its own.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { built, pinned, root, serverCore, version } from './machine.js'
import { wanted } from './question.js'
import type { Prepared, Question, Sample } from './question.js'

const run = promisify(execFile)

const program = (name: string): string[] => [process.execPath, join(import.meta.dirname, 'calls', name)]

const commands: Readonly<Record<string, string[]>> = {
  c: [built('calls')],
  syscalls: program('floor.js'),
  socket: program('socket.js'),
  python: ['python3', join(root, 'benchmarks/calls/calls.py')],
}

const names = [
  'send + recv, 64 B',
  'send + recv, 16 KiB',
  'getsockopt',
  'recv, EAGAIN',
  'getppid',
  'no call (htons)',
  'an error thrown',
]

export const calls: Question = {
  title: 'The cost of a call',
  columns: [{ key: 'ns', title: 'ns', digits: 0, ratio: true }],
  more: false,
  prepare(options): Promise<Prepared> {
    const skipped = version('python3', '--version') === null ? ['python: python3 is not installed'] : []
    const there = Object.entries(commands).filter(
      ([name]) => wanted(options, name) && !(name === 'python' && skipped.length > 0),
    )
    // A process measures all of its calls; the cases are the rows of what it printed.
    const printed = new Map<string, Record<string, number>[]>()
    const measure = async (name: string, command: string[], call: string, round: number): Promise<Sample> => {
      const rounds = printed.get(name) ?? []
      printed.set(name, rounds)
      if (rounds.length <= round) {
        const [file, ...args] = pinned(serverCore, [...command, `${Math.round(options.duration / 5)}`])
        rounds.push(JSON.parse((await run(file!, args)).stdout) as Record<string, number>)
      }
      const ns = rounds[round]![call]
      return ns === undefined ? {} : { ns }
    }
    return Promise.resolve({
      cases: names.map(call => ({
        name: call,
        entrants: there
          .filter(([name]) => has(name, call))
          .map(([name, command]) => {
            let round = 0
            return { name, measure: () => measure(name, command, call, round++) }
          }),
      })),
      skipped,
      close: () => Promise.resolve(),
    })
  },
}

function has(name: string, call: string): boolean {
  if (call === 'getppid') return name === 'c' || name === 'python'
  if (call === 'no call (htons)') return name === 'syscalls'
  return call !== 'an error thrown' || name === 'syscalls' || name === 'socket'
}
