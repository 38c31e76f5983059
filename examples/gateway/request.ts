// Reads a request: the request line, header lines up to an empty line, and the body, whose length a header gives. RFC 9112
import type { BufferedReader } from 'bsd-sockets/socketserver'

const maxLine = 65_536
const maxHeaders = 100
const maxBody = 1 << 20

/** A request that is malformed or too large, with the status of the answer. */
export class BadRequest extends Error {
  readonly status: number

  constructor(status: number) {
    super(`status ${status}`)
    this.status = status
  }
}

/** The part of a request before the body. */
export interface RequestHead {
  method: string
  target: string
  /** The minor version: 0 for HTTP/1.0, else 1. */
  version: number
  headers: Headers
}

function readLine(rfile: BufferedReader, tooLong: number): string {
  const line = rfile.readline(maxLine + 2).toString('latin1')
  if (line.length === maxLine + 2 && !line.endsWith('\r\n')) throw new BadRequest(tooLong)
  if (line !== '' && !line.endsWith('\r\n')) throw new BadRequest(400)
  return line.slice(0, -2)
}

/** Reads the request line and the headers; null if the client has ended the connection. */
export function readHead(rfile: BufferedReader): RequestHead | null {
  const line = readLine(rfile, 414)
  if (line === '') return null
  const [, method, target, minor] = /^([!#$%&'*+.^_`|~\w-]+) ([\x21-\x7e]+) HTTP\/1\.(\d)$/.exec(line) ?? []
  if (method === undefined || target === undefined) throw new BadRequest(400)
  return { method, target, version: Math.min(Number(minor), 1), headers: readHeaders(rfile) }
}

function readHeaders(rfile: BufferedReader): Headers {
  const headers = new Headers()
  for (let count = 0; ; count++) {
    const line = readLine(rfile, 431)
    if (line === '') return headers
    if (count === maxHeaders) throw new BadRequest(431)
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new BadRequest(400)
    if (/^(host|content-length)$/i.test(name) && headers.has(name)) throw new BadRequest(400)
    headers.append(name, value)
  }
}

/** Reads the body. Its length must be given by Content-Length: chunked bodies are rejected. */
export function readBody(rfile: BufferedReader, { headers }: RequestHead): Buffer {
  if (headers.has('transfer-encoding')) throw new BadRequest(headers.has('content-length') ? 400 : 501)
  const length = headers.get('content-length') ?? '0'
  if (!/^\d+$/.test(length)) throw new BadRequest(400)
  if (Number(length) > maxBody) throw new BadRequest(413)
  const body = rfile.read(Number(length))
  if (body.length < Number(length)) throw new BadRequest(400)
  return body
}

/** Makes the Request for the application. */
export function toRequest({ method, target, headers }: RequestHead, body: Buffer): Request {
  const host = headers.get('host') ?? 'localhost'
  try {
    const url = new URL(target.startsWith('/') ? `http://${host}${target}` : target)
    const hasBody = method !== 'GET' && method !== 'HEAD' && body.length > 0
    return new Request(url, { method, headers, ...(hasBody && { body }) })
  } catch {
    throw new BadRequest(400)
  }
}
