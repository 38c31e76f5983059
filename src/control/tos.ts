// The type of service, or the traffic class. IP_TOS, ip(7); IPV6_TCLASS, RFC 3542
import { checkInteger } from '../checks.js'
import { IPPROTO_IP, IPPROTO_IPV6, IPV6_TCLASS, IP_RECVTOS, IP_TOS } from '../constants.js'
import { int, overIPv4, overIPv6, readNumber, written } from './integers.js'
import { message } from './message.js'

const write = (value: number): Buffer => written(int, checkInteger('tos', value, -1, 255))

export const tos = message<number, number>(
  { level: IPPROTO_IP, type: IP_TOS, read: readNumber, write, sends: overIPv4 },
  { level: IPPROTO_IP, type: IP_RECVTOS, read: readNumber }, // macOS
  { level: IPPROTO_IPV6, type: IPV6_TCLASS, read: readNumber, write, sends: overIPv6 },
)
