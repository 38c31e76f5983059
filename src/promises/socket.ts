// The asynchronous Socket: calls that may block return promises. Each method is a step over one wait, `#when`.
import { constants } from 'node:os'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { AF_UNIX, POLLIN, POLLOUT, SO_ACCEPTCONN, SOL_SOCKET } from '../constants.js'
import { AcceptFailures } from '../sockets/accepting.js'
import { allRoomFor, bytesOf, checkLent, lengthOf } from '../data.js'
import type { Data, Steps } from '../data.js'
import { checkFlags, invalidThis } from '../checks.js'
import { AbortError, sendingFailed, SocketError, socketError } from '../errors.js'
import { check } from '../syscalls/result.js'
import type { MessageBatch } from '../sockets/batch.js'
import type { OutgoingControl } from '../control/control.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { fill, fillFrom, fillMessage, fills, haveRoom } from '../sockets/waitall.js'
import type { Filling } from '../sockets/waitall.js'
import type { MessageInfo } from '../sockets/messages.js'
import type { ReceivedFds, ReceivedMessage } from '../sockets/base.js'
import type { View } from '../syscalls/native.js'
import { READABLE, WRITABLE } from '../loop.js'
import { Pollfds } from '../waiting/pollfds.js'
import { countToEnd, isDatagram } from '../sockets/end.js'
import { isTcp, neverWaits, roomForFds, SocketBase, withFds } from '../sockets/base.js'
import { checkTimeout } from '../timers.js'
import { burst, goesOn } from './fairness.js'
import { batchFor, Inbox } from './inbox.js'
import type { MessagesOptions } from './inbox.js'
import { checkAborted, checkSignal } from './on-abort.js'
import { Later, Turn } from './turn.js'
import type { Step, WaitOptions } from './turn.js'
import { Turns } from './turns.js'
import type { Direction } from './turns.js'

const { EAGAIN, EBADF, ECANCELED, EINPROGRESS, ETIMEDOUT } = constants.errno

// The errnos that end a wait; an AbortError ends it too.
const endsWait = new Set([EAGAIN, ECANCELED, ETIMEDOUT])

/** A connection that was accepted, and its peer's address. */
export type Connection = [Socket, SocketAddress]

/** @inline */
type Flags = number | WaitOptions

const pollfds = new Pollfds(1)
// oxlint-disable-next-line typescript/unbound-method -- to see whether a class overrides it
const { tryRecv } = SocketBase.prototype

const nextTurn = new Later(0)
const moreLater = new Later(Infinity)
const tenMs = new Later(10)

function inTurns(steps: Steps): Step<true> {
  return () => {
    const before = steps.done
    const outcome = steps.step()
    if (outcome === false) return nextTurn
    return outcome === null && steps.done > before ? moreLater : outcome
  }
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: Socket) => unknown

/**
 * A socket whose calls return promises. A call that need not wait makes its system call at once. One socket can have any
 * number of waiters: each direction serves them in the order of their calls. Closing rejects the waiters with ECANCELED.
 * With the timeout 0 a call that would have to wait is rejected with a BlockingIOError. socket(2), socket(7)
 */
export class Socket<Address extends SocketAddress = SocketAddress> extends SocketBase<Address> {
  #turns: Turns | undefined
  #holds = true
  #inbox: Inbox | undefined // of `messages()`

  static {
    brand = self => {
      try {
        return self.#turns
      } catch {
        throw invalidThis('Socket')
      }
    }
  }

  /** Lets waiters keep the process alive, which is the default. Node's ref */
  ref(): this {
    brand(this)
    return this.#hold(true)
  }

  /** Lets the process end in spite of waiters. Node's unref */
  unref(): this {
    brand(this)
    return this.#hold(false)
  }

  /**
   * Waits until a recv or an accept would not block, for other calls, for example trySplice. poll(2)
   *
   * @throws SocketError EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError
   *   ECANCELED (close) if the wait ends first
   */
  async readable(options?: WaitOptions): Promise<void> {
    brand(this)
    await this.#when(READABLE, 'poll', () => this.#is(POLLIN), 0, options)
  }

  /**
   * Waits until a send would not block, for other calls, for example trySplice. poll(2)
   *
   * @throws SocketError EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError
   *   ECANCELED (close) if the wait ends first
   */
  async writable(options?: WaitOptions): Promise<void> {
    brand(this)
    await this.#when(WRITABLE, 'poll', () => this.#is(POLLOUT), 0, options)
  }

