// The synchronous Socket: its methods try, wait and try again, in one loop (`#until`).
import { invalidThis } from '../checks.js'
import { constants } from 'node:os'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import type { MessageBatch } from './batch.js'
import { AF_UNIX, POLLIN, POLLOUT } from '../constants.js'
import type { OutgoingControl } from '../control/control.js'
import { allRoomFor, bytesOf, lengthOf } from '../data.js'
import type { Data, Steps } from '../data.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { sendingFailed, SocketError, socketError } from '../errors.js'
import { fill, fillFrom, fillMessage, fills, haveRoom } from './waitall.js'
import type { Filling } from './waitall.js'
import { interrupterOf } from '../waiting/interrupter.js'
import type { Interrupter } from '../waiting/interrupter.js'
import type { MessageInfo } from './messages.js'
import { borrow, neverWaits, roomForFds, SocketBase, withFds } from './base.js'
import type { ReceivedFds, ReceivedMessage } from './base.js'
import type { View } from '../syscalls/native.js'
import { Wait } from '../waiting/wait.js'

const { EAGAIN, EINPROGRESS, EINTR, ETIMEDOUT } = constants.errno

// The number of calls in a row before the timeout, signals and interrupters are checked.
const burst = 64

// The errors that end a wait; bytes received before are returned instead.
const endsWait = new Set([EAGAIN, EINTR, ETIMEDOUT])

// Refuses a `this` of another class; each method begins with it.
let brand: (self: Socket) => unknown

/**
 * A socket whose calls block this thread until they are done. A wait ends with a TimeoutError when the timeout expires, and with
 * an InterruptedError when a signal arrives that `process` has a listener for (it runs later, with the event loop), or another
 * thread fires the `interrupter()`. With the timeout 0 calls throw a BlockingIOError instead of waiting; the methods `try…`
 * return null. A blocked call in a worker ends when the worker is terminated. socket(2), socket(7)
 */
export class Socket<Address extends SocketAddress = SocketAddress> extends SocketBase<Address> {
  static {
    brand = self => {
      try {
        return self.#until // oxlint-disable-line typescript/unbound-method -- is it one?
      } catch {
        throw invalidThis('Socket')
      }
    }
  }

  /**
   * A view of a socket that somebody else owns: of Node, of another library, or of the process that started this one. `close()` ends
   * the view, and leaves the descriptor open; so does garbage collection, without a warning. The owner must keep it open meanwhile. Makes
   * the descriptor non-blocking, which affects the owner too. socket(7)
   *
   * @throws SocketError EBADF for a closed descriptor, ENOTSOCK for one that is no socket; TypeError or RangeError for
   *   a wrong number
   */
  static borrow<T>(this: new (family: number, type: number, protocol: number, fd: number) => T, fd: number): T {
    return borrow(this, fd)
  }

  /**
   * Waits for a connection; returns a socket for it, and the peer's address. accept4(2)
   *
   * @throws SocketError EINVAL if it does not listen, EMFILE if no descriptor is left, EBADF after close;
   *   ConnectionAbortedError if the client has gone; TimeoutError, BlockingIOError or InterruptedError if the wait ends
   *   first
   */
  accept(): [this, Address] {
    brand(this)
    return this.#until(POLLIN, 'accept', () => this.tryAccept())
  }

  /**
   * Connects, or for datagrams sets the peer. The address is numeric. connect(2)
   *
   * @throws ConnectionRefusedError if nobody listens there; SocketError ENETUNREACH or EHOSTUNREACH without a route,
   *   EADDRNOTAVAIL if no port is left, EISCONN if it is connected; FileNotFoundError for a path that does not exist;
   *   TimeoutError, BlockingIOError or InterruptedError if the wait ends first; TypeError or RangeError for a wrong
   *   address
   */
  connect(address: AddressLike): void {
    brand(this)
    if (this.tryConnect(address) !== null) return
    if (this.gettimeout() === 0)
      throw socketError(this.family === AF_UNIX ? EAGAIN : EINPROGRESS, 'connect', { address, fd: this.fd })
    const wait = new Wait('connect', this.gettimeout(), [this], address)
    if (this.family !== AF_UNIX)
      return void this.#until(POLLOUT, 'connect', () => this.connected(address), 0, false, wait)
    // The listener's backlog is full, and no event reports when it has room. unix(7)
    do wait.pause(10)
    while (this.tryConnect(address) === null)
  }

