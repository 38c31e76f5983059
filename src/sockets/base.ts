// The base of the synchronous and the asynchronous Socket: the calls that cannot block, and one try of each call that can.
import type { Parts } from '../shown.js'
import { constantName, shownAddress, shownObject, shownTimeout } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import { constants } from 'node:os'
import { addressRoom, decodeAddress, encodeAddress, senderAddress } from '../structs/address.js'
import type { AddressFamily, AddressLike, SocketAddress } from '../structs/address.js'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  F_GETFD,
  F_SETFD,
  FD_CLOEXEC,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_TRUNC,
  POLLOUT,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_ERROR,
  SO_PROTOCOL,
  SO_TYPE,
} from '../constants.js'
import { IPPROTO_TCP, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET, SOMAXCONN } from '../constants.js'
import { optionName } from '../options/index.js'
import { checkBatch, emptyBatch, receiveBatch, sendBatch } from './batch.js'
import type { MessageBatch } from './batch.js'
import type { OutgoingControl } from '../control/control.js'
import { bytesOf, checkLent, inSteps, lengthOf, received, sharedRoom } from '../data.js'
import type { Data, Steps } from '../data.js'
import { isDatagram, isShut } from './end.js'
import { fdOf } from '../descriptors/descriptor.js'
import { addressOf, tryAddressOf } from '../descriptors/names.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { allocated, checkFlags, checkInteger, invalidThis, invalidType, invalidValue } from '../checks.js'
import { socketError } from '../errors.js'
import { attempt, check, interrupted, outcome } from '../syscalls/result.js'
import { dataView, field, read } from '../syscalls/layout.js'
import { messageToSend, receiveMessage } from './messages.js'
import type { MessageInfo } from './messages.js'
import type { OwnedFd } from '../descriptors/owned-fd.js'
import { closeOnce, closeWithThread, disown, own } from '../descriptors/ownership.js'
import type { View } from '../syscalls/native.js'
import { acceptSocket, duplicate, openPair, openSocket, sendFlags, setNonblocking } from '../descriptors/open.js'
import { Pollfds } from '../waiting/pollfds.js'
import * as sys from '../syscalls/index.js'
import { checkTimeout } from '../timers.js'

/** An option's value: an int, the bytes of a struct, a string (no NUL is added), or null with a length. */
export type OptionValue = number | boolean | string | View | null

const { EAGAIN, EALREADY, EINPROGRESS, EINTR, EINVAL, EISCONN, ENOTCONN } = constants.errno

const integer = new Int32Array(1)
const four = new Uint32Array(1)

// The error of a call with an option; it has the option's name.
const optionFailed = (result: number, syscall: string, fd: number, level: number, name: number): Error =>
  socketError(result, syscall, { fd, level, option: optionName(level, name) })

/** An option that is an int. getsockopt(2) */
export function getInteger(fd: number, level: number, name: number): number {
  four[0] = 4
  integer[0] = 0 // some options fill one byte only
  const result = sys.getsockopt(fd, level, name, integer, four)
  if (result < 0) throw optionFailed(result, 'getsockopt', fd, level, name)
  return integer[0]
}

const isUnbound = (local: SocketAddress): boolean =>
  'port' in local ? local.port === 0 : local.family === 'unix' && !('path' in local || 'abstract' in local)

const isListening = (fd: number): boolean =>
  SO_ACCEPTCONN !== undefined &&
  sys.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, integer, new Uint32Array([4])) >= 0 &&
  integer[0] !== 0

/** With one of these flags a call never waits. */
export const neverWaits = MSG_DONTWAIT | (MSG_ERRQUEUE ?? 0)

const maxSendfile = 0x7ffff000 // the maximum of one call on Linux, in bytes. sendfile(2)

/** Whether it is a TCP socket. */
export const isTcp = ({ family, type, protocol }: SocketBase): boolean =>
  type === SOCK_STREAM && (family === AF_INET || family === AF_INET6) && (protocol === 0 || protocol === IPPROTO_TCP)

// On Linux the result of a TCP connect in progress is that of the next connect(2), after which the socket can connect
// again. On BSD the next connect(2) would be a new attempt.
const connectReturnsResult = process.platform === 'linux'

const pollfds = new Pollfds(1)

const peer = Buffer.alloc(addressRoom)
const peerLength = new Uint32Array(1)

const saFamily = field('sockaddr.sa_family')

/** The family, type and protocol of a socket's descriptor. socket(7) */
export function kindOf(fd: number): { family: number; type: number; protocol: number } {
  const type = getInteger(fd, SOL_SOCKET, SO_TYPE)
  const protocol = SO_PROTOCOL === undefined ? 0 : getInteger(fd, SOL_SOCKET, SO_PROTOCOL)
  return { family: familyOf(fd), type, protocol }
}

