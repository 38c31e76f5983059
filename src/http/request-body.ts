// The body of a request that comes in pieces, on its way from the session to the handler.
import { invalidThis } from '../checks.js'
import { constants } from 'node:os'
import { socketError } from '../errors.js'
import { spentBody } from './header-lines.js'
import { reasons } from './statuses.js'

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code })

/** What a handler gets that reads a body of which the rest will not come: the client is gone. */
export const brokenOff = (): Error => socketError(constants.errno.ECONNRESET, 'recv')
/** The same, where the client was answered with this status. */
export const refused = (status: number): Error =>
  Object.assign(coded(`The request's body: ${status} ${reasons[status]}`, 'ERR_HTTP_REQUEST_BODY'), { status })
/** The same, where the handler has answered before it read all. */
export const unread = (): Error =>
  coded('The request was answered before its body was read', 'ERR_STREAM_PREMATURE_CLOSE')

interface Waiter {
  resolve(result: IteratorResult<Buffer, undefined>): void
  reject(error: unknown): void
}

const done: IteratorResult<Buffer, undefined> = { done: true, value: undefined }

/** The session's side of such a body. It holds what the handler has not taken: what one receive gave, at most. */
export class Incoming {
  /** The handler's side. */
  readonly body: RequestBody
  /** Why the rest does not come. */
  error: Error | undefined
  #pieces: Buffer[] = []
  #waiters: Waiter[] = []
  #begun = false
  #over = false
  #cancelled = false
  readonly #more: () => void

  /** `more` is called when the handler waits for the next piece, and when there is room for one. */
  constructor(more: () => void) {
    this.#more = more
    this.body = new RequestBody(this)
  }

  /** Whether the next piece may come: the handler has begun to read, and nothing waits for it. */
  get wants(): boolean {
    return this.#begun && !this.#over && this.#pieces.length === 0
  }

  /** Whether the handler waits for the next piece. */
  get waits(): boolean {
    return this.#waiters.length > 0
  }

  /** Gives the handler a copy of these bytes. */
  push(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return
    const piece = Buffer.allocUnsafeSlow(bytes.length) // whose memory can be transferred
    piece.set(bytes)
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#pieces.push(piece)
    else waiter.resolve({ done: false, value: piece })
  }

  /** That was all. */
  end(): void {
    this.#over = true
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(done)
  }

  /** The rest does not come: the handler is told so once it has taken what did. */
  fail(error: Error): void {
    if (this.#over) return
    this.#over = true
    this.error = error
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }

  /** The handler wants no more. */
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
 * The content of a request that is streamed: pieces of bytes, each the reader's own. Whoever does not read makes the client
 * wait. It is read once, by `for await`, or by whatever takes an iterable: `ReadableStream.from`, `Readable.from`, the
 * functions of `node:stream/consumers`, and the body of an answer. Reading throws an error with a `code`: ECONNRESET, the client broke off;
 * ERR_HTTP_REQUEST_BODY, it was answered with the error's `status` (400 for chunks that are none, 408, 413, 431 for trailers),
 * where no answer had begun; ERR_STREAM_PREMATURE_CLOSE, the request was answered before all of it was read.
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

  /** For the session. */
  constructor(incoming: Incoming) {
    this.#incoming = incoming
  }

  /** Whether somebody reads it, or has read it. */
  get used(): boolean {
    brand(this)
    return this.#used
  }

  /** @throws TypeError ERR_INVALID_STATE the second time */
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

/** A body that is there. */
export function wholeBody(bytes: Uint8Array): RequestBody {
  const incoming = new Incoming(() => undefined)
  incoming.push(bytes)
  incoming.end()
  return incoming.body
}

/** The same as a stream of the web, which takes nothing before it is asked. */
export function streamOf(body: RequestBody): ReadableStream<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]()
  return new ReadableStream(
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
}
