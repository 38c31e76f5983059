// The commands that run a server, in TypeScript or in C.
import { dirname, join } from 'node:path'
import { AF_UNIX, AI_NUMERICHOST, AI_NUMERICSERV, SOCK_STREAM, SOMAXCONN } from '../constants.js'
import { GaiError } from '../errors.js'
import { getaddrinfo } from '../names/addrinfo.js'
import { addonFile } from '../syscalls/native.js'
import { modes } from './servers/modes.js'
import type { Program } from './servers/modes.js'
import { serve } from './servers/serve.js'
import type { Place } from './servers/serve.js'
import { startChild } from './child.js'
import { defineCommand, integer, UsageError } from './command.js'
import type { Command, Options, Values } from './command.js'

const listening = {
  host: { type: 'string', value: 'ADDRESS', meaning: 'numeric, IPv4 or IPv6 (default 127.0.0.1)' },
  port: { type: 'string', value: 'N', meaning: '0 lets the kernel choose one' },
  path: { type: 'string', value: 'FILE', meaning: 'listen on a Unix socket instead, removed at the end' },
  backlog: { type: 'string', value: 'N', default: `${SOMAXCONN}`, meaning: 'how many clients may wait to be accepted' },
} as const satisfies Options

function placeOf({ host, port, path, backlog }: Values<typeof listening>, defaultPort: number): Place {
  const waiting = integer('--backlog', backlog, 0, 2 ** 31 - 1)
  if (path !== undefined) {
    if (host !== undefined) throw new UsageError('--host: not together with --path')
    if (port !== undefined) throw new UsageError('--port: not together with --path')
    if (path === '') throw new UsageError("--path: not a path: ''")
    return { family: AF_UNIX, address: { family: 'unix', path }, backlog: waiting }
  }
  const { family, address } = numeric(host ?? '127.0.0.1', integer('--port', port ?? `${defaultPort}`, 0, 65535))
  return { family, address, backlog: waiting }
}

function numeric(host: string, port: number): ReturnType<typeof getaddrinfo>[number] {
  try {
    return getaddrinfo(host, port, { type: SOCK_STREAM, flags: AI_NUMERICHOST | AI_NUMERICSERV })[0]!
  } catch (error) {
    if (!(error instanceof GaiError)) throw error
    throw new UsageError(`--host: not a numeric address: '${host}'`, { cause: error })
  }
}

/** The path of a C program, which is in the folder of the addon. */
const cProgram = (name: string): string => join(dirname(addonFile()), name)

/**
 * The command for a server that listens on `port` by default. `own` are the options of this server besides the common ones;
 * `programOf` creates the program from the values of the options; those `inTypeScript` are not for `--lang c`.
 */
export function serverCommand<const Own extends Options>(
  name: string,
  port: number,
  own: Own,
  programOf: (values: Values<Own>) => Program,
  inTypeScript: readonly (keyof Own & string)[] = [],
): Command {
  const options = {
    lang: { type: 'string', words: ['ts', 'c'], default: 'ts', meaning: 'TypeScript or C' },
    mode: {
      type: 'string',
      words: Object.keys(modes),
      default: 'epoll',
      meaning: 'how clients are served; epoll is kqueue on macOS, promises and reactor are in TypeScript alone',
    },
    ...own,
    ...listening,
    port: { ...listening.port, meaning: `${listening.port.meaning} (default ${port})` },
  } as const satisfies Options
  return defineCommand<Options>({
    options,
    async run(values) {
      const { lang, ...given } = values as Values<typeof options>
      if (lang === 'ts') {
        const mode = modes[(given as { mode: string }).mode]!
        await serve(placeOf(given as Values<typeof listening>, port), mode(programOf(values as Values<Own>)))
        return 0
      }
      for (const name of inTypeScript)
        if (Object.hasOwn(given, name)) throw new UsageError(`--${name}: not with --lang c`)
      const args = Object.entries(given).map(([name, value]) => `--${name}=${value}`)
      return startChild(cProgram(name), args).status
    },
  })
}
