// The time to live, or the hop limit. IP_TTL, ip(7); IPV6_HOPLIMIT, ipv6(7)
import { checkInteger } from '../checks.js'
import { IPPROTO_IP, IPPROTO_IPV6, IPV6_HOPLIMIT, IP_RECVTTL, IP_TTL } from '../constants.js'
import { int, overIPv4, overIPv6, readNumber, written } from './integers.js'
import { message } from './message.js'

const write = (value: number): Buffer => written(int, checkInteger('ttl', value, -1, 255))

export const ttl = message<number, number>(
  { level: IPPROTO_IP, type: IP_TTL, read: readNumber, write, sends: overIPv4 },
  { level: IPPROTO_IP, type: IP_RECVTTL, read: readNumber }, // macOS
  { level: IPPROTO_IPV6, type: IPV6_HOPLIMIT, read: readNumber, write, sends: overIPv6 },
)
