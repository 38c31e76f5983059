// Shows the tour: each line of TypeScript with the system calls that it has just made, as `bsd-sockets trace` draws them.
import { fileURLToPath } from 'node:url'
import { paint } from './colours.js'
import { defineCommand, integer } from './command.js'
import { tour } from './tour-steps.js'
import { Conversation } from './trace/conversation.js'
import type { Event } from './trace/event.js'
import { ownSource } from './trace/own.js'
import type { Ending } from './trace/program.js'
import { canStrace, straceSource } from './trace/source.js'
import { TextLadder } from './trace/text.js'

const BYTES = 32 // of a message that are shown
const CALL = 58 // columns of most calls: with less room they are below their line, not beside it

// The function's own source: `() => (a = b)` is `a = b`.
const sourceOf = (step: () => unknown): string =>
  String(step)
    .replace('() => ', '')
    .replace(/^\((.*)\)$/s, '$1')

const sources = tour.map(({ steps }) => steps.map(sourceOf))
const longest = Math.max(...sources.flat().map(source => source.length))

const isMark = (event: Event): boolean => event.kind === 'call' && event.name === 'write' && event.args[0] === '-1'

// Runs the tour; returns the lines of each step, of at most `width` columns.
async function takeTour(strace: boolean, width: number): Promise<{ steps: string[][]; ending: Ending }> {
  const program = [process.execPath, fileURLToPath(new URL('./tour-run.js', import.meta.url))] as const
  const { events, ended } = strace ? straceSource({ command: program }, BYTES) : ownSource(program, BYTES)
  const steps: string[][] = []
  const ladder = new TextLadder({
    ...{ width, bytes: BYTES, time: 'none', names: false, paint },
    write: line => void steps.at(-1)?.push(line),
  })
  const conversation = new Conversation()
  for await (const event of events) {
    if (event === 'idle' || (event.kind === 'call' && event.ended === undefined)) continue // it comes once more, when it has returned
    for (const step of conversation.add(event)) ladder.draw(step)
    if (isMark(event)) steps.push([])
  }
  return { steps, ending: await ended }
}

function print(steps: readonly string[][], beside: boolean): void {
  let step = 0
  tour.forEach(({ story }, i) => {
    console.log(`\n${paint('bold', story)}\n`)
    for (const source of sources[i]!) {
      const [first = '\n', ...more] = steps[step++] ?? []
      process.stdout.write(beside ? `  ${source.padEnd(longest)} ${first}` : `  ${source}\n     ${first}`)
      for (const line of more) process.stdout.write(`${' '.repeat(beside ? longest + 3 : 5)}${line}`)
    }
  })
}

const next = `
What next:
  npm test                                   all that this package promises, checked
  npx bsd-sockets echo --mode epoll          an echo server; try it with npx bsd-sockets nc 127.0.0.1 9999
  npx bsd-sockets trace -- your-program.js   the same view of a program of your own
  README.md                                  the rest`

export const command = defineCommand({
  options: {
    width: {
      type: 'string',
      short: 'w',
      value: 'N',
      meaning: 'columns of the text (default: those of the terminal, otherwise 120)',
    },
  },
  async run(values) {
    const width = integer('--width', values.width ?? `${process.stdout.columns ?? 120}`, 20, 10_000)
    const strace = canStrace()
    const beside = width >= longest + 3 + CALL
    console.log('An echo server, a client, and with each line the system calls that it made,')
    console.log(`as ${strace ? 'strace saw them' : "the library's own trace has them (strace would say more)"}.`)
    const { steps, ending } = await takeTour(strace, width - (beside ? longest + 3 : 5))
    if (ending.signal !== null) process.kill(process.pid, ending.signal)
    if (ending.code !== 0) throw new Error(`the tour ended with status ${ending.code}`)
    print(steps, beside)
    console.log(next)
    return 0
  },
})
