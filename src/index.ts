/**
 * Berkeley sockets: Python's socket module in TypeScript's manner.
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
export { decodeAddress, encodeAddress } from './address.js'
export type {
  AddressLike,
  HostAddress,
  IPv4Address,
  IPv6Address,
  RawAddress,
  SocketAddress,
  UnixAddress,
} from './address.js'
export type * from './address-families.js'
export { MessageBatch } from './batch.js'
export type { BatchOptions } from './batch.js'
export { createConnection, createServer, hasDualstackIpv6 } from './connection.js'
export type { ConnectionOptions, HostAndPort, ServerOptions } from './connection.js'
export * from './constants.js'
export { decodeControl, encodeControl } from './control.js'
export type { ControlMessage, OutgoingControl, RawControlMessage } from './control.js'
export type * from './control-meaning.js'
export type { Data } from './data.js'
export type { Descriptor } from './descriptor.js'
export { Epoll } from './epoll.js'
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
export { getfqdn, gethostbyaddr, gethostbyname, gethostbynameEx } from './hosts.js'
export type { Host } from './hosts.js'
export type { MessageInfo } from './messages.js'
export { interrupt } from './interrupter.js'
export type { Interrupter } from './interrupter.js'
export { Kqueue } from './kqueue.js'
export type { Kevent } from './kqueue.js'
export { MySocket, recvExactly } from './my-socket.js'
export { getaddrinfo, gethostname, getnameinfo, if_indextoname, if_nameindex, if_nametoindex } from './names.js'
export { sethostname } from './names.js'
export type { AddressInfo, AddressInfoHints } from './names.js'
export type { SocketOrFd } from './node-descriptor.js'
export { getOption, options, peerCredentials, setOption, tcpInfo } from './options.js'
export type { ReadableSockOpt, SockOpt, WritableSockOpt } from './options.js'
export type {
  CanFilter,
  CanIsotpFlowControl,
  CanIsotpLinkLayer,
  CanIsotpOptions,
  J1939Filter,
  PacketFanout,
  PacketMembership,
  PacketStatistics,
} from './options/families.js'
export type { FlowLabelRequest, Ipv6PacketInfo, PathMtu, PortRange } from './options/ip.js'
export type { DarwinTcpConnectionInfo, LinuxTcpInfo, MptcpInfo } from './options/kernel-info.js'
export type {
  GroupFilter,
  GroupRequest,
  GroupSourceRequest,
  Ipv6Membership,
  Membership,
  MulticastInterface,
  SourceMembership,
} from './options/multicast.js'
export type { PeerCredentials } from './options/peer.js'
export type { FilterInstruction, Linger, MemoryInfo, TimestampingFlags, Txtime } from './options/socket.js'
export type { Md5Signature, Md5SignatureExt, RepairOption, RepairWindow, TlsCryptoInfo } from './options/tcp.js'
export type { TcpInfo, TcpState } from './options/tcp-info.js'
export { OwnedFd } from './owned-fd.js'
export { poll, select } from './select.js'
export {
  EpollSelector,
  EVENT_READ,
  EVENT_WRITE,
  KqueueSelector,
  PollSelector,
  Selector,
  SelectSelector,
} from './selector.js'
export type { SelectorKey } from './selector.js'
export { getprotobyname, getservbyname, getservbyport } from './services.js'
export { Socket } from './socket.js'
export { getdefaulttimeout, setdefaulttimeout } from './socket-base.js'
export type { OptionValue, ReceivedFds, ReceivedMessage } from './socket-base.js'
export { pipe, splice, trySplice } from './splice.js'
export { supports, whyNot } from './supports.js'
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
} from './syscalls.js'
export type { Length, View } from './syscalls.js'
export { ZerocopySender } from './zerocopy.js'
export type { ZerocopyCompletion } from './zerocopy.js'
