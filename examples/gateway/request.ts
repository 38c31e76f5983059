// Reading a request: a line, more lines up to an empty one, and as many bytes as they say. RFC 9112
import type { BufferedReader } from 'bsd-sockets/socketserver'

const maxLine = 65_536
const maxHeaders = 100
const maxBody = 1 << 20

/** A request that cannot be understood, or is too much: the status that says so. */
export class BadRequest extends Error {
  readonly status: number

  constructor(status: number) {
    super(`status ${status}`)
    this.status = status
  }
}

/** What comes before the body. */
export interface RequestHead {
  method: string
  target: string
  /** 0 of HTTP/1.0, or 1. */
  version: number
  headers: Headers
}

function readLine(rfile: BufferedReader, tooLong: number): string {
  const line = rfile.readline(maxLine + 2).toString('latin1')
  if (line.length === maxLine + 2 && !line.endsWith('\r\n')) throw new BadRequest(tooLong)
  if (line !== '' && !line.endsWith('\r\n')) throw new BadRequest(400)
  return line.slice(0, -2)
}

/** Reads the request line and the headers; null where the client has done asking. */
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

/** Reads the body, for whose length there is one way to tell here. */
export function readBody(rfile: BufferedReader, { headers }: RequestHead): Buffer {
  if (headers.has('transfer-encoding')) throw new BadRequest(headers.has('content-length') ? 400 : 501)
  const length = headers.get('content-length') ?? '0'
  if (!/^\d+$/.test(length)) throw new BadRequest(400)
  if (Number(length) > maxBody) throw new BadRequest(413)
  const body = rfile.read(Number(length))
  if (body.length < Number(length)) throw new BadRequest(400)
  return body
}

/** The request as an application gets it. */
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
