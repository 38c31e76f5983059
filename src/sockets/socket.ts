// The synchronous Socket: what can block, a line a method over one loop.
import { invalidThis } from '../checks.js'
import { constants } from 'node:os'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import type { MessageBatch } from './batch.js'
import { AF_UNIX, POLLIN, POLLOUT } from '../constants.js'
import type { OutgoingControl } from '../control/control.js'
import { allRoomFor, bytesOf, lengthOf } from '../data.js'
import type { Data, Sending } from '../data.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { sendingFailed, SocketError, socketError } from '../errors.js'
import { fill, fillFrom, fillMessage, fills, haveRoom } from './waitall.js'
import type { Filling } from './waitall.js'
import { interrupterOf } from '../waiting/interrupter.js'
import type { Interrupter } from '../waiting/interrupter.js'
import type { MessageInfo } from './messages.js'
import { neverWaits, roomForFds, SocketBase, withFds } from './base.js'
import type { ReceivedFds, ReceivedMessage } from './base.js'
import type { View } from '../syscalls/native.js'
import { Wait } from '../waiting/wait.js'

const { EAGAIN, EINPROGRESS, EINTR, ETIMEDOUT } = constants.errno

// So many calls are made in a row before somebody looks whether they are to end.
const burst = 64

// What ends a wait leaves what came before it.
const endsWait = new Set([EAGAIN, EINTR, ETIMEDOUT])

// Refuses a `this` of another class; each method begins with it.
let brand: (self: Socket) => unknown

/**
 * A socket whose calls block this thread until they are done, the timeout is over (TimeoutError), a signal comes that
 * `process` has a listener for (InterruptedError; the listener runs once the event loop does), or another thread fires
 * the `interrupter()` (InterruptedError as well). With the timeout 0 they throw BlockingIOError instead of waiting;
 * `try…` return null. A blocked call in a worker ends when the worker is terminated. socket(2), socket(7)
 */
export class Socket extends SocketBase {
  static {
    brand = self => {
      try {
        return self.#until
      } catch {
        throw invalidThis('Socket')
      }
    }
  }

  /** Waits for a connection: a socket for it, and the peer's address. accept4(2) */
  accept(): [this, SocketAddress] {
    brand(this)
    return this.#until(POLLIN, 'accept', () => this.tryAccept())
  }

  /** Connects; datagrams get a peer. The address is numeric. connect(2) */
  connect(address: AddressLike): void {
    brand(this)
    if (this.tryConnect(address) !== null) return
    if (this.gettimeout() === 0)
      throw socketError(this.family === AF_UNIX ? EAGAIN : EINPROGRESS, 'connect', { address })
    const wait = new Wait('connect', this.gettimeout(), [this], address)
    if (this.family !== AF_UNIX)
      return void this.#until(POLLOUT, 'connect', () => this.connected(address), 0, false, wait)
    // The listener's backlog is full, and nothing tells when it no longer is. unix(7)
    do wait.pause(10)
    while (this.tryConnect(address) === null)
  }

  /**
   * Receives at most `size` bytes; none at all means that the peer has stopped sending. With MSG_WAITALL fewer than
   * `size` come from a stream only where it or the wait ends before; with MSG_PEEK too it takes what there is. recv(2)
   */
  recv(size: number, flags = 0): Buffer {
    brand(this)
    if (!fills(this, flags) || size === 0) return this.#until(POLLIN, 'recv', () => this.tryRecv(size, flags), flags)
    const buffer = allRoomFor(size, flags)
    return buffer.subarray(0, this.recvInto(buffer, flags))
  }

  /** Receives into `view` and returns how many bytes; 0 means that the peer has stopped sending. recv(2) */
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
   * Receives a datagram of at most `size` bytes, and its sender's address; that of a Unix socket without a name is
   * `{ family: 'unix' }`. Where the kernel gives none, as on a TCP connection, it is a raw one of family 0. recvfrom(2)
   */
  recvfrom(size: number, flags = 0): [Buffer, SocketAddress] {
    brand(this)
    if (!fills(this, flags) || size === 0)
      return this.#until(POLLIN, 'recvfrom', () => this.tryRecvfrom(size, flags), flags)
    const buffer = allRoomFor(size, flags)
    const [count, address] = this.recvfromInto(buffer, flags)
    return [buffer.subarray(0, count), address]
  }

