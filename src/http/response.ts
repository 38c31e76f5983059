// The response that a handler returns, and how it is written.
import { invalidType, invalidValue } from '../checks.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import type { Handlers } from '../reactor/index.js'
import { discard, isStreaming } from './body.js'
import type { StreamingBody } from './body.js'
import { FileBody } from './files/file-body.js'
import { HeaderLines, checkValue, spentBody } from './header-lines.js'
import { clock, statusLine } from './output.js'
import type { Output } from './output.js'
import type { AnyRequest } from './request.js'
import { RequestBody } from './request-body.js'

/** A handler's answer. */
export interface HttpResponse {
  /** Default: 200. */
  status?: number
  /** The reason phrase; default: the standard one. */
  statusText?: string
  /**
   * Names and values, or pairs of them, as in a Headers; several values make several lines. The server itself frames the
   * message: `Connection` may only be `close`, and `Content-Length` must be the body's length.
   */
  headers?:
    | Readonly<Record<string, string | number | readonly string[]>>
    | Iterable<readonly [name: string, value: string | number]>
    | undefined
  /**
   * A string is sent as UTF-8; the pieces of a stream are sent as they are produced; a FileBody goes from the file to the socket
   * within the kernel.
   */
  body?: Data | StreamingBody | FileBody | null
  /**
   * Another protocol: the reactor's handlers that the connection is handed to behind this answer. Its status is 101, its
   * `Upgrade` names what the client asked for, and it has no body. `open` is called first, then `data` with the bytes that came
   * behind the request: none is lost. The limits and timeouts of the server no longer apply; its `stop` waits for the
   * connection. RFC 9110, 7.8
   */
  upgrade?: Handlers
}

/** What decides the form of a response, and whether the connection stays open after it. RFC 9112, 9.3 */
export interface Manner {
  /** The method is HEAD: the response has no content. */
  readonly head: boolean
  /** The minor version. Clients of HTTP/1.0 know no chunks, and expect the connection to be closed. */
  readonly version: number
  /** The connection is closed after this response. */
  close: boolean
}

/** A body that is still to be sent in pieces, and its framing. */
export interface Streaming {
  readonly body: StreamingBody
  /** In chunks; otherwise framed by `length`, or by the end of the connection. */
  readonly chunked: boolean
  readonly length: number | undefined
}

// A longer body is not copied behind its head.
const large = 64 * 1024

// RFC 9110, 6.4.1 and 15.3.6
const hasContent = (status: number): boolean => status !== 204 && status !== 205 && status !== 304

// The value of Content-Length. A status without content has none, except 205, whose length is 0. RFC 9110, 8.6
function lengthOf(status: number, length: number | undefined): number | undefined {
  if (hasContent(status)) return length
  return status === 205 ? 0 : undefined
}

// RFC 9112, 9.6; RFC 9110, 7.8
function connectionLine({ close, version }: Manner, upgrade: boolean): string {
  if (upgrade) return `Connection: ${close ? 'close, ' : version === 0 ? 'keep-alive, ' : ''}Upgrade\r\n\r\n`
  return close ? 'Connection: close\r\n\r\n' : version === 0 ? 'Connection: keep-alive\r\n\r\n' : '\r\n'
}

const noHeaders = new HeaderLines(undefined)

/**
 * Writes a response in the order of the C server: status, Date, Content-Type, Content-Length, others, Connection. Returns
 * what is still to be sent. It may set `manner.close`.
 *
 * @throws TypeError if it would not be exactly one response; nothing has been written then
 */
