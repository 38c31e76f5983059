// The body of a request that is received in pieces, between the session and the handler.
import { invalidThis } from '../checks.js'
import { constants } from 'node:os'
import { socketError } from '../errors.js'
import { spentBody } from './header-lines.js'
import { reasons } from './statuses.js'

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code })

/** The error of reading a body whose rest is missing, because the client has disconnected. */
export const brokenOff = (): Error => socketError(constants.errno.ECONNRESET, 'recv')
/** The error of reading a body whose rest is missing, because the request was refused with this status. */
export const refused = (status: number): Error =>
  Object.assign(coded(`The request's body: ${status} ${reasons[status]}`, 'ERR_HTTP_REQUEST_BODY'), { status })
/** The error of reading a body after the handler has answered without reading all of it. */
export const unread = (): Error =>
  coded('The request was answered before its body was read', 'ERR_STREAM_PREMATURE_CLOSE')

interface Waiter {
  resolve(result: IteratorResult<Buffer, undefined>): void
  reject(error: unknown): void
}

const done: IteratorResult<Buffer, undefined> = { done: true, value: undefined }

/** The session's side of the body. It holds at most the bytes of one receive, until the handler reads them. */
export class Incoming {
  /** The handler's side. */
  readonly body: RequestBody
  /** Why the rest of the body is missing. */
  error: Error | undefined
  #pieces: Buffer[] = []
  #waiters: Waiter[] = []
  #begun = false
  #over = false
  #cancelled = false
  readonly #more: () => void

  /** `more` is called when the handler waits for the next piece, or a piece was read and the next may be received. */
  constructor(more: () => void) {
    this.#more = more
    this.body = new RequestBody(this)
  }

  /** Whether the next piece may be received: the handler has begun to read, and has read all pieces so far. */
  get wants(): boolean {
    return this.#begun && !this.#over && this.#pieces.length === 0
  }

  /** Whether the handler waits for the next piece. */
  get waits(): boolean {
    return this.#waiters.length > 0
  }

  /** Adds a piece, a copy of these bytes. */
  push(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return
    const piece = Buffer.allocUnsafeSlow(bytes.length) // not from the pool, so that its memory can be transferred
    piece.set(bytes)
    this.pushOwn(piece)
  }

  /** Adds a piece, which belongs to the reader now, with all of its memory. */
  pushOwn(piece: Buffer): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#pieces.push(piece)
    else waiter.resolve({ done: false, value: piece })
  }

  /** To be called when the body is complete. */
  end(): void {
    this.#over = true
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(done)
  }

  /** To be called when the rest is missing: reading throws this error after the pieces that were received. */
  fail(error: Error): void {
    if (this.#over) return
    this.#over = true
    this.error = error
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }

  /** To be called when the handler stops reading. */
  cancel(): void {
    this.#pieces = []
    this.#cancelled = true
    this.end()
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    this.#begun = true
    const value = this.#pieces.shift()
    if (value === undefined && this.#over) {
      return this.error === undefined || this.#cancelled ? Promise.resolve(done) : Promise.reject(this.error)
    }
    const result =
      value === undefined
        ? new Promise<IteratorResult<Buffer, undefined>>((resolve, reject) => this.#waiters.push({ resolve, reject }))
        : Promise.resolve({ done: false as const, value })
    if (this.wants) this.#more()
    return result
  }
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: RequestBody) => unknown

/**
 * The content of a streamed request: pieces of bytes, each owned by the reader. While nothing is read, the client has to wait.
 * It can be read once, by `for await` or by anything that takes an async iterable: `ReadableStream.from`, `Readable.from`, the
 * functions of `node:stream/consumers`, and the body of an answer. Reading throws an error with one of these codes.
 * ECONNRESET: the client disconnected. ERR_HTTP_REQUEST_BODY: the request was refused with the error's `status` (400 for
 * invalid chunks, 408, 413, 431 for trailers), unless an answer had begun. ERR_STREAM_PREMATURE_CLOSE: the request was answered
 * before the body was read.
 */
export class RequestBody implements AsyncIterable<Buffer> {
  readonly #incoming: Incoming
  #used = false

  static {
    brand = self => {
      try {
        return self.#incoming
      } catch {
        throw invalidThis('RequestBody')
      }
    }
  }

  /** For the session only. */
  constructor(incoming: Incoming) {
    this.#incoming = incoming
  }

  /** Whether reading has begun. */
  get used(): boolean {
    brand(this)
    return this.#used
  }

  /** @throws TypeError ERR_INVALID_STATE if reading has begun before */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer, undefined> {
    brand(this)
    if (this.#used) throw spentBody()
    this.#used = true
    return {
      next: () => this.#incoming.next(),
      return: () => {
        this.#incoming.cancel()
        return Promise.resolve(done as IteratorReturnResult<undefined>)
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
}

/** A body that is complete. */
export function wholeBody(bytes: Uint8Array): RequestBody {
  const incoming = new Incoming(() => undefined)
  incoming.push(bytes)
  incoming.end()
  return incoming.body
}

// What a stream that `streamOf` made is made of.
const behind = new WeakMap<object, Buffer | AsyncIterableIterator<Buffer, undefined>>()

/**
 * The bytes or the pieces of a stream that `streamOf` made and nobody has read from or locked, or undefined. The stream is
 * locked then. To read these is much faster than to read the stream.
 */
export function contentBehind(stream: ReadableStream): Buffer | AsyncIterable<Buffer> | undefined {
  const content = stream.locked ? undefined : behind.get(stream)
  if (content !== undefined) stream.getReader()
  return content
}

// Bytes that have memory of their own go into the stream without a copy.
function bodyOf(bytes: Buffer): RequestBody {
  if (bytes.length === 0 || bytes.length < bytes.buffer.byteLength) return wholeBody(bytes)
  const incoming = new Incoming(() => undefined)
  incoming.pushOwn(bytes)
  incoming.end()
  return incoming.body
}

/** A request's body as a Web Stream, which reads nothing before it is read. Bytes belong to the stream now. */
export function streamOf(body: RequestBody | Buffer): ReadableStream<Uint8Array> {
  const pieces = (body instanceof RequestBody ? body : bodyOf(body))[Symbol.asyncIterator]()
  const stream: ReadableStream<Uint8Array> = new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done !== true) return controller.enqueue(value)
        controller.close()
        controller.byobRequest?.respond(0)
      },
      cancel: () => void pieces.return?.(),
    },
    { highWaterMark: 0 },
  )
  behind.set(stream, body instanceof RequestBody ? pieces : body)
  return stream
}
