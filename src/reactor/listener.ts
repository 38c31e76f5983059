// The socket that a server listens on.
import { encodeAddress } from '../structs/address.js'
import type { AddressLike } from '../structs/address.js'
import { AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, SO_REUSEADDR, SO_REUSEPORT, SOCK_STREAM } from '../constants.js'
import { SOL_SOCKET, SOMAXCONN, TCP_NODELAY } from '../constants.js'
import { check, checkInteger } from '../errors.js'
import { openSocket, setNonblocking } from '../descriptors/open.js'
import type { Properties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import { UnixPath } from '../descriptors/unix-path.js'

/** What to listen on. */
export interface Place {
  /** A numeric host (default: 127.0.0.1); `''` is the any-address. */
  address?: string
  /** The same, by the name that Node's options have for it. */
  host?: string
  /** 0, which is the default, picks a free one. */
  port?: number
  /**
   * A Unix socket's path, in the place of a host and a port; with a NUL before it, an abstract name. The file is removed
   * when the server is closed, unless another socket has taken its place.
   */
  path?: string
  /** A descriptor that listens already, in the place of all others: the server owns it from now on. */
  fd?: number
  /** How many connections may wait to be accepted; SOMAXCONN unless told otherwise. */
  backlog?: number
  /** Whether other sockets may share the port. socket(7), SO_REUSEPORT */
  reusePort?: boolean
}

export const placeProperties: Properties<Place> = {
  address: 'option',
  backlog: 'option',
  fd: 'option',
  host: 'option',
  path: 'option',
  port: 'option',
  reusePort: 'option',
}

/** An address of a reactor's socket, as errors and as the kernel have it, and its family. */
export function placeOf({
  host = '127.0.0.1',
  address = host,
  port = 0,
  path,
}: Pick<Place, 'address' | 'host' | 'path' | 'port'>): {
  where: AddressLike
  family: number
  bytes: Buffer
} {
  if (path !== undefined) return { where: path, family: AF_UNIX, bytes: encodeAddress(path, AF_UNIX) }
  const where = { address, port }
  const bytes = encodeAddress(where)
  return { where, family: address.includes(':') ? AF_INET6 : AF_INET, bytes }
}

/** A descriptor that listens, and its file where it has a path. */
export interface Listener {
  readonly fd: number
  readonly file?: UnixPath
}

/** A descriptor that listens. One that was given is not closed where that fails. */
export function openListener(options: Place & { noDelay?: boolean }): Listener {
  const { fd } = options
  if (fd === undefined) return listenAt(options)
  setNonblocking(checkInteger('fd', fd, 0, 2 ** 31 - 1))
  return { fd }
}

function listenAt(options: Place & { noDelay?: boolean }): Listener {
  const { path, backlog = SOMAXCONN, reusePort = false, noDelay = true } = options
  const { where, family, bytes } = placeOf(options)
  const fd = openSocket(family, SOCK_STREAM, 0)
  const set = (level: number, name: number): number =>
    check(sys.setsockopt(fd, level, name, new Int32Array([1])), 'setsockopt')
  let file: UnixPath | undefined
  try {
    if (family !== AF_UNIX) set(SOL_SOCKET, SO_REUSEADDR)
    if (family !== AF_UNIX && noDelay) set(IPPROTO_TCP, TCP_NODELAY) // connections inherit it
    if (reusePort) set(SOL_SOCKET, SO_REUSEPORT)
    check(sys.bind(fd, bytes), 'bind', where)
    if (path !== undefined) file = new UnixPath(path)
    check(sys.listen(fd, backlog), 'listen', where)
    return file === undefined ? { fd } : { fd, file }
  } catch (error) {
    file?.remove()
    sys.close(fd)
    throw error
  }
}
