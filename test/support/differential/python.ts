// Python's side: one process that runs one program for each line of its input.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as C from 'bsd-sockets'
import type { Conversation, State } from './conversation.js'
import { optionNames } from './program.js'
import type { Outcome, Program } from './program.js'

const numbers = C as unknown as Record<string, number>

export class Python {
  readonly #child = spawn('python3', ['-u', join(import.meta.dirname, 'interpreter.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  readonly #lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()

  async run({ blocking, steps: given }: Program): Promise<Outcome[]> {
    const steps = given.map(step =>
      'name' in step ? { ...step, level: optionNames[step.name], number: numbers[step.name] } : step,
    )
    return (await this.#answer({ blocking, steps })) as Outcome[]
  }

  async hold(conversation: Conversation): Promise<State[]> {
    return (await this.#answer(conversation)) as State[]
  }

  async #answer(question: object): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('the interpreter has ended')
    return JSON.parse(value)
  }

  async end(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.stdin.end()
    await closed
  }
}
