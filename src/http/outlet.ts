// What a session sends: gathered, and held back while the client does not take it.
import { bytesOf } from '../data.js'
import type { OwnedFd } from '../descriptors/owned-fd.js'
import type { Handlers } from '../reactor/index.js'
import type { Pieces } from './body.js'
import type { FileBody } from './files/file-body.js'
import { lengthMismatch } from './header-lines.js'
import type { Output } from './output.js'
import type { Streaming } from './response.js'

/** Where a session's bytes go. */
export interface Transport {
  /** The bytes that were written and have not left. */
  readonly queued: number
  /** Whether the client has done sending, or may be gone. */
  readonly peerEnded: boolean
  /** Sends, and keeps what does not leave at once. Returns whether to go on: after false, `drained` is called. */
  write(bytes: Uint8Array): boolean
  /** The same for a part of a file, whose descriptor it then owns; if it throws, it does not. */
  sendfile(file: OwnedFd, offset: number, count: number): boolean
  /** Sends what is queued, then tells the client that nothing more comes, and waits for it to say the same. */
  end(): void
  /** Closes now. */
  destroy(): void
  /** Closes so that the client does not take what it has for the whole. */
  reset(): void
  /** Receives nothing until `resume`. */
  pause(): void
  resume(): void
  /**
   * Begins a request: calls a step in the async context of the server, without what the handler of an earlier request has
   * entered. Without this, requests begin in that of `receive`.
   */
  begin?(step: () => void): void
  /** Another protocol takes the connection, and the bytes that have come for it. Without this, none can. */
  handOver?(handlers: Handlers, received?: Buffer): void
}

/** Answers to requests that came together are sent in pieces of about this size, in bytes. */
export const batch = 64 * 1024

// A stream that never waits, for a client that takes all of it, lets the others have their turn each time that so much is sent.
const mostInTurn = 1024 * 1024

/** The way from a session to its client. */
export class Outlet {
  /** Bytes so far. */
  written = 0
  /** Whether the client does not take what it got. */
  full = false
  readonly #out: Output
  readonly #transport: Transport
  readonly #filled: () => void
  #wake: (() => void) | undefined // a stream waits for room

  /** `out` is shared by all sessions, and empty between their turns; `filled` is called when the client takes no more. */
  constructor(out: Output, transport: Transport, filled: () => void) {
    this.#out = out
    this.#transport = transport
    this.#filled = filled
  }

  /** Bytes that have left. */
  get sent(): number {
    return this.written - this.#transport.queued
  }

  /** Adds to what is to be sent. */
  write(bytes: Uint8Array): void {
    if (bytes.length <= batch) return this.#out.add(bytes)
    this.flush()
    this.send(bytes)
  }

  /** Sends what has gathered. */
  flush(): void {
    const out = this.#out
    if (out.length > 0) this.send(out.bytes)
    out.clear()
  }

  /** Sends at once, and not by `out`, which may be another session's at this moment. */
  send(bytes: Uint8Array): void {
    this.written += bytes.length
    try {
      if (this.#transport.write(bytes)) return
    } catch {
      return this.#transport.destroy() // somebody else has ended it
    }
    this.full = true
    this.#filled()
  }

  /** Sends what has gathered, and then a file. */
  sendFile({ file, offset, length }: FileBody): void {
    this.flush()
    this.written += length
    try {
      if (this.#transport.sendfile(file, offset, length)) return
    } catch {
      file.close()
      return this.#transport.destroy() // somebody else has ended it
    }
    this.full = true
    this.#filled()
  }

  /** What was queued has left, or never will. Returns whether a stream waited for that. */
  drained(): boolean {
    this.full = false
    this.#wake?.()
    return this.#wake !== undefined
  }

  /** Sends a body that comes in pieces; returns early where `over` says so. Rejects with what the body threw. */
  async stream({ chunked, length }: Streaming, pieces: Pieces, over: () => boolean): Promise<void> {
    const out = this.#out
    let left = length ?? Infinity
    let inTurn = 0
    for (;;) {
      const { done, value } = await pieces.next()
      if (over()) return
      if (done === true) break
      const { buffer, byteOffset, byteLength } = bytesOf(value)
      if (byteLength === 0) continue // a chunk of no bytes would be the last
      left -= byteLength
      if (left < 0) throw lengthMismatch(`The body has more bytes than its Content-Length, ${length}`)
      if (chunked) out.latin1(`${byteLength.toString(16)}\r\n`)
      this.write(new Uint8Array(buffer, byteOffset, byteLength))
      if (chunked) out.latin1('\r\n')
      this.flush()
      if (over()) return
      inTurn += byteLength
      if (!this.full && inTurn < mostInTurn) continue
      await new Promise<void>(resolve => (this.full ? (this.#wake = resolve) : setImmediate(resolve)))
      this.#wake = undefined
      if (over()) return
      inTurn = 0
    }
    if (length !== undefined && left > 0)
      throw lengthMismatch(`The body has ${left} bytes less than its Content-Length`)
    if (chunked) out.latin1('0\r\n\r\n')
    this.flush()
  }
}
