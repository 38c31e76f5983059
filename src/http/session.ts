// One connection's requests and answers: bytes in, bytes out, with no socket in it.
import { checkProperties, invalidType, invalidValue } from '../checks.js'
import { handlerProperties } from '../reactor/handlers.js'
import type { Handlers } from '../reactor/index.js'
import { discard, isStreaming, piecesOf } from './body.js'
import type { Pieces } from './body.js'
import { batch, Outlet } from './outlet.js'
import type { Transport } from './outlet.js'
import { clock } from './output.js'
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

// A streamed body has its time anew each time that so much of it has come: who sends a byte now and then is no client.
const stretch = 64 * 1024

// Of a body that its handler did not read so much is received all the same, for the sake of the requests behind it.
const mostDropped = 256 * 1024

// For a body that is to be whole so much memory is taken at once, if it has told that it is so long; more only as it comes.
const mostAhead = 128 * 1024

const continues = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')

/**
 * Answers what a client sends, one request after the other: nothing that follows is looked at before an answer is whole,
 * nor while the client does not take what it got.
 */
export class Session {
  readonly #service: Service
  readonly #transport: Transport
  readonly #outlet: Outlet
  #pending: Buffer | undefined // what came and is not answered
  #length = 0 // of what is in it
  #reading: Reading | undefined // of the request that it begins with, where some of that was read
  #request: AnyRequest | undefined // whose answer is under way
  #incoming: Incoming | undefined // the body of the last request, where the rest of it is to come
  #expects = false // the client waits to be asked for that
  #taken = 0 // bytes of such bodies
  #dropped = 0 // bytes of the last one that nobody reads
  #broken = false // the last one broke off: what follows it cannot be told from it
  #pieces: Pieces | undefined // of that answer
  #ended = false // the last answer was given
  #successor: Handlers | undefined // who gets the connection: that answer was an upgrade
  #progress = 0 // what had gone and come by the last check
  #phase: Phase = 'first' // what it waited for then
  #since = performance.now() // and since when

  constructor(service: Service, transport: Transport) {
    this.#service = service
    this.#transport = transport
    this.#outlet = new Outlet(service.out, transport, () => this.#pause())
  }

