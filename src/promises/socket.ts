// The asynchronous Socket: what would block gives a promise, a line a method over one wait.
import { constants } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { AddressLike, SocketAddress } from '../address.js'
import { AF_UNIX, SO_ACCEPTCONN, SOL_SOCKET } from '../constants.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { AbortError, SocketError, socketError } from '../errors.js'
import type { View } from '../native.js'
import { READABLE, WRITABLE } from '../poller.js'
import { checkTimeout, SocketBase } from '../socket-base.js'
import { Turns } from './turns.js'
import type { WaitOptions } from './turns.js'

const { EAGAIN, EINPROGRESS, ETIMEDOUT } = constants.errno

/** A connection that was accepted, and its peer's address. */
export type Connection = [Socket, SocketAddress]

type Flags = number | WaitOptions

/**
 * A socket whose calls return promises; what need not wait makes its system call at once. Any number may wait for one
 * socket: each direction serves them in the order of their calls. Closing rejects those who wait with ECANCELED.
 * With the timeout 0 a call that would have to wait is rejected with a BlockingIOError. socket(2), socket(7)
 */
export class Socket extends SocketBase {
  #turns: Turns | undefined

  /** Waits for a connection: a socket for it, and the peer's address. accept4(2) */
  accept(options?: WaitOptions): Promise<[this, SocketAddress]> {
    return this.#when(READABLE, 'accept', () => this.tryAccept(), options)
  }

  /** Connects; datagrams get a peer. The address is numeric. connect(2) */
  async connect(address: AddressLike, options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    if (this.tryConnect(address) !== null) return
    const timeout = checkTimeout(options.timeout === undefined ? this.gettimeout() : options.timeout)
    if (timeout === 0) throw socketError(this.family === AF_UNIX ? EAGAIN : EINPROGRESS, 'connect', { address })
    if (this.family === AF_UNIX) return this.#connectUnix(address, timeout, options.signal)
    this.#turns ??= new Turns(this.fd)
    const limits = { signal: options.signal, timeout }
    await this.#turns.take(WRITABLE, 'connect', () => this.connected(address), limits)
  }

