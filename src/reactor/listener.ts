// Opens the sockets on which servers listen, and bound sockets in general.
import { encodeAddress } from '../structs/address.js'
import type { AddressLike } from '../structs/address.js'
import { AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, SO_REUSEADDR, SO_REUSEPORT, SOCK_STREAM } from '../constants.js'
import { SOL_SOCKET, SOMAXCONN, TCP_NODELAY } from '../constants.js'
import { checkInteger, checkSwitch } from '../checks.js'
import { check } from '../syscalls/result.js'
import { openSocket, setNonblocking } from '../descriptors/open.js'
import type { Properties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import { UnixPath } from '../descriptors/unix-path.js'

/** The options for the address to listen on. */
export interface ListenAddress {
  /** A numeric host; `''`: the any-address. Default: 127.0.0.1. */
  address?: string
  /** As `address`, by its name in Node's options. */
  host?: string
  /** The port; 0: any free port. Default: 0. */
  port?: number
  /**
   * A Unix socket's path, instead of a host and a port; with a NUL before it, an abstract name. The file is removed when the
   * server is closed, unless another socket has bound the same path since. unix(7)
   */
  path?: string
  /** A listening descriptor, instead of an address; the server takes ownership of it. */
  fd?: number
  /** The maximum number of connections that wait to be accepted; default: SOMAXCONN. listen(2) */
  backlog?: number
  /** Whether other sockets may bind to the same port; default: false. socket(7), SO_REUSEPORT */
  reusePort?: boolean
}

/** Of options: they have no path and no descriptor, so that the address is one of IPv4 or IPv6. */
export interface OnPort {
  /** There is none. */
  path?: never
  /** There is none. */
  fd?: never
}

/** Of options: they have a path and no descriptor, so that the address is one of a Unix socket. */
export interface OnPath {
  /** The path of the Unix socket. */
  path: string
  /** There is none. */
  fd?: never
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

/** An address, in the form for errors (`where`) and as a sockaddr (`bytes`), and its family. */
export interface Endpoint {
  readonly where: AddressLike
  readonly family: number
  readonly bytes: Buffer
}

/** The address that options specify. */
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

/** A bound descriptor, and the file of a Unix socket. */
export interface Bound {
  readonly fd: number
  readonly file?: UnixPath
}

/** Sets an option that is an int; default: 1. If this system lacks it, throws ENOPROTOOPT. setsockopt(2) */
export const setOption = (fd: number, level: number, name: number | undefined, value = 1): void =>
  void check(sys.setsockopt(fd, level, name ?? -1, new Int32Array([value])), 'setsockopt', undefined, fd)

/**
 * Opens and binds a socket. `prepare` is called before bind(2), `begin` after it. If one of them fails, the socket is closed
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
    check(sys.bind(fd, bytes), 'bind', where, fd)
    if (family === AF_UNIX) file = new UnixPath(where as string)
    begin(fd)
  } catch (error) {
    file?.remove()
    sys.close(fd)
    throw error
  }
  return file === undefined ? { fd } : { fd, file }
}

/** A listening descriptor. If that fails, a given `fd` is not closed. listen(2) */
export function openListener(options: ListenAddress & { noDelay?: boolean }): Bound {
  const { fd, backlog = SOMAXCONN, reusePort = false, noDelay = true } = options
  checkSwitch('options.reusePort', reusePort)
  checkSwitch('options.noDelay', noDelay)
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
  return openBound(SOCK_STREAM, endpoint, prepare, fd => void check(sys.listen(fd, backlog), 'listen', where, fd))
}
