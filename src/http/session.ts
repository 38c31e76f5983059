// One connection's requests and responses: bytes in, bytes out, with no socket in it.
import type { Data } from '../data.js'
import { bytesOf } from '../data.js'
import * as parser from './parser.js'
import { HttpRequest } from './request.js'
import type { Parsing } from './request.js'
import { checkResponse, clock, Output, writeResponse } from './response.js'
import type { HttpResponse, Manner, Streaming } from './response.js'
import { reasons } from './statuses.js'

const { REQUEST, CHUNKS } = parser

/** Answers a request, at once or by a promise. */
export type Handler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>

/** Where a session's bytes go. */
export interface Transport {
  /** Sends or keeps them; false asks to wait for `drained`. */
  write(bytes: Uint8Array): boolean
  /** Nothing more will be sent: tells the client so and waits for it to close. */
  finish(): void
  /** Closes at once, mid-answer: the client must not take what it has for the whole. */
  abort(): void
  /** Receives nothing until `resume`. */
  pause(): void
  resume(): void
}

/** What a connection waits for; each has its own limit of time. */
export const PHASES = ['first', 'idle', 'head', 'body', 'handler', 'write', 'linger'] as const
export type Phase = (typeof PHASES)[number]

/** What the sessions of one server share. */
export class Service implements Parsing {
  readonly handler: Handler
  readonly limits: BigUint64Array
  readonly onError: (error: unknown, request: HttpRequest) => void
  /** Whether each answer is to be the last of its connection. */
  stopping = false
  generation = 0
  readonly request = parser.newRequest()
  readonly out = new Output()

  constructor(handler: Handler, limits: parser.Limits, onError: (error: unknown, request: HttpRequest) => void) {
    this.handler = handler
    this.limits = parser.limitsOf(limits)
    this.onError = onError
  }
}

// Answers to requests that came together are sent in pieces of about this size.
const batch = 32 * 1024

const plain = (status: number): HttpResponse => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: `${status} ${reasons[status]}\n`,
})

export class Session {
  readonly #service: Service
  readonly #transport: Transport
  /** What it waits for. */
  phase: Phase = 'first'
  /** How many requests were answered. */
  answered = 0
  #pending: Buffer | undefined // what came and is not answered
  #length = 0 // of what is in it
  #state: Uint32Array | undefined // of the request that has not come whole
  #head = 0 // the bytes of its head, once that is whole
  #content = 0 // the bytes of its content, decoded, behind the head
  #chunked: Uint32Array | undefined
  #busy = false // an answer is under way
  #ended = false // the last answer was given
  #resume: (() => void) | undefined // who waits for `drained`

  constructor(service: Service, transport: Transport) {
    this.#service = service
    this.#transport = transport
  }