  // The listener's backlog is full, and nothing tells when it no longer is. unix(7)
  async #connectUnix(address: AddressLike, timeout: number | null, signal: AbortSignal | undefined): Promise<void> {
    const end = timeout === null ? Infinity : performance.now() + timeout
    do {
      if (performance.now() >= end) throw socketError(ETIMEDOUT, 'connect', { address })
      await pause(10, undefined, signal && { signal })
    } while (this.tryConnect(address) === null)
  }

  /** Receives at most `size` bytes; none at all means that the peer has stopped sending. recv(2) */
  recv(size: number, flags: Flags = 0, options?: WaitOptions): Promise<Buffer> {
    if (typeof flags === 'object') return this.recv(size, 0, flags)
    return this.#when(READABLE, 'recv', () => this.tryRecv(size, flags), options)
  }

  /** Receives into `view` and gives how many bytes; 0 means that the peer has stopped sending. recv(2) */
  recvInto(view: View, flags: Flags = 0, options?: WaitOptions): Promise<number> {
    if (typeof flags === 'object') return this.recvInto(view, 0, flags)
    return this.#when(READABLE, 'recv', () => this.tryRecvInto(view, flags), options)
  }

  /** Receives a datagram of at most `size` bytes, and its sender's address. recvfrom(2) */
  recvfrom(size: number, flags: Flags = 0, options?: WaitOptions): Promise<[Buffer, SocketAddress]> {
    if (typeof flags === 'object') return this.recvfrom(size, 0, flags)
    return this.#when(READABLE, 'recvfrom', () => this.tryRecvfrom(size, flags), options)
  }

  /** Receives a datagram into `view`: how many bytes, and its sender's address. recvfrom(2) */
  recvfromInto(view: View, flags: Flags = 0, options?: WaitOptions): Promise<[number, SocketAddress]> {
    if (typeof flags === 'object') return this.recvfromInto(view, 0, flags)
    return this.#when(READABLE, 'recvfrom', () => this.tryRecvfromInto(view, flags), options)
  }

  /** Sends what the kernel takes of `data`; gives how many bytes that were. send(2) */
  send(data: Data, flags: Flags = 0, options?: WaitOptions): Promise<number> {
    if (typeof flags === 'object') return this.send(data, 0, flags)
    return this.#when(WRITABLE, 'send', () => this.trySend(data, flags), options)
  }

  /**
   * Sends all of `data`, none of another's between; the timeout is for the whole of it. send(2)
   *
   * It rejects with an error whose `sent` says how many bytes went.
   */
  async sendall(data: Data, flags: Flags = 0, options?: WaitOptions): Promise<void> {
    if (typeof flags === 'object') return this.sendall(data, 0, flags)
    const sending = this.sending(bytesOf(data), flags)
    try {
      await this.#when(WRITABLE, 'send', sending.step, options)
    } catch (error) {
      if (error instanceof AbortError) throw new AbortError(error.cause, sending.sent)
      if (error instanceof SocketError) throw socketError(error.errno, 'send', { sent: sending.sent, cause: error })
      throw error
    }
  }

  /** Sends a datagram to an address. sendto(2) */
  sendto(data: Data, address: AddressLike, flags: Flags = 0, options?: WaitOptions): Promise<number> {
    if (typeof flags === 'object') return this.sendto(data, address, 0, flags)
    return this.#when(WRITABLE, 'sendto', () => this.trySendto(data, address, flags), options)
  }

  /** The connections of a listening socket, until it is closed. */
  async *connections(options?: WaitOptions): AsyncGenerator<[this, SocketAddress], void, void> {
    while (!this.closed) {
      const connection = await this.#untilClosed(this.accept(options))
      if (connection === undefined) return
      yield connection
    }
  }

  /** What comes, in chunks of at most `size` bytes, until the peer stops sending; leaving the loop closes nothing. */
  async *chunks(size = 65536, options?: WaitOptions): AsyncGenerator<Buffer, void, void> {
    while (!this.closed) {
      const chunk = await this.#untilClosed(this.recv(size, options))
      if (chunk === undefined || chunk.length === 0) return
      yield chunk
    }
  }

  /** `connections()` of a socket that listens, `chunks()` of any other. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- which of the two it is, the descriptor knows alone
  [Symbol.asyncIterator](): AsyncGenerator<any, void, void> {
    const listening = SO_ACCEPTCONN !== undefined && this.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) !== 0
    return listening ? this.connections() : this.chunks()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close()
    return Promise.resolve()
  }

  protected override released(handedOn: boolean): void {
    this.#turns?.end(handedOn)
    this.#turns = undefined
  }

  // One who closes the socket ends its loops, which is no error of theirs.
  async #untilClosed<Result>(wait: Promise<Result>): Promise<Result | undefined> {
    try {
      return await wait
    } catch (error) {
      if (this.closed) return undefined
      throw error
    }
  }

  // Try, wait in turn, try again. Who waits already comes first.
  #when<Result>(
    direction: typeof READABLE | typeof WRITABLE,
    syscall: string,
    step: () => Result | null,
    options?: WaitOptions,
  ): Promise<Result> {
    try {
      if (options?.signal?.aborted === true) throw new AbortError(options.signal.reason)
      if (this.#turns?.waiting(direction) !== true) {
        const result = step()
        if (result !== null) return Promise.resolve(result)
      }
      const timeout = checkTimeout(options?.timeout === undefined ? this.gettimeout() : options.timeout)
      if (timeout === 0) throw socketError(syscall === 'connect' ? EINPROGRESS : EAGAIN, syscall)
      this.#turns ??= new Turns(this.fd)
      return this.#turns.take(direction, syscall, step, { signal: options?.signal, timeout })
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever was thrown
      return Promise.reject(error)
    }
  }
}
