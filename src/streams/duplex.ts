// A connected stream socket as a Node Duplex, with those of net.Socket's methods that others look for on one.
import { Duplex } from 'node:stream'
import { constants } from 'node:os'
import type { SocketAddress } from '../structs/address.js'
import { IPPROTO_TCP, MSG_PEEK, SHUT_WR, SO_KEEPALIVE, SOCK_STREAM, SOL_SOCKET } from '../constants.js'
import { TCP_KEEPIDLE, TCP_NODELAY } from '../constants.js'
import { invalidValue } from '../checks.js'
import { SocketError } from '../errors.js'
import { options, setOption } from '../options/index.js'
import { Socket } from '../promises/index.js'
import type { SocketBase } from '../sockets/base.js'
import { checkTimeout, Timer } from '../timers.js'

const { ENOTCONN } = constants.errno

/** What toDuplex can be told. */
export interface DuplexOptions {
  /** Whether writing may go on after the peer has ended; without it the stream then ends too. Default: false. */
  allowHalfOpen?: boolean
  /**
   * From how many bytes on that are kept in a direction the other side has to wait; default: 64 KiB. Four
   * times as many are received at once, 64 KiB at least and 256 KiB at most.
   */
  highWaterMark?: number
}

// How many bytes to receive at once. As many as came, or twice as many, are not copied; and with the most, a stream of
// much has twice the throughput that it has with a quarter of it.
const least = 16 * 1024
const first = 64 * 1024
const most = 256 * 1024
const forever = { timeout: null }

/** A Duplex over a socket, which it closes when it is destroyed. */
export class SocketDuplex extends Duplex {
  readonly #socket: Socket
  readonly #local: SocketAddress
  readonly #remote: SocketAddress | undefined
  #timer: Timer | undefined
  #timeout = 0
  #failure: Error | undefined // of the last receive
  #size = first // to receive at once
  readonly #most: number
  /** Always: the socket is connected before it becomes a stream. */
  readonly connecting = false
  /** How many bytes were received. */
  bytesRead = 0
  /** How many bytes were sent. */
  bytesWritten = 0

  constructor(socket: Socket, { allowHalfOpen = false, highWaterMark = first }: DuplexOptions = {}) {
    super({ allowHalfOpen, highWaterMark, decodeStrings: true, emitClose: false })
    this.#socket = socket
    this.#most = Math.min(Math.max(4 * highWaterMark, first), most)
    this.#local = socket.getsockname()
    this.#remote = peerOf(socket)
  }

  /** The socket, for its options and addresses; who receives from it or sends on it disturbs the stream. */
  get socket(): Socket {
    return this.#socket
  }

  /** Whether there is no connection: it is one from the start, until the stream is destroyed. */
  get pending(): boolean {
    return this.destroyed
  }

  get readyState(): 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  get remoteAddress(): string | undefined {
    return this.#remote && 'address' in this.#remote ? String(this.#remote.address) : undefined
  }

  get remotePort(): number | undefined {
    return this.#remote && 'port' in this.#remote ? this.#remote.port : undefined
  }

  get remoteFamily(): string | undefined {
    return this.#remote?.family
  }

  get localAddress(): string | undefined {
    return 'address' in this.#local ? String(this.#local.address) : undefined
  }

  get localPort(): number | undefined {
    return 'port' in this.#local ? this.#local.port : undefined
  }

  get localFamily(): string {
    return this.#local.family
  }

  /** The socket's own address. getsockname(2) */
  address(): SocketAddress {
    return this.#local
  }

  /** For clients that connect the stream they are given: it is connected, and says so. */
  connect(...given: unknown[]): this {
    const listener = given.at(-1)
    if (typeof listener === 'function') this.once('connect', listener as () => void)
    process.nextTick(() => {
      this.emit('connect')
      this.emit('ready')
    })
    return this
  }

