// A response's body that comes in pieces.
import type { Data } from '../data.js'

/** Such a body: a stream of the web or of Node, a generator, or anything else that can be iterated. */
export type StreamingBody = AsyncIterable<Data> | Iterable<Data> | ReadableStream<Uint8Array>

/** A body on its way. */
export interface Pieces {
  next(): Promise<IteratorResult<Data, unknown>> | IteratorResult<Data, unknown>
  /** No more are wanted: whoever makes them is told, now. */
  cancel(): void
}

/** Whether a body comes in pieces. */
export const isStreaming = (body: unknown): body is StreamingBody =>
  typeof body === 'object' &&
  body !== null &&
  !ArrayBuffer.isView(body) &&
  (body instanceof ReadableStream || Symbol.asyncIterator in body || Symbol.iterator in body)

// What stops is not asked how it went.
function forget(stop: () => unknown): void {
  try {
    Promise.resolve(stop()).catch(() => undefined)
  } catch {
    // nor what it threw
  }
}

/** Begins to take a body. */
export function piecesOf(body: StreamingBody): Pieces {
  if (body instanceof ReadableStream) {
    const reader = body.getReader()
    return { next: () => reader.read(), cancel: () => forget(() => reader.cancel()) }
  }
  const iterator = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]()
  // A stream of Node's that nobody has read from yet takes no notice of its iterator.
  const { destroy } = body as { destroy?: () => void }
  const stop = (): unknown => (typeof destroy === 'function' ? destroy.call(body) : iterator.return?.())
  let running = false // a generator cannot be ended from within
  let cancelled = false
  return {
    next() {
      running = true
      try {
        return iterator.next()
      } finally {
        running = false
        if (cancelled) forget(stop)
      }
    },
    cancel() {
      if (running) cancelled = true
      else forget(stop)
    },
  }
}

/** Lets go of a body that nobody wants. */
export function discard(body: unknown): void {
  if (!isStreaming(body)) return
  forget(() => {
    if (!(body instanceof ReadableStream)) piecesOf(body).cancel()
    else if (!body.locked) return body.cancel()
    return undefined
  })
}
