// Shows the network calls of a program's main thread, by strace, or by the package's own trace if strace is not installed.
import { startChild } from './child.js'
import { defineCommand, UsageError } from './command.js'
import { canStrace, networkCall, startStrace } from './strace.js'

async function throughStrace(program: string[]): Promise<number> {
  const { lines, status } = startStrace(program)
  for await (const line of lines) {
    const call = networkCall(line)
    if (call !== undefined) console.error(call)
  }
  return status
}

export const command = defineCommand({
  operands: '-- FILE.js [ARGUMENT]...',
  options: {},
  run(_, program) {
    if (program.length === 0) throw new UsageError('FILE.js: one is needed')
    if (canStrace()) return throughStrace(program)
    process.env.BSD_SOCKETS_TRACE = '1'
    return startChild(process.execPath, program).status
  },
})