  /** Bytes that came; they are the session's during this call alone. */
  receive(bytes: Buffer): void {
    if (this.#ended) return
    clock.tick()
    if (this.#pending === undefined && !this.#busy) return this.#serve(bytes, bytes.length)
    this.#append(bytes)
    if (!this.#busy) this.#serve(this.#pending!, this.#length)
  }

  /** What was written has left. */
  drained(): void {
    this.#resume?.()
    if (!this.#busy && this.phase === 'write') this.phase = this.#waitsFor()
  }

  /** The client sends nothing more: true where there is nothing left to answer. */
  clientEnded(): boolean {
    return !this.#busy
  }

  /** The connection is gone. */
  closed(): void {
    this.#ended = true
    this.#resume?.()
  }

  /** The server is to stop: whether nothing is under way, so that the connection can be ended now. */
  get idle(): boolean {
    return !this.#busy && (this.phase === 'idle' || this.phase === 'first')
  }

  /** A request took too long to come: says so, and nothing more. */
  timeOut(): void {
    this.#refuse(408, this.#state)
    this.#flush()
    this.#end()
  }

  #append(bytes: Buffer): void {
    const length = this.#length + bytes.length
    if (this.#pending === undefined || this.#pending.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#length, 4096))
      this.#pending?.copy(larger, 0, 0, this.#length)
      this.#pending = larger
    }
    bytes.copy(this.#pending, this.#length)
    this.#length = length
  }

  // Answers the whole requests among the bytes up to `end`, and keeps what follows them.
  #serve(bytes: Buffer, end: number): void {
    const service = this.#service
    let start = 0
    while (start < end && !this.#ended && !this.#busy) {
      const request = this.#state ?? service.request
      if (this.#head === 0) {
        const size = parser.parseRequest(bytes, start, end, service.limits, request)
        if (size < 0) {
          this.#refuse(-size, request)
          break
        }
        if (size === 0) break
        service.generation++
        this.#head = size
      }
      const next =
        request[REQUEST.flags]! & parser.CHUNKED ? this.#decode(bytes, start, end) : this.#measure(request, start, end)
      if (next < 0) {
        if (this.#ended) break
        end = -next // chunks that are decoded have left their framing
        break
      }
      this.answered++
      this.#answer(bytes, start, request)
      this.#head = 0
      this.#content = 0
      this.#state = undefined
      start = next
      if (service.out.length > batch) this.#flush()
    }
    this.#flush()
    if (this.#ended) return this.#drop()
    this.#keep(bytes, start, end)
    if (!this.#busy && this.phase !== 'write') this.phase = this.#waitsFor()
  }

  // Where the request ends, its content being there; else -end.
  #measure(request: Uint32Array, start: number, end: number): number {
    const length = request[REQUEST.contentLength]! + request[REQUEST.contentLength + 1]! * 2 ** 32
    const next = start + this.#head + length
    if (next > end) {
      this.#continue(request, start + this.#head, end)
      return -end
    }
    this.#content = length
    return next
  }

  // The same for content in chunks, which is moved together behind the head.
  #decode(bytes: Buffer, start: number, end: number): number {
    const request = this.#state ?? this.#service.request
    const chunked = (this.#chunked ??= parser.newChunked())
    let at = start + this.#head + this.#content
    this.#continue(request, at, end)
    for (;;) {
      const result = parser.decodeChunked(bytes, at, end, this.#service.limits, chunked)
      if (result < 0) {
        this.#refuse(-result, request)
        return -1
      }
      const from = at + chunked[CHUNKS.data]!
      at += chunked[CHUNKS.consumed]!
      const to = start + this.#head + this.#content
      if (result === parser.CHUNKED_MORE) return -to
      if (result !== parser.CHUNKED_DATA) {
        this.#chunked = undefined
        return at
      }
      bytes.copyWithin(to, from, from + chunked[CHUNKS.data + 1]!)
      this.#content += chunked[CHUNKS.data + 1]!
    }
  }

  // A client that waits to be asked for the content is asked, once. RFC 9110, 10.1.1
  #continue(request: Uint32Array, at: number, end: number): void {
    if ((request[REQUEST.flags]! & parser.EXPECT_CONTINUE) === 0) return
    request[REQUEST.flags]! &= ~parser.EXPECT_CONTINUE
    if (at === end) this.#service.out.latin1('HTTP/1.1 100 Continue\r\n\r\n')
  }

  #answer(bytes: Buffer, start: number, words: Uint32Array): void {
    const service = this.#service
    const body = start + this.#head
    const content = this.#content > 0 ? Buffer.from(bytes.subarray(body, body + this.#content)) : undefined
    const parsing = words === service.request ? service : { generation: 0, request: words }
    const request = new HttpRequest(bytes.toString('latin1', start, body), content, parsing)
    const flags = words[REQUEST.flags]!
    const version = words[REQUEST.minorVersion]!
    const close = (flags & parser.KEEP_ALIVE) === 0 || service.stopping
    const isHead =
      words[REQUEST.method + 1] === 4 && bytes[start + words[REQUEST.method]!] === 0x48 && request.method === 'HEAD'
    const manner: Manner = { head: isHead, close, keepAlive: version === 0 && !close }
    let response: HttpResponse | Promise<HttpResponse>
    try {
      response = service.handler(request)
      if (!(response instanceof Promise)) return this.#write(checkResponse(response), manner, version, request)
    } catch (error) {
      return this.#fail(error, manner, version, request)
    }
    this.#hold()
    response.then(
      answer => {
        this.#release(() => {
          try {
            this.#write(checkResponse(answer), manner, version, request)
          } catch (error) {
            this.#fail(error, manner, version, request)
          }
        })
      },
      (error: unknown) => this.#release(() => this.#fail(error, manner, version, request)),
    )
  }

  #write(response: HttpResponse, manner: Manner, version: number, request: HttpRequest): void {
    const streaming = writeResponse(this.#service.out, response, manner, version)
    if (streaming !== undefined) return this.#stream(streaming, request)
    if (manner.close) this.#ended = true
  }

  // The handler has failed: the client is told no more than that.
  #fail(error: unknown, manner: Manner, version: number, request: HttpRequest): void {
    writeResponse(this.#service.out, plain(500), manner, version)
    if (manner.close) this.#ended = true
    this.#service.onError(error, request)
  }

  // Nothing that follows is read before the answer is whole: so the answers keep the order of their requests.
  #hold(): void {
    this.#busy = true
    this.phase = 'handler'
    this.#transport.pause()
  }

  #release(finish: () => void): void {
    if (this.#ended) return // the connection is gone
    clock.tick()
    this.#busy = false
    finish()
    if (this.#busy) return // by a body that comes in pieces
    this.#flush()
    if (this.#ended) return this.#drop()
    this.phase = this.#waitsFor()
    this.#transport.resume()
    if (this.#pending !== undefined && this.#length > 0) this.#serve(this.#pending, this.#length)
  }

  #stream(streaming: Streaming, request: HttpRequest): void {
    if (!this.#busy) this.#hold()
    this.#flush()
    this.#send(streaming).then(
      () =>
        this.#release(() => {
          if (streaming.close) this.#ended = true
        }),
      (error: unknown) => {
        // The head has gone: all that is left to say is that the rest will not come.
        this.#service.onError(error, request)
        this.#transport.abort()
      },
    )
  }

  async #send({ pieces, chunked, length }: Streaming): Promise<void> {
    let left = length ?? Infinity
    for await (const piece of pieces as AsyncIterable<Data>) {
      if (this.#ended) return // leaving the loop tells the iterator
      const view = bytesOf(piece)
      if (view.byteLength === 0) continue
      left -= view.byteLength
      if (left < 0) throw new RangeError(`The body is longer than its Content-Length, ${length}`)
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      const { out } = this.#service
      if (chunked) out.latin1(`${bytes.length.toString(16)}\r\n`)
      out.add(bytes)
      if (chunked) out.latin1('\r\n')
      if (!this.#flush()) await new Promise<void>(resolve => (this.#resume = resolve))
      this.#resume = undefined
    }
    if (left > 0 && length !== undefined) throw new RangeError(`The body is shorter than its Content-Length, ${length}`)
    if (chunked) this.#service.out.latin1('0\r\n\r\n')
    this.#flush() // the output is all sessions', and this one's next turn may come after another's
  }

  // Ends the connection with an answer to what could not be understood.
  #refuse(status: number, request: Uint32Array | undefined): void {
    const version = request?.[REQUEST.minorVersion] ?? 1
    writeResponse(this.#service.out, plain(status), { head: false, close: true, keepAlive: false }, version)
    this.#ended = true
  }

  #flush(): boolean {
    const { out } = this.#service
    if (out.length === 0) return true
    const goOn = this.#transport.write(out.bytes)
    out.clear()
    if (!goOn && !this.#busy) this.phase = 'write'
    return goOn
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (start === end) return this.#drop()
    if (this.#state === undefined && !this.#busy) {
      this.#state = this.#service.request.slice()
      this.#service.request[REQUEST.stage] = 0
    }
    if (bytes === this.#pending) {
      bytes.copyWithin(0, start, end)
      this.#length = end - start
    } else {
      this.#length = 0
      this.#append(bytes.subarray(start, end))
    }
  }

  #drop(): void {
    this.#pending = undefined
    this.#length = 0
    if (this.#ended) this.#end()
  }

  #end(): void {
    this.#ended = true
    this.phase = 'linger'
    this.#transport.finish()
  }

  #waitsFor(): Phase {
    if (this.#pending === undefined || this.#length === 0) return 'idle'
    return this.#head > 0 ? 'body' : 'head'
  }
}
