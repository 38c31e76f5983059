// The command line: `bsd-sockets COMMAND [OPTION]...`.
import { readFileSync } from 'node:fs'
import { runCommand, UsageError } from './command.js'
import type { Command } from './command.js'
import { isSocketError } from '../errors.js'

interface Entry {
  /** A short description for the help. */
  readonly purpose: string
  readonly load: () => Promise<{ command: Command }>
}

const commands = new Map<string, Entry>(
  Object.entries({
    bench: { purpose: 'measures what calls, echoes, connections and bytes cost', load: () => import('./bench.js') },
    echo: { purpose: 'a server that sends back what each client sends', load: () => import('./echo.js') },
    http: { purpose: 'an HTTP/1.1 server with two small applications', load: () => import('./http.js') },
    nc: {
      purpose: 'connects or listens, and copies between the socket and the terminal',
      load: () => import('./nc.js'),
    },
    sockopts: { purpose: 'prints the options that sockets are born with here', load: () => import('./sockopts.js') },
    tour: {
      purpose: 'shows line by line which system calls a server and a client make',
      load: () => import('./tour.js'),
    },
    trace: {
      purpose: 'runs a Node program and shows the network calls of its main thread',
      load: () => import('./trace.js'),
    },
  }),
)

function help(): string {
  const rows = [...commands].map(([name, { purpose }]) => `  ${name.padEnd(10)}${purpose}`)
  return ['Usage: bsd-sockets COMMAND [OPTION]...', '', ...rows, '', '  --help after a command tells its options'].join(
    '\n',
  )
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

async function main([name = '', ...args]: string[]): Promise<number> {
  if (name === '--help' || name === '--version') {
    console.log(name === '--help' ? help() : version())
    return 0
  }
  const entry = commands.get(name)
  try {
    if (entry === undefined) throw new UsageError(name === '' ? 'which command?' : `${name}: no such command`)
    const { command } = await entry.load()
    return await runCommand(name, entry.purpose, command, args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const where = entry === undefined ? 'bsd-sockets' : `bsd-sockets ${name}`
    console.error(`${where}: ${error.message} (see ${where} --help)`)
    return 2
  }
}

// An error with a code, or of the class Error itself, is printed as a message. Any other is a bug and is thrown with its stack.
function fail(error: unknown): void {
  if (!(error instanceof Error && ('code' in error || error.constructor === Error))) throw error
  console.error(`bsd-sockets: ${error.message}`)
  if (isSocketError(error) && error.hint !== undefined) console.error(error.hint)
  process.exitCode = 1
}

process.stdout.on('error', error => {
  fail(error)
  process.exit() // the reader of the pipe has closed it
})

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  fail(error)
}
