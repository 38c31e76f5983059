// The exercise of the chapter on HTTP: pipelined requests whose bodies have a length or are chunked. It answers with the body.
import { ConnectionError, createServer, SHUT_WR, TimeoutError } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets'

const longestLine = 8192
const mostLines = 100
const longestBody = 2 ** 20

/** The client has sent what is no request. */
class BadRequest extends Error {}
/** The client has ended the connection. */
class Ended extends Error {}

/** The bytes of a connection, in order. What one request leaves is there for the next one. */
class Input {
  readonly #socket: Socket
  #bytes = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#socket = socket
  }

  #receive(): void {
    const data = this.#socket.recv(65_536)
    if (data.length === 0) throw new Ended()
    this.#bytes = Buffer.concat([this.#bytes, data])
  }

  /** The next bytes, as many as this. */
  take(length: number): Buffer {
    while (this.#bytes.length < length) this.#receive()
    const taken = this.#bytes.subarray(0, length)
    this.#bytes = this.#bytes.subarray(length)
    return taken
  }

  /** The next line, without its end. */
  line(): string {
    let end: number
    while ((end = this.#bytes.indexOf('\r\n')) < 0) {
      if (this.#bytes.length > longestLine) throw new BadRequest()
      this.#receive()
    }
    return this.take(end + 2).toString('latin1', 0, end)
  }

  /** The lines up to an empty one. */
  lines(): string[] {
    const lines: string[] = []
    for (let line = this.line(); line !== ''; line = this.line()) {
      if (lines.push(line) > mostLines) throw new BadRequest()
    }
    return lines
  }
}

/** A length in these digits. */
function lengthOf(text: string, digits: RegExp, base: number): number {
  if (!digits.test(text)) throw new BadRequest()
  const length = parseInt(text, base)
  if (length > longestBody) throw new BadRequest()
  return length
}

function readChunks(input: Input): Buffer {
  const chunks: Buffer[] = []
  for (let left = longestBody; ;) {
    const [size] = input.line().split(';', 1)
    const length = lengthOf(size!.trim(), /^[\da-f]+$/i, 16)
    if ((left -= length) < 0) throw new BadRequest()
    if (length === 0) break
    chunks.push(input.take(length))
    if (input.line() !== '') throw new BadRequest()
  }
  input.lines() // the trailer
  return Buffer.concat(chunks)
}

/** Reads one request, and returns its body. */
function readRequest(input: Input): Buffer {
  if (!/^[A-Z]+ \S+ HTTP\/1\.1$/.test(input.line())) throw new BadRequest()
  const headers = new Map<string, string>()
  for (const line of input.lines()) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new BadRequest()
    const key = name.toLowerCase()
    if (key === 'content-length' && headers.has(key)) throw new BadRequest()
    headers.set(key, value)
  }
  const length = headers.get('content-length')
  const encoding = headers.get('transfer-encoding')
  if (encoding === undefined) return input.take(length === undefined ? 0 : lengthOf(length, /^\d+$/, 10))
  // Two programs that choose different lengths see different requests behind this one.
  if (length !== undefined || encoding.toLowerCase() !== 'chunked') throw new BadRequest()
  return readChunks(input)
}

function converse(client: Socket): void {
  const input = new Input(client)
  try {
    for (;;) {
      const body = readRequest(input)
      client.sendall(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]))
    }
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    client.sendall('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    client.shutdown(SHUT_WR)
    while (client.recv(65_536).length > 0); // a close with bytes that wait is a reset, and may discard the answer
  }
}

const listener = createServer(['127.0.0.1', Number(process.argv[2] ?? 0)])
console.log('listening on', listener.getsockname())
for (;;) {
  const [client] = listener.accept()
  client.settimeout(5000)
  try {
    converse(client)
  } catch (error) {
    if (!(error instanceof Ended || error instanceof ConnectionError || error instanceof TimeoutError)) throw error
  }
  client.close()
}
