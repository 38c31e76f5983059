// What `options` has and does not list: the search by a name in C, and the former names of options, which go in 0.2.
import { checkInteger, invalidType } from '../checks.js'
import type { SockOpt } from './option.js'
import { listed } from './table.js'

type AnyOption = (typeof listed)[keyof typeof listed]

let byNames: Map<string, AnyOption[]> | undefined

// A name may be that of several options: MCAST_JOIN_GROUP is one of IPv4 and one of IPv6.
function optionsOf(name: string): readonly AnyOption[] {
  if (byNames === undefined) {
    byNames = new Map()
    for (const option of Object.values(listed))
      for (const each of option.names ?? []) byNames.set(each, [...(byNames.get(each) ?? []), option])
  }
  return byNames.get(name) ?? []
}

function optionByName(name: string, level?: number): SockOpt<unknown> | undefined {
  if (typeof name !== 'string') throw invalidType('name', name, 'of type string')
  if (level !== undefined) checkInteger('level', level, -(2 ** 31), 2 ** 31 - 1)
  return optionsOf(name).find(option => level === undefined || option.level === level) as SockOpt<unknown> | undefined
}

export const unlisted = {
  /**
   * The option with a name in C, of any system; undefined if none has it: `options.byName('TCP_KEEPCNT')` is
   * `options.tcpKeepCount`. A name that several levels have (`'MCAST_JOIN_GROUP'`) is that of the first one in the table, or
   * that of `level`. getsockopt(2)
   *
   * @throws TypeError or RangeError for a wrong argument
   */
  byName: optionByName,
  /** @deprecated Use `ipAddMembership`. */
  addMembership: listed.ipAddMembership,
  /** @deprecated Use `ipAddSourceMembership`. */
  addSourceMembership: listed.ipAddSourceMembership,
  /** @deprecated Use `ipBindAddressNoPort`. */
  bindAddressNoPort: listed.ipBindAddressNoPort,
  /** @deprecated Use `ipBlockSource`. */
  blockSource: listed.ipBlockSource,
  /** @deprecated Use `tcpCongestion`. */
  congestion: listed.tcpCongestion,
  /** @deprecated Use `tcpCongestionInfo`. */
  congestionInfo: listed.tcpCongestionInfo,
  /** @deprecated Use `tcpConnectionTimeout`. */
  connectionTimeout: listed.tcpConnectionTimeout,
  /** @deprecated Use `tcpCork`. */
  cork: listed.tcpCork,
  /** @deprecated Use `tcpDeferAccept`. */
  deferAccept: listed.tcpDeferAccept,
  /** @deprecated Use `tcpDelayedAckMax`. */
  delayedAckMax: listed.tcpDelayedAckMax,
  /** @deprecated Use `ipDontFragment`. */
  dontFragment: listed.ipDontFragment,
  /** @deprecated Use `ipDropMembership`. */
  dropMembership: listed.ipDropMembership,
  /** @deprecated Use `ipDropSourceMembership`. */
  dropSourceMembership: listed.ipDropSourceMembership,
  /** @deprecated Use `tcpFastOpen`. */
  fastOpen: listed.tcpFastOpen,
  /** @deprecated Use `tcpFastOpenConnect`. */
  fastOpenConnect: listed.tcpFastOpenConnect,
  /** @deprecated Use `tcpFastOpenKey`. */
  fastOpenKey: listed.tcpFastOpenKey,
  /** @deprecated Use `tcpFastOpenNoCookie`. */
  fastOpenNoCookie: listed.tcpFastOpenNoCookie,
  /** @deprecated Use `ipFreebind`. */
  freebind: listed.ipFreebind,
  /** @deprecated Use `ipHeaderIncluded`. */
  headerIncluded: listed.ipHeaderIncluded,
  /** @deprecated Use `tcpIsMptcp`. */
  isMptcp: listed.tcpIsMptcp,
  /** @deprecated Use `ipLocalPortRange`. */
  localPortRange: listed.ipLocalPortRange,
  /** @deprecated Use `tcpMaxSegment`. */
  maxSegment: listed.tcpMaxSegment,
  /** @deprecated Use `ipMcastBlockSource`. */
  mcastBlockSource: listed.ipMcastBlockSource,
  /** @deprecated Use `ipMcastJoinGroup`. */
  mcastJoinGroup: listed.ipMcastJoinGroup,
  /** @deprecated Use `ipMcastJoinSourceGroup`. */
  mcastJoinSourceGroup: listed.ipMcastJoinSourceGroup,
  /** @deprecated Use `ipMcastLeaveGroup`. */
  mcastLeaveGroup: listed.ipMcastLeaveGroup,
  /** @deprecated Use `ipMcastLeaveSourceGroup`. */
  mcastLeaveSourceGroup: listed.ipMcastLeaveSourceGroup,
  /** @deprecated Use `ipMcastSourceFilter`. */
  mcastSourceFilter: listed.ipMcastSourceFilter,
  /** @deprecated Use `ipMcastUnblockSource`. */
  mcastUnblockSource: listed.ipMcastUnblockSource,
  /** @deprecated Use `ipMinTtl`. */
  minTtl: listed.ipMinTtl,
  /** @deprecated Use `ipMtu`. */
  mtu: listed.ipMtu,
  /** @deprecated Use `ipMtuDiscover`. */
  mtuDiscover: listed.ipMtuDiscover,
  /** @deprecated Use `ipMulticastAll`. */
  multicastAll: listed.ipMulticastAll,
  /** @deprecated Use `ipMulticastInterface`. */
  multicastInterface: listed.ipMulticastInterface,
  /** @deprecated Use `ipMulticastLoop`. */
  multicastLoop: listed.ipMulticastLoop,
  /** @deprecated Use `ipMulticastTtl`. */
  multicastTtl: listed.ipMulticastTtl,
  /** @deprecated Use `ipNoDefragment`. */
  noDefragment: listed.ipNoDefragment,
  /** @deprecated Use `tcpNoDelay`. */
  noDelay: listed.tcpNoDelay,
  /** @deprecated Use `tcpNoTimeWait`. */
  noTimeWait: listed.tcpNoTimeWait,
  /** @deprecated Use `tcpNotSentLowWater`. */
  notSentLowWater: listed.tcpNotSentLowWater,
  /** @deprecated Use `ipOriginalDestination`. */
  originalDestination: listed.ipOriginalDestination,
  /** @deprecated Use `ipPktInfo`. */
  pktInfo: listed.ipPktInfo,
  /** @deprecated Use `tcpQuickAck`. */
  quickAck: listed.tcpQuickAck,
  /** @deprecated Use `ipRecvInterface`. */
  receiveInterface: listed.ipRecvInterface,
  /** @deprecated Use `ipRecvDestinationAddress`. */
  recvDestinationAddress: listed.ipRecvDestinationAddress,
  /** @deprecated Use `ipRecvError`. */
  recvError: listed.ipRecvError,
  /** @deprecated Use `ipRecvErrorRfc4884`. */
  recvErrorRfc4884: listed.ipRecvErrorRfc4884,
  /** @deprecated Use `ipRecvFragSize`. */
  recvFragSize: listed.ipRecvFragSize,
  /** @deprecated Use `ipRecvOptions`. */
  recvOptions: listed.ipRecvOptions,
  /** @deprecated Use `ipRecvOriginalDestination`. */
  recvOriginalDestination: listed.ipRecvOriginalDestination,
  /** @deprecated Use `ipRecvRetOptions`. */
  recvRetOptions: listed.ipRecvRetOptions,
  /** @deprecated Use `ipRecvTos`. */
  recvTos: listed.ipRecvTos,
  /** @deprecated Use `ipRecvTtl`. */
  recvTtl: listed.ipRecvTtl,
  /** @deprecated Use `tcpRetransmissionTimeoutMax`. */
  retransmissionTimeoutMax: listed.tcpRetransmissionTimeoutMax,
  /** @deprecated Use `tcpRetransmissionTimeoutMin`. */
  retransmissionTimeoutMin: listed.tcpRetransmissionTimeoutMin,
  /** @deprecated Use `ipRouterAlert`. */
  routerAlert: listed.ipRouterAlert,
  /** @deprecated Use `tcpSaveSyn`. */
  saveSyn: listed.tcpSaveSyn,
  /** @deprecated Use `tcpSavedSyn`. */
  savedSyn: listed.tcpSavedSyn,
  /** @deprecated Use `tcpSynCount`. */
  synCount: listed.tcpSynCount,
  /** @deprecated Use `tcpThinDupack`. */
  thinDupack: listed.tcpThinDupack,
  /** @deprecated Use `tcpThinLinearTimeouts`. */
  thinLinearTimeouts: listed.tcpThinLinearTimeouts,
  /** @deprecated Use `ipTransparent`. */
  transparent: listed.ipTransparent,
  /** @deprecated Use `ipUnblockSource`. */
  unblockSource: listed.ipUnblockSource,
  /** @deprecated Use `ipUnicastInterface`. */
  unicastInterface: listed.ipUnicastInterface,
  /** @deprecated Use `inq`. */
  unixInq: listed.inq,
  /** @deprecated Use `tcpUserTimeout`. */
  userTimeout: listed.tcpUserTimeout,
  /** @deprecated Use `ipv6Only`. */
  v6Only: listed.ipv6Only,
  /** @deprecated Use `tcpWindowClamp`. */
  windowClamp: listed.tcpWindowClamp,
}