export function writeResponse(
  out: Output,
  response: HttpResponse,
  manner: Manner,
): Uint8Array | FileBody | Streaming | undefined {
  const { status = 200, body = null } = response
  const headers = response.headers === undefined ? noHeaders : new HeaderLines(response.headers)
  if (headers.close) manner.close = true
  const start = startOf(status, response.statusText, headers)
  if (isStreaming(body)) return writeStreaming(out, start, status, headers, body, manner)
  const text = typeof body === 'string' ? body : ''
  const file = body instanceof FileBody ? body : undefined
  const view = body === null || typeof body === 'string' || body instanceof FileBody ? undefined : bytesOf(body)
  const length = file?.length ?? view?.byteLength ?? Buffer.byteLength(text)
  const silent = manner.head || !hasContent(status)
  if (!silent) headers.checkLength(length)
  const type = headers.type || (typeof body === 'string' ? 'Content-Type: text/plain; charset=utf-8\r\n' : '')
  const told = lengthOf(status, headers.length ?? length)
  const head = headOf(start, type, told, headers.others, connectionLine(manner, headers.upgrade !== ''))
  if (file !== undefined) {
    out.latin1(head)
    if (!silent) return file
    file.close()
  } else if (silent || length === 0) out.latin1(head)
  else if (length === text.length && length <= large)
    out.latin1(head + text) // the text is ASCII
  else {
    out.latin1(head)
    const bytes = view === undefined ? Buffer.from(text) : new Uint8Array(view.buffer, view.byteOffset, length)
    if (length > large) return bytes
    out.add(bytes)
  }
  return undefined
}

const listed = (value = ''): string[] =>
  value
    .toLowerCase()
    .split(',')
    .map(element => element.trim())
    .filter(element => element !== '')

/**
 * Writes the answer that switches to another protocol.
 *
 * @throws TypeError if the client has not asked for that, or there is more to it than a head; nothing has been written then
 */
export function writeSwitch(out: Output, { status, headers, body }: HttpResponse, request: AnyRequest): void {
  if (status !== 101) throw invalidValue('status', status, 'must be 101 with an `upgrade`')
  if (body !== undefined && body !== null) throw invalidType('body', body, 'null with an `upgrade`')
  const { upgrade, others } = new HeaderLines(headers)
  const asks = request.version === '1.1' && listed(request.header('connection')).includes('upgrade')
  const asked = asks ? listed(request.header('upgrade')) : []
  if (upgrade === '' || !listed(upgrade).every(protocol => asked.includes(protocol)))
    throw invalidValue('headers.Upgrade', upgrade, 'must be one that the request asks for')
  out.latin1(`HTTP/1.1 101 Switching Protocols\r\n${others}Connection: Upgrade\r\n\r\n`)
}

// The last head and its parts: the answers of an application are often alike.
const last = { start: '', type: '', length: -1 as number | undefined, others: '', connection: '', head: '' }

function headOf(start: string, type: string, length: number | undefined, others: string, connection: string): string {
  const same = start === last.start && type === last.type && length === last.length
  if (same && others === last.others && connection === last.connection) return last.head
  const framing = length === undefined ? '' : `Content-Length: ${length}\r\n`
  const head = Buffer.from(start + type + framing + others + connection, 'latin1').toString('latin1') // flat, not a rope of its parts
  Object.assign(last, { start, type, length, others, connection, head })
  return head
}

function startOf(status: number, reason: string | undefined, headers: HeaderLines): string {
  if (!headers.date && reason === undefined) return clock.start(status)
  if (reason !== undefined) checkValue('statusText', reason)
  return statusLine(status, reason) + (headers.date ? '' : clock.date)
}

function writeStreaming(
  out: Output,
  start: string,
  status: number,
  headers: HeaderLines,
  body: StreamingBody,
  manner: Manner,
): Streaming | undefined {
  if (body instanceof ReadableStream ? body.locked : body instanceof RequestBody && body.used) throw spentBody()
  const { length } = headers
  const chunked = length === undefined && manner.version > 0
  const silent = manner.head || !hasContent(status)
  if (length === undefined && !chunked && !silent) manner.close = true // the connection's end marks the end of the content. RFC 9112, 6.3
  const told = lengthOf(status, length)
  let framing = ''
  if (hasContent(status) && chunked) framing = 'Transfer-Encoding: chunked\r\n'
  else if (told !== undefined) framing = `Content-Length: ${told}\r\n`
  out.latin1(start + headers.type + framing + headers.others + connectionLine(manner, headers.upgrade !== ''))
  if (!silent) return { body, chunked, length }
  discard(body)
  return undefined
}
