// A case for each option: what it is set to and reads on a real socket.
import { readlinkSync } from 'node:fs'
import {
  AF_ALG,
  AF_CAN,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  AF_VSOCK,
  CAN_ISOTP,
  CAN_J1939,
  CAN_RAW,
  createConnection,
  createServer,
  getOption,
  if_nametoindex,
  IP_PMTUDISC_DO,
  isSocketError,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_MPTCP,
  IPPROTO_RAW,
  IPPROTO_TCP,
  IPPROTO_UDPLITE,
  IPV6_FL_A_GET,
  IPV6_FL_F_CREATE,
  IPV6_FL_S_ANY,
  IPV6_PMTUDISC_DO,
  IPV6_PREFER_SRC_PUBLIC,
  MCAST_INCLUDE,
  options,
  PACKET_FANOUT_CBPF,
  PACKET_FANOUT_HASH,
  PACKET_MR_MULTICAST,
  PACKET_MR_PROMISC,
  setOption,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  Socket,
  SOF_TIMESTAMPING_RAW_HARDWARE,
  SOF_TIMESTAMPING_SOFTWARE,
  SOF_TXTIME_REPORT_ERRORS,
  TCP_REPAIR_ON,
  TCP_SEND_QUEUE,
  TLS_1_2_VERSION,
  TLS_CIPHER_AES_GCM_128,
  UDP_ENCAP_ESPINUDP,
} from 'bsd-sockets'
import type { ReadableSockOpt, SockOpt, WritableSockOpt } from 'bsd-sockets'
import { expect } from 'vitest'
import type { listed } from '../../src/options/table.js'

const opened: Socket[] = []

/** Closes what the cases opened. */
export function closeAll(): void {
  for (const socket of opened.splice(0)) socket.close()
}

/** Has a socket closed at the end of the case. */
export function closing<T extends Socket>(socket: T): T {
  opened.push(socket)
  return socket
}

export const listener = (): Socket => closing(createServer(['127.0.0.1', 0]))
export function tcp(): Socket {
  return closing(createConnection(listener().getsockname() as { address: string; port: number }))
}
const fresh =
  (family: number | undefined, type: number, protocol = 0) =>
  (): Socket =>
    closing(new Socket(family ?? -1, type, protocol))
const fresh4 = fresh(AF_INET, SOCK_STREAM)
const tcp6 = fresh(AF_INET6, SOCK_STREAM)
export const udp = fresh(AF_INET, SOCK_DGRAM)
export const udp6 = fresh(AF_INET6, SOCK_DGRAM)
const raw = fresh(AF_INET, SOCK_RAW, IPPROTO_ICMP)
const raw6 = fresh(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)
const packet = fresh(AF_PACKET, SOCK_RAW)
const netlink = fresh(AF_NETLINK, SOCK_RAW)
const vsock = fresh(AF_VSOCK, SOCK_STREAM)
const mptcp = fresh(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)
const udplite = fresh(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE)
export function unix(): Socket {
  const [first, second] = Socket.pair()
  closing(second)
  return closing(first)
}
const unixDatagrams = (): Socket => {
  const [first, second] = Socket.pair(AF_UNIX, SOCK_DGRAM)
  closing(second)
  return closing(first)
}

type Open = () => Socket
type Case = () => void

/** It is set to each of these, and then reads the same. */
const kept =
  <T>(open: Open, option: SockOpt<T>, ...values: T[]): Case =>
  () => {
    const socket = open()
    for (const value of values) {
      setOption(socket, option, value)
      expect(getOption(socket, option)).toEqual(value)
    }
  }

/** It is off, then on, then off. */
const flips = (open: Open, option: SockOpt<boolean>): Case => kept(open, option, true, false)

const reads =
  <T>(open: Open, option: ReadableSockOpt<T>, expected: unknown): Case =>
  () =>
    expect(getOption(open(), option)).toEqual(expected)

/** It takes these. */
const takes =
  <T>(open: Open, option: WritableSockOpt<T>, ...values: T[]): Case =>
  () => {
    const socket = open()
    for (const value of values) setOption(socket, option, value)
  }

/** What the kernel says to a value or a socket that it does not like; so it knows the option. */
const refuses =
  (code: string, act: () => unknown): Case =>
  () => {
    try {
      act()
    } catch (error) {
      if (isSocketError(error) && error.code === code) return
      throw error
    }
    throw new Error(`not refused with ${code}`)
  }

