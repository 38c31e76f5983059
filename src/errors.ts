// Errors, in the shape of Node's, with the classes of PEP 3151.
import { constants } from 'node:os'
import { getSystemErrorMap, types } from 'node:util'
import { pauseTraces, resumeTraces, traceCaller } from './caller.js'
import { invalidThis } from './checks.js'
import { hintOf, resolverHint } from './hints.js'
import { printable } from './printable.js'
import type { AddressLike } from './structs/address.js'

// Two errnos of socket calls for which Node has no name.
const nameless: [string, number][] =
  process.platform === 'darwin'
    ? [
        ['EPFNOSUPPORT', 46],
        ['ETOOMANYREFS', 59],
      ]
    : [
        ['EPFNOSUPPORT', 96],
        ['ETOOMANYREFS', 109],
      ]

let names: Map<number, string> | undefined

// Created by the first error, since it takes as long as loading the rest of `bsd-sockets/syscalls`.
function namesOf(): Map<number, string> {
  const made = new Map<number, string>(nameless.map(([name, errno]) => [errno, name]))
  for (const [errno, [name]] of getSystemErrorMap()) made.set(-errno, name)
  for (const [name, errno] of Object.entries(constants.errno)) if (!made.has(errno)) made.set(errno, name)
  return made
}

/** The name of an errno, positive or negative: `'ECONNREFUSED'`. */
export function errnoName(errno: number): string {
  names ??= namesOf()
  return names.get(Math.abs(errno)) ?? `E${Math.abs(errno)}`
}

/** What a SocketError may have besides its number. */
export interface ErrorDetails {
  /** The address of the call. */
  address?: AddressLike | undefined
  /** The number of bytes, or of messages of a batch, that were sent before the call failed. */
  sent?: number | undefined
  /** The descriptor of the call; −1: it was closed. */
  fd?: number | undefined
  /** The level of a socket option. */
  level?: number | undefined
  /** The socket option of the call, by its name in C. */
  option?: string | undefined
  /** The caller's timeout that expired, in milliseconds. */
  timeout?: number | null | undefined
  /** The error that is the reason. */
  cause?: unknown
}

// Refuses a `this` of another class; each getter begins with it.
let brand: (self: SocketError) => unknown

/** A failed system call, in the shape of Node's own errors: `connect ECONNREFUSED 127.0.0.1:1`. errno(3) */
export class SocketError extends Error implements NodeJS.ErrnoException {
  /** The errno's name. */
  readonly code: string
  /** The errno's number, negative. */
  readonly errno: number
  /** The system call's name. */
  readonly syscall: string
  /** The host, or a Unix socket's path in the form of Node: an abstract name begins with a NUL. */
  declare readonly address?: string
  /** The port, if it is not 0. */
  declare readonly port?: number
  /** A Unix socket's path again, under the name that the errors of `fs` have for it. */
  declare readonly path?: string
  /** The number of bytes, or of messages of a batch, that were sent before the call failed; only if some may have been. */
  declare readonly sent?: number
  /** The caller's timeout that expired, in milliseconds; absent if the network reported ETIMEDOUT. */
  declare readonly timeout?: number
  readonly #fd: number | undefined
  readonly #level: number | undefined
  readonly #option: string | undefined

  static {
    brand = self => {
      try {
        return self.#fd
      } catch {
        throw invalidThis('SocketError')
      }
    }
  }

  /** `errno` may be positive or negative. */
  constructor(errno: number, syscall: string, details: ErrorDetails = {}) {
    const { address, sent, option, timeout, cause } = details
    const code = errnoName(errno)
    const peer: Peer = address === undefined ? {} : peerOf(address)
    const where = peerText(peer)
    const what = option === undefined ? where : ` ${option}`
    const traces = pauseTraces()
    super(`${syscall} ${code}${what}`, cause === undefined ? undefined : { cause })
    resumeTraces(traces)
    traceCaller(this)
    this.#fd = details.fd
    this.#level = details.level
    this.#option = option
    this.code = code
    this.errno = -Math.abs(errno)
    this.syscall = syscall
    Object.assign(this, peer)
    if (sent !== undefined) this.sent = sent
    if (typeof timeout === 'number') this.timeout = timeout
  }