function familyOf(fd: number): number {
  if (SO_DOMAIN !== undefined) return getInteger(fd, SOL_SOCKET, SO_DOMAIN)
  peerLength[0] = peer.length
  check(sys.getsockname(fd, peer, peerLength), 'getsockname', undefined, fd)
  return read(dataView(peer), saFamily)
}

/** A received message: its bytes, address, flags and control messages. recvmsg(2) */
export interface ReceivedMessage extends MessageInfo {
  /** The bytes of the message. */
  data: Buffer
}

/** A received message and its descriptors, which are closed when their OwnedFd objects are garbage-collected. unix(7) */
export interface ReceivedFds extends ReceivedMessage {
  /** The descriptors that came with the message: each is to be closed, or taken by `detach()`. */
  fds: OwnedFd[]
}

/**
 * The constructor of a class of sockets.
 *
 * @inline
 */
type SocketClass<T> = new (family: number, type: number, protocol: number, fd: number) => T

// A descriptor that is passed to the constructor of a new socket, and the socket that has taken it.
interface Adoption {
  readonly fd: number
  /** Whether it stays the property of somebody else. */
  readonly borrowed: boolean
  owner?: SocketBase
}

let adoption: Adoption | undefined

/**
 * A socket of this class with this descriptor. If the class's constructor throws, or does not take the descriptor, `refused`
 * is called with it.
 */
function adopt<T>(
  type: SocketClass<T>,
  given: readonly [number, number, number, fd: number],
  refused: (fd: number) => void,
  borrowed = false,
): T {
  const fd = given[3]
  const outer = adoption
  const mine: Adoption = (adoption = { fd, borrowed })
  let made: T | undefined
  try {
    made = new type(...given)
    if (mine.owner !== undefined) return made
  } catch (error) {
    // Not if the constructor itself has closed or detached the descriptor.
    if (mine.owner === undefined || mine.owner.detach() === fd) refused(fd)
    throw error
  } finally {
    adoption = outer
  }
  refused(fd)
  if (made instanceof SocketBase) made.close()
  throw invalidType('constructor', type, 'a class whose constructor passes its arguments on to Socket')
}

/** A Socket of either kind, or an exception. */
export function checkSocket(socket: SocketBase): void {
  if (!(socket instanceof SocketBase)) throw invalidType('socket', socket, 'a Socket')
}

/** A socket of this class with a descriptor that stays the property of its owner. */
export function borrow<T>(type: SocketClass<T>, fd: number): T {
  checkInteger('fd', fd, 0, 2 ** 31 - 1)
  const { family, type: kind, protocol } = kindOf(fd)
  setNonblocking(fd)
  return adopt(type, [family, kind, protocol, fd], () => undefined, true)
}

let defaultTimeout: number | null = null

/** The timeout of new sockets, in milliseconds; null: no limit. Python's getdefaulttimeout */
export const getdefaulttimeout = (): number | null => defaultTimeout

/**
 * Sets the timeout of new sockets, in milliseconds; null: no limit. Python's setdefaulttimeout
 *
 * @throws TypeError or RangeError for a timeout that is neither null nor a number of 0 or more
 */
export function setdefaulttimeout(timeout: number | null): void {
  defaultTimeout = checkTimeout(timeout)
}

// A constant that this system lacks is undefined. It must not be taken for an omitted argument.
function checkGiven(given: readonly (number | undefined)[]): void {
  for (const [i, name] of ['family', 'type', 'protocol'].entries()) {
    if (i < given.length && given[i] === undefined) throw invalidType(name, undefined, 'of type number')
  }
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: SocketBase) => unknown

/**
 * What both kinds of Socket have: that of `bsd-sockets`, which blocks, and that of `bsd-sockets/promises`. `Address`:
 * the addresses of its family.
 */
export abstract class SocketBase<Address extends SocketAddress = SocketAddress> {
  #fd: number
  #timeout: number | null
  readonly #borrowed: boolean
  #connecting = false
  #shut = false // the current receive has waited, and receiving is shut down
  /** Whether the latest receive returned nothing because receiving is shut down, not because of an empty message. */
  protected ended = false
  /** The address family: AF_INET, AF_INET6, AF_UNIX… */
  readonly family: number
  /** The type: SOCK_STREAM, SOCK_DGRAM… */
  readonly type: number
  /** The protocol's number; 0: the family's default. */
  readonly protocol: number

  static {
    brand = self => {
      try {
        return self.#fd
      } catch {
        throw invalidThis('Socket')
      }
    }
  }

