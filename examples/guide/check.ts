// Tells whether a program is an answer to a chapter's exercise:
//   node build/programs/examples/guide/check.js sockets node mine.js
//   node build/programs/examples/guide/check.js connection ./a.out
import { readdirSync } from 'node:fs'
import type { Check } from './running.js'
import { Running } from './running.js'

/** Runs a check; what the program is started with stands before the arguments of the check. Ends all that it has started. */
export async function check(chapter: string, of: keyof Check, command: string, ...args: string[]): Promise<void> {
  const { checks } = (await import(`./${chapter}/check.js`)) as { checks: Check }
  const started: Running[] = []
  try {
    await checks[of]((...more) => {
      const running = new Running(command, [...args, ...more])
      started.push(running)
      return running
    })
  } finally {
    for (const running of started) await running.stop()
  }
}

if (process.argv[1] === import.meta.filename) {
  const [chapter = '', command, ...args] = process.argv.slice(2)
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const chapters = folders.map(({ name }) => name)
  if (!chapters.includes(chapter) || command === undefined) {
    console.error(`usage: check CHAPTER PROGRAM [ARGUMENT]...\n\nCHAPTER is one of ${chapters.join(', ')}.`)
    process.exitCode = 2
  } else {
    try {
      await check(chapter, 'exercise', command, ...args)
      console.log('solved')
    } catch (error) {
      console.log(`not solved: ${(error as Error).message.trimEnd()}`)
      process.exitCode = 1
    }
  }
}