  /** Receives a datagram into `view`: how many bytes, and its sender's address. recvfrom(2) */
  recvfromInto(view: View, flags = 0): [number, SocketAddress] {
    brand(this)
    if (fills(this, flags) && haveRoom([view]))
      return this.#fill(
        'recvfrom',
        fillFrom(this, view, rest => this.tryRecvfromInto(rest, flags), burst),
      )
    return this.#until(POLLIN, 'recvfrom', () => this.tryRecvfromInto(view, flags), flags)
  }

  /** Sends what the kernel takes of `data`; returns how many bytes that were. send(2) */
  send(data: Data, flags = 0): number {
    brand(this)
    const bytes = bytesOf(data)
    return this.trySend(bytes, flags) ?? this.#waitToSend(bytes, flags)
  }

  /**
   * Sends all of `data`; the timeout is for the whole of it. send(2)
   *
   * @throws SocketError whose `sent` says how many bytes went
   */
  sendall(data: Data, flags = 0): void {
    brand(this)
    const bytes = bytesOf(data)
    const byteLength = lengthOf(bytes) // at the call: memory may shrink and grow
    let sent: number | null
    try {
      sent = this.trySend(bytes, flags)
      if (sent === byteLength || sent === 0) return // as mostly
    } catch (error) {
      throw sendingFailed(error, 'send', 0)
    }
    this.#whole('send', this.sending(bytes, flags, burst, sent ?? 0), flags, sent !== null)
  }

  /** Sends a datagram to an address. sendto(2) */
  sendto(data: Data, address: AddressLike, flags = 0): number {
    brand(this)
    const bytes = bytesOf(data)
    return this.#until(POLLOUT, 'sendto', () => this.trySendto(bytes, address, flags), flags)
  }

  /**
   * Receives a message of at most `size` bytes, its sender's address, and at most `controlSize` bytes of control
   * messages (CMSG_SPACE says how many one takes). recvmsg(2)
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
   * As recvmsg, but into views of yours, one after the other; returns what came with the bytes, and how many. With
   * MSG_WAITALL it is as in recv, and descriptors end it too. recvmsg(2)
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

  /** Sends `buffers`, one after the other, and control messages with them; returns how many bytes went. sendmsg(2) */
  sendmsg(
    buffers: readonly Data[],
    control: readonly OutgoingControl[] = [],
    flags = 0,
    address?: AddressLike,
  ): number {
    brand(this)
    return this.#until(POLLOUT, 'sendmsg', () => this.trySendmsg(buffers, control, flags, address), flags)
  }

  /** Receives a message of at most `size` bytes with at most `maxFds` descriptors. unix(7), Python's recv_fds */
  recvFds(size: number, maxFds: number, flags = 0): ReceivedFds {
    brand(this)
    return withFds(this.recvmsg(size, roomForFds(maxFds), flags))
  }

  /**
   * Sends data, at least a byte over a stream, and with them descriptors, at most 253, of which the receiver gets
   * duplicates. unix(7), Python's send_fds
   */
  sendFds(data: Data, fds: readonly Descriptor[], flags = 0, address?: AddressLike): number {
    brand(this)
    return this.#until(POLLOUT, 'sendmsg', () => this.trySendFds(data, fds, flags, address), flags)
  }

  /** Receives as many messages as there are and fit into the batch, at least one; returns how many. recvmmsg(2) */
  recvmmsg(batch: MessageBatch, flags = 0): number {
    brand(this)
    return this.#until(POLLIN, 'recvmmsg', () => this.tryRecvmmsg(batch, flags), flags)
  }

  /**
   * Sends `count` messages of a batch from message `start`, all by default, or as many as there is room for, at least
   * one; returns how many. Where one fails after others went, these are counted, and the next call, from that message on,
   * throws its error, with its address. sendmmsg(2)
   */
  sendmmsg(batch: MessageBatch, count?: number, flags = 0, start = 0): number {
    brand(this)
    return this.#until(POLLOUT, 'sendmmsg', () => this.trySendmmsg(batch, count, flags, start), flags)
  }

  /**
   * Sends `count` bytes (default: all) of a file from `offset`, a number or a FileHandle; returns how many
   * there were. The timeout is for the whole of it. sendfile(2)
   *
   * @throws SocketError whose `sent` says how many bytes went
   */
  sendfile(file: Descriptor, offset = 0, count = Infinity): number {
    brand(this)
    return this.#whole('sendfile', this.sendingFile(file, offset, count, burst), 0)
  }

  /**
   * A handle for other threads: `interrupt(handle)` there ends this socket's blocked call, or the next one that would
   * have to wait, with an InterruptedError. After close it does nothing.
   */
  interrupter(): Interrupter {
    brand(this)
    return interrupterOf(this)
  }

  #fill<Result>(syscall: string, { steps, result }: Filling<Result>): Result {
    try {
      this.#steps(POLLIN, syscall, steps)
    } catch (error) {
      if (steps.sent === 0 || !(error instanceof SocketError && endsWait.has(-error.errno))) throw error
    }
    return result()
  }

  #whole(syscall: string, sending: Sending, flags: number, tries = true): number {
    try {
      this.#steps(POLLOUT, syscall, sending, flags, tries)
      return sending.sent
    } catch (error) {
      throw sendingFailed(error, syscall, sending.sent)
    }
  }

  // For a call that was tried in vain. A closure costs the method that makes it, so these are none of recvInto and send.
  #waitToRecv(view: View, flags: number): number {
    return this.#until(POLLIN, 'recv', () => this.tryRecvInto(view, flags), flags, false)
  }

  #waitToSend(bytes: View, flags: number): number {
    return this.#until(POLLOUT, 'send', () => this.trySend(bytes, flags), flags, false)
  }

  // Try, wait, try again: a wake-up is a hint. The descriptor is read anew each time.
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
      if ((flags & neverWaits) !== 0) throw socketError(EAGAIN, syscall)
      wait ??= new Wait(syscall, this.gettimeout(), [this])
      wait.ready(this.fd, events)
      result = step()
      if (result === null && events === POLLIN && this.isShut()) result = this.last(step)
    }
  }

  // The same for what is done in many steps: what has gone was not in vain, and however much goes, the time is over once.
  #steps(events: number, syscall: string, steps: Sending, flags = 0, tries = true): void {
    let wait: Wait | undefined
    let before = steps.sent
    for (let over = tries ? steps.step() : null; over !== true; over = steps.step()) {
      if (over === null && (flags & neverWaits) !== 0) throw socketError(EAGAIN, syscall)
      wait ??= new Wait(syscall, this.gettimeout(), [this])
      if (steps.sent > before) wait.progressed()
      before = steps.sent
      if (over === null) wait.ready(this.fd, events)
      else wait.check()
    }
  }
}
