// Programs in processes of their own, watched by what they print.
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { root } from './root.js'

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program that runs until it ends or the test does. */
export class Child {
  readonly process: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ending>
  /** What it has printed. */
  stdout = ''
  stderr = ''

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = root) {
    this.process = spawn(command, args, { cwd, env: { ...process.env, ...env } })
    this.process.stdout.setEncoding('utf8').on('data', text => (this.stdout += String(text)))
    this.process.stderr.setEncoding('utf8').on('data', text => (this.stderr += String(text)))
    this.process.stdin.on('error', () => undefined) // it may end before it has read all
    this.ended = once(this.process, 'close').then(([code, signal]) => ({ code, signal }))
    onTestFinished(() => void this.process.kill('SIGKILL'))
  }

  get pid(): number {
    return this.process.pid!
  }

  /** Waits until what it has printed matches; throws when it ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout)
      if (match !== null) return match
      const ending = await Promise.race([once(this.process.stdout, 'data').then(() => undefined), this.ended])
      if (ending !== undefined && !pattern.test(this.stdout)) {
        throw new Error(`ended without ${pattern}: ${JSON.stringify(ending)}\n${this.stdout}\n${this.stderr}`)
      }
    }
  }

  /** The port in the line `listening on ...`. */
  async port(): Promise<number> {
    const [, port] = await this.printed(/^listening on .*?(\d+)(?: \})?$/m)
    return Number(port)
  }

  /** Waits for it to end well; what it has printed. */
  async finished(): Promise<string> {
    const ending = await this.ended
    if (ending.code === 0) return this.stdout
    throw new Error(`${this.process.spawnargs.join(' ')}: ${JSON.stringify(ending)}\n${this.stdout}\n${this.stderr}`)
  }
}

/** A compiled example, with these arguments. */
export const program = (name: string, ...args: string[]): Child =>
  new Child(process.execPath, [join(root, `build/programs/examples/${name}.js`), ...args])

/** A compiled example, on a port that is free unless one is given. */
export const example = (name: string, ...args: string[]): Child =>
  program(name, ...args, ...(args.includes('--port') ? [] : ['--port', '0']))

/** What this runtime is called with to run an ES module in a text, which can import 'bsd-sockets' and call gc(). */
export const inline = (code: string): string[] =>
  process.versions.deno === undefined
    ? ['--expose-gc', '--input-type=module', '-e', code]
    : ['eval', '--v8-flags=--expose-gc', '--ext=mjs', `process.argv.splice(1, 1)\n${code}`]

/** A TypeScript-free program, an ES module in a text, which can import 'bsd-sockets'. */
export const script = (code: string, ...args: (string | number)[]): Child =>
  new Child(process.execPath, [...inline(code), '--', ...args.map(String)])

/** A program of test/python. */
export const python = (name: string, ...args: (string | number)[]): Child =>
  new Child('python3', [join(root, `test/python/${name}.py`), ...args.map(String)], { PYTHONUNBUFFERED: '1' })
