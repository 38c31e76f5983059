/**
 * The C functions: their arguments are integers and byte views, their result is a number or −errno.
 *
 * One call is one system call, and none throws for an errno. A wrong argument is a TypeError or RangeError, before any
 * system call is made. Lengths are never passed: they are the byte length of the view before them. These functions block
 * as in C: a blocked call holds its thread, and neither `worker.terminate()` nor `process.exit()` can end it. A `Socket`
 * has neither limit.
 *
 * @module bsd-sockets/syscalls
 */
import { call, callOwning } from './native.js'
import './trace/channel.js'
import type { Length, View } from './native.js'

export type { Length, View }

/**
 * A new descriptor. socket(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAFNOSUPPORT, EPROTONOSUPPORT,
 *   EACCES or EPERM without the right to, EMFILE
 */
export const socket = call<(domain: number, type: number, protocol: number) => number>('socket')

/**
 * Two connected descriptors, written to `fds`. socketpair(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EOPNOTSUPP for a family without
 *   pairs, EAFNOSUPPORT, EMFILE
 */
export const socketpair =
  call<(domain: number, type: number, protocol: number, fds: Int32Array) => number>('socketpair')

/**
 * Sets a socket's own address, the bytes of a sockaddr. bind(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EADDRINUSE, EADDRNOTAVAIL,
 *   EACCES, EINVAL if it is bound already, EBADF
 */
export const bind = call<(fd: number, address: View) => number>('bind')

/**
 * Connects, or for datagrams sets the peer. connect(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ECONNREFUSED, ENETUNREACH,
 *   ETIMEDOUT, EINPROGRESS if it does not block, EISCONN, EINTR, EBADF
 */
export const connect = call<(fd: number, address: View) => number>('connect')

/**
 * Makes a socket accept connections; at most `backlog` wait to be accepted. listen(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EADDRINUSE, EOPNOTSUPP for
 *   datagrams, EBADF
 */
export const listen = call<(fd: number, backlog: number) => number>('listen')

/**
 * The descriptor of a new connection; the peer's address is written to `address`. accept(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   EINVAL if it does not listen, ECONNABORTED, EMFILE, EINTR, EBADF
 */
export const accept = call<(fd: number, address: View | null, length: Length | null) => number>('accept')

/**
 * As accept, with the flags SOCK_CLOEXEC and SOCK_NONBLOCK; Linux. accept4(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   EINVAL if it does not listen or for unknown flags, ECONNABORTED, EMFILE, EINTR, EBADF
 */
export const accept4 = call<
  ((fd: number, address: View | null, length: Length | null, flags: number) => number) | undefined
>('accept4')

/**
 * Receives into `view`; 0 means that the peer has stopped sending. recv(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   ECONNRESET, ENOTCONN, EINTR, EBADF
 */
export const recv = call<(fd: number, view: View, flags: number) => number>('recv')

/**
 * Sends from `view`; returns how many bytes the kernel took. send(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   EPIPE with SIGPIPE unless MSG_NOSIGNAL, ECONNRESET, ENOTCONN, EMSGSIZE, EINTR, EBADF
 */
export const send = call<(fd: number, view: View, flags: number) => number>('send')

/**
 * Receives a datagram and its sender's address. recvfrom(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   ECONNREFUSED, ECONNRESET, ENOTCONN, EINTR, EBADF
 */
export const recvfrom =
  call<(fd: number, view: View, flags: number, address: View | null, length: Length | null) => number>('recvfrom')

/**
 * Sends a datagram to an address. sendto(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   EMSGSIZE, EISCONN, EACCES, ENETUNREACH, EINTR, EBADF
 */
export const sendto = call<(fd: number, view: View, flags: number, address: View) => number>('sendto')

/**
 * Reads into `view`: recv with flags 0. read(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   ECONNRESET, EINTR, EBADF
 */
export const read = call<(fd: number, view: View) => number>('read')

/**
 * Writes from `view`: send with flags 0. write(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   EPIPE with SIGPIPE, ECONNRESET, EINTR, EBADF
 */
export const write = call<(fd: number, view: View) => number>('write')

/**
 * Reads into several views, at most 1,024, in their order. readv(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   ECONNRESET, EINTR, EBADF
 */
export const readv = call<(fd: number, views: readonly View[]) => number>('readv')

/**
 * Writes from several views, at most 1,024, in their order. writev(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   EPIPE with SIGPIPE, ECONNRESET, EINTR, EBADF
 */
export const writev = call<(fd: number, views: readonly View[]) => number>('writev')

/**
 * Ends one direction or both: SHUT_RD, SHUT_WR, SHUT_RDWR. shutdown(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ENOTCONN, EINVAL for another
 *   direction, ENOTSOCK, EBADF
 */
