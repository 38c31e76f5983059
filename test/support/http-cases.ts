import { connection } from './http-cases/connection.js'
import { framing } from './http-cases/framing.js'
import { headers } from './http-cases/headers.js'
import { requestLine } from './http-cases/request-line.js'
import type { HttpCase } from './http-cases/case.js'

export { answerBytes } from './http-cases/case.js'
export type { HttpCase } from './http-cases/case.js'

/** What every HTTP server of this project says to these bytes, byte for byte, the value of Date apart. */
export const httpCases: readonly HttpCase[] = [...requestLine, ...headers, ...framing, ...connection]
