// A connected stream socket as a Node Duplex, with the methods of net.Socket that libraries expect.
import { Duplex } from 'node:stream'
import { inspect } from 'node:util'
import type { InspectOptions } from 'node:util'
import { constants } from 'node:os'
import type { SocketAddress } from '../structs/address.js'
import { IPPROTO_TCP, MSG_PEEK, SHUT_WR, SO_KEEPALIVE, SOCK_STREAM, SOL_SOCKET } from '../constants.js'
import { TCP_KEEPIDLE, TCP_NODELAY } from '../constants.js'
import { checkProperties, checkSwitch, invalidThis, invalidType, invalidValue } from '../checks.js'
import type { Properties } from '../checks.js'
import { SocketError } from '../errors.js'
import { options, setOption } from '../options/index.js'
import { Socket } from '../promises/index.js'
import { checkSocket } from '../sockets/base.js'
import type { SocketBase } from '../sockets/base.js'
import type { Parts } from '../shown.js'
import { shownAddress, shownObject, shownTimeout } from '../shown.js'
import { checkTimeout, Timer } from '../timers.js'

const { ENOTCONN } = constants.errno

/** The options of toDuplex. */
export interface DuplexOptions {
  /** Whether writing may go on after the peer has ended; false: the stream then ends too. Default: false. */
  allowHalfOpen?: boolean
  /**
   * The number of buffered bytes, in each direction, from which on the sender has to wait; default: 64 KiB. One receive takes
   * four times as many, but at least 64 KiB and at most 256 KiB.
   */
  highWaterMark?: number
  /** Whether the stream carries descriptors: `toDuplex` returns an FdDuplex then. Default: false. */
  fds?: boolean
}

const duplexProperties: Properties<DuplexOptions> = {
  allowHalfOpen: 'option',
  highWaterMark: 'option',
  fds: 'option',
}

// Bytes per receive. A receive that fills at least half of the room is not copied. With the largest room a fast stream has
// twice the throughput that it has with a quarter of it.
const least = 16 * 1024
const first = 64 * 1024
const most = 256 * 1024

/** The limit of a stream's calls: its own `setTimeout` limits nothing else. */
export const forever = { timeout: null }

// Refuses a `this` of another class; each method begins with it.
let brand: (self: SocketDuplex) => unknown

// What a listener or a callback throws within a promise: an uncaught exception, as net.Socket's, and no unhandled rejection.
export function uncaught(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}

/** A Duplex over a socket. Destroying it closes the socket. */
export class SocketDuplex extends Duplex {
  readonly #socket: Socket
  readonly #local: SocketAddress
  readonly #remote: SocketAddress | undefined
  #timer: Timer | undefined
  #timeout = 0
  #failure: Error | undefined // of the last receive
  #size = first // bytes per receive
  readonly #most: number
  /** Always false: the socket is connected before it becomes a stream. */
  readonly connecting = false
  /** The number of bytes received. */
  bytesRead = 0
  /** The number of bytes sent. */
  bytesWritten = 0

  static {
    brand = self => {
      try {
        return self.#socket
      } catch {
        throw invalidThis('SocketDuplex')
      }
    }
  }

  /**
   * As `toDuplex`: takes the descriptor of the socket. getpeername(2)
   *
   * @throws SocketError ENOTCONN if it is not connected, EBADF after close; TypeError for what is no Socket, or for
   *   wrong options
   */
  constructor(socket: Socket, options: DuplexOptions = {}) {
    checkSocket(socket)
    checkProperties('options', options, duplexProperties)
    const { allowHalfOpen = false, highWaterMark = first, fds } = options
    checkSwitch('options.fds', fds)
    super({ allowHalfOpen, highWaterMark, decodeStrings: true, emitClose: false })
    if (fds === true && !('writeWithFds' in this))
      throw invalidValue('options.fds', fds, 'needs an FdDuplex, which toDuplex returns')
    this.#socket = socket
    this.#most = Math.min(Math.max(4 * highWaterMark, first), most)
    this.#local = socket.getsockname()
    this.#remote = peerOf(socket)
  }

