// The requests and answers of one connection: it gets bytes and returns bytes, and has no socket.
import { checkProperties, invalidType, invalidValue } from '../checks.js'
import { handlerProperties } from '../reactor/handlers.js'
import type { Handlers } from '../reactor/index.js'
import { discard, isStreaming, piecesOf } from './body.js'
import type { Pieces } from './body.js'
import { batch, Outlet } from './outlet.js'
import type { Transport } from './outlet.js'
import { clock } from './output.js'
import { FileBody } from './files/file-body.js'
import { EXPECT_CONTINUE, KEEP_ALIVE, REQUEST } from './parser.js'
import type { Reading } from './reading.js'
import { abandon, HttpRequest } from './request.js'
import type { AnyRequest } from './request.js'
import { brokenOff, Incoming, refused, unread, wholeBody } from './request-body.js'
import type { RequestBody } from './request-body.js'
import { writeResponse, writeSwitch } from './response.js'
import type { HttpResponse, Manner, Streaming } from './response.js'
import { plain } from './service.js'
import type { Phase, Service } from './service.js'

// The timeout of a streamed body begins again after this many bytes of it, so that a client cannot send a byte now and then.
const stretch = 64 * 1024

// The rest of a body that its handler did not read is received up to this many bytes, so that more requests can follow.
const mostDropped = 256 * 1024

// At most so many bytes are allocated ahead for a body with a Content-Length; more only as it arrives.
const mostAhead = 128 * 1024

const continues = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')

/**
 * Answers a client's requests, one after the other. The next request is read only when the answer is complete, and the client
 * reads its answers.
 */
export class Session {
  readonly #service: Service
  readonly #transport: Transport
  readonly #outlet: Outlet
  #pending: Buffer | undefined // bytes that are received and not answered
  #length = 0 // the number of bytes in `#pending`
  #reading: Reading | undefined // the progress of the request at the beginning of `#pending`
  #request: AnyRequest | undefined // the request that is being answered
  #incoming: Incoming | undefined // the body of the latest request, while it is incomplete
  #expects = false // the client waits for 100 Continue before it sends that body
  #taken = 0 // bytes received of such bodies
  #dropped = 0 // bytes received of the latest one after its request was answered
  #broken = false // the latest body is broken: no request can follow it
  #pieces: Pieces | undefined // the body of a streamed answer
  #ended = false // no more requests are answered
  #successor: Handlers | undefined // the handlers of the next protocol: the last answer was an upgrade
  #progress = 0 // a measure of the bytes sent and received, at the last check
  #phase: Phase = 'first' // the phase at the last check
  #since = performance.now() // since when there is no progress in this phase

  constructor(service: Service, transport: Transport) {
    this.#service = service
    this.#transport = transport
    this.#outlet = new Outlet(service.out, transport, () => this.#pause())
  }