  /** Bytes that came; they are the session's during this call alone, to be changed as well. */
  receive(bytes: Buffer): void {
    if (this.#ended) return
    if (this.#incoming !== undefined) return this.#feed(bytes, this.#incoming)
    const waits = this.#waits
    if (this.#pending === undefined && !waits) return this.#serve(bytes, bytes.length)
    this.#append(bytes)
    if (!waits) this.#serve(this.#pending!, this.#length)
  }

  /** What was queued has left. */
  drained(): void {
    if (!this.#outlet.full || this.#outlet.drained()) return
    if (this.#request === undefined && !this.#ended) this.#goOn()
  }

  /** No more is answered, and the connection ends once all is sent: the client has done sending, or is to go. */
  end(): void {
    this.#ended = true
    this.#pending = undefined
    if (this.#incoming !== undefined) {
      const request = this.#request
      this.#letGo(request === undefined ? unread() : brokenOff())
      if (request !== undefined) abandon(request)
      if (this.#pieces !== undefined) return this.#transport.reset() // what there is of the answer is not the whole
    }
    this.#transport.end()
    this.#transport.resume() // what comes is dropped: closing on it would be a reset, which may cost the client its answer
  }

  /** The connection is gone. */
  closed(): void {
    this.#ended = true
    this.#pending = undefined
    this.#letGo(brokenOff())
    this.#pieces?.cancel()
    this.#outlet.drained()
    if (this.#request !== undefined) abandon(this.#request)
  }

  /**
   * Ends what takes too long, and what has no request under way when the server is to stop, or while others wait for its
   * place. To be called a few times a second; `now` is performance.now().
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
      this.#transport.reset() // else the kernel goes on for minutes to offer what is not taken
    else if (phase === 'halfClose')
      this.#transport.reset() // what there is of the answer is not the whole
    else this.#transport.destroy()
  }

  /** What it waits for. */
  get phase(): Phase {
    if (this.#transport.queued > 0) return 'write'
    if (this.#ended) return 'linger'
    if (this.#dropping || this.#incoming?.waits === true) return 'body'
    if (this.#request !== undefined) return this.#transport.peerEnded ? 'halfClose' : 'handler'
    if (this.#pending !== undefined) return this.#reading !== undefined && this.#reading.head > 0 ? 'body' : 'head'
    return this.#outlet.written > 0 ? 'idle' : 'first'
  }

  // Whether what comes is to be left alone.
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

  // How much memory to take for so many bytes that are there: all that the request will have, or twice as much as before.
  #roomFor(length: number): number {
    const whole = this.#reading?.whole ?? 0
    const more = whole > 0 ? Math.min(whole, Math.max(2 * length, mostAhead)) : 2 * this.#length
    return Math.max(length, more)
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
        if (next === 0 && reading.head > 0 && service.bodies !== 'whole') {
          this.#begin(bytes, start, reading)
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
        this.#answer(bytes, start, empty ? undefined : this.#bodyOf(bytes, start, next === end, reading), reading)
        this.#reading = undefined
        reading.reset()
        start = next
        if (out.length > batch) this.#outlet.flush()
      }
      this.#outlet.flush()
    } finally {
      out.clear() // whatever happened: what follows is another client's
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

  // The content of a request that is whole. `last`: nothing follows it.
  #bodyOf(bytes: Buffer, start: number, last: boolean, reading: Reading): Buffer | RequestBody {
    const from = start + reading.head
    const content = bytes.subarray(from, from + reading.content)
    if (this.#service.bodies === 'streamed') return wholeBody(content)
    return last && bytes === this.#pending ? content : Buffer.from(content)
  }

  // A request whose head is whole, and of whose body there is what follows the head in `bytes`.
  #begin(bytes: Buffer, start: number, reading: Reading): void {
    this.#reading ??= this.#service.takeReading()
    this.#incoming = new Incoming(() => this.#more())
    this.#expects = reading.has(EXPECT_CONTINUE)
    this.#dropped = 0
    this.#incoming.push(bytes.subarray(start + reading.head, reading.end))
    this.#outlet.flush() // before what the handler may cause to be sent
    this.#answer(bytes, start, this.#incoming.body, reading)
  }

  // The handler reads.
  #more(): void {
    this.#ask()
    this.#transport.resume()
  }

  // RFC 9110, 10.1.1
  #ask(): void {
    if (!this.#expects) return
    this.#expects = false
    this.#outlet.send(continues)
  }

  // What has come while a body is not whole.
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

  // The rest of a body does not come, or is none.
  #breakOff(status: number): void {
    const request = this.#request
    if (request === undefined) return this.end() // it was answered
    this.#letGo(refused(status))
    this.#broken = true
    this.#transport.pause()
    if (this.#pieces !== undefined) return // the answer has begun: it is the handler's to break it off
    abandon(request)
    if (this.#ended) return // a listener has closed the connection
    clock.tick()
    this.#refuse(status, request.method === 'HEAD')
    this.#outlet.flush()
    this.end()
  }

  // Whether the last request was answered, and the rest of its body is received for the sake of what follows it.
  get #dropping(): boolean {
    return this.#incoming !== undefined && this.#request === undefined
  }

  // The request is answered, and its body not whole.
  #drop(): void {
    this.#incoming!.fail(unread())
    if (this.#tooMuchLeft) this.end()
    else this.#transport.resume()
  }

  // Whether what is left of the body costs more than the connection is worth.
  get #tooMuchLeft(): boolean {
    return this.#incoming !== undefined && (this.#expects || this.#reading!.left > mostDropped)
  }

  #letGo(why: Error): void {
    this.#incoming?.fail(why)
    this.#incoming = undefined
  }

  #answer(bytes: Buffer, start: number, body: Buffer | RequestBody | undefined, reading: Reading): void {
    const service = this.#service
    if (reading.hasMethod(bytes, start, 'CONNECT')) return this.#refuse(501, false) // RFC 9110, 9.3.6
    const request: AnyRequest = new HttpRequest(bytes.toString('latin1', start, start + reading.head), body, reading)
    const manner: Manner = {
      head: reading.hasMethod(bytes, start, 'HEAD'),
      version: reading.request[REQUEST.minorVersion]!,
      close: !reading.has(KEEP_ALIVE),
    }
    let response: HttpResponse | PromiseLike<HttpResponse>
    try {
      response = service.handler(request)
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

  async #respondLater(promise: PromiseLike<HttpResponse>, manner: Manner, request: AnyRequest): Promise<void> {
    const incoming = this.#incoming
    this.#hold(request)
    try {
      const response = await promise
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

  // Nothing that follows is looked at before the answer is whole: so answers keep the order of their requests.
  #hold(request: AnyRequest): void {
    this.#request = request
    this.#pause()
  }

  // Receives nothing, unless it is of the body that a handler reads.
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
    if (this.#pending !== undefined) this.#serve(this.#pending, this.#length)
  }

  #respond(response: HttpResponse, manner: Manner, request: AnyRequest): void {
    if (this.#service.stopping) manner.close = true
    let rest: Uint8Array | Streaming | undefined
    try {
      if (typeof response !== 'object' || response === null) throw invalidType('response', response, 'of type object')
      if (response.upgrade !== undefined) return this.#switch(response, response.upgrade, request)
      if (this.#incoming === undefined) {
        // It has come whole.
      } else if (isStreaming(response.body))
        this.#ask() // the answer may be made of it, and has begun then
      else if (this.#tooMuchLeft) manner.close = true
      rest = writeResponse(this.#service.out, response, manner)
    } catch (error) {
      discard(response?.body)
      return this.#fail(error, manner, request)
    }
    if (rest !== undefined && 'body' in rest) return void this.#stream(rest, manner, request)
    if (rest !== undefined) this.#outlet.write(rest)
    this.#ended = manner.close
  }

  // After this answer the connection is the other protocol's. RFC 9110, 7.8
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

  // The client is told no more than that.
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
      if (this.#ended) return // it broke off because the connection did
      if (error !== incoming?.error) this.#service.report(error, request)
      this.#pieces?.cancel()
      return this.#transport.reset() // the head has gone: all that is left to say is that the rest will not come
    }
    this.#ended = manner.close || this.#broken
    this.#release()
  }

  // A request that took too long to come.
  #timeOut(): void {
    clock.tick()
    this.#refuse(408, this.#reading?.hasMethod(this.#pending!, 0, 'HEAD') ?? false)
    this.#outlet.flush()
    this.end()
  }

  // The last answer, to what could not be understood.
  #refuse(status: number, head: boolean): void {
    writeResponse(this.#service.out, plain(status), { head, version: 1, close: true })
    this.#ended = true
  }
}

const isPromise = (value: HttpResponse | PromiseLike<HttpResponse>): value is PromiseLike<HttpResponse> =>
  typeof (value as PromiseLike<HttpResponse> | undefined)?.then === 'function'