  /** The socket, for its options and addresses. Receiving from it or sending on it disturbs the stream. */
  get socket(): Socket {
    brand(this)
    return this.#socket
  }

  /** Whether there is no connection: true once the stream is destroyed. */
  get pending(): boolean {
    brand(this)
    return this.destroyed
  }

  /** Which directions are open, as in net.Socket. */
  get readyState(): 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    brand(this)
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** The peer's numeric address; undefined if it is not connected, or not over IP. */
  get remoteAddress(): string | undefined {
    brand(this)
    return this.#remote && 'address' in this.#remote ? String(this.#remote.address) : undefined
  }

  /** The peer's port; undefined as `remoteAddress`. */
  get remotePort(): number | undefined {
    brand(this)
    return this.#remote && 'port' in this.#remote ? this.#remote.port : undefined
  }

  /** `'IPv4'` or `'IPv6'`; undefined as `remoteAddress`. */
  get remoteFamily(): string | undefined {
    brand(this)
    return this.#remote?.family
  }

  /** The own numeric address; undefined if it is closed, or not over IP. */
  get localAddress(): string | undefined {
    brand(this)
    return 'address' in this.#local ? String(this.#local.address) : undefined
  }

  /** The own port; undefined as `localAddress`. */
  get localPort(): number | undefined {
    brand(this)
    return 'port' in this.#local ? this.#local.port : undefined
  }

  /** `'IPv4'` or `'IPv6'`, as in net.Socket. */
  get localFamily(): string {
    brand(this)
    return this.#local.family
  }

  /** The socket's own address. getsockname(2) */
  address(): SocketAddress {
    brand(this)
    return this.#local
  }

  /** For clients that call it on the given stream: emits `connect`, since it is connected already. */
  connect(...given: unknown[]): this {
    brand(this)
    const listener = given.at(-1)
    if (typeof listener === 'function') this.once('connect', listener as () => void)
    process.nextTick(() => {
      this.emit('connect')
      this.emit('ready')
    })
    return this
  }

