import type { HttpSettings } from './servers/http/settings.js'
import { http } from './servers/http/http.js'
import { statSync } from 'node:fs'
import { integer, UsageError } from './command.js'
import type { Option, Values } from './command.js'
import { serverCommand } from './server-command.js'

const day = 24 * 60 * 60 * 1000

interface Limit extends Option {
  readonly type: 'string'
  readonly default: string
  readonly smallest: number
  readonly largest: number
}

const limit = (meaning: string, byDefault: number, smallest: number, largest: number): Limit => ({
  type: 'string',
  value: 'N',
  meaning,
  default: `${byDefault}`,
  smallest,
  largest,
})

// As in native/servers/http/http.c.
const limits = {
  'max-connections': limit('clients at a time; more wait to be accepted', 16384, 1, 2 ** 20),
  'max-request-line': limit('bytes; a longer one is 414', 8192, 1, 65536),
  'max-headers': limit('lines; more are 431', 100, 0, 256),
  'max-header-bytes': limit('of all lines; more are 431', 32768, 0, 2 ** 20),
  'max-body': limit('bytes; more are 413', 2 ** 20, 0, 2 ** 30),
  'header-timeout': limit('milliseconds for a request to come, its content apart', 10000, 1, day),
  'body-timeout': limit('milliseconds for the content', 30000, 1, day),
  'write-timeout': limit('milliseconds for the client to take answers', 30000, 1, day),
  'idle-timeout': limit('milliseconds between requests', 60000, 1, day),
}

const options = {
  app: {
    type: 'string',
    words: ['hello', 'echo'],
    default: 'hello',
    meaning: 'hello: GET /, GET /large (64 KiB) and POST /echo; echo: any request gets its content back',
  },
  root: { type: 'string', value: 'FOLDER', meaning: 'serve the files of this folder instead; in TypeScript alone' },
  ...limits,
} as const

function folder(root: string): string {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() === true) return root
  throw new UsageError(`--root: not a folder: '${root}'`)
}

function settingsOf(values: Values<typeof options>): HttpSettings {
  const number = (name: keyof typeof limits): number =>
    integer(`--${name}`, values[name], limits[name].smallest, limits[name].largest)
  const head = number('header-timeout')
  return {
    app: values.app as HttpSettings['app'],
    root: values.root === undefined ? undefined : folder(values.root),
    connections: number('max-connections'),
    limits: {
      requestLine: number('max-request-line'),
      headerCount: number('max-headers'),
      headerBytes: number('max-header-bytes'),
      body: number('max-body'),
    },
    timeouts: {
      first: head,
      idle: number('idle-timeout'),
      head,
      body: number('body-timeout'),
      write: number('write-timeout'),
    },
  }
}

export const command = serverCommand('http', 5000, options, values => http(settingsOf(values)), ['root'])