  /** tcp(7), TCP_NODELAY; nothing on a socket that is not TCP. */
  setNoDelay(noDelay = true): this {
    if ('port' in this.#local && !this.destroyed) this.#socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, noDelay)
    return this
  }

  /** socket(7), SO_KEEPALIVE, the first probe after `initialDelay` milliseconds of silence where that is not 0. */
  setKeepAlive(enable = false, initialDelay = 0): this {
    if (this.destroyed) return this
    this.#socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, enable)
    const seconds = Math.floor(initialDelay / 1000)
    if (enable && seconds > 0 && TCP_KEEPIDLE !== undefined && 'port' in this.#local) {
      this.#socket.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, seconds)
    }
    return this
  }

  /** Emits `timeout` after so many milliseconds in which nothing came or went; 0, null and Infinity never do. */
  setTimeout(timeout: number | null, listener?: () => void): this {
    if (this.destroyed) return this
    const ms = checkTimeout(timeout) ?? 0
    this.#timeout = ms
    this.#timer?.clear()
    this.#timer = ms > 0 ? new Timer(ms, () => this.emit('timeout'), false) : undefined
    if (listener === undefined) return this
    return ms > 0 ? this.once('timeout', listener) : this.off('timeout', listener)
  }

  /** The milliseconds of setTimeout. */
  get timeout(): number {
    return this.#timeout
  }

  /** The process lives while this is read or written: as from the start. */
  ref(): this {
    this.#socket.ref()
    return this
  }

  /** The process need not live for this. */
  unref(): this {
    this.#socket.unref()
    return this
  }

  /** Destroys the stream once all that was written has been sent. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Destroys the stream so that a TCP peer gets a reset (RST). socket(7), SO_LINGER */
  resetAndDestroy(): this {
    if ('port' in this.#local && !this.destroyed) setOption(this.#socket, options.linger, { on: true, seconds: 0 })
    return this.destroy()
  }

  override _read(): void {
    this.#socket.recv(this.#size, 0, forever).then(
      chunk => {
        this.#active()
        if (chunk.length === this.#size) this.#size = Math.min(2 * this.#size, this.#most)
        else if (chunk.length <= this.#size / 4 && this.#socket.type === SOCK_STREAM)
          this.#size = Math.max(this.#size / 2, least)
        this.bytesRead += chunk.length
        this.push(chunk.length > 0 ? chunk : null)
      },
      (error: unknown) => {
        this.#failure = error as Error
        this.#fail()
      },
    )
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size)
    this.#fail()
    return chunk
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#sendAll(chunk).then(() => callback(), callback)
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#sendAll(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => callback(), callback)
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
    this.#timer?.clear()
    this.#socket.close()
    callback(error) // which emits `error` in the next tick
    setImmediate(() => this.emit('close', error !== null))
  }

  async #sendAll(bytes: Buffer): Promise<void> {
    while (bytes.length > 0) {
      const sent = await this.#socket.send(bytes, 0, forever)
      this.#active()
      this.bytesWritten += sent
      bytes = bytes.subarray(sent)
    }
  }

  // What came before a failure is read before it is told; one that was closed is told of none.
  #fail(): void {
    if (this.#failure !== undefined && this.readableLength === 0) this.destroy(this.#failure)
  }

  #active(): void {
    this.#timer?.refresh()
  }
}

/**
 * The other end's address. A TCP connection that both ends have finished has none any more, though what came can still be
 * received: getpeername(2) says ENOTCONN of it as of a socket that was never connected, and recv(2) does not.
 */
function peerOf(socket: SocketBase): SocketAddress | undefined {
  try {
    return socket.getpeername()
  } catch (error) {
    try {
      if (socket.tryRecv(1, MSG_PEEK) !== null) return undefined
    } catch {
      throw error
    }
    throw error
  }
}

/** The socket of the promises' kind that takes over a connected stream socket: itself, where it is one. */
export function taken(socket: SocketBase): Socket {
  if (socket.type !== SOCK_STREAM) throw invalidValue('socket', `type ${socket.type}`, 'must be a stream socket')
  peerOf(socket) // that of a socket without a peer throws: nothing is taken then
  if (socket instanceof Socket) return socket
  return new Socket(socket.family, socket.type, socket.protocol, socket.detach())
}

/**
 * A connected stream socket, of either kind, as a Duplex: back-pressure both ways, half-close, errors. The stream owns
 * the socket from now on; the socket's timeout is none of its affair, `setTimeout` is.
 *
 * @throws SocketError ENOTCONN where it is not connected; TypeError where it is no stream socket
 */
export const toDuplex = (socket: SocketBase, options?: DuplexOptions): SocketDuplex =>
  new SocketDuplex(taken(socket), options)
