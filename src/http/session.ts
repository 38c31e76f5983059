// One connection's requests and answers: bytes in, bytes out, with no socket in it.
import { bytesOf } from '../data.js'
import { invalidType } from '../errors.js'
import { discard, piecesOf } from './body.js'
import type { Pieces } from './body.js'
import { clock } from './output.js'
import { EXPECT_CONTINUE, KEEP_ALIVE, REQUEST } from './parser.js'
import type { Reading } from './reading.js'
import { abandon, HttpRequest } from './request.js'
import { lengthMismatch } from './header-lines.js'
import { writeResponse } from './response.js'
import type { HttpResponse, Manner, Streaming } from './response.js'
import { plain } from './service.js'
import type { Phase, Service } from './service.js'

/** Where a session's bytes go. */
export interface Transport {
  /** The bytes that were written and have not left. */
  readonly queued: number
  /** Whether the client has done sending, or may be gone. */
  readonly peerEnded: boolean
  /** Sends, and keeps what does not leave at once. Returns whether to go on: after false, `drained` is called. */
  write(bytes: Uint8Array): boolean
  /** Sends what is queued, then tells the client that nothing more comes, and waits for it to say the same. */
  end(): void
  /** Closes now. */
  destroy(): void
  /** Closes so that the client does not take what it has for the whole. */
  reset(): void
  /** Receives nothing until `resume`. */
  pause(): void
  resume(): void
}

// Answers to requests that came together are sent in pieces of about this size.
const batch = 64 * 1024

/**
 * Answers what a client sends, one request after the other: nothing that follows is looked at before an answer is whole,
 * nor while the client does not take what it got.
 */
export class Session {
  readonly #service: Service
  readonly #transport: Transport
  #pending: Buffer | undefined // what came and is not answered
  #length = 0 // of what is in it
  #reading: Reading | undefined // of the request that it begins with, where some of that was read
  #request: HttpRequest | undefined // whose answer is under way
  #pieces: Pieces | undefined // of that answer
  #full = false // the client does not take what it got
  #wake: (() => void) | undefined // who waits until it does
  #ended = false // the last answer was given
  #written = 0 // bytes
  #left = 0 // how many of them had left at the last check
  #phase: Phase = 'first' // what it waited for then
  #since = performance.now() // and since when

  constructor(service: Service, transport: Transport) {
    this.#service = service
    this.#transport = transport
  }

