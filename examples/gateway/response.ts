// Writes a response: the status line, the headers, and each piece of the body as the application yields it. RFC 9112
import { STATUS_CODES } from 'node:http'
import type { BufferedWriter } from 'bsd-sockets/socketserver'
import type { RequestHead } from './request.js'

/** Writes a response, and returns whether the connection can be kept alive: the client must know where the body ends. */
export async function writeResponse(
  wfile: BufferedWriter,
  { method, version }: Pick<RequestHead, 'method' | 'version'>,
  response: Response,
  keep: boolean,
): Promise<boolean> {
  const { status, body } = response
  const headers = new Headers(response.headers)
  const silent = method === 'HEAD' || status === 204 || status === 304
  const chunked = body !== null && !headers.has('content-length') && version > 0
  if (body === null && !silent) headers.set('Content-Length', '0')
  if (chunked) headers.set('Transfer-Encoding', 'chunked')
  const ends = silent || chunked || headers.has('content-length')
  const kept = keep && ends && headers.get('connection')?.toLowerCase() !== 'close'
  headers.set('Connection', kept ? 'keep-alive' : 'close')
  headers.set('Date', new Date().toUTCString())
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`)
  const reason = response.statusText || (STATUS_CODES[status] ?? '')
  wfile.write(Buffer.from(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`, 'latin1'))
  if (silent) await body?.cancel()
  else if (body !== null) await writeBody(wfile, body, chunked)
  return kept
}

// Only the pieces are awaited: `write` blocks until the kernel has accepted all bytes.
async function writeBody(wfile: BufferedWriter, body: AsyncIterable<Uint8Array>, chunked: boolean): Promise<void> {
  for await (const piece of body) {
    if (piece.length === 0) continue // a chunk of no bytes would be the last
    wfile.write(chunked ? Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, crlf]) : piece)
  }
  if (chunked) wfile.write('0\r\n\r\n')
}

const crlf = Buffer.from('\r\n')
