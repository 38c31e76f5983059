// The program that a check runs, in whatever language it is written, and what the checks ask of it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'bsd-sockets/promises'

/** How long a check waits for anything. */
export const soon = { timeout: 10_000 }

/** Starts the program with these arguments. */
export type Start = (...args: readonly string[]) => Running

/** A chapter's checks: of its own programs, and of an answer to its exercise. They throw what is wrong. */
export interface Check {
  program(start: Start): Promise<void>
  exercise(start: Start): Promise<void>
}

export class Running {
  readonly process: ChildProcessWithoutNullStreams
  /** What it has printed so far. */
  output = ''
  readonly #closed: Promise<[code: number | null, signal: NodeJS.Signals | null]>
  readonly #sockets: Socket[] = []

  constructor(command: string, args: readonly string[]) {
    this.process = spawn(command, args)
    this.process.stdout.setEncoding('utf8').on('data', text => (this.output += String(text)))
    this.process.stderr.pipe(process.stderr)
    this.process.stdin.on('error', () => undefined) // it may end before it has read all
    this.#closed = once(this.process, 'close') as Promise<[number | null, NodeJS.Signals | null]>
    this.#closed.catch(() => undefined) // is reported to those who wait
  }

  /** Waits until what it has printed matches. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const timeout = AbortSignal.timeout(soon.timeout)
    for (;;) {
      const match = pattern.exec(this.output)
      if (match !== null) return match
      const more = once(this.process.stdout, 'data', { signal: timeout }).catch(() => ['late'])
      const [what] = await Promise.race([
        more.then(([text]) => [text === 'late' ? 'late' : 'more']),
        this.#closed.then(() => ['ended']),
      ])
      if (what === 'ended' && !pattern.test(this.output))
        throw new Error(`the program has ended without ${pattern}: it printed\n${this.output}`)
      if (what === 'late') throw new Error(`the program does not print ${pattern}. It has printed\n${this.output}`)
    }
  }

  /** The port of the line `listening on …`: the last number in it, or that of an address that is printed as an object. */
  async port(): Promise<number> {
    const [line] = await this.printed(/^listening on (?:\{[^}]*\}|[^{\n]*)\n/m)
    const [, port] = /port: (\d+)/.exec(line) ?? /(\d+)\D*$/.exec(line) ?? []
    return Number(port)
  }

  /** A connection to the port that it listens on. It is closed with the program, if not before. */
  async connected(): Promise<Socket> {
    const port = await this.port()
    const socket = new Socket()
    this.#sockets.push(socket)
    await socket.connect(['127.0.0.1', port], soon)
    return socket
  }

  /** Waits for its end, with status 0; what it has printed. */
  async finished(): Promise<string> {
    const late = setTimeout(() => this.process.kill('SIGKILL'), soon.timeout)
    const [code, signal] = await this.#closed
    clearTimeout(late)
    if (code !== 0)
      throw new Error(`the program has ended with ${signal ?? `status ${code}`}; it printed\n${this.output}`)
    return this.output
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.close()
    this.process.kill('SIGKILL')
    await this.#closed.catch(() => undefined)
  }
}

/** Receives this many bytes, or fewer if the program ends the connection before. */
export async function exactly(socket: Socket, length: number): Promise<string> {
  const chunks: Buffer[] = []
  for (let left = length; left > 0;) {
    const chunk = await socket.recv(left, soon)
    if (chunk.length === 0) break
    chunks.push(chunk)
    left -= chunk.length
  }
  return Buffer.concat(chunks).toString()
}

/** Receives this text; throws as soon as other bytes come. */
export async function receives(socket: Socket, text: string, what: string): Promise<void> {
  let received = ''
  while (received.length < text.length && text.startsWith(received)) {
    const chunk = await exactly(socket, 1)
    if (chunk === '') break
    received += chunk
  }
  assert.equal(received, text, what)
}

/** Receives until the program ends the connection. */
export const rest = (socket: Socket): Promise<string> => exactly(socket, 2 ** 26)