  /** To be called with received bytes. They belong to the session during this call only; it may change them. */
  receive(bytes: Buffer): void {
    if (this.#ended) return
    if (this.#incoming !== undefined) return this.#feed(bytes, this.#incoming)
    const waits = this.#waits
    if (this.#pending === undefined && !waits) return this.#serve(bytes, bytes.length, true)
    this.#append(bytes)
    if (!waits) this.#serve(this.#pending!, this.#length, true)
  }

  /** To be called when all queued bytes are sent. */
  drained(): void {
    if (!this.#outlet.full || this.#outlet.drained()) return
    if (this.#request === undefined && !this.#ended) this.#goOn()
  }

  /** Stops answering, and ends the connection when all is sent: after the client has stopped sending, or to disconnect it. */
  end(): void {
    this.#ended = true
    this.#pending = undefined
    if (this.#incoming !== undefined) {
      const request = this.#request
      this.#letGo(request === undefined ? unread() : brokenOff())
      if (request !== undefined) abandon(request)
      if (this.#pieces !== undefined) return this.#transport.reset() // the answer is incomplete
    }
    this.#transport.end()
    this.#transport.resume() // received bytes are dropped: closing with unread bytes sends a reset, and the client could lose its answer
  }

  /** To be called when the connection is closed. */
  closed(): void {
    this.#ended = true
    this.#pending = undefined
    this.#letGo(brokenOff())
    this.#pieces?.cancel()
    this.#outlet.drained()
    if (this.#request !== undefined) abandon(this.#request)
  }

  /**
   * Ends a connection that takes too long; or that has no request in progress when the server is stopping, or `othersWait` for
   * a connection. To be called a few times per second; `now` is performance.now().
   */
  check(now: number, othersWait = false): void {
    const { phase } = this
    const progress = this.#outlet.sent + Math.floor(this.#taken / stretch)
    if (phase !== this.#phase || progress !== this.#progress) {
      this.#phase = phase
      this.#progress = progress
      this.#since = now
    }
    const { stopping, timeouts } = this.#service
    if (phase === 'idle' && (stopping || othersWait)) return this.end()
    if (stopping && (phase === 'first' || this.#dropping)) return this.end()
    if (phase === 'handler' || now - this.#since < timeouts[phase]) return
    if (this.#incoming !== undefined && phase === 'body') this.#breakOff(408)
    else if (phase === 'head' || phase === 'body') this.#timeOut()
    else if (phase === 'write')
      this.#transport.reset() // otherwise the kernel would continue to send for minutes
    else if (phase === 'halfClose')
      this.#transport.reset() // the answer is incomplete
    else this.#transport.destroy()
  }

  /** The phase, which decides the timeout. */
  get phase(): Phase {
    if (this.#transport.queued > 0) return 'write'
    if (this.#ended) return 'linger'
    if (this.#dropping || this.#incoming?.waits === true) return 'body'
    if (this.#request !== undefined) return this.#transport.peerEnded ? 'halfClose' : 'handler'
    if (this.#pending !== undefined) return this.#reading !== undefined && this.#reading.head > 0 ? 'body' : 'head'
    return this.#outlet.written > 0 ? 'idle' : 'first'
  }

  // Whether received bytes are only kept for later.
  get #waits(): boolean {
    return this.#outlet.full || this.#request !== undefined || this.#successor !== undefined
  }

  #append(bytes: Buffer): void {
    const length = this.#length + bytes.length
    if (this.#pending === undefined || this.#pending.length < length) {
      const larger = Buffer.allocUnsafeSlow(this.#roomFor(length))
      this.#pending?.copy(larger, 0, 0, this.#length)
      this.#pending = larger
    }
    bytes.copy(this.#pending, this.#length)
    this.#length = length
  }

  // The size of a larger buffer for `length` bytes: the whole request if its length is known, else twice the present size.
  #roomFor(length: number): number {
    const whole = this.#reading?.whole ?? 0
    const more = whole > 0 ? Math.min(whole, Math.max(2 * length, mostAhead)) : 2 * this.#length
    return Math.max(length, more)
  }

  // Answers the complete requests among the bytes up to `end`, and keeps the bytes after them. `fresh`: no handler has run yet
  // in this async context, which it could have changed (AsyncLocalStorage.enterWith).
  #serve(bytes: Buffer, end: number, fresh: boolean): void {
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
        if (next === 0 && reading.head > 0 && reading.hasMethod(bytes, start, 'CONNECT')) next = -501 // whatever its body
        if (next === 0 && reading.head > 0 && service.bodies !== 'whole') {
          this.#begin(bytes, start, reading, fresh)
          start = end
          break
        }
        if (!begun && reading.head > 0 && reading.has(EXPECT_CONTINUE)) out.add(continues)
        if (next <= 0) {
          if (next < 0) this.#refuse(-next, reading.hasMethod(bytes, start, 'HEAD'))
          end = reading.end
          break
        }
        const empty = reading.content === 0 && service.bodies !== 'streamed'
        const body = empty ? undefined : this.#bodyOf(bytes, start, next === end, reading)
        this.#answer(bytes, start, body, reading, fresh)
        fresh = false
        this.#reading = undefined
        reading.reset()
        start = next
        if (out.length > batch) this.#outlet.flush()
      }
      this.#outlet.flush()
    } finally {
      out.clear() // also after an exception, since all clients share it
    }
    if (next < 0) (this.#reading ?? service.reading).reset()
    if (next === 0) this.#reading ??= service.takeReading()
    if (this.#ended) return this.end()
    this.#keep(bytes, start, end)
    if (this.#successor !== undefined) this.#handOver(this.#successor)
    else if (this.#dropping) this.#drop()
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (bytes === this.#pending) bytes.copyWithin(0, start, end)
    this.#length = bytes === this.#pending ? end - start : 0
    if (start === end) this.#pending = undefined
    else if (bytes !== this.#pending) this.#append(bytes.subarray(start, end))
  }

  // The content of a complete request. `last`: no bytes follow it.
  #bodyOf(bytes: Buffer, start: number, last: boolean, reading: Reading): Buffer | RequestBody {
    const from = start + reading.head
    const content = bytes.subarray(from, from + reading.content)
    if (this.#service.bodies === 'streamed') return wholeBody(content)
    return last && bytes === this.#pending ? content : Buffer.from(content)
  }

  // Answers a request whose head is complete; the bytes after the head are the first ones of its body.
  #begin(bytes: Buffer, start: number, reading: Reading, fresh: boolean): void {
    this.#reading ??= this.#service.takeReading()
    this.#incoming = new Incoming(() => this.#more())
    this.#expects = reading.has(EXPECT_CONTINUE)
    this.#dropped = 0
    this.#incoming.push(bytes.subarray(start + reading.head, reading.end))
    this.#outlet.flush() // before anything that the handler sends
    this.#answer(bytes, start, this.#incoming.body, reading, fresh)
  }

  // The handler reads the body, so more of it can be received.
  #more(): void {
    this.#ask()
    this.#transport.resume()
  }

  // Sends 100 Continue if the client waits for it. RFC 9110, 10.1.1
  #ask(): void {
    if (!this.#expects) return
    this.#expects = false
    this.#outlet.send(continues)
  }

  // Handles received bytes while a body is incomplete.
  #feed(bytes: Buffer, incoming: Incoming): void {
    const reading = this.#reading!
    const next = reading.readOn(bytes, this.#service.limits)
    if (next < 0) return this.#breakOff(-next)
    this.#taken += bytes.length
    this.#expects = false
    incoming.push(bytes.subarray(0, reading.content))
    if (next === 0) {
      if (this.#request !== undefined) return this.#pause()
      if ((this.#dropped += bytes.length) > mostDropped) this.end()
      return
    }
    incoming.end()
    this.#incoming = this.#reading = undefined
    if (next < bytes.length) this.#append(bytes.subarray(next))
    if (this.#request !== undefined) this.#transport.pause()
    else if (!this.#outlet.full) this.#goOn()
  }

  // The rest of a body is late or invalid.
  #breakOff(status: number): void {
    const request = this.#request
    if (request === undefined) return this.end() // it was answered before
    this.#letGo(refused(status))
    this.#broken = true
    this.#transport.pause()
    if (this.#pieces !== undefined) return // the answer has begun: the handler decides how it ends
    abandon(request)
    if (this.#ended) return // a listener has closed the connection
    clock.tick()
    this.#refuse(status, request.method === 'HEAD')
    this.#outlet.flush()
    this.end()
  }

  // Whether the latest request was answered, and the rest of its body is received and dropped.
  get #dropping(): boolean {
    return this.#incoming !== undefined && this.#request === undefined
  }

  // The request was answered before its body is complete.
  #drop(): void {
    this.#incoming!.fail(unread())
    if (this.#tooMuchLeft) this.end()
    else this.#transport.resume()
  }

  // Whether the rest of the body is so long that closing the connection is cheaper.
  get #tooMuchLeft(): boolean {
    return this.#incoming !== undefined && (this.#expects || this.#reading!.left > mostDropped)
  }

  #letGo(why: Error): void {
    this.#incoming?.fail(why)
    this.#incoming = undefined
  }

  #answer(
    bytes: Buffer,
    start: number,
    body: Buffer | RequestBody | undefined,
    reading: Reading,
    fresh: boolean,
  ): void {
    if (!fresh && this.#transport.begin !== undefined)
      return this.#transport.begin(() => this.#answer(bytes, start, body, reading, true))
    const service = this.#service
    if (reading.hasMethod(bytes, start, 'CONNECT')) return this.#refuse(501, false) // RFC 9110, 9.3.6
    const request: AnyRequest = new HttpRequest(bytes.toString('latin1', start, start + reading.head), body, reading)
    const manner: Manner = {
      head: reading.hasMethod(bytes, start, 'HEAD'),
      version: reading.request[REQUEST.minorVersion]!,
      close: !reading.has(KEEP_ALIVE),
    }
    let response: HttpResponse | PromiseLike<unknown>
    try {
      const returned = service.handler(request)
      response = isPromise(returned) ? returned : service.answerOf(returned)
    } catch (error) {
      if (!this.#ended) return this.#fail(error, manner, request)
      abandon(request)
      return service.report(error, request)
    }
    if (this.#ended) abandon(request) // the handler itself has closed the connection
    if (isPromise(response)) void this.#respondLater(response, manner, request)
    else if (this.#ended) discard(response?.body)
    else this.#respond(response, manner, request)
  }

  async #respondLater(promise: PromiseLike<unknown>, manner: Manner, request: AnyRequest): Promise<void> {
    const incoming = this.#incoming
    this.#hold(request)
    try {
      const response = this.#service.answerOf(await promise)
      if (this.#ended) return discard(response?.body)
      this.#request = undefined
      clock.tick()
      this.#respond(response, manner, request)
    } catch (error) {
      if (this.#ended) return error === incoming?.error ? undefined : this.#service.reportLate(error, request)
      this.#request = undefined
      clock.tick()
      this.#fail(error, manner, request)
    }
    if (this.#request === undefined) this.#release()
  }

  // The next request waits until the answer is complete, so answers have the order of their requests.
  #hold(request: AnyRequest): void {
    this.#request = request
    this.#pause()
  }

  // Stops receiving, unless the handler reads the body.
  #pause(): void {
    if (this.#incoming?.wants !== true) this.#transport.pause()
  }

  #release(): void {
    this.#request = undefined
    this.#pieces = undefined
    this.#outlet.flush()
    if (this.#ended) this.end()
    else if (this.#successor !== undefined) this.#handOver(this.#successor)
    else if (this.#incoming !== undefined) this.#drop()
    else if (!this.#outlet.full) this.#goOn()
  }

  #goOn(): void {
    this.#transport.resume()
    if (this.#pending !== undefined) this.#serve(this.#pending, this.#length, false)
  }

  #respond(response: HttpResponse, manner: Manner, request: AnyRequest): void {
    if (this.#service.stopping) manner.close = true
    let rest: ReturnType<typeof writeResponse>
    try {
      if (typeof response !== 'object' || response === null) throw invalidType('response', response, 'of type object')
      if (response.upgrade !== undefined) return this.#switch(response, response.upgrade, request)
      if (this.#incoming === undefined) {
        // The body is complete.
      } else if (isStreaming(response.body))
        this.#ask() // the answer may depend on the body, and 100 Continue cannot be sent within it
      else if (this.#tooMuchLeft) manner.close = true
      rest = writeResponse(this.#service.out, response, manner)
    } catch (error) {
      discard(response?.body)
      return this.#fail(error, manner, request)
    }
    if (rest instanceof FileBody) this.#outlet.sendFile(rest)
    else if (rest !== undefined && 'body' in rest) return void this.#stream(rest, manner, request)
    else if (rest !== undefined) this.#outlet.write(rest)
    this.#ended = manner.close
  }

  // After this answer the connection belongs to the other protocol. RFC 9110, 7.8
  #switch(response: HttpResponse, upgrade: Handlers, request: AnyRequest): void {
    checkProperties('upgrade', upgrade, handlerProperties)
    if (this.#incoming !== undefined || this.#transport.handOver === undefined)
      throw invalidValue('upgrade', upgrade, 'must wait for the whole request, on a server that `serve` made')
    writeSwitch(this.#service.out, response, request)
    this.#successor = upgrade
  }

  #handOver(successor: Handlers): void {
    const rest = this.#pending?.subarray(0, this.#length)
    this.#ended = true
    this.#pending = undefined
    this.#transport.handOver!(successor, rest)
  }

  // Answers 500 without details, and reports the error.
  #fail(error: unknown, manner: Manner, request: AnyRequest): void {
    if (this.#service.stopping || this.#tooMuchLeft) manner.close = true
    writeResponse(this.#service.out, plain(500), manner)
    this.#ended = manner.close
    this.#service.report(error, request)
  }

  async #stream(streaming: Streaming, manner: Manner, request: AnyRequest): Promise<void> {
    const incoming = this.#incoming
    this.#hold(request)
    this.#outlet.flush()
    try {
      const pieces = (this.#pieces = piecesOf(streaming.body))
      if (this.#ended) return pieces.cancel() // the handler has closed the connection
      await this.#outlet.stream(streaming, pieces, () => this.#ended)
      if (this.#ended) return
    } catch (error) {
      if (this.#ended) return // it failed because the connection ended
      if (error !== incoming?.error) this.#service.report(error, request)
      this.#pieces?.cancel()
      return this.#transport.reset() // the head was sent: only a reset shows the client that the answer is incomplete
    }
    this.#ended = manner.close || this.#broken
    this.#release()
  }

  // Refuses a request that was not received in time.
  #timeOut(): void {
    clock.tick()
    this.#refuse(408, this.#reading?.hasMethod(this.#pending!, 0, 'HEAD') ?? false)
    this.#outlet.flush()
    this.end()
  }

  // Sends the last answer, to a request that is refused.
  #refuse(status: number, head: boolean): void {
    writeResponse(this.#service.out, plain(status), { head, version: 1, close: true })
    this.#ended = true
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