  /** The descriptor of the call; −1 if it was closed before; undefined if it is not known. */
  get fd(): number | undefined {
    brand(this)
    return this.#fd
  }

  /** The level of the socket option of the call: SOL_SOCKET, IPPROTO_TCP… */
  get level(): number | undefined {
    brand(this)
    return this.#level
  }

  /** The socket option of the call, by its name in C: `'SO_MARK'`. */
  get option(): string | undefined {
    brand(this)
    return this.#option
  }

  /**
   * What probably went wrong, and what to do, in one sentence or two; undefined if nothing is known. It is made each time it is
   * read, from the state of the system at that moment: for EADDRINUSE it names the process that holds the port, if /proc shows it.
   */
  get hint(): string | undefined {
    brand(this)
    return hintOf(this)
  }

  static {
    this.prototype.name = 'SocketError'
  }
}

// The address, as properties of an error.
interface Peer {
  address?: string
  port?: number
  path?: string
}

// An address of another family may have properties of these names, with any values.
const unixPeer = (name: unknown, before = ''): Peer => {
  if (typeof name !== 'string' && !types.isUint8Array(name)) return {}
  const path = before + (typeof name === 'string' ? name : Buffer.copyBytesFrom(name).toString())
  return { address: path, path }
}

function hostPeer(address: unknown, port: unknown): Peer {
  if (typeof address !== 'string') return {}
  return typeof port === 'number' && port > 0 ? { address, port } : { address }
}

function peerOf(address: AddressLike): Peer {
  if (typeof address === 'string' || types.isUint8Array(address)) return unixPeer(address)
  if ('path' in address) return unixPeer(address.path)
  if ('abstract' in address) return unixPeer(address.abstract, '\0')
  if (0 in address) return hostPeer(...address)
  if (!('port' in address)) return {}
  if ('host' in address) return hostPeer(address.host, address.port)
  return 'address' in address ? hostPeer(address.address, address.port) : {}
}

// The sender of a datagram may have chosen the address. The NUL of an abstract name stays, as in Node's errors.
function peerText({ address, port }: Peer): string {
  if (address === undefined) return ''
  const name = address.startsWith('\0') ? `\0${printable(address.slice(1))}` : printable(address)
  return port === undefined ? ` ${name}` : ` ${name}:${port}`
}

/** The call would block, or is in progress. EAGAIN, EALREADY, EINPROGRESS */
export class BlockingIOError extends SocketError {}
/** The base class of the next four. */
export class ConnectionError extends SocketError {}
/** The connection can no longer be sent over. EPIPE, ESHUTDOWN */
export class BrokenPipeError extends ConnectionError {}
/** The connection was aborted before it was accepted, or by this end. ECONNABORTED */
export class ConnectionAbortedError extends ConnectionError {}
/** Nobody listens there. ECONNREFUSED */
export class ConnectionRefusedError extends ConnectionError {}
/** The peer has reset the connection. ECONNRESET */
export class ConnectionResetError extends ConnectionError {}
/** The path exists. EEXIST */
export class FileExistsError extends SocketError {}
/** The path does not exist. ENOENT */
export class FileNotFoundError extends SocketError {}
/** A signal that `process` has a listener for arrived, or an interrupter was fired; the call can be repeated. PEP 475 */
export class InterruptedError extends SocketError {}
/** The process may not do that. EACCES, EPERM */
export class PermissionError extends SocketError {}
/** The caller's timeout expired, then `timeout` has its value; or the network's, then there is no `timeout`. tcp(7) */
export class TimeoutError extends SocketError {}

type ErrorClass = new (errno: number, syscall: string, details?: ErrorDetails) => SocketError