/** A buffer of a size that Linux doubles. socket(7) */
const buffer =
  (option: SockOpt<number>): Case =>
  () => {
    const socket = udp()
    setOption(socket, option, 20_000)
    expect(getOption(socket, option)).toBe(process.platform === 'linux' ? 40_000 : 20_000)
  }

const group = '239.255.3.7'
const group6 = 'ff02::3:7'
const here = '127.0.0.1'
const ifname = process.platform === 'darwin' ? 'lo0' : 'lo'
const ifindex = if_nametoindex(ifname)
const accept = [{ code: 6, jt: 0, jf: 0, k: 0xffff }] // BPF_RET | BPF_K: so many bytes
const tlsKeys = {
  version: TLS_1_2_VERSION ?? 0,
  cipherType: TLS_CIPHER_AES_GCM_128 ?? 0,
  iv: Buffer.alloc(8),
  key: Buffer.alloc(16),
  salt: Buffer.alloc(4),
  recSeq: Buffer.alloc(8),
}
const secret = { address: here, key: Buffer.from('secret') }

/** A socket on which these options are set already, to these values. */
const after =
  <T>(open: Open, option: WritableSockOpt<T>, value: T): Open =>
  () => {
    const socket = open()
    setOption(socket, option, value)
    return socket
  }

const joined = after(udp, options.ipAddMembership, { group, address: here })
const joinedSource = after(udp, options.ipAddSourceMembership, { group, source: here, address: here })
const joined6 = after(udp6, options.ipv6JoinGroup, { group: group6, ifindex })
const mcastJoined = after(udp, options.ipMcastJoinGroup, { group, ifindex })
const mcastJoinedSource = after(udp, options.ipMcastJoinSourceGroup, { group, source: here, ifindex })
const mcastJoined6 = after(udp6, options.ipv6McastJoinGroup, { group: group6, ifindex })
const mcastJoinedSource6 = after(udp6, options.ipv6McastJoinSourceGroup, { group: group6, source: '::1', ifindex })
const port: Open = after(udp, options.reusePort, true)
const filtered = after(udp, options.attachFilter, accept)
const everyPacket = fresh(AF_PACKET, SOCK_RAW, 0x0300) // ETH_P_ALL, in network order
const fanned = after(everyPacket, options.packetFanout, { id: 7, mode: PACKET_FANOUT_CBPF ?? 0 })
const promiscuous = { ifindex, type: PACKET_MR_PROMISC ?? 0 }
const repaired = after(tcp, options.tcpRepair, TCP_REPAIR_ON ?? 1)
const repairedQueue = after(
  after(fresh4, options.tcpRepair, TCP_REPAIR_ON ?? 1),
  options.tcpRepairQueue,
  TCP_SEND_QUEUE ?? 2,
)
const can = fresh(AF_CAN, SOCK_RAW, CAN_RAW)
const isotp = fresh(AF_CAN, SOCK_DGRAM, CAN_ISOTP)
const j1939 = fresh(AF_CAN, SOCK_DGRAM, CAN_J1939)
const alg = fresh(AF_ALG, SOCK_SEQPACKET)
const anything = fresh(AF_INET6, SOCK_RAW, 200)
const routers6 = fresh(AF_INET6, SOCK_RAW, IPPROTO_RAW)
const connectedUdp = (): Socket => {
  const socket = udp()
  socket.connect([here, 9])
  return socket
}
const connectedUdp6 = (): Socket => {
  const socket = udp6()
  socket.connect(['::1', 9])
  return socket
}
/** A connection whose SYN was kept. */
const saved = (): Socket => {
  const server = listener()
  setOption(server, options.tcpSaveSyn, 1)
  closing(createConnection(server.getsockname() as { address: string; port: number }))
  return closing(server.accept()[0])
}

