// The size of datagrams that are one for the program. UDP_GRO, UDP_SEGMENT: udp(7)
import { checkInteger } from '../checks.js'
import { IPPROTO_UDP, UDP_GRO, UDP_SEGMENT } from '../constants.js'
import { readNumber, short, written } from './integers.js'
import { message } from './message.js'

export const segmentSize = message<number, number>(
  { level: IPPROTO_UDP, type: UDP_GRO, read: readNumber },
  {
    level: IPPROTO_UDP,
    type: UDP_SEGMENT,
    write: value => written(short, checkInteger('segmentSize', value, 1, 65535)),
  },
)
