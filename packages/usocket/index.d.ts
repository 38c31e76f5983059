import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'

/** An error of a system call; unlike Node's own its errno is positive. errno(3) */
export interface SystemError extends Error {
  code?: string
  errno?: number
  syscall?: string
  path?: string
}

/** A path, an abstract name after NUL, or the descriptor of a connected socket, which the USocket then owns. unix(7) */
export type ConnectTarget = string | { path: string } | { fd: number }

export interface USocketOptions {
  path?: string
  fd?: number
  /** Whether writing may go on after the peer has ended. Default: true. */
  allowHalfOpen?: boolean
}

/** Bytes and descriptors to send together. */
export interface OutgoingMessage {
  data?: NodeJS.ArrayBufferView | null
  /** At most 253; they must stay open until `callback` is called. */
  fds?: readonly number[] | null
  /** Called when all is sent. It is not called if that fails: the stream then emits `error`. */
  callback?: (message: OutgoingMessage) => void
}

/** What `read(size, count)` returns. The descriptors belong to the caller, who closes them. */
export interface IncomingMessage {
  data: Buffer | null
  fds: number[]
}

/** A Unix stream socket. Emits `connected`, `fds` (when descriptors arrive), `error`, `close`, and what a Duplex emits. */
export class USocket extends Duplex {
  /** Connects at once if there is a path or a descriptor. */
  constructor(target?: string | USocketOptions | null, callback?: () => void)
  /** The descriptor; undefined before it is connected, −1 after it is closed. */
  readonly fd: number | undefined
  /** Emits `connected`, or `error` and `close`. After a failure it can be called again. connect(2) */
  connect(target: ConnectTarget, callback?: () => void): this
  // oxlint-disable-next-line typescript/no-explicit-any -- as a Duplex
  read(size?: number | null): any
  /** Bytes and `count` descriptors (null: all that have come); null if there are not as many of both. recvmsg(2) */
  read(size: number | null, count: number | null): IncomingMessage | null
  /** Puts back bytes, and descriptors before those that are yet to be read. */
  unshift(chunk: unknown, fds?: readonly number[] | BufferEncoding): void
  /** Sends bytes, descriptors or both. Descriptors without bytes go with the next byte. sendmsg(2), unix(7) */
  write(
    chunk: string | NodeJS.ArrayBufferView | readonly number[] | OutgoingMessage,
    callback?: (error: Error | null | undefined) => void,
  ): boolean
  write(
    chunk: string | NodeJS.ArrayBufferView | readonly number[] | OutgoingMessage,
    encoding?: BufferEncoding | null,
    callback?: (error: Error | null | undefined) => void,
  ): boolean
  /** Closes the socket, and descriptors that were not read. Without an error no event follows. close(2) */
  destroy(error?: Error): this
}

/** A listening Unix stream socket. Emits `listening`, `connection` with a USocket, `error`. */
export class UServer extends EventEmitter {
  /** The descriptor; undefined before it listens, −1 after it is closed. */
  readonly fd: number | undefined
  readonly listening: boolean
  readonly paused: boolean
  /** Emits `listening`, or `error`. A socket's file that is there already is replaced. Default backlog: 16. listen(2) */
  listen(path: string, callback?: () => void): void
  listen(path: string, backlog?: number, callback?: () => void): void
  listen(options: { path: string; backlog?: number }, callback?: () => void): void
  /** No `connection` is emitted until `resume`. */
  pause(): void
  resume(): void
  /** Closes the server, not its connections. No event follows; a second call does nothing. close(2) */
  close(): void
}
