// A readable stream, read piece by piece by one reader at a time.
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { poll } from '../../waiting/select.js'

export class Pieces {
  readonly #stream: Readable
  readonly #ready: () => boolean
  #ended = false
  #error: Error | undefined

  /** `ready` tells whether something is there that the stream has not read yet. */
  constructor(stream: Readable, ready = () => false) {
    this.#stream = stream
    this.#ready = ready
    stream.once('end', () => (this.#ended = true))
    stream.once('close', () => (this.#ended = true))
    stream.once('error', error => (this.#error = error))
  }

  /**
   * The next piece; null at the end of the stream. Once `enough` is aborted, it takes only what is there already: undefined if
   * that is nothing.
   */
  async next(enough?: AbortSignal): Promise<Buffer | null | undefined> {
    for (;;) {
      const piece = this.#stream.read() as Buffer | null
      if (piece !== null) return piece
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return null
      if (enough?.aborted === true && !this.#ready()) return undefined
      await this.#changed(enough)
    }
  }

  /** Reads no more. */
  close(): void {
    this.#stream.destroy()
  }

  async #changed(enough?: AbortSignal): Promise<void> {
    const over = new AbortController()
    const wake = (): void => over.abort()
    if (enough?.aborted === false) enough.addEventListener('abort', wake)
    const events = ['readable', 'end', 'close', 'error'].map(event =>
      once(this.#stream, event, { signal: over.signal }),
    )
    try {
      await Promise.race(events)
    } catch {
      // `enough` is aborted, or there is an error, which is thrown next
    } finally {
      enough?.removeEventListener('abort', wake)
      over.abort()
      for (const event of events) event.catch(() => undefined)
    }
  }
}

/** Standard input. */
export const standardInput = (): Pieces => new Pieces(process.stdin, () => poll([0], 0).length > 0)
