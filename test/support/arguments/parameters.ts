// The parameters of every function of the floor, with their names in errors.
import {
  AF_INET,
  AF_UNIX,
  EPOLL_CTL_MOD,
  F_DUPFD_CLOEXEC,
  FIONREAD,
  SO_RCVBUF,
  SOCK_STREAM,
  SOL_SOCKET,
} from 'bsd-sockets'
import * as floor from 'bsd-sockets/syscalls'
import * as fds from './descriptors.js'
import { addressBytes, addressText, batch, family, fcntlCommand, given, int, ioctlRequest, length } from './kinds.js'
import { member, message, nfds, orNothing, orNull, size, struct, text, uint16, uint32, view, views } from './kinds.js'
import type { Parameter } from './kinds.js'

type Floor = typeof floor
type Each<T extends readonly unknown[]> = { readonly [P in keyof T]-?: Parameter }

/** An entry for each function, with each of its parameters. A missing or additional one does not compile. */
export type Table = {
  readonly [F in keyof Floor as NonNullable<Floor[F]> extends (...values: never[]) => unknown ? F : never]: Each<
    Parameters<Extract<Floor[F], (...values: never[]) => unknown>>
  >
}

const address = (name: string): Parameter => given(view(name), () => fds.loopback)
const level = int('level', SOL_SOCKET)
const option = int('name', SO_RCVBUF)
const pollfds = (): Buffer => {
  const pollfd = Buffer.alloc(8)
  pollfd.writeInt32LE(fds.readable())
  pollfd.writeInt16LE(1, 4)
  return pollfd
}
const fdSet = (): Buffer => {
  const set = Buffer.alloc(floor.FD_SETSIZE / 8)
  floor.FD_SET(fds.readable(), set)
  return set
}
const set = view('set', floor.FD_SETSIZE / 8, { least: floor.FD_SETSIZE / 8 })
const sets = (name: string): Parameter => given(struct(name, floor.FD_SETSIZE / 8), fdSet)
const pair = view('fds', 8, { least: 8 })
const flags = int('flags')

export const parameters: Table = {
  CMSG_LEN: [uint32('length')],
  CMSG_SPACE: [uint32('length')],
  FD_CLR: [member('fd'), set],
  FD_ISSET: [member('fd'), set],
  FD_SET: [member('fd'), set],
  FD_ZERO: [set],
  accept: [int('fd', fds.listener), orNull(view('address')), length('length')],
  accept4: [int('fd', fds.listener), orNull(view('address')), length('length'), flags],
  bind: [int('fd', fds.unconnected), address('address')],
  close: [int('fd', -1)],
  connect: [int('fd', fds.datagrams), address('address')],
  epoll_create1: [flags],
  epoll_ctl: [int('epfd', fds.emptyEpoll), int('op', EPOLL_CTL_MOD), int('fd', fds.readable), struct('event', 12)],
  epoll_wait: [int('epfd', fds.epoll), view('events', 24, { each: 12 }), int('timeoutMs')],
  fcntl: [int('fd', fds.stream), fcntlCommand('command', F_DUPFD_CLOEXEC), orNothing(int('argument', 100))],
  getpeername: [int('fd', fds.stream), orNull(view('address')), length('length')],
  getsockname: [int('fd', fds.stream), orNull(view('address')), length('length')],
  getsockopt: [int('fd', fds.stream), level, option, view('view'), length('length')],
  htonl: [uint32('host')],
  htons: [uint16('host')],
  if_indextoname: [uint32('index', 1)],
  if_nameindex: [],
  if_nametoindex: [text('name')],
  inet_aton: [addressText('text', '1')],
  inet_ntoa: [addressBytes('address')],
  inet_ntop: [family('family', AF_INET), addressBytes('address')],
  inet_pton: [family('family', AF_INET), addressText('text')],
  ioctl: [int('fd', fds.stream), ioctlRequest('request', FIONREAD)],
  kevent: [
    int('kq', fds.kqueue),
    orNull(view('changes', 0, { each: 32 })),
    orNull(view('events', 32, { each: 32 })),
    struct('timeout', 16),
  ],
  kqueue: [],
  listen: [int('fd', fds.unconnected), int('backlog')],
  ntohl: [uint32('network')],
  ntohs: [uint16('network')],
  pidfd_getfd: [int('pidfd', fds.thisProcess), int('target', fds.stream), uint32('flags')],
  pidfd_open: [int('pid', process.pid), uint32('flags')],
  memfd_create: [text('name'), uint32('flags')],
  pipe2: [pair, flags],
  open: [given(view('path'), () => Buffer.from('/dev/null')), int('flags'), orNothing(int('mode'))],
  poll: [given(view('pollfds', 8, { each: 8 }), pollfds), int('timeoutMs')],
  read: [int('fd', fds.stream), view('view')],
  readv: [int('fd', fds.stream), views('views')],
  recv: [int('fd', fds.stream), view('view'), flags],
  recvfrom: [int('fd', fds.datagrams), view('view'), flags, orNull(view('address')), length('length')],
  recvmmsg: [int('fd', fds.datagrams), batch('batch'), flags, orNothing(struct('timeout', 16))],
  recvmsg: [int('fd', fds.datagrams), message('message'), flags],
  select: [
    nfds('nfds', () => fds.readable() + 1),
    sets('readfds'),
    sets('writefds'),
    sets('exceptfds'),
    struct('timeval', 16),
  ],
  send: [int('fd', fds.stream), view('view'), flags],
  sendfile: [int('out', fds.stream), int('in', fds.file), struct('offset', 8), size('count', 4)],
  sendmmsg: [
    int('fd', fds.datagrams),
    batch('batch'),
    flags,
    orNothing({ ...int('count', 1), legal: value => value === 1 }),
    orNothing({ ...int('start', 0), legal: value => value === 0 }),
  ],
  sendmsg: [int('fd', fds.stream), message('message'), flags],
  sendto: [int('fd', fds.datagrams), view('view'), flags, address('address')],
  setsockopt: [int('fd', fds.unconnected), level, option, orNull(view('view')), orNothing(uint32('length'))],
  shutdown: [int('fd', fds.unconnected), int('how')],
  socket: [int('domain', AF_INET), int('type', SOCK_STREAM), int('protocol')],
  socketpair: [int('domain', AF_UNIX), int('type', SOCK_STREAM), int('protocol'), pair],
  splice: [
    int('fdIn', fds.pipe),
    struct('offsetIn', 8),
    int('fdOut', fds.stream),
    struct('offsetOut', 8),
    size('length', 8),
    uint32('flags', 2),
  ],
  write: [int('fd', fds.stream), view('view')],
  writev: [int('fd', fds.stream), views('views')],
}
