// The socket that a server listens on.
import { encodeAddress } from '../structs/address.js'
import type { AddressLike } from '../structs/address.js'
import { AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, SO_REUSEADDR, SO_REUSEPORT, SOCK_STREAM } from '../constants.js'
import { SOL_SOCKET, SOMAXCONN, TCP_NODELAY } from '../constants.js'
import { checkInteger } from '../checks.js'
import { check } from '../syscalls/result.js'
import { openSocket, setNonblocking } from '../descriptors/open.js'
import type { Properties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import { UnixPath } from '../descriptors/unix-path.js'

/** What to listen on. */
export interface ListenAddress {
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
  /** How many connections may wait to be accepted; default: SOMAXCONN. */
  backlog?: number
  /** Whether other sockets may share the port. socket(7), SO_REUSEPORT */
  reusePort?: boolean
}

export const listenAddressProperties: Properties<ListenAddress> = {
  address: 'option',
  backlog: 'option',
  fd: 'option',
  host: 'option',
  path: 'option',
  port: 'option',
  reusePort: 'option',
}

/** An address of a reactor's socket, as errors and as the kernel have it, and its family. */
export interface Endpoint {
  readonly where: AddressLike
  readonly family: number
  readonly bytes: Buffer
}

/** Where options say to be. */
export function endpointOf({
  host = '127.0.0.1',
  address = host,
  port = 0,
  path,
}: Pick<ListenAddress, 'address' | 'host' | 'path' | 'port'>): Endpoint {
  if (path !== undefined) return { where: path, family: AF_UNIX, bytes: encodeAddress(path, AF_UNIX) }
  const where = { address, port }
  const bytes = encodeAddress(where)
  return { where, family: address.includes(':') ? AF_INET6 : AF_INET, bytes }
}

/** A descriptor that is bound, and its file where that is at a path. */
export interface Bound {
  readonly fd: number
  readonly file?: UnixPath
}

/** A switch, or another option that is an int; −1 as its name for one that this system lacks: ENOPROTOOPT. setsockopt(2) */
export const setOption = (fd: number, level: number, name: number | undefined, value = 1): void =>
  void check(sys.setsockopt(fd, level, name ?? -1, new Int32Array([value])), 'setsockopt')

/**
 * A socket that is bound: `prepare` sets its options before, `begin` does what follows. Where any of that fails it is closed,
 * and its file removed. bind(2)
 */
export function openBound(
  type: number,
  { where, family, bytes }: Endpoint,
  prepare: (fd: number) => void,
  begin: (fd: number) => void = () => {},
): Bound {
  const fd = openSocket(family, type, 0)
  let file: UnixPath | undefined
  try {
    prepare(fd)
    check(sys.bind(fd, bytes), 'bind', where)
    if (family === AF_UNIX) file = new UnixPath(where as string)
    begin(fd)
  } catch (error) {
    file?.remove()
    sys.close(fd)
    throw error
  }
  return file === undefined ? { fd } : { fd, file }
}

/** A descriptor that listens. One that was given is not closed where that fails. listen(2) */
export function openListener(options: ListenAddress & { noDelay?: boolean }): Bound {
  const { fd, backlog = SOMAXCONN, reusePort = false, noDelay = true } = options
  if (fd !== undefined) {
    setNonblocking(checkInteger('fd', fd, 0, 2 ** 31 - 1))
    return { fd }
  }
  const endpoint = endpointOf(options)
  const { where, family } = endpoint
  const prepare = (fd: number): void => {
    if (family !== AF_UNIX) setOption(fd, SOL_SOCKET, SO_REUSEADDR)
    if (family !== AF_UNIX && noDelay) setOption(fd, IPPROTO_TCP, TCP_NODELAY) // connections inherit it
    if (reusePort) setOption(fd, SOL_SOCKET, SO_REUSEPORT)
  }
  return openBound(SOCK_STREAM, endpoint, prepare, fd => void check(sys.listen(fd, backlog), 'listen', where))
}