export const cases: Record<keyof typeof listed, Case> = {
  algKey: takes(alg, options.algKey, Buffer.alloc(16)),
  attachBpf: refuses('EBADF', () => setOption(udp(), options.attachBpf, 19_999)),
  attachFilter: kept(udp, options.attachFilter, accept),
  attachReusePortBpf: refuses('EBADF', () => setOption(port(), options.attachReusePortBpf, 19_999)),
  attachReusePortFilter: takes(port, options.attachReusePortFilter, [{ code: 6, k: 0 }]),
  bindToDevice: kept(udp, options.bindToDevice, ifname, ''),
  bindToInterfaceIndex: kept(udp, options.bindToInterfaceIndex, ifindex, 0),
  bpfExtensions: reads(udp, options.bpfExtensions, expect.any(Number)),
  broadcast: flips(udp, options.broadcast),
  bufferLock: kept(udp, options.bufferLock, 3, 0),
  busyPoll: kept(udp, options.busyPoll, 50, 0),
  busyPollBudget: takes(udp, options.busyPollBudget, 8),
  bytesReadable: reads(udp, options.bytesReadable, 0),
  bytesUnsent: reads(udp, options.bytesUnsent, 0),
  canIsotpFlowControl: kept(isotp, options.canIsotpFlowControl, { bs: 8, stmin: 5, wftmax: 0 }),
  canIsotpLinkLayer: kept(isotp, options.canIsotpLinkLayer, { mtu: 16, txDl: 8, txFlags: 0 }),
  canIsotpOptions: takes(isotp, options.canIsotpOptions, { flags: 4, txpadContent: 0xcc }),
  canIsotpRxStmin: kept(isotp, options.canIsotpRxStmin, 1000),
  canIsotpTxStmin: kept(isotp, options.canIsotpTxStmin, 1000),
  canRawErrorFilter: kept(can, options.canRawErrorFilter, 0x1fffffff),
  canRawFdFrames: flips(can, options.canRawFdFrames),
  canRawFilter: kept(can, options.canRawFilter, [{ id: 0x123, mask: 0x7ff }], []),
  canRawJoinFilters: flips(can, options.canRawJoinFilters),
  canRawLoopback: flips(can, options.canRawLoopback),
  canRawReceiveOwnMessages: flips(can, options.canRawReceiveOwnMessages),
  canRawXlFrames: flips(can, options.canRawXlFrames),
  connectionAdvice: takes(tcp, options.connectionAdvice, 1),
  cookie: reads(udp, options.cookie, expect.any(BigInt)),
  debug: flips(udp, options.debug),
  detachFilter: () => {
    const socket = filtered()
    setOption(socket, options.detachFilter, true)
    expect(getOption(socket, options.attachFilter)).toEqual([])
  },
  detachReusePortFilter: takes(after(port, options.attachReusePortFilter, accept), options.detachReusePortFilter, true),
  domain: reads(udp6, options.domain, AF_INET6),
  dontRoute: flips(udp, options.dontRoute),
  error: reads(tcp, options.error, 0),
  icmp6Filter: kept(raw6, options.icmp6Filter, [1, 128, 129, 255], []),
  icmpFilter: kept(raw, options.icmpFilter, [0, 8, 31], []),
  incomingCpu: kept(udp, options.incomingCpu, 0),
  incomingNapiId: reads(udp, options.incomingNapiId, 0),
  inq: takes(unix, options.inq, true, false),
  ipAddMembership: refuses('EADDRINUSE', () => setOption(joined(), options.ipAddMembership, { group, address: here })),
  ipAddSourceMembership: takes(udp, options.ipAddSourceMembership, { group, source: here, address: here }),
  ipBindAddressNoPort: flips(fresh4, options.ipBindAddressNoPort),
  ipBlockSource: takes(joined, options.ipBlockSource, { group, source: here, address: here }),
  ipChecksum: flips(udp, options.ipChecksum),
  ipDontFragment: flips(udp, options.ipDontFragment),
  ipDropMembership: takes(joined, options.ipDropMembership, { group, address: here }),
  ipDropSourceMembership: takes(joinedSource, options.ipDropSourceMembership, { group, source: here, address: here }),
  ipFreebind: flips(fresh4, options.ipFreebind),
  ipHeaderIncluded: flips(raw, options.ipHeaderIncluded),
  ipLocalPortRange: kept(udp, options.ipLocalPortRange, { low: 40_000, high: 40_010 }, { low: 0, high: 0 }),
  ipMcastBlockSource: takes(mcastJoined, options.ipMcastBlockSource, { group, source: here, ifindex }),
  ipMcastJoinGroup: takes(udp, options.ipMcastJoinGroup, { group, ifindex }),
  ipMcastJoinSourceGroup: takes(udp, options.ipMcastJoinSourceGroup, { group, source: here, ifindex }),
  ipMcastLeaveGroup: takes(mcastJoined, options.ipMcastLeaveGroup, { group, ifindex }),
  ipMcastLeaveSourceGroup: takes(mcastJoinedSource, options.ipMcastLeaveSourceGroup, { group, source: here, ifindex }),
  ipMcastSourceFilter: takes(mcastJoined, options.ipMcastSourceFilter, {
    group,
    ifindex,
    mode: MCAST_INCLUDE,
    sources: [here, '127.0.0.2'],
  }),
  ipMcastUnblockSource: () => {
    const socket = mcastJoined()
    setOption(socket, options.ipMcastBlockSource, { group, source: here, ifindex })
    setOption(socket, options.ipMcastUnblockSource, { group, source: here, ifindex })
  },
  ipMinTtl: kept(tcp, options.ipMinTtl, 10),
  ipMtu: reads(connectedUdp, options.ipMtu, 65535),
  ipMtuDiscover: kept(udp, options.ipMtuDiscover, IP_PMTUDISC_DO ?? 0),
  ipMulticastAll: flips(udp, options.ipMulticastAll),
  ipMulticastInterface: kept(udp, options.ipMulticastInterface, { address: here }),
  ipMulticastLoop: flips(udp, options.ipMulticastLoop),
  ipMulticastTtl: kept(udp, options.ipMulticastTtl, 3),
  ipNoDefragment: flips(raw, options.ipNoDefragment),
  ipOptions: kept(udp, options.ipOptions, Buffer.from([1, 1, 1, 1]), Buffer.alloc(0)),
  ipOriginalDestination: refuses('ENOENT', () => getOption(tcp(), options.ipOriginalDestination)),
  ipPassSecurity: flips(udp, options.ipPassSecurity),
  ipPktInfo: flips(udp, options.ipPktInfo),
  ipProtocol: reads(raw, options.ipProtocol, IPPROTO_ICMP),
  ipRecvDestinationAddress: flips(udp, options.ipRecvDestinationAddress),
  ipRecvError: flips(udp, options.ipRecvError),
  ipRecvErrorRfc4884: flips(udp, options.ipRecvErrorRfc4884),
  ipRecvFragSize: flips(udp, options.ipRecvFragSize),
  ipRecvInterface: flips(udp, options.ipRecvInterface),
  ipRecvOptions: flips(udp, options.ipRecvOptions),
  ipRecvOriginalDestination: flips(udp, options.ipRecvOriginalDestination),
  ipRecvRetOptions: flips(udp, options.ipRecvRetOptions),
  ipRecvTos: flips(udp, options.ipRecvTos),
  ipRecvTtl: flips(udp, options.ipRecvTtl),
  ipRouterAlert: takes(raw, options.ipRouterAlert, true),
  ipTos: kept(udp, options.ipTos, 0x10, 0),
  ipTransparent: flips(fresh4, options.ipTransparent),
  ipTtl: kept(udp, options.ipTtl, 7),
  ipUnblockSource: () => {
    const socket = joined()
    setOption(socket, options.ipBlockSource, { group, source: here, address: here })
    setOption(socket, options.ipUnblockSource, { group, source: here, address: here })
  },
  ipUnicastInterface: kept(udp, options.ipUnicastInterface, ifindex, 0),
  ipv6AddressPreferences: takes(udp6, options.ipv6AddressPreferences, IPV6_PREFER_SRC_PUBLIC ?? 0),
  ipv6AutoFlowLabel: flips(udp6, options.ipv6AutoFlowLabel),
  ipv6BindToDevice: kept(udp6, options.ipv6BindToDevice, ifname, ''),
  ipv6Checksum: kept(anything, options.ipv6Checksum, 2, -1),
  ipv6DontFragment: flips(udp6, options.ipv6DontFragment),
  ipv6FlowInfo: flips(udp6, options.ipv6FlowInfo),
  ipv6FlowInfoSend: flips(udp6, options.ipv6FlowInfoSend),
  ipv6FlowLabel: takes(udp6, options.ipv6FlowLabel, {
    destination: '::1',
    label: 0x12345,
    action: IPV6_FL_A_GET ?? 0,
    share: IPV6_FL_S_ANY ?? 0,
    flags: IPV6_FL_F_CREATE ?? 0,
  }),
  ipv6Freebind: flips(udp6, options.ipv6Freebind),
  ipv6HeaderIncluded: flips(anything, options.ipv6HeaderIncluded),
  ipv6JoinAnycast: refuses('EINVAL', () => setOption(udp6(), options.ipv6JoinAnycast, { group: '::1', ifindex })),
  ipv6JoinGroup: refuses('EADDRINUSE', () => setOption(joined6(), options.ipv6JoinGroup, { group: group6, ifindex })),
  ipv6LeaveAnycast: refuses('ENOENT', () => setOption(udp6(), options.ipv6LeaveAnycast, { group: '::1', ifindex })),
  ipv6LeaveGroup: takes(joined6, options.ipv6LeaveGroup, { group: group6, ifindex }),
  ipv6McastBlockSource: takes(mcastJoined6, options.ipv6McastBlockSource, { group: group6, source: '::1', ifindex }),
  ipv6McastJoinGroup: takes(udp6, options.ipv6McastJoinGroup, { group: group6, ifindex }),
  ipv6McastJoinSourceGroup: takes(udp6, options.ipv6McastJoinSourceGroup, { group: group6, source: '::1', ifindex }),
  ipv6McastLeaveGroup: takes(mcastJoined6, options.ipv6McastLeaveGroup, { group: group6, ifindex }),
  ipv6McastLeaveSourceGroup: takes(mcastJoinedSource6, options.ipv6McastLeaveSourceGroup, {
    group: group6,
    source: '::1',
    ifindex,
  }),
  ipv6McastSourceFilter: takes(mcastJoined6, options.ipv6McastSourceFilter, {
    group: group6,
    ifindex,
    mode: MCAST_INCLUDE,
    sources: ['::1', 'fe80::1'],
  }),
  ipv6McastUnblockSource: () => {
    const socket = mcastJoined6()
    setOption(socket, options.ipv6McastBlockSource, { group: group6, source: '::1', ifindex })
    setOption(socket, options.ipv6McastUnblockSource, { group: group6, source: '::1', ifindex })
  },
  ipv6MinHopCount: kept(tcp6, options.ipv6MinHopCount, 10),
  ipv6Mtu: reads(connectedUdp6, options.ipv6Mtu, 65536),
  ipv6MtuDiscover: kept(udp6, options.ipv6MtuDiscover, IPV6_PMTUDISC_DO ?? 0),
  ipv6MulticastAll: flips(udp6, options.ipv6MulticastAll),
  ipv6MulticastHops: kept(udp6, options.ipv6MulticastHops, 3, 1),
  ipv6MulticastInterface: kept(udp6, options.ipv6MulticastInterface, ifindex, 0),
  ipv6MulticastLoop: flips(udp6, options.ipv6MulticastLoop),
  ipv6Only: flips(udp6, options.ipv6Only),
  ipv6OriginalDestination: refuses('ENOENT', () => getOption(tcp6(), options.ipv6OriginalDestination)),
  ipv6PathMtu: reads(connectedUdp6, options.ipv6PathMtu, { address: '::', mtu: 65536 }),
  ipv6PktInfo: takes(udp6, options.ipv6PktInfo, { address: '::1', ifindex }, { address: '::' }),
  ipv6RecvDstOptions: flips(udp6, options.ipv6RecvDstOptions),
  ipv6RecvError: flips(udp6, options.ipv6RecvError),
  ipv6RecvErrorRfc4884: flips(udp6, options.ipv6RecvErrorRfc4884),
  ipv6RecvFragSize: flips(udp6, options.ipv6RecvFragSize),
  ipv6RecvHopLimit: flips(udp6, options.ipv6RecvHopLimit),
  ipv6RecvHopOptions: flips(udp6, options.ipv6RecvHopOptions),
  ipv6RecvOriginalDestination: flips(udp6, options.ipv6RecvOriginalDestination),
  ipv6RecvPathMtu: flips(udp6, options.ipv6RecvPathMtu),
  ipv6RecvPktInfo: flips(udp6, options.ipv6RecvPktInfo),
  ipv6RecvRouting: flips(udp6, options.ipv6RecvRouting),
  ipv6RecvTrafficClass: flips(udp6, options.ipv6RecvTrafficClass),
  ipv6RouterAlert: takes(routers6, options.ipv6RouterAlert, 0),
  ipv6RouterAlertIsolate: flips(routers6, options.ipv6RouterAlertIsolate),
  ipv6TrafficClass: kept(udp6, options.ipv6TrafficClass, 16),
  ipv6Transparent: flips(udp6, options.ipv6Transparent),
  ipv6UnicastHops: kept(udp6, options.ipv6UnicastHops, 9),
  ipv6UnicastInterface: kept(udp6, options.ipv6UnicastInterface, ifindex, 0),
  ipv6UseMinMtu: kept(udp6, options.ipv6UseMinMtu, 1),
  j1939ErrorQueue: flips(j1939, options.j1939ErrorQueue),
  j1939Filter: takes(j1939, options.j1939Filter, [
    { name: 1n, nameMask: 0xffffn, pgn: 0xf004, pgnMask: 0x3ffff, addr: 1, addrMask: 0xff },
  ]),
  j1939Promiscuous: flips(j1939, options.j1939Promiscuous),
  j1939SendPriority: kept(j1939, options.j1939SendPriority, 5),
  keepAlive: flips(tcp, options.keepAlive),
  linger: kept(tcp, options.linger, { on: true, seconds: 5 }, { on: true, seconds: 0 }),
  listening: reads(listener, options.listening, true),
  lockFilter: kept(filtered, options.lockFilter, true),
  mark: kept(udp, options.mark, 7, 0xffffffff),
  maxPacingRate: kept(tcp, options.maxPacingRate, 1_000_000, 2 ** 40, Infinity),
  meminfo: () => {
    const socket = udp()
    const { rcvbuf, sndbuf, drops } = getOption(socket, options.meminfo)
    expect([rcvbuf, sndbuf, drops]).toEqual([
      getOption(socket, options.receiveBuffer),
      getOption(socket, options.sendBuffer),
      0,
    ])
  },
  mptcpInfo: () => {
    const server = mptcp()
    server.bind([here, 0])
    server.listen()
    const client = mptcp()
    client.connect(server.getsockname())
    closing(server.accept()[0])
    client.sendall('hello')
    const info = getOption(client, options.mptcpInfo)
    expect(info.bytesSent).toBe(5)
    expect(info.token).toBeGreaterThan(0)
  },
  netlinkAddMembership: takes(netlink, options.netlinkAddMembership, 1),
  netlinkBroadcastError: flips(netlink, options.netlinkBroadcastError),
  netlinkCapAck: flips(netlink, options.netlinkCapAck),
  netlinkDropMembership: takes(after(netlink, options.netlinkAddMembership, 1), options.netlinkDropMembership, 1),
  netlinkExtAck: flips(netlink, options.netlinkExtAck),
  netlinkGetStrictCheck: flips(netlink, options.netlinkGetStrictCheck),
  netlinkListMemberships: () => {
    const socket = netlink()
    for (const group of [1, 5, 33]) setOption(socket, options.netlinkAddMembership, group)
    expect(getOption(socket, options.netlinkListMemberships)).toEqual([1, 5, 33])
  },
  netlinkListenAllNsid: flips(netlink, options.netlinkListenAllNsid),
  netlinkNoEnobufs: flips(netlink, options.netlinkNoEnobufs),
  netlinkPktInfo: flips(netlink, options.netlinkPktInfo),
  netnsCookie: reads(udp, options.netnsCookie, expect.any(BigInt)),
  noCheck: flips(udp, options.noCheck),
  noFcs: flips(packet, options.noFcs),
  noSigpipe: flips(tcp, options.noSigpipe),
  oobInline: flips(tcp, options.oobInline),
  packetAddMembership: takes(packet, options.packetAddMembership, promiscuous, {
    ifindex,
    type: PACKET_MR_MULTICAST ?? 0,
    address: Buffer.from('01005e000001', 'hex'),
  }),
  packetAuxData: flips(packet, options.packetAuxData),
  packetCopyThreshold: takes(packet, options.packetCopyThreshold, 1000),
  packetDropMembership: takes(
    after(packet, options.packetAddMembership, promiscuous),
    options.packetDropMembership,
    promiscuous,
  ),
  packetFanout: kept(everyPacket, options.packetFanout, { id: 7, mode: PACKET_FANOUT_HASH ?? 0 }),
  packetFanoutFilter: takes(fanned, options.packetFanoutFilter, accept),
  packetIgnoreOutgoing: flips(packet, options.packetIgnoreOutgoing),
  packetLoss: flips(packet, options.packetLoss),
  packetOrigDev: flips(packet, options.packetOrigDev),
  packetQdiscBypass: flips(packet, options.packetQdiscBypass),
  packetReserve: kept(packet, options.packetReserve, 16),
  packetStatistics: reads(packet, options.packetStatistics, { packets: 0, drops: 0 }),
  packetTimestamp: kept(packet, options.packetTimestamp, SOF_TIMESTAMPING_RAW_HARDWARE ?? 0),
  packetTxHasOff: flips(packet, options.packetTxHasOff),
  packetVersion: kept(packet, options.packetVersion, 2, 0),
  packetVnetHeader: flips(packet, options.packetVnetHeader),
  passCredentials: flips(unix, options.passCredentials),
  passPidFd: flips(unix, options.passPidFd),
  passRights: flips(unix, options.passRights),
  passSecurity: flips(unixDatagrams, options.passSecurity),
  peekOffset: kept(unix, options.peekOffset, 3, -1),
  peerCredentials: reads(unix, options.peerCredentials, {
    pid: process.pid,
    uid: process.geteuid?.(),
    gid: process.getegid?.(),
  }),
  peerGroups: () => {
    // Node adds the effective group to the supplementary ones.
    expect(process.getgroups?.()).toEqual(expect.arrayContaining([...getOption(unix(), options.peerGroups)]))
  },
  peerPidFd: () => {
    using process = getOption(unix(), options.peerPidFd)
    expect(readlinkSync(`/proc/self/fd/${process.fd}`)).toBe('anon_inode:[pidfd]')
  },
  peerSecurity: reads(unix, options.peerSecurity, expect.any(String)),
  preferBusyPoll: flips(udp, options.preferBusyPoll),
  priority: kept(udp, options.priority, 6, 0),
  protocol: reads(tcp, options.protocol, IPPROTO_TCP),
  receiveBuffer: buffer(options.receiveBuffer),
  receiveBufferForce: takes(udp, options.receiveBufferForce, 20_000),
  receiveLowWater: kept(tcp, options.receiveLowWater, 10),
  receiveMark: flips(udp, options.receiveMark),
  receivePriority: flips(udp, options.receivePriority),
  receiveQueueOverflow: flips(udp, options.receiveQueueOverflow),
  receiveTimeout: kept(udp, options.receiveTimeout, 1500, null),
  reserveMemory: reads(tcp, options.reserveMemory, 0),
  reuseAddress: flips(fresh4, options.reuseAddress),
  reusePort: flips(fresh4, options.reusePort),
  selectErrorQueue: flips(udp, options.selectErrorQueue),
  sendBuffer: buffer(options.sendBuffer),
  sendBufferForce: takes(udp, options.sendBufferForce, 20_000),
  sendLowWater: reads(tcp, options.sendLowWater, expect.any(Number)),
  sendTimeout: kept(tcp, options.sendTimeout, 2000, null),
  tcpCongestion: kept(tcp, options.tcpCongestion, 'reno'),
  tcpCongestionInfo: reads(tcp, options.tcpCongestionInfo, expect.any(Buffer)),
  tcpConnectionTimeout: kept(fresh4, options.tcpConnectionTimeout, 5),
  tcpCork: flips(tcp, options.tcpCork),
  tcpDeferAccept: takes(listener, options.tcpDeferAccept, 5),
  tcpDelayedAckMax: kept(tcp, options.tcpDelayedAckMax, 100_000),
  tcpFastOpen: kept(listener, options.tcpFastOpen, 5),
  tcpFastOpenConnect: flips(fresh4, options.tcpFastOpenConnect),
  tcpFastOpenKey: kept(listener, options.tcpFastOpenKey, Buffer.from('0123456789abcdef')),
  tcpFastOpenNoCookie: flips(listener, options.tcpFastOpenNoCookie),
  tcpInfo: reads(tcp, options.tcpInfo, expect.objectContaining({ state: 'ESTABLISHED', segmentsRetransmitted: 0 })),
  tcpInq: flips(tcp, options.tcpInq),
  tcpIsMptcp: reads(tcp, options.tcpIsMptcp, false),
  tcpKeepCount: kept(tcp, options.tcpKeepCount, 4),
  tcpKeepIdle: kept(tcp, options.tcpKeepIdle, 30),
  tcpKeepInterval: kept(tcp, options.tcpKeepInterval, 5),
  tcpLinger2: kept(tcp, options.tcpLinger2, 10),
  tcpMaxSegment: kept(fresh4, options.tcpMaxSegment, 1000),
  tcpMd5Sig: takes(fresh4, options.tcpMd5Sig, secret, { ...secret, key: Buffer.alloc(0) }),
  tcpMd5SigExt: takes(fresh4, options.tcpMd5SigExt, { ...secret, prefixLength: 8 }),
  tcpNoDelay: flips(tcp, options.tcpNoDelay),
  tcpNoTimeWait: flips(tcp, options.tcpNoTimeWait),
  tcpNotSentLowWater: kept(tcp, options.tcpNotSentLowWater, 16_384, 0xffffffff),
  tcpQueueSeq: kept(repairedQueue, options.tcpQueueSeq, 12_345),
  tcpQuickAck: takes(tcp, options.tcpQuickAck, true),
  tcpRepair: kept(tcp, options.tcpRepair, TCP_REPAIR_ON ?? 1),
  tcpRepairOptions: takes(repaired, options.tcpRepairOptions, [{ code: 2, value: 1000 }]), // TCPOPT_MAXSEG
  tcpRepairQueue: kept(repaired, options.tcpRepairQueue, TCP_SEND_QUEUE ?? 2),
  tcpRepairWindow: () => {
    const socket = repaired()
    const window = getOption(socket, options.tcpRepairWindow)
    expect(window.rcvWnd).toBeGreaterThan(0)
    setOption(socket, options.tcpRepairWindow, window)
  },
  tcpRetransmissionTimeoutMax: kept(tcp, options.tcpRetransmissionTimeoutMax, 5000),
  tcpRetransmissionTimeoutMin: kept(tcp, options.tcpRetransmissionTimeoutMin, 20_000),
  tcpSaveSyn: kept(listener, options.tcpSaveSyn, 1),
  tcpSavedSyn: () => {
    const headers = getOption(saved(), options.tcpSavedSyn)
    expect([headers[0], headers[9]]).toEqual([0x45, IPPROTO_TCP]) // of IPv4
  },
  tcpSynCount: kept(fresh4, options.tcpSynCount, 3),
  tcpThinDupack: takes(tcp, options.tcpThinDupack, true),
  tcpThinLinearTimeouts: flips(tcp, options.tcpThinLinearTimeouts),
  tcpTimestamp: takes(repaired, options.tcpTimestamp, 1_000_000),
  tcpTxDelay: kept(tcp, options.tcpTxDelay, 1000),
  tcpUlp: reads(tcp, options.tcpUlp, ''),
  tcpUserTimeout: kept(tcp, options.tcpUserTimeout, 5000, 0),
  tcpWindowClamp: kept(fresh4, options.tcpWindowClamp, 5000),
  timestamp: flips(udp, options.timestamp),
  timestampNs: flips(udp, options.timestampNs),
  timestamping: kept(udp, options.timestamping, { flags: SOF_TIMESTAMPING_SOFTWARE ?? 0, bindPhc: 0 }),
  tlsExpectNoPad: flips(after(tcp, options.tcpUlp, 'tls'), options.tlsExpectNoPad),
  tlsReceive: takes(after(tcp, options.tcpUlp, 'tls'), options.tlsReceive, tlsKeys),
  tlsTransmit: takes(after(tcp, options.tcpUlp, 'tls'), options.tlsTransmit, tlsKeys),
  tlsTransmitZerocopy: flips(after(tcp, options.tcpUlp, 'tls'), options.tlsTransmitZerocopy),
  trafficClass: kept(udp, options.trafficClass, 0),
  txRehash: flips(tcp, options.txRehash),
  txtime: kept(udp, options.txtime, { clockid: 11, flags: SOF_TXTIME_REPORT_ERRORS ?? 0 }),
  type: reads(udp, options.type, SOCK_DGRAM),
  udpCork: flips(udp, options.udpCork),
  udpEncap: kept(udp, options.udpEncap, UDP_ENCAP_ESPINUDP ?? 0),
  udpGro: flips(udp, options.udpGro),
  udpLiteReceiveCoverage: kept(udplite, options.udpLiteReceiveCoverage, 20),
  udpLiteSendCoverage: kept(udplite, options.udpLiteSendCoverage, 20),
  udpNoCheck6Rx: flips(udp6, options.udpNoCheck6Rx),
  udpNoCheck6Tx: flips(udp6, options.udpNoCheck6Tx),
  udpSegment: kept(udp, options.udpSegment, 1000, 0),
  vsockBufferMaxSize: kept(vsock, options.vsockBufferMaxSize, 2 ** 20),
  vsockBufferMinSize: kept(vsock, options.vsockBufferMinSize, 1024),
  vsockBufferSize: kept(vsock, options.vsockBufferSize, 65_536),
  vsockConnectTimeout: kept(vsock, options.vsockConnectTimeout, 2500),
  wifiStatus: flips(udp, options.wifiStatus),
  zerocopy: flips(tcp, options.zerocopy),
}