export const shutdown = call<(fd: number, how: number) => number>('shutdown')

/**
 * Closes a descriptor of any kind. Do not repeat it, not even after −EINTR. close(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EBADF, EINTR, EIO of a file
 */
export const close = callOwning<(fd: number) => number>('close')

/**
 * Writes an option's value to `view`, and its length to `length`. getsockopt(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ENOPROTOOPT or EOPNOTSUPP if
 *   there is no such option, EINVAL, ENOTSOCK, EBADF
 */
export const getsockopt =
  call<(fd: number, level: number, name: number, view: View, length: Length) => number>('getsockopt')

/**
 * Sets an option. A null value is followed by its length, as AF_ALG requires. setsockopt(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ENOPROTOOPT or EOPNOTSUPP if
 *   there is no such option, EINVAL for a value that it does not take, EPERM, ENOTSOCK, EBADF
 */
export const setsockopt =
  call<(fd: number, level: number, name: number, view: View | null, length?: number) => number>('setsockopt')

/**
 * A socket's own address. getsockname(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ENOTSOCK, EBADF
 */
export const getsockname = call<(fd: number, address: View, length: Length) => number>('getsockname')

/**
 * The address of a socket's peer. getpeername(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ENOTCONN, ENOTSOCK, EBADF
 */
export const getpeername = call<(fd: number, address: View, length: Length) => number>('getpeername')

/**
 * Waits until one of the descriptors below `nfds` (at most FD_SETSIZE) is ready. Each set is the bytes of an fd_set,
 * the timeout those of a timeval; null waits without limit. Linux writes the remaining time to it. select(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EBADF for a descriptor that is
 *   not open, EINTR, EINVAL for a wrong timeout
 */
export const select =
  call<
    (nfds: number, readfds: View | null, writefds: View | null, exceptfds: View | null, timeval: View | null) => number
  >('select')

/**
 * Adds a descriptor below FD_SETSIZE to a set; any other is a RangeError. select(2)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const FD_SET = call<(fd: number, set: View) => number>('FD_SET')

/**
 * Removes a descriptor below FD_SETSIZE from a set. select(2)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const FD_CLR = call<(fd: number, set: View) => number>('FD_CLR')

/**
 * 1 if a descriptor below FD_SETSIZE is in a set, otherwise 0. select(2)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const FD_ISSET = call<(fd: number, set: View) => number>('FD_ISSET')

/**
 * Empties a set. select(2)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const FD_ZERO = call<(set: View) => number>('FD_ZERO')

/**
 * Waits until one of an array of pollfd is ready; timeout −1: no limit. poll(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EINTR, EINVAL for more
 *   descriptors than RLIMIT_NOFILE
 */
export const poll = call<(pollfds: View, timeoutMs: number) => number>('poll')

/**
 * A new epoll descriptor; Linux. epoll_create1(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EINVAL for unknown flags, EMFILE
 */
export const epoll_create1 = call<((flags: number) => number) | undefined>('epoll_create1')

/**
 * Adds, changes or removes a descriptor; `event` is the bytes of an epoll_event; Linux. epoll_ctl(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EEXIST, ENOENT, EPERM for a
 *   regular file, ENOSPC, EBADF
 */
export const epoll_ctl = call<((epfd: number, op: number, fd: number, event: View | null) => number) | undefined>(
  'epoll_ctl',
)

/**
 * Waits for events and writes them to an array of epoll_event; timeout −1: no limit; Linux. epoll_wait(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EINTR, EINVAL if it is no epoll
 *   descriptor, EBADF
 */
export const epoll_wait = call<((epfd: number, events: View, timeoutMs: number) => number) | undefined>('epoll_wait')

/**
 * A new kqueue; macOS. kqueue(2)
 *
 * @throws A failed call returns −errno: EMFILE, ENFILE, ENOMEM. TypeError for arguments
 */
export const kqueue = call<(() => number) | undefined>('kqueue')

/**
 * Makes changes and waits for events, both arrays of struct kevent; `timeout` is the bytes of a timespec; macOS.
 * kevent(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ENOENT, EINVAL, EINTR, EBADF
 */
export const kevent = call<
  ((kq: number, changes: View | null, events: View | null, timeout: View | null) => number) | undefined
>('kevent')

/**
 * Sends `count` bytes of the file `in_` over the socket `out`, from `offset`, which is advanced by the bytes sent; null: from
 * the file's own position (Linux only; −EINVAL on macOS). sendfile(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN if it does not block,
 *   EINVAL for a file that cannot be sent, EPIPE with SIGPIPE, ENOTCONN, EBADF
 */
export const sendfile =
  call<(out: number, in_: number, offset: BigInt64Array | null, count: number) => number>('sendfile')

