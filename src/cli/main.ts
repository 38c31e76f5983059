// The command line: `bsd-sockets COMMAND [OPTION]...`.
import { readFileSync } from 'node:fs'
import { runCommand, UsageError } from './command.js'
import { GaiError, isSocketError } from '../errors.js'
import { printable } from '../printable.js'
import type { Entries } from './command.js'
import { entryOf, helpOfAll } from './help.js'

const commands: Entries = new Map(
  Object.entries({
    bench: { purpose: 'measures what calls, echoes, connections and bytes cost', load: () => import('./bench.js') },
    completion: {
      purpose: 'prints a script by which bash, zsh or fish completes these words',
      load: async () => ({ command: (await import('./completion.js')).completionCommand(commands) }),
    },
    echo: { purpose: 'a server that sends back what each client sends', load: () => import('./echo.js') },
    help: {
      purpose: 'prints this list, or the options of a command',
      load: async () => ({ command: (await import('./help.js')).helpCommand(commands) }),
    },
    http: { purpose: 'an HTTP/1.1 server with two small applications', load: () => import('./http.js') },
    nc: {
      purpose: 'connects or listens, and copies between the socket and the terminal',
      load: () => import('./nc.js'),
    },
    sockopts: {
      purpose: 'reads and sets the options of sockets, also of another process',
      load: () => import('./sockopts.js'),
    },
    ss: { purpose: 'lists the sockets of this machine, as ss(8) does', load: () => import('./ss.js') },
    tour: {
      purpose: 'shows line by line which system calls a server and a client make',
      load: () => import('./tour.js'),
    },
    trace: {
      purpose: 'runs a program, or joins one, and draws the conversation of its sockets',
      load: () => import('./trace.js'),
    },
  }),
)

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined) {
    console.error(helpOfAll(commands))
    return 2
  }
  if (['--help', '-h', '--version'].includes(name)) {
    console.log(name === '--version' ? version() : helpOfAll(commands))
    return 0
  }
  try {
    const { purpose, load } = entryOf(commands, name)
    return await runCommand(name, purpose, (await load()).command, args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const where = commands.has(name) ? `bsd-sockets ${name}` : 'bsd-sockets'
    console.error(`${where}: ${error.message} (see ${where} --help)`)
    return 2
  }
}

// An error with a code, or of the class Error itself, is printed as a message. Any other is a bug and is thrown with its stack.
function fail(error: unknown): void {
  if (!(error instanceof Error && ('code' in error || error.constructor === Error))) throw error
  console.error(`bsd-sockets: ${printable(error.message)}`)
  if ((isSocketError(error) || error instanceof GaiError) && error.hint !== undefined) console.error(error.hint)
  process.exitCode = 1
}

// 128 + SIGPIPE, as for a program that ends by it: Node ignores that signal. signal(7)
const readerGone = 141

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', error => {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(readerGone) // `bsd-sockets sockopts | head -1`
    fail(error)
    process.exit()
  })
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  fail(error)
}
