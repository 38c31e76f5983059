/** An answer, with the order and the spelling of the fields that both servers use (native/servers/http/http_response.h). */
export interface Answer {
  readonly status: number
  readonly type?: string
  readonly body?: string
  readonly allow?: string
  readonly connection?: 'close' | 'keep-alive'
  /** An answer to HEAD: the Content-Length of the body, without the body. */
  readonly head?: boolean
}

/**
 * The state after the answers. `open`: the server answers another request. `closed`: the server closes and answers nothing
 * more. `waiting`: the server waits for the rest of a request.
 */
export type End = 'open' | 'closed' | 'waiting'

/** Bytes to a server with the default limits, and all that it says to them. */
export interface HttpCase {
  readonly name: string
  /** One character a byte (latin1). */
  readonly send: string
  readonly app: 'hello' | 'echo'
  readonly answers: readonly Answer[]
  readonly end: End
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  505: 'HTTP Version Not Supported',
}

/** An answer's bytes, the value of Date being `-`. */
export function answerBytes(answer: Answer): string {
  if (answer.status === 100) return 'HTTP/1.1 100 Continue\r\n\r\n'
  const line = `${answer.status} ${reasons[answer.status]}`
  const body = answer.body ?? `${line}\n`
  const headers = [
    `HTTP/1.1 ${line}`,
    'Date: -',
    `Content-Type: ${answer.type ?? 'text/plain; charset=utf-8'}`,
    `Content-Length: ${body.length}`,
  ]
  if (answer.allow !== undefined) headers.push(`Allow: ${answer.allow}`)
  if (answer.connection !== undefined) headers.push(`Connection: ${answer.connection}`)
  return headers.join('\r\n') + '\r\n\r\n' + (answer.head ? '' : body)
}

/** A request of these lines, with no body. */
export const request = (...lines: readonly string[]): string => lines.join('\r\n') + '\r\n\r\n'

/** `GET /` with these header lines besides Host. */
export const get = (...headers: readonly string[]): string => request('GET / HTTP/1.1', 'Host: x', ...headers)

/** `POST /echo` with these header lines besides Host, and a body as it is. */
export const post = (headers: readonly string[], body: string): string =>
  request('POST /echo HTTP/1.1', 'Host: x', ...headers) + body

export const continues: Answer = { status: 100 }
export const hello: Answer = { status: 200, body: 'hello world\n' }
export const helloClose: Answer = { ...hello, connection: 'close' }
export const echo = (body: string, type = 'application/octet-stream'): Answer => ({ status: 200, type, body })
export const plain = (status: number): Answer => ({ status })

const make =
  (end: End) =>
  (name: string, send: string, ...answers: readonly Answer[]): HttpCase => {
    return { name, send, app: 'hello', answers, end }
  }

/** The answers, and then the connection is as good as new. */
export const answers = make('open')
/** The answers, and then the server closes. */
export const closes = make('closed')
/** The answers to what is whole, and none to the rest. */
export const waits = make('waiting')
/** One answer that tells the error, and then the server closes, whatever follows. */
export const refuses = (name: string, status: number, send: string): HttpCase =>
  closes(name, send, { status, connection: 'close' })
/** The same to HEAD, whose answer has no content. */
export const refusesHead = (name: string, status: number, send: string): HttpCase =>
  closes(name, send, { status, connection: 'close', head: true })
/** The same case for the application that gives every request its content back. */
export const toEcho = (one: HttpCase): HttpCase => ({ ...one, app: 'echo' })