  /** Bytes that came; they are the session's during this call alone, to be changed as well. */
  receive(bytes: Buffer): void {
    if (this.#ended) return
    const waits = this.#waits
    if (this.#pending === undefined && !waits) return this.#serve(bytes, bytes.length)
    this.#append(bytes)
    if (!waits) this.#serve(this.#pending!, this.#length)
  }

  /** What was queued has left. */
  drained(): void {
    if (!this.#full) return
    this.#full = false
    if (this.#wake !== undefined) this.#wake()
    else if (this.#request === undefined && !this.#ended) this.#goOn()
  }

  /** No more is answered, and the connection ends once all is sent: the client has done sending, or is to go. */
  end(): void {
    this.#ended = true
    this.#pending = undefined
    this.#transport.end()
  }

  /** The connection is gone. */
  closed(): void {
    this.#ended = true
    this.#pending = undefined
    this.#pieces?.cancel()
    this.#wake?.()
    if (this.#request !== undefined) abandon(this.#request)
  }

  /**
   * Ends what takes too long, and what has no request under way when the server is to stop, or while others wait for its
   * place. To be called a few times a second; `now` is performance.now().
   */
  check(now: number, othersWait = false): void {
    const { phase } = this
    const left = this.#written - this.#transport.queued
    if (phase !== this.#phase || left !== this.#left) {
      this.#phase = phase
      this.#left = left
      this.#since = now
    }
    const { stopping, timeouts } = this.#service
    if (phase === 'idle' && (stopping || othersWait)) return this.end()
    if (phase === 'first' && stopping) return this.end()
    if (phase === 'handler' || now - this.#since < (timeouts[phase] ?? Infinity)) return
    if (phase === 'head' || phase === 'body') this.#timeOut()
    else if (phase === 'write')
      this.#transport.reset() // else the kernel goes on for minutes to offer what is not taken
    else if (phase === 'halfClose')
      this.#transport.reset() // what there is of the answer is not the whole
    else this.#transport.destroy()
  }

  /** What it waits for. */
  get phase(): Phase {
    if (this.#transport.queued > 0) return 'write'
    if (this.#ended) return 'linger'
    if (this.#request !== undefined) return this.#transport.peerEnded ? 'halfClose' : 'handler'
    if (this.#pending !== undefined) return this.#reading !== undefined && this.#reading.head > 0 ? 'body' : 'head'
    return this.#written > 0 ? 'idle' : 'first'
  }

  // Whether what comes is to be left alone.
  get #waits(): boolean {
    return this.#full || this.#request !== undefined
  }

  #append(bytes: Buffer): void {
    const length = this.#length + bytes.length
    if (this.#pending === undefined || this.#pending.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#length))
      this.#pending?.copy(larger, 0, 0, this.#length)
      this.#pending = larger
    }
    bytes.copy(this.#pending, this.#length)
    this.#length = length
  }

  // Answers the whole requests among the bytes up to `end`, and keeps what follows them.
  #serve(bytes: Buffer, end: number): void {
    const service = this.#service
    const { out } = service
    let start = 0
    let next = 1
    clock.tick()
    try {
      while (start < end && !this.#ended && !this.#waits) {
        const reading = this.#reading ?? service.reading
        const begun = reading.head > 0
        next = reading.read(bytes, start, end, service.limits)
        if (!begun && reading.head > 0 && reading.has(EXPECT_CONTINUE)) out.latin1('HTTP/1.1 100 Continue\r\n\r\n')
        if (next <= 0) {
          if (next < 0) this.#refuse(-next, reading.hasMethod(bytes, start, 'HEAD'))
          end = reading.end
          break
        }
        this.#answer(bytes, start, next === end, reading)
        this.#reading = undefined
        reading.reset()
        start = next
        if (out.length > batch) this.#flush()
      }
      this.#flush()
    } finally {
      out.clear() // whatever happened: what follows is another client's
    }
    if (next < 0) (this.#reading ?? service.reading).reset()
    if (next === 0) this.#reading ??= service.takeReading()
    if (this.#ended) this.end()
    else this.#keep(bytes, start, end)
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (bytes === this.#pending) bytes.copyWithin(0, start, end)
    this.#length = bytes === this.#pending ? end - start : 0
    if (start === end) this.#pending = undefined
    else if (bytes !== this.#pending) this.#append(bytes.subarray(start, end))
  }

  // `last`: nothing follows the request.
  #answer(bytes: Buffer, start: number, last: boolean, reading: Reading): void {
    const service = this.#service
    if (reading.hasMethod(bytes, start, 'CONNECT')) return this.#refuse(501, false) // RFC 9110, 9.3.6
    const body = start + reading.head
    let own: Buffer | undefined
    if (reading.content > 0) {
      const content = bytes.subarray(body, body + reading.content)
      own = last && bytes === this.#pending ? content : Buffer.from(content)
    }
    const request = new HttpRequest(bytes.toString('latin1', start, body), own, reading)
    const manner: Manner = {
      head: reading.hasMethod(bytes, start, 'HEAD'),
      version: reading.request[REQUEST.minorVersion]!,
      close: !reading.has(KEEP_ALIVE),
    }
    let response: HttpResponse | PromiseLike<HttpResponse>
    try {
      response = service.handler(request)
    } catch (error) {
      return this.#fail(error, manner, request)
    }
    if (isPromise(response)) void this.#respondLater(response, manner, request)
    else this.#respond(response, manner, request)
  }

  async #respondLater(promise: PromiseLike<HttpResponse>, manner: Manner, request: HttpRequest): Promise<void> {
    this.#hold(request)
    try {
      const response = await promise
      if (this.#ended) return discard(response?.body)
      this.#request = undefined
      clock.tick()
      this.#respond(response, manner, request)
    } catch (error) {
      if (this.#ended) return this.#service.reportLate(error, request)
      this.#request = undefined
      clock.tick()
      this.#fail(error, manner, request)
    }
    if (this.#request === undefined) this.#release()
  }

  // Nothing that follows is looked at before the answer is whole: so answers keep the order of their requests.
  #hold(request: HttpRequest): void {
    this.#request = request
    this.#transport.pause()
  }

  #release(): void {
    this.#request = undefined
    this.#pieces = undefined
    this.#flush()
    if (this.#ended) this.end()
    else if (!this.#full) this.#goOn()
  }

  #goOn(): void {
    this.#transport.resume()
    if (this.#pending !== undefined) this.#serve(this.#pending, this.#length)
  }

  #respond(response: HttpResponse, manner: Manner, request: HttpRequest): void {
    if (this.#service.stopping) manner.close = true
    let rest: Uint8Array | Streaming | undefined
    try {
      if (typeof response !== 'object' || response === null) throw invalidType('response', response, 'of type object')
      rest = writeResponse(this.#service.out, response, manner)
    } catch (error) {
      discard(response?.body)
      return this.#fail(error, manner, request)
    }
    if (rest !== undefined && 'body' in rest) return void this.#stream(rest, manner, request)
    if (rest !== undefined) this.#write(rest)
    this.#ended = manner.close
  }

  // The client is told no more than that.
  #fail(error: unknown, manner: Manner, request: HttpRequest): void {
    if (this.#service.stopping) manner.close = true
    writeResponse(this.#service.out, plain(500), manner)
    this.#ended = manner.close
    this.#service.report(error, request)
  }

  async #stream(streaming: Streaming, manner: Manner, request: HttpRequest): Promise<void> {
    this.#hold(request)
    this.#flush()
    try {
      await this.#sendPieces(streaming)
      if (this.#ended) return
    } catch (error) {
      if (this.#ended) return // it broke off because the connection did
      this.#pieces?.cancel()
      this.#service.report(error, request)
      return this.#transport.reset() // the head has gone: all that is left to say is that the rest will not come
    }
    this.#ended = manner.close
    this.#release()
  }

  async #sendPieces({ body, chunked, length }: Streaming): Promise<void> {
    const { out } = this.#service
    const pieces = (this.#pieces = piecesOf(body))
    let left = length ?? Infinity
    for (;;) {
      const { done, value } = await pieces.next()
      if (this.#ended) return
      if (done === true) break
      const { buffer, byteOffset, byteLength } = bytesOf(value)
      if (byteLength === 0) continue // a chunk of no bytes would be the last
      left -= byteLength
      if (left < 0) throw lengthMismatch(`The body has more bytes than its Content-Length, ${length}`)
      if (chunked) out.latin1(`${byteLength.toString(16)}\r\n`)
      this.#write(new Uint8Array(buffer, byteOffset, byteLength))
      if (chunked) out.latin1('\r\n')
      this.#flush()
      if (this.#full) await new Promise<void>(resolve => (this.#wake = resolve))
      this.#wake = undefined
      if (this.#ended) return
    }
    if (length !== undefined && left > 0)
      throw lengthMismatch(`The body has ${left} bytes less than its Content-Length`)
    if (chunked) out.latin1('0\r\n\r\n')
    this.#flush()
  }

  // A request that took too long to come.
  #timeOut(): void {
    clock.tick()
    this.#refuse(408, this.#reading?.hasMethod(this.#pending!, 0, 'HEAD') ?? false)
    this.#flush()
    this.end()
  }

  // The last answer, to what could not be understood.
  #refuse(status: number, head: boolean): void {
    writeResponse(this.#service.out, plain(status), { head, version: 1, close: true })
    this.#ended = true
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length <= batch) return this.#service.out.add(bytes)
    this.#flush()
    this.#send(bytes)
  }

  #flush(): void {
    const { out } = this.#service
    if (out.length > 0) this.#send(out.bytes)
    out.clear()
  }

  #send(bytes: Uint8Array): void {
    this.#written += bytes.length
    if (this.#transport.write(bytes)) return
    this.#full = true
    this.#transport.pause()
  }
}

const isPromise = (value: HttpResponse | PromiseLike<HttpResponse>): value is PromiseLike<HttpResponse> =>
  typeof (value as PromiseLike<HttpResponse> | undefined)?.then === 'function'
