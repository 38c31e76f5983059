import type { Option, Options } from './command.js'
import { serverCommand } from './server-command.js'

const limit = (meaning: string): Option => ({ type: 'string', value: 'N', meaning })

const options: Options = {
  app: {
    type: 'string',
    words: ['hello', 'echo'],
    default: 'hello',
    meaning: 'hello: GET / and POST /echo; echo: any request gets its content back',
  },
  'max-connections': limit('clients at a time; more wait to be accepted'),
  'max-request-line': limit('bytes; a longer one is 414'),
  'max-headers': limit('lines; more are 431'),
  'max-header-bytes': limit('of all lines; more are 431'),
  'max-body': limit('bytes; more are 413'),
  'header-timeout': limit('milliseconds for a request to come, its content apart'),
  'body-timeout': limit('milliseconds for the content'),
  'write-timeout': limit('milliseconds for the client to take answers'),
  'idle-timeout': limit('milliseconds between requests'),
}

export const command = serverCommand('http', 5000, null, options)
