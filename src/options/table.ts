// The table of socket options.
//
// To add an option, add its row: the level, the name in C (of several names, the first that the platform has) and the codec. Its
// own name begins with its protocol: `tcp`, `ip`, `ipv6`… Those of SOL_SOCKET, which are of any socket, begin with none.
import {
  AF_VSOCK,
  IPPROTO_ICMPV6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  SOL_ALG,
  SOL_CAN_ISOTP,
  SOL_CAN_J1939,
  SOL_CAN_RAW,
  SOL_LOCAL,
  SOL_MPTCP,
  SOL_NETLINK,
  SOL_PACKET,
  SOL_RAW,
  SOL_SOCKET,
  SOL_TLS,
} from '../constants.js'
import {
  address,
  bigint,
  boolean,
  bytes,
  int,
  interfaceName,
  interfaceNumber,
  long,
  natural,
  octet,
  octetOrDefault,
  readOnly,
  string,
  unsigned,
  wholeSeconds,
  writeOnly,
} from './codecs.js'
import * as families from './families.js'
import * as ip from './ip.js'
import { mptcpInfo } from './kernel-info.js'
import * as multicast from './multicast.js'
import { either, interfaceOption, option } from './option.js'
import * as peer from './peer.js'
import * as socket from './socket.js'
import * as tcpInfos from './tcp-info.js'
import * as tcp from './tcp.js'

