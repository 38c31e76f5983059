// Runs `bsd-sockets trace` and reads the events that it wrote.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { run } from '../../support/echo-server.js'
import { root } from '../../support/root.js'
import { tool } from '../../support/tools.js'
import { steady } from '../../support/trace-pictures.js'

export const trace = [process.execPath, join(root, 'bin/bsd-sockets.js'), 'trace']

/** A test that needs strace. */
export const traced = test.skipIf(process.platform !== 'linux' || !tool('strace'))

export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trace-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** One line of --json. */
export interface Line {
  kind: string
  number: number
  pid: number
  tid: number
  program: string
  call?: string
  args?: string[]
  result?: number
  errno?: string
  source?: string
  began: number
  ended: number
  size?: number
  bytes?: string
  signal?: string
  how?: string
  sockets?: { number: number; protocol: string; local?: string; peer?: string }[]
  states?: { socket: number; state: string }[]
  arrows?: { kind: string; from: number; to: number; size: number }[]
}

export const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line)

/** The lines of a trace of this command, which must end with status 0. */
export async function linesOfTrace(command: readonly string[], ...options: string[]): Promise<Line[]> {
  const file = join(temporary(), 'trace.json')
  const { code, stdout, stderr } = await run([...trace, ...options, '-o', file, '--', ...command]).ended
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout })
  return linesOf(readFileSync(file, 'utf8'))
}

/** The calls of each thread that succeeded, besides waits. */
export const callsOfLines = (lines: readonly Line[]): string[] =>
  steady(lines.map(({ tid, call = '', result }): [number, string, number | undefined] => [tid, call, result]))

/** The arrows as `connect -> accept4`, `sendto -> recvfrom 12`. */
export function arrowsOf(lines: readonly Line[]): string[] {
  const name = (number: number): string => lines.find(line => line.number === number)?.call ?? `exit`
  const all = lines.flatMap(({ arrows = [] }) => arrows)
  return all.map(({ from, to, size }) => `${name(from)} -> ${name(to)}${size > 0 ? ` ${size}` : ''}`)
}

/** The states that each program's sockets went through. */
export function statesOf(lines: readonly Line[], program: RegExp): string[] {
  const own = new Set(
    lines
      .flatMap(line =>
        program.test(line.program) && !/^(epoll|poll|select)/.test(line.call ?? '') ? (line.sockets ?? []) : [],
      )
      .map(({ number }) => number),
  )
  return lines.flatMap(({ states = [] }) => states.filter(({ socket }) => own.has(socket)).map(({ state }) => state))
}