const classes = new Map<string, ErrorClass>()
const tree: [ErrorClass, string, string[]][] = [
  [BlockingIOError, 'BlockingIOError', ['EAGAIN', 'EALREADY', 'EINPROGRESS', 'EWOULDBLOCK']],
  [BrokenPipeError, 'BrokenPipeError', ['EPIPE', 'ESHUTDOWN']],
  [ConnectionAbortedError, 'ConnectionAbortedError', ['ECONNABORTED']],
  [ConnectionError, 'ConnectionError', []],
  [ConnectionRefusedError, 'ConnectionRefusedError', ['ECONNREFUSED']],
  [ConnectionResetError, 'ConnectionResetError', ['ECONNRESET']],
  [FileExistsError, 'FileExistsError', ['EEXIST']],
  [FileNotFoundError, 'FileNotFoundError', ['ENOENT']],
  [InterruptedError, 'InterruptedError', ['EINTR']],
  [PermissionError, 'PermissionError', ['EACCES', 'EPERM']],
  [TimeoutError, 'TimeoutError', ['ETIMEDOUT']],
]
for (const [type, name, codes] of tree) {
  ;(type.prototype as Error).name = name
  for (const code of codes) classes.set(code, type)
}

/** The error for an errno, positive or negative, in its class by PEP 3151. */
export function socketError(errno: number, syscall: string, details?: ErrorDetails): SocketError {
  return new (classes.get(errnoName(errno)) ?? SocketError)(errno, syscall, details)
}

/** A name or an address that could not be resolved; `code` is for example `'EAI_NONAME'`. gai_strerror(3) */
export class GaiError extends Error {
  /** The name of the EAI_ code. */
  readonly code: string
  /** The EAI_ code of the C library. */
  readonly errno: number
  /** The function that failed: `getaddrinfo` or `getnameinfo`. */
  readonly syscall: string
  /** The requested name. */
  declare readonly hostname?: string
  readonly #resolver = true

  /** `errno`: the EAI_ code, whose name is `code`. getaddrinfo(3) */
  constructor(code: string, errno: number, syscall: string, hostname?: string) {
    super(`${syscall} ${code}${hostname === undefined ? '' : ` ${printable(hostname)}`}`)
    traceCaller(this)
    this.code = code
    this.errno = errno
    this.syscall = syscall
    if (hostname !== undefined) this.hostname = hostname
  }

  /** What probably went wrong, and what to do; undefined if nothing is known. It is made each time it is read. */
  get hint(): string | undefined {
    if (typeof this !== 'object' || this === null || !(#resolver in this)) throw invalidThis('GaiError')
    return resolverHint(this)
  }

  static {
    this.prototype.name = 'GaiError'
  }
}

/** Whether an error is a SocketError. */
export const isSocketError = (error: unknown): error is SocketError => error instanceof SocketError

/** An AbortSignal ended the wait; in the shape of Node's own error. `cause` is the signal's reason. */
export class AbortError extends Error {
  /** As of Node's own error. */
  readonly code = 'ABORT_ERR'
  /** The number of bytes that were sent before that; only if some may have been. */
  declare readonly sent?: number

  /** `reason`: that of the signal; `sent`: how many bytes were sent before. */
  constructor(reason: unknown, sent?: number) {
    super('The operation was aborted', { cause: reason })
    traceCaller(this)
    if (sent !== undefined) this.sent = sent
  }

  static {
    this.prototype.name = 'AbortError'
  }
}

/** The error that ended a send, with the number of bytes that were `sent` before. */
export function sendingFailed(error: unknown, syscall: string, sent: number): unknown {
  if (error instanceof AbortError) return new AbortError(error.cause, sent)
  if (error instanceof SocketError) {
    return socketError(error.errno, syscall, { fd: error.fd, sent, timeout: error.timeout, cause: error })
  }
  return error instanceof Error || types.isNativeError(error) ? Object.assign(error, { sent }) : error
}