  /**
   * Receives at most `size` bytes; an empty Buffer means that the peer has stopped sending. With MSG_WAITALL a stream returns
   * fewer than `size` only if it or the wait ends before; with MSG_PEEK too it returns the available bytes. recv(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait ends
   *   first; TypeError or RangeError for a wrong argument
   */
  recv(size: number, flags = 0): Buffer {
    brand(this)
    if (!fills(this, flags) || size === 0) return this.#until(POLLIN, 'recv', () => this.tryRecv(size, flags), flags)
    const buffer = allRoomFor(size, flags)
    return buffer.subarray(0, this.recvInto(buffer, flags))
  }

  /**
   * Receives into `view`; returns how many bytes. 0 means that the peer has stopped sending. recv(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait ends
   *   first; TypeError or RangeError for a wrong argument
   */
  recvInto(view: View, flags = 0): number {
    brand(this)
    if (fills(this, flags) && haveRoom([view]))
      return this.#fill(
        'recv',
        fill(this, view, rest => this.tryRecvInto(rest, flags), burst),
      )
    return this.tryRecvInto(view, flags) ?? this.#waitToRecv(view, flags)
  }

  /**
   * Receives a datagram of at most `size` bytes, and its sender's address. A Unix socket without a name has the address
   * `{ family: 'unix' }`. If the kernel returns no address, as on a TCP connection, it is a raw one of family 0. recvfrom(2)
   *
   * @throws ConnectionRefusedError if an earlier datagram of a connected socket was refused; SocketError ENOTCONN for a
   *   stream that is not connected, EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait
   *   ends first; TypeError or RangeError for a wrong argument
   */
  recvfrom(size: number, flags = 0): [Buffer, Address] {
    brand(this)
    if (!fills(this, flags) || size === 0)
      return this.#until(POLLIN, 'recvfrom', () => this.tryRecvfrom(size, flags), flags)
    const buffer = allRoomFor(size, flags)
    const [count, address] = this.recvfromInto(buffer, flags)
    return [buffer.subarray(0, count), address]
  }

  /**
   * Receives a datagram into `view`; returns how many bytes, and its sender's address. recvfrom(2)
   *
   * @throws ConnectionRefusedError if an earlier datagram of a connected socket was refused; SocketError ENOTCONN for a
   *   stream that is not connected, EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait
   *   ends first; TypeError or RangeError for a wrong argument
   */
  recvfromInto(view: View, flags = 0): [number, Address] {
    brand(this)
    if (fills(this, flags) && haveRoom([view]))
      return this.#fill(
        'recvfrom',
        fillFrom(this, view, rest => this.tryRecvfromInto(rest, flags), burst),
      )
    return this.#until(POLLIN, 'recvfrom', () => this.tryRecvfromInto(view, flags), flags)
  }

  /**
   * Sends as many bytes of `data` as the kernel takes; returns how many. send(2)
   *
   * @throws BrokenPipeError or ConnectionResetError if the peer receives no more, or there is no connection;
   *   SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer, EMSGSIZE for a datagram that is too long,
   *   EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait ends first; TypeError or
   *   RangeError for a wrong argument
   */
  send(data: Data, flags = 0): number {
    brand(this)
    const bytes = bytesOf(data)
    return this.trySend(bytes, flags) ?? this.#waitToSend(bytes, flags)
  }

  /**
   * Sends all of `data`; the timeout is for the whole call. send(2)
   *
   * @throws SocketError whose `sent` is the number of bytes sent before
   */
  sendall(data: Data, flags = 0): void {
    brand(this)
    const bytes = bytesOf(data)
    const byteLength = lengthOf(bytes) // read once, since memory may shrink and grow
    let sent: number | null
    try {
      sent = this.trySend(bytes, flags)
      if (sent === byteLength || sent === 0) return // the usual case
    } catch (error) {
      throw sendingFailed(error, 'send', 0)
    }
    this.#whole('send', this.sending(bytes, flags, burst, sent ?? 0), flags, sent !== null)
  }

  /**
   * Sends a datagram to an address. sendto(2)
   *
   * @throws SocketError EMSGSIZE for a datagram that is too long, ENETUNREACH without a route, EBADF after close;
   *   PermissionError for a broadcast without SO_BROADCAST; TimeoutError, BlockingIOError or InterruptedError if the
   *   wait ends first; TypeError or RangeError for a wrong argument
   */
  sendto(data: Data, address: AddressLike, flags = 0): number {
    brand(this)
    const bytes = bytesOf(data)
    return this.#until(POLLOUT, 'sendto', () => this.trySendto(bytes, address, flags), flags)
  }

  /**
   * Receives a message of at most `size` bytes, its sender's address, and at most `controlSize` bytes of control
   * messages; CMSG_SPACE is the size of one. recvmsg(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait ends
   *   first; TypeError or RangeError for a wrong argument
   */
  recvmsg(size: number, controlSize = 0, flags = 0): ReceivedMessage {
    brand(this)
    if (!fills(this, flags) || size === 0)
      return this.#until(POLLIN, 'recvmsg', () => this.tryRecvmsg(size, controlSize, flags), flags)
    const buffer = allRoomFor(size, flags)
    const message = this.recvmsgInto([buffer], controlSize, flags)
    return { data: buffer.subarray(0, message.size), ...message }
  }

  /**
   * As recvmsg, but receives into these views, in their order; returns the number of bytes and the rest of the message. With
   * MSG_WAITALL it fills the views, as recv does; received descriptors end it too. recvmsg(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait ends
   *   first; TypeError or RangeError for a wrong argument
   */
  recvmsgInto(views: readonly View[], controlSize = 0, flags = 0): MessageInfo {
    brand(this)
    if (fills(this, flags) && haveRoom(views))
      return this.#fill(
        'recvmsg',
        fillMessage(this, views, rest => this.tryRecvmsgInto(rest, controlSize, flags), burst),
      )
    return this.#until(POLLIN, 'recvmsg', () => this.tryRecvmsgInto(views, controlSize, flags), flags)
  }

  /**
   * Sends `buffers`, in their order, and control messages; returns how many bytes were sent. sendmsg(2)
   *
   * @throws BrokenPipeError or ConnectionResetError if the peer receives no more, or there is no connection;
   *   SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer, EMSGSIZE for a datagram that is too long,
   *   EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait ends first; TypeError or
   *   RangeError for a wrong argument
   */
  sendmsg(
    buffers: readonly Data[],
    control: readonly OutgoingControl[] = [],
    flags = 0,
    address?: AddressLike,
  ): number {
    brand(this)
    return this.#until(POLLOUT, 'sendmsg', () => this.trySendmsg(buffers, control, flags, address), flags)
  }

  /**
   * Receives a message of at most `size` bytes with at most `maxFds` descriptors. unix(7), Python's recv_fds
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait ends
   *   first; TypeError or RangeError for a wrong argument
   */
  recvFds(size: number, maxFds: number, flags = 0): ReceivedFds {
    brand(this)
    return withFds(this.recvmsg(size, roomForFds(maxFds), flags))
  }

  /**
   * Sends data, over a stream at least one byte, and at most 253 descriptors; the receiver gets duplicates. unix(7), Python's
   * send_fds
   *
   * @throws SocketError EBADF for a closed descriptor, ETOOMANYREFS if too many descriptors are on their way;
   *   BrokenPipeError or ConnectionResetError if the peer receives no more; TimeoutError, BlockingIOError or
   *   InterruptedError if the wait ends first; TypeError for a socket that is no Unix socket, or for no data over a
   *   stream
   */
  sendFds(data: Data, fds: readonly Descriptor[], flags = 0, address?: AddressLike): number {
    brand(this)
    return this.#until(POLLOUT, 'sendmsg', () => this.trySendFds(data, fds, flags, address), flags)
  }

  /**
   * Sends all of `data`, over a stream at least one byte, and at most 253 descriptors with its first byte; the receiver gets
   * duplicates. The timeout is for the whole call. sendmsg(2), unix(7)
   *
   * @throws SocketError whose `sent` is the number of bytes sent before; the descriptors were sent if it is not 0
   */
  sendallFds(data: Data, fds: readonly Descriptor[], flags = 0): void {
    brand(this)
    this.#whole('sendmsg', this.sendingFds(data, fds, flags, burst), flags)
  }

  /**
   * Waits for a message and receives as many as are available and fit into the batch; returns how many. recvmmsg(2)
   *
   * @throws ConnectionRefusedError if an earlier datagram of a connected socket was refused; SocketError ENOTCONN for a
   *   stream that is not connected, EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait
   *   ends first; TypeError or RangeError for a wrong argument
   */
  recvmmsg(batch: MessageBatch, flags = 0): number {
    brand(this)
    return this.#until(POLLIN, 'recvmmsg', () => this.tryRecvmmsg(batch, flags), flags)
  }

  /**
   * Sends `count` messages (default: all) of a batch from message `start`, or as many as the kernel has room for, at least one;
   * returns how many. If a message fails after others were sent, these are returned, and the next call, which begins with
   * that message, throws its error, with its address. sendmmsg(2)
   *
   * @throws the error of the first message: BrokenPipeError or ConnectionResetError if the peer receives no more, or
   *   there is no connection; SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer, EMSGSIZE for a
   *   datagram that is too long, EBADF after close; TimeoutError, BlockingIOError or InterruptedError if the wait ends
   *   first; TypeError or RangeError for a wrong argument
   */
  sendmmsg(batch: MessageBatch, count?: number, flags = 0, start = 0): number {
    brand(this)
    return this.#until(POLLOUT, 'sendmmsg', () => this.trySendmmsg(batch, count, flags, start), flags)
  }

  /**
   * Sends `count` bytes (default: all) from `offset` of a file, a descriptor or a FileHandle; returns how many were sent. The
   * timeout is for the whole call. sendfile(2)
   *
   * @throws SocketError whose `sent` is the number of bytes sent before
   */
  sendfile(file: Descriptor, offset = 0, count = Infinity): number {
    brand(this)
    return this.#whole('sendfile', this.sendingFile(file, offset, count, burst), 0)
  }

  /**
   * A handle for other threads. There `interrupt(handle)` ends this socket's blocked call, or the next one that has to wait,
   * with an InterruptedError. After close it has no effect. socketpair(2)
   *
   * @throws SocketError EMFILE if there is no descriptor for the socket pair that wakes this thread, which the first
   *   call makes
   */
  interrupter(): Interrupter {
    brand(this)
    return interrupterOf(this)
  }

  #fill<Result>(syscall: string, { steps, result }: Filling<Result>): Result {
    try {
      this.#steps(POLLIN, syscall, steps)
    } catch (error) {
      if (steps.done === 0 || !(error instanceof SocketError && endsWait.has(-error.errno))) throw error
    }
    return result()
  }

  #whole(syscall: string, sending: Steps, flags: number, tries = true): number {
    try {
      this.#steps(POLLOUT, syscall, sending, flags, tries)
      return sending.done
    } catch (error) {
      throw sendingFailed(error, syscall, sending.done)
    }
  }

  // For a call that was tried without success. Not in recvInto and send, which would be slower with a closure.
  #waitToRecv(view: View, flags: number): number {
    return this.#until(POLLIN, 'recv', () => this.tryRecvInto(view, flags), flags, false)
  }

  #waitToSend(bytes: View, flags: number): number {
    return this.#until(POLLOUT, 'send', () => this.trySend(bytes, flags), flags, false)
  }

  // Try, wait, try again: a wake-up is a hint. The descriptor is read each time, since it may be closed meanwhile.
  #until<Result>(
    events: number,
    syscall: string,
    step: () => Result | null,
    flags = 0,
    tries = true, // before it waits
    wait?: Wait,
  ): Result {
    for (let result = tries ? step() : null; ;) {
      if (result !== null) return result
      if ((flags & neverWaits) !== 0) throw socketError(EAGAIN, syscall, { fd: this.fd })
      wait ??= new Wait(syscall, this.gettimeout(), [this])
      wait.ready(this.fd, events)
      result = step()
      if (result === null && events === POLLIN && this.isShut()) result = this.last(step)
    }
  }

  // The same for calls in many steps. All steps share one deadline, and each step with progress resets the backoff.
  #steps(events: number, syscall: string, steps: Steps, flags = 0, tries = true): void {
    let wait: Wait | undefined
    let before = steps.done
    for (let over = tries ? steps.step() : null; over !== true; over = steps.step()) {
      if (over === null && (flags & neverWaits) !== 0) throw socketError(EAGAIN, syscall, { fd: this.fd })
      wait ??= new Wait(syscall, this.gettimeout(), [this])
      if (steps.done > before) wait.progressed()
      before = steps.done
      if (over === null) wait.ready(this.fd, events)
      else wait.check()
    }
  }
}
