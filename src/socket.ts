// The synchronous Socket: what can block, a line a method over one loop.
import { constants } from 'node:os'
import type { AddressLike, SocketAddress } from './address.js'
import { AF_UNIX, POLLIN, POLLOUT } from './constants.js'
import { bytesOf } from './data.js'
import type { Data } from './data.js'
import { SocketError, socketError } from './errors.js'
import { SocketBase } from './socket-base.js'
import type { View } from './native.js'
import { Deadline, pause, waitFor } from './wait.js'

const { EAGAIN, EINPROGRESS } = constants.errno

/**
 * A socket whose calls block this thread until they are done, the timeout is over (TimeoutError), or a signal comes
 * that `process` has a listener for (InterruptedError). With the timeout 0 they throw BlockingIOError instead of
 * waiting; `try…` return null. A blocked call in a worker ends when the worker is terminated. socket(2), socket(7)
 */
export class Socket extends SocketBase {
  /** Waits for a connection: a socket for it, and the peer's address. accept4(2) */
  accept(): [this, SocketAddress] {
    return this.#until(POLLIN, 'accept', () => this.tryAccept())
  }

  /** Connects; datagrams get a peer. The address is numeric. connect(2) */
  connect(address: AddressLike): void {
    if (this.tryConnect(address) !== null) return
    if (this.gettimeout() === 0)
      throw socketError(this.family === AF_UNIX ? EAGAIN : EINPROGRESS, 'connect', { address })
    const deadline = new Deadline(this.gettimeout())
    if (this.family !== AF_UNIX) return void this.#until(POLLOUT, 'connect', () => this.connected(address), deadline)
    // The listener's backlog is full, and nothing tells when it no longer is. unix(7)
    do pause(10, deadline, 'connect')
    while (this.tryConnect(address) === null)
  }

  /** Receives at most `size` bytes; none at all means that the peer has stopped sending. recv(2) */
  recv(size: number, flags = 0): Buffer {
    return this.#until(POLLIN, 'recv', () => this.tryRecv(size, flags))
  }

  /** Receives into `view` and returns how many bytes; 0 means that the peer has stopped sending. recv(2) */
  recvInto(view: View, flags = 0): number {
    return this.#until(POLLIN, 'recv', () => this.tryRecvInto(view, flags))
  }

  /** Receives a datagram of at most `size` bytes, and its sender's address. recvfrom(2) */
  recvfrom(size: number, flags = 0): [Buffer, SocketAddress] {
    return this.#until(POLLIN, 'recvfrom', () => this.tryRecvfrom(size, flags))
  }

  /** Receives a datagram into `view`: how many bytes, and its sender's address. recvfrom(2) */
  recvfromInto(view: View, flags = 0): [number, SocketAddress] {
    return this.#until(POLLIN, 'recvfrom', () => this.tryRecvfromInto(view, flags))
  }

  /** Sends what the kernel takes of `data`; returns how many bytes that were. send(2) */
  send(data: Data, flags = 0): number {
    const bytes = bytesOf(data)
    return this.#until(POLLOUT, 'send', () => this.trySend(bytes, flags))
  }

  /**
   * Sends all of `data`; the timeout is for the whole of it. send(2)
   *
   * @throws SocketError whose `sent` says how many bytes went
   */
  sendall(data: Data, flags = 0): void {
    const sending = this.sending(data, flags)
    try {
      this.#until(POLLOUT, 'send', sending.step, new Deadline(this.gettimeout()))
    } catch (error) {
      if (!(error instanceof SocketError)) throw error
      throw socketError(error.errno, 'send', { sent: sending.sent, cause: error })
    }
  }

  /** Sends a datagram to an address. sendto(2) */
  sendto(data: Data, address: AddressLike, flags = 0): number {
    const bytes = bytesOf(data)
    return this.#until(POLLOUT, 'sendto', () => this.trySendto(bytes, address, flags))
  }

  // Try, wait, try again: a wake-up is a hint. The descriptor is read anew each time.
  #until<Result>(events: number, syscall: string, step: () => Result | null, deadline?: Deadline): Result {
    for (;;) {
      const result = step()
      if (result !== null) return result
      waitFor(this.fd, events, (deadline ??= new Deadline(this.gettimeout())), this.gettimeout(), syscall)
    }
  }
}