/**
 * A close-on-exec descriptor of a process, readable when it has ended; Linux 5.3. The flag PIDFD_NONBLOCK is O_NONBLOCK.
 * pidfd_open(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ESRCH if there is no such
 *   process, EINVAL for unknown flags, EMFILE, ENOSYS
 */
export const pidfd_open = call<((pid: number, flags: number) => number) | undefined>('pidfd_open')

/**
 * A close-on-exec duplicate of the descriptor `target` of another process, which this one must be allowed to trace; Linux 5.6.
 * `flags` is 0. pidfd_getfd(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EBADF if the process has no such
 *   descriptor, EPERM if it may not be traced, ESRCH after its end, EMFILE, ENOSYS
 */
export const pidfd_getfd = call<((pidfd: number, target: number, flags: number) => number) | undefined>('pidfd_getfd')

/**
 * A new pipe; its read end and its write end are written to `fds`; Linux. pipe(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EINVAL for unknown flags, EMFILE,
 *   ENFILE
 */
export const pipe2 = call<((fds: Int32Array, flags: number) => number) | undefined>('pipe2')

/**
 * Moves bytes between two descriptors, one of them a pipe, inside the kernel; Linux. splice(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EAGAIN with SPLICE_F_NONBLOCK,
 *   EINVAL if neither is a pipe, EPIPE with SIGPIPE, EBADF
 */
export const splice = call<
  | ((
      fdIn: number,
      offsetIn: BigInt64Array | null,
      fdOut: number,
      offsetOut: BigInt64Array | null,
      length: number,
      flags: number,
    ) => number)
  | undefined
>('splice')

/**
 * A new descriptor of anonymous memory; Linux. `name` is shown in /proc/self/fd. memfd_create(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EINVAL for unknown flags or a
 *   name that is too long, EMFILE
 */
export const memfd_create = call<((name: string, flags: number) => number) | undefined>('memfd_create')

/**
 * F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETOWN, F_SETOWN and, on Linux, F_ADD_SEALS, F_GET_SEALS; any
 * other is a RangeError. fcntl(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EBADF, EINVAL, EMFILE, EBUSY or
 *   EPERM of seals
 */
export const fcntl = call<(fd: number, command: number, argument?: number) => number>('fcntl')

/**
 * Opens a file. `path` is its bytes, without a NUL at the end; `flags` are those of `constants` of `node:fs`; `mode` is for O_CREAT.
 * Unlike the descriptors of `openSync`, this one is not closed again when a worker of Node ends, and it is the kernel's in Deno too.
 * open(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ENOENT, EACCES, EISDIR, ENOTDIR,
 *   ELOOP, EMFILE, EINTR
 */
export const open = call<(path: View, flags: number, mode?: number) => number>('open')

/**
 * The integer that FIONREAD, SIOCATMARK or, on Linux, SIOCOUTQ returns; any other request is a RangeError. ioctl(2)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: EBADF, ENOTTY or EINVAL for a
 *   descriptor without the request
 */
export const ioctl = call<(fd: number, request: number) => number>('ioctl')

/**
 * Host to network byte order, 32 bits. byteorder(3)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const htonl = call<(host: number) => number>('htonl')

/**
 * Host to network byte order, 16 bits. byteorder(3)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const htons = call<(host: number) => number>('htons')

/**
 * Network to host byte order, 32 bits. byteorder(3)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const ntohl = call<(network: number) => number>('ntohl')

/**
 * Network to host byte order, 16 bits. byteorder(3)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const ntohs = call<(network: number) => number>('ntohs')

/**
 * The length of a control message with `length` bytes of data, the value of cmsg_len. cmsg(3)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const CMSG_LEN = call<(length: number) => number>('CMSG_LEN')

/**
 * The space that a control message with `length` bytes of data occupies. cmsg(3)
 *
 * @throws TypeError or RangeError for a wrong argument
 */
export const CMSG_SPACE = call<(length: number) => number>('CMSG_SPACE')

/**
 * The index of a network interface, or −errno. if_nametoindex(3)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ENODEV if there is no such
 *   interface (macOS: ENXIO)
 */
export const if_nametoindex = call<(name: string) => number>('if_nametoindex')

/**
 * The name of a network interface, or −errno. if_indextoname(3)
 *
 * @throws TypeError or RangeError for a wrong argument. A failed call returns −errno: ENXIO if there is no such
 *   interface
 */
export const if_indextoname = call<(index: number) => string | number>('if_indextoname')

export { FD_SETSIZE } from './native.js'
export { MessageBatch, recvmmsg, recvmsg, sendmmsg, sendmsg } from './message.js'
export type { Message } from './message.js'
export type { CallMessage } from './trace/message.js'
export { if_nameindex, inet_aton, inet_ntoa, inet_ntop, inet_pton } from './inet.js'
