// Where a datagram was sent to. IP_RECVORIGDSTADDR, ip(7)
import { IPPROTO_IP, IPPROTO_IPV6, IPV6_ORIGDSTADDR, IP_ORIGDSTADDR } from '../constants.js'
import { decodeAddress } from '../structs/address.js'
import type { SocketAddress } from '../structs/address.js'
import { message } from './message.js'

const read = (data: Buffer): SocketAddress => decodeAddress(data)

export const originalDestination = message<SocketAddress>(
  { level: IPPROTO_IP, type: IP_ORIGDSTADDR, read },
  { level: IPPROTO_IPV6, type: IPV6_ORIGDSTADDR, read },
)
