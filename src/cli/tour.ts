// Shows the tour: each line of TypeScript beside the system calls that it has just made.
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { startChild } from './child.js'
import type { Child } from './child.js'
import { paint } from './colours.js'
import { defineCommand } from './command.js'
import { canStrace, networkCall, startStrace } from './strace.js'
import { mark, tour } from './tour-steps.js'

const program = fileURLToPath(new URL('./tour-run.js', import.meta.url))

function startOwnTrace(): Child & { lines: AsyncIterable<string> } {
  process.env.BSD_SOCKETS_TRACE = '1'
  const child = startChild(process.execPath, [program], ['inherit', 'inherit', 'pipe'])
  return { ...child, lines: createInterface(child.process.stderr as Readable) }
}

// Shortens a call: addresses, and the errno without its description.
const fromStrace = (call: string): string =>
  call
    .replaceAll(/\{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([\d.]+)"\)\}/g, '{AF_INET $2:$1}')
    .replace(/\) += /, ') = ')
    .replace(/(= -1 E\w+) \(.*\)$/, '$1')

// Runs the tour; returns the calls of each step.
async function takeTour(strace: boolean): Promise<string[][]> {
  const { lines, status } = strace ? startStrace([program]) : startOwnTrace()
  const steps: string[][] = []
  for await (const line of lines) {
    const call = strace ? networkCall(line) : line
    if (line.startsWith('write(-1, ') && line.includes(mark)) steps.push([])
    else if (call !== undefined) steps.at(-1)?.push(strace ? fromStrace(call) : call)
  }
  const code = await status
  if (code !== 0) throw new Error(`the tour ended with status ${code}`)
  return steps
}

// The function's own source: `() => (a = b)` is `a = b`.
const sourceOf = (step: () => unknown): string =>
  String(step)
    .replace('() => ', '')
    .replace(/^\((.*)\)$/s, '$1')

function print(calls: string[][]): void {
  const sources = tour.map(({ steps }) => steps.map(sourceOf))
  const width = Math.max(...sources.flat().map(source => source.length))
  let step = 0
  tour.forEach(({ story }, i) => {
    console.log(`\n${paint('bold', story)}\n`)
    for (const source of sources[i]!) {
      const [first = '', ...more] = calls[step++] ?? []
      console.log(`  ${source.padEnd(width)}  ${paint('cyan', first)}`)
      for (const call of more) console.log(`  ${' '.repeat(width)}  ${paint('cyan', call)}`)
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
  options: {},
  async run() {
    const strace = canStrace()
    console.log(
      `An echo server, a client, and beside each line the system calls that it made, as ${
        strace ? 'strace saw them' : "the library's own trace has them (strace would say more)"
      }.`,
    )
    print(await takeTour(strace))
    console.log(next)
    return 0
  },
})