  /**
   * Sets TCP_NODELAY; does nothing on a socket that is not TCP. tcp(7)
   *
   * @throws SocketError that setsockopt(2) reports
   */
  setNoDelay(noDelay = true): this {
    brand(this)
    if ('port' in this.#local && !this.destroyed) this.#socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, noDelay)
    return this
  }

  /**
   * Sets SO_KEEPALIVE; the first probe after `initialDelay` milliseconds of silence if that is not 0. socket(7)
   *
   * @throws SocketError that setsockopt(2) reports; TypeError for a delay that is no number
   */
  setKeepAlive(enable = false, initialDelay = 0): this {
    brand(this)
    if (typeof initialDelay !== 'number') throw invalidType('initialDelay', initialDelay, 'of type number')
    if (this.destroyed) return this
    this.#socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, enable)
    const seconds = Math.floor(initialDelay / 1000)
    if (enable && seconds > 0 && TCP_KEEPIDLE !== undefined && 'port' in this.#local) {
      this.#socket.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, seconds)
    }
    return this
  }

  /**
   * Emits `timeout` after so many milliseconds without receiving or sending; 0, null and Infinity: never.
   *
   * @throws TypeError or RangeError for a wrong timeout or listener
   */
  setTimeout(timeout: number | null, listener?: () => void): this {
    brand(this)
    if (listener !== undefined && typeof listener !== 'function')
      throw invalidType('listener', listener, 'of type function')
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
    brand(this)
    return this.#timeout
  }

  /** Lets reads and writes keep the process alive, which is the default. */
  ref(): this {
    brand(this)
    this.#socket.ref()
    return this
  }

  /** Lets the process end in spite of reads and writes. */
  unref(): this {
    brand(this)
    this.#socket.unref()
    return this
  }

  /** Destroys the stream once all written bytes have been sent. */
  destroySoon(): void {
    brand(this)
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /**
   * Destroys the stream so that a TCP peer gets a reset (RST). socket(7), SO_LINGER
   *
   * @throws SocketError that setsockopt(2) reports
   */
  resetAndDestroy(): this {
    brand(this)
    if ('port' in this.#local && !this.destroyed) setOption(this.#socket, options.linger, { on: true, seconds: 0 })
    return this.destroy()
  }

  override _read(): void {
    brand(this)
    this.receivePart(this.#size)
      .then(
        chunk => {
          if (chunk === null) return
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
      .catch((error: unknown) => {
        uncaught(error)
        process.nextTick(() => void this.read(0)) // `push`, which a listener has left, would have asked for more
      })
  }

  /**
   * As `read` of a Readable: bytes that were received, or null.
   *
   * @throws TypeError for a size that is no number. An error of recv(2) is no error of `read`: it destroys the stream
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- as a Duplex: else it is no NodeJS.ReadableStream
  override read(size?: number): any {
    brand(this)
    if (typeof size !== 'number' && size !== undefined && size !== null)
      throw invalidType('size', size, 'of type number')
    const chunk: unknown = super.read(size)
    this.#fail()
    return chunk
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    brand(this)
    this.#sendAll(chunk)
      .then(() => callback(), callback)
      .catch(uncaught)
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    brand(this)
    this.#sendEach(this.joined(chunks.map(({ chunk }) => chunk)))
      .then(() => callback(), callback)
      .catch(uncaught)
  }

  override _final(callback: (error?: Error | null) => void): void {
    brand(this)
    try {
      this.#socket.shutdown(SHUT_WR)
      callback()
    } catch (error) {
      const gone = error instanceof SocketError && error.errno === -ENOTCONN
      callback(gone ? null : (error as Error))
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    brand(this)
    this.#timer?.clear()
    this.#socket.close()
    callback(error) // emits `error` in the next tick
    setImmediate(() => this.emit('close', error !== null))
  }

  /** @internal For console.log: one line, without the state that each Duplex has. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({
      fd: this.#socket.fd,
      local: this.destroyed ? undefined : shownAddress(this.#local),
      peer: this.destroyed ? undefined : shownAddress(this.#remote),
      bytesRead: this.bytesRead,
      bytesWritten: this.bytesWritten,
      timeout: shownTimeout(this.#timeout || null),
      state: this.readyState,
    })
    return shownObject(this, 'SocketDuplex', depth, options, parts, ['connecting', ...Object.keys(new Duplex())])
  }

  /** Receives at most `size` bytes; null if the stream was destroyed by their arrival. */
  protected receivePart(size: number): Promise<Buffer | null> {
    return this.#socket.recv(size, 0, forever)
  }

  /** Sends a part of `bytes`, which are a written or a joined chunk, or the rest of one. */
  protected sendPart(bytes: Buffer): Promise<number> {
    return this.#socket.send(bytes, 0, forever)
  }

  /** The chunks to send in place of these. */
  protected joined(chunks: Buffer[]): Buffer[] {
    return [Buffer.concat(chunks)]
  }

  async #sendEach(chunks: Buffer[]): Promise<void> {
    for (const chunk of chunks) await this.#sendAll(chunk)
  }

  async #sendAll(bytes: Buffer): Promise<void> {
    while (bytes.length > 0) {
      const sent = await this.sendPart(bytes)
      this.#active()
      this.bytesWritten += sent
      bytes = bytes.subarray(sent)
    }
  }

  // Bytes received before a failure are read before it is reported. A destroyed stream reports none.
  #fail(): void {
    if (this.#failure !== undefined && this.readableLength === 0) this.destroy(this.#failure)
  }

  #active(): void {
    this.#timer?.refresh()
  }
}

/**
 * The peer's address. A TCP connection that both ends have finished has none any more, but its received bytes can still be
 * read: getpeername(2) fails with ENOTCONN, as on a socket that was never connected, and recv(2) does not.
 */
export function peerOf(socket: SocketBase): SocketAddress | undefined {
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