  /**
   * A new socket, close-on-exec and non-blocking: this object waits, in poll(2). SOCK_NONBLOCK in the type sets the timeout 0;
   * SOCK_CLOEXEC has no effect. With `fd`, takes ownership of the descriptor of an existing socket. socket(2)
   *
   * @throws SocketError EAFNOSUPPORT or EPROTONOSUPPORT if the kernel has no such sockets, EMFILE if no descriptor is
   *   left; PermissionError for a raw socket without CAP_NET_RAW; TypeError or RangeError for a wrong argument
   */
  constructor(...given: [family?: AddressFamily<Address>, type?: number, protocol?: number, fd?: number]) {
    checkGiven(given)
    const [family = AF_INET, type = SOCK_STREAM, protocol = 0, fd] = given
    this.#fd = fd === undefined ? openSocket(family, type, protocol) : checkInteger('fd', fd, 0, 2 ** 31 - 1)
    this.family = family
    this.type = type & ~((SOCK_CLOEXEC ?? 0) | (SOCK_NONBLOCK ?? 0))
    this.protocol = protocol
    this.#timeout = (type & (SOCK_NONBLOCK ?? 0)) === 0 ? defaultTimeout : 0
    const mine = fd !== undefined && adoption?.fd === fd && adoption.owner === undefined ? adoption : undefined
    this.#borrowed = mine?.borrowed === true
    if (!this.#borrowed) own(this, this.#fd)
    if (mine !== undefined) mine.owner = this
  }

  /**
   * Takes ownership of a socket's descriptor and reads its family, type and protocol. Makes it non-blocking, which affects
   * all duplicates. If this throws, the descriptor still belongs to the caller. socket(7)
   *
   * @throws SocketError EBADF for a closed descriptor, ENOTSOCK for one that is no socket; TypeError or RangeError for
   *   a wrong number
   */
  static fromFd<T>(this: SocketClass<T>, fd: number): T {
    checkInteger('fd', fd, 0, 2 ** 31 - 1)
    const { family, type, protocol } = kindOf(fd)
    setNonblocking(fd)
    return adopt(this, [family, type, protocol, fd], () => undefined)
  }

  /**
   * Two sockets, connected to each other; default: Unix stream sockets. socketpair(2)
   *
   * @throws SocketError ENOTSUP (macOS: EOPNOTSUPP) for a family without pairs, EMFILE if no descriptor is left;
   *   TypeError or RangeError for a wrong argument
   */
  static pair<T>(this: SocketClass<T>, ...given: [family?: number, type?: number, protocol?: number]): [T, T] {
    checkGiven(given)
    const [family = AF_UNIX, type = SOCK_STREAM, protocol = 0] = given
    const [first, second] = openPair(family, type, protocol)
    const made: T[] = []
    try {
      for (const fd of [first, second]) made.push(adopt(this, [family, type, protocol, fd], sys.close))
      return made as [T, T]
    } catch (error) {
      if (made.length === 0) sys.close(second)
      else (made[0] as SocketBase).close()
      throw error
    }
  }

  /** The descriptor; −1 after it is closed or detached. */
  get fd(): number {
    brand(this)
    return this.#fd
  }

  /** Whether the descriptor was closed or detached. */
  get closed(): boolean {
    brand(this)
    return this.#fd < 0
  }

  /** The descriptor; −1 after it is closed or detached. */
  fileno(): number {
    brand(this)
    return this.#fd
  }

  /**
   * Sets the socket's own address, which is numeric; `''`: the any-address, port 0: any free port. bind(2)
   *
   * @throws SocketError EADDRINUSE if another socket has the address, EADDRNOTAVAIL if this machine does not have it,
   *   EINVAL if it is bound already; PermissionError for a port below 1024 without the right to; TypeError or
   *   RangeError for a wrong address
   */
  bind(address: AddressLike): void {
    brand(this)
    const bytes = encodeAddress(address, this.family)
    check(sys.bind(this.#fd, bytes), 'bind', address, this.#fd)
  }

  /**
   * Makes the socket accept connections; at most `backlog` wait to be accepted (default: 128, or SOMAXCONN). listen(2)
   *
   * @throws SocketError ENOTSUP (macOS: EOPNOTSUPP) for a socket of datagrams, EADDRINUSE if another socket listens
   *   there, EBADF after close; TypeError or RangeError for a wrong argument
   */
  listen(backlog: number = Math.min(SOMAXCONN, 128)): void {
    brand(this)
    check(sys.listen(this.#fd, backlog), 'listen', undefined, this.#fd)
  }

  /**
   * The socket's own address. getsockname(2)
   *
   * @throws SocketError EBADF after close
   */
  getsockname(): Address {
    brand(this)
    return addressOf(this.#fd, 'getsockname') as Address
  }

  /**
   * The address of the peer. getpeername(2)
   *
   * @throws SocketError ENOTCONN if it is not connected, EBADF after close
   */
  getpeername(): Address {
    brand(this)
    return addressOf(this.#fd, 'getpeername') as Address
  }

  /**
   * An option's value, as an int or, with `size`, as the bytes of a struct of at most that size. getsockopt(2)
   *
   * @throws SocketError, whose `option` is the name in C: ENOPROTOOPT or ENOTSUP if the kernel or this kind of socket
   *   lacks the option, EBADF after close; TypeError or RangeError for a wrong argument
   */
  getsockopt(level: number, name: number): number
  getsockopt(level: number, name: number, size: number): Buffer
  getsockopt(level: number, name: number, size?: number): number | Buffer {
    brand(this)
    if (size === undefined) return getInteger(this.#fd, level, name)
    checkInteger('size', size, 0, 2 ** 31 - 1)
    const value = allocated('size', size)
    const length = new Uint32Array([size])
    const result = sys.getsockopt(this.#fd, level, name, value, length)
    if (result < 0) throw optionFailed(result, 'getsockopt', this.#fd, level, name)
    return value.subarray(0, length[0])
  }

  /**
   * Sets an option; a null value is followed by its length. SO_RCVTIMEO and SO_SNDTIMEO have no effect on a Socket, which does
   * not wait in the kernel: use `settimeout`. SO_RCVLOWAT decides when poll(2) reports the socket readable: a receive returns
   * the available bytes at once, but if it has to wait, it waits for that many bytes. setsockopt(2), socket(7)
   *
   * @throws SocketError, whose `option` is the name in C: ENOPROTOOPT or ENOTSUP if the kernel or this kind of socket
   *   lacks the option, EINVAL for a value that it does not take, EBADF after close; PermissionError without the right
   *   to; TypeError or RangeError for a wrong argument
   */
  setsockopt(level: number, name: number, value: OptionValue, length?: number): void {
    brand(this)
    const bytes = optionBytes(value)
    const result = sys.setsockopt(this.#fd, level, name, bytes, length)
    if (result < 0) throw optionFailed(result, 'setsockopt', this.#fd, level, name)
  }

  /**
   * Ends one direction or both: SHUT_RD, SHUT_WR ("done sending, still listening"), SHUT_RDWR. shutdown(2)
   *
   * @throws SocketError ENOTCONN if it is not connected, EINVAL for another direction, EBADF after close; TypeError or
   *   RangeError for a wrong argument
   */
  shutdown(how: number): void {
    brand(this)
    check(sys.shutdown(this.#fd, how), 'shutdown', undefined, this.#fd)
  }

  /**
   * Closes the descriptor, unless it is borrowed. Further calls have no effect. close(2)
   *
   * @throws SocketError if close(2) reports an error; the descriptor is closed nevertheless
   */
  close(): void {
    brand(this)
    const fd = this.#letGo()
    if (!this.#borrowed) closeOnce(fd)
  }

  [Symbol.dispose](): void {
    brand(this)
    this.close()
  }

  /** Releases the descriptor without closing it, and returns it; −1 if it was closed or detached before. */
  detach(): number {
    brand(this)
    const fd = this.#letGo()
    if (!this.#borrowed) closeWithThread(fd, false)
    return fd
  }

  #letGo(): number {
    const fd = this.#fd
    if (fd < 0) return fd
    this.#fd = -1 // no later call can reach a descriptor that is used again
    disown(this)
    this.released?.()
    return fd
  }

  /** Called before the descriptor is closed, or when it is detached. */
  protected released?(): void

  /**
   * A new socket with a duplicate of the descriptor. fcntl(2), F_DUPFD_CLOEXEC
   *
   * @throws SocketError EMFILE if no descriptor is left, EBADF after close
   */
  dup(): this {
    brand(this)
    return this.#made(duplicate(this.#fd))
  }

  /**
   * Whether programs that this process starts inherit the descriptor. fcntl(2), F_GETFD
   *
   * @throws SocketError EBADF after close
   */
  getInheritable(): boolean {
    brand(this)
    return (check(sys.fcntl(this.#fd, F_GETFD), 'fcntl', undefined, this.#fd) & FD_CLOEXEC) === 0
  }

  /**
   * Sets whether programs that this process starts inherit the descriptor. fcntl(2), F_SETFD
   *
   * @throws SocketError EBADF after close
   */
  setInheritable(inheritable: boolean): void {
    brand(this)
    check(sys.fcntl(this.#fd, F_SETFD, inheritable ? 0 : FD_CLOEXEC), 'fcntl', undefined, this.#fd)
  }

  /**
   * Sets how long a call waits, in milliseconds; null: no limit; 0: it does not wait. Python's settimeout
   *
   * @throws TypeError or RangeError for a timeout that is neither null nor a number of 0 or more
   */
  settimeout(timeout: number | null): void {
    brand(this)
    this.#timeout = checkTimeout(timeout)
  }

  /** How long a call waits, in milliseconds; null: no limit; 0: it does not wait. Python's gettimeout */
  gettimeout(): number | null {
    brand(this)
    return this.#timeout
  }

  /** Sets whether calls wait: true is `settimeout(null)`, false is `settimeout(0)`. */
  setblocking(blocking: boolean): void {
    brand(this)
    this.#timeout = blocking ? null : 0
  }

  /** Whether calls wait. */
  getblocking(): boolean {
    brand(this)
    return this.#timeout !== 0
  }

  /**
   * As accept, but returns null if no connection waits. accept4(2)
   *
   * @throws SocketError EINVAL if it does not listen, EMFILE if no descriptor is left, EBADF after close;
   *   ConnectionAbortedError if the client has gone
   */
  tryAccept(): [this, Address] | null {
    brand(this)
    const accept = (): number => {
      peerLength[0] = peer.length
      return acceptSocket(this.#fd, peer, peerLength)
    }
    const fd = attempt(accept, 'accept', undefined, this.#fd)
    if (fd === null && this.#shut) throw socketError(EINVAL, 'accept', { fd: this.#fd })
    if (fd === null) return null
    const address = decodeAddress(peer, peerLength[0]) as Address // the class's constructor may make calls
    return [this.#made(fd), address]
  }

  /**
   * Begins to connect, or gets the result of a connect in progress: true if connected, null if still in progress. The socket is
   * writable when the connect has ended. EISCONN if it was connected before. connect(2)
   *
   * @throws ConnectionRefusedError if nobody listens there; SocketError ENETUNREACH or EHOSTUNREACH without a route,
   *   EADDRNOTAVAIL if no port is left, EISCONN if it is connected; FileNotFoundError for a path that does not exist;
   *   TypeError or RangeError for a wrong address
   */
  tryConnect(address: AddressLike): true | null {
    brand(this)
    return this.#connect(address, this.#connecting)
  }

  /** Whether the latest connect(2) of this object is in progress. */
  protected get connecting(): boolean {
    return this.#connecting
  }

  #connect(address: AddressLike, inProgress: boolean): true | null {
    const bytes = encodeAddress(address, this.family)
    let result: number
    do result = sys.connect(this.#fd, bytes)
    while (inProgress && interrupted(result)) // the first one goes on: POSIX, connect()
    this.#connecting = result === -EALREADY || result === -EINTR || result === -EINPROGRESS
    if (this.#connecting) return null
    if (result >= 0 || (result === -EISCONN && inProgress)) return true
    if (result === -EAGAIN && this.family === AF_UNIX) return null // the listener's backlog is full
    throw socketError(result, 'connect', { address, fd: this.#fd })
  }

  /** The result of a connect in progress: true if connected, null if still in progress. connect(2), getsockopt(2) */
  protected connected(address: AddressLike): true | null {
    if (connectReturnsResult && isTcp(this)) return this.#connect(address, true)
    const result = this.#askConnected(address)
    if (result === true) this.#connecting = false
    return result
  }

  #askConnected(address: AddressLike): true | null {
    for (let ended = false; ; ended = true) {
      const error = getInteger(this.#fd, SOL_SOCKET, SO_ERROR)
      if (error !== 0) throw socketError(error, 'connect', { address, fd: this.#fd })
      const result = tryAddressOf(this.#fd, 'getpeername')
      if (typeof result !== 'number') return true
      if (result !== -ENOTCONN || ended) throw socketError(result, 'connect', { address, fd: this.#fd })
      // If it is writable without a peer or an error: the connect has ended just now, or none was in progress.
      pollfds.set(0, this.#fd, POLLOUT)
      if (pollfds.wait(0) <= 0) return null
    }
  }

  /**
   * As recv, but returns null if nothing can be received. recv(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TypeError or RangeError for a wrong argument
   */
  tryRecv(size: number, flags = 0): Buffer | null {
    brand(this)
    const room = sharedRoom(size, flags)
    const count = this.#recvInto(room, flags) // not an overridable method, which might use the same buffer
    return count === null ? null : received(room, count)
  }

  /**
   * As recvInto, but returns null if nothing can be received. recv(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TypeError or RangeError for a wrong argument
   */
  tryRecvInto(view: View, flags = 0): number | null {
    brand(this)
    return this.#recvInto(view, flags)
  }

  #recvInto(view: View, flags: number): number | null {
    let count: number
    do count = sys.recv(this.#fd, view, flags)
    while (interrupted(count)) // attempt(), without a closure for each message
    return count === -EAGAIN && this.#shut ? this.#nothing(0) : outcome(count, 'recv', undefined, this.#fd)
  }

  /**
   * As recvfromInto, but returns null if nothing can be received. recvfrom(2)
   *
   * @throws ConnectionRefusedError if an earlier datagram of a connected socket was refused; SocketError ENOTCONN for a
   *   stream that is not connected, EBADF after close; TypeError or RangeError for a wrong argument
   */
  tryRecvfromInto(view: View, flags = 0): [number, Address] | null {
    brand(this)
    return this.#recvfromInto(view, flags)
  }

  #recvfromInto(view: View, flags: number): [number, Address] | null {
    const receive = (): number => {
      peerLength[0] = peer.length
      return sys.recvfrom(this.#fd, view, flags, peer, peerLength)
    }
    const count = attempt(receive, 'recvfrom', undefined, this.#fd)
    if (count === null && !this.#shut) return null
    if (count === null) peerLength[0] = 0
    const address = (senderAddress(peer, peerLength[0]!, this.family) ?? decodeAddress(peer, 0)) as Address
    return count === null ? this.#nothing([0, address]) : [count, address]
  }

  /**
   * As recvfrom, but returns null if nothing can be received. recvfrom(2)
   *
   * @throws ConnectionRefusedError if an earlier datagram of a connected socket was refused; SocketError ENOTCONN for a
   *   stream that is not connected, EBADF after close; TypeError or RangeError for a wrong argument
   */
  tryRecvfrom(size: number, flags = 0): [Buffer, Address] | null {
    brand(this)
    const room = sharedRoom(size, flags)
    const result = this.#recvfromInto(room, flags)
    return result && [received(room, result[0]), result[1]]
  }

  /**
   * As send, but returns null if the kernel has no room. send(2)
   *
   * @throws BrokenPipeError or ConnectionResetError if the peer receives no more, or there is no connection;
   *   SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer, EMSGSIZE for a datagram that is too long,
   *   EBADF after close; TypeError or RangeError for a wrong argument
   */
  trySend(data: Data, flags = 0): number | null {
    brand(this)
    const bytes = bytesOf(data)
    let count: number
    do count = sys.send(this.#fd, bytes, sendFlags(flags))
    while (interrupted(count)) // as in #recvInto
    return outcome(count, 'send', undefined, this.#fd)
  }

  /** The steps of sendall, for the bytes after the first `sent`; each makes at most `burst` calls. */
  protected sending(data: Data, flags: number, burst?: number, sent = 0): Steps {
    const bytes = bytesOf(data)
    const byteLength = lengthOf(bytes)
    const trySend = (sent: number): number | null => {
      checkLent('data', bytes, byteLength)
      return this.trySend(
        sent === 0 ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset + sent, byteLength - sent),
        flags,
      )
    }
    return inSteps(byteLength, trySend, burst, sent)
  }

  /** The steps of sendallFds: the descriptors go with the first bytes that the kernel takes, and with no others. */
  protected sendingFds(data: Data, fds: readonly Descriptor[], flags: number, burst?: number): Steps {
    const bytes = bytesOf(data)
    const byteLength = lengthOf(bytes)
    const trySend = (sent: number): number | null => {
      checkLent('data', bytes, byteLength)
      if (sent === 0) return this.trySendFds(bytes, fds, flags)
      return this.trySendmsg([new Uint8Array(bytes.buffer, bytes.byteOffset + sent, byteLength - sent)], [], flags)
    }
    return inSteps(byteLength, trySend, burst)
  }

  /**
   * As sendto, but returns null if the kernel has no room. sendto(2)
   *
   * @throws SocketError EMSGSIZE for a datagram that is too long, ENETUNREACH without a route, EBADF after close;
   *   PermissionError for a broadcast without SO_BROADCAST; TypeError or RangeError for a wrong argument
   */
  trySendto(data: Data, address: AddressLike, flags = 0): number | null {
    brand(this)
    const bytes = bytesOf(data)
    const to = encodeAddress(address, this.family)
    return attempt(() => sys.sendto(this.#fd, bytes, sendFlags(flags), to), 'sendto', address, this.#fd)
  }

  /**
   * As recvmsg, but returns null if nothing can be received; with MSG_ERRQUEUE, if no error is queued. recvmsg(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TypeError or RangeError for a wrong argument
   */
  tryRecvmsg(size: number, controlSize = 0, flags = 0): ReceivedMessage | null {
    brand(this)
    const room = sharedRoom(size, flags)
    const message = this.#recvmsgInto([room], controlSize, flags)
    return message && { data: received(room, message.size), ...message }
  }

  /**
   * As recvmsgInto, but returns null if nothing can be received. recvmsg(2)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TypeError or RangeError for a wrong argument
   */
  tryRecvmsgInto(views: readonly View[], controlSize = 0, flags = 0): MessageInfo | null {
    brand(this)
    const given: readonly View[] = Array.isArray(views) ? views.slice() : views // reading an element may run a getter
    return this.#recvmsgInto(given, controlSize, flags)
  }

  #recvmsgInto(views: readonly View[], controlSize: number, flags: number): MessageInfo | null {
    const message = receiveMessage(this.#fd, this.family, views, controlSize, flags)
    if (message !== null || !this.#shut) return message
    const address = senderAddress(peer, 0, this.family)
    return this.#nothing({ size: 0, address, flags: 0, truncated: false, controlTruncated: false, control: [] })
  }

  /**
   * As sendmsg, but returns null if the kernel has no room. sendmsg(2)
   *
   * @throws BrokenPipeError or ConnectionResetError if the peer receives no more, or there is no connection;
   *   SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer, EMSGSIZE for a datagram that is too long,
   *   EBADF after close; TypeError or RangeError for a wrong argument
   */
  trySendmsg(
    buffers: readonly Data[],
    control: readonly OutgoingControl[] = [],
    flags = 0,
    address?: AddressLike,
  ): number | null {
    brand(this)
    const message = messageToSend(this.family, buffers, control, address)
    return attempt(() => sys.sendmsg(this.#fd, message, sendFlags(flags)), 'sendmsg', address, this.#fd)
  }

  /**
   * As recvFds, but returns null if nothing can be received. recvmsg(2), unix(7)
   *
   * @throws ConnectionResetError if the peer has reset the connection; SocketError ENOTCONN (Unix: EINVAL) for a stream
   *   that is not connected, EBADF after close; TypeError or RangeError for a wrong argument
   */
  tryRecvFds(size: number, maxFds: number, flags = 0): ReceivedFds | null {
    brand(this)
    const message = this.tryRecvmsg(size, roomForFds(maxFds), flags)
    return message && withFds(message)
  }

  /**
   * As sendFds, but returns null if the kernel has no room. sendmsg(2), unix(7)
   *
   * @throws SocketError EBADF for a closed descriptor, ETOOMANYREFS if too many descriptors are on their way;
   *   BrokenPipeError or ConnectionResetError if the peer receives no more; TypeError for a socket that is no Unix
   *   socket, or for no data over a stream
   */
  trySendFds(data: Data, fds: readonly Descriptor[], flags = 0, address?: AddressLike): number | null {
    brand(this)
    const bytes = bytesOf(data)
    if (this.family !== AF_UNIX) throw invalidValue('fds', fds, 'can go over a Unix socket only')
    if (this.type === SOCK_STREAM && lengthOf(bytes) === 0)
      throw invalidValue('data', data, 'must have at least one byte')
    return this.trySendmsg([bytes], [{ fds }], flags, address)
  }

  /**
   * As recvmmsg, but returns null if nothing can be received. recvmmsg(2)
   *
   * @throws ConnectionRefusedError if an earlier datagram of a connected socket was refused; SocketError ENOTCONN for a
   *   stream that is not connected, EBADF after close; TypeError or RangeError for a wrong argument
   */
  tryRecvmmsg(batch: MessageBatch, flags = 0): number | null {
    brand(this)
    checkBatch(batch)
    // With MSG_TRUNC a stream counts bytes that it does not write: old bytes must not be taken for them.
    if ((checkFlags(flags) & MSG_TRUNC) !== 0 && this.type === SOCK_STREAM) batch.data.fill(0)
    const count = receiveBatch(this.#fd, this.family, batch, flags)
    return count === null && this.#shut ? this.#nothing(emptyBatch(batch, this.family)) : count
  }

  #nothing<Result>(none: Result): Result {
    this.ended = true
    return none
  }

  /**
   * Whether receiving is shut down, so that a waiting receive returns nothing, and a waiting accept fails. A datagram socket and
   * a listening Unix socket need this check: a call that does not wait fails with EAGAIN even then, and poll(2) always reports
   * the socket readable. shutdown(2)
   */
  protected isShut(): boolean {
    return (isDatagram(this) || this.family === AF_UNIX) && isShut(this.#fd)
  }

  /** Calls a receive that has waited, after receiving was shut down: it returns what came before that, otherwise nothing. */
  protected last<Result>(receive: () => Result): Result {
    this.#shut = true
    try {
      return receive()
    } finally {
      this.#shut = false
    }
  }

  /**
   * As sendmmsg, but returns null if the kernel has no room. sendmmsg(2)
   *
   * @throws the error of the first message: BrokenPipeError or ConnectionResetError if the peer receives no more, or
   *   there is no connection; SocketError ENOTCONN or EDESTADDRREQ for a datagram without a peer, EMSGSIZE for a
   *   datagram that is too long, EBADF after close; TypeError or RangeError for a wrong argument
   */
  trySendmmsg(batch: MessageBatch, count?: number, flags = 0, start = 0): number | null {
    brand(this)
    checkBatch(batch)
    checkInteger('start', start, 0, batch.count)
    return sendBatch(this.#fd, batch, count ?? batch.count - start, flags, start)
  }

  /**
   * Sends at most `count` bytes of a file from `offset`, as many as the kernel takes. Returns how many, 0 at the end of the
   * file, or null if the kernel has no room. sendfile(2)
   *
   * @throws SocketError EBADF for a closed file or socket, EINVAL for a file that cannot be sent, ENOTCONN without a
   *   peer; BrokenPipeError or ConnectionResetError if the peer receives no more; TypeError or RangeError for a wrong
   *   argument
   */
  trySendfile(file: Descriptor, offset = 0, count = maxSendfile): number | null {
    brand(this)
    const fd = fdOf(file, 'sendfile')
    const position = new BigInt64Array([BigInt(checkInteger('offset', offset, 0, Number.MAX_SAFE_INTEGER))])
    return attempt(() => sys.sendfile(this.#fd, fd, position, count), 'sendfile', undefined, this.#fd)
  }

  /** The steps of sendfile; each makes at most `burst` calls. */
  protected sendingFile(file: Descriptor, offset: number, count: number, burst?: number): Steps {
    checkInteger('offset', offset, 0, Number.MAX_SAFE_INTEGER)
    if (count !== Infinity) checkInteger('count', count, 0, Number.MAX_SAFE_INTEGER)
    if (count === 0) return { done: 0, step: () => true } // on macOS the count 0 means the whole file
    const trySend = (sent: number): number | null =>
      this.trySendfile(file, offset + sent, Math.min(count - sent, maxSendfile))
    return inSteps(count, trySend, burst)
  }

  /** @internal For console.log: one line. It makes calls that change nothing: getsockname(2), getpeername(2), getsockopt(2). */
  [inspect.custom](depth: number, options: InspectOptions): string {
    return shownObject(this, 'Socket', depth, options, () => this.#parts(), ['ended'])
  }

  #parts(): Parts {
    const local = tryAddressOf(this.#fd, 'getsockname')
    const peer = tryAddressOf(this.#fd, 'getpeername')
    return {
      fd: this.#fd,
      family: constantName('AF', this.family),
      type: constantName('SOCK', this.type),
      protocol: this.protocol === 0 ? undefined : constantName('IPPROTO', this.protocol),
      local: shownAddress(local),
      peer: shownAddress(peer),
      timeout: shownTimeout(this.#timeout),
      state: this.#state(local, typeof peer !== 'number'),
      borrowed: this.#borrowed ? true : undefined,
    }
  }

  #state(local: SocketAddress | number, connected: boolean): string {
    if (this.#fd < 0) return 'closed'
    if (this.#connecting) return 'connecting'
    if (connected) return 'connected'
    if (isListening(this.#fd)) return 'listening'
    return typeof local === 'number' || isUnbound(local) ? 'unbound' : 'bound'
  }

  // A socket of the same class with this descriptor.
  #made(fd: number): this {
    return adopt(this.constructor as SocketClass<this>, [this.family, this.type, this.protocol, fd], sys.close)
  }
}

/** The bytes of control messages for exactly `maxFds` descriptors: with CMSG_SPACE one more might fit. */
export const roomForFds = (maxFds: number): number =>
  maxFds === 0 ? 0 : sys.CMSG_LEN(checkInteger('maxFds', maxFds, 0, 2 ** 16) * 4)

/** A message, and all descriptors of its control messages. */
export const withFds = (message: ReceivedMessage): ReceivedFds => ({
  fds: message.control.flatMap(({ fds = [] }) => fds),
  ...message,
})

/** The bytes of an option's value; a number or a boolean is an int. */
export function optionBytes(value: OptionValue): View | null {
  if (value === null || ArrayBuffer.isView(value)) return value
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value === 'boolean') return new Int32Array([value ? 1 : 0])
  if (typeof value !== 'number') throw invalidType('value', value, 'a number, a boolean, a string, bytes or null')
  checkInteger('value', value, -(2 ** 31), 2 ** 32 - 1)
  return new Int32Array([value])
}
