// Errors: Node's shape, PEP 3151's classes.
import { constants } from 'node:os'
import { getSystemErrorMap, types } from 'node:util'
import type { AddressLike } from './structs/address.js'

// The two of the socket calls that Node has no name for.
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

// Made by the first error, since it takes as long as loading all the rest of the floor.
function namesOf(): Map<number, string> {
  const made = new Map<number, string>(nameless.map(([name, errno]) => [errno, name]))
  for (const [errno, [name]] of getSystemErrorMap()) made.set(-errno, name)
  for (const [name, errno] of Object.entries(constants.errno)) if (!made.has(errno)) made.set(errno, name)
  return made
}

/** The name of an errno, given as C has it or negative: `'ECONNREFUSED'`. */
export function errnoName(errno: number): string {
  names ??= namesOf()
  return names.get(Math.abs(errno)) ?? `E${Math.abs(errno)}`
}

/** What an error may carry besides its number. */
export interface ErrorDetails {
  address?: AddressLike | undefined
  /** What went over before the call failed, in bytes, or in messages of a batch. */
  sent?: number | undefined
  /** The socket option that it was about, as C names it. */
  option?: string | undefined
  /** The timeout of the caller's that ran out, in milliseconds. */
  timeout?: number | null | undefined
  cause?: unknown
}

/** A system call that failed, in the shape of Node's own errors: `connect ECONNREFUSED 127.0.0.1:1`. errno(3) */
export class SocketError extends Error implements NodeJS.ErrnoException {
  /** The errno's name. */
  readonly code: string
  /** The errno's number, negative. */
  readonly errno: number
  /** The system call's name. */
  readonly syscall: string
  /** The host, or a Unix socket's path as Node has it: an abstract name has a NUL before it. */
  declare readonly address?: string
  /** The port, where it is not 0. */
  declare readonly port?: number
  /** A Unix socket's path once more, by the name that `fs` gives it. */
  declare readonly path?: string
  /** How many bytes, or messages of a batch, went over before the call failed, where some may have. */
  declare readonly sent?: number
  /** The socket option that the call was about, as C names it: `'SO_MARK'`. */
  declare readonly option?: string
  /** The timeout that ran out, in milliseconds, where it was the caller's: an ETIMEDOUT of the network's has none. */
  declare readonly timeout?: number

  /** `errno` may be positive or negative. */
  constructor(errno: number, syscall: string, { address, sent, option, timeout, cause }: ErrorDetails = {}) {
    const code = errnoName(errno)
    const place: Place = address === undefined ? {} : placeOf(address)
    const where = placeText(place)
    const what = option === undefined ? where : ` ${option}`
    super(`${syscall} ${code}${what}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.errno = -Math.abs(errno)
    this.syscall = syscall
    Object.assign(this, place)
    if (sent !== undefined) this.sent = sent
    if (option !== undefined) this.option = option
    if (typeof timeout === 'number') this.timeout = timeout
  }

  static {
    this.prototype.name = 'SocketError'
  }
}

interface Place {
  address?: string
  port?: number
  path?: string
}

const unixPlace = (name: string | Uint8Array, before = ''): Place => {
  const path = before + (typeof name === 'string' ? name : Buffer.copyBytesFrom(name).toString())
  return { address: path, path }
}

const hostPlace = (address: string, port: number): Place => (port > 0 ? { address, port } : { address })

function placeOf(address: AddressLike): Place {
  if (typeof address === 'string' || types.isUint8Array(address)) return unixPlace(address)
  if ('path' in address) return unixPlace(address.path)
  if ('abstract' in address) return unixPlace(address.abstract, '\0')
  if (0 in address) return hostPlace(...address)
  if (!('port' in address)) return {}
  if ('host' in address) return hostPlace(address.host, address.port)
  return 'address' in address ? hostPlace(address.address, address.port) : {}
}

const placeText = ({ address, port }: Place): string =>
  address === undefined ? '' : port === undefined ? ` ${address}` : ` ${address}:${port}`

/** The call would block, or is under way. */
export class BlockingIOError extends SocketError {}
/** What the four below have in common. */
export class ConnectionError extends SocketError {}
/** The other end receives no more. */
export class BrokenPipeError extends ConnectionError {}
export class ConnectionAbortedError extends ConnectionError {}
export class ConnectionRefusedError extends ConnectionError {}
export class ConnectionResetError extends ConnectionError {}
export class FileExistsError extends SocketError {}
export class FileNotFoundError extends SocketError {}
/** A signal that somebody listens for came, or an interrupter was fired; the call can be gone on with. PEP 475 */
export class InterruptedError extends SocketError {}
export class PermissionError extends SocketError {}
/** The caller's timeout ran out, then `timeout` says which, or the network's own did, and it has no `timeout`. tcp(7) */
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

/** The error for an errno, positive or negative, of the class that PEP 3151 gives it. */
export function socketError(errno: number, syscall: string, details?: ErrorDetails): SocketError {
  return new (classes.get(errnoName(errno)) ?? SocketError)(errno, syscall, details)
}

/** A name or an address that could not be resolved: `code` is such as `'EAI_NONAME'`. gai_strerror(3) */
export class GaiError extends Error {
  /** The name of the EAI_ code. */
  readonly code: string
  /** The EAI_ code, as the C library has it. */
  readonly errno: number
  readonly syscall: string
  /** The name that was asked for. */
  declare readonly hostname?: string

  constructor(code: string, errno: number, syscall: string, hostname?: string) {
    super(`${syscall} ${code}${hostname === undefined ? '' : ` ${hostname}`}`)
    this.code = code
    this.errno = errno
    this.syscall = syscall
    if (hostname !== undefined) this.hostname = hostname
  }

  static {
    this.prototype.name = 'GaiError'
  }
}

/** Whether an error is one of a system call of this library. */
export const isSocketError = (error: unknown): error is SocketError => error instanceof SocketError

/** A wait that its AbortSignal ended, in the shape of Node's own; `cause` is the signal's reason. */
export class AbortError extends Error {
  readonly code = 'ABORT_ERR'
  /** What went over before that, in bytes, where some may have. */
  declare readonly sent?: number

  constructor(reason: unknown, sent?: number) {
    super('The operation was aborted', { cause: reason })
    if (sent !== undefined) this.sent = sent
  }

  static {
    this.prototype.name = 'AbortError'
  }
}

/** What ended a sending, with how many bytes had gone. */
export function sendingFailed(error: unknown, syscall: string, sent: number): unknown {
  if (error instanceof AbortError) return new AbortError(error.cause, sent)
  if (error instanceof SocketError) {
    return socketError(error.errno, syscall, { sent, timeout: error.timeout, cause: error })
  }
  return error instanceof Error || types.isNativeError(error) ? Object.assign(error, { sent }) : error
}
