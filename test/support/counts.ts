// How many system calls a server makes for a message, counted by strace: never timed.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { Child } from './child.js'
import { omitted } from '../traces/trace.js'

export type Counts = Readonly<Record<string, number>>

/** A program under strace. */
export class Counted {
  readonly child: Child
  readonly #file: string

  /** Starts a program of JavaScript. */
  constructor(file: string, ...args: string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'counts-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    this.#file = join(folder, 'calls')
    const options = [
      '-f',
      '-o',
      this.#file,
      '-s',
      '0',
      '-e',
      `trace=!${omitted}`,
      '-e',
      'signal=none',
      '-e',
      'quiet=all',
    ]
    this.child = new Child('strace', [...options, process.execPath, file, ...args], {
      UV_USE_IO_URING: '0',
    })
    onTestFinished(() => {
      try {
        process.kill(this.#pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    })
  }

  // The number that each line of the trace begins with: the main thread's is first.
  get #pid(): number {
    return parseInt(readFileSync(this.#file, 'latin1'))
  }

  /** Does something while the program stands still: so it meets all of it at once. proc_pid_stat(5) */
  async meanwhile(action: () => unknown): Promise<void> {
    process.kill(this.#pid, 'SIGSTOP')
    while (!/\) [Tt]/.test(readFileSync(`/proc/${this.#pid}/stat`, 'utf8'))) await pause(5)
    await action()
    process.kill(this.#pid, 'SIGCONT')
  }

  /**
   * The calls that it makes, by their names, from now until `exchange` is over and nothing happens any more. Waits that
   * found nothing have one of their own: 'epoll_pwait in vain'.
   */
  async during(exchange: () => Promise<unknown>): Promise<Counts> {
    const before = await this.#quiet()
    await exchange()
    const counts: Record<string, number> = {}
    for (const line of (await this.#quiet()).slice(before.length)) {
      const name = /^\d+ +(\w+)\(/.exec(line)?.[1]
      const count = (name: string, by: 1 | -1): void => void (counts[name] = (counts[name] ?? 0) + by)
      if (name !== undefined) count(name, 1)
      // A wait is written in two lines where another thread's call comes between.
      const wait = /^\d+ +(?:<\.\.\. )?(epoll_p?wait)\b.* = 0$/.exec(line)?.[1]
      if (wait === undefined) continue
      count(wait, -1)
      count(`${wait} in vain`, 1)
    }
    return counts
  }

  // What has looked up from its wait in vain has done nothing for a message.
  #lines(): string[] {
    const text = existsSync(this.#file) ? readFileSync(this.#file, 'latin1') : ''
    return text.split('\n').filter(line => !line.endsWith(' = 0 (Timeout)'))
  }

  async #quiet(): Promise<string[]> {
    let looks = 0
    for (let before = 0; ;) {
      const lines = this.#lines()
      looks = lines.length === before ? looks + 1 : 0
      if (looks === 4) return lines
      before = lines.length
      await pause(25)
    }
  }
}
