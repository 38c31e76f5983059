/**
 * Berkeley sockets: Python's socket module, in the style of TypeScript.
 *
 * ```ts
 * import { Socket } from 'bsd-sockets'
 *
 * const server = new Socket()
 * server.bind({ address: '127.0.0.1', port: 9999 })
 * server.listen()
 * const [client, address] = server.accept()
 * client.sendall(client.recv(1024))
 * ```
 *
 * @module bsd-sockets
 */
export { decodeAddress, encodeAddress } from './structs/address.js'
export type {
  AddressFamilies,
  AddressFamily,
  AddressLike,
  HostAddress,
  InetAddress,
  IPv4Address,
  IPv6Address,
  RawAddress,
  ScopedAddress,
  SocketAddress,
  UnixAddress,
} from './structs/address.js'
export type * from './structs/families.js'
export type { Interface } from './structs/interface.js'
export { MessageBatch } from './sockets/batch.js'
export type { BatchOptions } from './sockets/batch.js'
export { createConnection, createServer, hasDualstackIpv6 } from './sockets/create.js'
export type { ConnectionOptions, HostAndPort, ServerOptions } from './sockets/create.js'
export * from './constants.js'
export { decodeControl, encodeControl } from './control/control.js'
export type { ControlMessage, OutgoingControl, RawControlMessage } from './control/control.js'
export { meaningOf } from './control/meaning.js'
export type * from './control/messages.js'
export type { Data } from './data.js'
export type { Descriptor } from './descriptors/descriptor.js'
export { Epoll } from './waiting/epoll.js'
export type { LinuxEpoll } from './waiting/epoll.js'
export {
  BlockingIOError,
  BrokenPipeError,
  ConnectionAbortedError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  FileExistsError,
  FileNotFoundError,
  GaiError,
  InterruptedError,
  isSocketError,
  PermissionError,
  SocketError,
  TimeoutError,
} from './errors.js'
export type { ErrorDetails } from './errors.js'
export { getfqdn, gethostbyaddr, gethostbyname, gethostbynameEx } from './names/hosts.js'
export type { Host } from './names/hosts.js'
export type { MessageInfo } from './sockets/messages.js'
export { interrupt } from './waiting/interrupter.js'
export type { Interrupter } from './waiting/interrupter.js'
export { Kqueue } from './waiting/kqueue.js'
export type { DarwinKqueue, Kevent } from './waiting/kqueue.js'
export { MySocket, recvExactly } from './sockets/my-socket.js'
export {
  getaddrinfo,
  gethostname,
  getnameinfo,
  if_indextoname,
  if_nameindex,
  if_nametoindex,
} from './names/addrinfo.js'
export { sethostname } from './names/addrinfo.js'
export type { AddressInfo, AddressInfoHints } from './names/addrinfo.js'
export type { SocketOrFd } from './descriptors/node.js'
export { getOption, options, peerCredentials, setOption, setOptions, tcpInfo } from './options/index.js'
export type * from './options/index.js'
export { parseNetlink } from './structs/netlink.js'
export type { NetlinkAttribute, NetlinkBytes, NetlinkMessage } from './structs/netlink.js'
export { memfd } from './descriptors/memfd.js'
export type { MemfdOptions } from './descriptors/memfd.js'
export { OwnedFd } from './descriptors/owned-fd.js'
export { poll, select } from './waiting/select.js'
export {
  EpollSelector,
  EVENT_READ,
  EVENT_WRITE,
  KqueueSelector,
  PollSelector,
  Selector,
  SelectSelector,
} from './waiting/selector.js'
export type { SelectorKey } from './waiting/selector.js'
export { getprotobyname, getservbyname, getservbyport } from './names/services.js'
export { Socket } from './sockets/socket.js'
export { getdefaulttimeout, setdefaulttimeout } from './sockets/base.js'
export type { OptionValue, ReceivedFds, ReceivedMessage, SocketBase } from './sockets/base.js'
export { pipe, splice, trySplice } from './sockets/splice.js'
export { constantsOf, supports, whyNot } from './sockets/supports.js'
export {
  CMSG_LEN,
  CMSG_SPACE,
  htonl,
  htons,
  inet_aton,
  inet_ntoa,
  inet_ntop,
  inet_pton,
  ntohl,
  ntohs,
} from './syscalls/index.js'
export type { CallMessage, Length, View } from './syscalls/index.js'
export { roomFor } from './syscalls/room.js'
export { ZerocopySender } from './sockets/zerocopy.js'
export type { ZerocopyCompletion } from './sockets/zerocopy.js'