/** Each option once. */
export const listed = {
  /** The key of a cipher or a hash. ALG_SET_KEY, crypto/userspace-if */
  algKey: option(SOL_ALG, 'ALG_SET_KEY', writeOnly(bytes(256))),
  /** The descriptor of a BPF program that accepts or drops incoming packets. SO_ATTACH_BPF, socket(7) */
  attachBpf: option(SOL_SOCKET, 'SO_ATTACH_BPF', writeOnly(natural)),
  /** A classic BPF program that accepts or drops incoming packets. SO_ATTACH_FILTER, socket(7) */
  attachFilter: option(SOL_SOCKET, 'SO_ATTACH_FILTER', socket.filter),
  /** The descriptor of a BPF program that chooses among the sockets of a port. SO_ATTACH_REUSEPORT_EBPF, socket(7) */
  attachReusePortBpf: option(SOL_SOCKET, 'SO_ATTACH_REUSEPORT_EBPF', writeOnly(natural)),
  /** A classic BPF program that chooses among the sockets of a port. SO_ATTACH_REUSEPORT_CBPF, socket(7) */
  attachReusePortFilter: option(SOL_SOCKET, 'SO_ATTACH_REUSEPORT_CBPF', socket.filterToAttach),
  /** The name of the only interface to use; `''`: all. SO_BINDTODEVICE, socket(7); for IPv4, IP_BOUND_IF, ip(4) */
  bindToDevice: either(
    option(SOL_SOCKET, 'SO_BINDTODEVICE', string(16)),
    option(IPPROTO_IP, 'IP_BOUND_IF', interfaceName),
  ),
  /** The index of the only interface to use; 0: all. SO_BINDTOIFINDEX, socket(7) */
  bindToInterfaceIndex: interfaceOption(SOL_SOCKET, 'SO_BINDTOIFINDEX', interfaceNumber),
  /** The number of BPF extensions that the kernel supports in filters. SO_BPF_EXTENSIONS, socket(7) */
  bpfExtensions: option(SOL_SOCKET, 'SO_BPF_EXTENSIONS', readOnly(int)),
  /** Whether datagrams may be sent to broadcast addresses. SO_BROADCAST, socket(7) */
  broadcast: option(SOL_SOCKET, 'SO_BROADCAST', boolean),
  /** Which buffers the kernel does not resize: 1 the send buffer, 2 the receive buffer. SO_BUF_LOCK, socket(7) */
  bufferLock: option(SOL_SOCKET, 'SO_BUF_LOCK', natural),
  /** How long to poll the network device for data, in microseconds. SO_BUSY_POLL, socket(7) */
  busyPoll: option(SOL_SOCKET, 'SO_BUSY_POLL', natural),
  /** The maximum number of packets in one poll of the device. SO_BUSY_POLL_BUDGET, socket(7) */
  busyPollBudget: option(SOL_SOCKET, 'SO_BUSY_POLL_BUDGET', writeOnly(natural)),
  /** The number of bytes to receive; of datagrams, the size of the first one. macOS. SO_NREAD, getsockopt(2) */
  bytesReadable: option(SOL_SOCKET, 'SO_NREAD', readOnly(int)),
  /** The number of bytes that are not yet sent or acknowledged. macOS. SO_NWRITE, getsockopt(2) */
  bytesUnsent: option(SOL_SOCKET, 'SO_NWRITE', readOnly(int)),
  /** The flow control that a receiver asks of the sender. CAN_ISOTP_RECV_FC, linux/can/isotp.h */
  canIsotpFlowControl: option(SOL_CAN_ISOTP, 'CAN_ISOTP_RECV_FC', families.canIsotpFlowControl),
  /** CAN or CAN FD, and the data length of a frame. CAN_ISOTP_LL_OPTS, linux/can/isotp.h */
  canIsotpLinkLayer: option(SOL_CAN_ISOTP, 'CAN_ISOTP_LL_OPTS', families.canIsotpLinkLayer),
  /** Addresses, padding and flags of ISO 15765-2. CAN_ISOTP_OPTS, linux/can/isotp.h */
  canIsotpOptions: option(SOL_CAN_ISOTP, 'CAN_ISOTP_OPTS', families.canIsotpOptions),
  /** The minimum time between received frames, in nanoseconds; closer ones are dropped. CAN_ISOTP_RX_STMIN, linux/can/isotp.h */
  canIsotpRxStmin: option(SOL_CAN_ISOTP, 'CAN_ISOTP_RX_STMIN', unsigned),
  /** The time between sent frames, in nanoseconds. CAN_ISOTP_TX_STMIN, linux/can/isotp.h */
  canIsotpTxStmin: option(SOL_CAN_ISOTP, 'CAN_ISOTP_TX_STMIN', unsigned),
  /** The classes of errors to report: CAN_ERR_…. CAN_RAW_ERR_FILTER, linux/can/raw.h */
  canRawErrorFilter: option(SOL_CAN_RAW, 'CAN_RAW_ERR_FILTER', unsigned),
  /** Whether CAN FD frames are sent and received. CAN_RAW_FD_FRAMES, linux/can/raw.h */
  canRawFdFrames: option(SOL_CAN_RAW, 'CAN_RAW_FD_FRAMES', boolean),
  /** Which frames to receive. CAN_RAW_FILTER, linux/can/raw.h */
  canRawFilter: option(SOL_CAN_RAW, 'CAN_RAW_FILTER', families.canFilters),
  /** Whether frames must match all filters, instead of any. CAN_RAW_JOIN_FILTERS, linux/can/raw.h */
  canRawJoinFilters: option(SOL_CAN_RAW, 'CAN_RAW_JOIN_FILTERS', boolean),
  /** Whether other sockets of this machine receive the sent frames. CAN_RAW_LOOPBACK, linux/can/raw.h */
  canRawLoopback: option(SOL_CAN_RAW, 'CAN_RAW_LOOPBACK', boolean),
  /** Whether the socket receives its own frames. CAN_RAW_RECV_OWN_MSGS, linux/can/raw.h */
  canRawReceiveOwnMessages: option(SOL_CAN_RAW, 'CAN_RAW_RECV_OWN_MSGS', boolean),
  /** Whether CAN XL frames are sent and received. CAN_RAW_XL_FRAMES, linux/can/raw.h */
  canRawXlFrames: option(SOL_CAN_RAW, 'CAN_RAW_XL_FRAMES', boolean),
  /** 1: the connection seems to hang, and TCP should try another path. SO_CNX_ADVICE, socket(7) */
  connectionAdvice: option(SOL_SOCKET, 'SO_CNX_ADVICE', writeOnly(natural)),
  /** The socket's number, unique until the system restarts. SO_COOKIE, socket(7) */
  cookie: option(SOL_SOCKET, 'SO_COOKIE', bigint),
  /** Whether the kernel records debugging information. SO_DEBUG, socket(7) */
  debug: option(SOL_SOCKET, 'SO_DEBUG', boolean),
  /** Removes the filter; the value has no meaning. SO_DETACH_FILTER, socket(7) */
  detachFilter: option(SOL_SOCKET, 'SO_DETACH_FILTER', writeOnly(boolean)),
  /** Removes the program that chooses among sockets; the value has no meaning. SO_DETACH_REUSEPORT_BPF, socket(7) */
  detachReusePortFilter: option(SOL_SOCKET, 'SO_DETACH_REUSEPORT_BPF', writeOnly(boolean)),
  /** The address family: AF_…. SO_DOMAIN, socket(7) */
  domain: option(SOL_SOCKET, 'SO_DOMAIN', readOnly(int)),
  /** Whether to send only to directly connected hosts, without a gateway. SO_DONTROUTE, socket(7) */
  dontRoute: option(SOL_SOCKET, 'SO_DONTROUTE', boolean),
  /** The errno of the pending error, 0: none. Reading it clears it. SO_ERROR, socket(7) */
  error: option(SOL_SOCKET, 'SO_ERROR', readOnly(int)),
  /** The types of ICMPv6 messages that a raw socket does not receive. ICMP6_FILTER, ipv6(7), RFC 3542 */
  icmp6Filter: option(IPPROTO_ICMPV6, 'ICMP6_FILTER', ip.icmp6Filter),
  /** The types of ICMP messages, 0 to 31, that a raw socket does not receive. ICMP_FILTER, raw(7) */
  icmpFilter: option(SOL_RAW, 'ICMP_FILTER', ip.icmpFilter),
  /**
   * The processor that handled the socket's packets; on a listener, the one whose connections it accepts.
   * SO_INCOMING_CPU, socket(7)
   */
  incomingCpu: option(SOL_SOCKET, 'SO_INCOMING_CPU', int),
  /** The NAPI ID of the receive queue of the latest packet, 0: none. SO_INCOMING_NAPI_ID, socket(7) */
  incomingNapiId: option(SOL_SOCKET, 'SO_INCOMING_NAPI_ID', readOnly(int)),
  /**
   * Whether a control message reports how many bytes can still be received from a Unix socket. Linux 6.17. SO_INQ,
   * unix(7)
   */
  inq: option(SOL_SOCKET, 'SO_INQ', writeOnly(boolean)),
  /** Joins an IPv4 group. IP_ADD_MEMBERSHIP, ip(7) */
  ipAddMembership: option(IPPROTO_IP, 'IP_ADD_MEMBERSHIP', multicast.membership),
  /** Joins an IPv4 group for datagrams from one source only. IP_ADD_SOURCE_MEMBERSHIP, ip(7) */
  ipAddSourceMembership: option(IPPROTO_IP, 'IP_ADD_SOURCE_MEMBERSHIP', multicast.sourceMembership),
  /** Whether bind to port 0 delays the choice of the port until connect. IP_BIND_ADDRESS_NO_PORT, ip(7) */
  ipBindAddressNoPort: option(IPPROTO_IP, 'IP_BIND_ADDRESS_NO_PORT', boolean),
  /** Blocks datagrams from one source to an IPv4 group. IP_BLOCK_SOURCE, ip(7) */
  ipBlockSource: option(IPPROTO_IP, 'IP_BLOCK_SOURCE', multicast.sourceMembership),
  /** Whether a control message reports a datagram's checksum. IP_CHECKSUM, ip(7) */
  ipChecksum: option(IPPROTO_IP, 'IP_CHECKSUM', boolean),
  /** Whether packets must not be fragmented. macOS; `ipMtuDiscover` on Linux. IP_DONTFRAG, ip(4) */
  ipDontFragment: option(IPPROTO_IP, 'IP_DONTFRAG', boolean),
  /** Leaves an IPv4 group. IP_DROP_MEMBERSHIP, ip(7) */
  ipDropMembership: option(IPPROTO_IP, 'IP_DROP_MEMBERSHIP', multicast.membership),
  /** Leaves an IPv4 group for one source. IP_DROP_SOURCE_MEMBERSHIP, ip(7) */
  ipDropSourceMembership: option(IPPROTO_IP, 'IP_DROP_SOURCE_MEMBERSHIP', multicast.sourceMembership),
  /** Whether bind accepts an address that this machine does not have, or not yet. IP_FREEBIND, ip(7) */
  ipFreebind: option(IPPROTO_IP, 'IP_FREEBIND', boolean),
  /** Whether the data sent over a raw socket begins with an IP header. IP_HDRINCL, ip(7), raw(7) */
  ipHeaderIncluded: option(IPPROTO_IP, 'IP_HDRINCL', boolean),
  /** The range of ports that the kernel may choose from. IP_LOCAL_PORT_RANGE, ip(7) */
  ipLocalPortRange: option(IPPROTO_IP, 'IP_LOCAL_PORT_RANGE', ip.portRange),
  /** Blocks datagrams from one source to an IPv4 group. MCAST_BLOCK_SOURCE, RFC 3678 */
  ipMcastBlockSource: option(IPPROTO_IP, 'MCAST_BLOCK_SOURCE', multicast.groupSourceRequest),
  /** Joins an IPv4 group. MCAST_JOIN_GROUP, RFC 3678 */
  ipMcastJoinGroup: option(IPPROTO_IP, 'MCAST_JOIN_GROUP', multicast.groupRequest),
  /** Joins an IPv4 group for datagrams from one source only. MCAST_JOIN_SOURCE_GROUP, RFC 3678 */
  ipMcastJoinSourceGroup: option(IPPROTO_IP, 'MCAST_JOIN_SOURCE_GROUP', multicast.groupSourceRequest),
  /** Leaves an IPv4 group. MCAST_LEAVE_GROUP, RFC 3678 */
  ipMcastLeaveGroup: option(IPPROTO_IP, 'MCAST_LEAVE_GROUP', multicast.groupRequest),
  /** Leaves an IPv4 group for one source. MCAST_LEAVE_SOURCE_GROUP, RFC 3678 */
  ipMcastLeaveSourceGroup: option(IPPROTO_IP, 'MCAST_LEAVE_SOURCE_GROUP', multicast.groupSourceRequest),
  /** The sources whose datagrams to an IPv4 group are received or blocked. MCAST_MSFILTER, RFC 3678 */
  ipMcastSourceFilter: option(IPPROTO_IP, 'MCAST_MSFILTER', multicast.groupFilter),
  /** Unblocks datagrams from one source to an IPv4 group. MCAST_UNBLOCK_SOURCE, RFC 3678 */
  ipMcastUnblockSource: option(IPPROTO_IP, 'MCAST_UNBLOCK_SOURCE', multicast.groupSourceRequest),
  /** The minimum TTL of received packets; others are dropped. IP_MINTTL, ip(7), RFC 5082 */
  ipMinTtl: option(IPPROTO_IP, 'IP_MINTTL', octet),
  /** The path MTU: the maximum size of a packet to the connected peer, in bytes. IP_MTU, ip(7) */
  ipMtu: option(IPPROTO_IP, 'IP_MTU', readOnly(int)),
  /** Path MTU discovery, and whether packets may be fragmented: IP_PMTUDISC_…. IP_MTU_DISCOVER, ip(7) */
  ipMtuDiscover: option(IPPROTO_IP, 'IP_MTU_DISCOVER', natural),
  /** Whether to receive datagrams to groups that other sockets joined. IP_MULTICAST_ALL, ip(7) */
  ipMulticastAll: option(IPPROTO_IP, 'IP_MULTICAST_ALL', boolean),
  /** The outgoing interface of datagrams to groups. IP_MULTICAST_IF, ip(7) */
  ipMulticastInterface: option(IPPROTO_IP, 'IP_MULTICAST_IF', multicast.multicastInterface),
  /** Whether sockets of this machine receive the datagrams sent to groups. IP_MULTICAST_LOOP, ip(7) */
  ipMulticastLoop: option(IPPROTO_IP, 'IP_MULTICAST_LOOP', boolean),
  /** The time to live of datagrams to groups. IP_MULTICAST_TTL, ip(7) */
  ipMulticastTtl: option(IPPROTO_IP, 'IP_MULTICAST_TTL', octet),
  /** Whether the fragments that a raw socket sends are not reassembled. IP_NODEFRAG, ip(7) */
  ipNoDefragment: option(IPPROTO_IP, 'IP_NODEFRAG', boolean),
  /** The IP options of sent packets. IP_OPTIONS, ip(7), RFC 791 */
  ipOptions: option(IPPROTO_IP, 'IP_OPTIONS', bytes(40)),
  /** The destination of a connection before the packet filter redirected it. SO_ORIGINAL_DST, linux/netfilter_ipv4.h */
  ipOriginalDestination: option(IPPROTO_IP, 'SO_ORIGINAL_DST', address),
  /** Whether a control message reports a datagram's security context. IP_PASSSEC, ip(7) */
  ipPassSecurity: option(IPPROTO_IP, 'IP_PASSSEC', boolean),
  /** Whether a control message reports a datagram's destination and interface. IP_PKTINFO, ip(7) */
  ipPktInfo: option(IPPROTO_IP, 'IP_PKTINFO', boolean),
  /** A raw socket's protocol: IPPROTO_…. IP_PROTOCOL, ip(7) */
  ipProtocol: option(IPPROTO_IP, 'IP_PROTOCOL', readOnly(int)),
  /** Whether a control message reports a datagram's destination. macOS. IP_RECVDSTADDR, ip(4) */
  ipRecvDestinationAddress: option(IPPROTO_IP, 'IP_RECVDSTADDR', boolean),
  /** Whether errors are queued, to be received with MSG_ERRQUEUE. IP_RECVERR, ip(7) */
  ipRecvError: option(IPPROTO_IP, 'IP_RECVERR', boolean),
  /** Whether queued errors have the offset of the ICMP extensions. IP_RECVERR_RFC4884, ip(7) */
  ipRecvErrorRfc4884: option(IPPROTO_IP, 'IP_RECVERR_RFC4884', boolean),
  /** Whether a control message reports a datagram's largest fragment. IP_RECVFRAGSIZE, ip(7) */
  ipRecvFragSize: option(IPPROTO_IP, 'IP_RECVFRAGSIZE', boolean),
  /** Whether a control message reports a datagram's interface. macOS. IP_RECVIF, ip(4) */
  ipRecvInterface: option(IPPROTO_IP, 'IP_RECVIF', boolean),
  /** Whether a control message has a datagram's IP options. IP_RECVOPTS, ip(7) */
  ipRecvOptions: option(IPPROTO_IP, 'IP_RECVOPTS', boolean),
  /** Whether a control message reports a datagram's destination before it was redirected. IP_RECVORIGDSTADDR, ip(7) */
  ipRecvOriginalDestination: option(IPPROTO_IP, 'IP_RECVORIGDSTADDR', boolean),
  /** Whether a control message has a datagram's IP options, unprocessed, for a reply. IP_RETOPTS, ip(7) */
  ipRecvRetOptions: option(IPPROTO_IP, 'IP_RETOPTS', boolean),
  /** Whether a control message reports a datagram's type of service. IP_RECVTOS, ip(7) */
  ipRecvTos: option(IPPROTO_IP, 'IP_RECVTOS', boolean),
  /** Whether a control message reports a datagram's TTL. IP_RECVTTL, ip(7) */
  ipRecvTtl: option(IPPROTO_IP, 'IP_RECVTTL', boolean),
  /** Whether a raw socket receives all packets with a router alert. IP_ROUTER_ALERT, ip(7) */
  ipRouterAlert: option(IPPROTO_IP, 'IP_ROUTER_ALERT', boolean),
  /** The type of service: DSCP in the upper six bits, ECN in the lower two. IP_TOS, ip(7) */
  ipTos: option(IPPROTO_IP, 'IP_TOS', octet),
  /** Whether the socket is a transparent proxy's, and bind accepts any address. IP_TRANSPARENT, ip(7) */
  ipTransparent: option(IPPROTO_IP, 'IP_TRANSPARENT', boolean),
  /** The time to live: the maximum number of hops of a packet, 1 to 255; −1: the system's default. IP_TTL, ip(7) */
  ipTtl: option(IPPROTO_IP, 'IP_TTL', octetOrDefault),
  /** Unblocks datagrams from one source to an IPv4 group. IP_UNBLOCK_SOURCE, ip(7) */
  ipUnblockSource: option(IPPROTO_IP, 'IP_UNBLOCK_SOURCE', multicast.sourceMembership),
  /** The index of the outgoing interface; 0: the kernel chooses. IP_UNICAST_IF, ip(7) */
  ipUnicastInterface: interfaceOption(IPPROTO_IP, 'IP_UNICAST_IF', ip.networkIndex),
  /** Which source addresses to prefer: IPV6_PREFER_SRC_…. IPV6_ADDR_PREFERENCES, RFC 5014 */
  ipv6AddressPreferences: option(IPPROTO_IPV6, 'IPV6_ADDR_PREFERENCES', natural),
  /** Whether the kernel sets flow labels. IPV6_AUTOFLOWLABEL, ipv6(7), RFC 6438 */
  ipv6AutoFlowLabel: option(IPPROTO_IPV6, 'IPV6_AUTOFLOWLABEL', boolean),
  /** The name of the only interface to use; `''`: all. SO_BINDTODEVICE, socket(7); for IPv6, IPV6_BOUND_IF, ip6(4) */
  ipv6BindToDevice: either(
    option(SOL_SOCKET, 'SO_BINDTODEVICE', string(16)),
    option(IPPROTO_IPV6, 'IPV6_BOUND_IF', interfaceName),
  ),
  /** The offset of the checksum in a raw socket's packets, in bytes; −1: no checksum. IPV6_CHECKSUM, RFC 3542 */
  ipv6Checksum: option(IPPROTO_IPV6, 'IPV6_CHECKSUM', int),
  /** Whether packets must not be fragmented. IPV6_DONTFRAG, RFC 3542 */
  ipv6DontFragment: option(IPPROTO_IPV6, 'IPV6_DONTFRAG', boolean),
  /** Whether a control message reports a datagram's flow label. IPV6_FLOWINFO, ipv6(7) */
  ipv6FlowInfo: option(IPPROTO_IPV6, 'IPV6_FLOWINFO', boolean),
  /** Whether to use the flow label of the destination address. IPV6_FLOWINFO_SEND, ipv6(7) */
  ipv6FlowInfoSend: option(IPPROTO_IPV6, 'IPV6_FLOWINFO_SEND', boolean),
  /** Requests or releases a flow label. IPV6_FLOWLABEL_MGR, ipv6(7), RFC 6437 */
  ipv6FlowLabel: option(IPPROTO_IPV6, 'IPV6_FLOWLABEL_MGR', writeOnly(ip.flowLabel)),
  /** Whether bind accepts an address that this machine does not have, or not yet. IPV6_FREEBIND, ipv6(7) */
  ipv6Freebind: option(IPPROTO_IPV6, 'IPV6_FREEBIND', boolean),
  /** Whether the data sent over a raw socket begins with an IPv6 header. IPV6_HDRINCL, ipv6(7) */
  ipv6HeaderIncluded: option(IPPROTO_IPV6, 'IPV6_HDRINCL', boolean),
  /** Joins an anycast address. IPV6_JOIN_ANYCAST, ipv6(7) */
  ipv6JoinAnycast: option(IPPROTO_IPV6, 'IPV6_JOIN_ANYCAST', multicast.ipv6Membership),
  /** Joins an IPv6 group. IPV6_JOIN_GROUP, ipv6(7), RFC 3493 */
  ipv6JoinGroup: option(IPPROTO_IPV6, 'IPV6_JOIN_GROUP', multicast.ipv6Membership),
  /** Leaves an anycast address. IPV6_LEAVE_ANYCAST, ipv6(7) */
  ipv6LeaveAnycast: option(IPPROTO_IPV6, 'IPV6_LEAVE_ANYCAST', multicast.ipv6Membership),
  /** Leaves an IPv6 group. IPV6_LEAVE_GROUP, ipv6(7), RFC 3493 */
  ipv6LeaveGroup: option(IPPROTO_IPV6, 'IPV6_LEAVE_GROUP', multicast.ipv6Membership),
  /** Blocks datagrams from one source to an IPv6 group. MCAST_BLOCK_SOURCE, RFC 3678 */
  ipv6McastBlockSource: option(IPPROTO_IPV6, 'MCAST_BLOCK_SOURCE', multicast.groupSourceRequest),
  /** Joins an IPv6 group. MCAST_JOIN_GROUP, RFC 3678 */
  ipv6McastJoinGroup: option(IPPROTO_IPV6, 'MCAST_JOIN_GROUP', multicast.groupRequest),
  /** Joins an IPv6 group for datagrams from one source only. MCAST_JOIN_SOURCE_GROUP, RFC 3678 */
  ipv6McastJoinSourceGroup: option(IPPROTO_IPV6, 'MCAST_JOIN_SOURCE_GROUP', multicast.groupSourceRequest),
  /** Leaves an IPv6 group. MCAST_LEAVE_GROUP, RFC 3678 */
  ipv6McastLeaveGroup: option(IPPROTO_IPV6, 'MCAST_LEAVE_GROUP', multicast.groupRequest),
  /** Leaves an IPv6 group for one source. MCAST_LEAVE_SOURCE_GROUP, RFC 3678 */
  ipv6McastLeaveSourceGroup: option(IPPROTO_IPV6, 'MCAST_LEAVE_SOURCE_GROUP', multicast.groupSourceRequest),
  /** The sources whose datagrams to an IPv6 group are received or blocked. MCAST_MSFILTER, RFC 3678 */
  ipv6McastSourceFilter: option(IPPROTO_IPV6, 'MCAST_MSFILTER', multicast.groupFilter),
  /** Unblocks datagrams from one source to an IPv6 group. MCAST_UNBLOCK_SOURCE, RFC 3678 */
  ipv6McastUnblockSource: option(IPPROTO_IPV6, 'MCAST_UNBLOCK_SOURCE', multicast.groupSourceRequest),
  /** The minimum hop limit of received packets; others are dropped. IPV6_MINHOPCOUNT, ipv6(7), RFC 5082 */
  ipv6MinHopCount: option(IPPROTO_IPV6, 'IPV6_MINHOPCOUNT', octet),
  /** The path MTU: the maximum size of a packet to the peer, in bytes. IPV6_MTU, ipv6(7) */
  ipv6Mtu: option(IPPROTO_IPV6, 'IPV6_MTU', natural),
  /** Path MTU discovery: IPV6_PMTUDISC_…. IPV6_MTU_DISCOVER, ipv6(7) */
  ipv6MtuDiscover: option(IPPROTO_IPV6, 'IPV6_MTU_DISCOVER', natural),
  /** Whether to receive datagrams to groups that other sockets joined. IPV6_MULTICAST_ALL, ipv6(7) */
  ipv6MulticastAll: option(IPPROTO_IPV6, 'IPV6_MULTICAST_ALL', boolean),
  /** The hop limit of datagrams to groups; −1: the system's default. IPV6_MULTICAST_HOPS, ipv6(7) */
  ipv6MulticastHops: option(IPPROTO_IPV6, 'IPV6_MULTICAST_HOPS', octetOrDefault),
  /**
   * The index of the outgoing interface of datagrams to groups; 0: the kernel chooses. IPV6_MULTICAST_IF,
   * ipv6(7)
   */
  ipv6MulticastInterface: interfaceOption(IPPROTO_IPV6, 'IPV6_MULTICAST_IF', interfaceNumber),
  /** Whether sockets of this machine receive the datagrams sent to groups. IPV6_MULTICAST_LOOP, ipv6(7) */
  ipv6MulticastLoop: option(IPPROTO_IPV6, 'IPV6_MULTICAST_LOOP', boolean),
  /** Whether an IPv6 socket does not serve IPv4. IPV6_V6ONLY, ipv6(7) */
  ipv6Only: option(IPPROTO_IPV6, 'IPV6_V6ONLY', boolean),
  /**
   * The destination of a connection before the packet filter redirected it. IP6T_SO_ORIGINAL_DST,
   * linux/netfilter_ipv6/ip6_tables.h
   */
  ipv6OriginalDestination: option(IPPROTO_IPV6, 'IP6T_SO_ORIGINAL_DST', address),
  /** The path MTU: the maximum size of a packet to the connected peer, in bytes. IPV6_PATHMTU, RFC 3542 */
  ipv6PathMtu: option(IPPROTO_IPV6, 'IPV6_PATHMTU', ip.pathMtu),
  /** The source address and the outgoing interface of sent packets. IPV6_PKTINFO, ipv6(7), RFC 3542 */
  ipv6PktInfo: option(IPPROTO_IPV6, 'IPV6_PKTINFO', writeOnly(ip.ipv6PacketInfo)),
  /** Whether a control message has a datagram's destination options. IPV6_RECVDSTOPTS, ipv6(7), RFC 3542 */
  ipv6RecvDstOptions: option(IPPROTO_IPV6, 'IPV6_RECVDSTOPTS', boolean),
  /** Whether errors are queued, to be received with MSG_ERRQUEUE. IPV6_RECVERR, ipv6(7) */
  ipv6RecvError: option(IPPROTO_IPV6, 'IPV6_RECVERR', boolean),
  /** Whether queued errors have the offset of the ICMP extensions. IPV6_RECVERR_RFC4884, ipv6(7) */
  ipv6RecvErrorRfc4884: option(IPPROTO_IPV6, 'IPV6_RECVERR_RFC4884', boolean),
  /** Whether a control message reports a datagram's largest fragment. IPV6_RECVFRAGSIZE, ipv6(7) */
  ipv6RecvFragSize: option(IPPROTO_IPV6, 'IPV6_RECVFRAGSIZE', boolean),
  /** Whether a control message reports a datagram's hop limit. IPV6_RECVHOPLIMIT, ipv6(7), RFC 3542 */
  ipv6RecvHopLimit: option(IPPROTO_IPV6, 'IPV6_RECVHOPLIMIT', boolean),
  /** Whether a control message has a datagram's hop-by-hop options. IPV6_RECVHOPOPTS, ipv6(7), RFC 3542 */
  ipv6RecvHopOptions: option(IPPROTO_IPV6, 'IPV6_RECVHOPOPTS', boolean),
  /**
   * Whether a control message reports a datagram's destination before it was redirected. IPV6_RECVORIGDSTADDR, ipv6(7)
   */
  ipv6RecvOriginalDestination: option(IPPROTO_IPV6, 'IPV6_RECVORIGDSTADDR', boolean),
  /** Whether a control message reports that a datagram was too large. IPV6_RECVPATHMTU, RFC 3542 */
  ipv6RecvPathMtu: option(IPPROTO_IPV6, 'IPV6_RECVPATHMTU', boolean),
  /** Whether a control message reports a datagram's destination and interface. IPV6_RECVPKTINFO, ipv6(7), RFC 3542 */
  ipv6RecvPktInfo: option(IPPROTO_IPV6, 'IPV6_RECVPKTINFO', boolean),
  /** Whether a control message has a datagram's routing header. IPV6_RECVRTHDR, ipv6(7), RFC 3542 */
  ipv6RecvRouting: option(IPPROTO_IPV6, 'IPV6_RECVRTHDR', boolean),
  /** Whether a control message reports a datagram's traffic class. IPV6_RECVTCLASS, ipv6(7), RFC 3542 */
  ipv6RecvTrafficClass: option(IPPROTO_IPV6, 'IPV6_RECVTCLASS', boolean),
  /** A raw socket receives packets with a router alert of this value; −1: none. IPV6_ROUTER_ALERT, ipv6(7), RFC 2711 */
  ipv6RouterAlert: option(IPPROTO_IPV6, 'IPV6_ROUTER_ALERT', int),
  /** Whether a raw socket receives such packets from its own network namespace only. IPV6_ROUTER_ALERT_ISOLATE, ipv6(7) */
  ipv6RouterAlertIsolate: option(IPPROTO_IPV6, 'IPV6_ROUTER_ALERT_ISOLATE', boolean),
  /**
   * The traffic class: DSCP in the upper six bits, ECN in the lower two; −1: the system's default. IPV6_TCLASS, ipv6(7),
   * RFC 3542
   */
  ipv6TrafficClass: option(IPPROTO_IPV6, 'IPV6_TCLASS', octetOrDefault),
  /** Whether the socket is a transparent proxy's, and bind accepts any address. IPV6_TRANSPARENT, ipv6(7) */
  ipv6Transparent: option(IPPROTO_IPV6, 'IPV6_TRANSPARENT', boolean),
  /** The hop limit of packets; −1: the system's default. IPV6_UNICAST_HOPS, ipv6(7) */
  ipv6UnicastHops: option(IPPROTO_IPV6, 'IPV6_UNICAST_HOPS', octetOrDefault),
  /** The index of the outgoing interface; 0: the kernel chooses. IPV6_UNICAST_IF, ipv6(7) */
  ipv6UnicastInterface: interfaceOption(IPPROTO_IPV6, 'IPV6_UNICAST_IF', ip.networkIndex),
  /** Whether packets have at most 1,280 bytes: 1 always, 0 never, −1 only to groups. macOS. IPV6_USE_MIN_MTU, RFC 3542 */
  ipv6UseMinMtu: option(IPPROTO_IPV6, 'IPV6_USE_MIN_MTU', int),
  /** Whether the error queue reports how the sending of messages proceeds. SO_J1939_ERRQUEUE, linux/can/j1939.h */
  j1939ErrorQueue: option(SOL_CAN_J1939, 'SO_J1939_ERRQUEUE', boolean),
  /** Which messages to receive. SO_J1939_FILTER, linux/can/j1939.h */
  j1939Filter: option(SOL_CAN_J1939, 'SO_J1939_FILTER', writeOnly(families.j1939Filters)),
  /** Whether to receive messages to other addresses too. SO_J1939_PROMISC, linux/can/j1939.h */
  j1939Promiscuous: option(SOL_CAN_J1939, 'SO_J1939_PROMISC', boolean),
  /** The priority of sent messages, from 0 (the highest) to 7 (the lowest). SO_J1939_SEND_PRIO, linux/can/j1939.h */
  j1939SendPriority: option(SOL_CAN_J1939, 'SO_J1939_SEND_PRIO', natural),
  /** Whether an idle connection is probed; it ends if no probe is answered. SO_KEEPALIVE, socket(7) */
  keepAlive: option(SOL_SOCKET, 'SO_KEEPALIVE', boolean),
  /** Whether close waits until data is sent; with 0 seconds it sends a reset. SO_LINGER_SEC, socket(7); SO_LINGER */
  linger: option(SOL_SOCKET, ['SO_LINGER_SEC', 'SO_LINGER'], socket.linger),
  /** Whether the socket accepts connections. SO_ACCEPTCONN, socket(7) */
  listening: option(SOL_SOCKET, 'SO_ACCEPTCONN', readOnly(boolean)),
  /** Whether the filter can no longer be changed. SO_LOCK_FILTER, socket(7) */
  lockFilter: option(SOL_SOCKET, 'SO_LOCK_FILTER', boolean),
  /** The mark of sent packets, for routing and packet filters. SO_MARK, socket(7) */
  mark: option(SOL_SOCKET, 'SO_MARK', unsigned),
  /** The maximum send rate, in bytes per second; Infinity: no limit. SO_MAX_PACING_RATE, socket(7) */
  maxPacingRate: option(SOL_SOCKET, 'SO_MAX_PACING_RATE', socket.rate),
  /** The socket's memory, in bytes. SO_MEMINFO, socket(7) */
  meminfo: option(SOL_SOCKET, 'SO_MEMINFO', socket.memoryInfo),
  /** The state of a Multipath TCP connection. MPTCP_INFO, linux/mptcp.h */
  mptcpInfo: option(SOL_MPTCP, 'MPTCP_INFO', mptcpInfo),
  /** Joins a group. NETLINK_ADD_MEMBERSHIP, netlink(7) */
  netlinkAddMembership: option(SOL_NETLINK, 'NETLINK_ADD_MEMBERSHIP', writeOnly(natural)),
  /** Whether sending to a group fails if the buffer of a member is full. NETLINK_BROADCAST_ERROR, netlink(7) */
  netlinkBroadcastError: option(SOL_NETLINK, 'NETLINK_BROADCAST_ERROR', boolean),
  /** Whether acknowledgements omit the request. NETLINK_CAP_ACK, netlink(7) */
  netlinkCapAck: option(SOL_NETLINK, 'NETLINK_CAP_ACK', boolean),
  /** Leaves a group. NETLINK_DROP_MEMBERSHIP, netlink(7) */
  netlinkDropMembership: option(SOL_NETLINK, 'NETLINK_DROP_MEMBERSHIP', writeOnly(natural)),
  /** Whether acknowledgements explain errors. NETLINK_EXT_ACK, netlink(7) */
  netlinkExtAck: option(SOL_NETLINK, 'NETLINK_EXT_ACK', boolean),
  /** Whether requests are checked strictly, and dumps filtered. NETLINK_GET_STRICT_CHK, netlink(7) */
  netlinkGetStrictCheck: option(SOL_NETLINK, 'NETLINK_GET_STRICT_CHK', boolean),
  /** The groups that the socket is a member of. NETLINK_LIST_MEMBERSHIPS, netlink(7) */
  netlinkListMemberships: option(SOL_NETLINK, 'NETLINK_LIST_MEMBERSHIPS', families.netlinkGroups),
  /** Whether to receive messages from other network namespaces. NETLINK_LISTEN_ALL_NSID, netlink(7) */
  netlinkListenAllNsid: option(SOL_NETLINK, 'NETLINK_LISTEN_ALL_NSID', boolean),
  /** Whether messages that do not fit into the buffer are dropped without the error ENOBUFS. NETLINK_NO_ENOBUFS, netlink(7) */
  netlinkNoEnobufs: option(SOL_NETLINK, 'NETLINK_NO_ENOBUFS', boolean),
  /** Whether a control message reports a message's group. NETLINK_PKTINFO, netlink(7) */
  netlinkPktInfo: option(SOL_NETLINK, 'NETLINK_PKTINFO', boolean),
  /** The number of the socket's network namespace. SO_NETNS_COOKIE, socket(7) */
  netnsCookie: option(SOL_SOCKET, 'SO_NETNS_COOKIE', bigint),
  /** Whether UDP datagrams are sent without a checksum over IPv4. SO_NO_CHECK, socket(7) */
  noCheck: option(SOL_SOCKET, 'SO_NO_CHECK', boolean),
  /** Whether a packet socket's frames already contain their checksum. SO_NOFCS, socket(7) */
  noFcs: option(SOL_SOCKET, 'SO_NOFCS', boolean),
  /** Whether sending to a closed connection fails without SIGPIPE. macOS. SO_NOSIGPIPE, setsockopt(2) */
  noSigpipe: option(SOL_SOCKET, 'SO_NOSIGPIPE', boolean),
  /** Whether urgent data is received in the stream of normal data. SO_OOBINLINE, socket(7) */
  oobInline: option(SOL_SOCKET, 'SO_OOBINLINE', boolean),
  /** Receives packets to other addresses too. PACKET_ADD_MEMBERSHIP, packet(7) */
  packetAddMembership: option(SOL_PACKET, 'PACKET_ADD_MEMBERSHIP', families.packetMembership),
  /** Whether a control message reports a packet's status, lengths and VLAN. PACKET_AUXDATA, packet(7) */
  packetAuxData: option(SOL_PACKET, 'PACKET_AUXDATA', boolean),
  /** A packet with more bytes than this is also queued outside the ring. PACKET_COPY_THRESH, packet(7) */
  packetCopyThreshold: option(SOL_PACKET, 'PACKET_COPY_THRESH', writeOnly(natural)),
  /** Ends a membership. PACKET_DROP_MEMBERSHIP, packet(7) */
  packetDropMembership: option(SOL_PACKET, 'PACKET_DROP_MEMBERSHIP', families.packetMembership),
  /** Shares the packets among the sockets of a group. PACKET_FANOUT, packet(7) */
  packetFanout: option(SOL_PACKET, 'PACKET_FANOUT', families.packetFanout),
  /** The classic BPF program by which PACKET_FANOUT_CBPF shares them. PACKET_FANOUT_DATA, packet(7) */
  packetFanoutFilter: option(SOL_PACKET, 'PACKET_FANOUT_DATA', socket.filterToAttach),
  /** Whether to ignore outgoing packets. PACKET_IGNORE_OUTGOING, packet(7) */
  packetIgnoreOutgoing: option(SOL_PACKET, 'PACKET_IGNORE_OUTGOING', boolean),
  /** Whether a malformed packet in the ring is skipped. PACKET_LOSS, packet(7) */
  packetLoss: option(SOL_PACKET, 'PACKET_LOSS', boolean),
  /** Whether addresses have the physical interface on which a packet arrived. PACKET_ORIGDEV, packet(7) */
  packetOrigDev: option(SOL_PACKET, 'PACKET_ORIGDEV', boolean),
  /** Whether sent packets bypass the queueing discipline. PACKET_QDISC_BYPASS, packet(7) */
  packetQdiscBypass: option(SOL_PACKET, 'PACKET_QDISC_BYPASS', boolean),
  /** The free space before each packet in the ring, in bytes. PACKET_RESERVE, packet(7) */
  packetReserve: option(SOL_PACKET, 'PACKET_RESERVE', natural),
  /** The numbers of received and of dropped packets; reading resets them to 0. PACKET_STATISTICS, packet(7) */
  packetStatistics: option(SOL_PACKET, 'PACKET_STATISTICS', families.packetStatistics),
  /** The source of the ring's timestamps: SOF_TIMESTAMPING_…. PACKET_TIMESTAMP, packet(7) */
  packetTimestamp: option(SOL_PACKET, 'PACKET_TIMESTAMP', int),
  /** Whether the ring's packets have the offset of their data. PACKET_TX_HAS_OFF, packet(7) */
  packetTxHasOff: option(SOL_PACKET, 'PACKET_TX_HAS_OFF', boolean),
  /** The layout of the ring: 0 is TPACKET_V1, 1 is TPACKET_V2, 2 is TPACKET_V3. PACKET_VERSION, packet(7) */
  packetVersion: option(SOL_PACKET, 'PACKET_VERSION', natural),
  /** Whether packets begin with a virtio header. PACKET_VNET_HDR, packet(7) */
  packetVnetHeader: option(SOL_PACKET, 'PACKET_VNET_HDR', boolean),
  /** Whether a control message reports the sender's credentials. SO_PASSCRED, unix(7) */
  passCredentials: option(SOL_SOCKET, 'SO_PASSCRED', boolean),
  /** Whether a control message has a descriptor of the sender's process. Linux 6.5. SO_PASSPIDFD, unix(7) */
  passPidFd: option(SOL_SOCKET, 'SO_PASSPIDFD', boolean),
  /** Whether descriptors in messages are received. Linux 6.16. SO_PASSRIGHTS, unix(7) */
  passRights: option(SOL_SOCKET, 'SO_PASSRIGHTS', boolean),
  /** Whether a control message reports the sender's security context. SO_PASSSEC, unix(7) */
  passSecurity: option(SOL_SOCKET, 'SO_PASSSEC', boolean),
  /** The offset of the next MSG_PEEK, which moves on with each peek; −1: always the first byte. SO_PEEK_OFF, socket(7) */
  peekOffset: option(SOL_SOCKET, 'SO_PEEK_OFF', int),
  /** The process, user and group at the other end of a Unix socket. SO_PEERCRED, unix(7); LOCAL_PEERCRED, unix(4) */
  peerCredentials: either(
    option(SOL_SOCKET, 'SO_PEERCRED', peer.ucred),
    option(SOL_LOCAL, 'LOCAL_PEERCRED', peer.xucred),
  ),
  /** The groups of the process at the other end of a Unix socket. SO_PEERGROUPS, unix(7); LOCAL_PEERCRED, unix(4) */
  peerGroups: either(
    option(SOL_SOCKET, 'SO_PEERGROUPS', socket.numbers),
    option(SOL_LOCAL, 'LOCAL_PEERCRED', peer.xucredGroups),
  ),
  /** A descriptor of the process at the other end, to be closed. Linux 6.5. SO_PEERPIDFD, unix(7) */
  peerPidFd: option(SOL_SOCKET, 'SO_PEERPIDFD', peer.pidFd),
  /** The security context of the other end. SO_PEERSEC, unix(7) */
  peerSecurity: option(SOL_SOCKET, 'SO_PEERSEC', readOnly(string(256))),
  /** Whether to prefer polling the device over its interrupts. SO_PREFER_BUSY_POLL, socket(7) */
  preferBusyPoll: option(SOL_SOCKET, 'SO_PREFER_BUSY_POLL', boolean),
  /** The priority of sent packets; above 6 it requires CAP_NET_ADMIN. SO_PRIORITY, socket(7) */
  priority: option(SOL_SOCKET, 'SO_PRIORITY', natural),
  /** The protocol: IPPROTO_…. SO_PROTOCOL, socket(7) */
  protocol: option(SOL_SOCKET, 'SO_PROTOCOL', readOnly(int)),
  /** The size of the receive buffer, in bytes; Linux doubles it for its overhead. SO_RCVBUF, socket(7) */
  receiveBuffer: option(SOL_SOCKET, 'SO_RCVBUF', natural),
  /** As `receiveBuffer`, but beyond the system's limit; requires CAP_NET_ADMIN. SO_RCVBUFFORCE, socket(7) */
  receiveBufferForce: option(SOL_SOCKET, 'SO_RCVBUFFORCE', writeOnly(natural)),
  /** The socket is readable from this many bytes on; `recv` of a Socket may return fewer. SO_RCVLOWAT, socket(7) */
  receiveLowWater: option(SOL_SOCKET, 'SO_RCVLOWAT', natural),
  /** Whether a control message reports a packet's mark. SO_RCVMARK, socket(7) */
  receiveMark: option(SOL_SOCKET, 'SO_RCVMARK', boolean),
  /** Whether a control message reports a packet's priority. Linux 6.14. SO_RCVPRIORITY, socket(7) */
  receivePriority: option(SOL_SOCKET, 'SO_RCVPRIORITY', boolean),
  /** Whether a control message reports how many datagrams were dropped. SO_RXQ_OVFL, socket(7) */
  receiveQueueOverflow: option(SOL_SOCKET, 'SO_RXQ_OVFL', boolean),
  /**
   * How long recv(2) blocks, in milliseconds; null: no limit. It has no effect on a `Socket`, which waits in poll(2).
   * SO_RCVTIMEO, socket(7)
   */
  receiveTimeout: option(SOL_SOCKET, 'SO_RCVTIMEO', socket.timeout),
  /** The memory reserved for the socket, in bytes. SO_RESERVE_MEM, socket(7) */
  reserveMemory: option(SOL_SOCKET, 'SO_RESERVE_MEM', natural),
  /** Whether bind accepts the address of a connection in TIME-WAIT. SO_REUSEADDR, socket(7) */
  reuseAddress: option(SOL_SOCKET, 'SO_REUSEADDR', boolean),
  /** Whether several sockets may bind to the same address. SO_REUSEPORT, socket(7) */
  reusePort: option(SOL_SOCKET, 'SO_REUSEPORT', boolean),
  /** Whether queued errors are an exceptional condition (POLLPRI). SO_SELECT_ERR_QUEUE, socket(7) */
  selectErrorQueue: option(SOL_SOCKET, 'SO_SELECT_ERR_QUEUE', boolean),
  /** The size of the send buffer, in bytes; Linux doubles it for its overhead. SO_SNDBUF, socket(7) */
  sendBuffer: option(SOL_SOCKET, 'SO_SNDBUF', natural),
  /** As `sendBuffer`, but beyond the system's limit; requires CAP_NET_ADMIN. SO_SNDBUFFORCE, socket(7) */
  sendBufferForce: option(SOL_SOCKET, 'SO_SNDBUFFORCE', writeOnly(natural)),
  /** The socket is writable if its buffer has this many free bytes; on Linux always 1. SO_SNDLOWAT, socket(7) */
  sendLowWater: option(SOL_SOCKET, 'SO_SNDLOWAT', natural),
  /**
   * How long send(2) and connect(2) block, in milliseconds; null: no limit. It has no effect on a `Socket`, which waits
   * in poll(2). SO_SNDTIMEO, socket(7)
   */
  sendTimeout: option(SOL_SOCKET, 'SO_SNDTIMEO', socket.timeout),
  /** The congestion control algorithm: `'cubic'`, `'bbr'`… TCP_CONGESTION, tcp(7) */
  tcpCongestion: option(IPPROTO_TCP, 'TCP_CONGESTION', string(16)),
  /**
   * The state of the congestion control, a union tcp_cc_info; empty if the algorithm has none. TCP_CC_INFO, tcp(7)
   */
  tcpCongestionInfo: option(IPPROTO_TCP, 'TCP_CC_INFO', readOnly(bytes(64))),
  /** The time limit of connect, in seconds. macOS. TCP_CONNECTIONTIMEOUT, tcp(4) */
  tcpConnectionTimeout: option(IPPROTO_TCP, 'TCP_CONNECTIONTIMEOUT', natural),
  /** Whether to send only full segments, until the option is cleared. TCP_CORK, tcp(7); TCP_NOPUSH, tcp(4) */
  tcpCork: option(IPPROTO_TCP, ['TCP_CORK', 'TCP_NOPUSH'], boolean),
  /**
   * How long accept holds back a connection that has no data yet, in seconds; the kernel rounds up.
   * TCP_DEFER_ACCEPT, tcp(7)
   */
  tcpDeferAccept: option(IPPROTO_TCP, 'TCP_DEFER_ACCEPT', natural),
  /** The maximum delay of an acknowledgement, in microseconds. Linux 6.15. TCP_DELACK_MAX_US, tcp(7) */
  tcpDelayedAckMax: option(IPPROTO_TCP, 'TCP_DELACK_MAX_US', natural),
  /** The maximum number of pending connections with data in their SYN. TCP_FASTOPEN, tcp(7), RFC 7413 */
  tcpFastOpen: option(IPPROTO_TCP, 'TCP_FASTOPEN', natural),
  /** Whether connect delays the SYN until the first data is sent. TCP_FASTOPEN_CONNECT, tcp(7) */
  tcpFastOpenConnect: option(IPPROTO_TCP, 'TCP_FASTOPEN_CONNECT', boolean),
  /** The key for cookies: 16 bytes, or 32 for two keys. TCP_FASTOPEN_KEY, tcp(7) */
  tcpFastOpenKey: option(IPPROTO_TCP, 'TCP_FASTOPEN_KEY', bytes(32)),
  /** Whether data in a SYN needs no cookie. TCP_FASTOPEN_NO_COOKIE, tcp(7) */
  tcpFastOpenNoCookie: option(IPPROTO_TCP, 'TCP_FASTOPEN_NO_COOKIE', boolean),
  /** The state of the connection in the kernel. TCP_INFO, tcp(7); TCP_CONNECTION_INFO, tcp(4) */
  tcpInfo: either(
    option(IPPROTO_TCP, 'TCP_INFO', tcpInfos.tcpInfo),
    option(IPPROTO_TCP, 'TCP_CONNECTION_INFO', tcpInfos.tcpConnectionInfo),
  ),
  /** Whether a control message reports how many bytes can still be received. TCP_INQ, tcp(7) */
  tcpInq: option(IPPROTO_TCP, 'TCP_INQ', boolean),
  /** Whether the connection uses Multipath TCP. Linux 5.16. TCP_IS_MPTCP, tcp(7) */
  tcpIsMptcp: option(IPPROTO_TCP, 'TCP_IS_MPTCP', readOnly(boolean)),
  /** The number of unanswered probes after which a connection ends. TCP_KEEPCNT, tcp(7) */
  tcpKeepCount: option(IPPROTO_TCP, 'TCP_KEEPCNT', octet),
  /** How long a connection is idle before it is probed, in seconds. TCP_KEEPIDLE, tcp(7); TCP_KEEPALIVE, tcp(4) */
  tcpKeepIdle: option(IPPROTO_TCP, ['TCP_KEEPIDLE', 'TCP_KEEPALIVE'], natural),
  /** The time between probes, in seconds. TCP_KEEPINTVL, tcp(7) */
  tcpKeepInterval: option(IPPROTO_TCP, 'TCP_KEEPINTVL', natural),
  /** How long a closed connection stays in FIN-WAIT-2, in seconds. TCP_LINGER2, tcp(7) */
  tcpLinger2: option(IPPROTO_TCP, 'TCP_LINGER2', int),
  /** The maximum segment size, in bytes. TCP_MAXSEG, tcp(7) */
  tcpMaxSegment: option(IPPROTO_TCP, 'TCP_MAXSEG', natural),
  /** The key that signs segments to and from a peer. TCP_MD5SIG, tcp(7), RFC 2385 */
  tcpMd5Sig: option(IPPROTO_TCP, 'TCP_MD5SIG', tcp.md5Signature),
  /** As `tcpMd5Sig`, for all peers of a network, or for one interface. TCP_MD5SIG_EXT, tcp(7) */
  tcpMd5SigExt: option(IPPROTO_TCP, 'TCP_MD5SIG_EXT', tcp.md5SignatureExt),
  /** Whether small segments are sent immediately, without Nagle's algorithm. TCP_NODELAY, tcp(7), RFC 896 */
  tcpNoDelay: option(IPPROTO_TCP, 'TCP_NODELAY', boolean),
  /** Whether a connection ends without TIME-WAIT. macOS. TCP_NOTIMEWAIT, netinet/tcp.h */
  tcpNoTimeWait: option(IPPROTO_TCP, 'TCP_NOTIMEWAIT', boolean),
  /** The socket is writable if fewer bytes than this are unsent. TCP_NOTSENT_LOWAT, tcp(7) */
  tcpNotSentLowWater: option(IPPROTO_TCP, 'TCP_NOTSENT_LOWAT', unsigned),
  /** The sequence number of the queue under repair. TCP_QUEUE_SEQ, tcp(7) */
  tcpQueueSeq: option(IPPROTO_TCP, 'TCP_QUEUE_SEQ', unsigned),
  /** Whether to acknowledge immediately; the kernel may change it later. TCP_QUICKACK, tcp(7) */
  tcpQuickAck: option(IPPROTO_TCP, 'TCP_QUICKACK', boolean),
  /** The repair mode, to save or restore a connection: TCP_REPAIR_ON, TCP_REPAIR_OFF. TCP_REPAIR, tcp(7) */
  tcpRepair: option(IPPROTO_TCP, 'TCP_REPAIR', int),
  /** The TCP options that both ends negotiated. TCP_REPAIR_OPTIONS, tcp(7) */
  tcpRepairOptions: option(IPPROTO_TCP, 'TCP_REPAIR_OPTIONS', tcp.repairOptions),
  /** The queue under repair: TCP_RECV_QUEUE, TCP_SEND_QUEUE. TCP_REPAIR_QUEUE, tcp(7) */
  tcpRepairQueue: option(IPPROTO_TCP, 'TCP_REPAIR_QUEUE', natural),
  /** The windows of a connection under repair. TCP_REPAIR_WINDOW, tcp(7) */
  tcpRepairWindow: option(IPPROTO_TCP, 'TCP_REPAIR_WINDOW', tcp.repairWindow),
  /** The maximum retransmission timeout, in milliseconds. Linux 6.15. TCP_RTO_MAX_MS, tcp(7) */
  tcpRetransmissionTimeoutMax: option(IPPROTO_TCP, 'TCP_RTO_MAX_MS', natural),
  /** The minimum retransmission timeout, in microseconds. Linux 6.15. TCP_RTO_MIN_US, tcp(7) */
  tcpRetransmissionTimeoutMin: option(IPPROTO_TCP, 'TCP_RTO_MIN_US', natural),
  /** Whether a listener saves the headers of SYNs: 1 those of IP and TCP, 2 also those of the link layer. TCP_SAVE_SYN, tcp(7) */
  tcpSaveSyn: option(IPPROTO_TCP, 'TCP_SAVE_SYN', natural),
  /** The saved headers of a connection's SYN; they can be read once. TCP_SAVED_SYN, tcp(7) */
  tcpSavedSyn: option(IPPROTO_TCP, 'TCP_SAVED_SYN', readOnly(bytes(1024))),
  /** The number of SYNs that connect sends before it fails. TCP_SYNCNT, tcp(7) */
  tcpSynCount: option(IPPROTO_TCP, 'TCP_SYNCNT', octet),
  /** Whether a thin stream retransmits after one duplicate acknowledgement. TCP_THIN_DUPACK, tcp(7) */
  tcpThinDupack: option(IPPROTO_TCP, 'TCP_THIN_DUPACK', boolean),
  /** Whether a thin stream's timeouts do not double. TCP_THIN_LINEAR_TIMEOUTS, tcp(7) */
  tcpThinLinearTimeouts: option(IPPROTO_TCP, 'TCP_THIN_LINEAR_TIMEOUTS', boolean),
  /** The clock of the connection's timestamps. TCP_TIMESTAMP, tcp(7) */
  tcpTimestamp: option(IPPROTO_TCP, 'TCP_TIMESTAMP', unsigned),
  /** The delay of all sent packets, in microseconds. TCP_TX_DELAY, tcp(7) */
  tcpTxDelay: option(IPPROTO_TCP, 'TCP_TX_DELAY', natural),
  /** The upper layer protocol over TCP in the kernel: `'tls'`. TCP_ULP, tcp(7) */
  tcpUlp: option(IPPROTO_TCP, 'TCP_ULP', string(16)),
  /**
   * How long sent data may stay unacknowledged before the connection ends, in milliseconds; 0: the system's default.
   * macOS rounds up to seconds. TCP_USER_TIMEOUT, tcp(7); TCP_RXT_CONNDROPTIME, tcp(4)
   */
  tcpUserTimeout: either(
    option(IPPROTO_TCP, 'TCP_USER_TIMEOUT', natural),
    option(IPPROTO_TCP, 'TCP_RXT_CONNDROPTIME', wholeSeconds),
  ),
  /** The maximum receive window, in bytes. TCP_WINDOW_CLAMP, tcp(7) */
  tcpWindowClamp: option(IPPROTO_TCP, 'TCP_WINDOW_CLAMP', natural),
  /** Whether a control message reports when a datagram arrived, in microseconds. SO_TIMESTAMP, socket(7) */
  timestamp: option(SOL_SOCKET, 'SO_TIMESTAMP', boolean),
  /** Whether a control message reports when a datagram arrived, in nanoseconds. SO_TIMESTAMPNS, socket(7) */
  timestampNs: option(SOL_SOCKET, 'SO_TIMESTAMPNS', boolean),
  /** Which timestamps of received and sent packets are reported. SO_TIMESTAMPING, socket(7) */
  timestamping: option(SOL_SOCKET, 'SO_TIMESTAMPING', socket.timestamping),
  /** Whether TLS records are expected without padding, which is faster if they have none. TLS_RX_EXPECT_NO_PAD, networking/tls */
  tlsExpectNoPad: option(SOL_TLS, 'TLS_RX_EXPECT_NO_PAD', boolean),
  /** The keys with which the kernel reads TLS records. TLS_RX, networking/tls */
  tlsReceive: option(SOL_TLS, 'TLS_RX', tcp.tlsCryptoInfo),
  /** The keys with which the kernel writes TLS records. TLS_TX, networking/tls */
  tlsTransmit: option(SOL_TLS, 'TLS_TX', tcp.tlsCryptoInfo),
  /** Whether sendfile does not copy if the device encrypts. TLS_TX_ZEROCOPY_RO, networking/tls */
  tlsTransmitZerocopy: option(SOL_TLS, 'TLS_TX_ZEROCOPY_RO', boolean),
  /** The class of the traffic: SO_TC_…. macOS. SO_TRAFFIC_CLASS, sys/socket.h */
  trafficClass: option(SOL_SOCKET, 'SO_TRAFFIC_CLASS', int),
  /** Whether a connection tries another path after timeouts. SO_TXREHASH, socket(7) */
  txRehash: option(SOL_SOCKET, 'SO_TXREHASH', boolean),
  /** The clock and the flags for control messages that schedule when a packet is sent. SO_TXTIME, socket(7) */
  txtime: option(SOL_SOCKET, 'SO_TXTIME', socket.txtime),
  /** The type: SOCK_…. SO_TYPE, socket(7) */
  type: option(SOL_SOCKET, 'SO_TYPE', readOnly(int)),
  /** Whether to collect all sent data in one datagram, until the option is cleared. UDP_CORK, udp(7) */
  udpCork: option(IPPROTO_UDP, 'UDP_CORK', boolean),
  /** The protocol encapsulated in the datagrams: UDP_ENCAP_…. UDP_ENCAP, udp(7) */
  udpEncap: option(IPPROTO_UDP, 'UDP_ENCAP', natural),
  /** Whether datagrams of equal size are received joined, with a control message that has the size. UDP_GRO, udp(7) */
  udpGro: option(IPPROTO_UDP, 'UDP_GRO', boolean),
  /** The minimum number of bytes that the checksum of a received datagram must cover; 0: all. UDPLITE_RECV_CSCOV, udplite(7) */
  udpLiteReceiveCoverage: option(IPPROTO_UDPLITE, 'UDPLITE_RECV_CSCOV', natural),
  /** The number of bytes that the checksum of a sent datagram covers; 0: all. UDPLITE_SEND_CSCOV, udplite(7) */
  udpLiteSendCoverage: option(IPPROTO_UDPLITE, 'UDPLITE_SEND_CSCOV', natural),
  /** Whether to receive datagrams without a checksum over IPv6. UDP_NO_CHECK6_RX, udp(7) */
  udpNoCheck6Rx: option(IPPROTO_UDP, 'UDP_NO_CHECK6_RX', boolean),
  /** Whether to send datagrams without a checksum over IPv6. UDP_NO_CHECK6_TX, udp(7) */
  udpNoCheck6Tx: option(IPPROTO_UDP, 'UDP_NO_CHECK6_TX', boolean),
  /** The size of the datagrams into which sent data is divided, in bytes; 0: not divided. UDP_SEGMENT, udp(7) */
  udpSegment: option(IPPROTO_UDP, 'UDP_SEGMENT', natural),
  /** The maximum size of the buffer, in bytes. SO_VM_SOCKETS_BUFFER_MAX_SIZE, vsock(7) */
  vsockBufferMaxSize: option(AF_VSOCK, 'SO_VM_SOCKETS_BUFFER_MAX_SIZE', long),
  /** The minimum size of the buffer, in bytes. SO_VM_SOCKETS_BUFFER_MIN_SIZE, vsock(7) */
  vsockBufferMinSize: option(AF_VSOCK, 'SO_VM_SOCKETS_BUFFER_MIN_SIZE', long),
  /** The size of the buffer, in bytes. SO_VM_SOCKETS_BUFFER_SIZE, vsock(7) */
  vsockBufferSize: option(AF_VSOCK, 'SO_VM_SOCKETS_BUFFER_SIZE', long),
  /** The time limit of connect, in milliseconds; null: no limit. SO_VM_SOCKETS_CONNECT_TIMEOUT, vsock(7) */
  vsockConnectTimeout: option(AF_VSOCK, 'SO_VM_SOCKETS_CONNECT_TIMEOUT', socket.timeout),
  /** Whether the error queue reports if frames were acknowledged. SO_WIFI_STATUS, socket(7) */
  wifiStatus: option(SOL_SOCKET, 'SO_WIFI_STATUS', boolean),
  /** Whether MSG_ZEROCOPY has an effect. SO_ZEROCOPY, socket(7) */
  zerocopy: option(SOL_SOCKET, 'SO_ZEROCOPY', boolean),
}