  /**
   * Waits for a connection. Resolves with its socket and the peer's address. accept4(2)
   *
   * @throws SocketError EINVAL if it does not listen, EMFILE if no descriptor is left, EBADF after close;
   *   ConnectionAbortedError if the client has gone; TimeoutError, BlockingIOError (timeout 0), AbortError or
   *   SocketError ECANCELED (close) if the wait ends first
   */
  accept(options?: WaitOptions): Promise<[this, Address]> {
    brand(this)
    return this.#when(
      READABLE,
      'accept',
      this.#orNothing(() => this.tryAccept()),
      0,
      options,
    )
  }

  /**
   * Connects; a datagram socket gets a peer. The address is numeric. connect(2)
   *
   * @throws ConnectionRefusedError if nobody listens there; SocketError ENETUNREACH or EHOSTUNREACH without a route,
   *   EADDRNOTAVAIL if no port is left, EISCONN if it is connected; FileNotFoundError for a path that does not exist;
   *   TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError ECANCELED (close) if the wait ends first;
   *   TypeError or RangeError for a wrong address
   */
  async connect(address: AddressLike, options?: WaitOptions): Promise<void> {
    brand(this)
    let underWay = this.connecting // by another call: its end is also the end of this one
    const step: Step<true> = () => {
      if (underWay) return this.connected(address)
      if (this.tryConnect(address) !== null) return true
      if (this.family === AF_UNIX) return tenMs // the backlog is full, and the kernel does not report room. unix(7)
      underWay = true
      return null
    }
    await this.#when(WRITABLE, 'connect', step, 0, options, address)
  }

  /**
   * Receives at most `size` bytes; 0 bytes mean that the peer has stopped sending. With MSG_WAITALL a stream gives fewer than
   * `size` only if the stream or the wait ends before; with MSG_WAITALL and MSG_PEEK it gives what there is. recv(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError
   *   ECANCELED (close) if the wait ends first; TypeError or RangeError for a wrong argument
   */
  recv(size: number, flags: Flags = 0, options?: WaitOptions): Promise<Buffer> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    if (fills(this, flags) && size !== 0) return this.#recvAll(size, flags, options)
    const step = (): Buffer | null => {
      const bytes = this.tryRecv(size, flags)
      if (bytes !== null && flags === 0) this.#turns?.took(bytes.length, size)
      return bytes
    }
    const right = Number.isInteger(size) && size >= 0 && size < 2 ** 31
    const plain = flags === 0 && !isDatagram(this) && this.tryRecv === tryRecv
    return this.#when(
      READABLE,
      'recv',
      step,
      flags,
      options,
      undefined,
      right && this.#isDry(flags),
      right && plain ? size : 0,
    )
  }

  /**
   * Receives into `view`. Resolves with the number of bytes; 0 means that the peer has stopped sending. recv(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError
   *   ECANCELED (close) if the wait ends first; TypeError for a view whose memory shrinks meanwhile, or for a wrong
   *   argument
   */
  recvInto(view: View, flags: Flags = 0, options?: WaitOptions): Promise<number> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    if (fills(this, flags) && haveRoom([view]))
      return this.#fill(
        'recv',
        fill(this, view, rest => this.tryRecvInto(rest, flags), burst),
        options,
      )
    const length = lengthOf(view)
    const step = (): number | null => {
      checkLent('view', view, length)
      const count = this.tryRecvInto(view, flags)
      if (count !== null && flags === 0) this.#turns?.took(count, view.byteLength)
      return count
    }
    const waits = this.#isDry(flags) && ArrayBuffer.isView(view)
    return this.#when(READABLE, 'recv', step, flags, options, undefined, waits)
  }

  /**
   * Receives a datagram of at most `size` bytes, and its sender's address. The address of an unnamed Unix socket is
   * `{ family: 'unix' }`. If the kernel gives none, as on a TCP connection, it is a raw address of family 0. recvfrom(2)
   *
   * @throws ConnectionRefusedError if an earlier datagram of a connected socket was refused; SocketError ENOTCONN for a
   *   stream that is not connected, EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or
   *   SocketError ECANCELED (close) if the wait ends first; TypeError or RangeError for a wrong argument
   */
  recvfrom(size: number, flags: Flags = 0, options?: WaitOptions): Promise<[Buffer, Address]> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    if (fills(this, flags) && size !== 0) return this.#recvAllFrom(size, flags, options)
    return this.#when(READABLE, 'recvfrom', () => this.tryRecvfrom(size, flags), flags, options)
  }

  /**
   * Receives a datagram into `view`. Resolves with the number of bytes and the sender's address. recvfrom(2)
   *
   * @throws ConnectionRefusedError if an earlier datagram of a connected socket was refused; SocketError ENOTCONN for a
   *   stream that is not connected, EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or
   *   SocketError ECANCELED (close) if the wait ends first; TypeError for a view whose memory shrinks meanwhile, or for
   *   a wrong argument
   */
  recvfromInto(view: View, flags: Flags = 0, options?: WaitOptions): Promise<[number, Address]> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    if (fills(this, flags) && haveRoom([view]))
      return this.#fill(
        'recvfrom',
        fillFrom(this, view, rest => this.tryRecvfromInto(rest, flags), burst),
        options,
      )
    const length = lengthOf(view)
    const step = (): [number, Address] | null => {
      checkLent('view', view, length)
      return this.tryRecvfromInto(view, flags)
    }
    return this.#when(READABLE, 'recvfrom', step, flags, options)
  }

  /**
   * Sends as much of `data` as the kernel takes. Resolves with the number of bytes. send(2)
   *
   * @throws BrokenPipeError or ConnectionResetError if the peer receives no more, or there is no connection;
   *   SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer, EMSGSIZE for a datagram that is too long,
   *   EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError ECANCELED (close) if the
   *   wait ends first; TypeError for data whose memory shrinks meanwhile, or for a wrong argument
   */
  send(data: Data, flags: Flags = 0, options?: WaitOptions): Promise<number> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    return this.#send('send', data, bytes => this.trySend(bytes, flags), flags, options)
  }

  /**
   * Sends all of `data`, with nothing of other calls in between. The timeout is for the whole call. send(2)
   *
   * @throws an error whose `sent` is the number of bytes sent: BrokenPipeError or ConnectionResetError if the peer
   *   receives no more, or there is no connection; SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer,
   *   EMSGSIZE for a datagram that is too long, EBADF after close; TimeoutError, BlockingIOError (timeout 0),
   *   AbortError or SocketError ECANCELED (close) if the wait ends first
   */
  sendall(data: Data, flags: Flags = 0, options?: WaitOptions): Promise<void> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    let bytes: View
    let tried: number | null | undefined
    try {
      bytes = bytesOf(data)
      const byteLength = lengthOf(bytes) // at the call: resizable memory may change its length
      checkSignal(options?.signal)
      checkTimeout(options?.timeout ?? null)
      if (this.#turns?.waiting(WRITABLE) !== true && goesOn()) {
        tried = this.trySend(bytes, flags)
        if (tried === byteLength || tried === 0) return Promise.resolve() // the usual case
      }
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever was thrown
      return Promise.reject(sendingFailed(error, 'send', 0))
    }
    return this.#sendRest(bytes, flags, options, tried)
  }

  /**
   * Sends a datagram to an address. sendto(2)
   *
   * @throws SocketError EMSGSIZE for a datagram that is too long, ENETUNREACH without a route, EBADF after close;
   *   PermissionError for a broadcast without SO_BROADCAST; TimeoutError, BlockingIOError (timeout 0), AbortError or
   *   SocketError ECANCELED (close) if the wait ends first; TypeError or RangeError for a wrong argument
   */
  sendto(data: Data, address: AddressLike, flags: Flags = 0, options?: WaitOptions): Promise<number> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    return this.#send('sendto', data, bytes => this.trySendto(bytes, address, flags), flags, options)
  }

  /**
   * Receives a message of at most `size` bytes, its sender's address, and at most `controlSize` bytes of control messages
   * (CMSG_SPACE gives the bytes of one). recvmsg(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError
   *   ECANCELED (close) if the wait ends first; TypeError or RangeError for a wrong argument
   */
  recvmsg(size: number, controlSize = 0, flags: Flags = 0, options?: WaitOptions): Promise<ReceivedMessage> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    if (fills(this, flags) && size !== 0) return this.#recvAllOfMessage(size, controlSize, flags, options)
    return this.#when(READABLE, 'recvmsg', () => this.tryRecvmsg(size, controlSize, flags), flags, options)
  }

  /**
   * As recvmsg, but receives into the given views, one after the other. Resolves with the rest of the message and the number
   * of bytes. MSG_WAITALL works as in recv; received descriptors end the wait too. recvmsg(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError
   *   ECANCELED (close) if the wait ends first; TypeError or RangeError for a wrong argument
   */
  async recvmsgInto(
    views: readonly View[],
    controlSize = 0,
    flags: Flags = 0,
    options?: WaitOptions,
  ): Promise<MessageInfo> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    if (fills(this, flags) && haveRoom(views))
      return this.#fill(
        'recvmsg',
        fillMessage(this, views, rest => this.tryRecvmsgInto(rest, controlSize, flags), burst),
        options,
      )
    const lengths = Array.isArray(views) ? views.map(lengthOf) : []
    const step = (): MessageInfo | null => {
      lengths.forEach((length, i) => checkLent(`views[${i}]`, views[i], length))
      return this.tryRecvmsgInto(views, controlSize, flags)
    }
    return this.#when(READABLE, 'recvmsg', step, flags, options)
  }

  /**
   * Sends `buffers`, one after the other, with control messages. Resolves with the number of bytes sent. sendmsg(2)
   *
   * @throws BrokenPipeError or ConnectionResetError if the peer receives no more, or there is no connection;
   *   SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer, EMSGSIZE for a datagram that is too long,
   *   EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError ECANCELED (close) if the
   *   wait ends first; TypeError or RangeError for a wrong argument
   */
  async sendmsg(
    buffers: readonly Data[],
    control: readonly OutgoingControl[] = [],
    flags = 0,
    address?: AddressLike,
    options?: WaitOptions,
  ): Promise<number> {
    brand(this)
    const lengths = Array.isArray(buffers) ? buffers.map(lengthOf) : []
    const step = (): number | null => {
      lengths.forEach((length, i) => checkLent(`buffers[${i}]`, buffers[i], length))
      return this.trySendmsg(buffers, control, flags, address)
    }
    return this.#when(WRITABLE, 'sendmsg', step, flags, options)
  }

  /**
   * Receives a message of at most `size` bytes with at most `maxFds` descriptors. unix(7), Python's recv_fds
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError
   *   ECANCELED (close) if the wait ends first; TypeError or RangeError for a wrong argument
   */
  async recvFds(size: number, maxFds: number, flags: Flags = 0, options?: WaitOptions): Promise<ReceivedFds> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    if (fills(this, flags) && size !== 0)
      return withFds(await this.#recvAllOfMessage(size, roomForFds(maxFds), flags, options))
    return this.#when(READABLE, 'recvmsg', () => this.tryRecvFds(size, maxFds, flags), flags, options)
  }

  /**
   * Sends data (over a stream at least one byte) with at most 253 descriptors. The receiver gets duplicates of these.
   * unix(7), Python's send_fds
   *
   * @throws SocketError EBADF for a closed descriptor, ETOOMANYREFS if too many descriptors are on their way;
   *   BrokenPipeError or ConnectionResetError if the peer receives no more; TimeoutError, BlockingIOError (timeout 0),
   *   AbortError or SocketError ECANCELED (close) if the wait ends first; TypeError for a socket that is no Unix
   *   socket, or for no data over a stream
   */
  sendFds(
    data: Data,
    fds: readonly Descriptor[],
    flags = 0,
    address?: AddressLike,
    options?: WaitOptions,
  ): Promise<number> {
    brand(this)
    return this.#send('sendmsg', data, bytes => this.trySendFds(bytes, fds, flags, address), flags, options)
  }

  /**
   * Sends all of `data` (over a stream at least one byte), with nothing of other calls in between, and at most 253 descriptors
   * with its first byte. Keep them open until the promise settles. The timeout is for the whole call. sendmsg(2), unix(7)
   *
   * @throws an error whose `sent` is the number of bytes sent; the descriptors were sent if it is not 0. SocketError
   *   EBADF for a closed descriptor, ETOOMANYREFS if too many descriptors are on their way; BrokenPipeError or
   *   ConnectionResetError if the peer receives no more; TimeoutError, BlockingIOError (timeout 0), AbortError or
   *   SocketError ECANCELED (close) if the wait ends first; TypeError for a socket that is no Unix socket, or for no
   *   data over a stream
   */
  async sendallFds(data: Data, fds: readonly Descriptor[], flags: Flags = 0, options?: WaitOptions): Promise<void> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    const sending = this.sendingFds(data, fds, flags, burst)
    try {
      await this.#when(WRITABLE, 'sendmsg', inTurns(sending), flags, options)
    } catch (error) {
      throw sendingFailed(error, 'sendmsg', sending.done)
    }
  }

  /**
   * Receives the messages that are there, at least one, as many as fit into the batch. Resolves with their number.
   * recvmmsg(2)
   *
   * @throws ConnectionRefusedError if an earlier datagram of a connected socket was refused; SocketError ENOTCONN for a
   *   stream that is not connected, EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or
   *   SocketError ECANCELED (close) if the wait ends first; TypeError or RangeError for a wrong argument
   */
  recvmmsg(batch: MessageBatch, flags: Flags = 0, options?: WaitOptions): Promise<number> {
    brand(this)
    if (typeof flags === 'object') {
      options = flags
      flags = 0
    }
    return this.#when(READABLE, 'recvmmsg', () => this.tryRecvmmsg(batch, flags), flags, options)
  }

  /**
   * Sends `count` messages of a batch (default: all), from message `start` on: at least one, as many as the kernel has room
   * for. Resolves with their number. If one fails after others were sent, the call resolves with the number of those; the next
   * call, which starts with the failed one, rejects with its error and address. sendmmsg(2)
   *
   * @throws the error of the first message: BrokenPipeError or ConnectionResetError if the peer receives no more, or
   *   there is no connection; SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer, EMSGSIZE for a
   *   datagram that is too long, EBADF after close; TimeoutError, BlockingIOError (timeout 0), AbortError or
   *   SocketError ECANCELED (close) if the wait ends first; TypeError or RangeError for a wrong argument
   */
  sendmmsg(batch: MessageBatch, count?: number, flags = 0, start = 0, options?: WaitOptions): Promise<number> {
    brand(this)
    return this.#when(WRITABLE, 'sendmmsg', () => this.trySendmmsg(batch, count, flags, start), flags, options)
  }

  /**
   * Sends `count` bytes (default: all) of a file from `offset` on; the file is a descriptor's number or a FileHandle. Resolves
   * with the number of bytes sent. The timeout is for the whole call. sendfile(2)
   *
   * @throws an error whose `sent` is the number of bytes sent: SocketError EBADF for a closed file or socket, EINVAL
   *   for a file that cannot be sent; BrokenPipeError or ConnectionResetError if the peer receives no more;
   *   TimeoutError, BlockingIOError (timeout 0), AbortError or SocketError ECANCELED (close) if the wait ends first;
   *   TypeError or RangeError for a wrong argument
   */
  async sendfile(file: Descriptor, offset = 0, count = Infinity, options?: WaitOptions): Promise<number> {
    brand(this)
    const sending = this.sendingFile(file, offset, count, burst)
    try {
      await this.#when(WRITABLE, 'sendfile', inTurns(sending), 0, options)
    } catch (error) {
      throw sendingFailed(error, 'sendfile', sending.done)
    }
    return sending.done
  }

  /**
   * Accepts the connections of a listening socket, until it is closed. A connection that is lost before it is accepted is
   * skipped. While there is no descriptor or no memory for the next one, it waits, and the process emits a warning, at most
   * once a second. accept(2)
   *
   * @throws SocketError EINVAL if it does not listen; AbortError or TimeoutError if the wait ends first. After close
   *   the loop ends without an error
   */
  async *connections(options?: WaitOptions): AsyncGenerator<[this, Address], void, void> {
    brand(this)
    const failures = new AcceptFailures()
    while (!this.closed) {
      let connection: [this, Address] | undefined
      try {
        connection = await this.#untilClosed(this.accept(options))
        if (connection === undefined) return
      } catch (error) {
        await this.#untilClosed(this.#pause(failures.pause(error), options?.signal))
        continue
      }
      yield connection
    }
  }

  /**
   * Receives chunks of at most `size` bytes, until the peer stops sending. On a datagram socket each message is a chunk, even an
   * empty one, until receiving is shut down. Leaving the loop does not close the socket. recv(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; AbortError or TimeoutError if the wait ends first. After close the loop
   *   ends without an error
   */
  async *chunks(size = 65536, options?: WaitOptions): AsyncGenerator<Buffer, void, void> {
    brand(this)
    while (!this.closed) {
      this.ended = false
      const chunk = await this.#untilClosed(this.recv(size, options))
      if (chunk === undefined || (chunk.length === 0 && (this.ended || !isDatagram(this)))) return
      yield chunk
    }
  }

  /**
   * Receives messages, each with its bytes, address, flags, control messages and descriptors, which it owns. recvmmsg(2) receives
   * many of them in one call; the next call is made when all of these are consumed. A socket of datagrams never ends by itself,
   * not even with an empty one, until receiving is shut down; a stream, of which pieces are received, and a connection of SOCK_SEQPACKET
   * end when the peer stops sending. An error of the network, such as ECONNREFUSED, ends the loop too: a new one goes on.
   *
   * Leaving the loop loses nothing and closes nothing: messages that were received already are the first of the next `messages()`,
   * but not of `recv` and the other calls, which get what is received later; with `{ batch: 1 }` there are none. `close()` drops
   * them and closes their descriptors.
   *
   * @throws TypeError or RangeError for a wrong option
   */
  messages(options: MessagesOptions = {}): AsyncGenerator<ReceivedFds, void, void> {
    brand(this)
    return this.#messages(batchFor(options, this.type), options)
  }

  async *#messages(batch: MessageBatch, options: WaitOptions): AsyncGenerator<ReceivedFds, void, void> {
    const inbox = (this.#inbox ??= new Inbox())
    const receive = (): boolean | null => {
      if (!inbox.isEmpty) return true // another loop has received them
      this.ended = false
      const count = this.tryRecvmmsg(batch)
      if (count === null) return null
      if (count < batch.count) this.#turns?.drained() // recvmmsg(2) has found no more
      const messages = this.ended ? 0 : countToEnd(this.fd, this, batch, count)
      inbox.fill(batch, messages)
      return messages > 0
    }
    for (;;) {
      checkSignal(options.signal)
      const message = inbox.next()
      if (message !== undefined) yield message
      else if (this.closed) return
      else {
        const wait = this.#when(READABLE, 'recvmmsg', receive, 0, options, undefined, this.#isDry(0))
        if ((await this.#untilClosed(wait)) === false) return
      }
    }
  }

  /** `connections()` of a socket that listens, `chunks()` of any other. */
  // oxlint-disable-next-line typescript/no-explicit-any -- which of the two it is, the descriptor knows alone
  [Symbol.asyncIterator](): AsyncGenerator<any, void, void> {
    brand(this)
    const listening = SO_ACCEPTCONN !== undefined && this.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) !== 0
    return listening ? this.connections() : this.chunks()
  }

  [Symbol.asyncDispose](): Promise<void> {
    brand(this)
    this.close()
    return Promise.resolve()
  }

  /**
   * Closes the descriptor, and those of messages that were received and not consumed. close(2)
   *
   * @throws SocketError if close(2) reports an error; the descriptor is closed nevertheless
   */
  override close(): void {
    brand(this)
    try {
      super.close()
    } finally {
      this.#inbox?.drop()
    }
  }

  protected override released(): void {
    this.#turns?.end()
    this.#turns = undefined
  }

  // Sends the rest, or all where no try was made yet. `tried` is what that try returned.
  async #sendRest(bytes: View, flags: number, options?: WaitOptions, tried?: number | null): Promise<void> {
    const sending = this.sending(bytes, flags, burst, tried ?? 0)
    try {
      const outcome = typeof tried === 'number' ? sending.step() : tried
      if (outcome === true) return
      await this.#when(WRITABLE, 'send', inTurns(sending), flags, options, undefined, outcome === null)
    } catch (error) {
      throw sendingFailed(error, 'send', sending.done)
    }
  }

  #is(events: number): true | null {
    if (this.closed) throw socketError(EBADF, 'poll', { fd: this.fd })
    pollfds.set(0, this.fd, events)
    return check(pollfds.wait(0), 'poll') > 0 ? true : null
  }

  // The memory of `data` must still be there when the call is made.
  #send(
    syscall: string,
    data: Data,
    trySend: (bytes: View) => number | null,
    flags: number,
    options?: WaitOptions,
  ): Promise<number> {
    let bytes: View
    try {
      bytes = bytesOf(data)
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever was thrown
      return Promise.reject(error)
    }
    const length = lengthOf(bytes)
    const step = (): number | null => {
      checkLent('data', bytes, length)
      return trySend(bytes)
    }
    return this.#when(WRITABLE, syscall, step, flags, options)
  }

  // Accepts nothing for `ms` milliseconds.
  #pause(ms: number, signal: AbortSignal | undefined): Promise<true> {
    const end = performance.now() + ms
    const step: Step<true> = () => {
      const left = Math.ceil(end - performance.now())
      return left > 0 ? new Later(left) : true
    }
    return this.#when(READABLE, 'accept', step, 0, { signal, timeout: null })
  }

  // A waiting receive of a datagram socket ends without a message when receiving is shut down. recv(2)
  #orNothing<Result>(step: Step<Result>): Step<Result> {
    return () => {
      const outcome = step()
      if (outcome !== null || this.#turns?.ended !== true) return outcome
      if (this.isShut()) return this.last(step)
      this.#turns.ended = false
      return null
    }
  }

  #hold(holds: boolean): this {
    this.#holds = holds
    if (this.#turns !== undefined) this.#turns.holds = holds
    return this
  }

  // Closing the socket ends its loops without an error.
  async #untilClosed<Result>(wait: Promise<Result>): Promise<Result | undefined> {
    try {
      return await wait
    } catch (error) {
      if (this.closed) return undefined
      throw error
    }
  }

  async #recvAll(size: number, flags: number, options?: WaitOptions): Promise<Buffer> {
    const buffer = allRoomFor(size, flags)
    return buffer.subarray(0, await this.recvInto(buffer, flags, options))
  }

  async #recvAllFrom(size: number, flags: number, options?: WaitOptions): Promise<[Buffer, Address]> {
    const buffer = allRoomFor(size, flags)
    const [count, address] = await this.recvfromInto(buffer, flags, options)
    return [buffer.subarray(0, count), address]
  }

  async #recvAllOfMessage(
    size: number,
    controlSize: number,
    flags: number,
    options?: WaitOptions,
  ): Promise<ReceivedMessage> {
    const buffer = allRoomFor(size, flags)
    const message = await this.recvmsgInto([buffer], controlSize, flags, options)
    return { data: buffer.subarray(0, message.size), ...message }
  }

  // If the wait ends early, the bytes received before that are the result.
  async #fill<Result>(syscall: string, { steps, result }: Filling<Result>, options?: WaitOptions): Promise<Result> {
    try {
      await this.#when(READABLE, syscall, inTurns(steps), 0, options)
    } catch (error) {
      const over = error instanceof AbortError || (error instanceof SocketError && endsWait.has(-error.errno))
      if (steps.done === 0 || !over) throw error
    }
    return result()
  }

  // Whether a receive would find nothing.
  #isDry(flags: number): boolean {
    return flags === 0 && this.#turns?.dry === true
  }

  // Try, wait in turn, try again. Earlier waiters come first.
  #when<Result>(
    direction: Direction,
    syscall: string,
    step: Step<Result>,
    flags: number,
    options?: WaitOptions,
    address?: AddressLike,
    waits = false, // the first try would find nothing
    size = 0, // of a receive that wants nothing but the bytes
  ): Promise<Result> {
    try {
      const signal = checkAborted(options?.signal)
      const given = options?.timeout === undefined ? this.gettimeout() : checkTimeout(options.timeout)
      const timeout = (checkFlags(flags) & neverWaits) === 0 ? given : 0
      let later: Later | undefined
      if (this.#turns?.waiting(direction) !== true) {
        const result = waits && timeout !== 0 ? null : timeout === 0 || this.closed || goesOn() ? step() : nextTurn
        if (result !== null && !(result instanceof Later)) return Promise.resolve(result)
        later = result instanceof Later ? result : undefined
      }
      const receives = direction === READABLE && isDatagram(this)
      const turn = new Turn(receives ? this.#orNothing(step) : step, syscall, address)
      if (timeout === 0)
        throw turn.failure(syscall === 'connect' && this.family !== AF_UNIX ? EINPROGRESS : EAGAIN, this.fd)
      if (receives && this.#turns?.ended === true) later ??= nextTurn // the end was reported, and is not reported again
      this.#turns ??= new Turns(this.fd, this.#holds, isTcp(this))
      turn.room = this.#turns.roomFor(size)
      return this.#turns.take(direction, turn, signal, timeout, later)
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever was thrown
      return Promise.reject(error)
    }
  }
}
