// A connected stream socket as a Node Duplex, with those of net.Socket's methods that others look for on one.
import { Duplex } from 'node:stream'
import { constants } from 'node:os'
import type { SocketAddress } from '../address.js'
import { IPPROTO_TCP, SHUT_WR, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPIDLE, TCP_NODELAY } from '../constants.js'
import { SocketError } from '../errors.js'
import { Socket } from '../promises/index.js'
import { SocketBase } from '../socket-base.js'

const { ENOTCONN } = constants.errno

/** What toDuplex can be told. */
export interface DuplexOptions {
  /** Whether writing may go on after the peer has ended; without it the stream then ends too. False unless told otherwise. */
  allowHalfOpen?: boolean
  /** How many bytes are kept in each direction before the other side has to wait; 64 KiB unless told otherwise. */
  highWaterMark?: number
}

const chunkSize = 65536

/** A Duplex over a socket, which it closes when it is destroyed. */
export class SocketDuplex extends Duplex {
  readonly #socket: Socket
  readonly #local: SocketAddress
  readonly #remote: SocketAddress
  #timer: NodeJS.Timeout | undefined
  #timeout = 0
  /** Always: the socket is connected before it becomes a stream. */
  readonly connecting = false
  /** How many bytes were received. */
  bytesRead = 0
  /** How many bytes were sent. */
  bytesWritten = 0

  constructor(socket: Socket, { allowHalfOpen = false, highWaterMark = chunkSize }: DuplexOptions = {}) {
    super({ allowHalfOpen, highWaterMark, decodeStrings: true, emitClose: true })
    this.#socket = socket
    this.#local = socket.getsockname()
    this.#remote = socket.getpeername()
  }

  /** The socket, for its options and addresses; who receives from it or sends on it disturbs the stream. */
  get socket(): Socket {
    return this.#socket
  }

  get remoteAddress(): string | undefined {
    return 'address' in this.#remote ? String(this.#remote.address) : undefined
  }

  get remotePort(): number | undefined {
    return 'port' in this.#remote ? this.#remote.port : undefined
  }

  get remoteFamily(): string {
    return this.#remote.family
  }

  get localAddress(): string | undefined {
    return 'address' in this.#local ? String(this.#local.address) : undefined
  }

  get localPort(): number | undefined {
    return 'port' in this.#local ? this.#local.port : undefined
  }

  /** The socket's own address. getsockname(2) */
  address(): SocketAddress {
    return this.#local
  }

  /** For clients that connect the stream they are given: it is connected, and says so. */
  connect(...given: unknown[]): this {
    const listener = given.at(-1)
    if (typeof listener === 'function') this.once('connect', listener as () => void)
    process.nextTick(() => this.emit('connect'))
    return this
  }

  /** tcp(7), TCP_NODELAY; nothing on a socket that is not TCP. */
  setNoDelay(noDelay = true): this {
    if ('port' in this.#local) this.#socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, noDelay)
    return this
  }

  /** socket(7), SO_KEEPALIVE, the first probe after `initialDelay` milliseconds of silence where that is not 0. */
  setKeepAlive(enable = false, initialDelay = 0): this {
    this.#socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, enable)
    const seconds = Math.floor(initialDelay / 1000)
    if (enable && seconds > 0 && TCP_KEEPIDLE !== undefined && 'port' in this.#local) {
      this.#socket.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, seconds)
    }
    return this
  }

  /** Emits `timeout` after so many milliseconds in which nothing came or went; 0 never does. */
  setTimeout(timeout: number, listener?: () => void): this {
    this.#timeout = timeout
    if (listener !== undefined) this.once('timeout', listener)
    clearTimeout(this.#timer)
    this.#timer = timeout > 0 ? setTimeout(() => this.emit('timeout'), timeout).unref() : undefined
    return this
  }

  /** The milliseconds of setTimeout. */
  get timeout(): number {
    return this.#timeout
  }

  /** Nothing: an idle socket does not keep the process alive, one that is read or written does. */
  ref(): this {
    return this
  }

  /** Nothing: see `ref`. */
  unref(): this {
    return this
  }

  override _read(): void {
    this.#socket.recv(chunkSize).then(
      chunk => {
        this.#active()
        this.bytesRead += chunk.length
        this.push(chunk.length > 0 ? chunk : null)
      },
      (error: unknown) => this.#failed(error),
    )
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#sendAll(chunk, callback)
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#sendAll(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    try {
      this.#socket.shutdown(SHUT_WR)
      callback()
    } catch (error) {
      const gone = error instanceof SocketError && error.errno === -ENOTCONN
      callback(gone ? null : (error as Error))
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    this.#socket.close()
    callback(error)
  }

  // What the kernel takes at once costs no promise.
  #sendAll(bytes: Buffer, callback: (error?: Error | null) => void): void {
    this.#active()
    this.bytesWritten += bytes.length
    let sent: number
    try {
      sent = this.#socket.trySend(bytes) ?? 0
    } catch (error) {
      return callback(error as Error)
    }
    if (sent === bytes.length) return callback()
    this.#socket.sendall(bytes.subarray(sent)).then(() => callback(), callback)
  }

  #active(): void {
    this.#timer?.refresh()
  }

  #failed(error: unknown): void {
    if (!this.destroyed) this.destroy(error as Error)
  }
}

/** A socket of the promises' kind on the same descriptor: the very one, or one that takes it over. */
export function asynchronous(socket: SocketBase): Socket {
  if (socket instanceof Socket) return socket
  return new Socket(socket.family, socket.type, socket.protocol, socket.detach())
}

/**
 * A connected stream socket, of either kind, as a Duplex: back-pressure both ways, half-close, errors. The stream owns
 * the socket from now on.
 *
 * @throws SocketError ENOTCONN where it is not connected
 */
export const toDuplex = (socket: SocketBase, options?: DuplexOptions): SocketDuplex =>
  new SocketDuplex(asynchronous(socket), options)
