// Streaming bodies of responses.
import type { Data } from '../data.js'
import { FileBody } from './files/file-body.js'

/** A body in pieces: a stream of the web or of Node, a generator, or any other iterable. */
export type StreamingBody = AsyncIterable<Data> | Iterable<Data> | ReadableStream<Uint8Array>

/** A reader of a streaming body. */
export interface Pieces {
  next(): Promise<IteratorResult<Data, unknown>> | IteratorResult<Data, unknown>
  /** Stops the source at once: no more pieces are wanted. */
  cancel(): void
}

/** Whether a body is a streaming one. */
export const isStreaming = (body: unknown): body is StreamingBody =>
  typeof body === 'object' &&
  body !== null &&
  !ArrayBuffer.isView(body) &&
  (body instanceof ReadableStream || Symbol.asyncIterator in body || Symbol.iterator in body)

// Stops a source, and ignores its errors.
function forget(stop: () => unknown): void {
  try {
    Promise.resolve(stop()).catch(() => undefined)
  } catch {
    // ignored too
  }
}

/** Starts reading a streaming body. */
export function piecesOf(body: StreamingBody): Pieces {
  if (body instanceof ReadableStream) {
    const reader = body.getReader()
    return { next: () => reader.read(), cancel: () => forget(() => reader.cancel()) }
  }
  const iterator = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]()
  // A stream of Node that has not been read from yet ignores `return` of its iterator.
  const { destroy } = body as { destroy?: () => void }
  const stop = (): unknown => (typeof destroy === 'function' ? destroy.call(body) : iterator.return?.())
  let running = false // a running generator cannot be ended
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

/** Cancels a body that is not going to be sent. */
export function discard(body: unknown): void {
  if (body instanceof FileBody) return body.close()
  if (!isStreaming(body)) return
  forget(() => {
    if (!(body instanceof ReadableStream)) piecesOf(body).cancel()
    else if (!body.locked) return body.cancel()
    return undefined
  })
}
